"""The sliding filter as data: the same numbers as the layers and the oracle, and sentences word for word."""

import numpy as np
import oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_maps import stack, stacks

from convtools import Conv1D, Conv2D
from convtools.maps import effective_kernel, network, sees
from convtools.trace import trace, trace_state, trace_step
from convtools.words import number

BUMP = [0, 0, 0, 1, 1, 0, 0, 0]
LINE = [BUMP] * 8
UPRIGHT = [[0, 1, 0]] * 3
RGB = np.array([[2, 0, 1], [0, 1, 0], [0, 0, 3], [1, 1, 1]])  # four cells, three channels
MIX = np.array([[[1], [-1], [0]], [[0], [0], [0]], [[0], [0], [-1]]])  # width 3, three channels, one filter
NAMES = ["red", "green", "blue"]
TWO = np.array([[[1, 0]], [[0, 1]]])  # width 2, one channel, two filters


RELU = {"class_name": "ReLU"}


def line(kernel, **settings):
    return {"class_name": "Conv1D", "kernel": kernel, **settings}


def plane(kernel, **settings):
    return {"class_name": "Conv2D", "kernel": kernel, **settings}


def pool(kind, size, dimensions=1, **settings):
    return {"class_name": f"{kind}Pooling{dimensions}D", "pool_size": size, **settings}


def state_of(rows, x):
    """A state with these layers in full, whose last is stepped through."""
    x = np.asarray(x)
    two = any("2D" in row["class_name"] for row in rows)
    x = x[..., np.newaxis] if x.ndim == (2 if two else 1) else x
    layers, _ = stack(rows, x.shape)
    return {
        "input": x.tolist(),
        "layers": layers,
        "layer": len(layers) - 1,
        "filter": 0,
        "step": 0,
        "channel_names": [],
    }


@pytest.mark.parametrize("dimensions", [1, 2])
@pytest.mark.parametrize("activation", [None, "linear", "relu"])
@given(data=st.data())
def test_the_trace_is_the_layer_and_the_oracle(dimensions, activation, data):
    x, kernel, bias, settings = data.draw(oracle.cases(dimensions, smallest_batch=1))
    filter = data.draw(st.integers(0, kernel.shape[-1] - 1))
    steps = trace(x[0], kernel, bias, **settings, activation=activation, filter=filter)

    make = {1: Conv1D, 2: Conv2D}[dimensions]
    layer = make(kernel.shape[-1], kernel.shape[:-2], **settings, activation=activation, input_shape=x.shape[1:])
    layer.set_weights([kernel, bias])
    layer_map = layer(x)[0, ..., filter]
    totals = oracle.batch(x[:1], kernel, bias, **settings)[0, ..., filter]

    assert [step.position for step in steps] == list(np.ndindex(totals.shape))
    assert [step.number for step in steps] == list(range(totals.size))
    assert {step.count for step in steps} == {totals.size}
    assert [step.total for step in steps] == totals.ravel().tolist()
    assert [step.output for step in steps] == layer_map.ravel().tolist()
    for step in steps:
        assert np.array_equal(step.kernel, kernel[..., filter])
        assert np.array_equal(step.products, step.window * step.kernel)
        assert sum(step.channel_sums) == sum(step.row_sums) == step.total - step.bias
        assert step.row_sums == [row.sum() for row in step.products]
        covered = np.pad(x[0], [(20, 20)] * dimensions + [(0, 0)])[np.ix_(*(np.array(t) + 20 for t in step.taps))]
        assert np.array_equal(step.window, covered)
        inside = np.pad(np.ones(x.shape[1:-1]), 20)[np.ix_(*(np.array(t) + 20 for t in step.taps))]
        assert step.padded == np.count_nonzero(inside == 0)


def test_the_fields_of_a_step():
    step = trace(RGB, MIX, bias=1, padding="same", activation="relu", channel_names=NAMES)[3]
    assert (step.number, step.count, step.position, step.taps, step.length) == (3, 4, (3,), ((2, 3, 4),), (4,))
    assert step.window.tolist() == [[0, 0, 3], [1, 1, 1], [0, 0, 0]]
    assert (step.channel_sums, step.row_sums) == ([0, 0, 0], [0, 0, 0])
    assert (step.bias, step.total, step.output, step.padded, step.filter) == (1, 1, 1, 1, None)
    assert step.window.dtype == step.kernel.dtype == np.float64
    assert type(step.total) is type(step.output) is type(step.channel_sums[0]) is float


