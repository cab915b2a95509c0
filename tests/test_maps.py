"""The maps between a stepper's layers: the oracle's, the layers', and what a place really sees."""

import numpy as np
import oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st

import convtools
from convtools import Sequential, receptive_field
from convtools.maps import effective_kernel, network, sees
from convtools.settings import full_layer

whole = st.integers(1, 3)
either = pytest.mark.parametrize("dimensions", [1, 2])


def stack(rows, shape):
    """The dicts of the layers, in full, and the shapes: of the input and after each layer."""
    layers, shapes = [], [shape]
    for row in rows:
        layer, after = full_layer(row, shapes[-1])
        layers.append(layer)
        shapes.append(after)
    return layers, shapes


@st.composite
def stacks(draw, dimensions, kinds=("Conv", "ReLU", "MaxPooling", "AveragePooling")):
    """Up to four layers that fit each other, with an input for them, all of small whole numbers."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    each = st.lists(whole, min_size=dimensions, max_size=dimensions)
    size = tuple(draw(st.integers(3, 9)) for _ in range(dimensions))
    shape, rows = (*size, draw(whole)), []
    x = rng.integers(-3, 4, shape)
    for _ in range(draw(st.integers(1, 4))):
        kind, width, strides = draw(st.sampled_from(kinds)), draw(each), draw(each)
        name = kind if kind == "ReLU" else f"{kind}{dimensions}D"
        settings = {"strides": strides, "padding": draw(st.sampled_from(["valid", "same"]))}
        dilation_rate = draw(each) if kind == "Conv" else [1] * dimensions
        if any((k - 1) * d >= n for k, d, n in zip(width, dilation_rate, shape, strict=False)):
            settings["padding"] = "same"
        if kind == "Conv":
            filters = draw(whole)
            settings |= {
                "kernel": rng.integers(-3, 4, (*width, shape[-1], filters)),
                "bias": rng.integers(-3, 4, filters),
                "dilation_rate": dilation_rate,
                "activation": draw(st.sampled_from([None, "relu"])),
                "flip": draw(st.booleans()),
            }
        elif kind != "ReLU":
            settings["pool_size"] = width
        layer, shape = full_layer({"class_name": name, **(settings if kind != "ReLU" else {})}, shape)
        rows.append(layer)
    return rows, x


def by_definition(layer, x):
    """What comes out of a layer, in plain loops."""
    name, dimensions = layer["class_name"], x.ndim - 1
    if name == "ReLU":
        return np.array([value if value > 0 else 0.0 for value in x.flat]).reshape(x.shape)
    if name.startswith("Conv"):
        kernel = np.array(layer["kernel"], float)
        if layer["flip"]:
            kernel = kernel[::-1] if dimensions == 1 else kernel[::-1, ::-1]
        settings = (layer["strides"], layer["padding"], layer["dilation_rate"])
        out = oracle.batch(x[np.newaxis], kernel, layer["bias"], *settings)[0]
        return by_definition({"class_name": "ReLU"}, out) if layer["activation"] else out
    starts = [
        oracle.places(n, k, s, layer["padding"])
        for n, k, s in zip(x.shape, layer["pool_size"], layer["strides"], strict=False)
    ]
    out = np.empty((*map(len, starts), x.shape[-1]))
    for *place, channel in np.ndindex(out.shape):
        window = x[..., channel]
        for axis, at in enumerate(place):
            first, last = starts[axis][at], starts[axis][at] + layer["pool_size"][axis]
            window = window.take(range(max(first, 0), min(last, x.shape[axis])), axis=axis)
        cells = window.ravel().tolist()
        out[*place, channel] = max(cells) if name.startswith("Max") else sum(cells) / len(cells)
    return out


@either
@given(data=st.data())
def test_a_stack_is_the_oracle_layer_by_layer(dimensions, data):
    layers, x = data.draw(stacks(dimensions))
    tensors = network(layers, x)
    assert len(tensors) == len(layers) + 1
    for layer, before, after in zip(layers, tensors, tensors[1:], strict=False):
        assert after.dtype == np.float64
        expected = by_definition(layer, before)
        assert after.shape == expected.shape
        assert np.allclose(after, expected, rtol=1e-12, atol=1e-12)


@given(data=st.data())
def test_whole_numbers_stay_exact(data):
    layers, x = data.draw(stacks(2, kinds=("Conv", "ReLU", "MaxPooling")))
    expected = x.astype(float)
    for layer, tensor in zip(layers, network(layers, x)[1:], strict=True):
        expected = by_definition(layer, expected)
        assert np.array_equal(tensor, expected)


@either
@given(data=st.data())
def test_a_stack_is_its_layers(dimensions, data):
    layers, x = data.draw(stacks(dimensions))
    model = Sequential()
    for layer, before in zip(layers, network(layers, x), strict=False):
        settings = {key: value for key, value in layer.items() if key not in ("class_name", "kernel", "bias", "flip")}
        if "kernel" in layer:
            kernel = effective_kernel(layer)
            settings |= {"filters": kernel.shape[-1], "kernel_size": kernel.shape[:-2]}
        made = getattr(convtools, layer["class_name"])(**settings, input_shape=before.shape)
        if "kernel" in layer:
            made.set_weights([kernel, layer["bias"]])
        model.add(made)
    assert np.allclose(network(layers, x)[-1], model(x[np.newaxis])[0], rtol=1e-4, atol=1e-4)


def test_a_stack_by_hand():
    rows = [
        {"class_name": "Conv1D", "kernel": [-1, 1]},  # the steps up and down
        {"class_name": "ReLU"},
        {"class_name": "MaxPooling1D", "pool_size": 2},
        {"class_name": "Conv1D", "kernel": [1, 10], "bias": 5},
    ]
    layers, shapes = stack(rows, (7, 1))
    tensors = network(layers, np.array([[0, 0, 3, 1, 1, 5, 0]]).T)
    assert [tensor[:, 0].tolist() for tensor in tensors[1:]] == [
        [0, 3, -2, 0, 4, -5],
        [0, 3, 0, 0, 4, 0],
        [3, 0, 4],
        [8, 45],
    ]
    assert [tensor.shape for tensor in tensors] == shapes


def test_a_true_convolution_is_numpys():
    rng = np.random.default_rng(seed=4)
    x, kernel = rng.integers(-9, 9, 20), rng.integers(-9, 9, 4)
    [layer], _ = stack([{"class_name": "Conv1D", "kernel": kernel, "flip": True}], (20, 1))
    assert network([layer], x[:, np.newaxis])[1][:, 0].tolist() == np.convolve(x, kernel, "valid").tolist()


def test_padding_does_not_count_in_a_mean_and_never_wins():
    for name, expected in ("AveragePooling1D", [-2, -4]), ("MaxPooling1D", [-1, -4]):
        [layer], _ = stack([{"class_name": name, "padding": "same"}], (3, 1))
        assert network([layer], [[-1], [-3], [-4]])[1][:, 0].tolist() == expected


@either
@given(data=st.data())
def test_a_place_sees_its_box_and_nothing_else(dimensions, data):
    """The field is the bounding box of those inputs that a chain of ones would carry to the place."""
    layers, x = data.draw(stacks(dimensions))
    tensors = network(layers, x)
    shapes = [tensor.shape for tensor in tensors]
    ones = [
        {**layer, "kernel": np.ones_like(layer["kernel"]), "bias": np.zeros_like(layer["bias"])} if "kernel" in layer
        else {**layer, "class_name": layer["class_name"].replace("Max", "Average")}
        for layer in layers
    ]  # fmt: skip
    at = data.draw(st.integers(0, len(layers) - 1))
    place = tuple(data.draw(st.integers(0, n - 1)) for n in shapes[at + 1][:-1])
    boxes = sees(layers, shapes, at, place)
    assert len(boxes) == at + 1
    reached = []
    for index in np.ndindex(shapes[0][:-1]):
        single = np.zeros(shapes[0])
        single[index] = 1
        if network(ones[: at + 1], single)[-1][place].any():
            reached.append(index)
    if not reached:  # its window's taps may all lie on padding, beside the input that its box spans
        assert any(layer.get("padding") == "same" for layer in layers)
        return
    inside = [all(a <= i <= z for i, (a, z) in zip(index, boxes[0], strict=True)) for index in reached]
    assert all(inside)
    if not any(d > 1 for layer in layers for d in layer.get("dilation_rate", ())):
        spans = zip(zip(*reached, strict=True), boxes[0], strict=True)
        strided = any(s > k for la in layers if "strides" in la
                      for s, k in zip(la["strides"], la.get("pool_size") or np.shape(la["kernel"])[:-2], strict=True))  # fmt: skip
        assert strided or all((min(axis), max(axis)) == box for axis, box in spans)


def test_fields_by_hand():
    rows = [
        {"class_name": "Conv2D", "kernel": np.ones((3, 3)), "padding": "same"},
        {"class_name": "ReLU"},
        {"class_name": "MaxPooling2D"},
        {"class_name": "Conv2D", "kernel": np.ones((3, 1))},
    ]
    layers, shapes = stack(rows, (8, 8, 1))
    assert sees(layers, shapes, 3, (0, 0)) == [[(0, 6), (0, 2)], [(0, 5), (0, 1)], [(0, 5), (0, 1)], [(0, 2), (0, 0)]]
    assert sees(layers, shapes, 0, (4, 7)) == [[(3, 5), (6, 7)]]


@given(st.lists(st.tuples(whole, whole, whole), min_size=1, max_size=4), st.integers(0, 3))
def test_an_unpadded_field_is_as_wide_as_the_formula_says(settings, place):
    rows = [{"class_name": "Conv1D", "kernel": [1] * k, "strides": s, "dilation_rate": d} for k, s, d in settings]
    length = receptive_field(settings) + 3 * np.prod([s for _, s, _ in settings])
    layers, shapes = stack(rows, (int(length), 1))
    [(first, last)] = sees(layers, shapes, len(rows) - 1, (place,))[0]
    assert last - first + 1 == receptive_field(settings)
    assert first == place * np.prod([s for _, s, _ in settings])
