"""The training scrubber: a recorded run in Python, in a small page, and in a published page without a kernel."""

import json
import math
from itertools import pairwise

import anywidget
import made_up
import numpy as np
import oracle
import pytest
import traitlets
from bs4 import BeautifulSoup
from pages import axe, listen

from convtools import page as page_parts
from convtools.scrubber import Scrubber, loss_in_words, still
from convtools.words import number


def recorded(rows, columns, size, records, seed=7, bias=False, whole=False, falls=1.2, goal=True):
    """A made-up run: random numbers that look like one, its loss `falls` times smaller at every record."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 2, (rows, columns)) if whole else rng.normal(size=(rows, columns))
    losses = 3.7 / falls ** np.arange(records)
    wanted = rng.normal(size=(rows - size[0] + 1, columns - size[1] + 1)) if goal else None
    biases = rng.normal(size=records) if bias else None
    return Scrubber(x, rng.normal(size=(records, *size)) * 3, losses, biases, np.arange(records) * 10, wanted)


def sizes():
    """A run of losses and weights of every size, and of those where words change."""
    rng = np.random.default_rng(seed=7)
    losses = [
        *10 ** rng.uniform(-8, 5, 150),
        *(scale * 10.0**n for n in range(-8, 4) for scale in (1, 1.5, 9.996, 2.345)),
    ]
    kernels = rng.normal(size=(len(losses), 1, 2)) * 10 ** rng.uniform(-4, 3, (len(losses), 1, 2))
    return Scrubber([[1, 0, 2]], kernels, losses, rng.normal(size=len(losses)))


RUNS = {
    "numbers": recorded(8, 8, (3, 3), 12, whole=True),
    "bias": recorded(6, 5, (2, 3), 9, bias=True, falls=3),
    "one row": recorded(1, 7, (1, 3), 5, goal=False),
    "pictures": recorded(28, 28, (5, 5), 6, bias=True),
    "wide": recorded(4, 64, (4, 1), 4, goal=False),
    "tall": recorded(20, 3, (3, 2), 3),
    "large filter": recorded(12, 12, (11, 11), 4, falls=1e5),
    "flat": Scrubber([[1, 2]], [[[0]], [[1]]], [0, 0]),
    "small image": Scrubber([[0.01, 0.02]], [[[5]], [[-7.5]]], [1, 0.5]),
    "far apart": Scrubber(np.eye(3) * 1000, [[[-123.456]], [[0.004]], [[7]]], [20.5, 1e-9, 0.5], steps=[5, 6, 90]),
}
RUNS["every size"] = sizes()
every_run = pytest.mark.parametrize("name", RUNS)


# ------------------------------------------------------------- in Python


def test_a_run_by_hand():
    x = [[0, 0, 1], [0, 0, 1]]
    scrubber = Scrubber(
        x, [[[0, 0]], [[-1, 1]], [[-2.00004, 2]]], [4, 0.51239, 0], [0, 0.5, 1], [0, 10, 40], [[0, 1], [0, 1]]
    )
    assert isinstance(scrubber, anywidget.AnyWidget)
    assert json.dumps(scrubber.state) == json.dumps({
        "input": x,
        "kernels": [[[0, 0]], [[-1, 1]], [[-2, 2]]],
        "biases": [0, 0.5, 1],
        "losses": [4, 0.5124, 0],
        "steps": [0, 10, 40],
        "goal": [[0, 1], [0, 1]],
        "at": 0,
    })  # fmt: skip
    assert repr(scrubber) == "Scrubber(3 records of a 1 x 2 filter, at 0)"
    for at, edge, loss in (0, 0, 4), (1, 1.5, 0.5124), (2, 3, 0):
        scrubber.at = at
        assert scrubber.loss == loss
        assert scrubber.map.tolist() == [[at * 0.5, edge]] * 2
        assert scrubber.kernel.tolist() == scrubber.kernels[at]


def test_the_defaults_and_the_shapes_that_layers_have():
    kernels = np.arange(8.0).reshape(2, 2, 2, 1, 1)
    scrubber = Scrubber(np.ones((3, 3), bool), kernels, [2, 1], biases=[[1], [2]], at=np.int64(1))
    assert (scrubber.steps, scrubber.goal, scrubber.at) == ([0, 1], None, 1)
    assert scrubber.kernels == kernels[..., 0, 0].tolist()
    assert scrubber.biases == [1, 2]
    assert scrubber.map.tolist() == [[24, 24], [24, 24]]


@every_run
def test_the_map_is_the_four_loops_one(name):
    scrubber = RUNS[name]
    for at, (kernel, bias) in enumerate(zip(scrubber.kernels, scrubber.biases, strict=True)):
        scrubber.at = at
        x, weights = (np.array(part)[..., np.newaxis].tolist() for part in (scrubber.input, kernel))
        weights = [[[cell] for cell in row] for row in weights]
        expected = oracle.convolve2d(x, weights, [bias], (1, 1), "valid", (1, 1))[..., 0]
        np.testing.assert_allclose(scrubber.map, expected, rtol=1e-12, atol=1e-12)
    scrubber.at = 0


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (0, "0"), (3, "3"), (3.412, "3.41"), (12340, "12340"), (0.1, "0.10"), (0.125, "0.13"), (0.0996, "0.100"),
        (0.04567, "0.046"), (0.01, "0.010"), (0.0012, "0.0012"), (0.0001234, "0.00012"), (0.00001, "0.000010"),
        (0.000009, "0.0000090"), (0.000001, "0.0000010"), (9.99e-7, "below 0.000001"), (1e-30, "below 0.000001"),
    ],
)  # fmt: skip
def test_a_loss_in_words(loss, words):
    assert loss_in_words(loss) == words


def test_the_sentence():
    kernels = np.array([[[-1.018, 1.98, -1], [0, 0.004, -0.004]], [[1, 2, 3], [4, 5, 6]]])
    scrubber = Scrubber(np.ones((4, 4)), kernels, [3.412, 0.0123], steps=[0, 200])
    assert scrubber.sentence == (
        "Training step 0 of 200. Loss 3.41, at first 3.41. The filter's rows: −1.02, 1.98, −1; 0, 0.00, 0.00."
    )
    scrubber.at = 1
    assert (
        scrubber.sentence == "Training step 200 of 200. Loss 0.012, at first 3.41. The filter's rows: 1, 2, 3; 4, 5, 6."
    )
    row = Scrubber([[1, 1]], [[[1, 2]], [[3, -4]]], [1, 0], biases=[0, -0.5], at=1)
    assert row.sentence == "Training step 1 of 1. Loss 0, at first 1. The filter's row: 3, −4. Bias −0.50."
    long = Scrubber(np.ones((4, 4)), np.ones((2, 4, 1)), [1, 0])
    assert long.sentence == "Training step 0 of 1. Loss 1, at first 1."


def test_at_is_checked_and_the_record_stays():
    scrubber = recorded(4, 4, (2, 2), 5)
    heard = []
    scrubber.observe(lambda change: heard.append(change.new), "at")
    scrubber.at = np.int32(4)
    assert type(scrubber.at) is int
    scrubber.set_state({"at": 2})  # as it comes from the page
    for at, words in (5, "at must be at most 4, got 5. There are 5 records"), (-1, "at must be at least 0, got -1"):
        with pytest.raises(ValueError, match=words):
            scrubber.at = at
        with pytest.raises(ValueError, match=words):
            scrubber.set_state({"at": at})
    for at in 1.0, "1", None, True:
        with pytest.raises(TypeError, match=r"at must be a whole number, got"):
            scrubber.at = at
    assert scrubber.at == 2
    assert heard == [4, 2]
    for name in ("input", "kernels", "biases", "losses", "steps", "goal"):
        with pytest.raises(traitlets.TraitError, match=f'"{name}" trait is read-only'):
            setattr(scrubber, name, [])


X, K, L = np.ones((4, 5)), np.ones((3, 2, 2)), [3, 2, 1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"x": np.ones(4)}, r"x must be one image \(rows, columns\) .* got shape \(4,\)\. Choose one"),
        ({"x": np.ones((1, 4, 5, 1))}, r"got shape \(1, 4, 5, 1\)\. Choose one, for example x\[0, :, :, 0\]"),
        ({"x": np.ones((33, 32))}, r"at most 1024 cells, 64 in a line, got shape \(33, 32\)"),
        ({"x": np.ones((2, 65))}, r"at most 1024 cells, 64 in a line, got shape \(2, 65\)"),
        ({"x": X * np.nan}, r"x must hold finite numbers .* got NaN or infinity"),
        ({"kernels": np.ones((2, 2))}, r"kernels must be \(records, kernel rows, kernel columns\), .* got shape \(2, 2\)"),
        ({"kernels": np.ones((3, 2, 2, 1, 2))}, r"got shape \(3, 2, 2, 1, 2\)\. Stack"),
        ({"kernels": K * np.inf}, r"kernels must hold finite numbers"),
        ({"kernels": K[:1], "losses": [1]}, r"A run has 2 to 500 records, got 1\. Keep more"),
        ({"kernels": np.ones((501, 1, 1)), "losses": np.ones(501)}, r"A run has 2 to 500 records, got 501\. .*every tenth"),
        ({"kernels": np.ones((3, 5, 2))}, r"must fit its image of shape \(4, 5\) .* got kernels of shape \(5, 2\)"),
        ({"kernels": np.ones((3, 2, 6))}, r"must fit its image of shape \(4, 5\) .* got kernels of shape \(2, 6\)"),
        ({"kernels": np.ones((3, 12, 1)), "x": np.ones((20, 3))}, r"at most 11 rows and columns, got kernels of shape \(12, 1\)"),
        ({"losses": [1, 2]}, r"losses must have shape \(3,\), one for each record, got \(2,\)"),
        ({"losses": [1, 2, np.nan]}, r"losses must hold finite numbers"),
        ({"losses": [1, -0.5, 0]}, r"losses must be 0 or more, got -0\.5"),
        ({"biases": [1, 2]}, r"biases must have shape \(3,\), one for each record, got \(2,\)"),
        ({"biases": 0}, r"biases must have shape \(3,\), one for each record, got \(\)"),
        ({"biases": [1, 2, np.inf]}, r"biases must hold finite numbers"),
        ({"steps": [0, 1]}, r"steps must have shape \(3,\), one for each record, got \(2,\)"),
        ({"steps": [0, 2, 2]}, r"steps must increase, from 0 to below 2\*\*53, got \[0, 2, 2\]"),
        ({"steps": [-1, 2, 3]}, r"steps must increase, from 0 to below 2\*\*53, got \[-1, 2, 3\]"),
        ({"steps": [0, 1, 2**53]}, r"steps must increase, from 0 to below 2\*\*53, got \[0, 1, 9007199254740992\]"),
        ({"goal": np.ones((4, 5))}, r"goal must have the shape of the map, \(3, 4\), got \(4, 5\)"),
        ({"goal": np.full((3, 4), np.nan)}, r"goal must hold finite numbers"),
        ({"at": 3}, r"at must be at most 2, got 3"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_refused_in_words(arguments, words):
    with pytest.raises(ValueError, match=words):
        Scrubber(**{"x": X, "kernels": K, "losses": L, **arguments})


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"steps": [0, 1.5, 2]}, r"steps must be whole numbers, got dtype float64\. Write ints"),
        ({"losses": ["a", "b", "c"]}, r"losses must hold real numbers"),
        ({"x": X * 1j}, r"x must hold real numbers"),
    ],
)
def test_what_is_no_number_is_refused_in_words(arguments, words):
    with pytest.raises(TypeError, match=words):
        Scrubber(**{"x": X, "kernels": K, "losses": L, **arguments})


def test_the_state_is_small():
    rng = np.random.default_rng(seed=7)
    run = Scrubber(
        rng.integers(0, 2, (8, 8)),
        rng.normal(size=(60, 3, 3)),
        rng.random(60),
        steps=range(0, 240, 4),
        goal=rng.normal(size=(6, 6)),
    )
    assert len(json.dumps(run.state, separators=(",", ":"))) < 6000


@every_run
def test_the_still_says_it_without_a_script(name):
    scrubber = RUNS[name]
    data, _ = scrubber._repr_mimebundle_()
    assert data["text/html"] == still(scrubber.state)
    soup = BeautifulSoup(data["text/html"], "html.parser")
    assert json.loads(soup.figure["data-state"]) == scrubber.state
    last = len(scrubber.losses) - 1
    places = sorted({0, last // 2, last})
    assert 2 <= len(places) == len(soup.select("table")) <= 3
    for at, table in zip(places, soup.select("table"), strict=True):
        assert table.caption.text == f"filter at step {scrubber.steps[at]}, loss {loss_in_words(scrubber.losses[at])}"
        rows = [[cell.text for cell in row.select("td")] for row in table.select("tr")]
        assert rows == [[number(weight) for weight in row] for row in scrubber.kernels[at]]
    scrubber.at = last
    assert soup.figcaption.text == scrubber.sentence
    scrubber.at = 0
    assert soup.find_all(["script", "style", "input", "button"]) == []


# ----------------------------------------------------------- in the page

HTML = "<!doctype html><html lang=en><meta name=viewport content='width=device-width'><title>T</title><style>{}</style><body></body>"
# Mounts a run again, in as many views as wanted; at is the model's, saved counts what is sent to Python.
MOUNT = """async ([text, state, views]) => {
  window.module ??= await import(URL.createObjectURL(new Blob([text], {type: "text/javascript"})));
  window.unmount?.();
  const heard = new Set();
  window.model = {
    state, heard, saved: [],
    get: (key) => state[key],
    set(key, value) {
      const same = state[key] === value;
      state[key] = value;
      if (!same) heard.forEach((listener) => listener());
    },
    on(event, listener) { if (event === "change:at") heard.add(listener); },
    off(event, listener) { heard.delete(listener); },
    save_changes() { this.saved.push(state.at); },
  };
  const cleanUps = Array.from({length: views}, () => module.default.render({model, el: document.body}));
  window.unmount = () => cleanUps.forEach((cleanUp) => cleanUp());
}"""
# What is seen at every record, without any change of the model but from outside.
WALK = """() => model.state.losses.map((_, at) => {
  model.set("at", at);
  const root = document.querySelector(".ct-scrubber");
  const planes = [...root.querySelectorAll(".ct-plane")].map((plane) => ({
    name: plane.querySelector("caption, .ct-heading").textContent,
    texts: [...plane.querySelectorAll("tr")].map((row) => [...row.cells].map((cell) => cell.textContent)),
    signs: [...plane.querySelectorAll("td, i")].map((cell) => cell.classList.contains("ct-above") - cell.classList.contains("ct-below")),
    shades: [...plane.querySelectorAll("td, i")].map((cell) => parseInt(cell.style.getPropertyValue("--ct-shade"))),
    label: plane.querySelector("[role=img]")?.getAttribute("aria-label"),
    bias: plane.querySelector(".ct-now-text")?.textContent,
  }));
  const slider = root.querySelector("input");
  const {left, top, width, height} = root.querySelector(".ct-plot").getBoundingClientRect();
  const dot = root.querySelector(".ct-dot").getBoundingClientRect();
  return {
    planes,
    sentence: root.querySelector(".ct-spoken").textContent,
    spoken: slider.getAttribute("aria-valuetext"),
    value: slider.valueAsNumber,
    count: root.querySelector(".ct-count").textContent,
    loss: root.querySelector(".ct-loss").textContent,
    dot: [((dot.left + dot.right) / 2 - left) / width, 1 - ((dot.top + dot.bottom) / 2 - top) / height],
  };
})"""


@pytest.fixture(scope="module")
def page(chromium):
    page = chromium.new_page(viewport={"width": 700, "height": 900}, reduced_motion="reduce")
    page.set_content(HTML.format(page_parts.style("scrubber")))
    yield page
    page.close()


def mount(page, scrubber, views=1):
    page.evaluate(MOUNT, [page_parts.module("scrubber"), json.loads(json.dumps(scrubber.state)), views])


def at(page):
    """Where the model stands, which is also where the slider is."""
    value, slider = page.evaluate("[model.state.at, document.querySelector('.ct-scrubber input').valueAsNumber]")
    assert value == slider
    return value


def numbers(plane):
    return [[number(value) for value in row] for row in plane]


@every_run
def test_every_record_shows_pythons_numbers(page, name):
    scrubber = RUNS[name]
    mount(page, scrubber)
    seen = page.evaluate(WALK)
    assert len(seen) == len(scrubber.losses)
    maps = []
    for record in range(len(seen)):
        scrubber.at = record
        maps.append(scrubber.map)
    everything = [scrubber.input, scrubber.goal or [], *scrubber.kernels, *maps]
    most = max(abs(value) for plane in everything for row in plane for value in row)
    limit = float(page.locator(".ct-legend span").last.text_content())
    assert most <= limit * (1 + 1e-9) <= 2 * most, "the scale holds the whole run"
    colours_alone = {"pictures": 1, "wide": 1, "tall": 1, "large filter": 0}.get(name, 9)  # from this plane on
    for record, shown in enumerate(seen):
        scrubber.at = record
        assert shown["sentence"] == shown["spoken"] == scrubber.sentence
        assert shown["value"] == record
        assert shown["count"] == f"{scrubber.steps[record]} of {scrubber.steps[-1]}"
        assert shown["loss"] == f"Loss {loss_in_words(scrubber.loss)}"
        expected = {"filter": scrubber.kernel, "input": np.array(scrubber.input), "map": scrubber.map}
        if scrubber.goal:
            expected["wanted"] = np.array(scrubber.goal)
        assert [plane["name"] for plane in shown["planes"]] == list(expected)
        for place, (title, values) in enumerate(expected.items()):
            plane = shown["planes"][place]
            assert plane["signs"] == np.sign(values).astype(int).ravel().tolist()
            shades = 100 * np.sqrt(np.abs(values) / limit).ravel()
            assert np.abs(plane["shades"] - shades).max() < 0.51
            if place < colours_alone:
                assert plane["texts"] == numbers(values)
            else:
                assert plane["texts"] == []
                rows, columns = values.shape
                ends = f"{number(values.min())} to {number(values.max())}"
                assert plane["label"] == f"{title}: {rows} rows and {columns} columns of values from {ends}"
        assert shown["planes"][0]["bias"] == (
            f"bias {number(scrubber.biases[record])}" if any(scrubber.biases) else None
        )
    assert page.evaluate("model.saved") == [], "what came from Python does not go back"
    scrubber.at = 0


@pytest.mark.parametrize(
    ("losses", "low", "high", "ticks"),
    [
        ([4, 2, 1], 0, 4, ["0", "2", "4"]),
        ([0.019, 0.01], 0, 0.02, ["0", "0.010", "0.020"]),
        ([20, 1], 0, 20, ["0", "10", "20"]),
        ([21, 1], 1, 100, ["100", "10", "1"]),
        ([3.4, 0.012, 0.5], 0.01, 10, ["10", "1", "0.1", "0.01"]),
        ([1000, 0.1, 1], 0.1, 1000, ["1000", "100", "10", "1", "0.1"]),
        ([1, 0.00000012], 1e-7, 1, ["1", "0.01", "0.0001", "10⁻⁶"]),
        ([5, 0], 1, 10, ["10", "1"]),
        ([5, 0, 1e-20], 1e-8, 10, ["10", "0.01", "10⁻⁵", "10⁻⁸"]),
        ([0, 0], 0, 1, ["0", "0.50", "1"]),
    ],
)  # fmt: skip
def test_the_curve_has_a_scale_of_powers_where_the_loss_falls_far(page, losses, low, high, ticks):
    steps = [10 * n * n + 3 for n in range(len(losses))]
    mount(page, Scrubber([[1]], np.ones((len(losses), 1, 1)), losses, steps=steps))
    for shown, loss, step in zip(page.evaluate(WALK), losses, steps, strict=True):
        share = loss / high if low == 0 else max(0, math.log(max(loss, 1e-99) / low) / math.log(high / low))
        assert shown["dot"] == pytest.approx([(step - 3) / (steps[-1] - 3), share], abs=0.005)
    assert page.locator(".ct-ticks span").all_text_contents() == ticks
    assert page.locator(".ct-span span").all_text_contents() == ["3", "training step", str(steps[-1])]
    label = page.get_by_role("img", name="Loss over the training steps").get_attribute("aria-label")
    assert f"at first {loss_in_words(losses[0])}, at last {loss_in_words(losses[-1])}" in label
    assert ("power of ten" in label) == (low > 0)


def test_every_control_moves_it_and_tells_python(page):
    mount(page, RUNS["numbers"])
    slider, back, forward = (
        page.get_by_role("slider", name="Training step"),
        *(page.get_by_role("button", name=name) for name in ("Back", "Forward")),
    )
    assert slider.get_attribute("aria-valuetext").startswith("Training step 0 of 110. Loss 3.70")
    places = [at(page)]

    def did():
        places.append(at(page))

    forward.click()
    did()
    forward.click()
    did()
    back.click()
    did()
    for key in ("ArrowRight", "End", "ArrowLeft", "Home", "ArrowUp", "End"):
        slider.press(key)
        did()
    assert forward.get_attribute("aria-disabled") == "true"
    assert back.get_attribute("aria-disabled") == "false"
    forward.click(force=True)
    did()
    for key in ("ArrowLeft", "Home", "ArrowLeft"):  # on a button
        forward.press(key)
        did()
    assert back.get_attribute("aria-disabled") == "true"
    slider.fill("7")
    did()
    assert places == [0, 1, 2, 1, 2, 11, 10, 0, 1, 11, 11, 10, 0, 0, 7]
    moves = [place for before, place in pairwise(places) if place != before]
    assert page.evaluate("model.saved") == moves, "every move is told once"
    forward.press("Control+Home")
    assert at(page) == 7
    page.evaluate("model.set('at', 4)")  # by Python
    assert at(page) == 4
    assert page.locator(".ct-spoken").text_content().startswith("Training step 40 of 110.")
    page.evaluate("model.set('at', 99)")  # by nobody of ours
    assert page.locator(".ct-spoken").text_content().startswith("Training step 110 of 110.")


def test_the_curve_follows_the_pointer(page):
    mount(page, RUNS["far apart"])  # steps 5, 6 and 90
    box = page.locator(".ct-plot").bounding_box()

    def spot(share):
        return box["x"] + share * box["width"], box["y"] + box["height"] / 2

    page.mouse.click(*spot(0.6))
    assert at(page) == 2
    page.mouse.click(*spot(0.1))
    assert at(page) == 1
    page.mouse.move(*spot(0.001))
    assert at(page) == 1, "only a pressed pointer drags"
    page.mouse.down()
    assert at(page) == 0
    page.mouse.move(*spot(0.9))
    assert at(page) == 2
    page.mouse.move(box["x"] - 50, box["y"] + 300)
    assert at(page) == 0, "also when it has left the curve"
    page.mouse.up()
    page.mouse.move(*spot(0.9))
    assert at(page) == 0
    page.mouse.click(*spot(0.9), button="right")
    assert at(page) == 0
    assert page.evaluate("model.saved") == [2, 1, 0, 2, 0]


def test_the_sentence_is_not_said_twice(page):
    mount(page, RUNS["numbers"])
    spoken, slider = page.locator(".ct-spoken"), page.get_by_role("slider")
    assert [spoken.get_attribute(f"aria-{name}") for name in ("live", "atomic")] == ["polite", "true"]
    slider.focus()
    assert spoken.get_attribute("aria-live") == "off", "the slider's value text says it"
    page.get_by_role("button", name="Back").focus()
    assert spoken.get_attribute("aria-live") == "polite"


def test_all_views_stay_in_step_and_clean_up_leaves_nothing(page):
    mount(page, Scrubber(np.eye(2), np.ones((4, 1, 1)), [4, 3, 2, 1], at=2), views=2)
    assert at(page) == 2
    page.get_by_role("button", name="Forward").first.click()
    assert page.get_by_role("slider").evaluate_all("all => all.map((slider) => slider.value)") == ["3", "3"]
    assert len(set(page.locator(".ct-spoken").all_text_contents())) == 1
    assert page.evaluate("model.saved") == [3]
    page.evaluate("unmount()")
    assert page.evaluate("[model.heard.size, document.body.childElementCount]") == [0, 0]


@pytest.fixture
def player(chromium):
    """A page with a run that may play; its clock goes when the test says so."""
    page = chromium.new_page(reduced_motion="no-preference")
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    page.set_content(HTML.format(page_parts.style("scrubber")))
    mount(page, RUNS["numbers"])
    yield page
    page.close()


BEAT = 8000 // 12 + 1  # milliseconds


def test_play_goes_to_the_end_and_begins_again(player):
    play, pause = (player.get_by_role("button", name=name, exact=True) for name in ("Play", "Pause"))
    live = player.locator(".ct-spoken")
    play.click()
    assert live.get_attribute("aria-live") == "off", "every record read out would lag behind"
    for record in range(1, 12):
        player.clock.run_for(BEAT)
        assert at(player) == record
    assert live.get_attribute("aria-live") == "polite"
    player.clock.run_for(5000)
    assert at(player) == 11
    play.click()
    assert at(player) == 0
    player.clock.run_for(3 * BEAT)
    pause.click()
    player.clock.run_for(5000)
    assert at(player) == 3
    assert play.is_visible()


def test_play_stops_when_the_reader_goes_elsewhere(player):
    play = player.get_by_role("button", name="Play", exact=True)
    slider, curve = player.get_by_role("slider"), player.locator(".ct-plot")
    back = player.get_by_role("button", name="Back")
    spot = {"x": curve.bounding_box()["width"] * 0.74, "y": 5}
    for place, move in (
        (5, lambda: slider.fill("5")),
        (4, lambda: back.click()),
        (8, lambda: curve.click(position=spot)),
    ):
        play.click()
        move()
        player.clock.run_for(5000)
        assert at(player) == place
        assert play.is_visible()


def test_nothing_plays_for_readers_who_want_no_motion(player, page):
    player.get_by_role("button", name="Play", exact=True).click()
    player.emulate_media(reduced_motion="reduce")
    player.wait_for_function("() => document.querySelector('.ct-play').hidden")
    player.clock.run_for(5000)
    assert at(player) == 0
    mount(page, RUNS["numbers"])
    assert page.locator("button:visible").all_text_contents() == ["←Back", "Forward→"]


def test_play_ends_with_its_view(player):
    player.get_by_role("button", name="Play", exact=True).click()
    player.evaluate("unmount()")
    player.clock.run_for(5000)
    assert player.evaluate("[model.state.at, model.heard.size]") == [0, 0]


@pytest.mark.parametrize("width", [360, 768, 1280])
@every_run
def test_nothing_moves_while_scrubbing_and_nothing_overflows(page, name, width):
    page.set_viewport_size({"width": width, "height": 900})
    mount(page, RUNS[name])
    boxes, tight = page.evaluate(
        """() => {
          const tight = new Set();
          const boxes = model.state.losses.map((_, at) => {
            model.set("at", at);
            for (const text of document.querySelectorAll(".ct-now-text, td, .ct-count")) {
              if (text.scrollHeight > text.clientHeight + 1 || text.scrollWidth > text.clientWidth + 1) tight.add(text.textContent);
            }
            return JSON.stringify([...document.querySelectorAll(".ct-scrubber, .ct-scrubber *:not(.ct-dot, .ct-dot *, polyline, .ct-now-text)")].map((part) => {
              const {left, top, width, height} = part.getBoundingClientRect();
              return [part.tagName, left, top, width, height];
            }));
          });
          return [[...new Set(boxes)].length, [...tight]];
        }"""
    )
    assert boxes == 1
    assert tight == []
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    controls = page.locator(".ct-scrubber :is(button, input):visible")
    assert controls.count() == 3
    for control in controls.all():
        assert control.bounding_box()["height"] >= 44
        assert control.get_attribute("data-lm-suppress-shortcuts") == "true"
    page.set_viewport_size({"width": 700, "height": 900})


# ------------------------------------------------------ in a published page


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A page of three runs."""
    runs = [RUNS[name] for name in ("numbers", "pictures", "far apart")]
    return made_up.write(
        tmp_path_factory.mktemp("scrubber"),
        "<h1 style='color: var(--ink)'>Runs</h1>",
        *map(made_up.still, runs),
    ).as_uri(), runs