@pytest.mark.parametrize(
    ("x", "kernel", "settings", "at", "sentence"),
    [
        # one dimension, one channel
        (BUMP, [0, 1, 0], {}, 2, "Step 3 of 6. The filter covers inputs 2 to 4: 0·0 + 1·1 + 1·0 = 1."),
        (BUMP, [0, 1, 0], {"bias": 2}, 2, "Step 3 of 6. The filter covers inputs 2 to 4: 0·0 + 1·1 + 1·0 + bias 2 = 3."),
        (BUMP, [0, 1, 0], {"bias": -2}, 2, "Step 3 of 6. The filter covers inputs 2 to 4: 0·0 + 1·1 + 1·0 + bias −2 = −1."),
        (BUMP, [-1, 2, -1], {}, 1, "Step 2 of 6. The filter covers inputs 1 to 3: 0·(−1) + 0·2 + 1·(−1) = −1."),
        (BUMP, [-1, 2, -1], {"activation": "relu"}, 1, "Step 2 of 6. The filter covers inputs 1 to 3: 0·(−1) + 0·2 + 1·(−1) = −1; ReLU gives 0."),
        (BUMP, [0, 1, 0], {"activation": "relu"}, 2, "Step 3 of 6. The filter covers inputs 2 to 4: 0·0 + 1·1 + 1·0 = 1; ReLU gives 1."),
        (BUMP, [0, 1, 0], {"activation": "relu", "bias": -3}, 2, "Step 3 of 6. The filter covers inputs 2 to 4: 0·0 + 1·1 + 1·0 + bias −3 = −2; ReLU gives 0."),
        ([-1, 2], [3], {}, 0, "Step 1 of 2. The filter covers input 0: (−1)·3 = −3."),
        ([0.25, 2], [0.5, -0.001], {}, 0, "Step 1 of 1. The filter covers inputs 0 to 1: 0.25·0.50 + 2·0.00 = 0.12."),
        (BUMP, [1, 1], {"dilation_rate": 2}, 2, "Step 3 of 6. The filter covers inputs 2 and 4: 0·1 + 1·1 = 1."),
        (BUMP, [1, 1, 1], {"dilation_rate": 2}, 0, "Step 1 of 4. The filter covers inputs 0, 2 and 4: 0·1 + 0·1 + 1·1 = 1."),
        (BUMP, [0, 1, 0], {"strides": 2}, 1, "Step 2 of 3. The filter covers inputs 2 to 4: 0·0 + 1·1 + 1·0 = 1."),
        (BUMP, [0, 1, 0], {"padding": "same"}, 0, "Step 1 of 8. The filter covers inputs −1 to 1 (1 of them padding): 0·0 + 0·1 + 0·0 = 0."),
        (BUMP, [0, 1, 0], {"padding": "same"}, 7, "Step 8 of 8. The filter covers inputs 6 to 8 (1 of them padding): 0·0 + 0·1 + 0·0 = 0."),
        ([5], [1, 2], {"padding": "causal", "dilation_rate": 3}, 0, "Step 1 of 1. The filter covers inputs −3 and 0 (1 of them padding): 0·1 + 5·2 = 10."),
        ([5], [1, 2], {"padding": "same", "dilation_rate": 3}, 0, "Step 1 of 1. The filter covers inputs −1 and 2 (all of them padding): 0·1 + 0·2 = 0."),
        (np.array([[3], [4]]), TWO, {"filter": 1}, 0, "Step 1 of 1, filter 1. The filter covers inputs 0 to 1: 3·0 + 4·1 = 4."),
        # one dimension, several channels
        (RGB, MIX, {"channel_names": NAMES}, 0, "Step 1 of 2. The filter covers inputs 0 to 2: red 2, green 0, blue −3; with bias 0 the output is −1."),
        (RGB, MIX, {}, 0, "Step 1 of 2. The filter covers inputs 0 to 2: channel 0: 2, channel 1: 0, channel 2: −3; with bias 0 the output is −1."),
        (RGB, MIX, {"bias": 4, "activation": "relu"}, 1, "Step 2 of 2. The filter covers inputs 1 to 3: channel 0: 0, channel 1: −1, channel 2: −1; with bias 4 the sum is 2 and ReLU gives 2."),
        # long: more than nine products
        (range(12), [1] * 12, {}, 0, "Step 1 of 1. The filter covers inputs 0 to 11: 12 products add up to 66; with bias 0 the output is 66."),
        (range(11), [0.5] * 10, {"bias": -30, "activation": "relu"}, 1, "Step 2 of 2. The filter covers inputs 1 to 10: 10 products add up to 27.50; with bias −30 the sum is −2.50 and ReLU gives 0."),
        ([1] * 9, [1] * 9, {}, 0, "Step 1 of 1. The filter covers inputs 0 to 8: 1·1 + 1·1 + 1·1 + 1·1 + 1·1 + 1·1 + 1·1 + 1·1 + 1·1 = 9."),
        # flipped
        (BUMP, [1, 2, 3], {"flip": True}, 2, "Step 3 of 6. The flipped filter covers inputs 2 to 4: 0·3 + 1·2 + 1·1 = 3."),
        (RGB, MIX, {"flip": True}, 0, "Step 1 of 2. The flipped filter covers inputs 0 to 2: channel 0: 0, channel 1: 0, channel 2: −1; with bias 0 the output is −1."),
        (LINE, [[1, 2, 3], [0, 0, 0], [0, 0, 0]], {"flip": True}, 8, "Step 9 of 36, row 1, column 2. Flipped filter on rows 1 to 3, columns 2 to 4: row sums 0, 0, 3; with bias 0 the output is 3."),
        (LINE, [[1, 2]], {"flip": True, "padding": "same"}, 7, "Step 8 of 64, row 0, column 7. Flipped filter on row 0, columns 7 to 8 (1 of them padding): row sum 0; with bias 0 the output is 0."),
        # two dimensions, one channel
        (LINE, UPRIGHT, {}, 8, "Step 9 of 36, row 1, column 2. Rows 1 to 3, columns 2 to 4: row sums 1, 1, 1; with bias 0 the output is 3."),
        (LINE, UPRIGHT, {}, 7, "Step 8 of 36, row 1, column 1. Rows 1 to 3, columns 1 to 3: row sums 0, 0, 0; with bias 0 the output is 0."),
        (LINE, UPRIGHT, {"bias": -4, "activation": "relu"}, 2, "Step 3 of 36, row 0, column 2. Rows 0 to 2, columns 2 to 4: row sums 1, 1, 1; with bias −4 the sum is −1 and ReLU gives 0."),
        (LINE, UPRIGHT, {"padding": "same"}, 0, "Step 1 of 64, row 0, column 0. Rows −1 to 1, columns −1 to 1 (5 of them padding): row sums 0, 0, 0; with bias 0 the output is 0."),
        (LINE, UPRIGHT, {"padding": "same", "strides": (1, 8)}, 1, "Step 2 of 8, row 1, column 0. Rows 0 to 2, columns 0 to 2: row sums 0, 0, 0; with bias 0 the output is 0."),
        (LINE, [[1, -1]], {}, 0, "Step 1 of 56, row 0, column 0. Row 0, columns 0 to 1: row sum 0; with bias 0 the output is 0."),
        (LINE, [[1], [1]], {"dilation_rate": 2}, 3, "Step 4 of 48, row 0, column 3. Rows 0 and 2, column 3: row sums 1, 1; with bias 0 the output is 2."),
        ([[2]], [[3]], {}, 0, "Step 1 of 1, row 0, column 0. Row 0, column 0: row sum 6; with bias 0 the output is 6."),
        # two dimensions, several channels
        (RGB[:, np.newaxis], MIX[:, np.newaxis], {"channel_names": NAMES}, 0, "Step 1 of 2, row 0, column 0. Rows 0 to 2, column 0: red 2, green 0, blue −3; with bias 0 the output is −1."),
        (RGB[np.newaxis], np.concatenate([MIX, MIX], -1)[np.newaxis], {"filter": 1, "padding": "same", "activation": "relu"}, 3, "Step 4 of 4, filter 1, row 0, column 3. Row 0, columns 2 to 4 (1 of them padding): channel 0: 0, channel 1: 0, channel 2: 0; with bias 0 the sum is 0 and ReLU gives 0."),
    ],
)  # fmt: skip
def test_sentences(x, kernel, settings, at, sentence):
    assert trace(x, kernel, **settings)[at].sentence == sentence


