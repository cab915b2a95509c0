"""How long the layers take, beside Keras on JAX and beside SciPy: medians of interleaved runs in one process.

Every ratio is our time by theirs, so below 1 we are faster. Keras's layer is compiled (jax.jit), arrays in and out.
"""

import os
import platform
import tracemalloc
from contextlib import redirect_stdout
from importlib.metadata import version
from io import StringIO
from statistics import geometric_mean, median
from time import perf_counter

import numpy as np
from scipy.signal import correlate

import convtools
import convtools.memory
from convtools.shapes import padding_amounts

ROWS = [  # input shape, layer, settings
    ((1, 8, 8, 1), "Conv2D", {"filters": 1, "kernel_size": 3}),  # the book's line
    ((1, 64, 64, 3), "Conv2D", {"filters": 8, "kernel_size": 3}),
    ((256, 8, 8, 1), "Conv2D", {"filters": 16, "kernel_size": 3}),
    ((64, 28, 28, 1), "Conv2D", {"filters": 32, "kernel_size": 3}),
    ((32, 28, 28, 32), "Conv2D", {"filters": 64, "kernel_size": 3}),
    ((1, 224, 224, 64), "Conv2D", {"filters": 64, "kernel_size": 3}),
    ((1, 1024, 1024, 1), "Conv2D", {"filters": 1, "kernel_size": 3}),
    ((8, 56, 56, 64), "Conv2D", {"filters": 64, "kernel_size": 3, "strides": 2, "padding": "same"}),
    ((16, 128, 16), "Conv1D", {"filters": 32, "kernel_size": 5, "padding": "causal"}),
]
SECONDS = 3  # for each row and table
REST = 0.04  # seconds: longer than a thread without work stays awake
LARGE = 1 << 20  # numbers in and out, from which on memory is looked at


def main():
    os.environ["KERAS_BACKEND"] = "jax"
    import jax
    import keras

    names = ("numpy", "scipy", "keras", "jax")
    print(*(f"{name} {version(name)}" for name in names), f"Python {platform.python_version()}", sep=", ", end=", ")
    print(f"{os.cpu_count()} cores\n")
    print(f"{'':>16}  {'':<34}{'forward':>27}{'by':>8}{'of the':>8}{'forward and backward':>27}{'memory by':>11}")
    print(
        f"{'input':>16}  {'layer':<34}{'ours':>9}{'Keras':>9}{'ratio':>9}{'SciPy':>8}{'matmul':>8}"
        f"{'ours':>9}{'Keras':>9}{'ratio':>9}{'in + out':>11}"
    )
    table = []
    for shape, name, settings in ROWS:
        x = np.random.default_rng(seed=7).normal(size=shape).astype(np.float32)
        ours = getattr(convtools, name)(**settings, input_shape=shape[1:], seed=7)
        theirs = getattr(keras.layers, name)(**settings)
        theirs.build(shape)
        theirs.set_weights(ours.get_weights())
        maps = ours(x)
        gradient = np.random.default_rng(seed=8).normal(size=maps.shape).astype(np.float32)
        both = compiled_with_backward(jax, theirs, ours.get_weights())
        compiled = jax.jit(theirs)
        forward = interleaved(ours, lambda x, layer=compiled: np.asarray(layer(x)), data=[x, x])
        best = interleaved(square, data=[x])[0]
        backward = interleaved(
            lambda x, ours=ours, gradient=gradient: ours.backward(x, ours(x), gradient),
            lambda x, both=both, gradient=gradient: both(x, gradient), data=[x, x],
        )  # fmt: skip
        products = 2 * ours.kernel.size * maps[..., 0].size  # multiplications and additions of the direct sum
        share = products / forward[0] / (2 * len(SQUARE) ** 3 / best)
        table.append((forward[0] / forward[1], backward[0] / backward[1]))
        layer = f"{name}({', '.join(str(value) for value in settings.values())})"
        print(
            f"{'x'.join(map(str, shape)):>16}  {layer:<34}"
            f"{forward[0] * 1e3:>6.3f} ms{forward[1] * 1e3:>6.3f} ms{table[-1][0]:>9.2f}"
            f"{forward[0] / scipys_time(x, ours):>8.3f}{share:>8.2f}"
            f"{backward[0] * 1e3:>6.3f} ms{backward[1] * 1e3:>6.3f} ms{table[-1][1]:>9.2f}"
            f"{memory(ours, x, maps, gradient) if x.size + maps.size > LARGE else '':>11}", flush=True,
        )  # fmt: skip
    means = [geometric_mean(column) for column in zip(*table, strict=True)]
    print(f"{'geometric mean':>16}{means[0]:>63.2f}{means[1]:>43.2f}")
    print(f"The machine's matrix multiplication: {2 * len(SQUARE) ** 3 / best / 1e9:.0f} GFLOP/s (float32)")

    x = np.zeros((1, 8, 8, 1), np.float32)
    ours = convtools.Sequential([convtools.Conv2D(1, 3, input_shape=(8, 8, 1))])
    theirs = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(1, 3)])
    with redirect_stdout(StringIO()):  # Keras's predict draws a bar, if it is called as in the book
        ours, bare, full = interleaved(
            ours.predict, lambda x: theirs.predict(x, verbose=0), theirs.predict, data=[x] * 3
        )
    print(
        f"predict on the line: ours {ours * 1e6:.1f} µs; Keras {full * 1e6:.0f} µs, {full / ours:.0f} times as long; "
        f"without its bar {bare * 1e6:.0f} µs, {bare / ours:.0f} times"
    )


