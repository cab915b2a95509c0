"""Bad input gets one clear error: what came, what was expected, how to mend it; and nothing is changed."""

import numpy as np
import pytest

from convtools import (
    Conv1D,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    MaxPooling1D,
    MaxPooling2D,
    ReLU,
    Sequential,
)
from convtools.shapes import output_length, padding_amounts, receptive_field


def refusal(error, texts, call, *arguments, **settings):
    """The message of the error, which must be of this very class and hold all the texts."""
    with pytest.raises((TypeError, ValueError)) as caught:
        call(*arguments, **settings)
    message = str(caught.value)
    assert type(caught.value) is error
    assert [text for text in texts if text not in message] == [], message
    assert len(message) < 400
    return message


NUMBERS = [  # each of these is a whole number from 1 up
    (Conv1D, {"filters": 1, "kernel_size": 3}, ["filters", "kernel_size", "strides", "dilation_rate"]),
    (Conv2D, {"filters": 1, "kernel_size": 3}, ["filters", "kernel_size", "strides", "dilation_rate"]),
    (MaxPooling1D, {}, ["pool_size", "strides"]),
    (MaxPooling2D, {}, ["pool_size", "strides"]),
    (Dense, {}, ["units"]),
    (output_length, {"length": 8, "kernel_size": 3}, ["length", "kernel_size", "strides", "dilation_rate"]),
]


@pytest.mark.parametrize(("call", "settings", "name"), [(*row[:2], name) for row in NUMBERS for name in row[2]])
def test_numbers_that_are_none(call, settings, name):
    for bad in (0, -2):
        texts = [f"{name} must be at least 1, got {bad}.", "Choose a larger whole number."]
        refusal(ValueError, texts, call, **{**settings, name: bad})
    for bad in (1.5, 3.0, "3", True, np.bool_(True), 1j, b"3", {3}, object):
        texts = [f"{name} must be a whole number, got {bad!r}.", "Write an int"]
        refusal(TypeError, texts, call, **{**settings, name: bad})


@pytest.mark.parametrize("name", ["kernel_size", "strides", "dilation_rate"])
def test_one_number_for_each_axis(name):
    settings = {"filters": 1, "kernel_size": 3}
    for make, count, bad in (Conv1D, 1, (3, 3)), (Conv2D, 2, (3,)), (Conv2D, 2, [1, 2, 3]), (Conv2D, 2, ()):
        texts = [f"{name} needs one whole number or a tuple of {count}, got {bad!r}.", "for each dimension"]
        refusal(ValueError, texts, make, **{**settings, name: bad})
    refusal(ValueError, ["got 0."], Conv2D, **{**settings, name: (3, 0)})
    refusal(TypeError, ["got 2.5."], Conv2D, **{**settings, name: (2.5, 3)})
    refusal(TypeError, ["got '3'."], Conv2D, **{**settings, name: ["3", 3]})


