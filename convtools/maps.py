"""The maps between the layers of a stepper: float64, added in the order of the page's own arithmetic."""

from typing import NamedTuple

import numpy as np

from convtools.shapes import output_length, padding_amounts


class Axis(NamedTuple):
    """How a layer lies on one axis of its input, in cells; `before` is the padding in front.

    >>> axes({"pool_size": [2], "strides": [2], "padding": "valid"}, (8, 1))[0].output
    4
    """

    size: int
    width: int
    stride: int
    dilation: int
    before: int
    after: int
    output: int

    def taps(self, place):
        """Return the input indices that the output at `place` covers; below 0 or past the end is padding.

        >>> axes({"pool_size": [2], "strides": [2], "padding": "valid"}, (8, 1))[0].taps(1)
        (2, 3)
        """
        start = place * self.stride - self.before
        return tuple(start + tap * self.dilation for tap in range(self.width))


def axes(layer, shape):
    """Return an Axis for each axis that a layer moves along.

    layer: a dict as in a stepper's state; shape: its input's (length, channels) or (rows, columns, channels).

    >>> [axis.output for axis in axes({"class_name": "ReLU"}, (8, 9, 1))]
    [8, 9]
    """
    ones, padding = [1] * (len(shape) - 1), layer.get("padding", "valid")
    widths = np.shape(layer["kernel"])[:-2] if "kernel" in layer else layer.get("pool_size", ones)
    settings = zip(shape[:-1], widths, layer.get("strides", ones), layer.get("dilation_rate", ones), strict=True)
    return [
        Axis(n, k, s, d, *padding_amounts(n, k, s, padding, d), output_length(n, k, s, padding, d))
        for n, k, s, d in settings
    ]


def operation(layer):
    """Return what a layer does with its window: "sum", "relu", "max" or "average".

    >>> operation({"class_name": "MaxPooling2D"})
    'max'
    """
    kinds = {"Conv": "sum", "ReLU": "relu", "Max": "max", "Average": "average"}
    return next(kind for start, kind in kinds.items() if layer["class_name"].startswith(start))


def effective_kernel(layer):
    """Return a convolution's kernel as it lies on the input, float64: turned round along its axes if flipped.

    >>> effective_kernel({"kernel": [[[1]], [[2]]], "flip": True}).ravel()
    array([2., 1.])
    """
    kernel = np.array(layer["kernel"], np.float64)
    return np.flip(kernel, range(kernel.ndim - 2)) if layer["flip"] else kernel


def network(layers, x):
    """Return the input and what comes out of each layer, activation included: float64 arrays without a batch axis.

    layers: dicts as in a stepper's state; x: (length, channels) or (rows, columns, channels). All is taken as
    checked. A sum begins at 0 and takes the products channel by channel, row by row; the bias comes last.

    >>> conv = {"class_name": "Conv1D", "kernel": [[[1]], [[2]]], "bias": [-5], "strides": [1], "padding": "valid"}
    >>> network([conv | {"dilation_rate": [1], "activation": "relu", "flip": False}], [[1], [2], [3]])[1]
    array([[0.],
           [3.]])
    """
    tensors = [np.asarray(x, np.float64)]
    for layer in layers:
        apply = {"sum": _convolve, "relu": _relu, "max": _largest, "average": _mean}[operation(layer)]
        tensors.append(apply(tensors[-1], layer))
    return tensors


def sees(layers, shapes, layer, place):
    """Return what one output place of a layer sees: for each tensor from the input on, (first, last) on each axis.

    layers: dicts as in a stepper's state; shapes: of the input and what comes out of each layer;
    layer: index; place: (index,) or (row, column). Padding is cut off at every layer.

    >>> pool = {"class_name": "MaxPooling1D", "pool_size": [2], "strides": [2], "padding": "valid"}
    >>> sees([pool, pool], [(8, 1), (4, 1), (2, 1)], 1, (1,))
    [[(4, 7)], [(2, 3)]]
    """
    boxes = [[(at, at) for at in place]]
    for settings, shape in zip(layers[layer::-1], shapes[layer::-1], strict=True):
        lies = zip(axes(settings, shape), boxes[0], strict=True)
        boxes.insert(0, [(max(axis.taps(a)[0], 0), min(axis.taps(z)[-1], axis.size - 1)) for axis, (a, z) in lies])
    return boxes[:-1]


def _slices(layer, shape):
    """Yield each place under the window with the slices that pick what all windows have there, padding included."""
    along = axes(layer, shape)
    for place in np.ndindex(*(axis.width for axis in along)):
        starts = [tap * axis.dilation for tap, axis in zip(place, along, strict=True)]
        yield (
            place,
            tuple(
                slice(a, a + (axis.output - 1) * axis.stride + 1, axis.stride)
                for a, axis in zip(starts, along, strict=True)
            ),
        )


def _padded(x, layer, value):
    """Return each channel in one piece, with its padding: (channels, ...)."""
    around = [(axis.before, axis.after) for axis in axes(layer, x.shape)]
    planes = np.ascontiguousarray(np.moveaxis(x, -1, 0))
    return np.pad(planes, [(0, 0), *around], constant_values=value)


def _convolve(x, layer):
    planes, kernel, slices = _padded(x, layer, 0), effective_kernel(layer), list(_slices(layer, x.shape))
    maps = np.zeros((kernel.shape[-1], *(axis.output for axis in axes(layer, x.shape))))
    for filter, total in enumerate(maps):
        for channel, plane in enumerate(planes):
            for place, where in slices:
                total += plane[where] * kernel[(*place, channel, filter)]
        total += layer["bias"][filter]
    maps = np.moveaxis(maps, 0, -1)
    return np.maximum(maps, 0) if layer["activation"] == "relu" else maps


def _relu(x, layer):
    return np.maximum(x, 0)


def _largest(x, layer):
    planes = _padded(x, layer, -np.inf)
    cells = [planes[:, *where] for _, where in _slices(layer, x.shape)]
    return np.moveaxis(np.maximum.reduce(cells), 0, -1)


def _mean(x, layer):
    planes, inside = (_padded(values, layer, 0) for values in (x, np.ones((*x.shape[:-1], 1))))
    total, count = 0.0, 0.0
    for _, where in _slices(layer, x.shape):
        total, count = total + planes[:, *where], count + inside[:, *where]
    return np.moveaxis(total / count, 0, -1)
