"""Training: the numbers of Keras, step by step; what repeats, what is refused, what an interruption leaves behind."""

import os

os.environ["KERAS_BACKEND"] = "jax"

import copy
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import keras
import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from sklearn.datasets import load_digits
from test_errors import refusal
from tqdm.auto import tqdm

import convtools
from convtools import SGD, Adam, Conv2D, Dense, Flatten, MaxPooling2D, ReLU, Sequential, data, losses, training
from convtools.training import History

pytestmark = [  # between Keras and its libraries: the second is about its own integers on JAX
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy"),
    pytest.mark.filterwarnings("ignore:Explicitly requested dtype int64:UserWarning"),
]
SQUARES, CLASSES = "mean_squared_error", "sparse_categorical_crossentropy"
STEPS = 25


# As Keras


def conv(filters, kernel_size, **settings):
    return "Conv2D", {"filters": filters, "kernel_size": kernel_size, **settings}


def conv1d(filters, kernel_size, **settings):
    return "Conv1D", {"filters": filters, "kernel_size": kernel_size, **settings}


def dense(units, activation=None):
    return "Dense", {"units": units, "activation": activation}


FLAT, SOFTMAX = ("Flatten", {}), dense(3, "softmax")
NETWORKS = {  # the shape of a sample, the layers
    "pictures": (
        (9, 8, 2),
        [
            conv(4, 3, activation="relu", padding="same"),
            ("MaxPooling2D", {}),
            conv(3, 2, strides=2),
            ("ReLU", {}),
            FLAT,
        ],
    ),
    "global": (
        (7, 8, 1),
        [conv(5, (3, 2), strides=2, padding="same", activation="relu"), ("GlobalAveragePooling2D", {})],
    ),
    "averages": (
        (8, 7, 1),
        [
            conv(3, 3, strides=(2, 1)),
            ("AveragePooling2D", {"pool_size": 2, "strides": 1, "padding": "same"}),
            FLAT,
            dense(4, "relu"),
        ],
    ),
    "sequences": (
        (12, 2),
        [
            conv1d(4, 3, padding="causal", dilation_rate=2, activation="relu"),
            ("MaxPooling1D", {"pool_size": 3, "strides": 2, "padding": "same"}),
            conv1d(3, 4, strides=2, padding="same", use_bias=False),
            ("AveragePooling1D", {"pool_size": 2}),
            FLAT,
        ],
    ),
    "one filter": ((8, 8, 1), [conv(1, 3)]),
    "rows": ((6,), [dense(5, "relu")]),
}
DEFAULT = {"learning_rate": 0.1}
CASES = [  # the network, its loss, the optimizer
    ("pictures", CLASSES, "SGD", DEFAULT),
    ("pictures", CLASSES, "Adam", {"learning_rate": 0.01}),
    ("pictures", SQUARES, "SGD", {"learning_rate": 0.02, "momentum": 0.9}),
    ("global", CLASSES, "SGD", {"learning_rate": 0.2, "momentum": 0.5}),
    ("averages", CLASSES, "Adam", {"learning_rate": 0.01, "beta_1": 0.5, "beta_2": 0.9}),
    ("sequences", CLASSES, "SGD", {**DEFAULT, "momentum": 0.9}),
    ("sequences", SQUARES, "Adam", {"learning_rate": 0.005}),
    ("one filter", SQUARES, "SGD", DEFAULT),
    ("rows", CLASSES, "Adam", {}),
    ("rows", CLASSES, "Adam", {**DEFAULT, "beta_1": 0.0, "beta_2": 0.5, "epsilon": 0.01}),
    ("rows", SQUARES, "SGD", {}),
    ("rows", SQUARES, "Adam", {"learning_rate": 0.02, "epsilon": 1e-3}),
]


def twins(network, loss, optimizer, settings):
    """The same model in convtools and in Keras, with the same weights, both compiled."""
    shape, rows = NETWORKS[network]
    if network != "one filter":
        rows = [*rows, SOFTMAX if loss == CLASSES else dense(2)]
    ours = Sequential([getattr(convtools, name)(**options) for name, options in rows])
    ours(np.zeros((1, *shape)))
    rng = np.random.default_rng(5)
    ours.set_weights([rng.normal(0, 0.4, weight.shape) for weight in ours.get_weights()])
    theirs = keras.Sequential([keras.Input(shape)])
    for name, options in rows:
        theirs.add(getattr(keras.layers, name)(**options))
    theirs.set_weights(ours.get_weights())
    metrics = ["accuracy"] if loss == CLASSES else []
    ours.compile(optimizer=getattr(convtools, optimizer)(**settings), loss=loss, metrics=metrics)
    theirs.compile(optimizer=getattr(keras.optimizers, optimizer)(**settings), loss=loss, metrics=list(metrics))
    return ours, theirs