NEW = {"filters": 1, "kernel_size": 3}
SETTINGS = [
    (Conv1D, {**NEW, "padding": "Same"}, ValueError, 'must be one of "valid", "same", "causal", got \'Same\'', "small letters"),
    (Conv1D, {**NEW, "padding": 1}, ValueError, "got 1", "Spell it"),
    (Conv1D, {**NEW, "padding": None}, ValueError, "got None", "Spell it"),
    (Conv1D, {**NEW, "padding": ["same"]}, ValueError, "got ['same']", "Spell it"),
    (Conv2D, {**NEW, "padding": "causal"}, ValueError, 'one of "valid", "same", got \'causal\'', "Only Conv1D has it"),
    (MaxPooling2D, {"padding": "causal"}, ValueError, 'one of "valid", "same", got \'causal\'', "Only Conv1D has it"),
    (output_length, {"length": 8, "kernel_size": 3, "padding": "full"}, ValueError, "got 'full'", "Spell it"),
    (padding_amounts, {"length": 8, "kernel_size": 3, "padding": 0}, ValueError, "got 0", "Spell it"),
    (Conv1D, {**NEW, "activation": "tanh"}, ValueError, 'None, "linear" or "relu", got \'tanh\'', "Choose one"),
    (Conv1D, {**NEW, "activation": np.tanh}, ValueError, "got <ufunc 'tanh'>", "Choose one"),
    (Dense, {"units": 1, "activation": np.zeros(2)}, ValueError, "got array([0., 0.])", "Choose one"),
    (Conv2D, {**NEW, "use_bias": 1}, TypeError, "True or False, got 1", "use_bias=False"),
    (Dense, {"units": 1, "use_bias": "no"}, TypeError, "True or False, got 'no'", "use_bias=False"),
    (Conv2D, {**NEW, "seed": -1}, ValueError, "seed must be at least 0, got -1", "Choose a larger"),
    (Conv2D, {**NEW, "seed": 0.5}, TypeError, "seed must be a whole number, got 0.5", "Write an int"),
    (Conv1D, {**NEW, "stride": 2}, TypeError, "unexpected keyword argument 'stride'", "Expected Conv1D(filters, kernel_size, strides=1"),
    (Flatten, {"units": 2}, TypeError, "unexpected keyword argument 'units'", "Expected Flatten(*, input_shape=None)"),
    (ReLU, {"max_value": 6}, TypeError, "unexpected keyword argument 'max_value'", "Expected ReLU(*, input_shape=None)"),
    (Conv2D, {**NEW, "activation": "softmax"}, ValueError, 'None, "linear" or "relu", got \'softmax\'', "Choose one"),
    (Dense, {"units": 2, "activation": "Softmax"}, ValueError, '"softmax", got \'Softmax\'', "Choose one"),
    (GlobalAveragePooling2D, {"pool_size": 2}, TypeError, "keyword argument 'pool_size'", "Expected GlobalAveragePooling2D(*, input_shape=None)"),
    (Conv2D, {"filters": 1}, TypeError, "missing a required argument: 'kernel_size'", "Check names and order"),
    (Dense, {}, TypeError, "missing", "units"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "settings", "error", "got", "mend"), SETTINGS)
def test_settings(call, settings, error, got, mend):
    refusal(error, [got, mend], call, **settings)


def test_settings_after_the_padding_go_by_name():
    texts = ["too many positional arguments", "*, dilation_rate=1", "Check names and order"]
    refusal(TypeError, texts, Conv1D, 1, 3, 1, "valid", 2)


FITS = "Write it with the channels but without the batch axis"
SHAPES = [
    (Conv1D(1, 3), 8, TypeError, "must be a tuple (length, channels), got 8", "batch axis out"),
    (Conv2D(1, 3), "8, 8, 1", TypeError, "must be a tuple (rows, columns, channels), got '8, 8, 1'", "batch axis out"),
    (Conv1D(1, 3), np.array([8, 1]), TypeError, "got array([8, 1])", "batch axis out"),
    (Flatten(), 8, TypeError, "must be a tuple (...), got 8", "batch axis out"),
    (Flatten(), (), ValueError, "got shape ()", FITS),
    (ReLU(), (), ValueError, "got shape ()", FITS),
    (Conv1D(1, 3), (), ValueError, "samples (length, channels), got shape ()", FITS),
    (Conv1D(1, 3), (8,), ValueError, "samples (length, channels), got shape (8,)", FITS),
    (Conv1D(1, 3), (1, 8, 1), ValueError, "samples (length, channels), got shape (1, 8, 1)", FITS),
    (Conv2D(1, 3), (8, 8), ValueError, "samples (rows, columns, channels), got shape (8, 8)", FITS),
    (Dense(1), (8, 8, 1), ValueError, "samples (features,), got shape (8, 8, 1)", "Flatten()"),
    (Conv1D(1, 3), (0, 1), ValueError, "input_shape[0] must be at least 1, got 0", "larger"),
    (Conv1D(1, 3), (8, 0), ValueError, "input_shape[1] must be at least 1, got 0", "larger"),
    (Dense(1), (-8,), ValueError, "input_shape[0] must be at least 1, got -8", "larger"),
    (Conv1D(1, 3), (None, 1), TypeError, "input_shape[0] must be a whole number, got None", "Write an int"),
    (MaxPooling1D(), (8.0, 1), TypeError, "input_shape[0] must be a whole number, got 8.0", "Write an int"),
    (Conv1D(1, 9), (8, 1), ValueError, "width 9 does not fit an input of length 8", 'padding="same"'),
    (Conv1D(1, 5, dilation_rate=2), (8, 1), ValueError, "width 5 (dilated to 9) does not fit an input of length 8", "smaller"),
    (Conv2D(1, (3, 9)), (8, 8, 1), ValueError, "width 9 does not fit an input of length 8", "longer"),
    (MaxPooling2D(9), (8, 8, 1), ValueError, "width 9 does not fit an input of length 8", "smaller"),
    (GlobalAveragePooling2D(), (8, 8), ValueError, "samples (rows, columns, channels), got shape (8, 8)", FITS),
    (GlobalAveragePooling2D(), (8, 0, 1), ValueError, "input_shape[1] must be at least 1, got 0", "larger"),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "shape", "error", "got", "mend"), SHAPES)
