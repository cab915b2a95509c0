"""The sliding filter as data: one Step per output cell, with its window, its products and its sum."""

from dataclasses import dataclass
from math import prod

import numpy as np

from convtools.maps import axes, effective_kernel, network, operation, sees
from convtools.settings import finite, full_kernel, full_layer
from convtools.shapes import whole_number
from convtools.state import check_channel_names, full_input, values
from convtools.words import sentence


@dataclass(frozen=True)
class Step:
    """One place of a layer's window. Positions count from 0; arrays are float64, channels last.

    number, count: this step, from 0, and how many there are; steps go left to right, top to bottom.
    position: where its output stands in the map, (index,) or (row, column).
    taps: the layer's input indices under the window, one tuple for each axis; below 0 or past the end is padding.
    length: the cells of the layer's input along each axis.
    operation: "sum" for a convolution, "max" or "average" for pooling, "relu".
    layer, layers, class_name: which layer of how many it is, from 0, and its class.
    window: (size..., channels) for a sum, padding is 0; else (size..., 1), padding is NaN.
    filter: which channel of the output, or None if there is only one.
    channel_names: one for each channel of the layer's input.
    field: what it sees of the stack's input, {"first": [...], "last": [...]} along the axes; None in the first layer.
    For a sum only, else None or False:
    kernel: as it lies, so turned round if flipped: (kernel size..., channels); bias; activation: None or "relu".

    >>> trace([3, 4], [2])[1].products
    array([[8.]])
    """

    number: int
    count: int
    position: tuple
    taps: tuple
    length: tuple
    window: np.ndarray
    filter: int | None
    channel_names: tuple
    operation: str = "sum"
    layer: int = 0
    layers: int = 1
    class_name: str = ""
    field: dict | None = None
    kernel: np.ndarray | None = None
    bias: float | None = None
    activation: str | None = None
    flipped: bool = False

    @property
    def products(self):
        """Window times kernel, cell by cell: (kernel size..., channels); None without a kernel."""
        return None if self.kernel is None else self.window * self.kernel

    @property
    def channel_sums(self):
        """The partial sum of each channel, in order: a list of floats; None without a kernel."""
        return None if self.kernel is None else [_sum(part) for part in np.moveaxis(self.products, -1, 0)]

    @property
    def row_sums(self):
        """The partial sum of each row of the filter, over columns and channels; None without a kernel."""
        return None if self.kernel is None else [_sum(row) for row in self.products]

    @property
    def total(self):
        """All products and the bias, before the activation; without a kernel the output."""
        return self.output if self.kernel is None else _sum(np.moveaxis(self.products, -1, 0)) + self.bias

    @property
    def output(self):
        """The value in the map: of a sum, the total after the activation."""
        if self.operation == "sum":
            return max(self.total, 0.0) if self.activation == "relu" else self.total
        covered = self.covered
        if self.operation == "average":
            return _sum(covered) / len(covered)
        return max(*covered, 0.0) if self.operation == "relu" else max(covered)

    @property
    def covered(self):
        """The values in the window, row by row, padding of a pooling left out: a list of floats."""
        return self.window[~np.isnan(self.window)].tolist()

    @property
    def padded(self):
        """How many of the covered positions are padding."""
        inside = [sum(0 <= tap < n for tap in taps) for taps, n in zip(self.taps, self.length, strict=True)]
        return prod(map(len, self.taps)) - prod(inside)

    @property
    def sentence(self):
        """The step in words: what the slider says, what stands under a still."""
        return sentence(self)


def trace(
    x, kernel, bias=0, strides=1, padding="valid", dilation_rate=1, activation=None, flip=False,
    filter=None, channel_names=None,
):  # fmt: skip
    """Return every Step of a filter sliding over one input: a list, left to right, top to bottom.

    x, one sample without a batch axis, and kernel, by their numbers of axes:
        (length,) with (width,); (length, channels) with (width, channels, filters);
        (rows, columns) with (rows, columns); (rows, columns, channels) with (rows, columns, channels[, filters]).
    A sequence with channels needs all three axes of its kernel; with two it would be read as an image.
    bias: one number, or one for each filter. flip: turn the filter round first, for a true convolution.
    filter: which filter of several. The other settings as in `Conv1D` and `Conv2D`. The sums are float64,
    exact enough to be read.

    Errors: `ValueError` or `TypeError` as the layers', and `ValueError` for values that are not finite or
    not within float32's range, for several filters without a choice, or a filter that is not there.

    >>> [step.output for step in trace([0, 0, 0, 1, 1, 0, 0, 0], [0, 1, 0])]
    [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]
    >>> print(trace([0, 0, 0, 1, 1, 0, 0, 0], [0, 1, 0])[2].sentence)
    Step 3 of 6. The filter covers inputs 2 to 4: 0·0 + 1·1 + 1·0 = 1.
    """
    x, kernel = finite("x", x), finite("kernel", kernel)
    dimensions = filter_dimensions(x.shape, kernel.shape)
    x, kernel = full_input(x, dimensions), full_kernel(kernel, dimensions)
    settings = {"strides": strides, "padding": padding, "dilation_rate": dilation_rate, "activation": activation}
    layer = {"class_name": f"Conv{dimensions}D", "kernel": kernel, "bias": bias, "flip": flip, **settings}
    layer, shape = full_layer(layer, x.shape)
    filters = kernel.shape[-1]
    chosen = 0 if filter is None and filters == 1 else filter
    if chosen is None or whole_number("filter", chosen, smallest=0) >= filters:
        raise ValueError(f"filter must be a whole number from 0 to {filters - 1}, got {filter!r}. Choose one of them.")
    names = check_channel_names(channel_names, x.shape[-1])
    return list(_steps([layer], [x], 0, chosen, names, range(prod(shape[:-1]))))


