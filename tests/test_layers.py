"""The layers: by hand, against the loops of the oracle, and by the laws of a convolution."""

import tracemalloc
from math import sqrt
from unittest.mock import patch

import numpy as np
import oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st

import convtools
from convtools import (
    AveragePooling1D,
    AveragePooling2D,
    Conv1D,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    MaxPooling1D,
    MaxPooling2D,
    ReLU,
    Sequential,
    convolution,
)

BUMP = [0, 0, 0, 1, 1, 0, 0, 0]
LINE = [BUMP] * 8
COLOURS = [[1, 10], [2, 20], [3, 30]]  # three cells, two channels
either = pytest.mark.parametrize("dimensions", [1, 2])
any_seed = st.integers(0, 2**32)


def layer_with(kernel, bias=None, **settings):
    """A layer that holds this kernel, with all its axes, and this bias."""
    kernel = np.asarray(kernel)
    make, window = {3: Conv1D, 4: Conv2D}[kernel.ndim], kernel.shape[:-2]
    layer = make(kernel.shape[-1], window, use_bias=bias is not None, **settings)
    layer(np.zeros((1, *(20,) * len(window), kernel.shape[-2])))  # now it knows its channels
    layer.set_weights([kernel] if bias is None else [kernel, bias])
    return layer


def integers(seed, *shape):
    return np.random.default_rng(seed).integers(-3, 4, shape)


@pytest.mark.parametrize(
    ("x", "kernel", "settings", "expected"),
    [
        (BUMP, [0, 1, 0], {}, [0, 0, 1, 1, 0, 0]),
        (BUMP, [-1, 2, -1], {}, [0, -1, 1, 1, -1, 0]),  # demands low neighbours
        (BUMP, [-1, 2, -1], {"activation": "relu"}, [0, 0, 1, 1, 0, 0]),
        (BUMP, [-1, 2, -1], {"activation": "linear"}, [0, -1, 1, 1, -1, 0]),
        (BUMP, [0, 1, 0], {"bias": [5]}, [5, 5, 6, 6, 5, 5]),
        (BUMP, [0, 1, 0], {"bias": [-1], "activation": "relu"}, [0, 0, 0, 0, 0, 0]),
        ([1, 2, 3, 4], [1, 10], {}, [21, 32, 43]),  # not flipped: flipped it would start with 12
        ([1, 2, 3, 4], [1, 10], {"padding": "same"}, [21, 32, 43, 4]),
        ([1, 2, 3, 4], [1, 10], {"padding": "causal"}, [10, 21, 32, 43]),
        ([1, 2, 3, 4], [1, 10], {"strides": 2}, [21, 43]),
        ([1, 2, 3, 4], [1, 10], {"dilation_rate": 2}, [31, 42]),
        ([1, 2, 3, 4], [1, 10], {"strides": 2, "dilation_rate": 2, "padding": "same"}, [31, 3]),
        ([1, 2, 3, 4], [1, 10], {"strides": 2, "dilation_rate": 2, "padding": "causal"}, [10, 31]),
        (LINE, [[0, 1, 0]] * 3, {}, [[0, 0, 3, 3, 0, 0]] * 6),
        (LINE, [[0, 0, 0], [1, 1, 1], [0, 0, 0]], {}, [[0, 1, 2, 2, 1, 0]] * 6),
        ([[1, 2], [3, 4]], [[1, 10], [100, 1000]], {}, [[4321]]),
        ([[1, 2], [3, 4]], [[1, 10], [100, 1000]], {"padding": "same"}, [[4321, 402], [43, 4]]),
        ([[1, 2, 3], [4, 5, 6]], [[1, 10]], {"strides": (1, 2), "bias": [0.5]}, [[21.5], [54.5]]),
        ([[1, 2, 3], [4, 5, 6]], [[1], [10]], {"dilation_rate": (1, 2)}, [[41, 52, 63]]),
    ],
)
def test_one_channel_by_hand(x, kernel, settings, expected):
    layer = layer_with(np.asarray(kernel)[..., np.newaxis, np.newaxis], **settings)
    output = layer(np.asarray(x)[np.newaxis, ..., np.newaxis])
    assert output.dtype == np.float32
    assert output[0, ..., 0].tolist() == expected