def test_shapes_of_samples(layer, shape, error, got, mend):
    for method in (layer.build, layer.compute_output_shape):
        refusal(error, [got, mend], method, shape)
    assert layer.input_shape is layer.output_shape is None


def test_a_bad_shape_is_told_when_the_layer_is_made():
    refusal(ValueError, ["got shape (8, 8)"], Conv2D, 1, 3, input_shape=(8, 8))
    refusal(TypeError, ["got 8."], MaxPooling1D, input_shape=8)
    refusal(TypeError, ["got '8'."], Flatten, input_shape="8")
    refusal(ValueError, ["does not fit"], Conv1D, 1, 9, input_shape=(8, 1))


ROW = Conv1D(1, 3, input_shape=(8, 1), seed=1)
IMAGE = Conv2D(1, 3, input_shape=(8, 8, 1), seed=1)
DENSE = Dense(1, input_shape=(3,), seed=1)
REAL, NEWAXIS = "must hold real numbers, got an array of dtype ", "For one sequence pass x[np.newaxis]"
INPUTS = [
    (ROW, np.zeros(8), ValueError, "(batch, length, channels), got shape (8,)", "np.reshape(x, (1, 8, 1))"),
    (ROW, np.zeros((8, 1)), ValueError, "got shape (8, 1)", NEWAXIS),
    (ROW, [[0, 0, 1]], ValueError, "got shape (1, 3)", "for one channel pass x[..., np.newaxis]"),
    (ROW, np.zeros((1, 8, 8, 1)), ValueError, "got shape (1, 8, 8, 1)", "choose the layer for its number of axes"),
    (ROW, 3, ValueError, "got shape ()", "Reshape it"),
    (ROW, [], ValueError, "got shape (0,)", "np.reshape"),
    (IMAGE, np.zeros((8, 8)), ValueError, "(batch, rows, columns, channels), got shape (8, 8)", "np.reshape(x, (1, 8, 8, 1))"),
    (IMAGE, np.zeros((8, 8, 1)), ValueError, "got shape (8, 8, 1)", "For one image pass x[np.newaxis]"),
    (MaxPooling2D(), np.zeros((8, 8)), ValueError, "got shape (8, 8)", "np.reshape"),
    (GlobalAveragePooling2D(), np.zeros((8, 8, 1)), ValueError, "got shape (8, 8, 1)", "For one image pass x[np.newaxis]"),
    (DENSE, np.zeros(3), ValueError, "(batch, features), got shape (3,)", "For one sample pass x[np.newaxis]."),
    (DENSE, np.zeros((1, 3, 3, 1)), ValueError, "got shape (1, 3, 3, 1)", "Put a Flatten() before it"),
    (DENSE, np.zeros((1, 4)), ValueError, "weights for 3 features, got 4", "make another layer"),
    (ReLU(), np.zeros(3), ValueError, "(batch, ...), got shape (3,)", "For one sample pass x[np.newaxis]."),
    (ReLU(), [["1"]], TypeError, REAL + "<U1", "Convert it"),
    (Flatten(), np.zeros(3), ValueError, "(batch, ...), got shape (3,)", "For one sample pass x[np.newaxis]."),
    (ROW, np.zeros((1, 8, 3)), ValueError, "1 on the last axis, the channels, got 3 in samples of shape (8, 3)", "another layer"),
    (IMAGE, np.zeros((1, 1, 8, 8)), ValueError, "1 on the last axis, the channels, got 8", "np.moveaxis"),
    (ROW, np.zeros((1, 2, 1)), ValueError, "width 3 does not fit an input of length 2", 'padding="same"'),
    (ROW, np.zeros((1, 0, 1)), ValueError, "input_shape[0] must be at least 1, got 0", "larger"),
    (Conv1D(1, 3), np.zeros((1, 8, 0)), ValueError, "input_shape[1] must be at least 1, got 0", "larger"),
    (ROW, "abc", TypeError, REAL + "<U3", "Convert it"),
    (ROW, [[["1"]]], TypeError, REAL + "<U1", "Convert it"),
    (ROW, None, TypeError, REAL + "object", "Convert it"),
    (ROW, object(), TypeError, REAL + "object", "Convert it"),
    (ROW, {1: 2}, TypeError, REAL + "object", "Convert it"),
    (ROW, [[[None]]], TypeError, REAL + "object", "Convert it"),
    (ROW, [[[10**30]]], TypeError, REAL + "object", "Convert it"),
    (ROW, [[[1j]]], TypeError, REAL + "complex128", "np.real(...)"),
    (ROW, np.zeros((1, 8, 1), "datetime64[D]"), TypeError, REAL + "datetime64[D]", "Convert it"),
    (ROW, [[[1], [2, 3]]], ValueError, "must be a full array, got a ragged list", "the same length"),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "x", "error", "got", "mend"), INPUTS)
