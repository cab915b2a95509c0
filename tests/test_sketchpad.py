"""The sketchpad: ink becomes pixels, pixels a verdict, the same in Python and in the page, whatever one draws with."""

import json
from itertools import pairwise

import anywidget
import made_up
import numpy as np
import pages
import pytest
from bs4 import BeautifulSoup

from convtools import AveragePooling2D, Conv1D, Conv2D, Dense, Flatten, MaxPooling2D, ReLU, Sequential
from convtools import page as page_parts
from convtools.sketchpad import EXAMPLES, Sketchpad, blocks, drawn, percent, probabilities, sentence, still

SHAPE = (8, 8, 1)
PHONE = {"width": 360, "height": 740}


def network(*layers, units=10, activation="softmax"):
    """A Sequential of these layers, Flatten and Dense, with random weights, biases too."""
    model = Sequential([*layers, Flatten(**({} if layers else {"input_shape": SHAPE})), Dense(units, activation=activation)])  # fmt: skip
    rng = np.random.default_rng(5)
    model.set_weights([rng.normal(0, 0.5, weight.shape) for weight in model.get_weights()])
    return model


def usual():
    return network(Conv2D(8, 3, activation="relu", input_shape=SHAPE), Conv2D(16, 3, activation="relu"), MaxPooling2D())


MODELS = {
    "usual": usual,
    "same": lambda: network(Conv2D(3, 2, padding="same", input_shape=SHAPE), ReLU(), AveragePooling2D(2, padding="same"), units=4),
    "strides": lambda: network(Conv2D(2, 3, strides=(2, 1), use_bias=False, input_shape=SHAPE), activation=None),
    "dense": lambda: network(units=2),
}  # fmt: skip


def labels_of(model):
    return (
        [*"0123456789"] if model.layers[-1].units == 10 else ["8", "apple", "pear", "Onion"][: model.layers[-1].units]
    )


def knows_examples(**more):
    """A pad whose network tells the three examples apart: it compares with them."""
    templates = np.stack([blocks(drawn(strokes)).ravel() for strokes in EXAMPLES.values()], axis=1)
    model = network(units=3)
    model.set_weights([templates - templates.mean(axis=1, keepdims=True), np.zeros(3)])
    return Sketchpad(model, **{"labels": list(EXAMPLES), **more})


def random_inks(count):
    """Strokes, single cells, all sizes and places, and an empty pad."""
    rng = np.random.default_rng(3)
    inks = [[], [[0, 0]], [[31, 31]], [[0, 0], [31, 31]], [[r, c] for r in range(32) for c in range(32)]]
    for n in range(count - len(inks)):
        if n % 3:
            low, high = np.sort(rng.uniform(-2, 34, (2, 2)), axis=0)
            inks.append(
                drawn([rng.uniform(low, high, (rng.integers(1, 6), 2)).tolist() for _ in range(rng.integers(1, 4))])
            )
        else:
            box = rng.integers(1, 33, 2)
            cells = np.argwhere(rng.random(box) < rng.random()) + rng.integers(0, 33 - box)
            inks.append(cells.tolist())
    return inks


# ------------------------------------------------------------- in Python


def test_the_state_is_the_model():
    model = usual()
    pad = Sketchpad(model, ink=np.array([[3, 4], [2, 9], [3, 4]]))
    state = pad.state
    assert isinstance(pad, anywidget.AnyWidget)
    assert state == json.loads(json.dumps(state))
    assert [layer["class_name"] for layer in state["layers"]] == ["Conv2D", "Conv2D", "MaxPooling2D"]
    assert state["ink"] == [[2, 9], [3, 4]], "each cell once and in order"
    assert state["labels"] == [*"0123456789"]
    kernel, bias = model.layers[-1].get_weights()
    assert np.allclose(state["kernel"], kernel, rtol=5.1e-4, atol=0)
    assert np.allclose(state["bias"], bias, rtol=5.1e-4, atol=0)
    assert np.allclose(state["layers"][1]["kernel"], model.layers[1].kernel, rtol=5.1e-4, atol=0)
    numbers = [state["kernel"], state["bias"], *(layer[name] for layer in state["layers"][:2] for name in ("kernel", "bias"))]  # fmt: skip
    for number in np.concatenate([np.ravel(part) for part in numbers]):
        assert float(f"{number:.4g}") == number
    assert repr(pad) == "Sketchpad(Conv2D, Conv2D, MaxPooling2D, Flatten, Dense)"


def test_the_page_keeps_little():
    assert len(still(Sketchpad(usual()).state)) < 25_000


