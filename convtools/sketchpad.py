"""A pad to draw a digit on, and a small trained network that reads it, in the notebook and in the published page."""

import json
from html import escape

import anywidget
import numpy as np
import traitlets

from convtools import page
from convtools.layers import Conv2D, Dense, Flatten, ReLU
from convtools.maps import network
from convtools.pooling import AveragePooling2D, MaxPooling2D
from convtools.sequential import Sequential
from convtools.settings import described, finite, full_layer, plain, rounded

STATE = ("layers", "kernel", "bias", "labels", "examples", "ink")
SHOWN = (Conv2D, ReLU, MaxPooling2D, AveragePooling2D)
SHAPE = (8, 8, 1)  # what the network gets
SIZE, BLOCK = 32, 4  # cells along a side of the pad, and of the block that one pixel counts
PEN = 1.75  # the pen's radius in cells
WIDE = 18  # columns that ink fills at most: about as wide are the digits of `convtools.data.digits`
LEAST = 260  # cells of ink: in those digits thin lines were made thicker, too
EXAMPLES = {  # strokes, each a list of [row, column] points on the pad
    "2": [[[9, 10], [6, 13], [5, 17], [7, 21], [11, 22], [15, 20], [21, 14], [27, 9], [27, 16], [26, 23]]],
    "3": [
        [[7, 10], [5, 14], [5, 19], [8, 22], [12, 21], [15, 15]],
        [[15, 15], [17, 21], [21, 23], [25, 21], [27, 16], [25, 10]],
    ],
    "7": [[[6, 9], [6, 15], [5, 22], [12, 19], [20, 16], [28, 14]], [[17, 11], [16, 21]]],
}


class Sketchpad(anywidget.AnyWidget):
    """A pad of 32 x 32 cells, what a network gets of it, its maps, and how sure it is of each label.

    model: a built Sequential for samples (8, 8, 1), as `convtools.data.digits` has them: any number of Conv2D, ReLU,
    MaxPooling2D and AveragePooling2D, then Flatten and a Dense with one unit for each label, whose activation is
    "softmax" (or None: then the softmax is taken here). Its weights are kept with 4 significant digits.
    labels: texts, None means "0" to "9". ink: [row, column] cells that are drawn on at the start.

    Trait, both ways between Python and the page: `ink`, a list of [row, column], 0 to 31, row by row. The others
    (layers, kernel, bias, labels, examples) are the model's. In Python follow `pixels` (float32 (8, 8)),
    `probabilities` (float32 (units,), all 0 for an empty pad), `reading` (the likeliest label, "" for an empty pad)
    and `sentence`. The page computes by itself, so it needs no kernel.
    Errors: `TypeError` or `ValueError` for another kind of model, for labels or for ink that do not fit.

    >>> model = Sequential([Flatten(input_shape=(8, 8, 1)), Dense(2)])
    >>> model.set_weights([np.zeros((64, 2)), [0, 9]])
    >>> Sketchpad(model, labels=["cat", "dog"], ink=[[5, 5]]).sentence
    'Looks like a dog (100\\xa0%). Next: cat (0\\xa0%).'
    """

    _esm = page.module("sketchpad")
    _css = page.style("sketchpad")
    layers = traitlets.List().tag(sync=True)
    kernel = traitlets.List().tag(sync=True)
    bias = traitlets.List().tag(sync=True)
    labels = traitlets.List().tag(sync=True)
    examples = traitlets.List().tag(sync=True)
    ink = traitlets.TraitType([]).tag(sync=True)  # checked below

    def __init__(self, model, labels=None, ink=()):
        *shown, dense = _parts(model)
        labels = _checked_labels(labels, dense.units)
        kernel, *bias = dense.get_weights()
        super().__init__(
            layers=_settings(shown),
            kernel=_short("The Dense layer's kernel", kernel),
            bias=_short("The Dense layer's bias", bias[0] if bias else np.zeros(dense.units)),
            labels=labels,
            examples=[[name, strokes] for name, strokes in EXAMPLES.items() if name in labels],
            ink=ink,
        )

    @property
    def state(self):
        """All traits as a JSON-ready dict: what the published page keeps."""
        return {name: getattr(self, name) for name in STATE}

    @property
    def pixels(self):
        """What the network gets: float32 (8, 8) from 0 to 1."""
        return blocks(self.ink).astype(np.float32)

    @property
    def probabilities(self):
        """How sure the network is of each label: float32 (units,), all 0 for an empty pad."""
        return probabilities(self.state).astype(np.float32)

    @property
    def reading(self):
        """The likeliest label, or "" for an empty pad."""
        return self.labels[np.argmax(probabilities(self.state))] if self.ink else ""

    @property
    def sentence(self):
        """What the page says of the ink."""
        return sentence(self.labels, probabilities(self.state))

    @traitlets.validate("ink")
    def _check(self, proposal):
        """Let in only cells of the pad, each once and in order."""
        value = proposal["value"]
        try:
            cells = np.asarray(value if len(value) else np.zeros((0, 2), int))
        except (TypeError, ValueError):
            cells = np.zeros(0)
        is_list = cells.ndim == 2 and cells.shape[1] == 2 and np.issubdtype(cells.dtype, np.integer)
        if not is_list or (cells.size and not 0 <= cells.min() <= cells.max() < SIZE):
            came = repr(value)
            raise ValueError(
                f"ink must be a list of [row, column] cells with whole numbers from 0 to {SIZE - 1}, "
                f"got {came if len(came) < 60 else came[:57] + '...'}. drawn(strokes) makes one; [] clears the pad."
            )
        return np.unique(cells, axis=0).tolist()

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs)
        return {**data, "text/html": still(self.state)}, metadata

    def __repr__(self):
        return f"Sketchpad({', '.join([*(layer['class_name'] for layer in self.layers), 'Flatten', 'Dense'])})"


