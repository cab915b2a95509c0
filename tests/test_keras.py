"""Keras, on JAX, gives the same shapes, values and dtypes over a wide random table; so does SciPy."""

import os
import re

os.environ["KERAS_BACKEND"] = "jax"

import jax
import keras
import numpy as np
import pytest
from scipy.signal import correlate
from test_tutorial_programs import BUMP, LINE, OURS, run

import convtools

RNG = np.random.default_rng(2019)
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")  # Keras's own


def some(smallest, largest, *count):
    """Random whole numbers, both ends included: one int, or a tuple of as many as asked for."""
    drawn = RNG.integers(smallest, largest + 1, count)
    return tuple(drawn.tolist()) if count else int(drawn)


def case(name):
    """A random layer of this name: its settings and a batch for it."""
    dimensions = 1 if "1D" in name else 2
    window, strides, dilation = (some(1, 4, dimensions) for _ in range(3))
    if RNG.random() < 0.5:  # Keras refuses strides together with dilation
        strides = (1,) * dimensions
    else:
        dilation = (1,) * dimensions
    length = [(k - 1) * d + some(1, 9) for k, d in zip(window, dilation, strict=True)]
    x = RNG.normal(size=(some(1, 3), *length, some(1, 5))).astype(np.float32)
    activation = [None, "linear", "relu"][some(0, 2)]
    use_bias = bool(some(0, 1))
    match name:
        case "Flatten" | "ReLU":
            return {}, x
        case "Dense":
            return {"units": some(1, 9), "activation": activation, "use_bias": use_bias}, x[:, :, 0, 0]
        case "Conv1D" | "Conv2D":
            padding = ["valid", "same", "causal"][some(0, 2 if dimensions == 1 else 1)]
            settings = {"filters": some(1, 6), "kernel_size": window, "strides": strides, "padding": padding}
            return {**settings, "dilation_rate": dilation, "activation": activation, "use_bias": use_bias}, x
    padding = ["valid", "same"][some(0, 1)]
    return {"pool_size": window, "strides": [strides, None][some(0, 1)], "padding": padding}, x


def twin(layer, settings):
    """Keras's layer of the same name, with the same settings and weights."""
    weights = layer.get_weights()
    if weights:  # given at the making: Keras draws its own slowly
        settings = {**settings, "kernel_initializer": lambda shape, dtype: weights[0].reshape(shape)}
    if len(weights) == 2:
        settings = {**settings, "bias_initializer": lambda shape, dtype: weights[1].reshape(shape)}
    return getattr(keras.layers, type(layer).__name__)(**settings)


def with_random_weights(layer, shape):
    layer.build(shape)
    layer.set_weights([RNG.normal(size=weight.shape) for weight in layer.get_weights()])
    return layer


def assert_same(ours, theirs, x):
    if not theirs.built:
        theirs.build(x.shape)
    expected = np.asarray(jax.jit(theirs)(x))
    output = ours(x)
    assert (output.shape, output.dtype) == (expected.shape, expected.dtype)
    assert np.allclose(output, expected, rtol=1e-5, atol=1e-5)
    assert (None, *ours.output_shape) == theirs.compute_output_shape((None, *x.shape[1:]))
    assert [weight.shape for weight in ours.get_weights()] == [weight.shape for weight in theirs.get_weights()]


POOLING = ["MaxPooling1D", "MaxPooling2D", "AveragePooling1D", "AveragePooling2D"]
TABLE = [
    (name, *case(name))
    for name in ["Conv1D"] * 60 + ["Conv2D"] * 60 + POOLING * 25 + ["Dense"] * 15 + ["Flatten", "ReLU"] * 5
]