def test_ink_becomes_pixels_by_hand():
    bar = [[row, column] for row in range(32) for column in range(4)]  # thrice thicker: 10 columns in the middle
    assert blocks(bar).tolist() == [[0, 0, 0.25, 1, 1, 0.25, 0, 0]] * 8
    line = [[9, column] for column in range(2, 30)]  # as high as the pad, and no wider than 18 columns
    assert blocks(line).tolist() == [[0, 0.25, 1, 1, 1, 1, 0.25, 0]] * 8
    stairs = [[0, 0], [1, 0], [1, 1]]  # three quarters of 18 x 32
    assert blocks(stairs).tolist() == [[0, 0.25, 1, 1, 0, 0, 0, 0]] * 4 + [[0, 0.25, 1, 1, 1, 1, 0.25, 0]] * 4
    for slanted in (
        [[row, 31 - row] for row in range(32)],
        [[row, row] for row in range(32)],
    ):  # upright, thrice thicker
        assert blocks(slanted).tolist() == [[0, 0, 0, 1, 0.75, 0, 0, 0]] * 8
    assert blocks([]).tolist() == [[0] * 8] * 8


def test_where_and_how_large_one_draws_does_not_matter():
    shape = np.array(drawn([[(3, 4), (3, 10), (12, 4), (12, 10)]]))
    assert np.ptp(shape, axis=0).max() < 15
    wanted = blocks(shape.copy())
    assert np.array_equal(blocks(shape + np.array([15, 17])), wanted)
    larger = [[2 * row + r, 2 * column + c] for row, column in shape for r in range(2) for c in range(2)]
    assert np.array_equal(blocks(larger), wanted)
    lone = shape.copy()
    blocks(lone)
    assert np.array_equal(lone, shape), "what is given stays as it is"


def test_the_pen_is_round_and_leaves_no_gap():
    dot = drawn([[(10.5, 20.5)]])
    assert dot == [[9, 19], [9, 20], [9, 21], [10, 19], [10, 20], [10, 21], [11, 19], [11, 20], [11, 21]]
    assert drawn([]) == []
    points = [(2.0, 3.0), (28.0, 9.0), (15.0, 30.0)]
    ink = np.zeros((32, 32))
    ink[tuple(np.transpose(drawn([points])))] = 1
    for (r, c), (to_r, to_c) in pairwise(points):
        for part in np.linspace(0, 1, 60):
            assert ink[int(r + part * (to_r - r)), int(c + part * (to_c - c))]


@pytest.mark.parametrize("name", MODELS)
def test_the_pad_reads_what_the_model_reads(name):
    model = MODELS[name]()
    pad = Sketchpad(model, labels=labels_of(model))
    for ink in random_inks(20)[1:]:
        pad.ink = ink
        assert pad.pixels.dtype == pad.probabilities.dtype == np.float32
        scores = model(pad.pixels[np.newaxis, ..., np.newaxis])[0]
        if model.layers[-1].activation is None:
            scores = np.exp(scores) / np.exp(scores).sum()
        assert np.allclose(pad.probabilities, scores, atol=0.01), "only the weights were rounded"
        assert pad.reading == pad.labels[pad.probabilities.argmax()]
        assert pad.sentence == sentence(pad.labels, probabilities(pad.state))


def test_an_empty_pad_is_not_read():
    pad = Sketchpad(usual())
    assert pad.ink == []
    assert pad.reading == ""
    assert pad.sentence == "Draw a digit."
    assert pad.probabilities.tolist() == [0] * 10
    assert pad.pixels.shape == (8, 8)
    assert not pad.pixels.any()


def test_the_examples_are_read():
    for name, strokes in EXAMPLES.items():
        pad = knows_examples(ink=drawn(strokes))
        assert pad.reading == name
        assert pad.sentence.startswith(f"Looks like a {name} (")


@pytest.mark.parametrize(
    ("chances", "words"),
    [
        ([0, 0, 0.04, 0.92, 0.04], "Looks like a 3 (92\xa0%). Next: 2 (4\xa0%)."),
        ([0.41, 0.33, 0.26, 0, 0], "Not sure: 0 (41\xa0%) or 1 (33\xa0%)."),
        ([0, 0.5, 0.5, 0, 0], "Looks like a 1 (50\xa0%). Next: 2 (50\xa0%)."),
        ([0.4999, 0, 0.5001, 0, 0], "Looks like a 2 (50\xa0%). Next: 0 (50\xa0%)."),
        ([0, 0, 0, 0, 1], "Looks like a 4 (100\xa0%). Next: 0 (0\xa0%)."),
        ([0.125, 0, 0, 0, 0.875], "Looks like a 4 (88\xa0%). Next: 0 (13\xa0%)."),
        ([0, 0, 0, 0, 0], "Draw a digit."),
    ],
)
def test_the_sentence(chances, words):
    assert sentence("01234", chances) == words


