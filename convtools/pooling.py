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

    def _cells(self, x, outside):
        """Yield, for each place in the pool, what every window has there: (batch, out..., channels).

        `outside` is the value of the padding.
        """
        outputs = self.compute_output_shape(x.shape[1:])[:-1]
        padding = [padding_amounts(*axis) for axis in self._axes(x.shape[1:])]
        x = np.pad(x, ((0, 0), *padding, (0, 0)), constant_values=outside)
        for place in np.ndindex(*self.pool_size):
            starts = zip(place, outputs, self.strides, strict=True)
            yield x[(slice(None), *(slice(start, start + (n - 1) * s + 1, s) for start, n, s in starts))]


class _MaxPooling(_Pooling):
    def _forward(self, x):
        cells = self._cells(x, outside=-np.inf)
        largest = next(cells).copy()
        for cell in cells:
            np.maximum(largest, cell, out=largest)
        return largest


class _AveragePooling(_Pooling):
    def _forward(self, x):
        ones = np.ones((1, *x.shape[1:-1], 1), np.float32)  # their sum counts the cells inside
        with np.errstate(over="ignore", invalid="ignore"):
            return sum(self._cells(x, outside=0)) / sum(self._cells(ones, outside=0))


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
