"""What all layers share: a shape known once, weights set by hand, float32 in and out."""

import numpy as np

from convtools.shapes import whole_number

SAMPLE = {1: "(features,)", 2: "(length, channels)", 3: "(rows, columns, channels)"}  # by rank: no batch axis
BATCH = {1: "(batch, features)", 2: "(batch, length, channels)", 3: "(batch, rows, columns, channels)"}


def as_float32(name, value):
    """Return `value` as a new float32 array, as Keras does with its inputs and weights.

    Whole numbers, booleans and other floats are converted; NaN and infinity stay what they are, and
    a number too large for float32 becomes infinity. Errors: `TypeError` for text, objects and complex
    numbers, `ValueError` for ragged lists.

    >>> as_float32("x", [1, 2]).dtype
    dtype('float32')
    """
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} must be a full array, got a ragged list. Give every row the same length.") from error
    if array.dtype.kind not in "biuf":
        raise TypeError(
            f"{name} must hold real numbers, got an array of dtype {array.dtype}. "
            f"Convert it first, for example with np.asarray(..., dtype=np.float32)."
        )
    with np.errstate(over="ignore"):
        return array.astype(np.float32)


class Layer:
    """A function from batches to batches that learns its input's shape once.

    `input_shape` and `output_shape` have no batch axis and are None until the shape is known: from
    `input_shape=` at once, else from the layer before (in a `Sequential`), else from the first call.
    """

    rank = None  # how many axes a sample must have; None: any number
    weight_names = ()

    def __init__(self, input_shape=None):
        self.input_shape = self.output_shape = None
        self._weights = []
        if input_shape is not None:
            if not isinstance(input_shape, (tuple, list)):
                raise TypeError(
                    f"input_shape must be a tuple {SAMPLE[self.rank]}, got {input_shape!r}. Leave the batch axis out."
                )
            self.build(tuple(whole_number(f"input_shape[{axis}]", size) for axis, size in enumerate(input_shape)))

    def build(self, input_shape):
        """Fix the shape of a sample (no batch axis): makes the weights, knows `output_shape`.

        Errors: `ValueError` if such samples do not fit the layer.
        """
        if self.rank not in (None, len(input_shape)):
            raise ValueError(
                f"{self!r} expects samples {SAMPLE[self.rank]}, got shape {tuple(input_shape)}. {self._mend(len(input_shape))}"
            )
        output_shape = self.compute_output_shape(input_shape)
        if self.input_shape is None:
            self._weights = self._initial_weights(input_shape)
        else:
            self._check_channels(input_shape)
        self.input_shape, self.output_shape = tuple(input_shape), output_shape

    def compute_output_shape(self, input_shape):
        """Return the shape that comes out for an `input_shape`, both without the batch axis."""
        raise NotImplementedError

    def _initial_weights(self, input_shape):
        return []

    def _forward(self, x):
        raise NotImplementedError

    def __call__(self, x):
        """Apply the layer to a batch: real numbers (batch, ...) in, float32 (batch, ...) out.

        NaN and infinity pass through as arithmetic has it: they reach every output whose window covers
        them, even under a weight of zero (0 times infinity is NaN). Errors: `ValueError` or `TypeError`
        for an input that does not fit.
        """
        x = as_float32(f"{self!r}'s input", x)
        if x.ndim < 2 or self.rank not in (None, x.ndim - 1):
            raise ValueError(
                f"{self!r} expects {BATCH.get(self.rank, '(batch, ...)')}, got shape {x.shape}. {self._mend(x.ndim - 1)}"
            )
        if self.input_shape is None:
            self.build(x.shape[1:])
        self._check_channels(x.shape[1:])
        return self._forward(x)

    def _mend(self, rank):
        """Say how to mend samples of the wrong `rank`."""
        if self.rank == 1 and rank > 1:
            return "Put a Flatten() before it."
        if self.rank is None or rank == self.rank - 1:
            kind = {2: "one sequence", 3: "one image"}.get(self.rank, "one sample")
            return f"For {kind} pass x[np.newaxis]; for one channel pass x[..., np.newaxis]."
        return "Reshape it, or choose the layer for its number of axes."

    def _check_channels(self, shape):
        """Refuse samples of a `shape` that the weights were not made for."""

    def get_weights(self):
        """Return copies of the weights, float32, in Keras's order: kernel, then bias; [] if there are none.

        Errors: `ValueError` before the input's shape is known.

        >>> from convtools import Conv1D
        >>> Conv1D(1, 3, input_shape=(8, 1)).get_weights()[1]
        array([0.], dtype=float32)
        """
        self._need_shape("get_weights")
        return [weight.copy() for weight in self._weights]

    def set_weights(self, weights):
        """Replace all weights: a list in the order, shapes and number that `get_weights` returns.

        Errors, and then nothing is changed: `ValueError` for a wrong number or shape or before the input's
        shape is known, `TypeError` for text, objects or complex numbers.

        >>> from convtools import Conv1D
        >>> Conv1D(1, 3, input_shape=(8, 1)).set_weights([[[[0]], [[1]], [[0]]], [0]])
        """
        self._need_shape("set_weights")
        if not isinstance(weights, (list, tuple)) or len(weights) != len(self._weights):
            mine = ", ".join(f"{n} {w.shape}" for n, w in zip(self.weight_names, self._weights, strict=True)) or "none"
            came = f"{len(weights)} of them" if isinstance(weights, (list, tuple)) else f"a {type(weights).__name__}"
            raise ValueError(f"{self!r} takes a list of {len(self._weights)} weights ({mine}), got {came}. List each one.")
        new = []
        for name, old, weight in zip(self.weight_names, self._weights, weights, strict=True):
            weight = as_float32(f"{self!r}'s {name}", weight)
            if weight.shape != old.shape:
                raise ValueError(
                    f"{self!r}'s {name} has shape {old.shape}, got {weight.shape}. "
                    f"Nest the list so that it fits, or use reshape{old.shape}."
                )
            new.append(weight)
        self._weights = new

    def count_params(self):
        """Return how many single numbers the weights hold; 0 for a layer without weights.

        Errors: `ValueError` before the input's shape is known.

        >>> from convtools import Conv2D
        >>> Conv2D(32, 3, input_shape=(8, 8, 3)).count_params()
        896
        """
        self._need_shape("count_params")
        return sum(weight.size for weight in self._weights)

    def _need_shape(self, method):
        if self.input_shape is None:
            raise ValueError(
                f"{self!r} got {method}() before it knows its input's shape, so it has no weights yet. "
                f"Pass input_shape=..., add it to a Sequential that knows, or call it on an input first."
            )

    def __repr__(self):
        return type(self).__name__