def test_the_sentence_has_the_right_article():
    said = [sentence([label, "-"], [1, 0]).split()[2] for label in ("8", "18", "apple", "Onion", "pear", "7", "x")]
    assert said == ["an", "a", "an", "an", "a", "a", "a"]


@pytest.mark.parametrize(
    "ink", ["3", 5, None, [1, 2], [[1, 2, 3]], [[0, 32]], [[-1, 0]], [[0.5, 1]], [[True, False]], [[1, 2], [3]], [["a", "b"]]]
)  # fmt: skip
def test_ink_outside_the_pad_is_refused(ink):
    pad = Sketchpad(usual(), ink=[[1, 2]])
    with pytest.raises(
        ValueError, match=r"ink must be a list of \[row, column\] cells .* from 0 to 31, got .* \[\] clears"
    ):
        pad.ink = ink
    assert pad.ink == [[1, 2]]


class Own(Conv2D):
    pass


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        (lambda: Sketchpad([Flatten()]), TypeError, r"takes a convtools Sequential, got \[Flatten\]\. Write Sequential"),
        (lambda: Sketchpad(Sequential([Conv2D(2, 3), Flatten(), Dense(10)])), ValueError, r"\(8, 8, 1\), got one that is not built\. Pass input_shape"),
        (lambda: Sketchpad(Sequential([Flatten(input_shape=(8, 8)), Dense(10)])), ValueError, r"got one for samples of shape \(8, 8\)\."),
        (lambda: Sketchpad(Sequential([Flatten(input_shape=SHAPE)])), ValueError, r"one Flatten and one Dense, got \[Flatten\]\. Leave"),
        (lambda: Sketchpad(Sequential([Flatten(input_shape=SHAPE), Dense(9), Dense(10)])), ValueError, r"got \[Flatten, Dense, Dense\]"),
        (lambda: Sketchpad(Sequential([Conv2D(2, 3, input_shape=SHAPE), Flatten()])), ValueError, r"got \[Conv2D, Flatten\]"),
        (lambda: Sketchpad(network(Own(2, 3, input_shape=SHAPE))), ValueError, r"any of Conv2D, ReLU, MaxPooling2D, AveragePooling2D, .* got \[Own, "),
        (lambda: Sketchpad(network(activation="relu")), ValueError, r'activation "softmax" or None, got \'relu\'\. Its outputs'),
        (lambda: Sketchpad(network(units=3)), ValueError, r"each of the model's 3 outputs, got \['0', "),
        (lambda: Sketchpad(network(units=2), labels=["a", "a"]), ValueError, r"two different ones, .* got \['a', 'a'\]"),
        (lambda: Sketchpad(network(units=1), labels=["a"]), ValueError, r"at least two .* 1 outputs"),
        (lambda: Sketchpad(network(units=2), labels="ab"), TypeError, r"labels must be a list of texts, got 'ab'\. Write"),
        (lambda: Sketchpad(network(units=2), labels=[1, 2]), TypeError, r"labels must be a list of texts, got \[1, 2\]"),
        (lambda: Sketchpad(network(units=2), labels=["", "b"]), TypeError, r"labels must be a list of texts"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_refused_in_words(asked, error, words):
    with pytest.raises(error, match=words):
        asked()


def test_weights_that_are_no_numbers_are_refused():
    model = network(units=2)
    model.set_weights([np.full((64, 2), np.nan), [0, 0]])
    with pytest.raises(ValueError, match=r"The Dense layer's kernel must hold finite numbers"):
        Sketchpad(model, labels=["a", "b"])


def test_layers_for_sequences_are_refused():
    with pytest.raises(ValueError, match=r"got one for samples of shape \(8, 1\)"):
        Sketchpad(Sequential([Conv1D(1, 3, input_shape=(8, 1)), Flatten(), Dense(10)]))


def test_the_still_says_what_can_be_done_and_what_was_read():
    pad = Sketchpad(usual())
    soup = BeautifulSoup(made_up.still(pad), "html.parser")
    assert json.loads(soup.figure["data-state"]) == pad.state
    assert (
        soup.text.strip()
        == "With JavaScript you can draw a digit here, with finger, mouse or keys, and a small network reads it."
    )
    pad.ink = drawn(EXAMPLES["2"])
    soup = BeautifulSoup(made_up.still(pad), "html.parser")
    assert json.loads(soup.figure["data-state"]) == pad.state
    assert pad.sentence in soup.text
    rows = [[cell.text for cell in row.select("th, td")] for row in soup.select("tr")]
    assert rows == [[label, percent(p)] for label, p in zip(pad.labels, pad.probabilities, strict=True)]
    assert soup.find_all(["script", "style", "input", "button"]) == []


def test_the_still_is_safe_text():
    pad = Sketchpad(network(units=2), labels=["<b>x</b>", '"&'], ink=[[1, 1]])
    soup = BeautifulSoup(still(pad.state), "html.parser")
    assert soup.find_all("b") == []
    assert [cell.text for cell in soup.select("th")] == ["<b>x</b>", '"&']
    assert json.loads(soup.figure["data-state"]) == pad.state


# ----------------------------------------------------------- in the page

# views[n] shows models[n % models.length], as in JupyterLab; what the status says is noted.
MOUNT = """async ([text, states, views]) => {
  window.module ??= await import(URL.createObjectURL(new Blob([text], {type: "text/javascript"})));
  document.body.replaceChildren();
  window.models = states.map((state) => {
    const heard = new Set();
    return {
      state, heard, saved: 0,
      get: (key) => state[key],
      set(key, value) {
        const same = JSON.stringify(state[key]) === JSON.stringify(value);
        state[key] = value;
        if (!same) [...heard].forEach((listener) => listener());
      },
      on(event, listener) { if (event === "change:ink") heard.add(listener); },
      off(event, listener) { heard.delete(listener); },
      save_changes() { this.saved += 1; },
    };
  });
  window.cleanUps = Array.from({length: views}, (_, n) => {
    const el = document.createElement("div");
    document.body.append(el);
    return module.default.render({model: models[n % models.length], el});
  });
  window.said = [];
  const reading = document.querySelector(".ct-reading");
  if (reading) new MutationObserver(() => said.push(reading.textContent)).observe(reading, {childList: true});
}"""


class Page:
    """A pad in the page, and hands."""

    def __init__(self, page, *pads, views=None):
        self.page, self.pads = page, pads
        page.evaluate(MOUNT, [page_parts.module("sketchpad"), [pad.state for pad in pads], views or len(pads)])
        self.all = page.locator(".ct-widget").all()
        self.root = self.all[0]
        self.pad = self.root.get_by_role("application")

    @property
    def ink(self):
        return self.page.evaluate("models[0].state.ink")

    @property
    def said(self):
        return self.page.evaluate("said")

    def sentence(self, view=0):
        return self.all[view].locator(".ct-reading").text_content()

    def press(self, name):
        self.root.get_by_role("button", name=name, exact=True).click()

    def is_off(self, name):
        return self.root.get_by_role("button", name=name, exact=True).get_attribute("aria-disabled") == "true"

    def at(self, row, column):
        """The place of a point of the pad on the screen."""
        box = self.pad.bounding_box()
        return box["x"] + column * box["width"] / 32, box["y"] + row * box["height"] / 32

    def draw(self, stroke, lift=True):
        mouse = self.page.mouse
        mouse.move(*self.at(*stroke[0]))
        mouse.down()
        for point in stroke:
            mouse.move(*self.at(*point))
        if lift:
            mouse.up()

    def shows(self, pad, view=0):
        """Hold everything that is to be seen against Python."""
        root = self.all[view]
        assert root.locator(".ct-reading").text_content() == pad.sentence
        counts = np.array(root.locator(".ct-got td").all_text_contents(), float).reshape(8, 8)
        assert np.array_equal(counts, pad.pixels * 16)
        rows = root.locator(".ct-chances tr").all()
        wanted = [percent(p) if pad.ink else "·" for p in pad.probabilities.astype(float)]
        assert [row.locator("td span").nth(1).text_content() for row in rows] == wanted
        assert [row.locator("th").text_content() for row in rows] == pad.labels
        marked = [
            label for row, label in zip(rows, pad.labels, strict=True) if row.locator(".ct-most-sign").is_visible()
        ]
        assert marked == ([pad.reading] if pad.ink else [])


@pytest.fixture(scope="module")
def blank(chromium):
    context = chromium.new_context(viewport={"width": 800, "height": 900})
    page = context.new_page()
    page.set_content(
        f"<!doctype html><style>body {{ margin: 8px }} {page_parts.style('sketchpad')}</style><body></body>"
    )
    yield page
    context.close()


ASK = """([states, inks]) => states.map((state) => inks.map((ink) => {
  const { pixels, chances } = module.readInk(state, ink);
  return { pixels: [...pixels.data], chances, words: module.verdictOf(state.labels, chances) };
}))"""


def test_the_page_computes_what_python_computes(blank):
    inks = random_inks(120)
    models = [make() for make in MODELS.values()]
    pads = [Sketchpad(model, labels=labels_of(model)) for model in models]
    Page(blank, *pads)
    words = set()
    for pad, answers in zip(pads, blank.evaluate(ASK, [[pad.state for pad in pads], inks]), strict=True):
        for ink, answer in zip(inks, answers, strict=True):
            pad.ink = ink
            assert np.array_equal(np.reshape(answer["pixels"], (8, 8)), pad.pixels)
            assert np.allclose(answer["chances"], probabilities(pad.state), rtol=0, atol=1e-6)
            assert answer["words"] == pad.sentence
            words.add(pad.sentence.split()[0])
    assert words == {"Looks", "Not", "Draw"}


def test_the_page_says_what_python_says_of_any_chances(blank):
    Page(blank, knows_examples())
    rng = np.random.default_rng(1)
    rows = [*rng.dirichlet([0.3] * 5, 200).tolist(), [0.125, 0.875, 0, 0, 0], [0.2] * 5, [0, 0.5, 0.5, 0, 0], [0] * 5]
    labels = ["8", "apple", "Ü", "3", "x y"]
    said = blank.evaluate("([labels, rows]) => rows.map((row) => module.verdictOf(labels, row))", [labels, rows])
    assert said == [sentence(labels, row) for row in rows]


def test_the_page_draws_as_python_draws(blank):
    Page(blank, knows_examples())
    rng = np.random.default_rng(2)
    strokes = [rng.uniform(-4, 36, (2, n, 2)).tolist() for n in rng.integers(1, 6, 60)] + list(EXAMPLES.values())
    assert blank.evaluate("(all) => all.map(module.drawn)", strokes) == [drawn(one) for one in strokes]


@pytest.mark.parametrize("name", MODELS)
def test_all_is_shown(blank, name):
    model = MODELS[name]()
    pad = Sketchpad(model, labels=labels_of(model), ink=drawn(EXAMPLES["3"]))
    shown = Page(blank, pad)
    shown.shows(pad)
    headings = shown.root.locator(".ct-heading").all_text_contents()
    if name == "usual":
        assert headings == [
            "after Conv2D: 8 maps of 6 × 6",
            "after Conv2D: 16 maps of 4 × 4",
            "after MaxPooling2D: 16 maps of 2 × 2",
        ]
    elif name == "same":
        assert headings == [
            "after Conv2D: 3 maps of 8 × 8",
            "after ReLU: 3 maps of 8 × 8",
            "after AveragePooling2D: 3 maps of 4 × 4",
        ]
    else:
        assert headings == {"strides": ["after Conv2D: 2 maps of 3 × 6"], "dense": []}[name]
    for heading in headings:
        assert shown.root.get_by_role("img", name=heading).count() == 1


PIXELS = """(all) => all.map((canvas) => {
  const copy = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
  const context = copy.getContext("2d", { willReadFrequently: true }); // else the browser complains
  context.drawImage(canvas, 0, 0);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  return { shape: [canvas.height, canvas.width], data: [...data] };
})"""


def test_the_maps_are_painted(blank):
    """A filter that takes half away from a cell and one that doubles it: blue and orange, by the root of the value."""
    model = network(Conv2D(2, 1, use_bias=False, input_shape=SHAPE))
    model.set_weights([[[[[-0.5, 1]]]], *model.get_weights()[1:]])
    shown = Page(blank, pad := Sketchpad(model, ink=drawn(EXAMPLES["7"])))
    low, high = shown.root.locator(".ct-sketch-maps canvas").evaluate_all(PIXELS)
    for made, colour, part in ((low, (0x5B, 0x9F, 0xDC), 0.5), (high, (0xEC, 0x8F, 0x35), 1)):
        painted = np.reshape(made["data"], (8, 8, 4))
        assert np.allclose(painted[..., 3], 255 * np.sqrt(part * pad.pixels), atol=1.5)
        strong = painted[painted[..., 3] > 150]
        assert len(strong) > 5
        assert np.allclose(strong[:, :3], colour, atol=2)
    pad.ink = []
    shown.press("Clear")
    for made in shown.root.locator(".ct-sketch-maps canvas").evaluate_all(PIXELS):
        assert not any(made["data"])
    shown.shows(pad)


def test_a_mouse_draws_and_the_network_reads(blank):
    for name, strokes in EXAMPLES.items():
        shown = Page(blank, pad := knows_examples())
        assert shown.sentence() == "Draw a digit."
        for stroke in strokes:
            shown.draw(stroke)
        pad.ink = drawn(strokes)
        assert len(pad.ink) > 100
        assert shown.ink == pad.ink, "what was drawn is what Python draws"
        shown.shows(pad)
        assert shown.sentence().startswith(f"Looks like a {name} (")
        assert blank.evaluate("models[0].saved") == len(strokes)
        (painted,) = shown.root.locator(".ct-sketch canvas").evaluate_all(PIXELS)
        opaque = np.reshape(painted["data"], (32, 32, 4))[..., 3] == 255
        assert np.argwhere(opaque).tolist() == pad.ink


def test_the_sentence_waits_for_the_end_of_a_stroke(blank):
    shown = Page(blank, pad := knows_examples())
    shown.draw(EXAMPLES["2"][0], lift=False)
    assert shown.said == []
    assert shown.sentence() == "Draw a digit."
    assert shown.ink == [], "nothing is told before the end of the stroke"
    pad.ink = drawn(EXAMPLES["2"])
    assert shown.root.locator(".ct-most th").text_content() == "2", "the bars follow at once"
    blank.mouse.up()
    assert shown.said == [pad.sentence]
    assert shown.root.locator(".ct-reading").get_attribute("aria-live") == "polite"


def test_other_buttons_and_other_fingers_do_not_draw(blank):
    shown = Page(blank, knows_examples())
    blank.mouse.move(*shown.at(10, 10))
    blank.mouse.down(button="right")
    blank.mouse.move(*shown.at(20, 20))
    blank.mouse.up(button="right")
    blank.mouse.move(*shown.at(25, 5))
    assert shown.ink == []


def test_a_stroke_may_leave_the_pad_and_come_back(blank):
    shown = Page(blank, knows_examples())
    stroke = [(16, 28), (16, 40), (24, 40), (24, 20)]
    shown.draw(stroke)
    assert shown.ink == drawn([stroke])


# What the reader sees may not move: the places of all that stands still.
PLACES = """(root) => [...root.querySelectorAll("p:not(.ct-hidden), td, th, canvas, button, table, caption, [role='img']")].map((part) => {
  const { x, y, width, height } = part.getBoundingClientRect();
  return [part.tagName, x, y, width, height].join(" ");
})"""


@pytest.mark.parametrize("in_words", [False, True])
@pytest.mark.parametrize("width", [360, 800])
def test_nothing_moves_while_drawing(blank, width, in_words):
    blank.set_viewport_size({"width": width, "height": 900})
    shown = Page(blank, knows_examples(labels=["ankle boot", "evening dress", "trouser suit"]) if in_words else Sketchpad(usual()))  # fmt: skip
    places = shown.root.evaluate(PLACES)
    assert len(places) > 80
    for strokes in EXAMPLES.values():
        for stroke in strokes:
            shown.draw(stroke, lift=False)
            assert shown.root.evaluate(PLACES) == places
            blank.mouse.up()
            assert shown.root.evaluate(PLACES) == places
    shown.press("Clear")
    assert shown.root.evaluate(PLACES) == places
    blank.set_viewport_size({"width": 800, "height": 900})


def test_undo_takes_back_strokes_one_by_one(blank):
    shown = Page(blank, pad := knows_examples())
    assert shown.is_off("Undo")
    assert shown.is_off("Clear")
    first, second = EXAMPLES["3"]
    shown.draw(first)
    shown.draw(second)
    assert shown.ink == drawn([first, second])
    shown.press("Clear")
    assert shown.ink == []
    assert shown.is_off("Clear")
    for pad.ink in (drawn([first, second]), drawn([first]), []):
        assert not shown.is_off("Undo")
        shown.press("Undo")
        assert shown.ink == pad.ink
        shown.shows(pad)
    assert shown.is_off("Undo")
    for name in ("Undo", "Clear"):  # as keys and screen readers can
        shown.root.get_by_role("button", name=name, exact=True).focus()
        blank.keyboard.press("Enter")
    assert shown.ink == []
    assert blank.evaluate("document.activeElement.textContent") == "Clear", "the focus stays"


def test_the_examples_lay_real_ink(blank):
    shown = Page(blank, pad := knows_examples())
    for name, strokes in EXAMPLES.items():
        shown.press(f"Try a {name}")
        pad.ink = drawn(strokes)
        assert shown.ink == pad.ink
        shown.shows(pad)
    shown = Page(blank, Sketchpad(network(units=2), labels=["8", "3"]))
    names = shown.root.get_by_role("button").all_text_contents()
    assert names == ["Undo", "Clear", "Try a 3"], "only examples that the network has a label for"


def test_keys_draw_and_the_network_reads(blank):
    shown = Page(blank, knows_examples())
    keys = blank.keyboard
    shown.pad.focus()
    pen = shown.root.locator(".ct-pen")
    keys.press("ArrowUp")
    assert pen.is_visible()
    assert shown.pad.locator("..").locator("[aria-live]").text_content() == "Row 13, column 15, pen up."
    assert shown.ink == []
    for key in ["ArrowUp"] * 4 + ["ArrowLeft"] * 3:
        keys.press(key)
    keys.press(" ")
    assert shown.said == []
    for key in ["ArrowRight"] * 6 + ["ArrowDown"] * 2:
        keys.press(key)
    assert shown.pad.locator("..").locator("[aria-live]").text_content() == "Row 9, column 21, pen down."
    assert shown.ink == []
    keys.press("Space")
    assert shown.ink == drawn([[(5.5, 9.5), (5.5, 21.5), (9.5, 21.5)]])
    assert len(shown.said) == 1
    keys.press("ArrowDown")
    assert len(shown.said) == 1, "the pen is up"
    keys.press("Enter")
    keys.press("ArrowDown")
    keys.press("Escape")
    assert shown.ink == drawn([[(5.5, 9.5), (5.5, 21.5), (9.5, 21.5)], [(11.5, 21.5), (13.5, 21.5)]])
    keys.press("Control+z")
    assert shown.ink == drawn([[(5.5, 9.5), (5.5, 21.5), (9.5, 21.5)]])
    keys.press("Backspace")
    assert shown.ink == []
    assert shown.sentence() == "Draw a digit."


def test_the_keys_pen_lies_where_it_draws_and_stays_on_the_pad(blank):
    shown = Page(blank, knows_examples())
    shown.pad.focus()
    for key, (row, column) in {
        "ArrowRight": (15, 31),
        "ArrowDown": (31, 31),
        "ArrowLeft": (31, 0),
        "ArrowUp": (0, 0),
    }.items():
        for _ in range(17):
            blank.keyboard.press(key)
        box = shown.root.locator(".ct-pen").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        assert np.allclose((x, y), shown.at(row + 0.5, column + 0.5), atol=0.6)
    blank.keyboard.press(" ")
    blank.keyboard.press("Tab")
    assert shown.ink == drawn([[(0.5, 0.5)]]), "who goes on has lifted the pen"
    assert blank.evaluate("document.activeElement.textContent") == "Undo"


def test_other_keys_are_left_alone(blank):
    Page(blank, knows_examples())
    blank.evaluate(
        "() => { window.left = []; document.body.onkeydown = (event) => left.push([event.key, event.defaultPrevented]); }"
    )
    blank.get_by_role("application").focus()
    for key in ("a", "Home", "F2", "Alt+ArrowUp", "Control+a"):
        blank.keyboard.press(key)
    heard = [prevented for name, prevented in blank.evaluate("left") if name not in ("Alt", "Control")]
    assert heard == [False] * 5


def test_python_and_all_views_stay_in_step(blank):
    shown = Page(blank, pad := knows_examples(), views=2)
    for ink in (drawn(EXAMPLES["7"]), drawn(EXAMPLES["2"])):
        pad.set_state({"ink": ink})  # as it comes from the page
        blank.evaluate("(ink) => models[0].set('ink', ink)", ink)
        shown.shows(pad)
        shown.shows(pad, view=1)
    assert blank.evaluate("models[0].saved") == 0, "what came from Python does not go back"
    shown.draw([(3, 3), (20, 25)])
    pad.ink = shown.ink
    assert len(pad.ink) > len(ink)
    shown.shows(pad, view=1)
    shown.press("Undo")
    pad.ink = ink
    shown.shows(pad)
    shown.shows(pad, view=1)


def test_clean_up_leaves_nothing(blank):
    Page(blank, knows_examples(), views=2)
    blank.evaluate("cleanUps.forEach((cleanUp) => cleanUp())")
    assert blank.evaluate("[models[0].heard.size, document.body.textContent]") == [0, ""]


def test_every_control_is_large_named_and_keeps_its_keys(blank):
    blank.set_viewport_size(PHONE)
    shown = Page(blank, Sketchpad(usual()))
    for control in [*shown.root.get_by_role("button").all(), shown.pad]:
        box = control.bounding_box()
        assert min(box["width"], box["height"]) >= 44
        assert control.get_attribute("data-lm-suppress-shortcuts") == "true"
    box = shown.pad.bounding_box()
    assert box["width"] == box["height"] >= 256
    assert box["width"] % 32 == 0, "every cell is as large as the others"
    described = shown.pad.get_attribute("aria-describedby")
    assert "arrows move the pen" in shown.root.locator(f"#{described}").text_content()
    assert blank.evaluate("document.documentElement.scrollWidth") == 360
    blank.set_viewport_size({"width": 800, "height": 900})


# ------------------------------------------------------ in a page of the book


@pytest.fixture
def written(tmp_path):
    return made_up.write(tmp_path, '<h1 style="color: var(--ink)">Pads</h1>', made_up.still(knows_examples()), made_up.still(Sketchpad(usual(), ink=drawn(EXAMPLES["3"]))))  # fmt: skip


def touch(page, *places):
    client = page.context.new_cdp_session(page)
    for n, (x, y) in enumerate(places):
        kind = "touchMove" if n else "touchStart"
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_a_finger_draws_on_the_pad_and_scrolls_beside_it(chromium, written):
    with chromium.new_context(viewport=PHONE, has_touch=True, is_mobile=True) as context:
        page, complaints = made_up.opened(context, written.as_uri())
        pad = page.get_by_role("application").first
        pad.wait_for()
        box = pad.bounding_box()
        strokes = EXAMPLES["2"]
        touch(page, *((box["x"] + c * box["width"] / 32, box["y"] + r * box["height"] / 32) for r, c in strokes[0]))
        reading = page.locator(".ct-reading").first
        page.wait_for_function("(said) => said.textContent !== 'Draw a digit.'", arg=reading.element_handle())
        assert reading.text_content().startswith("Looks like a 2 (")
        assert page.evaluate("scrollY") == 0
        below = page.locator(".ct-chances").first.bounding_box()
        x, y = below["x"] + 100, below["y"] + 100
        touch(page, *((x, y - step) for step in range(0, 300, 20)))
        page.wait_for_function("scrollY > 100")
        assert reading.text_content().startswith("Looks like a 2 (")
        assert complaints == []


def test_the_book_page_mounts_it_without_a_complaint(chromium, written):
    with chromium.new_context(viewport=PHONE) as context:
        page, complaints = made_up.opened(context, written.as_uri())
        for figure in page.locator("figure.ct-sketchpad").all():
            figure.scroll_into_view_if_needed()
            figure.locator(".ct-live .ct-widget").wait_for()
            assert figure.locator(".ct-still").is_hidden()
        last = page.locator(".ct-reading").last
        assert last.text_content() == Sketchpad(usual(), ink=drawn(EXAMPLES["3"])).sentence
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        assert pages.axe(page) == []
        first_map = page.locator(".ct-sketch-maps canvas").first
        light = first_map.evaluate_all(PIXELS)
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        page.wait_for_function(f"(before) => JSON.stringify(({PIXELS})([document.querySelector('.ct-sketch-maps canvas')])) !== before", arg=json.dumps(light, separators=(",", ":")))  # fmt: skip
        assert pages.axe(page) == []
        page.emulate_media(media="print")
        assert page.locator(".ct-live").first.is_hidden()
        assert page.locator(".ct-still").first.is_visible()
        assert complaints == []


def test_a_host_serves_it_as_well(chromium, written):
    with chromium.new_context() as context:
        made_up.serve(context, written.parent)
        page, complaints = made_up.opened(context, made_up.HOST + "page.html")
        page.get_by_role("button", name="Try a 7").first.click()
        assert page.locator(".ct-reading").first.text_content() == knows_examples(ink=drawn(EXAMPLES["7"])).sentence
        assert complaints == []


def test_without_javascript_it_says_what_could_be_done(chromium, written):
    with chromium.new_context(java_script_enabled=False, viewport=PHONE) as context:
        page = context.new_page()
        page.goto(written.as_uri())
        first, second = page.locator("figure.ct-sketchpad").all()
        assert first.get_by_text("With JavaScript you can draw a digit here").is_visible()
        assert first.locator("table").count() == 0
        assert second.get_by_text("Probabilities").is_visible()
        assert second.locator("tr").count() == 10
