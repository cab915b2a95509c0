"""Conv1D, Conv2D, ReLU, Flatten and Dense with Keras's words and numbers: channels last, float32."""

from math import prod

import numpy as np

from convtools.convolution import convolve, input_gradient, weight_gradients
from convtools.layer import Layer, WeightedLayer
from convtools.shapes import check_padding, output_length, padding_amounts, whole_number, whole_numbers


class _Conv(WeightedLayer):
    """What Conv1D and Conv2D share."""

    dimensions = None  # how many axes the filter moves along
    paddings = ("valid", "same")

    def __init__(
        self, filters, kernel_size, strides=1, padding="valid", *,
        dilation_rate=1, activation=None, use_bias=True, input_shape=None, seed=None,
    ):  # fmt: skip
        self.filters = whole_number("filters", filters)
        self.kernel_size = whole_numbers("kernel_size", kernel_size, self.dimensions)
        self.strides = whole_numbers("strides", strides, self.dimensions)
        self.padding = check_padding(padding, self.paddings)
        self.dilation_rate = whole_numbers("dilation_rate", dilation_rate, self.dimensions)
        super().__init__(activation, use_bias, input_shape, seed)

    def _axes(self, shape):
        """Yield, for each axis the filter moves along, the arguments of `output_length`."""
        for n, k, s, d in zip(shape[:-1], self.kernel_size, self.strides, self.dilation_rate, strict=True):
            yield n, k, s, self.padding, d

    def _output_shape(self, input_shape):
        return (*(output_length(*axis) for axis in self._axes(input_shape)), self.filters)

    def _initial_weights(self, input_shape):
        return self._random_weights((*self.kernel_size, input_shape[-1], self.filters))

    # A sequence is an image of one column: a second axis of length 1 goes in, and out again.

    def _make_plan(self, input_shape):
        zeros = [padding_amounts(*axis) for axis in self._axes(input_shape)]  # before and after
        if self.dimensions == 2:
            return self.strides, tuple(zeros), self.dilation_rate
        return (*self.strides, 1), (*zeros, (0, 0)), (*self.dilation_rate, 1)

    def _as_image(self, array, axis=2):
        return array if self.dimensions == 2 else np.expand_dims(array, axis)

    def _forward(self, x):
        kernel, bias = self._weights if self.use_bias else (*self._weights, None)
        maps = convolve(self._as_image(x), self._as_image(kernel, 1), bias, *self._plan)
        return self._activate(maps if self.dimensions == 2 else maps[:, :, 0])

    def _input_gradient(self, x, output, gradient):
        kernel, image = self._as_image(self._weights[0], 1), self._as_image(x)
        at_input = input_gradient(self._as_image(gradient), kernel, image.shape, *self._plan)
        return at_input.reshape(x.shape)

    def _weight_gradients(self, x, gradient):
        kernel, image = self._as_image(self._weights[0], 1), self._as_image(x)
        of_kernel, of_bias = weight_gradients(image, self._as_image(gradient), kernel.shape, *self._plan)
        return [of_kernel.reshape(self._weights[0].shape), of_bias][: len(self._weights)]


class Conv1D(_Conv):
    """Slide `filters` filters of `kernel_size` cells along a sequence.

    Input (batch, length, channels), output (batch, output length, filters), both float32. Weights:
    kernel (kernel_size, channels, filters), bias (filters,). Each output is the sum of the products of
    filter and window over length and channels, plus bias: cross-correlation, the filter is not flipped.

    padding: "valid", "same" or "causal"; activation: None, "linear" or "relu"; seed: repeats the random
    weights it starts with. Errors: `ValueError` or `TypeError` for settings, weights or inputs that do not fit.
    NaN and infinity in the input reach every output whose window covers them.
    Source: Goodfellow, Bengio and Courville 2016, section 9.1; names as in Keras.

    >>> layer = Conv1D(1, 3, input_shape=(8, 1))
    >>> layer.set_weights([[[[0]], [[1]], [[0]]], [0]])
    >>> layer([[[0], [0], [0], [1], [1], [0], [0], [0]]])[0, :, 0]
    array([0., 0., 1., 1., 0., 0.], dtype=float32)
    """

    rank = 2
    dimensions = 1
    paddings = ("valid", "same", "causal")


