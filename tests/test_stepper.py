"""The stepper in Python: its traits go both ways, a refusal keeps the last good state, its still says what the trace says."""

import json
from html.parser import HTMLParser

import numpy as np
import oracle
import pytest
import traitlets
from hypothesis import given
from hypothesis import strategies as st

from convtools import Conv1D, Conv2D
from convtools.stepper import Stepper, trace_state
from convtools.words import number

BUMP = [0, 0, 0, 1, 1, 0, 0, 0]
KEYS = ["input", "layers", "filter", "step", "channel_names"]


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
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
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
        elif "td" in self.open:
            self.tables[-1][-1][-1] += text


def still(stepper):
    data, _ = stepper._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/plain"] == repr(stepper)
    return Page(data["text/html"])


def test_the_state_is_json_with_all_axes():
    stepper = Stepper(BUMP, [0, 1.5, 0], bias=2, strides=2, padding="same", dilation_rate=3, activation="relu", step=1)
    layer = {"kernel": [[[0]], [[1.5]], [[0]]], "bias": [2], "strides": [2], "padding": "same", "dilation_rate": [3]}
    assert json.loads(json.dumps(stepper.state)) == stepper.state == {
        "input": [[0], [0], [0], [1], [1], [0], [0], [0]],
        "layers": [layer | {"activation": "relu"}],
        "filter": 0,
        "step": 1,
        "channel_names": [],
    }  # fmt: skip
    assert list(stepper.state) == KEYS
    assert set(KEYS) <= set(stepper.keys), "not synchronised with the page"
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
    class Slider(traitlets.HasTraits):
        value = traitlets.Int()

    stepper, slider = bank(), Slider()
    traitlets.link((slider, "value"), (stepper, "step"))
    slider.value = 1
    assert stepper.step == 1
    stepper.step = 0
    assert slider.value == 0


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
        ("layers", [], ValueError, "layers must be a list of one layer, a dict with its kernel, got []"),
        ("layers", None, ValueError, "a dict with its kernel, got None"),
        ("layers", [LAYER, LAYER], ValueError, "layers must be a list of one layer"),
        ("layers", [3], ValueError, "a dict with its kernel, got [3]"),
        ("layers", [{}], ValueError, "a dict with its kernel, got [{}]"),
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
    with pytest.raises((TypeError, ValueError)) as caught:
        setattr(stepper, name, bad)
    assert type(caught.value) is error
    assert text in str(caught.value)
    assert json.dumps(stepper.state) == before


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