@pytest.mark.parametrize(
    ("rows", "x", "at", "sentence"),
    [
        ([pool("Max", 2)], [1, 4, 0, -1], 1, "Step 2 of 2. The window covers inputs 2 to 3: the largest of 0 and −1 is 0."),
        ([pool("Average", 2)], [1, 4, 0, -1], 0, "Step 1 of 2. The window covers inputs 0 to 1: the mean of 1 and 4 is 2.50."),
        ([pool("Max", 1)], [1, 4], 1, "Step 2 of 2. The window covers input 1: the largest of 4 is 4."),
        ([pool("Average", 3, padding="same")], [1, 4, 0, -1], 0, "Step 1 of 2. The window covers inputs −1 to 1 (1 of them padding, left out): the mean of 1 and 4 is 2.50."),
        ([pool("Max", 10)], range(10), 0, "Step 1 of 1. The window covers inputs 0 to 9: the largest of 10 values is 9."),
        ([pool("Max", 2)], RGB, 1, "Step 2 of 2, channel 1. The window covers inputs 2 to 3: the largest of 0 and 1 is 1."),
        ([RELU], [1, -2], 1, "Step 2 of 2. Input 1: −2 becomes 0."),
        ([RELU], [3, -2], 0, "Step 1 of 2. Input 0: 3 stays 3."),
        ([RELU], [0, -2], 0, "Step 1 of 2. Input 0: 0 stays 0."),
        ([RELU], RGB - 1, 3, "Step 4 of 4, channel 1. Input 3: 0 stays 0."),
        ([pool("Max", 2, 2)], LINE, 1, "Step 2 of 16, row 0, column 1. Rows 0 to 1, columns 2 to 3: the largest of 0, 1, 0 and 1 is 1."),
        ([pool("Average", 3, 2)], LINE, 1, "Step 2 of 4, row 0, column 1. Rows 0 to 2, columns 3 to 5: the mean of 1, 1, 0, 1, 1, 0, 1, 1 and 0 is 0.67."),
        ([pool("Max", 4, 2)], LINE, 3, "Step 4 of 4, row 1, column 1. Rows 4 to 7, columns 4 to 7: the largest of 16 values is 1."),
        ([pool("Max", 3, 2, padding="same")], LINE, 0, "Step 1 of 9, row 0, column 0. Rows 0 to 2, columns 0 to 2: the largest of 0, 0, 0, 0, 0, 0, 0, 0 and 0 is 0."),
        ([pool("Max", 3, 2, padding="same", strides=1)], LINE, 0, "Step 1 of 64, row 0, column 0. Rows −1 to 1, columns −1 to 1 (5 of them padding, left out): the largest of 0, 0, 0 and 0 is 0."),
        ([RELU], [[[1], [-2]]], 1, "Step 2 of 2, row 0, column 1: −2 becomes 0."),
        ([RELU], [[[1, 2], [-2, 2.5]]], 1, "Step 2 of 2, channel 1, row 0, column 1: 2.50 stays 2.50."),
        # stacks
        ([line([1, 1]), RELU], BUMP, 2, "Step 3 of 7 in layer 2 of 2 (ReLU). Input 2: 1 stays 1. It sees 2 inputs: inputs 2 to 3."),
        ([RELU, RELU], BUMP, 2, "Step 3 of 8 in layer 2 of 2 (ReLU). Input 2: 0 stays 0. It sees 1 input: input 2."),
        ([line([1, 1]), pool("Max", 2), line([1, -1])], BUMP, 1, "Step 2 of 2 in layer 3 of 3 (Conv1D). The filter covers inputs 1 to 2: 2·1 + 1·(−1) = 1. It sees 5 inputs: inputs 2 to 6."),
        ([line([1, 1, 1], padding="same"), line([[[1, 2]]], flip=True)], BUMP, 0, "Step 1 of 8 in layer 2 of 2 (Conv1D), filter 1. The flipped filter covers input 0: 0·2 = 0. It sees 2 inputs: inputs 0 to 1."),
        ([line([[[1, -1]]]), line([[1, 1]])], BUMP, 3, "Step 4 of 8 in layer 2 of 2 (Conv1D). The filter covers input 3: channel 0: 1, channel 1: −1; with bias 0 the output is 0. It sees 1 input: input 3."),
        ([plane(UPRIGHT), plane(UPRIGHT, activation="relu")], LINE, 5, "Step 6 of 16 in layer 2 of 2 (Conv2D), row 1, column 1. Rows 1 to 3, columns 1 to 3: row sums 3, 3, 3; with bias 0 the sum is 9 and ReLU gives 9. It sees 5 × 5 inputs: rows 1 to 5, columns 1 to 5."),
        ([plane([[1]]), pool("Max", 2, 2)], LINE, 1, "Step 2 of 16 in layer 2 of 2 (MaxPooling2D), row 0, column 1. Rows 0 to 1, columns 2 to 3: the largest of 0, 1, 0 and 1 is 1. It sees 2 × 2 inputs: rows 0 to 1, columns 2 to 3."),
        ([plane([[1, 0]]), RELU], LINE, 0, "Step 1 of 56 in layer 2 of 2 (ReLU), row 0, column 0: 0 stays 0. It sees 1 × 2 inputs: row 0, columns 0 to 1."),
        ([plane([[1]]), RELU], LINE, 3, "Step 4 of 64 in layer 2 of 2 (ReLU), row 0, column 3: 1 stays 1. It sees 1 × 1 input: row 0, column 3."),
    ],
)  # fmt: skip
def test_sentences_of_layers(rows, x, at, sentence):
    state = state_of(rows, x)
    channels = network(state["layers"], state["input"])[-1].shape[-1]
    assert trace_step({**state, "filter": min(1, channels - 1)}, at).sentence == sentence


