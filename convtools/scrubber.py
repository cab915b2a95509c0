"""A recorded training run of one filter, to be moved through record by record, in the notebook and in the page."""

import json
import reprlib
from decimal import ROUND_HALF_UP, Decimal
from html import escape
from itertools import pairwise

import anywidget
import numpy as np
import traitlets

from convtools import page
from convtools.maps import network
from convtools.settings import finite, plain, rounded
from convtools.shapes import whole_number
from convtools.words import number

STATE = ("input", "kernels", "biases", "losses", "steps", "goal", "at")
CELLS, LONGEST, WIDTH, RECORDS = 1024, 64, 11, 500  # how much a page can show


class _At(traitlets.TraitType):
    """Which record is shown: checked before anything changes."""

    def validate(self, scrubber, value):
        at, count = whole_number("at", value, smallest=0), len(scrubber.losses)
        if at >= count:
            raise ValueError(f"at must be at most {count - 1}, got {at}. There are {count} records, counted from 0.")
        return at


class Scrubber(anywidget.AnyWidget):
    """A slider through a recorded training run: the filter, its map and the loss at every record.

    x: the image that the filter is shown on, (rows, columns), at most 1024 cells, 64 of them in a row or column.
    kernels: (records, kernel rows, kernel columns), or with two more axes of 1, as a Conv2D's weights have them:
    2 to 500 records of at most 11 rows and columns. losses: (records,), 0 or more.
    biases: (records,) or (records, 1), default 0. steps: (records,), the training step of each record: increasing
    whole numbers, default 0, 1, 2, ... goal: the map that the filter should make of x, of that shape, or None.
    at: the record that is shown first, from 0.

    Traits: `at`, both ways between Python and the page. `input`, `kernels`, `biases`, `losses`, `steps` and `goal` are
    the record, rounded to four digits; they cannot be changed. `kernel`, `loss` and `map`, float64, follow from `at`.
    The page computes by itself, so it needs no kernel of Jupyter.
    Errors: `ValueError` or `TypeError` for what cannot be shown, and for an `at` that is no record.

    >>> scrubber = Scrubber([[0, 1, 0]], kernels=[[[0, 0]], [[1, 2]]], losses=[2.5, 0], at=1)
    >>> scrubber.map
    array([[2., 1.]])
    >>> print(scrubber.sentence)
    Training step 1 of 1. Loss 0, at first 2.50. The filter's row: 1, 2.
    """

    _esm = page.module("scrubber")
    _css = page.style("scrubber")
    input = traitlets.Any(read_only=True).tag(sync=True)
    kernels = traitlets.Any(read_only=True).tag(sync=True)
    biases = traitlets.Any(read_only=True).tag(sync=True)
    losses = traitlets.Any(read_only=True).tag(sync=True)
    steps = traitlets.Any(read_only=True).tag(sync=True)
    goal = traitlets.Any(read_only=True).tag(sync=True)
    at = _At().tag(sync=True)

    def __init__(self, x, kernels, losses, biases=None, steps=None, goal=None, at=0):
        for name, value in _checked(x, kernels, losses, biases, steps, goal).items():
            self.set_trait(name, value)
        super().__init__(at=at)

    @property
    def state(self):
        """All traits as a JSON-ready dict: what the published page keeps."""
        return {name: getattr(self, name) for name in STATE}

    @property
    def kernel(self):
        """The filter of the record that is shown: (kernel rows, kernel columns)."""
        return np.array(self.kernels[self.at], np.float64)

    @property
    def loss(self):
        """The loss of the record that is shown."""
        return self.losses[self.at]

    @property
    def map(self):
        """What that filter makes of the image: (rows, columns)."""
        settings = {"strides": [1, 1], "padding": "valid", "dilation_rate": [1, 1], "activation": None, "flip": False}
        kernel, bias = self.kernel[..., np.newaxis, np.newaxis], [self.biases[self.at]]
        layer = {"class_name": "Conv2D", "kernel": kernel, "bias": bias, **settings}
        return network([layer], np.array(self.input)[..., np.newaxis])[1][..., 0]

    @property
    def sentence(self):
        """The record that is shown in words, as the page says them."""
        return sentence(self.state)

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs)
        return {**data, "text/html": still(self.state)}, metadata

    def __repr__(self):
        size = " x ".join(map(str, np.shape(self.kernels[0])))
        return f"Scrubber({len(self.losses)} records of a {size} filter, at {self.at})"


