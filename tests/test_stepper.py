"""The stepper in Python: its traits go both ways, a refusal keeps the last good state, its still says what the trace says."""

import json
from html.parser import HTMLParser

import ipywidgets
import numpy as np
import oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_maps import stacks

from convtools import AveragePooling1D, Conv1D, Conv2D, Dense, Flatten, MaxPooling1D, MaxPooling2D, ReLU, Sequential
from convtools import data as inputs
from convtools.maps import network
from convtools.photos import from_text, to_pixels
from convtools.state import STATE
from convtools.stepper import Stepper
from convtools.trace import trace_state, trace_step
from convtools.words import number

BUMP = [0, 0, 0, 1, 1, 0, 0, 0]


def bank():
    """Two filters of width 2 over three cells of two channels."""
    return Stepper(
        [[1, 2], [3, 4], [5, 6]], [[[1, 0], [0, 1]], [[0, 1], [1, 0]]], bias=[0.5, -1], channel_names=["a", "b"]
    )


class Page(HTMLParser):
    """Reads HTML and refuses what is not well-formed; keeps state, caption and cells."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tables, self.state, self.caption, self.now = [], [], None, "", []
        self.titles, self.images = [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "img":
            self.images.append(attributes)
            return
        self.open.append(tag)
        if "data-state" in attributes:
            self.state = json.loads(attributes["data-state"])
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag == "td":
            self.tables[-1][-1].append("")
        if "ct-now" in attributes.get("class", ""):
            self.now.append(attributes["class"])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        if "figcaption" in self.open:
            self.caption += text
        elif "caption" in self.open or "th" in self.open:
            self.titles.append(text)
        elif "td" in self.open:
            self.tables[-1][-1][-1] += text


def still(stepper):
    data, _ = stepper._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/plain"] == repr(stepper)
    return Page(data["text/html"])


def test_the_state_is_json_with_all_axes():
    stepper = Stepper(BUMP, [0, 1.5, 0], bias=2, strides=2, padding="same", dilation_rate=3, activation="relu", step=1)
    layer = {"class_name": "Conv1D", "kernel": [[[0]], [[1.5]], [[0]]], "bias": [2], "strides": [2], "padding": "same"}
    assert json.loads(json.dumps(stepper.state)) == stepper.state == {
        "input": [[0], [0], [0], [1], [1], [0], [0], [0]],
        "layers": [layer | {"dilation_rate": [3], "activation": "relu", "flip": False}],
        "layer": 0,
        "filter": 0,
        "step": 1,
        "channel_names": [],
        "controls": [],
    }  # fmt: skip
    assert list(stepper.state) == list(STATE)
    assert set(STATE) <= set(stepper.keys), "not synchronised with the page"
    assert not {"kernel", "output"} & set(stepper.keys), "the page computes these by itself"
    assert repr(stepper) == "Stepper(input (8, 1), kernel (3, 1, 1), step 1)"
    assert bank().state["layers"][0]["bias"] == [0.5, -1]
    assert ".0" not in json.dumps(stepper.state), "whole numbers are the shortest JSON"
    assert Stepper([[0.1]], [[1]]).state["input"] == [[[0.1]]]  # not 0.10000000149


@pytest.mark.parametrize("dimensions", [1, 2])
@given(data=st.data())
def test_output_still_and_trace_agree(dimensions, data):
    x, kernel, bias, settings = data.draw(oracle.cases(dimensions, smallest_batch=1))
    activation = data.draw(st.sampled_from([None, "relu"]))
    filter = data.draw(st.integers(0, kernel.shape[-1] - 1))
    stepper = Stepper(x[0], kernel, bias, **settings, activation=activation, filter=filter)

    layer = (Conv1D if dimensions == 1 else Conv2D)(
        kernel.shape[-1], kernel.shape[:-2], **settings, activation=activation, input_shape=x.shape[1:]
    )
    layer.set_weights([kernel, bias])
    expected = layer(x)[0, ..., filter]
    assert np.array_equal(stepper.output, expected)
    assert stepper.output.dtype == np.float32
    assert np.array_equal(stepper.kernel, kernel)
    steps = trace_state(stepper.state)
    assert [step.output for step in steps] == expected.ravel().tolist()

    page = still(stepper)
    assert page.state == stepper.state
    shown = max(steps, key=lambda step: abs(step.output))
    assert page.caption == shown.sentence
    cells = [text for row in page.tables[-1] for text in row]
    if dimensions == 1:  # one table; its last row is the map, with gaps
        cells = [text for text in page.tables[-1][-1] if text]
    assert cells == [number(step.output) for step in steps]


def test_the_still_of_the_bump():
    page = still(Stepper(BUMP, [0, 1, 0], padding="same"))
    assert page.tables == [
        [
            ["0", "0", "0", "0", "1", "1", "0", "0", "0", "0"],  # a zero of padding at each end
            ["", "", "", "0", "1", "0", "", "", "", ""],
            ["", "0", "0", "0", "1", "1", "0", "0", "0", ""],
        ]
    ]
    assert page.caption == "Step 4 of 8. The filter covers inputs 2 to 4: 0·0 + 1·1 + 1·0 = 1."
    assert page.now == ["ct-cell ct-now"] * 7  # three inputs, three weights, one output


def test_the_still_of_an_image_with_channels():
    x = np.arange(12).reshape(2, 3, 2)
    page = still(Stepper(x, [[[1, -1]]], channel_names=["red", "green"]))
    red, green = x.astype(str)[..., 0].tolist(), x.astype(str)[..., 1].tolist()
    assert page.tables == [red, [["1"]], green, [["−1"]], [["−1"] * 3] * 2]
    assert page.caption.endswith("Row 0, column 0: red 0, green −1; with bias 0 the output is −1.")


def test_names_cannot_break_the_page():
    names = ['<b>&"red"</b>', "</figure>'"]
    stepper = Stepper([[1, 2], [3, 4]], [[[1], [1]]], channel_names=names)
    page = still(stepper)
    assert page.state["channel_names"] == names
    assert names[0] in page.caption


def test_python_moves_the_filter():
    stepper, seen = bank(), []
    stepper.observe(lambda change: seen.append((change["name"], change["new"])), ["step", "filter"])
    assert stepper.output.tolist() == [5.5, 9.5]
    stepper.filter = 1
    assert stepper.output.tolist() == [4, 8]
    stepper.step = 1
    assert seen == [("filter", 1), ("step", 1)]
    stepper.step = np.int64(0)
    assert type(stepper.step) is int


def test_python_changes_input_and_layer():
    stepper = Stepper(BUMP, [0, 1, 0], step=5)
    stepper.input = [0, 2, 2, 2, 0, 0]
    assert (stepper.output.tolist(), stepper.step) == ([2, 2, 2, 0], 3)  # the filter stays inside the shorter map
    stepper.layers = [stepper.layers[0] | {"kernel": [1, 1, 1, 1, 1], "bias": 1}]
    assert (stepper.output.tolist(), stepper.step) == ([7, 7], 1)
    assert stepper.layers[0]["bias"] == [1]
    stepper.channel_names = ["height"]
    assert still(stepper).state["channel_names"] == ["height"]


def test_the_page_moves_the_filter():
    stepper = bank()
    stepper.set_state({"step": 1, "filter": 1})  # what a message from the browser does
    assert (stepper.step, stepper.filter) == (1, 1)
    stepper.set_state({"input": [[9, 9], [9, 9], [9, 9]]})
    assert stepper.output.tolist() == [17, 17]


def test_a_slider_can_be_linked():
    stepper, slider = bank(), ipywidgets.IntSlider(max=1)
    ipywidgets.link((slider, "value"), (stepper, "step"))
    slider.value = 1
    assert stepper.step == 1
    stepper.step = 0
    assert slider.value == 0
    with pytest.raises(ValueError, match="step must be at most 1, got 7"):
        slider.max = slider.value = 7
    assert stepper.step == 0


def test_a_slider_can_be_linked_in_the_page():
    stepper, slider = bank(), ipywidgets.IntSlider(max=1)
    for link in (
        ipywidgets.jslink((stepper, "step"), (slider, "value")),
        ipywidgets.jsdlink((slider, "value"), (stepper, "filter")),
    ):
        assert stepper in (link.source[0], link.target[0])
    with pytest.raises(TypeError, match="output cannot be synced"):
        ipywidgets.jslink((stepper, "output"), (slider, "value"))  # the page has no such trait


def test_the_kernel_can_be_watched_and_set():
    stepper, seen = Stepper(BUMP, [0, 1, 0], bias=3), []
    stepper.observe(lambda change: seen.append((change["name"], change["new"].tolist())), ["kernel", "output"])
    stepper.kernel = [1, 1]
    assert seen == [("kernel", [[[1]], [[1]]]), ("output", [3, 3, 4, 5, 4, 3, 3])]
    assert stepper.layers[0]["kernel"] == [[[1]], [[1]]]
    seen.clear()
    stepper.kernel = [[[1, 0.1]], [[1, 0]]]  # a second filter, whose bias is 0
    assert seen == [("kernel", np.float32([[[1, 0.1]], [[1, 0]]]).tolist())]  # the map of filter 0 is the same
    assert stepper.layers[0]["bias"] == [3, 0]
    assert stepper.layers[0]["kernel"] == [[[1, 0.1]], [[1, 0]]]
    stepper.filter = 1
    stepper.kernel = stepper.kernel[..., :1]
    assert (stepper.filter, stepper.layers[0]["bias"]) == (0, [3])
    with pytest.raises(ValueError, match="read-only"):
        stepper.kernel[0] = 9
    with pytest.raises(ValueError, match="read-only"):
        stepper.output[0] = 9


def test_the_kernel_is_the_one_as_written():
    stepper = Stepper([0, 0, 1, 0, 0], [1, 2, 3], flip=True)
    assert stepper.kernel.ravel().tolist() == [1, 2, 3]
    assert stepper.output.tolist() == [1, 2, 3]
    stepper.kernel = [4, 5, 6]
    assert (stepper.layers[0]["flip"], stepper.output.tolist()) == (True, [4, 5, 6])


def model():
    """Steps up and down, above zero, the larger of two, two filters: seven numbers become two by two."""
    made = Sequential([Conv1D(1, 2, input_shape=(7, 1)), ReLU(), MaxPooling1D(2), Conv1D(2, 2)])
    made.set_weights([[[[-1]], [[1]]], [0], [[[1, 0]], [[10, 1]]], [5, 0]])
    return made


STEPS = [0, 0, 3, 1, 1, 5, 0]


def test_a_stack_is_what_the_layers_compute():
    stepper = Stepper(STEPS, model())
    assert (stepper.layer, stepper.filter, stepper.step) == (3, 0, 0)
    assert stepper.output.tolist() == [8, 45] == model()(np.reshape(STEPS, (1, 7, 1)))[0, :, 0].tolist()
    assert stepper.kernel.shape == (2, 1, 2)
    assert repr(stepper) == "Stepper(input (7, 1), Conv1D, ReLU, MaxPooling1D, Conv1D, layer 3, step 0)"
    for layer, output in enumerate([[0, 3, -2, 0, 4, -5], [0, 3, 0, 0, 4, 0], [3, 0, 4], [8, 45]]):
        stepper.layer = layer
        assert stepper.output.tolist() == output
        assert (stepper.kernel is None) is (layer in (1, 2))
    with pytest.raises(ValueError, match=r"has no kernel\. Set `layer` to a convolution first"):
        Stepper(STEPS, model(), layer=2).kernel = [1, 2]


@pytest.mark.parametrize(
    ("x", "kernel", "output", "shown"),
    [
        (BUMP, Conv1D(1, 3, use_bias=False, input_shape=(8, 1), seed=1), None, "kernel (3, 1, 1), step 0"),
        ([3, -1, 4], ReLU(), [3, 0, 4], "ReLU, layer 0, step 0"),
        ([[1, -2], [3, 4]], ReLU(), [1, 3], "ReLU, layer 0, step 0"),
        ([1, 2, 4], [AveragePooling1D(2, 1)], [1.5, 3], "AveragePooling1D, layer 0, step 0"),
        (np.eye(4), (MaxPooling2D(), ReLU()), [[1, 0], [0, 1]], "MaxPooling2D, ReLU, layer 1, step 0"),
    ],
)
def test_a_layer_or_a_list_of_them(x, kernel, output, shown):
    stepper = Stepper(x, kernel)
    assert shown in repr(stepper)
    if output is None:
        output = kernel(np.reshape(x, (1, -1, 1)))[0, :, 0].tolist()
    assert np.allclose(stepper.output, output)


@pytest.mark.parametrize("dimensions", [1, 2])
@given(data=st.data())
def test_any_stack_and_its_still(dimensions, data):
    layers, x = data.draw(stacks(dimensions))
    stepper = Stepper(x, ReLU())
    stepper.state = {"layers": layers, "layer": data.draw(st.integers(0, len(layers) - 1))}
    tensors = network(layers, x)
    stepper.filter = data.draw(st.integers(0, tensors[stepper.layer + 1].shape[-1] - 1))
    chosen = tensors[stepper.layer + 1][..., stepper.filter]
    assert np.array_equal(stepper.output, np.float32(chosen))
    page = still(stepper)
    assert page.state == stepper.state
    steps = trace_state(stepper.state)
    assert page.caption == max(steps, key=lambda step: abs(step.output)).sentence
    if len(layers) > 1:
        cells = [text for table in page.tables for row in table for text in row if text]
        assert cells == [
            number(value) for tensor in tensors for plane in np.moveaxis(tensor, -1, 0) for value in plane.flat
        ]


def test_the_still_of_a_stack_in_one_dimension():
    page = still(Stepper(STEPS, model(), filter=1))
    assert page.titles == [
        "input", "layer 1, Conv1D", "layer 2, ReLU", "layer 3, MaxPooling1D",
        "layer 4, Conv1D, filter 0", "layer 4, Conv1D, filter 1",
    ]  # fmt: skip
    assert page.tables[0][2:] == [
        ["0", "3", "0", "0", "4", "0", ""],
        ["3", "0", "4", "", "", "", ""],
        ["8", "45", "", "", "", "", ""],
        ["0", "4", "", "", "", "", ""],
    ]
    assert page.caption == (
        "Step 2 of 2 in layer 4 of 4 (Conv1D), filter 1. The filter covers inputs 1 to 2: 0·0 + 4·1 = 4. "
        "It sees 5 inputs: inputs 2 to 6."
    )
    assert len(page.now) == 5 + 4 + 4 + 2 + 1


def test_the_still_of_a_stack_of_images():
    kernel = np.zeros((1, 1, 2, 5))
    kernel[0, 0, 1, 3] = 2
    layer = Conv2D(5, 1, input_shape=(2, 4, 2))
    layer.set_weights([kernel, np.zeros(5)])
    x = np.arange(16).reshape(2, 4, 2)
    page = still(Stepper(x, [layer, MaxPooling2D()], filter=3, channel_names=["even", "odd"]))
    titles = ["input, even", "input, odd", "layer 1, Conv2D, filter 3 of 5", "layer 2, MaxPooling2D, channel 3 of 5"]
    assert page.titles == titles
    odd, doubled = [["1", "3", "5", "7"], ["9", "11", "13", "15"]], [["2", "6", "10", "14"], ["18", "22", "26", "30"]]
    assert page.tables[1:] == [odd, doubled, [["22", "30"]]]
    assert len(page.now) == 4 + 4 + 4 + 1  # both channels are seen, but only one filter
    page = still(Stepper(x, [layer, MaxPooling2D()], layer=0, filter=4))
    assert page.titles[2:] == ["layer 1, Conv2D, filter 4 of 5", "layer 2, MaxPooling2D, channel 0 of 5"]
    assert len(page.now) == 1 + 1 + 1


def test_the_still_of_a_flipped_filter():
    page = still(Stepper([0, 1, 0], [1, 2, 3], flip=True))
    assert page.titles == ["input", "flipped filter", "map"]
    assert page.tables[0][1] == ["3", "2", "1"]
    page = still(Stepper(np.eye(3), [[1, 2], [3, 4]], flip=True))
    assert page.titles == ["input", "flipped filter", "map"]
    assert page.tables[1] == [["4", "3"], ["2", "1"]]


EDGE = np.stack([[[-1, 1]]] * 3, -1)


def test_a_photo_is_eight_bits_and_stands_as_a_picture():
    photo = inputs.photo(64)
    stepper = Stepper(photo, EDGE, controls="all")
    assert stepper.input.startswith("data:image/")
    assert repr(stepper) == "Stepper(photo (64, 64, 3), kernel (1, 2, 3, 1), step 0)"
    assert "photo" in stepper.controls
    assert "paint" not in stepper.controls
    bits = to_pixels(photo) / 255
    assert np.allclose(stepper.output, (bits[:, 1:] - bits[:, :-1]).sum(-1), atol=1e-6)

    page = still(stepper)
    assert page.state == {**stepper.state, "input": "#photo"}
    first, second = page.images
    assert (first["class"], first["src"], first["width"], first["height"]) == ("ct-photo", stepper.input, "64", "64")
    assert first["alt"] == "The input: a photo in colour, 64 rows and 64 columns of pixels."
    assert second["class"] == "ct-photo-map"
    assert second["alt"].startswith("The map: 64 rows and 63 columns of values from −")
    assert page.caption == trace_step(stepper.state, int(np.abs(stepper.output).argmax())).sentence
    again = Stepper(photo, EDGE, controls="all")
    assert again._repr_mimebundle_()[0]["text/html"] == stepper._repr_mimebundle_()[0]["text/html"]

    orange, blue = np.array([0xEC, 0x8F, 0x35]), np.array([0x5B, 0x9F, 0xDC])
    shares = stepper.output / np.abs(stepper.output).max()
    colours = from_text(second["src"])
    assert colours.shape == (64, 63, 3)
    at = np.unravel_index(np.abs(shares).argmax(), shares.shape)
    assert colours[at].tolist() == (orange if shares[at] > 0 else blue).tolist()
    assert (colours[stepper.output == 0] == 255).all()
    assert (colours[shares > 0.1][:, 0] > colours[shares > 0.1][:, 2]).all()
    assert (colours[shares < -0.1][:, 0] < colours[shares < -0.1][:, 2]).all()


def test_a_grey_photo_and_a_large_one():
    grey = still(Stepper(inputs.grey_photo(64), [[1]], layer=0))
    assert grey.images[0]["alt"] == "The input: a grey photo, 64 rows and 64 columns of pixels."
    large = still(Stepper(np.zeros((300, 512)), [[1]]))
    assert [(image["width"], image["height"]) for image in large.images] == [("512", "300"), ("256", "150")]
    assert (from_text(large.images[1]["src"]) == 255).all(), "zeros are white"


def test_a_photo_in_a_stack_and_its_change():
    layers = [Conv2D(2, 3, input_shape=(64, 64, 3), seed=1), ReLU(), MaxPooling2D()]
    stepper = Stepper(inputs.photo(64), layers, filter=1, controls=["photo", "play"])
    assert stepper.output.shape == (31, 31)
    stepper.step = 31 * 31 - 1
    stepper.input = inputs.photo(128)[:50, :40]
    assert (stepper.output.shape, stepper.step) == ((24, 19), 24 * 19 - 1)
    text = stepper.input
    stepper.set_state({"input": Stepper(inputs.photo(32)[:, ::-1].repeat(2, 0), layers).input})
    assert stepper.output.shape == (31, 15)
    stepper.input = text
    assert stepper.output.shape == (24, 19)
    stepper.input = np.zeros((8, 8, 3))  # no photo any more
    assert (stepper.output.shape, stepper.controls) == ((3, 3), ["play"])


def test_controls():
    assert bank().controls == []
    assert Stepper(BUMP, [1], controls=["share", "play"]).controls == ["play", "share"]
    stepper = Stepper(BUMP, [1], controls="all")
    assert stepper.controls[:2] == ["play", "paint"]
    stepper.controls = []
    assert stepper.state["controls"] == []


def messages(stepper):
    """What Python sends to the page from now on: a list of (method, state)."""
    sent = []
    stepper._send = lambda message, buffers=None: sent.append((message["method"], message["state"]))
    return sent


def test_a_message_of_several_traits_is_one_state():
    stepper, seen = Stepper(BUMP, [0, 1, 0], step=5), []
    names = [*STATE, "kernel", "output"]
    stepper.observe(lambda change: seen.append((change["name"], stepper.output.tolist())), names)
    longer = {**stepper.layers[0], "kernel": [[[1]]] * 9}
    stepper.set_state({"layers": [longer], "input": [[1]] * 11, "step": 2})  # each alone would be refused
    assert (stepper.step, stepper.output.tolist()) == (2, [9, 9, 9])
    assert sorted(name for name, _ in seen) == ["input", "kernel", "layers", "output", "step"]
    assert all(output == [9, 9, 9] for _, output in seen), "all is changed before anybody hears of it"


def test_a_refused_message_is_taken_back():
    stepper = Stepper(BUMP, [0, 1, 0], step=2)
    before, sent, seen = stepper.state, messages(stepper), []
    stepper.observe(seen.append, [*STATE, "kernel", "output"])
    for bad in {"step": 4, "input": [[1], [2]]}, {"layers": [LAYER], "layer": 1}, {"input": [[None]] * 8}:
        sent.clear()
        with pytest.raises((TypeError, ValueError)):
            stepper.set_state(bad)
        assert sent[-1] == ("update", {name: before[name] for name in bad})
        assert (stepper.state, seen) == (before, [])
    stepper.set_state({"step": 4})
    assert stepper.step == 4


def test_a_change_is_one_message_and_no_echo_of_what_the_page_knows():
    stepper = Stepper(BUMP, [0, 1, 0], step=5)
    sent = messages(stepper)
    stepper.input = [0, 1, 2, 3]
    assert sent == [("update", {"input": [[0], [1], [2], [3]], "step": 1})]
    sent.clear()
    stepper.set_state({"input": [[1], [2], [3]]})
    assert [state for method, state in sent if method == "update"] == [{"step": 0}]
    sent.clear()
    stepper.step = 0
    assert sent == []


def test_several_changes_in_python_are_one_state():
    stepper = Stepper(BUMP, [0, 1, 0])
    with stepper.hold_trait_notifications():
        stepper.input = [1] * 12
        stepper.kernel = [1] * 10
        stepper.step = 5
        stepper.step = 0  # the last word counts
        assert stepper.input == [[value] for value in BUMP], "not yet"
    assert (stepper.output.tolist(), stepper.step) == ([10, 10, 10], 0)
    with pytest.raises(ValueError, match="does not fit"), stepper.hold_trait_notifications():
        stepper.step, stepper.input = 1, [1, 2]
    assert (stepper.step, len(stepper.input)) == (0, 12)
    with (
        pytest.raises(ValueError, match="layers and kernel cannot change together"),
        stepper.hold_trait_notifications(),
    ):
        stepper.kernel, stepper.layers = [1], [LAYER]
    other = Stepper(np.eye(4), [[1, 1]], step=3, controls=["play"])
    stepper.state = other.state
    assert stepper.state == other.state
    assert stepper.output.tolist() == other.output.tolist()


def test_an_observer_may_change_the_stepper():
    stepper = Stepper(BUMP, [0, 1, 0], step=3)
    stepper.observe(lambda change: setattr(stepper, "step", 0), "input")
    stepper.set_state({"input": [[1]] * 9})
    assert stepper.step == 0
    stepper.step = 6
    stepper.input = [1] * 10
    assert (stepper.step, len(stepper.output)) == (0, 8)


LAYER = Stepper(BUMP, [0, 1, 0]).layers[0]


@pytest.mark.parametrize(
    ("name", "bad", "error", "text"),
    [
        ("step", 6, ValueError, "step must be at most 5, got 6"),
        ("step", -1, ValueError, "step must be at least 0, got -1"),
        ("step", 1.5, TypeError, "step must be a whole number, got 1.5"),
        ("step", "1", TypeError, "step must be a whole number, got '1'"),
        ("filter", 1, ValueError, "filter must be at most 0, got 1"),
        ("filter", None, TypeError, "filter must be a whole number, got None"),
        ("input", [1, np.nan, 3], ValueError, "x must hold finite numbers"),
        ("input", [1, 2], ValueError, "does not fit an input of length 2"),
        ("input", "12345678", TypeError, "x must hold real numbers"),
        ("input", None, TypeError, "x must hold real numbers"),
        ("input", np.zeros((8, 8)), ValueError, "has 1 channels, got an input of shape (8, 8) with 8"),
        ("layers", [], ValueError, "layers must be 1 to 4 layers, got 0"),
        ("layers", None, TypeError, "layers must be a list of dicts, each a layer's settings, got None"),
        ("layers", [LAYER] * 5, ValueError, "layers must be 1 to 4 layers, got 5"),
        ("layers", [3], TypeError, "got [3]"),
        ("layers", [{}], ValueError, "class_name must be one of"),
        ("layer", 1, ValueError, "layer must be at most 0, got 1"),
        ("layer", None, TypeError, "layer must be a whole number, got None"),
        ("kernel", [0] * 9, ValueError, "A filter of width 9 does not fit an input of length 8"),
        ("kernel", [1, np.nan], ValueError, "kernel must hold finite numbers"),
        ("kernel", [[1, 1]], ValueError, "has 2 channels, got an input of shape (8, 1) with 1"),
        ("kernel", None, TypeError, "kernel must hold real numbers"),
        ("output", [0] * 6, AttributeError, "output follows from input and layers. Change one of these."),
        ("controls", ["plya"], ValueError, 'controls must be "all" or a list of play'),
        ("state", {"stp": 1}, ValueError, "got 'stp'. Leave it out."),
        ("state", {"step": 1, "input": [1, 2]}, ValueError, "does not fit"),
        ("state", {"step": 6}, ValueError, "step must be at most 5"),
        ("layers", [LAYER | {"stride": 2}], TypeError, "stride"),
        ("layers", [LAYER | {"strides": 0}], ValueError, "strides must be at least 1"),
        ("layers", [LAYER | {"kernel": [[[np.inf]]]}], ValueError, "kernel must hold finite numbers"),
        ("layers", [LAYER | {"bias": [1, 2]}], ValueError, "bias has shape (1,), got (2,)"),
        ("channel_names", ["a", "b"], ValueError, "channel_names must be"),
        ("channel_names", "a", ValueError, "channel_names must be"),
    ],
)
def test_a_refusal_keeps_the_last_good_state(name, bad, error, text):
    stepper = Stepper(BUMP, [0, 1, 0], step=2)
    before = json.dumps(stepper.state)
    heard = []
    stepper.observe(heard.append)
    with pytest.raises((AttributeError, TypeError, ValueError)) as caught:
        setattr(stepper, name, bad)
    assert type(caught.value) is error
    assert text in str(caught.value)
    assert json.dumps(stepper.state) == before
    assert stepper.output.tolist() == [0, 0, 1, 1, 0, 0]
    assert heard == []
    stepper.step = 3  # it goes on
    assert [change["name"] for change in heard] == ["step"]


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"x": [np.nan], "kernel": [1]}, ValueError, "x must hold finite numbers"),
        ({"x": [0, 1], "kernel": [[0, 1]]}, ValueError, "do not belong together"),
        ({"x": BUMP, "kernel": [0, 1], "step": 7}, ValueError, "step must be at most 6, got 7"),
        ({"x": BUMP, "kernel": [0, 1], "filter": 1}, ValueError, "filter must be at most 0"),
        ({"x": BUMP, "kernel": [0, 1], "channel_names": ["a", "b"]}, ValueError, "channel_names must be"),
        ({"x": BUMP, "kernel": [0, 1], "stride": 2}, TypeError, "stride"),
        ({"x": np.zeros((3, 3)), "kernel": np.zeros((2, 2)), "padding": "causal"}, ValueError, "Only Conv1D has it"),
        ({"x": BUMP, "kernel": [0, 1], "controls": ["plya"]}, ValueError, "controls must be"),
        ({"x": BUMP, "kernel": [0, 1], "layer": 1}, ValueError, "layer must be at most 0"),
        ({"x": BUMP, "kernel": Conv1D(1, 3)}, ValueError, "before it knows its input's shape"),
        ({"x": BUMP, "kernel": Sequential()}, ValueError, "layers must be 1 to 4 layers, got 0"),
        ({"x": BUMP, "kernel": Sequential([ReLU(), Flatten()])}, TypeError, "got Flatten. Leave it out of the list."),
        (
            {"x": BUMP, "kernel": [ReLU(), Dense(1)]},
            TypeError,
            "A stepper shows Conv1D, Conv2D, ReLU, MaxPooling1D, MaxPooling2D, AveragePooling1D, AveragePooling2D, got Dense",
        ),
        ({"x": BUMP, "kernel": [ReLU(), 3]}, TypeError, "got 3"),
        ({"x": BUMP, "kernel": [ReLU() for _ in range(5)]}, ValueError, "layers must be 1 to 4 layers, got 5"),
        ({"x": BUMP, "kernel": MaxPooling1D(9)}, ValueError, "A filter of width 9 does not fit an input of length 8"),
        (
            {"x": BUMP, "kernel": MaxPooling2D()},
            ValueError,
            "take x of shape (rows, columns, channels), no batch axis, got (8,)",
        ),
        ({"x": BUMP, "kernel": ReLU(), "strides": 2}, TypeError, "A layer brings its own strides, got strides besides"),
        ({"x": BUMP, "kernel": [ReLU()], "bias": [1]}, TypeError, "A layer brings its own bias"),
        ({"x": BUMP, "kernel": ReLU(), "flip": True}, TypeError, "A layer brings its own flip"),
        ({"x": np.zeros(2000), "kernel": [0, 1]}, ValueError, "has 2000 places, a page shows 1024"),
        ({"x": np.zeros((1000, 1000)), "kernel": [[0, 1]]}, ValueError, "512 rows and 512 columns, got 1000 and 1000"),
    ],
)
def test_what_cannot_be_stepped_through(arguments, error, text):
    with pytest.raises(error) as caught:
        Stepper(**arguments)
    assert text in str(caught.value)


def test_the_readers_arrays_are_not_changed():
    x, kernel = np.ones((4, 1)), np.ones((2, 1, 1))
    stepper = Stepper(x, kernel)
    stepper.step = 2
    x[...] = kernel[...] = 9
    assert stepper.output.tolist() == [2, 2, 2]
