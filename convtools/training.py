"""How a model learns: batch by batch, with Keras's words compile, fit and evaluate."""

import numpy as np

from convtools.layer import as_float32
from convtools.losses import LOSSES, accuracy
from convtools.optimizers import OPTIMIZERS, Optimizer
from convtools.shapes import whole_number


class History:
    """What happened in `fit`: `epoch`, a list of the epochs from 0, and `history`, {name: one number an epoch}.

    The names are "loss", "accuracy" if it was asked for, and with validation data "val_loss", "val_accuracy".

    >>> History().history
    {}
    """

    def __init__(self):
        self.epoch, self.history = [], {}

    def add(self, numbers):
        """Add an epoch's numbers, {name: number}.

        >>> history = History()
        >>> history.add({"loss": 0.5})
        >>> history.epoch, history.history
        ([0], {'loss': [0.5]})
        """
        longer = {name: [*self.history.get(name, []), number] for name, number in numbers.items()}
        self.epoch, self.history = [*self.epoch, len(self.epoch)], longer  # both or none, even if interrupted

    def __repr__(self):
        last = ", ".join(f"{name} {values[-1]:.4f}" for name, values in self.history.items())
        return f"History(epochs {len(self.epoch)}{', ' * bool(last)}{last})"


class Trainer:
    """What a `Sequential` can do once it is compiled; `history` is that of the last `fit`, complete or not.

    >>> Trainer().history is None
    True
    """

    optimizer = loss = history = None
    metrics = ()

    def compile(self, optimizer="sgd", loss="mean_squared_error", *, metrics=()):
        """Choose how to learn.

        optimizer: an `SGD` or `Adam` of its own, or "sgd" or "adam" with their defaults; loss: "mean_squared_error"
        or "sparse_categorical_crossentropy"; metrics: [] or ["accuracy"].
        Errors: `ValueError` or `TypeError` for others. Source: names as in Keras.

        >>> from convtools import Dense, Sequential
        >>> Sequential([Dense(1, input_shape=(2,))]).compile(loss="mean_squared_error")
        """
        if not isinstance(optimizer, Optimizer):
            optimizer = _known("optimizer", optimizer, OPTIMIZERS)()
        _known("loss", loss, LOSSES)
        if not isinstance(metrics, (list, tuple)) or list(metrics) not in ([], ["accuracy"]):
            raise ValueError(f'metrics must be [] or ["accuracy"], got {metrics!r}. Choose one of these.')
        if metrics and loss == "mean_squared_error":
            raise ValueError(
                'Accuracy counts classes, got the loss "mean_squared_error". Leave metrics out, '
                'or take loss="sparse_categorical_crossentropy".'
            )
        if optimizer.model not in (None, self):
            raise ValueError(f"This {optimizer!r} belongs to another model already. Make a new one for each model.")
        optimizer.model = self
        self.optimizer, self.loss, self.metrics = optimizer, loss, tuple(metrics)

    def fit(self, x, y, batch_size=32, epochs=1, verbose=1, validation_data=None, shuffle=True, seed=None):
        """Train: go through all samples `epochs` times, in batches; return the `History`.

        x: (samples, ...); y: labels, as the loss has them. The optimizer takes one step for each batch; a number
        of `history` is the mean over an epoch's batches while they are learned, as in Keras. verbose: 1 shows a
        progress bar, 0 does not. validation_data: (x, y) to evaluate after each epoch. shuffle: a new order each
        epoch; seed: repeats these orders. (The first weights repeat by the layers' own seeds.)

        Interrupted, the model keeps the weights of its last complete step, and `history` the complete epochs; the
        exception says how far it came. A loss or weights that are not finite are refused: `ValueError`, and the
        model keeps the weights (and the optimizer what it remembers) that the epoch began with.
        Errors besides: `ValueError` or `TypeError` for data that do not fit.

        >>> from convtools import Dense, Sequential
        >>> model = Sequential([Dense(1, input_shape=(1,), seed=1)])
        >>> model.compile(optimizer="sgd", loss="mean_squared_error")
        >>> history = model.fit([[0], [1]], [[1], [3]], epochs=1000, batch_size=2, verbose=0)
        >>> [round(float(weight.item()), 1) for weight in model.get_weights()]  # y = 2 x + 1
        [2.0, 1.0]
        """
        x, y = self._data(x, y)
        validation = None if validation_data is None else self._validation(*_pair(validation_data))
        batch_size, epochs = whole_number("batch_size", batch_size), whole_number("epochs", epochs)
        for name, value, allowed in (("verbose", verbose, (0, 1)), ("shuffle", shuffle, (False, True))):
            if value not in allowed:
                raise ValueError(f"{name} must be {allowed[0]} or {allowed[1]}, got {value!r}. Choose one of these.")
        rng = np.random.default_rng(None if seed is None else whole_number("seed", seed, smallest=0))
        batches = -(-len(x) // batch_size)
        self.history = History()
        epoch = step = 0  # in the epoch
        try:
            with _bar(epochs * batches, verbose) as bar:
                for epoch in range(1, epochs + 1):
                    before, step = self._all(), 0
                    order = rng.permutation(len(x)) if shuffle else np.arange(len(x))
                    sums = np.zeros(1 + len(self.metrics))
                    for step in range(batches):
                        batch = order[step * batch_size : (step + 1) * batch_size]
                        sums += np.multiply(len(batch), self._step(x[batch], y[batch]))
                        if verbose:
                            loss = sums[0] / min((step + 1) * batch_size, len(x))
                            bar.set_postfix(epoch=f"{epoch}/{epochs}", loss=f"{loss:.4f}", refresh=False)
                            bar.update()
                    step = batches
                    numbers = self._named(sums / len(x))
                    if validation:
                        numbers |= self._named(self._evaluate(*validation, batch_size), "val_")
                    self.history.add(numbers)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(
                f"Stopped in epoch {epoch} of {epochs}, after {step} of {batches} batches. The model keeps what it "
                f"has learned, and model.history its {len(self.history.epoch)} complete epochs. fit(...) goes on."
            ) from None
        except _NotFinite as error:
            self._put_all(before)
            raise ValueError(
                f"The {error} in epoch {epoch}, at batch {step + 1} of {batches}. Most often the learning "
                f"rate, {self.optimizer.learning_rate}, is too large: try a tenth of it. Or x holds very large "
                f"numbers: divide by the largest. The model has the weights from before this epoch."
            ) from None
        return self.history

    def evaluate(self, x, y, batch_size=32):
        """Return the loss over all samples, a float; with metrics the list [loss, accuracy].

        Errors: `ValueError` or `TypeError` for data that do not fit.

        >>> from convtools import Flatten, Sequential
        >>> model = Sequential([Flatten(input_shape=(1, 2))])
        >>> model.compile(loss="mean_squared_error")
        >>> model.evaluate([[[1, 2]]], [[1, 5]])
        4.5
        """
        return _as_keras(self._evaluate(*self._data(x, y), whole_number("batch_size", batch_size)))

    def train_on_batch(self, x, y):
        """Take one step of the optimizer; return the batch's loss before it, with metrics [loss, accuracy].

        Errors: as `fit`; the weights then stay as they were.

        >>> from convtools import Dense, SGD, Sequential
        >>> model = Sequential([Dense(1, use_bias=False, input_shape=(1,), seed=1)])
        >>> model.set_weights([[[3]]])
        >>> model.compile(optimizer=SGD(learning_rate=0.25), loss="mean_squared_error")
        >>> model.train_on_batch([[1]], [[5]]), model.train_on_batch([[1]], [[5]])
        (4.0, 1.0)
        """
        try:
            return _as_keras(self._step(*self._data(x, y)))
        except _NotFinite as error:
            raise ValueError(
                f"The {error}. Most often the learning rate, {self.optimizer.learning_rate}, is too large: try a tenth "
                f"of it. Or x holds very large numbers: divide by the largest. The weights are as they were."
            ) from None

    def _data(self, x, y):
        """Return x as a float32 batch and y as an array, checked at the door."""
        if self.optimizer is None:
            raise ValueError("This Sequential is not compiled yet. Call compile(optimizer=..., loss=...) first.")
        if not self.layers:
            raise ValueError("This Sequential has no layers yet, so it cannot be trained. Call add(...) first.")
        x, as_numbers, y = self.layers[0].as_batch(x), as_float32("y", y), np.asarray(y)
        if not len(x) or len(x) != len(np.atleast_1d(y)):
            raise ValueError(
                f"x and y must have as many samples, at least one, got {len(x)} and {len(np.atleast_1d(y))}. "
                f"Give one label for each sample."
            )
        for name, array in (("x", x), ("y", as_numbers)):
            if not np.isfinite(array).all():
                raise ValueError(f"{name} must hold finite numbers, got NaN or infinity. Take these samples out.")
        LOSSES[self.loss](y, np.broadcast_to(self(x[:1]), (len(x), *self.output_shape)))  # which builds the layers
        return x, y

    def _validation(self, x, y):
        try:
            return self._data(x, y)
        except (TypeError, ValueError) as error:
            raise type(error)(f"validation_data: {error}") from error

    def _step(self, x, y):
        """Take one step on a checked batch, or none at all; return [loss, metrics...] from before it."""
        values, gradients = self._gradients(x, y)
        before = self._all()
        try:
            weights = self.optimizer.apply(gradients, before[0])
            if not all(np.isfinite(weight).all() for weight in weights):
                raise _NotFinite("weights became infinite")
            self._put_weights(weights)
        except BaseException:  # an interruption, too
            self._put_all(before)
            raise
        return values

    def _gradients(self, x, y):
        """Return [loss, metrics...] and the gradients of all weights, in the order of `get_weights`."""
        outputs = [x]  # of every layer, its input first
        for layer in self.layers:
            outputs.append(layer(outputs[-1]))
        values, gradient = self._judge(y, outputs[-1])
        gradients = []
        with np.errstate(over="ignore", invalid="ignore"):
            for number, layer in reversed(list(enumerate(self.layers))):
                x, output = outputs[number : number + 2]
                gradient = layer._through_activation(output, gradient)
                gradients = layer._weight_gradients(x, gradient) + gradients
                if number:  # nobody asks for the gradient at the data
                    gradient = layer._input_gradient(x, output, gradient)
        return values, gradients

    def _judge(self, y, output):
        """Return [loss, metrics...] of a batch's output, and the loss's gradient."""
        loss, gradient = LOSSES[self.loss](y, output)
        if not np.isfinite(loss):
            raise _NotFinite(f"loss became {loss}")
        return [loss, *(accuracy(y, output) for _ in self.metrics)], gradient

    def _evaluate(self, x, y, batch_size):
        """Return [loss, metrics...] over checked samples."""
        sums = np.zeros(1 + len(self.metrics))
        for first in range(0, len(x), batch_size):
            batch = slice(first, first + batch_size)
            loss, _ = LOSSES[self.loss](y[batch], output := self(x[batch]))
            sums += np.multiply(len(output), [loss, *(accuracy(y[batch], output) for _ in self.metrics)])
        return sums / len(x)

    def _named(self, values, prefix=""):
        names = [prefix + name for name in ("loss", *self.metrics)]
        return dict(zip(names, map(float, values), strict=True))

    def _all(self):
        """Return all that a step replaces: the weights themselves, for it changes none, and the optimizer's part."""
        weights = [weight for layer in self.layers for weight in layer._weights]
        return weights, self.optimizer.memory, self.optimizer.iterations

    def _put_all(self, before):
        weights, self.optimizer.memory, self.optimizer.iterations = before
        self._put_weights(weights)

    def _put_weights(self, weights):
        weights = list(weights)
        for layer in self.layers:
            layer._weights, weights = weights[: len(layer._weights)], weights[len(layer._weights) :]


class _NotFinite(ArithmeticError):
    """A loss or weights that are NaN or infinite; says which."""


def _as_keras(values):
    values = [float(value) for value in values]
    return values if len(values) > 1 else values[0]


def _known(kind, name, table):
    if not isinstance(name, str) or name not in table:
        known = " or ".join(f'"{key}"' for key in table)
        raise ValueError(f"{kind} must be {known}, got {name!r}. Choose one of these.")
    return table[name]


def _pair(data):
    if not isinstance(data, (list, tuple)) or len(data) != 2:
        came = f"{type(data).__name__}" + (f" of {len(data)}" if isinstance(data, (list, tuple)) else "")
        raise ValueError(f"validation_data must be a pair (x, y), got a {came}. Write validation_data=(x, y).")
    return data


def _bar(total, verbose):
    """Return a progress bar that suits the place: drawn by the notebook, or in the terminal."""
    from tqdm.auto import tqdm

    return tqdm(total=total, disable=not verbose, unit="batch")