class Conv2D(_Conv):
    """Slide `filters` filters of `kernel_size` cells over an image, left to right and top to bottom.

    Input (batch, rows, columns, channels), output (batch, output rows, output columns, filters), both
    float32. Weights: kernel (kernel rows, kernel columns, channels, filters), bias (filters,). Each output
    is the sum of the products of filter and window over rows, columns and channels, plus bias:
    cross-correlation, the filter is not flipped.

    padding: "valid" or "same"; activation: None, "linear" or "relu"; seed: repeats the random weights it
    starts with. Errors: `ValueError` or `TypeError` for settings, weights or inputs that do not fit.
    NaN and infinity in the input reach every output whose window covers them. Wide layers of 3 x 3 filters (32
    channels, 32 filters or more) are computed with fewer multiplications, to about 1e-5 of the largest output.
    Source: Goodfellow, Bengio and Courville 2016, section 9.1; names as in Keras.

    >>> layer = Conv2D(1, 2, input_shape=(2, 3, 1))
    >>> layer.set_weights([np.ones((2, 2, 1, 1)), [10]])
    >>> layer(np.ones((1, 2, 3, 1)))[0, :, :, 0]
    array([[14., 14.]], dtype=float32)
    """

    rank = 3
    dimensions = 2


class ReLU(Layer):
    """Keep what is above zero and make the rest zero: (batch, ...) stays (batch, ...), float32.

    The same as a convolution's activation="relu", as a layer of its own; no weights. NaN stays NaN.
    Errors: `ValueError` or `TypeError` for an input that does not fit. Source: names as in Keras.

    >>> ReLU()([[-2, 0, 3]])
    array([[0., 0., 3.]], dtype=float32)
    """

    def __init__(self, *, input_shape=None):
        super().__init__(input_shape)

    def _output_shape(self, input_shape):
        return input_shape

    def _forward(self, x):
        return np.maximum(x, 0)

    def _input_gradient(self, x, output, gradient):
        return gradient * (output > 0)


class Flatten(Layer):
    """Write all numbers of a sample in one row, last axis fastest: (batch, ...) becomes (batch, features).

    float32, no weights. Errors: `ValueError` for an input without a batch axis. Source: names as in Keras.

    >>> Flatten()(np.zeros((2, 6, 6, 4))).shape
    (2, 144)
    """

    output_rank = 1

    def __init__(self, *, input_shape=None):
        super().__init__(input_shape)

    def _output_shape(self, input_shape):
        return (prod(input_shape),)

    def _forward(self, x):
        return x.reshape(len(x), prod(x.shape[1:])).copy()

    def _input_gradient(self, x, output, gradient):
        return gradient.reshape(x.shape).copy()


class Dense(WeightedLayer):
    """Weigh every input for every unit: (batch, features) becomes (batch, units), float32.

    Weights: kernel (features, units), bias (units,). activation: None, "linear", "relu" or "softmax" (the units of
    a sample become shares that add up to 1); seed: repeats the random weights it starts with.
    Errors: `ValueError` or `TypeError` for settings, weights or inputs that do not fit. Source: names as in Keras.

    >>> layer = Dense(1, input_shape=(2,))
    >>> layer.set_weights([[[1], [2]], [3]])
    >>> layer([[10, 20]])
    array([[53.]], dtype=float32)
    """

    rank = 1
    activations = ("linear", "relu", "softmax")

    def __init__(self, units, *, activation=None, use_bias=True, input_shape=None, seed=None):
        self.units = whole_number("units", units)
        super().__init__(activation, use_bias, input_shape, seed)

    def _output_shape(self, input_shape):
        return (self.units,)

    def _initial_weights(self, input_shape):
        return self._random_weights((*input_shape, self.units))

    def _forward(self, x):
        with np.errstate(over="ignore", invalid="ignore"):
            x = x @ self._weights[0]
            return self._activate(x + self._weights[1] if self.use_bias else x)

    def _input_gradient(self, x, output, gradient):
        return gradient @ self._weights[0].T

    def _weight_gradients(self, x, gradient):
        return [x.T @ gradient, gradient.sum(axis=0)][: len(self._weights)]
