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

    def _padded(self, x, outside):
        """Return x with cells of the value `outside` around it, as the padding says."""
        padding = [padding_amounts(*axis) for axis in self._axes(x.shape[1:])]
        return np.pad(x, ((0, 0), *padding, (0, 0)), constant_values=outside)

    def _cells(self, padded, input_shape):
        """Yield, for each place in the pool, what every window has there: a view (batch, out..., channels)."""
        outputs = self.compute_output_shape(input_shape)[:-1]
        for place in np.ndindex(*self.pool_size):
            starts = zip(place, outputs, self.strides, strict=True)
            yield padded[(slice(None), *(slice(start, start + (n - 1) * s + 1, s) for start, n, s in starts))]

    def _inside(self, padded, input_shape):
        """Return what of a padded array is not padding."""
        starts = [before for before, _ in (padding_amounts(*axis) for axis in self._axes(input_shape))]
        sizes = zip(starts, input_shape[:-1], strict=True)
        return padded[(slice(None), *(slice(start, start + n) for start, n in sizes))]


class _MaxPooling(_Pooling):
    def _forward(self, x):
        cells = self._cells(self._padded(x, -np.inf), x.shape[1:])
        largest = next(cells).copy()
        for cell in cells:
            np.maximum(largest, cell, out=largest)
        return largest

    def _input_gradient(self, x, output, gradient):
        padded = self._padded(x, -np.inf)
        at_input = np.zeros_like(padded)
        free = np.ones(output.shape, bool)  # windows whose largest is still to be met
        for cell, sum_ in zip(self._cells(padded, x.shape[1:]), self._cells(at_input, x.shape[1:]), strict=True):
            largest = free & (cell == output)
            sum_ += gradient * largest
            free &= ~largest
        return self._inside(at_input, x.shape[1:])


class _AveragePooling(_Pooling):
    def _counts(self, shape):
        """Return how many cells inside each window has: (1, out..., 1)."""
        ones = np.ones((1, *shape[:-1], 1), np.float32)
        return sum(self._cells(self._padded(ones, 0), (*shape[:-1], 1)))

    def _forward(self, x):
        with np.errstate(over="ignore", invalid="ignore"):
            return sum(self._cells(self._padded(x, 0), x.shape[1:])) / self._counts(x.shape[1:])

    def _input_gradient(self, x, output, gradient):
        at_input = self._padded(np.zeros_like(x), 0)
        share = gradient / self._counts(x.shape[1:])
        for sum_ in self._cells(at_input, x.shape[1:]):
            sum_ += share
        return self._inside(at_input, x.shape[1:])


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