def test_inputs(layer, x, error, got, mend):
    before = str(layer.__dict__)
    message = refusal(error, [got, mend], layer, x)
    refusal(error, [message], Sequential([layer]), x)
    assert str(layer.__dict__) == before


FIRST = ["Pass input_shape=...", "call it on an input first"]
KERNEL, BIAS = [[[0]], [[1]], [[0]]], [0]
WEIGHTS = [
    (ROW, 3, ValueError, "a list of 2 weights (kernel (3, 1, 1), bias (1,)), got a value of type int", "[kernel, bias]"),
    (ROW, None, ValueError, "got a value of type NoneType", "[kernel, bias]"),
    (ROW, "ab", ValueError, "got a value of type str", "[kernel, bias]"),
    (ROW, np.zeros((2, 3, 1, 1)), ValueError, "got a value of type ndarray", "[kernel, bias]"),
    (ROW, [], ValueError, "got 0 of them", "[kernel, bias]"),
    (ROW, KERNEL, ValueError, "got 3 of them", "[kernel, bias]"),
    (ROW, [KERNEL, BIAS, BIAS], ValueError, "got 3 of them", "[kernel, bias]"),
    (ROW, [[0, 1, 0], BIAS], ValueError, "kernel has shape (3, 1, 1), got (3,)", "reshape(3, 1, 1)"),
    (ROW, [KERNEL, 0], ValueError, "bias has shape (1,), got ()", "reshape(1,)"),
    (ROW, [KERNEL, [0, 0]], ValueError, "bias has shape (1,), got (2,)", "Nest the list"),
    (ROW, [[[[0]], [[1]], [[0, 1]]], BIAS], ValueError, "kernel must be a full array, got a ragged list", "the same length"),
    (ROW, [KERNEL, ["a"]], TypeError, "Conv1D's bias " + REAL + "<U1", "Convert it"),
    (ROW, [KERNEL, [1j]], TypeError, "Conv1D's bias " + REAL + "complex128", "np.real(...)"),
    (ROW, [[[[None]], [[1]], [[0]]], BIAS], TypeError, "Conv1D's kernel " + REAL + "object", "Convert it"),
    (Conv1D(1, 3, use_bias=False, input_shape=(8, 1)), [KERNEL, BIAS], ValueError, "1 weights (kernel (3, 1, 1)), got 2", "[kernel]"),
    (Flatten(), [BIAS], ValueError, "a list of 0 weights (none), got 1 of them", "set_weights([])"),
    (Sequential([ROW, Flatten(), Dense(1)]), [KERNEL, BIAS], ValueError, "a list of 4 weights, got 2 of them", "kernel, bias, kernel, bias"),
    (Sequential([ROW, Flatten(), Dense(1)]), None, ValueError, "got a value of type NoneType", "kernel, bias, kernel, bias"),
    (Sequential([ROW, Flatten(), Dense(1)]), [KERNEL, BIAS, [[0]], BIAS], ValueError, "Layer 2: Dense's kernel has shape (6, 1), got (1, 1)", "reshape"),
    (Sequential([ROW, Flatten(), Dense(1)]), [KERNEL, BIAS, [["a"]] * 6, BIAS], TypeError, "Layer 2: Dense's kernel " + REAL, "Convert it"),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "weights", "error", "got", "mend"), WEIGHTS)