@pytest.mark.parametrize(
    ("kernel", "bias", "expected"),
    [
        ([[[1], [1]]], [0], [[11], [22], [33]]),  # each cell's channels summed
        ([[[1], [1]], [[0], [1]]], [0], [[31], [52]]),
        ([[[1, 0, 2], [0, 1, 0]]], [0, 0, 7], [[1, 10, 9], [2, 20, 11], [3, 30, 13]]),  # three filters, three maps
    ],
)
def test_channels_by_hand(kernel, bias, expected):
    assert layer_with(kernel, bias)([COLOURS])[0].tolist() == expected
    image = layer_with(np.asarray(kernel)[np.newaxis], bias)([[COLOURS]])  # the same as an image of one row
    assert image[0, 0].tolist() == expected


@either
@given(data=st.data())
def test_layers_compute_what_the_oracle_does(dimensions, data):
    x, kernel, bias, settings = data.draw(oracle.cases(dimensions))
    block = data.draw(st.sampled_from([1, 50, 300, convolution.BLOCK]))
    with patch.object(convolution, "BLOCK", block):
        output = layer_with(kernel, bias, **settings)(x)
    expected = oracle.batch(x, kernel, bias, **settings)
    assert output.dtype == np.float32
    assert output.tolist() == expected.tolist()


@pytest.mark.parametrize("size", [(1 << 19,), (700, 700)])
def test_inputs_of_many_blocks(size):
    x, kernel, ones = integers(1, 1, *size, 1), integers(2, *(3 for _ in size), 1, 2), [1 for _ in size]
    output = layer_with(kernel)(x)
    for ends in (20, 18), (-20, -18):
        corner, its_map = ((slice(None), *[slice(0, n) if n > 0 else slice(n, None) for _ in size]) for n in ends)
        assert np.array_equal(output[its_map], oracle.batch(x[corner], kernel, [0, 0], ones, "valid", ones))


@pytest.mark.parametrize("channels", [1, 12])
def test_blocks_of_any_size_give_the_same(channels):
    layer, x = layer_with(integers(1, 3, 3, channels, 2)), integers(2, 5, 9, 9, channels)
    expected = layer(x)
    for times in range(1, 100):  # some rows, a sample, several samples with and without a rest
        with patch.object(convolution, "BLOCK", 700 * times):
            assert np.array_equal(layer(times * x), times * expected)  # not what memory may still hold