def samples(model, count, loss, seed=7):
    """Random samples for a model, with labels for its loss."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, *model.input_shape)).astype(np.float32)
    if loss == CLASSES:
        return x, rng.integers(0, 3, count)
    return x, rng.normal(size=(count, *model.output_shape)).astype(np.float32)


def assert_same_weights(ours, theirs, **tolerance):
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert np.allclose(one, other, **tolerance)


# A step rounds at 6e-8. 25 steps, the sums of a batch, and Adam's quotient of two small numbers make more of it:
# up to 4e-6 here. A wrong formula shows from the second step on, in the third digit.
@pytest.mark.parametrize(("network", "loss", "optimizer", "settings"), CASES)
def test_each_step_is_that_of_keras(network, loss, optimizer, settings):
    ours, theirs = twins(network, loss, optimizer, settings)
    x, y = samples(ours, 24, loss)
    came, expected = [], []
    for step in range(STEPS):
        batch = slice(step % 3 * 8, step % 3 * 8 + 8)
        theirs.reset_metrics()  # Keras's are means since the last reset
        expected.append(theirs.train_on_batch(x[batch], y[batch]))
        came.append(ours.train_on_batch(x[batch], y[batch]))
    assert np.allclose(came, expected, rtol=2e-5, atol=2e-6)
    assert_same_weights(ours, theirs, rtol=2e-4, atol=2e-5)
    assert np.ptp(np.reshape(came, (STEPS, -1))[:, 0]) > 0.01, "nothing was learned, so nothing was compared"


@pytest.mark.parametrize(
    ("case", "column"), [(CASES[1], False), (CASES[8], True), (CASES[7], False)], ids=["(n,)", "(n, 1)", "maps"]
)
def test_fit_and_evaluate_are_those_of_keras(case, column):
    ours, theirs = twins(*case)
    x, y = samples(ours, 37, case[1])  # the last batch is smaller
    more = samples(ours, 11, case[1], seed=8)
    if column:
        y, more = y[:, np.newaxis], (more[0], more[1][:, np.newaxis])
    settings = {"batch_size": 8, "epochs": 3, "shuffle": False, "verbose": 0, "validation_data": more}
    came, expected = ours.fit(x, y, **settings), theirs.fit(x, y, **settings)
    assert came.epoch == expected.epoch == [0, 1, 2]
    assert came.history.keys() == expected.history.keys()
    for name, numbers in came.history.items():
        assert all(type(number) is float for number in numbers)
        assert np.allclose(numbers, expected.history[name], rtol=2e-5), name
    for batch_size in (4, 11, 32):
        one, other = (model.evaluate(*more, batch_size=batch_size) for model in (ours, NoBar(theirs)))
        assert type(one) is (list if case[1] == CLASSES else float)
        assert np.allclose(one, other, rtol=2e-5)
    assert_same_weights(ours, theirs, rtol=2e-4, atol=2e-5)


class NoBar(SimpleNamespace):
    """A model of Keras whose evaluate is silent."""

    def __init__(self, model):
        self.evaluate = lambda *data, **settings: model.evaluate(*data, verbose=0, **settings)


@pytest.mark.parametrize("network", NETWORKS)
def test_weights_move_between_keras_and_here_unchanged(network):
    ours, theirs = twins(network, SQUARES, "SGD", {})
    x, _ = samples(ours, 5, SQUARES)
    assert np.allclose(ours(x), theirs(x), rtol=1e-5, atol=1e-5)
    changed = [weight * 1.5 + 0.1 for weight in theirs.get_weights()]
    theirs.set_weights(changed)
    ours.set_weights(theirs.get_weights())
    assert all(map(np.array_equal, ours.get_weights(), changed))
    assert np.allclose(ours(x), theirs(x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("p", [1e-9, 3e-7, 0.25, 1 - 3e-7, 1.0])
def test_the_limits_of_the_logarithm_are_those_of_keras(p):
    import jax

    def theirs(logits):
        return keras.losses.SparseCategoricalCrossentropy()(np.array([0]), jax.nn.softmax(logits))

    logits = np.log(np.float64([[p, max(1 - p, 1e-12)]])).astype(np.float32)
    layer = Dense(2, activation="softmax", use_bias=False, input_shape=(2,))
    layer.set_weights([np.eye(2)])
    loss, gradient = losses.sparse_categorical_crossentropy([0], layer(logits))
    expected, at_logits = jax.value_and_grad(theirs)(logits)
    assert loss == pytest.approx(float(expected), rel=1e-5, abs=2e-7)  # float32 has no more digits below 1
    assert np.allclose(layer.backward(logits, layer(logits), gradient)[0], at_logits, rtol=1e-5, atol=1e-6)


# Losses and optimizers by hand


def test_losses_by_hand():
    loss, gradient = losses.sparse_categorical_crossentropy([[1], [0]], [[0.75, 0.25], [0.5, 0.5]])
    assert loss == pytest.approx((np.log(4) + np.log(2)) / 2)
    assert gradient.tolist() == [[0, -2], [-1, 0]]  # -1 / (2 p)
    loss, gradient = losses.mean_squared_error([[0, 0], [1, 1]], [[2, 0], [1, 5]])
    assert (loss, gradient.tolist()) == (5, [[1, 0], [0, 2]])
    assert losses.accuracy([0, 1, 1, [0][0]], [[0.9, 0.1], [0.4, 0.6], [0.7, 0.3], [0.5, 0.5]]) == 0.75


def steps(optimizer, gradients, start=10.0):
    """Where one weight goes."""
    weights, places = [np.float32([start])], []
    for gradient in gradients:
        weights = optimizer.apply([np.float32([gradient])], weights)
        places.append(float(weights[0][0]))
    return places


def test_optimizers_by_hand():
    assert steps(SGD(learning_rate=0.5), [2, -4, 0]) == [9, 11, 11]
    assert steps(SGD(learning_rate=1, momentum=0.5), [4, 0, 0, 1]) == [6, 4, 3, 1.5]
    # Adam's first step is learning_rate, whatever the gradient; with a steady gradient so are all.
    for gradient in (1000, 1, -0.1):
        places = steps(Adam(learning_rate=0.25), [gradient] * 3)
        assert np.allclose(places, 10 - np.sign(gradient) * np.array([0.25, 0.5, 0.75]), atol=1e-3)
    # beta_1 = beta_2 = 0 forgets all: the sign of each gradient
    assert np.allclose(steps(Adam(1, beta_1=0, beta_2=0), [3, -5, 0.1]), [9, 10, 9], atol=1e-5)


def test_an_optimizer_changes_no_array_it_was_given():
    for optimizer in SGD(momentum=0.9), Adam():
        weights, gradients = [np.ones(3, np.float32)], [np.ones(3, np.float32)]
        optimizer.apply(gradients, optimizer.apply(gradients, weights))
        assert weights[0].tolist() == gradients[0].tolist() == [1, 1, 1]
        assert optimizer.iterations == 2


# What repeats


def small(seed=1, optimizer=None, loss=CLASSES, metrics=("accuracy",)):
    model = Sequential([Dense(4, activation="relu", input_shape=(3,), seed=seed)])
    model.add(Dense(2, activation="softmax", seed=seed + 1) if loss == CLASSES else Dense(2, seed=seed + 1))
    model.compile(optimizer=optimizer or Adam(0.01), loss=loss, metrics=list(metrics) if loss == CLASSES else [])
    return model


RNG = np.random.default_rng(3)
X, Y = RNG.normal(size=(10, 3)).astype(np.float32), RNG.integers(0, 2, 10)


def state(model):
    """All that a step changes, as bytes: weights, and what the optimizer remembers."""
    memory = [array.tobytes() for kept in model.optimizer.memory or [] for array in kept]
    return [weight.tobytes() for weight in model.get_weights()], memory, model.optimizer.iterations


def fitted(weights_seed=1, seed=1, **settings):
    model = small(weights_seed)
    history = model.fit(X, Y, batch_size=3, epochs=3, verbose=0, seed=seed, **settings)
    return state(model), history.history


def test_the_same_seeds_repeat_a_run_to_the_last_bit():
    assert fitted() == fitted()
    assert fitted()[0] != fitted(seed=2)[0]
    assert fitted()[0] != fitted(weights_seed=2)[0]
    assert fitted(seed=None)[0] != fitted(seed=None)[0]
    assert fitted(shuffle=False) == fitted(seed=2, shuffle=False) != fitted()


def test_every_epoch_has_an_order_of_its_own_and_every_sample_once():
    seen = []

    class Ear(ReLU):
        def _forward(self, x):
            seen.extend(x[:, 0].tolist())
            return super()._forward(x)

    def orders(**settings):
        model = Sequential([Ear(input_shape=(1,)), Dense(1, seed=1)])
        model.compile()
        seen.clear()
        x = np.arange(20.0)[:, np.newaxis]
        model.fit(x, np.zeros((20, 1)), batch_size=7, epochs=2, verbose=0, **settings)
        return seen[-40:-20], seen[-20:]  # before that the door is tried

    first, second = orders(seed=1)
    assert sorted(first) == sorted(second) == list(range(20))
    assert first != second
    assert first != list(range(20))
    assert orders(shuffle=False) == (list(range(20)),) * 2


def test_fit_is_train_on_batch_in_a_loop_and_goes_on():
    one, other = small(), small()
    for _ in range(4):
        values = [other.train_on_batch(X[first : first + 4], Y[first : first + 4]) for first in (0, 4, 8)]
    one.fit(X, Y, batch_size=4, epochs=2, shuffle=False, verbose=0)
    history = one.fit(X, Y, batch_size=4, epochs=2, shuffle=False, verbose=0)
    assert state(one) == state(other)
    assert one.optimizer.iterations == 12
    assert one.history is history
    assert (history.epoch, len(history.history["loss"])) == ([0, 1], 2)
    mean = np.average(values, axis=0, weights=[4, 4, 2])
    assert [history.history["loss"][-1], history.history["accuracy"][-1]] == pytest.approx(mean.tolist())


def test_evaluate_and_validation_change_nothing():
    model = small()
    model.train_on_batch(X, Y)
    before = state(model)
    loss, share = model.evaluate(X, Y, batch_size=3)
    assert loss == pytest.approx(losses.sparse_categorical_crossentropy(Y, model(X))[0])
    assert share == pytest.approx(np.mean(model(X).argmax(axis=1) == Y))
    assert state(model) == before
    assert fitted(validation_data=(X, Y))[0] == fitted()[0]
    history = model.fit(X, Y, verbose=0, validation_data=[X[:3].tolist(), Y[:3].tolist()]).history  # lists will do
    assert list(history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert [history["val_loss"][0], history["val_accuracy"][0]] == model.evaluate(X[:3], Y[:3])


def test_a_copy_learns_by_itself():
    model = small()
    model.train_on_batch(X, Y)
    twin = copy.deepcopy(model)
    before = state(twin)
    model.train_on_batch(X, Y)
    assert state(twin) == before
    twin.train_on_batch(X, Y)
    assert state(twin) == state(model)


def test_a_model_without_weights_and_one_without_metrics():
    model = Sequential([Flatten()])
    model.compile()
    history = model.fit([[[1, 2]]], [[1, 5]], epochs=2, verbose=0)
    assert history.history == {"loss": [4.5, 4.5]}
    assert (model.optimizer.iterations, repr(history)) == (2, "History(epochs 2, loss 4.5000)")
    assert repr(History()) == "History(epochs 0)"


def test_compiling_again_starts_the_optimizer_anew_and_keeps_the_weights():
    model = small()
    model.train_on_batch(X, Y)
    weights, optimizer = state(model)[0], model.optimizer
    model.compile(optimizer="adam", loss=CLASSES)
    assert (state(model)[0], model.optimizer.iterations, model.metrics) == (weights, 0, ())
    model.compile(optimizer=optimizer, loss=CLASSES)  # its own
    assert model.optimizer.iterations == 1


# Interruptions

PACKAGE = str(Path(convtools.__file__).parent)
PLAN = {"batch_size": 5, "epochs": 2, "shuffle": False, "verbose": 0, "validation_data": (X[:2], Y[:2])}


class Interrupter:
    """Raises KeyboardInterrupt before the n-th line of convtools that runs."""

    def __init__(self, line):
        self.left = line

    def __call__(self, frame, event, argument):
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        if event == "line":
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
        return self


def interrupted(model, line):
    """Fit, stopped before that line; return the message, or None if it came to the end."""
    before = sys.gettrace()
    sys.settrace(Interrupter(line))
    try:
        model.fit(X, Y, **PLAN)
    except KeyboardInterrupt as stop:
        return str(stop)
    finally:
        sys.settrace(before)
    return None


def test_whenever_it_is_interrupted_the_model_is_whole_and_can_go_on():
    model, whole = small(), []
    whole.append(state(model))
    for _ in range(4):
        for first in (0, 5):
            model.train_on_batch(X[first : first + 5], Y[first : first + 5])
            whole.append(state(model))
    model = small()
    complete = model.fit(X, Y, **PLAN).history
    seen, line, done, words = set(), 0, 0, ""
    while words is not None:
        model = small()
        words = interrupted(model, line)
        line += 1
        now = whole.index(state(model))  # else it would be half a step
        assert now >= done, "later lines, fewer steps"
        done = now
        if words is None:
            assert done == 4
            continue
        if words == "":  # still at the door, or on the last line
            assert (done, model.history and model.history.epoch) in [(0, None), (0, []), (4, [0, 1])]
            continue
        found = re.fullmatch(
            r"Stopped in epoch (\d) of 2, after (\d) of 2 batches\. The model keeps what it has learned, and "
            r"model\.history its (\d) complete epochs\. fit\(\.\.\.\) goes on\.",
            words,
        )
        epoch, step, epochs = map(int, found.groups())
        assert len(model.history.epoch) == epochs
        assert model.history.history == {name: numbers[:epochs] for name, numbers in complete.items() if epochs}
        said = 2 * (max(epoch, 1) - 1) + step  # a step counts once its numbers are in the history's sums
        assert said in (done, done - 1) or (step == 2 and said == done + 2)  # on the line between two epochs
        assert epochs <= done // 2
        seen.add((done, epochs))
        if line % 20 == 0:  # it goes on as if nothing had been
            model.fit(X, Y, **{**PLAN, "epochs": 1})
            if done % 2 == 0:
                assert state(model) == whole[done + 2]
    assert line > 500
    assert seen == {(0, 0), (1, 0), (2, 0), (2, 1), (3, 1), (4, 1), (4, 2)}


@pytest.mark.parametrize(
    ("place", "name", "first", "expected"),
    [
        (
            Dense,
            "_forward",
            8,
            (1, 0),
        ),  # the door's two calls each for the data and the validation data, then two a step
        (Dense, "_weight_gradients", 2, (0, 0)),
        (Adam, "_step", 6, (1, 0)),  # four weights a step
        (tqdm, "update", 1, (1, 0)),
        (training.Trainer, "_evaluate", 1, (2, 0)),
        (training.History, "add", 2, (4, 1)),
        (tqdm, "close", 1, (4, 2)),
    ],
)
def test_an_interruption_anywhere_passes_outwards(place, name, first, expected, monkeypatch):
    model, real = small(), getattr(place, name)
    weights, calls = state(model)[0], []

    def stop(*arguments, **settings):
        calls.append(1)
        if len(calls) == first:
            raise KeyboardInterrupt
        return real(*arguments, **settings)

    monkeypatch.setattr(place, name, stop)
    with pytest.raises(KeyboardInterrupt, match=r"Stopped in epoch \d of 2"):
        model.fit(X, Y, **{**PLAN, "verbose": 1})
    assert (model.optimizer.iterations, len(model.history.epoch)) == expected
    assert (state(model)[0] == weights) == (expected[0] == 0)
    monkeypatch.undo()
    model.fit(X, Y, **PLAN)
    assert model.optimizer.iterations == expected[0] + 4


# Numbers that are none


@pytest.mark.parametrize("optimizer", [SGD(1e6), SGD(1e3, momentum=0.9), SGD(1e38), Adam(1e25)], ids=repr)
def test_a_learning_rate_too_large_is_told_and_undone(optimizer):
    model = small(optimizer=copy.deepcopy(optimizer), loss=SQUARES)
    y, rate = np.ones((10, 2)), optimizer.learning_rate
    model.optimizer.learning_rate = 0.001
    model.fit(X, y, batch_size=3, verbose=0)
    before = state(model)
    model.optimizer.learning_rate = rate
    words = refusal(
        ValueError,
        [f"the learning rate, {rate}, is too large: try a tenth", "weights from before this epoch"],
        model.fit, X, y, batch_size=3, epochs=50, verbose=0, shuffle=False,
    )  # fmt: skip
    epoch, batch = map(int, re.match(r"The \w+ became \w+ in epoch (\d+), at batch (\d) of 4\.", words).groups())
    assert len(model.history.epoch) == epoch - 1
    assert 1 <= batch <= 4
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    assert all(np.isfinite(array).all() for kept in model.optimizer.memory for array in kept)
    if epoch == 1:
        assert state(model) == before
        model.optimizer.learning_rate = 0.001
        assert np.isfinite(model.fit(X, y, epochs=2, verbose=0).history["loss"]).all()


def test_the_epoch_and_the_batch_are_those_where_it_happened():
    model = Sequential([Dense(1, use_bias=False, input_shape=(1,))])
    model.set_weights([[[0]]])
    model.compile(optimizer=SGD(1e12))
    x, y = [[1.0], [1.0]], [[1.0], [1.0]]
    # 2e12, then about -4e24, then 8e36: the squares of the last two do not fit into float32
    for verbose in (0, 1):
        texts = ["The loss became inf in epoch 2, at batch 1 of 2."]
        refusal(ValueError, texts, model.fit, x, y, batch_size=1, epochs=3, shuffle=False, verbose=verbose)
        assert len(model.history.epoch) == 1
        assert model.get_weights()[0].item() == pytest.approx(-4e24)
        model.set_weights([[[0]]])
    model.set_weights([[[1e30]]])
    refusal(ValueError, ["The loss became inf.", "The weights are as they were"], model.train_on_batch, x, y)
    model.set_weights([[[2e19]]])  # the loss is still finite, the weights after the step are not
    texts = ["The loss became inf", "The weights are as they were"]
    refusal(ValueError, texts, model.train_on_batch, x, y)
    model.optimizer.learning_rate = 1e30
    model.set_weights([[[1e10]]])
    refusal(ValueError, ["The weights became infinite.", "The weights are as they were"], model.train_on_batch, x, y)
    assert model.get_weights()[0].item() == pytest.approx(1e10)


# What is refused


def pictures():
    model = Sequential([Conv2D(2, 3, input_shape=(6, 6, 1), seed=1), MaxPooling2D(), Flatten()])
    model.add(Dense(3, activation="softmax", seed=2))
    model.compile(loss=CLASSES)
    return model


IMAGES, LABELS = np.zeros((4, 6, 6, 1)), [0, 1, 2, 0]
BAD = float("nan")
DATA = [  # x, y, error, what came, how to mend it
    (IMAGES, [0, 1, 2, 3], ValueError, "classes from 0 to 2, got 3", "Number them from 0, or give the last layer"),
    (IMAGES, [0, 1, -1, 0], ValueError, "classes from 0 to 2, got -1", "Number them from 0"),
    (IMAGES, [0, 1, 0.5, 0], TypeError, "labels must be whole numbers, got dtype float64", "Number the classes"),
    (IMAGES, [True, False] * 2, TypeError, "whole numbers, got dtype bool", "Number the classes"),
    (IMAGES, [0, 1, BAD, 0], ValueError, "y must hold finite numbers, got NaN", "Take these samples out"),
    (IMAGES, ["0", "1", "2", "0"], TypeError, "y must hold real numbers, got an array of dtype <U1", "Convert it"),
    (IMAGES, [None] * 4, TypeError, "y must hold real numbers, got an array of dtype object", "Convert it"),
    (IMAGES, [[0], [1, 2], [0], [0]], ValueError, "y must be a full array, got a ragged list", "the same length"),
    (IMAGES, np.eye(4)[:, :3], ValueError, "shape (4,), got shape (4, 3)", "take labels.argmax(axis=1)"),
    (IMAGES, [[LABELS]] * 4, ValueError, "got shape (4, 1, 4)", "Give the number of each sample's class"),
    (IMAGES, LABELS[:3], ValueError, "as many samples, at least one, got 4 and 3", "one label for each sample"),
    (IMAGES[:0], [], ValueError, "at least one, got 0 and 0", "one label for each sample"),
    (IMAGES, 1, ValueError, "got 4 and 1", "one label for each sample"),
    (IMAGES[:1], 1, ValueError, "shape (1,), got shape ()", "Give the number of each sample's class"),
    (IMAGES + BAD, LABELS, ValueError, "x must hold finite numbers, got NaN or infinity", "Take these samples out"),
    (IMAGES + np.inf, LABELS, ValueError, "x must hold finite numbers", "Take these samples out"),
    (IMAGES + 1e300, LABELS, ValueError, "x must hold finite numbers", "Take these samples out"),
    (IMAGES[..., 0], LABELS, ValueError, "got shape (4, 6, 6)", "x[..., np.newaxis]"),
    (np.zeros((4, 6, 6, 2)), LABELS, ValueError, "1 on the last axis, the channels, got 2", "another layer"),
    (np.zeros((4, 8, 8, 1)), LABELS, ValueError, "does not fit the output", "another layer"),
    ("photos", LABELS, TypeError, "must hold real numbers", "Convert it"),
    (None, LABELS, TypeError, "must hold real numbers", "Convert it"),
]


@pytest.mark.parametrize(("x", "y", "error", "got", "mend"), DATA)
def test_data_that_do_not_fit(x, y, error, got, mend):
    model = pictures()
    model.train_on_batch(IMAGES, LABELS)
    before = state(model)
    for method in (model.fit, model.evaluate, model.train_on_batch):
        refusal(error, [got, mend], method, x, y)
    refusal(error, ["validation_data: ", got, mend], model.fit, IMAGES, LABELS, validation_data=(x, y))
    assert state(model) == before
    assert model.history is None


@pytest.mark.parametrize(
    ("y", "error", "text"),
    [
        (np.zeros(10), ValueError, "labels need shape (10, 2), got (10,). Reshape them"),
        (np.zeros((10, 3)), ValueError, "labels need shape (10, 2), got (10, 3). Reshape them"),
        (np.full((10, 2), np.inf), ValueError, "y must hold finite numbers"),
        (np.full((10, 2), 1e300), ValueError, "y must hold finite numbers"),
        (np.full((10, 2), "a"), TypeError, "y must hold real numbers"),
    ],
)
def test_numbers_to_reach_that_do_not_fit(y, error, text):
    model = small(loss=SQUARES)
    for method in (model.fit, model.evaluate, model.train_on_batch):
        refusal(error, [text], method, X, y)


def test_outputs_that_are_no_probabilities_or_no_classes():
    model = Sequential([Dense(2, input_shape=(3,), seed=1)])
    model.compile(loss=CLASSES)
    texts = ["outputs must be probabilities, which add up to 1", 'activation="softmax"']
    refusal(ValueError, texts, model.fit, X, Y)
    model = Sequential([Conv2D(2, 3, input_shape=(6, 6, 1), seed=1)])
    model.compile(loss=CLASSES)
    texts = ["Classes need outputs (batch, classes), got shape (4, 4, 4, 2)", "End the model with Flatten() and Dense"]
    refusal(ValueError, texts, model.fit, IMAGES, LABELS)


@pytest.mark.parametrize(
    ("settings", "error", "text"),
    [
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1, got 0"),
        ({"batch_size": None}, TypeError, "batch_size must be a whole number, got None"),
        ({"epochs": 1.5}, TypeError, "epochs must be a whole number, got 1.5"),
        ({"epochs": -1}, ValueError, "epochs must be at least 1, got -1"),
        ({"seed": -1}, ValueError, "seed must be at least 0, got -1"),
        ({"seed": "7"}, TypeError, "seed must be a whole number, got '7'"),
        ({"verbose": 2}, ValueError, "verbose must be 0 or 1, got 2"),
        ({"verbose": "auto"}, ValueError, "verbose must be 0 or 1, got 'auto'"),
        ({"shuffle": "yes"}, ValueError, "shuffle must be False or True, got 'yes'"),
        ({"validation_data": X}, ValueError, "a pair (x, y), got a ndarray. Write validation_data=(x, y)"),
        ({"validation_data": ()}, ValueError, "a pair (x, y), got a tuple of 0"),
        ({"validation_data": (X, Y, Y)}, ValueError, "a pair (x, y), got a tuple of 3"),
        ({"validation_data": 0.2}, ValueError, "a pair (x, y), got a float"),
        ({"validation_split": 0.2}, TypeError, "validation_split"),
    ],
)
def test_settings_of_fit(settings, error, text):
    model = small()
    before = state(model)
    refusal(error, [text], model.fit, X, Y, **settings)
    assert state(model) == before


@pytest.mark.parametrize(
    ("settings", "error", "text"),
    [
        ({"optimizer": "rmsprop"}, ValueError, 'optimizer must be "sgd" or "adam", got \'rmsprop\'. Choose one'),
        ({"optimizer": "Adam"}, ValueError, "got 'Adam'"),
        ({"optimizer": None}, ValueError, "got None"),
        ({"optimizer": SGD}, ValueError, "got <class 'convtools.optimizers.SGD'>"),
        ({"optimizer": keras.optimizers.SGD()}, ValueError, "got <keras"),
        ({"loss": "mse"}, ValueError, 'loss must be "mean_squared_error" or "sparse_categorical_crossentropy", got'),
        ({"loss": losses.mean_squared_error}, ValueError, "got <function mean_squared_error"),
        ({"metrics": "accuracy"}, ValueError, "metrics must be [] or [\"accuracy\"], got 'accuracy'"),
        ({"metrics": ["mae"]}, ValueError, "got ['mae']"),
        ({"metrics": ["accuracy"] * 2, "loss": CLASSES}, ValueError, "got ['accuracy', 'accuracy']"),
        ({"metrics": None}, ValueError, "got None"),
        ({"metrics": ["accuracy"]}, ValueError, 'Accuracy counts classes, got the loss "mean_squared_error"'),
    ],
)
def test_settings_of_compile(settings, error, text):
    model = small()
    before = model.optimizer, model.loss, model.metrics
    refusal(error, [text], model.compile, **settings)
    assert (model.optimizer, model.loss, model.metrics) == before


@pytest.mark.parametrize(
    ("make", "settings", "error", "text"),
    [
        (SGD, {"learning_rate": 0}, ValueError, "learning_rate must be above 0, got 0. Write"),
        (SGD, {"learning_rate": -0.1}, ValueError, "learning_rate must be above 0, got -0.1"),
        (Adam, {"learning_rate": BAD}, ValueError, "learning_rate must be above 0, got nan"),
        (Adam, {"learning_rate": np.inf}, ValueError, "learning_rate must be above 0, got inf"),
        (Adam, {"learning_rate": "0.1"}, TypeError, "learning_rate must be a number, got '0.1'"),
        (Adam, {"learning_rate": True}, TypeError, "learning_rate must be a number, got True"),
        (SGD, {"momentum": 1}, ValueError, "momentum must be from 0 and below 1, got 1"),
        (SGD, {"momentum": -0.1}, ValueError, "momentum must be from 0 and below 1, got -0.1"),
        (Adam, {"beta_1": 1.0}, ValueError, "beta_1 must be from 0 and below 1, got 1.0"),
        (Adam, {"beta_2": 2}, ValueError, "beta_2 must be from 0 and below 1, got 2"),
        (Adam, {"epsilon": 0}, ValueError, "epsilon must be above 0, got 0"),
        (SGD, {"lr": 0.1}, TypeError, "lr"),
    ],
)
def test_settings_of_optimizers(make, settings, error, text):
    refusal(error, [text], make, **settings)


def test_before_it_can_learn():
    model = Sequential([Dense(1, input_shape=(3,))])
    for method in (model.fit, model.evaluate, model.train_on_batch):
        refusal(ValueError, ["not compiled yet", "compile(optimizer=..., loss=...)"], method, X, Y)
    model = Sequential()
    model.compile()
    for method in (model.fit, model.evaluate, model.train_on_batch):
        refusal(ValueError, ["no layers yet", "add(...)"], method, X, Y)


def test_an_optimizer_belongs_to_one_model():
    for optimizer in SGD(momentum=0.5), Adam():
        first, second = small(optimizer=optimizer), small()
        before = second.optimizer
        texts = [f"This {optimizer!r} belongs to another model already", "Make a new one for each model"]
        refusal(ValueError, texts, second.compile, optimizer, CLASSES)
        assert second.optimizer is before
        first.compile(optimizer, CLASSES)
        first.fit(X, Y, verbose=0)
        first.add(Dense(2, activation="softmax"))
        refusal(ValueError, ["belongs to a model with weights [(3, 4), (4,)", "new one"], first.fit, X, Y, verbose=0)
    first.compile("adam", CLASSES)
    assert first.fit(X, Y, verbose=0)


# The bar


def test_silent_if_asked(capfd):
    model = small()
    model.fit(X, Y, epochs=2, verbose=0, validation_data=(X, Y))
    model.fit(X, Y, verbose=False)
    model.evaluate(X, Y)
    model.train_on_batch(X, Y)
    assert capfd.readouterr() == ("", "")


def test_a_bar_in_the_terminal(capfd):
    loss = small().fit(X, Y, epochs=2, batch_size=5).history["loss"][-1]
    out, err = capfd.readouterr()
    assert out == ""
    last = err.splitlines()[-1].split("\r")[-1]
    assert last.startswith("100%")
    assert "4/4 [00:00<00:00" in last
    assert f"epoch=2/2, loss={loss:.4f}" in last


PROGRAM = """
import warnings
warnings.simplefilter("error")
from convtools import Dense, Sequential
model = Sequential([Dense(1, input_shape=(1,), seed=1)])
model.compile()
history = model.fit([[0], [1]], [[1], [3]], batch_size=1, epochs=3)
silent = model.fit([[0], [1]], [[1], [3]], verbose=0)
"""


def test_a_bar_in_a_notebook():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(PROGRAM)])
    NotebookClient(notebook, kernel_name="python3", timeout=120).execute()  # an error in the cell is one here
    (output,) = notebook.cells[0].outputs  # no stream: nothing printed, no warning
    assert output.output_type == "display_data"
    assert "application/vnd.jupyter.widget-view+json" in output.data
    widgets = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"].values()
    (bar,) = [widget["state"] for widget in widgets if widget["model_name"] == "FloatProgressModel"]
    assert (bar["value"], bar["max"], bar["bar_style"]) == (6, 6, "success")
    before, after = [widget["state"]["value"] for widget in widgets if widget["model_name"] == "HTMLModel"]
    assert before == "100%"
    assert re.search(r"6/6\s.*epoch=3/3,\sloss=\d", after)


# Learning


def test_two_classes_are_learned_but_not_from_shuffled_labels():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 2, 300)
    images = rng.normal(0, 0.5, (300, 6, 6, 1))
    images[labels == 1, 2:4] += 1  # a lying line
    images[labels == 0, :, 2:4] += 1  # a standing one

    def share(y):
        model = Sequential([Conv2D(4, 3, activation="relu", seed=1), convtools.GlobalAveragePooling2D()])
        model.add(Dense(2, activation="softmax", seed=2))
        model.compile(optimizer=Adam(0.02), loss=CLASSES, metrics=["accuracy"])
        model.fit(images[:200], y[:200], epochs=10, batch_size=20, seed=3, verbose=0)
        return model.evaluate(images[200:], y[200:])[1]

    assert share(labels) > 0.95
    assert 0.3 < share(rng.permutation(labels)) < 0.7  # four standard deviations around one half


def test_a_line_becomes_that_of_least_squares():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(40, 3))
    y = x @ [[1], [-2], [0.5]] + 3 + rng.normal(0, 0.3, (40, 1))
    model = Sequential([Dense(1, input_shape=(3,), seed=1)])
    model.compile(optimizer=SGD(0.1))
    model.fit(x, y, batch_size=40, epochs=300, verbose=0)
    best, *_ = np.linalg.lstsq(np.column_stack([x, np.ones(40)]), y, rcond=None)
    kernel, bias = model.get_weights()
    assert np.allclose([*kernel[:, 0], *bias], best[:, 0], atol=1e-5)


def test_a_filter_is_found_from_its_map():
    hidden = Conv2D(1, 3, input_shape=(8, 8, 1))
    hidden.set_weights([np.reshape([-1, 0, 1, -2, 0, 2, -1, 0, 1], (3, 3, 1, 1)), [0.5]])
    x = np.random.default_rng(3).normal(size=(20, 8, 8, 1))
    model = Sequential([Conv2D(1, 3, seed=1)])
    model.compile(optimizer=SGD(0.1))
    model.fit(x, hidden(x), epochs=100, verbose=0, seed=4)
    assert all(np.allclose(*pair, atol=1e-4) for pair in zip(model.get_weights(), hidden.get_weights(), strict=True))


def test_exclusive_or_needs_the_hidden_layer():
    x, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]

    def learned(*hidden):
        model = Sequential([*hidden, Dense(2, activation="softmax", seed=2)])
        model.compile(optimizer=Adam(0.05), loss=CLASSES, metrics=["accuracy"])
        model.fit(x, y, epochs=300, verbose=0, seed=1)
        return model.evaluate(x, y)

    loss, share = learned(Dense(8, activation="relu", seed=1))
    assert (loss < 0.05, share) == (True, 1)
    for linear in [], [Dense(8, seed=1)]:  # without ReLU two layers are one
        loss, share = learned(*linear)
        assert loss > 0.69  # log 2: no better than guessing
        assert share <= 0.75


# The digits


def test_the_digits_are_those_of_scikit_learn():
    images, labels = data.digits()
    theirs = load_digits()
    assert (images.dtype, images.shape, labels.dtype, labels.shape) == (np.float32, (1797, 8, 8), np.int64, (1797,))
    assert np.array_equal(images * 16, theirs.images)
    assert np.array_equal(labels, theirs.target)
    assert (images.min(), images.max()) == (0, 1)
    images[...] = 7  # a copy of one's own
    assert data.digits()[0].max() == 1