@pytest.mark.parametrize(("name", "settings", "x"), TABLE, ids=[f"{n}-{row[0]}" for n, row in enumerate(TABLE)])
def test_layers(name, settings, x):
    layer = with_random_weights(getattr(convtools, name)(**settings), x.shape[1:])
    assert_same(layer, twin(layer, settings), x)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_stacks(channels, padding):
    rows = [
        ("Conv2D", {"filters": 4, "kernel_size": 3, "padding": padding, "activation": "relu"}),
        ("MaxPooling2D", {"pool_size": 2, "padding": padding}),
        ("ReLU", {}),
        ("Conv2D", {"filters": 5, "kernel_size": 2, "strides": 2, "padding": padding}),
        ("AveragePooling2D", {"pool_size": 2, "strides": 1, "padding": padding}),
        ("Flatten", {}),
        ("Dense", {"units": 3}),
    ]
    x = RNG.normal(size=(2, 13, 12, channels)).astype(np.float32)
    model = convtools.Sequential([getattr(convtools, name)(**settings) for name, settings in rows])
    model(x)
    model.set_weights([RNG.normal(size=weight.shape) for weight in model.get_weights()])
    layers = [twin(layer, settings) for layer, (_, settings) in zip(model.layers, rows, strict=True)]
    theirs = keras.Sequential([keras.Input(x.shape[1:]), *layers])
    assert_same(model, theirs, x)
    assert model.count_params() == theirs.count_params()


@pytest.mark.parametrize("dtype", ["int8", "int64", "float16", "float64"])
@pytest.mark.parametrize(("name", "settings"), [("Conv2D", {"filters": 2, "kernel_size": 3}), ("MaxPooling2D", {})])
def test_dtypes(name, settings, dtype):
    x = (RNG.random((1, 6, 6, 2)) * 3).astype(dtype)
    ours = getattr(convtools, name)(**settings)
    output = ours(x)
    theirs = np.asarray(twin(ours, settings)(x))
    assert np.allclose(output, theirs, rtol=1e-6)
    if ours.get_weights() or "float" in dtype:  # without weights Keras lets whole numbers be; ours are always float32
        assert output.dtype == theirs.dtype


@pytest.mark.parametrize(
    ("name", "settings", "shape"),
    [
        ("Conv1D", {"filters": 32, "kernel_size": 3}, (9, 16)),
        ("Conv2D", {"filters": 16, "kernel_size": (3, 5)}, (9, 9, 8)),
        ("Dense", {"units": 50}, (40,)),
    ],
)
def test_first_weights_have_the_same_limits(name, settings, shape):
    theirs = getattr(keras.layers, name)(**settings)
    theirs.build((None, *shape))
    ours = getattr(convtools, name)(**settings, input_shape=shape, seed=1)
    largest, as_large = (np.abs(layer.get_weights()[0]).max() for layer in (ours, theirs))
    assert largest == pytest.approx(as_large, rel=0.01)
    assert not np.any([ours.get_weights()[1], theirs.get_weights()[1]])


@pytest.mark.filterwarnings("ignore:Do not pass an `input_shape`")  # Keras prefers Input(shape) today
@pytest.mark.parametrize("program", [BUMP, LINE], ids=["bump", "line"])
def test_tutorial_programs(program, capsys):
    theirs = {"Sequential": "keras.models", "Conv1D": "keras.layers", "Conv2D": "keras.layers"}
    came = []
    for modules in OURS, theirs:
        output = run(program, modules)["yhat"]
        printed = re.sub(r".*/step\n?", "", capsys.readouterr().out)  # no progress bar
        came.append((output.tolist(), output.shape, output.dtype, printed))
    assert came[0] == came[1]


@pytest.mark.parametrize("shape", [(30,), (12, 15)])
def test_scipy_correlate_is_a_second_witness(shape):
    dimensions = len(shape)
    x, kernel = RNG.normal(size=(*shape, 3)), RNG.normal(size=(*(4, 3)[:dimensions], 3, 2))
    make = {1: convtools.Conv1D, 2: convtools.Conv2D}[dimensions]
    layer = make(2, kernel.shape[:dimensions], use_bias=False, input_shape=x.shape)
    layer.set_weights([kernel])
    maps = [correlate(x, kernel[..., filter], mode="valid")[..., 0] for filter in range(2)]
    assert np.allclose(layer([x])[0], np.stack(maps, -1), atol=1e-5)
