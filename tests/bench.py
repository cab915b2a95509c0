"""How long the layers take, beside Keras on JAX: medians of interleaved runs in one process, compiled, arrays in and out."""

import os
import platform
from importlib.metadata import version
from statistics import geometric_mean, median
from time import perf_counter

import numpy as np

import convtools

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
SECONDS = 2  # for each row


def main():
    os.environ["KERAS_BACKEND"] = "jax"
    import jax
    import keras

    names = ("numpy", "keras", "jax")
    print(*(f"{name} {version(name)}" for name in names), f"Python {platform.python_version()}", sep=", ", end=", ")
    print(f"{os.cpu_count()} cores\n\n{'input':>18}  {'layer':<34}{'convtools':>11}{'Keras':>11}  ratio")
    ratios = []
    for shape, name, settings in ROWS:
        x = np.random.default_rng(seed=7).normal(size=shape).astype(np.float32)
        ours = getattr(convtools, name)(**settings, input_shape=shape[1:], seed=7)
        theirs = getattr(keras.layers, name)(**settings)
        theirs.build(shape)
        theirs.set_weights(ours.get_weights())
        compiled = jax.jit(theirs)
        times = interleaved(x, ours, compiled)
        ratios.append(times[0] / times[1])
        layer = f"{name}({', '.join(str(value) for value in settings.values())})"
        size = "x".join(map(str, shape))
        print(
            f"{size:>18}  {layer:<34}{times[0] * 1e3:>8.3f} ms{times[1] * 1e3:>8.3f} ms{ratios[-1]:>7.2f}", flush=True
        )
    print(f"{'geometric mean':>18}{geometric_mean(ratios):>65.2f}")


def interleaved(x, *layers):
    """Return the median time of each layer on `x` in seconds, NumPy arrays in and out, the layers taking turns."""
    for layer in layers:
        layer(x)
    times, end = [], perf_counter() + SECONDS
    while perf_counter() < end or len(times) < 5:
        round_of_times = []
        for layer in layers:
            start = perf_counter()
            np.asarray(layer(x))
            round_of_times.append(perf_counter() - start)
        times.append(round_of_times)
    return [median(column) for column in zip(*times, strict=True)]


if __name__ == "__main__":
    main()