@pytest.mark.parametrize("dimensions", [1, 2])
@given(data=st.data())
def test_every_step_of_a_stack_is_its_map(dimensions, data):
    layers, x = data.draw(stacks(dimensions))
    tensors = network(layers, x)
    at = data.draw(st.integers(0, len(layers) - 1))
    before, after = tensors[at : at + 2]
    filter = data.draw(st.integers(0, after.shape[-1] - 1))
    names = [f"name {channel}" for channel in range(x.shape[-1])]
    state = {"input": x.tolist(), "layers": layers, "layer": at, "filter": filter, "step": 0, "channel_names": names}
    steps = trace_state(state)
    assert [step.output for step in steps] == after[..., filter].ravel().tolist()
    assert [step.position for step in steps] == list(np.ndindex(after.shape[:-1]))
    one = data.draw(st.integers(0, len(steps) - 1))
    assert (
        trace_step({**state, "step": one}).sentence == trace_step(state, one, tensors).sentence == steps[one].sentence
    )
    name = layers[at]["class_name"]
    for step in steps:
        assert (step.layer, step.layers, step.class_name, step.count) == (at, len(layers), name, len(steps))
        assert step.filter == (None if after.shape[-1] == 1 else filter)
        assert step.length == before.shape[:-1]
        assert step.channel_names == tuple(names if at == 0 else (f"channel {k}" for k in range(before.shape[-1])))
        if at == 0:
            assert step.field is None
        else:
            box = sees(layers, [tensor.shape for tensor in tensors], at, step.position)[0]
            assert list(zip(step.field["first"], step.field["last"], strict=True)) == box
        if step.operation == "sum":
            assert np.array_equal(step.kernel, effective_kernel(layers[at])[..., filter])
            assert step.flipped is layers[at]["flip"]
            assert not np.isnan(step.window).any()
        else:
            missing = (step.kernel, step.products, step.channel_sums, step.row_sums, step.bias, step.activation)
            assert missing == (None,) * 6
            assert (step.total, step.flipped, step.window.shape[-1]) == (step.output, False, 1)
            assert np.isnan(step.window).sum() == step.padded
            assert len(step.covered) == step.window.size - step.padded


