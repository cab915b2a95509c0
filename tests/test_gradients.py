"""Gradients are those of JAX over a wide random table, those of finite differences, and those that the laws ask for."""

import os

os.environ["KERAS_BACKEND"] = "jax"

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import batch, cases
from test_keras import POOLING, RNG, case, twin, with_random_weights

import convtools

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")  # Keras's own
TABLE = [
    (name, *case(name))
    for name in ["Conv1D"] * 40 + ["Conv2D"] * 40 + POOLING * 10 + ["Dense"] * 10 + ["Flatten", "ReLU"] * 3
]
TABLE += [("GlobalAveragePooling2D", {}, RNG.normal(size=(2, 3, 4, 5)).astype(np.float32))]
TABLE += [("Dense", {"units": n, "activation": "softmax"}, RNG.normal(size=(4, 3)).astype(np.float32)) for n in (2, 5)]


def made(name, settings, x):
    return with_random_weights(getattr(convtools, name)(**settings), x.shape[1:])


@pytest.mark.parametrize(("name", "settings", "x"), TABLE, ids=[f"{n}-{row[0]}" for n, row in enumerate(TABLE)])
def test_jax(name, settings, x):
    layer = made(name, settings, x)
    theirs = twin(layer, settings)
    theirs.build(x.shape)
    weights = [variable.value for variable in theirs.trainable_variables]
    output, pull_back = jax.vjp(lambda weights, x: theirs.stateless_call(weights, [], x)[0], weights, x)
    gradient = RNG.normal(size=output.shape).astype(np.float32)
    of_weights, at_input = pull_back(gradient)
    ours_at_input, ours_of_weights = layer.backward(x, layer(x), gradient)
    assert len(ours_of_weights) == len(of_weights)
    for ours, expected in zip([ours_at_input, *ours_of_weights], [at_input, *of_weights], strict=True):
        assert (ours.shape, ours.dtype) == (expected.shape, expected.dtype)
        assert np.allclose(ours, expected, rtol=1e-4, atol=1e-4)


def small(name):
    """A layer's settings and a batch, small enough for a difference in every number; no ties, nothing at 0."""
    settings, x = case(name)
    values = RNG.permutation(x.size) - x.size / 2 + 0.25
    return settings, (values / x.size).reshape(x.shape).astype(np.float32)


