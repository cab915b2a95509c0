"""Pictures of arrays, each a function of its data: matplotlib stills that need no colour to be read."""

from itertools import cycle

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure

from convtools.layer import as_float32
from convtools.shapes import whole_number
from convtools.words import number

# Blue below zero, white at zero, orange above: apart for every common kind of colour blindness.
SCALE = LinearSegmentedColormap.from_list("blue-white-orange", ["#2166ac", "#ffffff", "#e08214"])
DIGITS_UP_TO = 16  # cells along a side; larger grids are shown without numbers


def panels(pictures, columns=None, limit=None):
    """Draw arrays side by side, each under its name, and return the Figure.

    pictures: {name: array}. (n,) is drawn as one row of cells, (rows, columns) as a grid, both in blue
    below zero and orange above, each with its numbers if no side has more than 16 cells;
    (rows, columns, 3) as a colour picture with values from 0 to 1.
    columns: panels in a row, all in one row if None. limit: the value with the fullest colour, the same for all
    panels; if None each panel takes its own largest.
    Errors: `ValueError` for no pictures or an array of another shape.

    >>> len(panels({"input": [0, 1, 0], "map": [[1, 2], [3, 4]]}).axes)
    2
    """
    arrays = _drawable(pictures)
    columns = len(arrays) if columns is None else min(whole_number("columns", columns), len(arrays))
    rows = -(-len(arrays) // columns)
    figure, axes = _grid_of_axes(arrays, rows, columns)
    for axis, array in zip(axes, arrays.values(), strict=False):
        if array.ndim == 3:
            axis.imshow(np.clip(array, 0, 1), extent=(0, array.shape[1], array.shape[0], 0))
        else:
            _draw_values(axis, array, limit)
    for axis in axes[len(arrays) :]:
        axis.remove()
    return figure


def photo(pictures, columns=None):
    """Draw grey or colour photos side by side, each under its name, and return the Figure.

    pictures: {name: array}; (rows, columns) is drawn from black at 0 to white at 1, (rows, columns, 3) in
    colour. Errors: as `panels`.

    >>> len(photo({"dark": np.zeros((4, 4))}).axes)
    1
    """
    arrays = _drawable(pictures)
    grey = {name: np.repeat(array[..., np.newaxis], 3, -1) for name, array in arrays.items() if array.ndim == 2}
    return panels({**arrays, **grey}, columns)


def curves(lines, across, up, logarithmic=False):
    """Draw numbers as lines over one pair of axes, each named at its end, and return the Figure.

    lines: {name: numbers} (n,), drawn over 0 to n - 1, or {name: (places, numbers)}. across, up: what the axes
    say. logarithmic: each step up is ten times as much. Errors: `ValueError` for no lines, or a line that is none.

    >>> len(curves({"loss": [3, 2, 1]}, "epoch", "loss").axes[0].lines)
    1
    """
    if not isinstance(lines, dict) or not lines:
        raise ValueError(f"lines must be a dict of at least one line, got {lines!r}. Write {{'loss': numbers}}.")
    figure = Figure(figsize=(6, 3.6), dpi=110, facecolor="white", layout="constrained")
    axis = figure.subplots()
    styles = zip(cycle(["#b35806", "#2166ac", "#444444"]), cycle(["-", "--", "-.", ":"]))  # no colour is needed
    for (name, line), (colour, style) in zip(lines.items(), styles, strict=False):
        places, values = line if isinstance(line, tuple) and len(line) == 2 else (None, line)
        values = as_float32(f"line {name!r}", values)
        places = np.arange(values.size) if places is None else as_float32(f"line {name!r}", places)
        if values.ndim != 1 or places.shape != values.shape or not len(values):
            raise ValueError(
                f"line {name!r} must be numbers (n,), or a pair of places and numbers, got shapes {places.shape} and "
                f"{values.shape}. Write {{'loss': history.history['loss']}}."
            )
        axis.plot(places, values, style, color=colour, marker="o" if len(values) <= 30 else "", markersize=3)
        axis.annotate(f" {name}", (places[-1], values[-1]), color=colour, va="center", annotation_clip=False)
    axis.set(xlabel=across, ylabel=up, yscale="log" if logarithmic else "linear")
    if all(np.array_equal(drawn.get_xdata(), np.round(drawn.get_xdata())) for drawn in axis.lines):
        axis.locator_params("x", integer=True)
    axis.spines[["top", "right"]].set_visible(False)
    return figure


def _drawable(pictures):
    """Return the pictures as {name: float array of 2 or 3 axes}, or say what cannot be drawn."""
    if not isinstance(pictures, dict) or not pictures:
        raise ValueError(f"pictures must be a dict of at least one array, got {pictures!r}. Write {{'input': x}}.")
    arrays = {}
    for name, picture in pictures.items():
        array = as_float32(f"picture {name!r}", picture)
        if array.size == 0 or array.ndim not in (1, 2, 3) or (array.ndim == 3 and array.shape[2] != 3):
            raise ValueError(
                f"picture {name!r} must be (n,), (rows, columns) or (rows, columns, 3), got {array.shape}. "
                f"Choose one sample and one channel first, for example maps[0, :, :, 0]."
            )
        arrays[name] = array[np.newaxis] if array.ndim == 1 else array
    return arrays


def _grid_of_axes(arrays, rows, columns):
    """Return a figure and its axes in a flat list, each under its name."""
    shapes = [array.shape for array in arrays.values()]
    small = max(max(shape[:2]) for shape in shapes) <= DIGITS_UP_TO
    # Panels with digits share one size of cell; larger pictures share one width.
    sizes = [(shape[0], shape[1]) if small else (shape[0] / shape[1], 1) for shape in shapes]
    widths = [max(size[1] for size in sizes[column::columns]) for column in range(columns)]
    heights = [max(size[0] for size in sizes[row * columns : (row + 1) * columns]) for row in range(rows)]
    unit = min(0.42 if small else 2.6, 8.8 / sum(widths))  # inches for one cell, or one picture
    size = (unit * sum(widths) + 0.2 * columns, unit * sum(heights) + 0.35 * rows)
    figure = Figure(figsize=size, dpi=110, facecolor="white", layout="constrained")
    ratios = {"width_ratios": widths, "height_ratios": heights}
    axes = list(figure.subplots(rows, columns, squeeze=False, gridspec_kw=ratios).flat)
    for place, (axis, name, (height, width)) in enumerate(zip(axes, arrays, sizes, strict=False)):
        axis.set(xticks=[], yticks=[])
        axis.set_title(name, fontsize=10)
        if small:  # a smaller array stands in the middle of its row and column
            x = (widths[place % columns] - width) / 2
            y = (heights[place // columns] - height) / 2
            axis.set(xlim=(-x, width + x), ylim=(height + y, -y), aspect="equal")
            axis.set_title(name, fontsize=10, y=1 - y / (height + 2 * y))
            axis.spines[:].set_visible(False)
    return figure, axes


def _draw_values(axis, array, limit):
    largest = limit or np.max(np.abs(array[np.isfinite(array)]), initial=0) or 1
    colours = {"cmap": SCALE, "norm": Normalize(-largest, largest)}
    if max(array.shape) > DIGITS_UP_TO:
        axis.imshow(array, interpolation="nearest", **colours)
        return
    axis.pcolormesh(array, edgecolors="#888888", linewidth=0.5, clip_on=False, **colours)
    for row, column in np.ndindex(*array.shape):
        value = array[row, column]
        strong = np.isfinite(value) and value < -0.85 * largest  # where white digits are easier to read
        text = number(value) if np.isfinite(value) else str(value)
        middle = {"ha": "center", "va": "center", "fontsize": 8}
        axis.text(column + 0.5, row + 0.5, text, color="white" if strong else "black", **middle)
