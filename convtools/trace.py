"""The sliding filter as data: one Step per output cell, with its window, its products and its sum."""

from dataclasses import dataclass

import numpy as np

from convtools.layer import as_float32
from convtools.layers import Conv1D, Conv2D
from convtools.shapes import padding_amounts, whole_number
from convtools.words import sentence


@dataclass(frozen=True)
class Step:
    """One place of the filter. Positions count from 0; arrays are float64, channels last.

    number, count: this step, from 0, and how many there are; steps go left to right, top to bottom.
    position: where its output stands in the map, (index,) or (row, column).
    taps: the input indices under the filter, one tuple for each axis; below 0 or past the end is padding.
    length: the input's cells along each axis.
    window, kernel: (kernel size..., channels); padding is 0 in the window.
    bias, total, output: the filter's bias; products plus bias; what the activation makes of it.
    filter: which filter of the layer, or None if it has only one.
    channel_names: one for each channel.

    >>> trace([3, 4], [2])[1].products
    array([[8.]])
    """

    number: int
    count: int
    position: tuple
    taps: tuple
    length: tuple
    window: np.ndarray
    kernel: np.ndarray
    bias: float
    activation: str | None
    filter: int | None
    channel_names: tuple

    @property
    def products(self):
        """Window times kernel, cell by cell: (kernel size..., channels)."""
        return self.window * self.kernel

    @property
    def channel_sums(self):
        """The partial sum of each channel, in order: a list of floats."""
        return [_sum(self.products[..., channel]) for channel in range(self.kernel.shape[-1])]

    @property
    def row_sums(self):
        """The partial sum of each row of the filter, over columns and channels: a list of floats."""
        return [_sum(row) for row in self.products]

    @property
    def total(self):
        """All products and the bias, before the activation."""
        return _sum(np.moveaxis(self.products, -1, 0)) + self.bias

    @property
    def output(self):
        """The value in the map: the total after the activation."""
        return max(self.total, 0.0) if self.activation == "relu" else self.total

    @property
    def padded(self):
        """How many of the covered positions are padding."""
        inside = [sum(0 <= tap < n for tap in taps) for taps, n in zip(self.taps, self.length, strict=True)]
        return int(np.prod(self.kernel.shape[:-1]) - np.prod(inside))

    @property
    def sentence(self):
        """The step in words: what the slider says, what stands under a still."""
        return sentence(self)


def trace(
    x, kernel, bias=0, strides=1, padding="valid", dilation_rate=1, activation=None, filter=None, channel_names=None
):
    """Return every Step of a filter sliding over one input: a list, left to right, top to bottom.

    x, one sample without a batch axis, and kernel, by their numbers of axes:
        (length,) with (width,); (length, channels) with (width, channels, filters);
        (rows, columns) with (rows, columns); (rows, columns, channels) with (rows, columns, channels[, filters]).
    A sequence with channels needs all three axes of its kernel; with two it would be read as an image.
    bias: one number, or one for each filter. filter: which filter of several. The other settings as in
    `Conv1D` and `Conv2D`. The sums are float64, exact enough to be read.

    Errors: `ValueError` or `TypeError` as the layers', and `ValueError` for values that are not finite or
    not within float32's range, for several filters without a choice, or a filter that is not there.

    >>> [step.output for step in trace([0, 0, 0, 1, 1, 0, 0, 0], [0, 1, 0])]
    [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]
    >>> print(trace([0, 0, 0, 1, 1, 0, 0, 0], [0, 1, 0])[2].sentence)
    Step 3 of 6. The filter covers inputs 2 to 4: 0·0 + 1·1 + 1·0 = 1.
    """
    x, kernel = full_shapes(x, kernel)
    layer = layer_for(x, kernel, bias, strides, padding, dilation_rate, activation)
    filters = kernel.shape[-1]
    chosen = 0 if filter is None and filters == 1 else filter
    if chosen is None or whole_number("filter", chosen, smallest=0) >= filters:
        raise ValueError(f"filter must be a whole number from 0 to {filters - 1}, got {filter!r}. Choose one of them.")
    channels = kernel.shape[-2]
    names = check_channel_names(channel_names, channels) or tuple(f"channel {channel}" for channel in range(channels))
    axes = list(zip(x.shape[:-1], layer.kernel_size, layer.strides, layer.dilation_rate, strict=True))
    before = [padding_amounts(n, k, s, padding, d)[0] for n, k, s, d in axes]
    positions = list(np.ndindex(*layer.output_shape[:-1]))
    biases = finite("bias", layer.bias).tolist()
    steps = []
    for index, position in enumerate(positions):
        starts = (place * s - pad for place, pad, (_, _, s, _) in zip(position, before, axes, strict=True))
        taps = tuple(
            tuple(start + tap * d for tap in range(k)) for start, (_, k, _, d) in zip(starts, axes, strict=True)
        )
        step = Step(
            number=index,
            count=len(positions),
            position=position,
            taps=taps,
            length=x.shape[:-1],
            window=_window(x, taps),
            kernel=kernel[..., chosen],
            bias=biases[chosen],
            activation="relu" if activation == "relu" else None,
            filter=None if filters == 1 else chosen,
            channel_names=names,
        )
        steps.append(step)
    return steps


