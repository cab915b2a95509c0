"""One step of the stepper as plain HTML: what stands in the page before it moves, without a script, and in print."""

import json
from html import escape

import numpy as np

from convtools.maps import axes, network, operation
from convtools.photos import to_text
from convtools.state import values
from convtools.trace import trace_step
from convtools.words import number

MANY = 4  # with more channels than that only one is shown
LARGEST = 256  # rows and columns of a photo's map
ABOVE, BELOW = (0xEC, 0x8F, 0x35), (0x5B, 0x9F, 0xDC)  # orange and blue, the ends of the scale; zero is white


def still(state, maps=None):
    """Return a figure with the state in `data-state`, the most telling step in tables or pictures, and its sentence.

    state: a stepper's checked state; maps: its network, if it is known already. The step is the first whose output
    is farthest from zero; every map is shown whole, what the step sees in it is bold. A photo stands in an
    `<img class="ct-photo">`, whose place in `data-state` is taken by "#photo", and its map in an
    `<img class="ct-photo-map">`.

    >>> from convtools.state import checked
    >>> state = {"input": [0, 1], "layers": [{"class_name": "Conv1D", "kernel": [2]}], "layer": 0, "filter": 0}
    >>> still(checked({**state, "step": 0, "channel_names": [], "controls": []})).splitlines()[-2]
    '<figcaption class="ct-still ct-caption">Step 2 of 2. The filter covers input 1: 1·2 = 2.</figcaption>'
    """
    maps = network(state["layers"], values(state)) if maps is None else maps
    shown = maps[state["layer"] + 1][..., state["filter"]]
    step = trace_step(state, int(np.argmax(np.abs(shown))), maps)
    photo = isinstance(state["input"], str)
    if photo:
        parts = _photo(state, maps[0], shown)
    elif len(state["layers"]) > 1 or step.operation != "sum":
        parts = _stack(state, maps, step)
    elif shown.ndim == 1:
        parts = _sequence(maps[0], step, shown, *axes(state["layers"][0], maps[0].shape))
    else:
        parts = _image(maps[0], step, shown)
    kept = {**state, "input": "#photo"} if photo else state
    data = escape(json.dumps(kept, ensure_ascii=False, separators=(",", ":")))
    return (
        f'<figure class="ct-stepper" data-state="{data}">\n<div class="ct-still">\n'
        + "\n".join(parts)
        + f'\n</div>\n<figcaption class="ct-still ct-caption">{escape(step.sentence)}</figcaption>\n</figure>'
    )


