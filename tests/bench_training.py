"""How long it takes to learn the digits, beside Keras on JAX: same network, first weights, batches and optimizer.

Both go through the same batches until 97 % of the test digits are right. Once with import and compilation left out,
in this process, taking turns; once as a program of its own, from its start to its end.
"""

import os
import subprocess
import sys
from statistics import median
from time import perf_counter

import numpy as np

GOAL, EPOCHS, BATCH, RATE = 0.97, 40, 32, 0.005
RUNS = 5


def layers(package):
    """The book's network for digits, of convtools' layers or of Keras's."""
    wide = {"padding": "same", "activation": "relu"}
    return [
        package.Conv2D(8, 3, **wide),
        package.MaxPooling2D(2),
        package.Conv2D(16, 3, **wide),
        package.MaxPooling2D(2),
        package.Flatten(),
        package.Dense(10, activation="softmax"),
    ]


def first_weights():
    """Glorot's, from a named seed."""
    rng = np.random.default_rng(seed=7)
    shapes = [(3, 3, 1, 8), (8,), (3, 3, 8, 16), (16,), (64, 10), (10,)]
    limits = [np.sqrt(6 / (np.prod(shape[:-2]) * sum(shape[-2:]))) if len(shape) > 1 else 0 for shape in shapes]
    return [rng.uniform(-limit, limit, shape).astype(np.float32) for shape, limit in zip(shapes, limits, strict=True)]


def digits():
    from convtools import data

    images, labels = data.digits()
    order = np.random.default_rng(seed=7).permutation(len(images))
    images, labels = images[order][..., np.newaxis], labels[order]
    return (images[:1297], labels[:1297]), (images[1297:], labels[1297:])


def ours():
    import convtools
    from convtools import Adam, Sequential

    model = Sequential(layers(convtools))
    model.compile(Adam(RATE), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model(np.zeros((1, 8, 8, 1)))
    return model


def keras():
    os.environ["KERAS_BACKEND"] = "jax"
    import keras

    model = keras.Sequential([keras.Input((8, 8, 1)), *layers(keras.layers)])
    model.compile(keras.optimizers.Adam(RATE), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def learn(model, train, test):
    """Train until the goal is reached; return the epochs, the test accuracy and the seconds it took."""
    quiet = {"verbose": 0} if hasattr(model, "jit_compile") else {}
    start = perf_counter()
    rng = np.random.default_rng(seed=7)
    for epoch in range(1, EPOCHS + 1):
        order = rng.permutation(len(train[0]))
        model.fit(train[0][order], train[1][order], batch_size=BATCH, shuffle=False, verbose=0)
        accuracy = model.evaluate(*test, batch_size=500, **quiet)[1]
        if accuracy >= GOAL:
            return epoch, accuracy, perf_counter() - start
    raise ValueError(f"{EPOCHS} epochs were not enough, got {accuracy:.1%}.")


def alone(name):
    """What a program of its own does, from its first line."""
    train, test = digits()
    model = {"ours": ours, "keras": keras}[name]()
    model.set_weights(first_weights())
    print(*learn(model, train, test)[:2])


def main():
    train, test = digits()
    models = {"ours": ours(), "Keras": keras()}
    models["Keras"].optimizer.build(models["Keras"].trainable_variables)
    fresh = [variable.numpy() for variable in models["Keras"].optimizer.variables]
    times = {name: [] for name in models}
    for run in range(RUNS + 1):  # the first one compiles
        for name, model in models.items():
            model.set_weights(first_weights())
            if name == "ours":
                model.compile(type(model.optimizer)(RATE), model.loss, metrics=["accuracy"])
            else:
                for variable, value in zip(model.optimizer.variables, fresh, strict=True):
                    variable.assign(value)
            epochs, accuracy, seconds = learn(model, train, test)
            times[name] += [seconds] * (run > 0)
            if run == RUNS:
                print(f"{name:>6}: {epochs} epochs to {accuracy:.1%} of the test digits, {median(times[name]):.2f} s")
    print(f" ratio: {median(times['ours']) / median(times['Keras']):.2f}, import and compilation left out")

    times = {"ours": [], "keras": []}
    for _ in range(3):
        for name, seconds in times.items():
            start = perf_counter()
            subprocess.run([sys.executable, __file__, name], check=True, stdout=subprocess.DEVNULL)
            seconds.append(perf_counter() - start)
    ours_alone, keras_alone = (median(seconds) for seconds in times.values())
    print(
        f"{'':>8}as a program: ours {ours_alone:.2f} s, Keras {keras_alone:.2f} s, ratio {ours_alone / keras_alone:.2f}"
    )

    code = "from time import perf_counter as t; a = t(); import numpy; b = t(); import convtools; print(b - a, t() - b)"
    pairs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
        for _ in range(9)
    ]
    numpy, convtools = (1e3 * median(map(float, column)) for column in zip(*pairs, strict=True))
    print(f"import numpy {numpy:.0f} ms, import convtools {convtools:.0f} ms above it")


if __name__ == "__main__":
    alone(sys.argv[1]) if len(sys.argv) > 1 else main()