def trace_state(state):
    """Return the trace of a stepper's state, a list of Steps: what the page must show at each position.

    state: a checked one; the steps are those of its layer and filter.

    >>> conv = {"class_name": "Conv1D", "kernel": [[[1]]], "bias": [0], "strides": [1], "padding": "valid"}
    >>> conv = conv | {"dilation_rate": [1], "activation": None, "flip": False}
    >>> state = {"input": [[3], [4]], "layers": [conv, {"class_name": "ReLU"}], "layer": 1, "filter": 0, "step": 0}
    >>> print(trace_state({**state, "channel_names": []})[1].sentence)
    Step 2 of 2 in layer 2 of 2 (ReLU). Input 1: 4 stays 4. It sees 1 input: input 1.
    """
    maps = network(state["layers"], values(state))
    return list(_steps_of(state, maps, range(prod(maps[state["layer"] + 1].shape[:-1]))))


def trace_step(state, number=None, maps=None):
    """Return one Step of a state's trace without the others: number `number`, or the state's own.

    maps: the state's network, if it is known already.

    >>> conv = {"class_name": "Conv1D", "kernel": [[[2]]], "bias": [0], "strides": [1], "padding": "valid"}
    >>> conv = conv | {"dilation_rate": [1], "activation": None, "flip": False}
    >>> state = {"input": [[3], [4]], "layers": [conv], "layer": 0, "filter": 0, "step": 1, "channel_names": []}
    >>> trace_step(state).output
    8.0
    """
    maps = network(state["layers"], values(state)) if maps is None else maps
    return next(_steps_of(state, maps, [state["step"] if number is None else number]))


def filter_dimensions(x_shape, kernel_shape):
    """Return how many axes a filter moves along, 1 or 2, by the shapes that `trace` takes.

    Errors: `ValueError` for shapes that do not belong together.

    >>> filter_dimensions((8, 8), (3, 3))
    2
    """
    pairs = {(1, 1): 1, (1, 3): 1, (2, 1): 1, (2, 3): 1, (2, 2): 2, (2, 4): 2, (3, 2): 2, (3, 3): 2, (3, 4): 2}
    if (len(x_shape), len(kernel_shape)) not in pairs:
        raise ValueError(
            f"x of shape {x_shape} and kernel of shape {kernel_shape} do not belong together. Give (length,) with "
            f"(width,), (rows, columns) with (rows, columns), or both with their channels, no batch axis."
        )
    return pairs[len(x_shape), len(kernel_shape)]


def _steps_of(state, maps, numbers):
    return _steps(state["layers"], maps, state["layer"], state["filter"], state["channel_names"], numbers)


def _steps(layers, maps, at, chosen, names, numbers):
    """Yield the Steps of these numbers in layer `at`, channel `chosen`. maps: the tensors up to its input, or more."""
    layer, x = layers[at], maps[at]
    along, kind, channels = axes(layer, x.shape), operation(layer), x.shape[-1]
    outputs = tuple(axis.output for axis in along)
    shapes = [tensor.shape for tensor in maps]
    if kind == "sum":
        kernel, filters = effective_kernel(layer)[..., chosen], len(layer["bias"])
        settings = {"kernel": kernel, "bias": float(layer["bias"][chosen]), "flipped": layer["flip"]}
        settings["activation"] = layer["activation"]
    else:
        x, filters, settings = x[..., chosen : chosen + 1], channels, {}
    if at or not names:
        names = [f"channel {channel}" for channel in range(channels)]
    for number in numbers:
        position = tuple(int(place) for place in np.unravel_index(number, outputs))
        taps = tuple(axis.taps(place) for axis, place in zip(along, position, strict=True))
        field = sees(layers, shapes, at, position)[0] if at else None
        yield Step(
            number=number,
            count=prod(outputs),
            position=position,
            taps=taps,
            length=x.shape[:-1],
            window=_window(x, taps, 0.0 if kind == "sum" else np.nan),
            filter=None if filters == 1 else chosen,
            channel_names=tuple(names),
            operation=kind,
            layer=at,
            layers=len(layers),
            class_name=layer["class_name"],
            field=field and {"first": [first for first, _ in field], "last": [last for _, last in field]},
            **settings,
        )


def _window(x, taps, outside):
    """Return what lies under the window, `outside` where it stands on padding: (size..., channels)."""
    window = np.full((*(len(axis) for axis in taps), x.shape[-1]), outside)
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