def _sequence(x, step, outputs, axis):
    """Yield one table: every cell in its column, padding included, each output under its window's middle."""
    every = [axis.taps(place) for place in range(axis.output)]
    columns = range(min(0, every[0][0]), max(len(x) - 1, every[-1][-1]) + 1)
    several, flipped = x.shape[1] > 1, "flipped " if step.flipped else ""
    yield '<table class="ct-table">'
    for channel, name in enumerate(step.channel_names):
        covered = dict(zip(step.taps[0], step.kernel[:, channel], strict=True))
        padded = {column: x[column, channel] if 0 <= column < len(x) else None for column in columns}
        yield _row(f"input {name}" if several else "input", [_cell(padded[c], c in covered) for c in columns])
        weights = [_cell(covered[c], True) if c in covered else _EMPTY for c in columns]
        yield _row(f"{flipped}filter {name}" if several else f"{flipped}filter", weights)
    below = {taps[0] + (taps[-1] - taps[0]) // 2: place for place, taps in enumerate(every)}
    yield _row("map", [_cell(outputs[below[c]], below[c] == step.number) if c in below else _EMPTY for c in columns])
    yield "</table>"


def _image(x, step, outputs):
    """Yield a table for each channel, for its slice of the filter, and for the map."""
    several, flipped = x.shape[2] > 1, "flipped " if step.flipped else ""
    for channel, name in enumerate(step.channel_names):
        yield from _grid(f"input, {name}" if several else "input", x[..., channel], step.taps)
        weights = f"{flipped}filter, {name}" if several else f"{flipped}filter"
        yield from _grid(weights, step.kernel[..., channel], ((), ()))
    yield from _grid("map", outputs, [[place] for place in step.position])


def _stack(state, maps, step):
    """Yield the input and what comes out of each layer: rows of one table in one dimension, else a table each."""
    parts, layers, seen = [], state["layers"], _seen(state["layers"], maps, state, step.position)
    for index, (tensor, (places, channels)) in enumerate(zip(maps, seen, strict=True)):
        title, each = "input", "channel"
        if index:
            name = layers[index - 1]["class_name"]
            title, each = f"layer {index}, {name}", "filter" if name.startswith("Conv") else "channel"
        count = tensor.shape[-1]
        for channel in range(count) if count <= MANY else [min(channels, default=0)]:
            label = f"{each} {channel}" + (f" of {count}" if count > MANY else "")
            if not index and state["channel_names"]:
                label = state["channel_names"][channel]
            now = places if channel in channels else [()] * len(places)
            parts.append((f"{title}, {label}" if count > 1 else title, tensor[..., channel], now))
    if len(step.position) == 2:
        for part in parts:
            yield from _grid(*part)
        return
    longest = max(len(line) for _, line, _ in parts)
    yield '<table class="ct-table">'
    for name, line, [now] in parts:
        cells = [_cell(value, place in now) for place, value in enumerate(line)]
        yield _row(name, cells + [_EMPTY] * (longest - len(cells)))
    yield "</table>"


def _seen(layers, maps, state, position):
    """Return, for each tensor, what the step sees of it or is in it: its places along each axis, its channels."""
    places, channels, last = [{place} for place in position], {state["filter"]}, state["layer"] + 1
    seen = [(places, channels)]
    for layer, x in zip(layers[:last][::-1], maps[:last][::-1], strict=True):
        along = zip(axes(layer, x.shape), places, strict=True)
        places = [{tap for place in now for tap in axis.taps(place)} for axis, now in along]
        channels = set(range(x.shape[-1])) if operation(layer) == "sum" else channels
        seen.insert(0, (places, channels))
    return seen + [([set()] * len(position), set())] * (len(layers) - last)


def _photo(state, x, outputs):
    """Yield the photo, and the map on a scale from blue (below zero) over white to orange (above)."""
    rows, columns, channels = x.shape
    kind = "a grey photo" if channels == 1 else "a photo in colour"
    yield _picture(
        "ct-photo", state["input"], x.shape, f"The input: {kind}, {rows} rows and {columns} columns of pixels."
    )
    rows, columns = outputs.shape
    shown = outputs[:: -(-rows // LARGEST), :: -(-columns // LARGEST)]
    shares = shown[..., np.newaxis] / (np.abs(shown).max() or 1)
    pixels = 255 + np.abs(shares) * (np.where(shares < 0, BELOW, ABOVE) - 255.0)
    alt = (
        f"The map: {rows} rows and {columns} columns of values from {number(outputs.min())} to {number(outputs.max())}"
    )
    alt += "; orange is above zero, blue below, white is zero."
    yield _picture("ct-photo-map", to_text(np.rint(pixels).astype(np.uint8)), shown.shape, alt)


def _picture(name, source, shape, alt):
    return f'<img class="{name}" src="{escape(source)}" width="{shape[1]}" height="{shape[0]}" alt="{escape(alt)}">'


def _grid(name, lines, now):
    """Yield a table of a plane; `now`: the rows and the columns of what is bold."""
    yield f'<table class="ct-table"><caption>{escape(name)}</caption>'
    for row, line in enumerate(lines):
        cells = (_cell(value, row in now[0] and column in now[1]) for column, value in enumerate(line))
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