def test_weights(layer, weights, error, got, mend):
    before = layer.get_weights()
    refusal(error, [got, mend], layer.set_weights, weights)
    assert all(map(np.array_equal, before, layer.get_weights()))


@pytest.mark.parametrize(
    "make", [lambda: Conv2D(1, 3), lambda: Dense(1), lambda: Sequential([Conv1D(1, 3), Flatten()])]
)
def test_use_before_the_shape_is_known(make):
    layer = make()
    for method, arguments in ("get_weights", []), ("set_weights", [[1, 2]]), ("count_params", []):
        texts = [f"got {method}() before it knows its input's shape", *FIRST]
        refusal(ValueError, texts, getattr(layer, method), *arguments)
    if isinstance(layer, Sequential):
        refusal(ValueError, ["got summary() before", *FIRST], layer.summary)
    else:
        refusal(ValueError, ["got get_weights() before", *FIRST], lambda: layer.kernel)


def test_layers_without_weights_know_it_at_once():
    assert (Flatten().get_weights(), Flatten().count_params()) == ([], 0)
    assert (MaxPooling2D().get_weights(), MaxPooling2D().count_params()) == ([], 0)


SEQUENCE, PICTURE = Conv1D(2, 3, input_shape=(8, 1)), Conv2D(2, 3, input_shape=(8, 8, 1))
STACKS = [  # layers that are taken, the one that is not
    ([SEQUENCE], Conv2D(1, 3), "expects samples (rows, columns, channels), but gets (length, channels)", "same number of axes"),
    ([Conv1D(1, 3)], Conv2D(1, 3), "expects samples (rows, columns, channels), but gets (length, channels)", "same number of axes"),
    ([PICTURE], Conv1D(1, 3), "expects samples (length, channels), but gets (rows, columns, channels)", "same number of axes"),
    ([Conv1D(1, 3), ReLU()], Conv2D(1, 3), "expects samples (rows, columns, channels), but gets (length, channels)", "same number of axes"),
    ([PICTURE, ReLU()], Dense(1), "expects samples (features,), but gets (rows, columns, channels)", "Flatten()"),
    ([PICTURE], Dense(1), "expects samples (features,), but gets (rows, columns, channels)", "Flatten()"),
    ([MaxPooling2D()], Dense(1), "expects samples (features,), but gets (rows, columns, channels)", "Flatten()"),
    ([Flatten()], MaxPooling1D(), "expects samples (length, channels), but gets (features,)", "same number of axes"),
    ([GlobalAveragePooling2D()], MaxPooling2D(), "expects samples (rows, columns, channels), but gets (features,)", "same number of axes"),
    ([PICTURE, GlobalAveragePooling2D()], Conv2D(1, 3), "expects samples (rows, columns, channels), but gets (features,)", "same number of axes"),
    ([SEQUENCE], GlobalAveragePooling2D(), "expects samples (rows, columns, channels), but gets (length, channels)", "same number of axes"),
    ([Flatten(), Dense(1)], Conv1D(1, 3), "expects samples (length, channels), but gets (features,)", "same number of axes"),
    ([SEQUENCE], Conv1D(1, 7), "does not fit the output (6, 2) before it. A filter of width 7", 'padding="same"'),
    ([SEQUENCE, MaxPooling1D(3)], MaxPooling1D(3), "does not fit the output (2, 2) before it. A filter of width 3", "smaller"),
    ([SEQUENCE], Conv1D(1, 3, input_shape=(6, 1)), "was made for samples of shape (6, 1), but gets (6, 2)", "Leave its input_shape out"),
    ([Conv1D(2, 3)], Conv1D(1, 3, input_shape=(6, 2)), "brings input_shape=(6, 2)", "to the first layer"),
]  # fmt: skip


