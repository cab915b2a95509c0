"""Pooling: each window summarised by one number, channel by channel, without weights."""

import numpy as np

from convtools.layer import Layer
from convtools.shapes import check_padding, output_length, padding_amounts, whole_numbers


class _Pooling(Layer):
    """What the pooling layers share."""

    def __init__(self, pool_size=2, strides=None, padding="valid", *, input_shape=None):
        dimensions = self.rank - 1
        self.pool_size = whole_numbers("pool_size", pool_size, dimensions)
        self.strides = self.pool_size if strides is None else whole_numbers("strides", strides, dimensions)
        self.padding = check_padding(padding, ("valid", "same"))
        super().__init__(input_shape)

    def _axes(self, shape):
        """Yield, for each axis the window moves along, the arguments of `output_length`."""
        for n, k, s in zip(shape[:-1], self.pool_size, self.strides, strict=True):
            yield n, k, s, self.padding

    def _output_shape(self, input_shape):
        return (*(output_length(*axis) for axis in self._axes(input_shape)), input_shape[-1])

    def _make_plan(self, input_shape):
        """Return the cells of padding before and after, and for each place in the pool where every window has it."""
        outputs = self.compute_output_shape(input_shape)[:-1]
        padding = [padding_amounts(*axis) for axis in self._axes(input_shape)]
        places = []
        for place in np.ndindex(*self.pool_size):
            starts = zip(place, outputs, self.strides, strict=True)
            places.append((slice(None), *(slice(start, start + (n - 1) * s + 1, s) for start, n, s in starts)))
        return padding, places

    def _padded(self, x, outside):
        """Return x with cells of the value `outside` around it: a copy if there are any."""
        padding, _ = self._plan
        if not any(map(any, padding)):
            return x
        return np.pad(x, ((0, 0), *padding, (0, 0)), constant_values=outside)

    def _inside(self, padded, shape):
        """Return what of a padded array is not padding."""
        padding, _ = self._plan
        starts = zip(padding, shape[1:-1], strict=True)
        return padded[(slice(None), *(slice(before, before + n) for (before, _), n in starts))]


class _MaxPooling(_Pooling):
    def _forward(self, x):
        _, (first, *others) = self._plan
        x = self._padded(x, -np.inf)
        largest = x[first].copy()
        for place in others:
            np.maximum(largest, x[place], out=largest)
        return largest

    def _input_gradient(self, x, output, gradient):
        _, places = self._plan
        x_padded = self._padded(x, -np.inf)
        at_input = np.zeros_like(x_padded)
        left = gradient.copy()  # what has not found its window's largest yet
        for place in places:
            found = left * (x_padded[place] == output)
            at_input[place] += found
            left -= found
        return self._inside(at_input, x.shape)


class _AveragePooling(_Pooling):
    def _counts(self, x):
        """Return how many cells inside each window has: (1, out..., 1)."""
        ones = self._padded(np.ones((1, *x.shape[1:-1], 1), np.float32), 0)
        return sum(ones[place] for place in self._plan[1])

    def _forward(self, x):
        padded = self._padded(x, 0)
        with np.errstate(over="ignore", invalid="ignore"):
            return sum(padded[place] for place in self._plan[1]) / self._counts(x)

    def _input_gradient(self, x, output, gradient):
        at_input = self._padded(np.zeros_like(x), 0)
        share = gradient / self._counts(x)
        for place in self._plan[1]:
            at_input[place] += share
        return self._inside(at_input, x.shape)


class MaxPooling1D(_MaxPooling):
    """Keep the largest of each `pool_size` cells along a sequence, channel by channel.

    Input (batch, length, channels), output (batch, output length, channels), float32; no weights.
    strides: None means pool_size. padding: "valid" or "same" (cells outside never win). NaN wins.
    Errors: `ValueError` or `TypeError` for settings or inputs that do not fit. Source: names as in Keras.

    >>> MaxPooling1D(2)([[[1], [5], [2], [3]]])[0, :, 0]
    array([5., 3.], dtype=float32)
    """

    rank = 2


class MaxPooling2D(_MaxPooling):
    """Keep the largest of each `pool_size` block of an image, channel by channel.

    Input (batch, rows, columns, channels), output (batch, output rows, output columns, channels), float32;
    no weights. strides: None means pool_size. padding: "valid" or "same" (cells outside never win). NaN wins.
    Errors: `ValueError` or `TypeError` for settings or inputs that do not fit. Source: names as in Keras.

    >>> MaxPooling2D(2)([[[[1], [2]], [[3], [4]]]])
    array([[[[4.]]]], dtype=float32)
    """

    rank = 3


class AveragePooling1D(_AveragePooling):
    """Average each `pool_size` cells along a sequence, channel by channel.

    Shapes, settings and errors as `MaxPooling1D`; with padding "same" only the cells inside count, as in Keras.

    >>> AveragePooling1D(2)([[[1], [5], [2], [3]]])[0, :, 0]
    array([3. , 2.5], dtype=float32)
    """

    rank = 2


class AveragePooling2D(_AveragePooling):
    """Average each `pool_size` block of an image, channel by channel.

    Shapes, settings and errors as `MaxPooling2D`; with padding "same" only the cells inside count, as in Keras.

    >>> AveragePooling2D(2)([[[[1], [2]], [[3], [4]]]])
    array([[[[2.5]]]], dtype=float32)
    """

    rank = 3


class GlobalAveragePooling2D(Layer):
    """Average all places of an image, channel by channel: (batch, rows, columns, channels) to (batch, channels).

    float32, no weights. Errors: `ValueError` or `TypeError` for an input that does not fit. Source: names as in Keras.

    >>> GlobalAveragePooling2D()([[[[1], [2]], [[3], [6]]]])
    array([[3.]], dtype=float32)
    """

    rank = 3
    output_rank = 1

    def __init__(self, *, input_shape=None):
        super().__init__(input_shape)

    def _output_shape(self, input_shape):
        return input_shape[-1:]

    def _forward(self, x):
        with np.errstate(over="ignore", invalid="ignore"):
            return x.mean(axis=(1, 2))

    def _input_gradient(self, x, output, gradient):
        share = gradient[:, np.newaxis, np.newaxis] / (x.shape[1] * x.shape[2])
        return np.broadcast_to(share, x.shape).copy()
