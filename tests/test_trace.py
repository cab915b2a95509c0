"""The sliding filter as data: the same numbers as the layers and the oracle, and sentences word for word."""

import numpy as np
import oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convtools import Conv1D, Conv2D
from convtools.trace import trace
from convtools.words import number

BUMP = [0, 0, 0, 1, 1, 0, 0, 0]
LINE = [BUMP] * 8
UPRIGHT = [[0, 1, 0]] * 3
RGB = np.array([[2, 0, 1], [0, 1, 0], [0, 0, 3], [1, 1, 1]])  # four cells, three channels
MIX = np.array([[[1], [-1], [0]], [[0], [0], [0]], [[0], [0], [-1]]])  # width 3, three channels, one filter
NAMES = ["red", "green", "blue"]
TWO = np.array([[[1, 0]], [[0, 1]]])  # width 2, one channel, two filters


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
        (RGB, MIX, {}, 0, "Step 1 of 2. The filter covers inputs 0 to 2: channel 0 2, channel 1 0, channel 2 −3; with bias 0 the output is −1."),
        (RGB, MIX, {"bias": 4, "activation": "relu"}, 1, "Step 2 of 2. The filter covers inputs 1 to 3: channel 0 0, channel 1 −1, channel 2 −1; with bias 4 the sum is 2 and ReLU gives 2."),
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
        (RGB[np.newaxis], np.concatenate([MIX, MIX], -1)[np.newaxis], {"filter": 1, "padding": "same", "activation": "relu"}, 3, "Step 4 of 4, filter 1, row 0, column 3. Row 0, columns 2 to 4 (1 of them padding): channel 0 0, channel 1 0, channel 2 0; with bias 0 the sum is 0 and ReLU gives 0."),
    ],
)  # fmt: skip
def test_sentences(x, kernel, settings, at, sentence):
    assert trace(x, kernel, **settings)[at].sentence == sentence


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