@pytest.mark.parametrize(("taken", "layer", "got", "mend"), STACKS)
def test_layers_that_do_not_fit_each_other_are_told_when_added(taken, layer, got, mend):
    model, before = Sequential(taken), layer.input_shape
    texts = [f"Layer {len(taken)} ({layer!r}) {got}", mend]
    refusal(ValueError, texts, model.add, layer)
    refusal(ValueError, texts, Sequential, [*taken, layer])
    assert model.layers == taken
    assert layer.input_shape == before


def test_what_is_not_a_stack():
    for bad in (3, Conv1D(1, 3), "Conv1D", None):
        refusal(TypeError, [f"a list of layers, got {bad!r}", "Sequential([layer, ...])"], Sequential, bad)
    for bad in (Conv1D, None, "relu", Sequential()):
        refusal(TypeError, [f"add takes a layer, got {bad!r}", "Make one first"], Sequential().add, bad)
    refusal(ValueError, ["is layer 0 of the stack already", "Make another one"], Sequential([ROW]).add, ROW)
    refusal(ValueError, ["no layers yet", "add(...)"], Sequential().predict, [[[1]]])


def test_a_first_call_that_fails_builds_nothing():
    model = Sequential([Conv1D(2, 3, seed=1), Conv1D(1, 5), Flatten(), Dense(1)])
    texts = ["Layer 1 (Conv1D) does not fit the output (4, 2) before it", "width 5"]
    refusal(ValueError, texts, model, np.zeros((1, 6, 3)))
    assert [layer.input_shape for layer in model.layers] == [None] * 4
    assert model(np.zeros((1, 9, 1))).shape == (1, 1)  # another number of channels is still free
    texts = ["Layer 3 (Dense) does not fit the output (4,) before it", "weights for 3 features, got 4"]
    refusal(ValueError, texts, model, np.zeros((1, 10, 1)))
    assert model(np.zeros((1, 9, 1))).shape == (1, 1)


@pytest.mark.parametrize(
    ("layers", "error", "got"),
    [
        (3, TypeError, "a list of (kernel_size, strides), got 3"),
        ((3, 1), ValueError, "layer 0 must be (kernel_size, strides)"),
        ([(3, 1), (3,)], ValueError, "layer 1 must be (kernel_size, strides)"),
        ([(3, 1, 1, 1)], ValueError, "got (3, 1, 1, 1)"),
        ([(3, 0)], ValueError, "strides must be at least 1, got 0"),
        ([(3, 1, "2")], TypeError, "dilation_rate must be a whole number, got '2'"),
    ],
)
def test_receptive_fields_of_nonsense(layers, error, got):
    refusal(error, [got], receptive_field, layers)
