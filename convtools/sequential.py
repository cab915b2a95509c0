"""A stack of layers, each fed by the one before."""

from convtools import weights
from convtools.layer import SAMPLE, Layer
from convtools.training import Trainer


class Sequential(Trainer):
    """Layers in a row: the output of each is the input of the next.

    `add` checks at once that a layer fits the one before, as soon as the first layer's shape is known.
    Source: names as in Keras.

    >>> from convtools import Conv1D
    >>> model = Sequential()
    >>> model.add(Conv1D(1, 3, input_shape=(8, 1)))
    >>> model.output_shape
    (6, 1)
    """

    def __init__(self, layers=()):
        if not isinstance(layers, (list, tuple)):
            raise TypeError(f"Sequential takes a list of layers, got {layers!r}. Write Sequential([layer, ...]).")
        self.layers = []
        self._known_shape = None  # of the samples of the last call, which need no second check
        for layer in layers:
            self.add(layer)

    def add(self, layer):
        """Put `layer` at the end.

        Errors: `TypeError` for what is not a layer, `ValueError` for a layer that is in the stack already
        or does not fit the one before; the stack stays as it was.

        >>> from convtools import Conv1D
        >>> model = Sequential()
        >>> model.add(Conv1D(1, 3))
        >>> model.layers
        [Conv1D]
        """
        if not isinstance(layer, Layer):
            raise TypeError(f"add takes a layer, got {layer!r}. Make one first, for example Conv1D(1, 3).")
        if any(layer is other for other in self.layers):
            raise ValueError(
                f"This {layer!r} is layer {self.layers.index(layer)} of the stack already. Make another one."
            )
        if self.layers:
            self._join(layer)
        self.layers.append(layer)

    def _join(self, layer):
        """Build the layer for the output of those before it, as soon as that is known."""
        name, shape = f"Layer {len(self.layers)} ({layer!r})", self.output_shape
        given = next((before.output_rank for before in reversed(self.layers) if before.output_rank), None)
        if None not in (layer.rank, given) and layer.rank != given:
            mend = "Put a Flatten() between them." if layer.rank == 1 else "Choose layers for the same number of axes."
            raise ValueError(
                f"{name} expects samples {SAMPLE[layer.rank]}, but gets {SAMPLE[given]} from the layer before. {mend}"
            )
        if shape is None and layer.input_shape is not None:
            raise ValueError(
                f"{name} brings input_shape={layer.input_shape}, but the layers before it do not know theirs. "
                f"Pass input_shape=... to the first layer."
            )
        if layer.input_shape not in (None, shape):
            raise ValueError(
                f"{name} was made for samples of shape {layer.input_shape}, but gets {shape} from the layer before. "
                f"Leave its input_shape out, or change the layer before."
            )
        if shape is not None:
            _shape_after(len(self.layers), layer, shape)
            layer.build(shape)

    @property
    def input_shape(self):
        """The shape of one sample, without the batch axis; None while unknown."""
        return self.layers[0].input_shape if self.layers else None

    @property
    def output_shape(self):
        """The shape that comes out for one sample, without the batch axis; None while unknown."""
        return self.layers[-1].output_shape if self.layers else None

    def __call__(self, x):
        """Apply all layers to a batch: real numbers (batch, ...) in, float32 (batch, ...) out.

        NaN and infinity pass through as arithmetic has it. Errors: `ValueError` or `TypeError` for an empty
        stack or an input that does not fit.
        """
        if not self.layers:
            raise ValueError("This Sequential has no layers yet, so it cannot be called. Call add(...) first.")
        x = self.layers[0].as_batch(x)
        if x.shape[1:] != self._known_shape:
            shape = self.layers[0].compute_output_shape(x.shape[1:])
            for number, layer in enumerate(self.layers[1:], 1):  # all must fit before the first one is built
                shape = _shape_after(number, layer, shape)
            self._known_shape = x.shape[1:]
        for layer in self.layers:
            x = layer(x)
        return x

    def predict(self, x):
        """Do what calling the model does, with its shapes and errors; the name that Keras's users know.

        >>> from convtools import Flatten
        >>> Sequential([Flatten()]).predict([[[1, 2], [3, 4]]])
        array([[1., 2., 3., 4.]], dtype=float32)
        """
        return self(x)

    def get_weights(self):
        """Return copies of all weights in one list, layer by layer: kernel, bias, kernel, bias, ...

        Errors: `ValueError` before the input's shape is known.

        >>> from convtools import Conv1D
        >>> [weight.shape for weight in Sequential([Conv1D(4, 3, input_shape=(8, 1))]).get_weights()]
        [(3, 1, 4), (4,)]
        """
        self._need_shape("get_weights")
        return [weight for layer in self.layers for weight in layer.get_weights()]

    def set_weights(self, weights):
        """Replace all weights: one list, in the order, shapes and number that `get_weights` returns.

        Errors, and then nothing is changed: `ValueError` for a wrong number or shape or before the input's
        shape is known, `TypeError` for text, objects or complex numbers.

        >>> from convtools import Conv1D
        >>> Sequential([Conv1D(1, 3, input_shape=(8, 1))]).set_weights([[[[0]], [[1]], [[0]]], [0]])
        """
        self._need_shape("set_weights")
        before = self.get_weights()
        if not isinstance(weights, (list, tuple)) or len(weights) != len(before):
            came = (
                f"{len(weights)} of them"
                if isinstance(weights, (list, tuple))
                else f"a value of type {type(weights).__name__}"
            )
            raise ValueError(
                f"This Sequential takes a list of {len(before)} weights, got {came}. "
                f"get_weights() shows their order: kernel, bias, kernel, bias, ..."
            )
        try:
            self._deal(list(weights))
        except (TypeError, ValueError):
            self._deal(before)
            raise

    def save_weights(self, path):
        """Write all weights to a file whose name ends in .npz, in place of one that is there.

        A file that is there is replaced only when the new one is complete. Errors: `ValueError` before the input's
        shape is known, for another ending, and for weights that are not finite; `OSError` as in writing files.

        >>> from tempfile import TemporaryDirectory
        >>> from convtools import Dense
        >>> model, twin = (Sequential([Dense(1, input_shape=(2,), seed=seed)]) for seed in (1, 2))
        >>> with TemporaryDirectory() as folder:
        ...     model.save_weights(f"{folder}/model.npz")
        ...     twin.load_weights(f"{folder}/model.npz")
        >>> bool((model.get_weights()[0] == twin.get_weights()[0]).all())
        True
        """
        self._need_shape("save_weights")
        weights.save(path, self._named_weights())

    def load_weights(self, path):
        """Replace all weights by those that `save_weights` wrote for a model of the same layers.

        Errors, and then nothing is changed: `ValueError` before the input's shape is known, and for a file that is
        damaged, of another kind, or of another model; `OSError` as in reading files.

        >>> from convtools import Dense
        >>> Sequential([Dense(1, input_shape=(2,))]).load_weights("model.txt")
        Traceback (most recent call last):
        ValueError: The file's name must end in .npz, got "model.txt". Write, for example, "digits.npz".
        """
        self._need_shape("load_weights")
        self.set_weights(weights.load(path, self._named_weights()))

    def _named_weights(self):
        """Return {"0 Conv2D kernel": array, ...}: how the weights are called in a file."""
        return {
            f"{number} {layer!r} {name}": weight
            for number, layer in enumerate(self.layers)
            for name, weight in zip(layer.weight_names, layer.get_weights(), strict=True)
        }

    def _deal(self, weights):
        for number, layer in enumerate(self.layers):
            count = len(layer.weight_names)
            try:
                layer.set_weights(weights[:count])
            except (TypeError, ValueError) as error:
                raise type(error)(f"Layer {number}: {error}") from error
            weights = weights[count:]

    def _need_shape(self, method):
        if any(layer.input_shape is None for layer in self.layers):
            raise ValueError(
                f"This Sequential got {method}() before it knows its input's shape. "
                f"Pass input_shape=... to the first layer, or call it on an input first."
            )

    def count_params(self):
        """Return how many single numbers all weights hold. Errors: `ValueError` before the input's shape is known.

        >>> from convtools import Conv1D
        >>> Sequential([Conv1D(4, 3, input_shape=(8, 1))]).count_params()
        16
        """
        self._need_shape("count_params")
        return sum(layer.count_params() for layer in self.layers)

    def summary(self):
        """Print a line for each layer: its name, the shape that comes out (None: any batch) and its parameters.

        Errors: `ValueError` before the input's shape is known.

        >>> from convtools import Conv1D
        >>> Sequential([Conv1D(4, 3, input_shape=(8, 1))]).summary()
        Layer   Output shape  Params
        Conv1D  (None, 6, 4)      16
        Total params: 16
        """
        self._need_shape("summary")
        rows = [("Layer", "Output shape", "Params")]
        for layer in self.layers:
            params = layer.count_params()
            rows.append((repr(layer), str((None, *layer.output_shape)), f"{params:,}"))
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        for row in rows:
            print(f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}")
        print(f"Total params: {self.count_params():,}")


def _shape_after(number, layer, shape):
    """Return what comes out of the layer for samples of `shape`, the output of the layer before."""
    try:
        return layer.compute_output_shape(shape)
    except ValueError as error:
        raise ValueError(f"Layer {number} ({layer!r}) does not fit the output {shape} before it. {error}") from error