def layer_for(x, kernel, bias=0, strides=1, padding="valid", dilation_rate=1, activation=None):
    """Return the Conv1D or Conv2D that holds `kernel` and `bias`, both in their full shapes, and fits `x`.

    Errors: as the layer's own.

    >>> layer_for(np.zeros((8, 1)), np.zeros((3, 1, 1)))
    Conv1D
    """
    make = Conv1D if x.ndim == 2 else Conv2D
    settings = {"dilation_rate": dilation_rate, "activation": activation, "input_shape": x.shape}
    layer = make(kernel.shape[-1], kernel.shape[:-2], strides, padding, **settings)
    biases = as_float32("bias", bias)
    layer.set_weights([kernel, np.repeat(biases, layer.filters) if biases.ndim == 0 else biases])
    return layer


def full_shapes(x, kernel):
    """Return x as (..., channels) and kernel as (..., channels, filters), float64, from any form `trace` takes.

    Errors: `ValueError` for shapes that do not belong together or values that are not finite, `TypeError` for
    what is not a real number.

    >>> [array.shape for array in full_shapes([0, 1, 1, 0], [1, 2])]
    [(4, 1), (2, 1, 1)]
    """
    x, kernel = finite("x", x), finite("kernel", kernel)
    match x.ndim, kernel.ndim:
        case (1, 1) | (2, 2):
            x, kernel = x[..., np.newaxis], kernel[..., np.newaxis, np.newaxis]
        case (3, 3):
            kernel = kernel[..., np.newaxis]
        case (1, 3) | (2, 4):
            x = x[..., np.newaxis]
        case (2, 1) | (3, 2):
            kernel = kernel[..., np.newaxis, np.newaxis]
        case (2, 3) | (3, 4):
            pass
        case _:
            raise ValueError(
                f"x of shape {x.shape} and kernel of shape {kernel.shape} do not belong together. Give (length,) with "
                f"(width,), (rows, columns) with (rows, columns), or both with their channels, no batch axis."
            )
    if x.shape[-1] != kernel.shape[-2]:
        raise ValueError(
            f"The kernel of shape {kernel.shape} has {kernel.shape[-2]} channels, got an input of shape {x.shape} "
            f"with {x.shape[-1]}. Give the filter as many channels as its input."
        )
    return x, kernel


def finite(name, value):
    """Return `value` as float64, each number rounded to float32 and read back from its shortest decimals.

    So 0.1 stays 0.1. Errors: `ValueError` for NaN, infinity, ragged lists or no numbers at all, `TypeError`
    for what is not a real number.

    >>> finite("x", [0.1])
    array([0.1])
    """
    array = as_float32(name, value)
    if array.size == 0 or not np.isfinite(array).all():
        came = "none" if array.size == 0 else "NaN or infinity"
        raise ValueError(f"{name} must hold finite numbers to be stepped through, got {came}. Replace them first.")
    return array.astype(str).astype(np.float64)


def check_channel_names(names, channels):
    """Return the names as a tuple; () for None. Errors: `ValueError` unless there is one text for each channel.

    >>> check_channel_names(["red", "green", "blue"], 3)
    ('red', 'green', 'blue')
    """
    if names is None or (isinstance(names, (list, tuple)) and not names):
        return ()
    if not isinstance(names, (list, tuple)) or len(names) != channels or not all(isinstance(n, str) for n in names):
        raise ValueError(
            f"channel_names must be a list of {channels} texts, one for each channel, got {names!r}. "
            f"Leave it out to number the channels."
        )
    return tuple(names)


def _window(x, taps):
    """Return what lies under the filter, zeros where it stands on padding: (kernel size..., channels)."""
    window = np.zeros((*(len(axis) for axis in taps), x.shape[-1]))
    inside = [[place for place, tap in enumerate(axis) if 0 <= tap < n] for axis, n in zip(taps, x.shape, strict=False)]
    covered = [[axis[place] for place in places] for axis, places in zip(taps, inside, strict=True)]
    window[np.ix_(*inside)] = x[np.ix_(*covered)]
    return window


def _sum(values):
    """Add from first to last, as the browser does, so that both round alike."""
    total = 0.0
    for value in np.ravel(values):
        total += float(value)
    return total