BRING = """async () => {
  for (const figure of document.querySelectorAll("figure[data-state]")) {
    figure.scrollIntoView();
    while (!figure.classList.contains("ct-mounted")) await new Promise((next) => setTimeout(next, 5));
  }
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_a_published_page_needs_neither_kernel_nor_network(chromium, published, width, scheme):
    address, runs = published
    viewport = {"width": width, "height": 800}
    with chromium.new_context(viewport=viewport, offline=True, has_touch=width == 360) as context:
        page = context.new_page()
        complaints = listen(page, address.rsplit("/", 1)[0])
        page.goto(address)
        page.evaluate("(scheme) => { document.documentElement.dataset.theme = scheme; }", scheme)
        page.evaluate(BRING)
        for figure, scrubber in zip(page.locator("figure.ct-scrubber").all(), runs, strict=True):
            assert figure.locator(".ct-still").first.is_hidden()
            for record in range(len(scrubber.losses)):
                scrubber.at = record
                assert figure.locator(".ct-spoken").text_content() == scrubber.sentence
                if record + 1 < len(scrubber.losses):
                    figure.get_by_role("button", name="Forward").click()
            scrubber.at = 0
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width
        page.evaluate("scrollTo(0, 0)")
        assert axe(page) == []
        assert complaints == []
        page.emulate_media(media="print")
        assert page.locator(".ct-live").first.is_hidden()
        assert page.locator("figcaption").first.is_visible()


def test_without_javascript_the_still_is_there(chromium, published):
    address, _ = published
    with chromium.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740}) as context:
        page = context.new_page()
        page.goto(address)
        assert page.locator("figure table:visible").count() == 9
        assert page.locator("figcaption").first.text_content().startswith("Training step 110 of 110. Loss")