@pytest.mark.parametrize(("window", "size"), [((3, 3), (200, 200)), ((9,), (40_000,))])
def test_extra_memory_stays_small(window, size):
    layer, x = layer_with(integers(1, *window, 16, 8)), np.zeros((4, *size, 16), np.float32)
    layer(x)
    tracemalloc.start()
    output = layer(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < output.nbytes + 8 * convolution.BLOCK  # all patches at once would be 18 times the output


@given(any_seed, st.integers(1, 3), st.integers(0, 3))
def test_moving_the_input_moves_the_map(seed, strides, by):
    layer = layer_with(integers(seed, 3, 2, 2, 2), strides=strides)
    x = integers(seed, 2, 20, 20, 2)
    moved = layer(x[:, by * strides :, 2 * by * strides :])
    assert np.array_equal(moved, layer(x)[:, by:, 2 * by :])


@given(any_seed, st.integers(-3, 3), st.integers(-3, 3))
def test_the_map_of_a_sum_is_the_sum_of_the_maps(seed, a, b):
    layer = layer_with(integers(seed, 3, 2, 2, 2), padding="same")
    x, y = integers(seed, 2, 2, 7, 6, 2)
    assert np.array_equal(layer(a * x + b * y), a * layer(x) + b * layer(y))


@given(any_seed)
def test_channels_add_up(seed):
    x, kernel = integers(seed, 2, 6, 6, 3), integers(seed, 2, 3, 3, 2)
    maps = [layer_with(kernel[:, :, [c]])(x[..., [c]]) for c in range(3)]
    assert np.array_equal(sum(maps), layer_with(kernel)(x))


@either
@given(seed=any_seed)
def test_a_single_one_answers_with_the_filter_flipped(dimensions, seed):
    kernel = integers(seed, *(3, 5)[:dimensions], 1, 2)
    impulse = np.zeros((1, *(7, 11)[:dimensions], 1))
    impulse[(0, *(3, 5)[:dimensions], 0)] = 1
    answer = layer_with(kernel)(impulse)[0]
    axes = tuple(range(dimensions))
    middle = tuple(slice(1, 4) if axis == 0 else slice(1, 6) for axis in axes)
    assert np.array_equal(answer[middle], np.flip(kernel[..., 0, :], axes))
    assert np.count_nonzero(answer) == np.count_nonzero(kernel)


@given(any_seed, st.integers(1, 3), st.integers(0, 9))
def test_causal_maps_do_not_see_later_inputs(seed, dilation_rate, now):
    layer = layer_with(integers(seed, 3, 1, 1), padding="causal", dilation_rate=dilation_rate)
    x = integers(seed, 1, 10, 1)
    later = np.where(np.arange(10)[:, np.newaxis] > now, 9, x)
    assert np.array_equal(layer(x)[:, : now + 1], layer(later)[:, : now + 1])


@either
@given(data=st.data(), bad=st.sampled_from([np.nan, np.inf, -np.inf]), in_kernel=st.booleans())
def test_nan_and_infinity_pass_as_arithmetic_has_it(dimensions, data, bad, in_kernel):
    x, kernel, bias, settings = data.draw(oracle.cases(dimensions, smallest_batch=1))
    x, kernel = x.astype(np.float64), kernel.astype(np.float64)
    target = kernel if in_kernel else x
    target.flat[data.draw(st.integers(0, target.size - 1))] = bad
    output = layer_with(kernel, bias, **settings)(x)  # a warning would be an error
    assert np.array_equal(output, oracle.batch(x, kernel, bias, **settings), equal_nan=True)


def test_numbers_too_large_become_infinity():
    layer = layer_with([[[1e30]]])
    assert layer([[[1e30], [-1e30], [1e300]]])[0, :, 0].tolist() == [np.inf, -np.inf, np.inf]
    dense = Dense(1, activation="relu", input_shape=(2,))
    dense.set_weights([[[1e30], [1e30]], [0]])
    assert np.array_equal(dense([[1e30, 0], [np.inf, -np.inf], [-1e30, 0]]), [[np.inf], [np.nan], [0]], equal_nan=True)


LAYERS = {
    "Conv1D": (Conv1D(2, 3, activation="relu", seed=1), (2, 8, 3)),
    "Conv1D without bias": (Conv1D(2, 1, use_bias=False, seed=1), (2, 8, 1)),
    "Conv2D": (Conv2D(2, 3, padding="same", seed=1), (2, 8, 9, 3)),
    "Conv2D of one cell": (Conv2D(1, 1, use_bias=False, seed=1), (2, 8, 9, 1)),
    "MaxPooling1D": (MaxPooling1D(1), (2, 8, 3)),
    "MaxPooling2D": (MaxPooling2D(1), (2, 8, 9, 3)),
    "AveragePooling1D": (AveragePooling1D(1), (2, 8, 3)),
    "AveragePooling2D": (AveragePooling2D(2, padding="same"), (2, 9, 9, 3)),
    "ReLU": (ReLU(), (2, 8, 9, 3)),
    "ReLU of a sequence": (ReLU(), (2, 8, 3)),
    "ReLU of a row": (ReLU(), (2, 8)),
    "Flatten": (Flatten(), (2, 8, 3)),
    "Flatten of a row": (Flatten(), (2, 8)),
    "Dense": (Dense(3, seed=1), (2, 8)),
    "Dense with softmax": (Dense(3, activation="softmax", seed=1), (2, 8)),
    "GlobalAveragePooling2D": (GlobalAveragePooling2D(), (2, 8, 9, 3)),
    "GlobalAveragePooling2D of one cell": (GlobalAveragePooling2D(), (2, 1, 1, 3)),
}
every_layer = pytest.mark.parametrize(("layer", "shape"), LAYERS.values(), ids=LAYERS.keys())


@every_layer
def test_any_memory_and_any_real_dtype_will_do(layer, shape):
    x = integers(0, *shape)
    expected = layer(x.astype(np.float32))
    locked = x.astype(np.float32)
    locked.flags.writeable = False
    sparse = np.zeros((*shape[:-1], 2 * shape[-1]), np.float32)
    sparse[..., ::2] = x
    forms = [locked, sparse[..., ::2], np.asfortranarray(locked), locked[::-1][::-1], x.tolist()]
    forms += [x.astype(dtype) for dtype in ("int8", "int64", "float16", "float64", "longdouble", ">f4")]
    for form in forms:
        output = layer(form)
        assert output.dtype == np.float32
        assert np.array_equal(output, expected)
    assert np.array_equal(layer(x > 0), layer((x > 0) * 1.0))


@every_layer
def test_nothing_is_changed_and_nothing_is_shared(layer, shape):
    x = integers(0, *shape).astype(np.float32)
    before = x.copy()
    output = layer(x)
    assert np.array_equal(x, before)
    assert not np.shares_memory(output, x)
    expected = output.copy()
    output[...] = 99
    for weight in layer.get_weights():
        weight[...] = 99
    x[...] = 99
    assert np.array_equal(layer(before), expected)


@every_layer
def test_a_batch_is_its_samples(layer, shape):
    x = integers(0, *shape)
    assert np.allclose(layer(x), np.concatenate([layer(sample[np.newaxis]) for sample in x]), rtol=1e-5)
    assert layer(x[:0]).shape == (0, *layer.output_shape)
    assert layer.output_shape == layer(x).shape[1:] == layer.compute_output_shape(shape[1:])
    assert layer.input_shape == shape[1:]


def test_weights_are_copied_in_and_out():
    layer, weights = Conv1D(1, 3, input_shape=(8, 1)), [np.ones((3, 1, 1), np.float32), np.ones(1)]
    layer.set_weights(weights)
    weights[0][...] = layer.kernel[...] = layer.bias[...] = 99
    assert [weight.tolist() for weight in layer.get_weights()] == [[[[1]], [[1]], [[1]]], [1]]
    assert Conv1D(1, 3, use_bias=False, input_shape=(8, 1)).bias is None


@pytest.mark.parametrize(
    ("layer", "fan_in", "fan_out"),
    [
        (Conv1D(32, 3, input_shape=(9, 16), seed=0), 3 * 16, 3 * 32),
        (Conv2D(16, (3, 5), input_shape=(9, 9, 8), seed=0), 15 * 8, 15 * 16),
        (Dense(50, input_shape=(40,), seed=0), 40, 50),
    ],
)
def test_first_weights(layer, fan_in, fan_out):
    limit = sqrt(6 / (fan_in + fan_out))
    assert 0.98 * limit < np.abs(layer.kernel).max() <= limit
    assert abs(layer.kernel.mean()) < 0.1 * limit
    assert not layer.bias.any()


def test_a_seed_repeats_the_first_weights():
    one, same, other, free, free_too = (
        Conv2D(4, 3, input_shape=(8, 8, 1), seed=s).kernel for s in (7, 7, 8, None, None)
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert not np.array_equal(free, free_too)


@pytest.mark.parametrize(
    ("make", "summary"),
    [(MaxPooling1D, max), (AveragePooling1D, np.mean), (MaxPooling2D, max), (AveragePooling2D, np.mean)],
)
@given(data=st.data())
def test_pooling_is_a_loop_over_windows(make, summary, data):
    dimensions = make.rank - 1
    x, kernel, _, settings = data.draw(oracle.cases(dimensions, smallest_batch=1))
    padding = "same" if settings["padding"] == "same" else "valid"
    size, strides = kernel.shape[:-2], data.draw(st.sampled_from([None, settings["strides"]]))
    x = x[:, *[slice(0, 9)] * dimensions]
    if any(n < k for n, k in zip(x.shape[1:], size, strict=False)):
        padding = "same"
    output = make(size, strides, padding)(x)

    axes = zip(x.shape[1:], size, strides or size, strict=False)
    starts = [oracle.places(n, k, s, padding) for n, k, s in axes]
    assert output.shape == (len(x), *map(len, starts), x.shape[-1])
    for place in np.ndindex(output.shape[1:-1]):
        window = x
        for axis, index in enumerate(place):
            start = starts[axis][index]
            window = window.take(range(max(start, 0), min(start + size[axis], x.shape[1 + axis])), axis=1 + axis)
        for sample, channel in np.ndindex(len(x), x.shape[-1]):
            cells = window[sample, ..., channel].ravel().tolist()  # those outside the input do not count
            assert output[sample, *place, channel] == pytest.approx(summary(cells), rel=1e-6)


def test_pooling_of_nan_and_infinity():
    x = np.array([np.nan, 1, -np.inf, -np.inf, np.inf, -np.inf, 1, 2]).reshape(1, 8, 1)
    assert np.array_equal(MaxPooling1D()(x)[0, :, 0], [np.nan, -np.inf, np.inf, 2], equal_nan=True)
    assert np.array_equal(AveragePooling1D()(x)[0, :, 0], [np.nan, -np.inf, np.nan, 1.5], equal_nan=True)


def test_relu_by_hand():
    x = np.array([[-2, -0.5, 0, 3, np.nan, -np.inf, np.inf]])
    assert np.array_equal(ReLU()(x), np.float32([[0, 0, 0, 3, np.nan, 0, np.inf]]), equal_nan=True)


@given(any_seed)
def test_relu_is_the_activation_as_a_layer(seed):
    kernel, x = integers(seed, 3, 2, 2, 2), integers(seed, 2, 6, 6, 2)
    model = Sequential([layer_with(kernel, [1, -1]), ReLU()])
    assert np.array_equal(model(x), layer_with(kernel, [1, -1], activation="relu")(x))


def test_relu_stands_in_a_summary(capsys):
    Sequential([Conv1D(4, 3, input_shape=(8, 1)), ReLU(), Flatten()]).summary()
    assert capsys.readouterr().out.splitlines()[2:4] == [
        "ReLU     (None, 6, 4)       0",
        "Flatten  (None, 24)         0",
    ]


def test_flatten_and_dense_by_hand():
    image = [[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]]
    assert Flatten()(image).tolist() == [[1, 2, 3, 4, 5, 6, 7, 8]]
    dense = Dense(2, activation="relu", input_shape=(3,))
    dense.set_weights([[[1, -1], [10, -10], [100, -100]], [0.5, 0.5]])
    assert dense([[1, 2, 3], [0, 0, 0]]).tolist() == [[321.5, 0], [0.5, 0.5]]


def softmax(*rows):
    layer = Dense(len(rows[0]), activation="softmax", input_shape=(len(rows[0]),))
    layer.set_weights([np.eye(len(rows[0])), np.zeros(len(rows[0]))])
    return layer(rows)


def test_softmax_by_hand():
    assert np.allclose(softmax(np.log([1, 2, 5]), [7, 7, 7]), [[1 / 8, 2 / 8, 5 / 8], [1 / 3, 1 / 3, 1 / 3]])
    assert softmax([1000, 1000, -1000], [-1e30, 0, 1e30]).tolist() == [[0.5, 0.5, 0], [0, 0, 1]]
    assert np.isnan(softmax([np.nan, 0])).all()
    assert softmax([3]).tolist() == [[1]]


@given(any_seed)
def test_softmax_gives_shares_in_the_same_order_wherever_zero_is(seed):
    x = integers(seed, 5, 4) / 2
    shares = softmax(*x)
    assert np.allclose(shares.sum(axis=1), 1)
    assert (shares > 0).all()
    assert np.array_equal(shares.argsort(axis=1, kind="stable"), x.argsort(axis=1, kind="stable"))
    assert np.array_equal(softmax(*(x + 8)), shares)


def test_global_average_pooling_by_hand():
    x = np.arange(24).reshape(1, 3, 4, 2)
    assert GlobalAveragePooling2D()(x).tolist() == [[11, 12]]
    x = [[[[np.inf, 1], [-np.inf, np.nan]]]]
    assert np.isnan(GlobalAveragePooling2D()(x)).all()
    layer = GlobalAveragePooling2D(input_shape=(3, 4, 2))
    assert (layer.output_shape, layer.get_weights(), layer.count_params()) == ((2,), [], 0)


def test_global_average_pooling_is_average_pooling_of_all_and_flatten():
    x = integers(1, 3, 5, 4, 6)
    assert np.allclose(GlobalAveragePooling2D()(x), Flatten()(AveragePooling2D((5, 4))(x)))
    model = Sequential([Conv2D(6, 3, seed=1), GlobalAveragePooling2D(), Dense(2, seed=1)])
    assert model(integers(2, 1, 8, 8, 1)).shape == model(integers(2, 1, 5, 9, 1)).shape == (1, 2)


def stack(**first):
    return Sequential([Conv2D(4, 3, seed=1, **first), MaxPooling2D(), Flatten(), Dense(2, seed=2)])


@pytest.mark.parametrize(
    "model", [stack(input_shape=(8, 8, 1)), stack()], ids=["shape given", "shape from the first call"]
)
def test_a_stack_is_its_layers_in_a_row(model, capsys):
    x = integers(0, 3, 8, 8, 1)
    expected = x
    for layer in stack().layers:
        expected = layer(expected)
    assert np.array_equal(model.predict(x), expected)
    assert np.array_equal(model(x), model.predict(x))
    assert (model.input_shape, model.output_shape) == ((8, 8, 1), (2,))
    assert [weight.shape for weight in model.get_weights()] == [(3, 3, 1, 4), (4,), (36, 2), (2,)]
    assert model.count_params() == 36 + 4 + 72 + 2
    model.summary()
    assert capsys.readouterr().out.splitlines() == [
        "Layer         Output shape     Params",
        "Conv2D        (None, 6, 6, 4)      40",
        "MaxPooling2D  (None, 3, 3, 4)       0",
        "Flatten       (None, 36)            0",
        "Dense         (None, 2)            74",
        "Total params: 114",
    ]


def test_a_stack_deals_its_weights_out():
    model, other = stack(input_shape=(8, 8, 1)), stack(input_shape=(8, 8, 1))
    weights = [np.full(weight.shape, number) for number, weight in enumerate(model.get_weights())]
    model.set_weights(weights)
    assert [weight.flat[0] for weight in model.get_weights()] == [0, 1, 2, 3]
    other.set_weights(model.get_weights())
    x = integers(0, 1, 8, 8, 1)
    assert np.array_equal(model(x), other(x))


def test_everything_in_the_front_door_is_there():
    assert all(hasattr(convtools, name) for name in convtools.__all__)