class WeightedLayer(Layer):
    """A layer with a kernel (..., channels, outputs), an optional bias (outputs,) and an activation."""

    def __init__(self, activation, use_bias, input_shape, seed):
        if activation not in (None, "linear", "relu"):
            raise ValueError(f'activation must be None, "linear" or "relu", got {activation!r}. Choose one of these.')
        if not isinstance(use_bias, bool):
            raise TypeError(f"use_bias must be True or False, got {use_bias!r}. Write use_bias=False to leave the bias out.")
        self.activation = activation
        self.use_bias = use_bias
        self.seed = seed if seed is None else whole_number("seed", seed, smallest=0)
        self.weight_names = ("kernel", "bias") if use_bias else ("kernel",)
        super().__init__(input_shape)

    @property
    def kernel(self):
        """A copy of the kernel, float32."""
        return self.get_weights()[0]

    @property
    def bias(self):
        """A copy of the bias, float32, or None for a layer without one."""
        return self.get_weights()[1] if self.use_bias else None

    def _random_weights(self, kernel_shape):
        """Draw the kernel evenly from ±sqrt(6 / (fan in + fan out)), as Keras does; the bias is zero.

        Source: Glorot and Bengio 2010.
        """
        window = int(np.prod(kernel_shape[:-2]))
        limit = np.sqrt(6 / (window * (kernel_shape[-2] + kernel_shape[-1])))
        kernel = np.random.default_rng(self.seed).uniform(-limit, limit, kernel_shape).astype(np.float32)
        return [kernel, np.zeros(kernel_shape[-1], np.float32)][: len(self.weight_names)]

    def _activate(self, x):
        return np.maximum(x, 0, out=x) if self.activation == "relu" else x

    def _check_channels(self, shape):
        channels = self._weights[0].shape[-2]
        if shape[-1] != channels:
            raise ValueError(
                f"{self!r} has weights for {channels} on the last axis, got {shape[-1]} in a sample of shape {tuple(shape)}. "
                f"Channels come last: move them there, or make a layer for {shape[-1]}."
            )
