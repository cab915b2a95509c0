"""What all layers share: a shape known once, weights set by hand, float32 in and out."""

import inspect

import numpy as np

from convtools.shapes import whole_number

# What the axes are called, by rank: of a sample, and of a batch of them.
SAMPLE = {None: "(...)", 1: "(features,)", 2: "(length, channels)", 3: "(rows, columns, channels)"}
BATCH = {
    None: "(batch, ...)",
    1: "(batch, features)",
    2: "(batch, length, channels)",
    3: "(batch, rows, columns, channels)",
}


def as_float32(name, value):
    """Return `value` as a float32 array, as Keras does with its inputs and weights; not a copy if it is one.

    Whole numbers, booleans and other floats are converted; NaN and infinity stay what they are, and
    a number too large for float32 becomes infinity. Errors: `TypeError` for text, objects and complex
    numbers, `ValueError` for ragged lists.

    >>> as_float32("x", [1, 2]).dtype
    dtype('float32')
    """
    if type(value) is np.ndarray and value.dtype == np.float32:
        return value
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} must be a full array, got a ragged list. Give every row the same length.") from error
    if array.dtype.kind not in "biuf":
        how = "np.real(...)" if array.dtype.kind == "c" else "np.asarray(..., dtype=np.float32)"
        raise TypeError(
            f"{name} must hold real numbers, got an array of dtype {array.dtype}. "
            f"Convert it first, for example with {how}."
        )
    with np.errstate(over="ignore"):
        return array.astype(np.float32, copy=False)


