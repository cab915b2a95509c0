"""Pictures of arrays, each a function of its data: matplotlib stills that need no colour to be read."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure

from convtools.trace import number

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
    if not pictures:
        raise ValueError("pictures must name at least one array, got none. Pass a dict, for example {'input': x}.")
    arrays = {name: _drawable(name, picture) for name, picture in pictures.items()}
    columns = min(columns or len(arrays), len(arrays))
    rows = -(-len(arrays) // columns)
    figure, axes = _grid_of_axes(arrays, rows, columns)
    for axis, (name, array) in zip(axes, arrays.items(), strict=False):
        axis.set_title(name, fontsize=10)
        axis.set_xticks([])
        axis.set_yticks([])
        if array.ndim == 3:
            axis.imshow(np.clip(array, 0, 1))
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
    return panels({name: np.repeat(np.asarray(p)[..., np.newaxis], 3, -1) if np.ndim(p) == 2 else p
                   for name, p in pictures.items()}, columns)  # fmt: skip


def _drawable(name, picture):
    array = np.asarray(picture, np.float64)
    if array.ndim == 1:
        array = array[np.newaxis]
    if array.size == 0 or array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] != 3):
        raise ValueError(
            f"picture {name!r} must be (n,), (rows, columns) or (rows, columns, 3), got {np.shape(picture)}. "
            f"Choose one sample and one channel first, for example maps[0, :, :, 0]."
        )
    return array


def _grid_of_axes(arrays, rows, columns):
    """Return a figure and its axes in a flat list."""
    shapes = [array.shape for array in arrays.values()]
    small = max(max(shape[:2]) for shape in shapes) <= DIGITS_UP_TO
    # Panels with digits share one size of cell; larger pictures share one width.
    sizes = [(shape[0], shape[1]) if small else (shape[0] / shape[1], 1) for shape in shapes]
    widths = [max(size[1] for size in sizes[column::columns]) for column in range(columns)]
    heights = [max(size[0] for size in sizes[row * columns : (row + 1) * columns]) for row in range(rows)]
    unit = min(0.42 if small else 2.6, 8.8 / sum(widths))  # inches for one cell, or one picture
    figure = Figure(
        figsize=(unit * sum(widths) + 0.2 * columns, unit * sum(heights) + 0.35 * rows),
        dpi=110, facecolor="white", layout="constrained",
    )  # fmt: skip
    axes = figure.subplots(rows, columns, squeeze=False, gridspec_kw={"width_ratios": widths, "height_ratios": heights})
    return figure, list(axes.flat)


def _draw_values(axis, array, limit):
    largest = limit or np.max(np.abs(array[np.isfinite(array)]), initial=0) or 1
    axis.imshow(array, cmap=SCALE, norm=Normalize(-largest, largest), interpolation="nearest")
    if max(array.shape) > DIGITS_UP_TO:
        return
    for row, column in np.ndindex(*array.shape):
        value = array[row, column]
        strong = np.isfinite(value) and value < -0.85 * largest  # where white digits are easier to read
        text = number(value) if np.isfinite(value) else str(value)
        axis.text(column, row, text, ha="center", va="center", fontsize=8, color="white" if strong else "black")
    axis.set_xticks(np.arange(-0.5, array.shape[1]), minor=True)
    axis.set_yticks(np.arange(-0.5, array.shape[0]), minor=True)
    axis.grid(which="minor", color="#888888", linewidth=0.5)
    axis.tick_params(which="minor", length=0)