def test_a_flipped_filter_answers_a_single_one_as_it_is_written():
    spike = [0, 0, 0, 1, 0, 0, 0]
    assert [step.output for step in trace(spike, [1, 2, 3], flip=True)][1:4] == [1, 2, 3]
    assert [step.output for step in trace(spike, [1, 2, 3])][1:4] == [3, 2, 1]
    image = np.zeros((3, 3))
    image[1, 1] = 1
    assert [step.output for step in trace(image, [[1, 2], [3, 4]], flip=True)] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (-3.0, "−3"),
        (0, "0"),
        (-0.0, "0"),
        (-0.001, "0.00"),
        (0.001, "0.00"),
        (2.9999999999, "3"),
        (0.125, "0.13"),  # halves go away from zero
        (-0.125, "−0.13"),
        (0.375, "0.38"),
        (1.005, "1.00"),  # stored a little below, as 1.00499...
        (2.5, "2.50"),
        (-1.999, "−2.00"),
        (1e6 + 0.5, "1000000.50"),
        (np.float32(0.1), "0.10"),
        (1e15, "1000000000000000"),
    ],
)
def test_numbers_as_the_book_writes_them(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("x", "kernel", "settings", "error", "text"),
    [
        ([1, np.nan], [1], {}, ValueError, "x must hold finite numbers to be stepped through, got NaN or infinity"),
        ([1, 2], [np.inf], {}, ValueError, "kernel must hold finite numbers"),
        ([1e39], [1], {}, ValueError, "x must hold finite numbers"),
        ([], [1], {}, ValueError, "x must hold finite numbers to be stepped through, got none"),
        (["1"], [1], {}, TypeError, "x must hold real numbers"),
        ([1, 2], [[1, 2]], {}, ValueError, "x of shape (2,) and kernel of shape (1, 2) do not belong together"),
        (RGB, TWO, {"filter": 0}, ValueError, "has 1 channels, got an input of shape (4, 3) with 3"),
        (BUMP, [0] * 9, {}, ValueError, "A filter of width 9 does not fit an input of length 8"),
        (BUMP, [1], {"strides": 0}, ValueError, "strides must be at least 1"),
        (BUMP, [1], {"activation": "tanh"}, ValueError, "activation must be"),
        (BUMP, [1], {"bias": [1, 2]}, ValueError, "bias has shape (1,), got (2,)"),
        (BUMP, [1], {"bias": "1"}, TypeError, "bias must hold real numbers"),
        (BUMP, [1], {"bias": np.nan}, ValueError, "bias must hold finite numbers"),
        (LINE, UPRIGHT, {"padding": "causal"}, ValueError, "Only Conv1D has it"),
        (BUMP, [1], {"flip": None}, TypeError, "flip must be True or False, got None"),
        (BUMP, [1], {"filter": 1}, ValueError, "filter must be a whole number from 0 to 0, got 1"),
        (np.array([[3], [4]]), TWO, {}, ValueError, "filter must be a whole number from 0 to 1, got None"),
        (BUMP, [1], {"filter": 0.5}, TypeError, "filter must be a whole number, got 0.5"),
        (RGB, MIX, {"channel_names": ["red"]}, ValueError, "must be a list of 3 texts, one for each channel, got"),
        (RGB, MIX, {"channel_names": [1, 2, 3]}, ValueError, "must be a list of 3 texts, one for each channel, got"),
        (RGB, MIX, {"channel_names": 3}, ValueError, "must be a list of 3 texts, one for each channel, got"),
    ],
)
def test_what_cannot_be_traced(x, kernel, settings, error, text):
    with pytest.raises((TypeError, ValueError)) as caught:
        trace(x, kernel, **settings)
    assert type(caught.value) is error
    assert text in str(caught.value)