class Layer:
    """A function from batches to batches that learns its input's shape once.

    `input_shape` and `output_shape` have no batch axis and are None until the shape is known: from
    `input_shape=` at once, else from the layer before (in a `Sequential`), else from the first call.

    >>> from convtools import Conv1D
    >>> isinstance(Conv1D(1, 3), Layer)
    True
    """

    rank = None  # how many axes a sample must have; None: any number
    weight_names = ()

    @property
    def output_rank(self):
        """How many axes the output of a sample has; None: any number."""
        return self.rank

    def __new__(cls, *args, **options):
        """Refuse unknown, missing and too many options in words; a copy, made without any, passes."""
        expected = inspect.signature(cls)
        try:
            if args or options:
                expected.bind(*args, **options)
        except TypeError as error:
            raise TypeError(
                f"{cls.__name__} cannot be made: {error}. Expected {cls.__name__}{expected}. Check names and order."
            ) from None
        return super().__new__(cls)

    def __init__(self, input_shape=None):
        self.input_shape = self.output_shape = None
        self._known_shape = self._known_output = self._plan = None  # of the last call, which needs no second check
        self._weights = []
        if input_shape is not None:
            self.build(input_shape)

    def build(self, input_shape):
        """Fix the shape of a sample (no batch axis): makes the weights, knows `output_shape`.

        Errors, and then nothing is changed: as `compute_output_shape`.

        >>> from convtools import Conv1D
        >>> layer = Conv1D(1, 3)
        >>> layer.build((8, 1))
        >>> layer.output_shape
        (6, 1)
        """
        output_shape = self.compute_output_shape(input_shape)
        if self.input_shape is None:
            self._weights = self._initial_weights(input_shape)
        self.input_shape, self.output_shape = tuple(input_shape), output_shape

    def compute_output_shape(self, input_shape):
        """Return the shape that comes out for samples of `input_shape`, both without the batch axis.

        Errors: `ValueError` or `TypeError` if such samples do not fit the layer, or the weights it has.

        >>> from convtools import Conv2D
        >>> Conv2D(32, 3).compute_output_shape((8, 8, 1))
        (6, 6, 32)
        """
        if not isinstance(input_shape, (tuple, list)):
            raise TypeError(
                f"input_shape must be a tuple {SAMPLE[self.rank]}, got {input_shape!r}. Leave the batch axis out."
            )
        shape = tuple(whole_number(f"input_shape[{axis}]", size) for axis, size in enumerate(input_shape))
        if not shape or self.rank not in (None, len(shape)):
            mend = "Write it with the channels but without the batch axis, or choose the layer for its number of axes."
            if self.rank == 1:
                mend = "Put a Flatten() before it."
            raise ValueError(f"{self!r} expects samples {SAMPLE[self.rank]}, got shape {shape}. {mend}")
        self._check_channels(shape)
        return self._output_shape(shape)

    def _check_channels(self, shape):
        """Refuse samples of a `shape` that the weights were not made for."""

    def _output_shape(self, input_shape):
        raise NotImplementedError

    def _initial_weights(self, input_shape):
        return []

    def _make_plan(self, input_shape):
        """Return what `_forward` will find in `_plan` for samples of this shape."""

    def _forward(self, x):
        """Apply the layer to a checked float32 batch: new memory, x unchanged."""
        raise NotImplementedError

    def _through_activation(self, output, gradient):
        """Return the gradient before the activation from that at the output."""
        return gradient

    def _input_gradient(self, x, output, gradient):
        """Return the gradient at the input from that before the activation: float32, x's shape."""
        raise NotImplementedError

    def _weight_gradients(self, x, gradient):
        """Return the gradients of the weights, in their order, from that before the activation."""
        return []

    def backward(self, x, output, gradient):
        """Return the gradient at the input, and the list of the gradients of the weights: float32, shapes as theirs.

        x: a batch; output: what calling the layer on it gave; gradient: of the loss, at the output. A weight that is
        used at many places gets the sum over them. The gradient of ReLU at 0 is 0; of equal largest numbers under
        a pooling window the first gets all. Errors: `ValueError` or `TypeError` for shapes that do not belong
        together. Source: Goodfellow, Bengio and Courville 2016, section 9.5.

        >>> from convtools import Dense
        >>> layer = Dense(1, input_shape=(2,))
        >>> layer.set_weights([[[3], [4]], [0]])
        >>> layer.backward([[1, 2]], layer([[1, 2]]), [[10]])[0]
        array([[30., 40.]], dtype=float32)
        """
        x = self.as_batch(x)
        self._need_shape("backward")
        self._meet(x.shape[1:])
        output, gradient = as_float32("output", output), as_float32("gradient", gradient)
        expected = (len(x), *self._known_output)
        if output.shape != expected or gradient.shape != expected:
            raise ValueError(
                f"{self!r}'s output and gradient for x of shape {x.shape} have shape {expected}, got {output.shape} "
                f"and {gradient.shape}. Take x, layer(x) and the gradient at layer(x)."
            )
        with np.errstate(over="ignore", invalid="ignore"):
            gradient = self._through_activation(output, gradient)
            return self._input_gradient(x, output, gradient), self._weight_gradients(x, gradient)

    def __call__(self, x):
        """Apply the layer to a batch: real numbers (batch, ...) in, float32 (batch, ...) out.

        NaN and infinity pass through as arithmetic has it: they reach every output whose window covers
        them, even under a weight of zero (0 times infinity is NaN). Errors: `ValueError` or `TypeError`
        for an input that does not fit.
        """
        x = self.as_batch(x)
        self._meet(x.shape[1:])
        return self._forward(x)

    def _meet(self, shape):
        """Check the shape of samples, and learn what the arithmetic needs for it; nothing if it is the last one."""
        if shape == self._known_shape:
            return
        if self.input_shape is None:
            self.build(shape)
        self._known_output = self.compute_output_shape(shape)
        self._known_shape, self._plan = shape, self._make_plan(shape)

    def as_batch(self, x):
        """Return `x` as float32 (batch, ...), the array itself if it is that already. Errors: as calling the layer.

        >>> from convtools import Flatten
        >>> Flatten().as_batch([[1, 2]]).dtype
        dtype('float32')
        """
        if type(x) is not np.ndarray or x.dtype != np.float32:  # else do not even make the name
            x = as_float32(f"{self!r}'s input", x)
        if x.ndim < 2 or self.rank not in (None, x.ndim - 1):
            raise ValueError(f"{self!r} expects {BATCH[self.rank]}, got shape {x.shape}. {self._mend(x.shape)}")
        return x

    def _mend(self, shape):
        """Say how to mend a batch with a wrong number of axes."""
        missing = (self.rank or 1) + 1 - len(shape)
        kind = {2: "one sequence", 3: "one image"}.get(self.rank, "one sample")
        if missing == 1:
            channel = "; for one channel pass x[..., np.newaxis]" if self.rank in (2, 3) else ""
            return f"For {kind} pass x[np.newaxis]{channel}."
        if missing == 2 and shape:
            return f"For {kind} of one channel pass np.reshape(x, {(1, *shape, 1)})."
        if missing < 0 and self.rank == 1:
            return "Put a Flatten() before it."
        return "Reshape it, or choose the layer for its number of axes."

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
            came = (
                f"{len(weights)} of them"
                if isinstance(weights, (list, tuple))
                else f"a value of type {type(weights).__name__}"
            )
            mend = f"Write set_weights([{', '.join(self.weight_names)}])."
            raise ValueError(f"{self!r} takes a list of {len(self._weights)} weights ({mine}), got {came}. {mend}")
        new = []
        for name, old, weight in zip(self.weight_names, self._weights, weights, strict=True):
            weight = as_float32(f"{self!r}'s {name}", weight)
            if weight.shape != old.shape:
                raise ValueError(
                    f"{self!r}'s {name} has shape {old.shape}, got {weight.shape}. "
                    f"Nest the list so that it fits, or use reshape{old.shape}."
                )
            new.append(weight.copy())
        self._weights = new

    def count_params(self):
        """Return how many single numbers the weights hold; 0 for a layer without weights.

        Errors: `ValueError` for a layer with weights before the input's shape is known.

        >>> from convtools import Conv2D
        >>> Conv2D(32, 3, input_shape=(8, 8, 3)).count_params()
        896
        """
        self._need_shape("count_params")
        return sum(weight.size for weight in self._weights)

    def _need_shape(self, method):
        if self.weight_names and self.input_shape is None:
            raise ValueError(
                f"{self!r} got {method}() before it knows its input's shape, so it has no weights yet. "
                f"Pass input_shape=..., add it to a Sequential that knows, or call it on an input first."
            )

    def __repr__(self):
        return type(self).__name__