@pytest.mark.parametrize(
    "name", ["Conv1D", "Conv2D", *POOLING, "Dense", "softmax", "Flatten", "ReLU", "GlobalAveragePooling2D"] * 3
)
def test_finite_differences(name):
    if name == "softmax":
        name, settings, x = "Dense", {"units": 4, "activation": "softmax"}, small("Dense")[1]
    elif name == "GlobalAveragePooling2D":
        settings, x = {}, small("Flatten")[1]
    else:
        settings, x = small(name)
    layer = made(name, settings, x)
    gradient = RNG.normal(size=layer(x).shape)
    at_input, of_weights = layer.backward(x, layer(x), gradient)
    weights = layer.get_weights()

    def slope(change, size=2**-7):
        """The slope of <output, gradient>, by two outputs; float32's error is below 1e-3 here."""
        high, low = (np.sum(change(step) * gradient, dtype=np.float64) for step in (size, -size))
        return (high - low) / (2 * size)

    def kinks(change, size=2**-7):
        """Whether something switches between the two outputs: there is no slope there."""
        middle = np.abs(change(size) + change(-size) - 2 * change(0)).max()
        return settings.get("activation") != "softmax" and middle > 1e-5

    for index in list(np.ndindex(*x.shape))[:: 1 + x.size // 40]:

        def moved(step, index=index):
            other = x.copy()
            other[index] += step
            return layer(other)

        if not kinks(moved):
            assert slope(moved) == pytest.approx(at_input[index], abs=5e-3)
    for number, weight in enumerate(weights):
        for index in list(np.ndindex(*weight.shape))[:: 1 + weight.size // 40]:

            def moved(step, number=number, index=index):
                others = [array.copy() for array in weights]
                others[number][index] += step
                layer.set_weights(others)
                return layer(x)

            if not kinks(moved):
                assert slope(moved) == pytest.approx(of_weights[number][index], abs=5e-3)
            layer.set_weights(weights)


def whole(layer, samples, kernel):
    """The layer with this kernel and no bias."""
    layer.build(samples.shape[1:])
    layer.set_weights([kernel])
    return layer


@pytest.mark.parametrize("dimensions", [1, 2])
@given(data=st.data())
def test_backward_is_the_adjoint_of_forward(dimensions, data):
    """<A x, y> is <x, A'y>, and <A_k x, y> is <k, K'y>, without any rounding: all numbers are whole."""
    samples, kernel, _, settings = data.draw(cases(dimensions, smallest_batch=1))
    make = {1: convtools.Conv1D, 2: convtools.Conv2D}[dimensions]
    layer = whole(make(kernel.shape[-1], kernel.shape[:dimensions], **settings, use_bias=False), samples, kernel)
    output = batch(samples, kernel, np.zeros(kernel.shape[-1]), **settings)
    gradient = np.random.default_rng(7).integers(-3, 4, output.shape)
    at_input, (of_kernel,) = layer.backward(samples, output, gradient)
    product = np.sum(output * gradient)
    assert np.sum(at_input * samples, dtype=float) == product
    assert np.sum(of_kernel * kernel, dtype=float) == product


@given(case=cases(2, smallest_batch=1), factor=st.integers(-3, 3))
def test_the_gradient_is_linear(case, factor):
    samples, kernel, _, settings = case
    layer = convtools.Conv2D(kernel.shape[-1], kernel.shape[:2], **settings, use_bias=False)
    output = whole(layer, samples, kernel)(samples)
    first, second = np.random.default_rng(7).integers(-3, 4, (2, *output.shape))
    parts = [layer.backward(samples, output, gradient) for gradient in (first, second, first + factor * second)]
    for one, two, both in zip(*([at_input, *of_weights] for at_input, of_weights in parts), strict=True):
        assert np.array_equal(one + factor * two, both)


@given(data=st.data())
def test_the_gradient_moves_with_the_input(data):
    """Move input and gradient by one column: the kernel's gradient stays, the input's moves along."""
    kernel = data.draw(cases(2))[1]
    rows, columns = kernel.shape[0] + 3, kernel.shape[1] + 5
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    x = np.zeros((1, rows, columns, kernel.shape[2]))
    x[:, :, 1:-1] = rng.integers(-3, 4, x[:, :, 1:-1].shape)
    layer = whole(convtools.Conv2D(kernel.shape[-1], kernel.shape[:2], use_bias=False), x, kernel)
    gradient = np.zeros(layer(x).shape)
    gradient[:, :, 1:-1] = rng.integers(-3, 4, gradient[:, :, 1:-1].shape)
    moved = [np.roll(array, 1, axis=2) for array in (x, gradient)]
    at_input, of_weights = layer.backward(x, layer(x), gradient)
    moved_at_input, moved_of_weights = layer.backward(moved[0], layer(moved[0]), moved[1])
    assert np.array_equal(np.roll(at_input, 1, axis=2), moved_at_input)
    assert np.array_equal(of_weights[0], moved_of_weights[0])


def test_a_shared_weight_sums_over_its_places():
    layer = convtools.Conv1D(1, 2, input_shape=(4, 1))
    x = np.float32([1, 2, 3, 4]).reshape(1, 4, 1)
    _, (kernel, bias) = layer.backward(x, layer(x), np.float32([1, 10, 100]).reshape(1, 3, 1))
    assert kernel.ravel().tolist() == [321, 432]  # 1·1 + 2·10 + 3·100, and one place on
    assert bias.tolist() == [111]


def test_of_equal_numbers_the_first_gets_all():
    layer = convtools.MaxPooling1D(3)
    x = np.float32([5, 5, 2]).reshape(1, 3, 1)
    assert layer.backward(x, layer(x), [[[7]]])[0].ravel().tolist() == [7, 0, 0]


@pytest.mark.parametrize(
    ("what", "x", "output", "gradient", "error", "words"),
    [
        (
            "gradient",
            (1, 8, 1),
            (1, 6, 2),
            (1, 6, 1),
            ValueError,
            r"have shape \(1, 6, 2\), got \(1, 6, 2\) and \(1, 6, 1\)",
        ),
        (
            "output",
            (1, 8, 1),
            (1, 8, 1),
            (1, 6, 2),
            ValueError,
            r"x of shape \(1, 8, 1\) have shape \(1, 6, 2\), got \(1, 8, 1\)",
        ),
        ("x", (8, 1), (1, 6, 2), (1, 6, 2), ValueError, "expects"),
    ],
)
def test_what_does_not_belong_together_is_refused(what, x, output, gradient, error, words):
    layer = convtools.Conv1D(2, 3, input_shape=(8, 1))
    with pytest.raises(error, match=words):
        layer.backward(np.zeros(x), np.zeros(output), np.zeros(gradient))
    with pytest.raises(ValueError, match="before it knows its input's shape"):
        convtools.Conv1D(2, 3).backward(np.zeros((1, 8, 1)), np.zeros((1, 6, 2)), np.zeros((1, 6, 2)))