def _checked(x, kernels, losses, biases, steps, goal):
    """Return all of the state but `at`, rounded, in JSON's own types, or say what is wrong with it."""
    x, kernels, losses = finite("x", x), finite("kernels", kernels), finite("losses", losses)
    if x.ndim != 2 or x.size > CELLS or max(x.shape) > LONGEST:
        raise ValueError(
            f"x must be one image (rows, columns) of at most {CELLS} cells, {LONGEST} in a line, got shape {x.shape}. "
            f"Choose one, for example x[0, :, :, 0], or cut it."
        )
    if kernels.ndim == 5 and kernels.shape[3:] == (1, 1):
        kernels = kernels[..., 0, 0]
    if kernels.ndim != 3:
        raise ValueError(
            f"kernels must be (records, kernel rows, kernel columns), with or without two more axes of 1, "
            f"got shape {kernels.shape}. Stack the records of one filter with np.stack."
        )
    count, *size = kernels.shape
    if not 2 <= count <= RECORDS:
        raise ValueError(f"A run has 2 to {RECORDS} records, got {count}. Keep more, or every tenth: kernels[::10].")
    if max(size) > WIDTH or size[0] > x.shape[0] or size[1] > x.shape[1]:
        raise ValueError(
            f"A filter must fit its image of shape {x.shape} and have at most {WIDTH} rows and columns, "
            f"got kernels of shape {tuple(size)}. Take a smaller filter, or a larger image."
        )
    biases = np.zeros(count) if biases is None else finite("biases", biases)
    biases = biases[:, 0] if biases.shape == (count, 1) else biases
    for name, values in ("losses", losses), ("biases", biases):
        if values.shape != (count,):
            raise ValueError(f"{name} must have shape ({count},), one for each record, got {values.shape}. Match them.")
    if losses.min() < 0:
        raise ValueError(f"losses must be 0 or more, got {losses.min()}. Record the loss that training makes small.")
    shape = tuple(length - width + 1 for length, width in zip(x.shape, size, strict=True))
    goal = goal if goal is None else finite("goal", goal)
    if goal is not None and goal.shape != shape:
        raise ValueError(f"goal must have the shape of the map, {shape}, got {goal.shape}. Give what x should become.")
    numbers = {"input": x, "kernels": kernels, "biases": biases, "losses": losses}
    state = {name: plain(rounded(values)) for name, values in numbers.items()}
    return {**state, "steps": _steps(steps, count), "goal": goal if goal is None else plain(rounded(goal))}


def _steps(steps, count):
    """Return the training step of each record as ints."""
    steps = np.arange(count) if steps is None else np.asarray(steps)
    if steps.dtype.kind not in "iu":
        raise TypeError(
            f"steps must be whole numbers, got dtype {steps.dtype}. Write ints, for example range(0, 60, 10)."
        )
    if steps.shape != (count,):
        raise ValueError(f"steps must have shape ({count},), one for each record, got {steps.shape}. Match them.")
    steps = steps.tolist()
    if steps[0] < 0 or steps[-1] >= 2**53 or any(a >= b for a, b in pairwise(steps)):
        came = reprlib.repr(steps)
        raise ValueError(f"steps must increase, from 0 to below 2**53, got {came}. Sort the records.")
    return steps


SMALL = (0.1, 0.01, 0.001, 0.0001, 0.00001)


def loss_in_words(loss):
    """Write a loss, 0 or more: two decimals, below 0.1 two digits.

    >>> loss_in_words(3.412), loss_in_words(0.01234), loss_in_words(1e-7)
    ('3.41', '0.012', 'below 0.000001')
    """
    if loss == 0 or loss >= SMALL[0]:
        return number(loss)
    if loss < 0.000001:
        return "below 0.000001"
    decimals = 2 + sum(loss < limit for limit in SMALL)
    return str(Decimal(loss).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))


def sentence(state):
    """Say the record that a state shows: its step, its loss, and a filter up to 3 x 3.

    >>> run = {"kernels": [[[1], [2]], [[-1], [0.5]]], "biases": [0, 0], "losses": [3, 0.25], "steps": [0, 10]}
    >>> print(sentence({**run, "at": 1}))
    Training step 10 of 10. Loss 0.25, at first 3. The filter's rows: −1; 0.50.
    """
    at, losses, kernel = state["at"], state["losses"], state["kernels"][state["at"]]
    words = f"Training step {state['steps'][at]} of {state['steps'][-1]}. "
    words += f"Loss {loss_in_words(losses[at])}, at first {loss_in_words(losses[0])}."
    if max(len(kernel), len(kernel[0])) <= 3:
        rows = "; ".join(", ".join(map(number, row)) for row in kernel)
        words += f" The filter's row{'s' if len(kernel) > 1 else ''}: {rows}."
    if any(state["biases"]):
        words += f" Bias {number(state['biases'][at])}."
    return words


def still(state):
    """Return a figure with the state in `data-state`, the filter at the first, a middle and the last record as
    tables, and the last record's sentence.

    >>> run = {"input": [[1]], "kernels": [[[1]], [[2]]], "biases": [0, 0], "losses": [3, 0], "steps": [0, 10]}
    >>> still({**run, "goal": None, "at": 0}).splitlines()[2]
    '<table class="ct-table"><caption>filter at step 0, loss 3</caption>'
    """
    data = escape(json.dumps(state, ensure_ascii=False, separators=(",", ":")))
    last = len(state["losses"]) - 1
    tables = "\n".join(_table(state, at) for at in sorted({0, last // 2, last}))
    words = escape(sentence({**state, "at": last}), quote=False)
    return (
        f'<figure class="ct-scrubber" data-state="{data}">\n<div class="ct-still">\n{tables}\n</div>\n'
        f'<figcaption class="ct-still ct-caption">{words}</figcaption>\n</figure>'
    )


def _table(state, at):
    title = f"filter at step {state['steps'][at]}, loss {loss_in_words(state['losses'][at])}"
    rows = ("".join(f'<td class="ct-cell">{number(weight)}</td>' for weight in row) for row in state["kernels"][at])
    table = "\n".join(f"<tr>{cells}</tr>" for cells in rows)
    return f'<table class="ct-table"><caption>{title}</caption>\n{table}\n</table>'