class WeightedLayer(Layer):
    """A layer with a kernel (..., channels, outputs), an optional bias (outputs,) and an activation.

    >>> from convtools import Dense
    >>> Dense(4, input_shape=(2,)).kernel.shape
    (2, 4)
    """

    activations = ("linear", "relu")

    def __init__(self, activation, use_bias, input_shape, seed):
        if activation is not None and (not isinstance(activation, str) or activation not in self.activations):
            known = " or ".join(f'"{name}"' for name in self.activations)
            raise ValueError(f"activation must be None, {known}, got {activation!r}. Choose one of these.")
        if not isinstance(use_bias, bool):
            raise TypeError(
                f"use_bias must be True or False, got {use_bias!r}. Write use_bias=False to leave the bias out."
            )
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
        if self.activation == "relu":
            return np.maximum(x, 0, out=x)
        if self.activation == "softmax":
            powers = np.exp(x - x.max(axis=-1, keepdims=True))  # the largest is 1, so none becomes infinite
            return powers / powers.sum(axis=-1, keepdims=True)
        return x

    def _through_activation(self, output, gradient):
        if self.activation == "relu":
            return gradient * (output > 0)
        if self.activation == "softmax":
            return output * (gradient - (gradient * output).sum(axis=-1, keepdims=True))
        return gradient

    def _check_channels(self, shape):
        expected = self._weights[0].shape[-2] if self._weights else shape[-1]
        if shape[-1] == expected:
            return
        if self.rank == 1:
            raise ValueError(
                f"{self!r} has weights for {expected} features, got {shape[-1]}. "
                f"Give samples of the size it was made for, or make another layer."
            )
        raise ValueError(
            f"{self!r} has filters for {expected} on the last axis, the channels, got {shape[-1]} in samples "
            f"of shape {shape}. Move the channels there, for example with np.moveaxis, or make another layer."
        )
