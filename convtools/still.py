"""One step of the sliding filter as plain HTML: what stands in the page before the stepper moves, and in print."""

import json
from html import escape

import numpy as np

from convtools.words import number


def still(state, steps):
    """Return a figure with the state in `data-state`, tables of the most telling step, and its sentence.

    state: the stepper's state as JSON-ready dict; steps: its trace. The step drawn is the first whose
    output is farthest from zero; the map is shown whole.

    >>> from convtools.trace import trace
    >>> still({"input": [[0], [1]]}, trace([0, 1], [2])).splitlines()[-2]
    '<figcaption class="ct-still ct-caption">Step 2 of 2. The filter covers input 1: 1·2 = 2.</figcaption>'
    """
    step = max(steps, key=lambda step: abs(step.output))
    draw = _sequence if len(step.taps) == 1 else _image
    data = escape(json.dumps(state, ensure_ascii=False, separators=(",", ":")))
    return (
        f'<figure class="ct-stepper" data-state="{data}">\n<div class="ct-still">\n'
        + "\n".join(draw(np.array(state["input"]), step, steps))
        + f'\n</div>\n<figcaption class="ct-still ct-caption">{escape(step.sentence)}</figcaption>\n</figure>'
    )


def _sequence(x, step, steps):
    """Yield one table: every cell in its column, padding included, each output under its window's middle."""
    first, last = min(0, steps[0].taps[0][0]), max(len(x) - 1, steps[-1].taps[0][-1])
    columns = range(first, last + 1)
    several = x.shape[1] > 1
    yield '<table class="ct-table">'
    for channel, name in enumerate(step.channel_names):
        covered = dict(zip(step.taps[0], step.kernel[:, channel], strict=True))
        padded = {column: x[column, channel] if 0 <= column < len(x) else None for column in columns}
        yield _row(f"input {name}" if several else "input", [_cell(padded[c], c in covered) for c in columns])
        weights = [_cell(covered[c], True) if c in covered else _EMPTY for c in columns]
        yield _row(f"filter {name}" if several else "filter", weights)
    outputs = {s.taps[0][0] + (s.taps[0][-1] - s.taps[0][0]) // 2: s for s in steps}
    yield _row("map", [_cell(outputs[c].output, outputs[c] is step) if c in outputs else _EMPTY for c in columns])
    yield "</table>"


def _image(x, step, steps):
    """Yield a table for each channel, for its slice of the filter, and for the map."""
    several = x.shape[2] > 1
    rows, columns = step.taps
    for channel, name in enumerate(step.channel_names):
        yield from _grid(f"input, {name}" if several else "input", x[..., channel], set(rows), set(columns))
        yield from _grid(f"filter, {name}" if several else "filter", step.kernel[..., channel], (), ())
    outputs = np.array([s.output for s in steps]).reshape(np.array(steps[-1].position) + 1)
    yield from _grid("map", outputs, {step.position[0]}, {step.position[1]})


def _grid(name, values, now_rows, now_columns):
    yield f'<table class="ct-table"><caption>{escape(name)}</caption>'
    for row, line in enumerate(values):
        cells = (_cell(v, row in now_rows and column in now_columns) for column, v in enumerate(line))
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</table>"


_EMPTY = '<td class="ct-empty"></td>'


def _row(name, cells):
    return f'<tr><th scope="row">{escape(name)}</th>{"".join(cells)}</tr>'


def _cell(value, now):
    """One value; None is padding. What the filter covers, and its output, is bold."""
    text = "0" if value is None else number(value)
    classes = "ct-cell" + (" ct-pad" if value is None else "") + (" ct-now" if now else "")
    return f'<td class="{classes}">{f"<b>{text}</b>" if now else text}</td>'