SQUARE = np.random.default_rng(seed=9).normal(size=(1024, 1024)).astype(np.float32)


def square(x):
    """What the machine can do at best: one large matrix multiplication."""
    return SQUARE @ SQUARE


def compiled_with_backward(jax, layer, weights):
    """Return a function of NumPy arrays: the layer's output, and the gradients at the weights and at the input."""

    @jax.jit
    def both(weights, x, gradient):
        output, pull_back = jax.vjp(lambda weights, x: layer.stateless_call(weights, [], x)[0], weights, x)
        return output, pull_back(gradient)

    return lambda x, gradient: jax.tree.map(np.asarray, both(weights, x, gradient))


def interleaved(*jobs, data):
    """Return the median time of each job on its data in seconds, the jobs taking turns.

    A turn begins with calls that are not timed: the threads of the one before look for work a while longer.
    """

    def calls(job, x, seconds):
        times, end = [], perf_counter() + seconds
        while not times or perf_counter() < end:
            start = perf_counter()
            job(x)
            times.append(perf_counter() - start)
        return median(times)

    times, end = [], perf_counter() + SECONDS
    while perf_counter() < end or len(times) < 7:
        turn = []
        for job, x in zip(jobs, data, strict=True):
            calls(job, x, REST)
            turn.append(calls(job, x, REST))
        times.append(turn)
    return [median(column) for column in zip(*times, strict=True)]


def scipys_time(x, layer):
    """Return how long SciPy takes: one filter on one sample, timed, times their number."""
    sizes = zip(x.shape[1:-1], layer.kernel_size, layer.strides, layer.dilation_rate, strict=True)
    zeros = [padding_amounts(n, k, s, layer.padding, d) for n, k, s, d in sizes]
    sample = np.pad(x[0], [*zeros, (0, 0)])
    kernel = np.ascontiguousarray(layer.kernel[..., 0])
    steps = tuple(slice(None, None, stride) for stride in layer.strides)
    (one,) = interleaved(lambda x: correlate(x, kernel, mode="valid")[..., 0][steps], data=[sample])
    return one * len(x) * layer.filters


def memory(layer, x, maps, gradient):
    """Return the highest memory of forward with backward, arguments and results included, by inputs plus outputs."""
    vars(convtools.memory._own).clear()  # what is kept from call to call counts, too
    tracemalloc.start()
    results = layer(x), layer.backward(x, maps, gradient)
    peak = tracemalloc.get_traced_memory()[1] + x.nbytes + maps.nbytes + gradient.nbytes
    tracemalloc.stop()
    del results
    return f"{peak / (2 * (x.nbytes + maps.nbytes)):.2f}"  # inputs: x and gradient; outputs: maps and x's gradient


if __name__ == "__main__":
    main()