def drawn(strokes):
    """Return the cells that a round pen inks, as the page draws them: a list of [row, column].

    strokes: lists of (row, column) points, from 0 to 32; the middle of the first cell is (0.5, 0.5).

    >>> drawn([[(0, 0)]])
    [[0, 0], [0, 1], [1, 0]]
    """
    rows, columns = np.mgrid[:SIZE, :SIZE] + 0.5
    ink = np.zeros((SIZE, SIZE), bool)
    for stroke in strokes:
        for (row, column), (to_row, to_column) in zip(stroke, [*stroke[1:], stroke[-1]], strict=True):
            down, across = to_row - row, to_column - column
            along = ((rows - row) * down + (columns - column) * across) / (down**2 + across**2 or 1)
            along = np.clip(along, 0, 1)  # the nearest point of this piece of the stroke
            ink |= (rows - row - along * down) ** 2 + (columns - column - along * across) ** 2 <= PEN**2
    return np.argwhere(ink).tolist()


def blocks(ink):
    """Return what the network gets of some ink: float64 (8, 8), the inked part of each block of 4 x 4 cells.

    First the ink is brought to the form of the digits in `convtools.data.digits`: its rows are pushed sideways until
    the leftmost cells of the first and the last stand below each other, it fills the height, keeps its width up to
    18 columns, stands in the middle, and is made thicker, at most three times, until it has 260 cells.

    >>> blocks([[3, 5]])[0]
    array([0.  , 0.25, 1.  , 1.  , 1.  , 1.  , 0.25, 0.  ])
    """
    box = np.zeros((SIZE, SIZE), bool)
    if len(ink):
        rows, columns = np.array(ink).T
        rows -= rows.min()
        high = rows.max() + 1
        below = max(high - 1, 1)  # from the first row to the last
        lean = columns[rows == 0].min() - columns[rows == high - 1].min()
        columns += (2 * lean * rows + below) // (2 * below)  # upright
        columns -= columns.min()
        wide = columns.max() + 1
        drawn_on = np.zeros((high, wide), bool)
        drawn_on[rows, columns] = True
        width = min(max((2 * SIZE * wide + high) // (2 * high), 1), WIDE)  # halves are rounded up
        left = (SIZE - width) // 2
        from_rows = (2 * np.arange(SIZE) + 1) * high // (2 * SIZE)
        from_columns = (2 * np.arange(width) + 1) * wide // (2 * width)
        box[:, left : left + width] = drawn_on[np.ix_(from_rows, from_columns)]
        for _ in range(3):
            if box.sum() < LEAST:
                box = _thicker(box)
    return box.reshape(SIZE // BLOCK, BLOCK, SIZE // BLOCK, BLOCK).mean(axis=(1, 3))


def _thicker(box):
    """Ink the four neighbours of every inked cell, too."""
    wide = np.pad(box, 1)
    return box | wide[:-2, 1:-1] | wide[2:, 1:-1] | wide[1:-1, :-2] | wide[1:-1, 2:]


def probabilities(state):
    """Return how sure the network of a state is of each label, float64 (units,): all 0 without ink.

    >>> state = {"layers": [], "kernel": [[0, 0]] * 64, "bias": [3, 3], "ink": [[1, 1]]}
    >>> probabilities(state)
    array([0.5, 0.5])
    """
    if not state["ink"]:
        return np.zeros(len(state["bias"]))
    maps = network(state["layers"], blocks(state["ink"])[..., np.newaxis])
    scores = maps[-1].ravel() @ np.array(state["kernel"], float) + state["bias"]
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


def sentence(labels, probabilities):
    """Say the likeliest label and the one after it; all probabilities are 0 for an empty pad.

    >>> sentence("678", [0.25, 0.125, 0.625])
    'Looks like an 8 (63\\xa0%). Next: 6 (25\\xa0%).'
    >>> sentence("678", [0.4, 0.25, 0.35])
    'Not sure: 6 (40\\xa0%) or 8 (35\\xa0%).'
    """
    probabilities = np.asarray(probabilities)
    best, second = np.argsort(-probabilities, kind="stable")[:2]
    first, other = (f"{labels[n]} ({percent(probabilities[n])})" for n in (best, second))
    if probabilities[best] == 0:
        return "Draw a digit."
    if probabilities[best] < 0.5:
        return f"Not sure: {first} or {other}."
    article = "an" if labels[best][:1] in "8aeioAEIO" else "a"
    return f"Looks like {article} {first}. Next: {other}."


def percent(part):
    """Write a part of 1 in whole percent, halves rounded up; the sign stays with its number.

    >>> percent(0.125)
    '13\\xa0%'
    """
    return f"{int(np.floor(100 * part + 0.5))}\N{NO-BREAK SPACE}%"


def still(state):
    """Return a figure with the state in `data-state`, what can be done here, and what is read if there is ink.

    >>> state = {"layers": [], "kernel": [[0, 0]] * 64, "bias": [3, 3], "labels": ["6", "8"], "examples": [], "ink": []}
    >>> still(state).count("<td")
    0
    """
    data = escape(json.dumps(state, ensure_ascii=False, separators=(",", ":")))
    read = ""
    if state["ink"]:
        chances = probabilities(state)
        rows = zip(state["labels"], chances, strict=True)
        cells = "\n".join(f'<tr><th scope="row">{escape(name)}</th><td>{percent(p)}</td></tr>' for name, p in rows)
        read = (
            f"<p>Of the digit drawn here it says: {escape(sentence(state['labels'], chances), quote=False)}</p>\n"
            f'<table class="ct-table">\n<caption>Probabilities</caption>\n{cells}\n</table>\n'
        )
    return (
        f'<figure class="ct-sketchpad" data-state="{data}">\n<div class="ct-still">\n'
        "<p>With JavaScript you can draw a digit here, with finger, mouse or keys, and a small network reads it.</p>\n"
        f"{read}</div>\n</figure>"
    )


def _parts(model):
    """Return the layers whose maps are shown and the Dense, once the model is of the kind that a pad can show."""
    if not isinstance(model, Sequential):
        raise TypeError(f"Sketchpad takes a convtools Sequential, got {model!r}. Write Sequential([...]) first.")
    if model.input_shape != SHAPE:
        came = "one that is not built" if model.input_shape is None else f"one for samples of shape {model.input_shape}"
        raise ValueError(
            f"Sketchpad takes a model for samples of shape {SHAPE}, got {came}. "
            f"Pass input_shape={SHAPE} to its first layer."
        )
    *shown, flatten, dense = [None, *model.layers] if len(model.layers) < 2 else model.layers
    wrong = next((layer for layer in shown if type(layer) not in SHOWN), None)
    if wrong is not None or type(flatten) is not Flatten or type(dense) is not Dense:
        names = ", ".join(made.__name__ for made in SHOWN)
        raise ValueError(
            f"Sketchpad takes a model of any of {names}, then one Flatten and one Dense, got {model.layers}. "
            f"Leave the others out, and end with Flatten(), Dense(...)."
        )
    if dense.activation not in (None, "linear", "softmax"):
        raise ValueError(
            f'The last Dense must have the activation "softmax" or None, got {dense.activation!r}. '
            f"Its outputs are read as probabilities."
        )
    return *shown, dense


def _checked_labels(labels, units):
    labels = [str(digit) for digit in range(10)] if labels is None else labels
    if isinstance(labels, str) or not all(isinstance(label, str) and label for label in labels):
        raise TypeError(f'labels must be a list of texts, got {labels!r}. Write labels=["yes", "no"], say.')
    labels = list(labels)
    if len(set(labels)) != len(labels) or len(labels) != units or units < 2:
        raise ValueError(
            f"labels must be at least two different ones, one for each of the model's {units} outputs, got {labels}. "
            f"Pass labels=[...], or give the Dense as many units."
        )
    return labels


def _settings(layers):
    """Return the layers as dicts of JSON's own types, weights shortened."""
    shape, all_settings = SHAPE, []
    for layer in layers:
        settings = described(layer)
        for name in {"kernel", "bias"} & set(settings):
            settings[name] = _short(f"{type(layer).__name__}'s {name}", settings[name])
        full, shape = full_layer(settings, shape)
        all_settings.append(full)
    return all_settings


def _short(name, weights):
    """Return weights as nested lists with 4 significant digits. Errors: `ValueError` for NaN or infinity."""
    return plain(finite(name, rounded(np.asarray(weights))))
