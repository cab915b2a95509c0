"""The page's own arithmetic and words against Python's trace, on hundreds of random states, in a real browser."""

from pathlib import Path

import numpy as np
import pytest

import convtools
from convtools.stepper import Stepper, trace_state
from convtools.words import number

MODULE = Path(convtools.__file__).with_name("stepper.js").read_text("utf-8")
LOAD = """async (text) => {
    window.stepper = await import(URL.createObjectURL(new Blob([text], {type: "text/javascript"})));
}"""
FIELDS = ["number", "count", "position", "taps", "length", "window", "kernel", "products", "channel_sums", "row_sums",
          "padded", "bias", "activation", "total", "output", "filter", "channel_names"]  # fmt: skip


@pytest.fixture(scope="module")
def page(chromium):
    page = chromium.new_page()
    page.evaluate(LOAD, MODULE)
    yield page
    page.close()


def random_state(seed):
    """A state that fits, of any kind; its values are quarters, so that every sum is exact."""
    rng = np.random.default_rng(seed)
    dimensions = rng.integers(1, 3)
    size = rng.integers(1, 8, dimensions) if dimensions == 2 else rng.integers(1, 14, 1)
    width = rng.integers(1, 4, dimensions)
    strides = tuple(int(n) for n in rng.integers(1, 4, dimensions))
    dilation_rate = tuple(int(n) for n in rng.integers(1, 4, dimensions))
    padding = rng.choice(["valid", "same", "causal"] if dimensions == 1 else ["valid", "same"])
    reach = (width - 1) * dilation_rate + 1
    if padding == "valid":
        size = np.maximum(size, reach)
    channels, filters = rng.integers(1, 4, 2)

    def numbers(*shape):
        return rng.integers(-12, 13, shape) / rng.choice([1, 4])

    names = ["red", "green", "blue"][:channels] if rng.random() < 0.5 else None
    stepper = Stepper(
        numbers(*size, channels), numbers(*width, channels, filters), numbers(filters), strides, str(padding),
        dilation_rate, rng.choice([None, "relu"]), filter=int(rng.integers(filters)), channel_names=names,
    )  # fmt: skip
    return stepper.state


def plain(value):
    """A Step's field as the page sends it."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    return [plain(part) for part in value] if isinstance(value, tuple | list) else value


STATES = [random_state(seed) for seed in range(400)]


def test_random_states_cover_every_kind():
    layers = [state["layers"][0] for state in STATES]
    kinds = {(len(layer["strides"]), layer["padding"], layer["activation"]) for layer in layers}
    assert len(kinds) == 10  # 1D: valid, same, causal; 2D: valid, same; each with and without ReLU
    assert any(len(state["input"]) < 3 and state["layers"][0]["padding"] == "same" for state in STATES)
    assert {np.shape(layer["kernel"])[-1] for layer in layers} == {1, 2, 3}


def test_every_step_is_computed_as_in_python(page):
    for state, steps in zip(STATES, page.evaluate("states => states.map(stepper.trace)", STATES), strict=True):
        for came, step in zip(steps, trace_state(state), strict=True):
            assert came == {name: plain(getattr(step, name)) for name in FIELDS}, state


def test_every_sentence_is_pythons(page):
    said = page.evaluate("states => states.map(state => stepper.trace(state).map(stepper.sentence))", STATES)
    for state, sentences in zip(STATES, said, strict=True):
        assert sentences == [step.sentence for step in trace_state(state)]


def test_the_map_is_the_layers(page):
    maps = page.evaluate("states => states.map(stepper.featureMap)", STATES)
    for state, values in zip(STATES, maps, strict=True):
        expected = np.array([step.output for step in trace_state(state)])
        assert np.ravel(values).tolist() == expected.tolist()


def test_numbers_are_written_as_in_python(page):
    values = [0, -0.0, 3, -3, 0.125, -0.125, 0.005, -0.004, 1e-12, -1e-12, 2.675, 1 / 3, 1e6 + 0.5, 12345678, -0.995]
    values += np.random.default_rng(0).normal(0, 10, 500).tolist()
    assert page.evaluate("values => values.map(stepper.number)", values) == [number(value) for value in values]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"input": [[0], [0]]}, "a filter of width 3 does not fit an input of length 2"),
        ({"input": [[0], [0, 1], [1], [1]]}, "finite numbers of shape"),
        ({"input": []}, "finite numbers of shape"),
        ({"input": [[0, 1]] * 8}, "a filter of depth 1 does not fit an input of depth 2"),
        ({"layers": []}, "the kernel must be finite numbers"),
    ],
)
def test_an_impossible_state_is_refused_in_words(page, change, words):
    state = {**Stepper([0, 0, 0, 1, 1, 0, 0, 0], [0, 1, 0]).state, **change}
    assert words in page.evaluate("state => stepper.refusal(state)", state)
