"""The way with fewer multiplications is the direct sum, forward and backward, and stands aside where it cannot be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import convtools
from convtools import convolution, winograd

NONE = ((0, 0), (0, 0))


def wide(batch=2, rows=24, columns=24, channels=32, filters=40, seed=1980):
    shapes = (batch, rows, columns, channels), (3, 3, channels, filters), (filters,)
    return [np.random.default_rng(seed).normal(size=shape).astype(np.float32) for shape in shapes]


def at(maps):
    """Some gradient at these maps."""
    return np.random.default_rng(2016).normal(size=maps.shape).astype(np.float32)


def direct(x, kernel, bias):
    """The sum itself, in float64: nine shifted products."""
    rows, columns = x.shape[1] - 2, x.shape[2] - 2
    taps = [x[:, a : a + rows, b : b + columns].astype(float) @ kernel[a, b].astype(float) for a, b in np.ndindex(3, 3)]
    return sum(taps) + bias


def direct_gradient(x, gradient):
    rows, columns = gradient.shape[1:3]
    cells = [x[:, a : a + rows, b : b + columns].astype(float) for a, b in np.ndindex(3, 3)]
    return np.stack([np.einsum("brci,brcf->if", cell, gradient.astype(float)) for cell in cells]).reshape(
        3, 3, x.shape[-1], gradient.shape[-1]
    )


@given(
    size=st.tuples(*[st.integers(3, 15)] * 2), channels=st.tuples(*[st.integers(1, 3)] * 2), batch=st.integers(1, 3),
    block=st.sampled_from([1, 400, 5000, 1 << 20]), has_bias=st.booleans(), seed=st.integers(0, 2**32),
)  # fmt: skip
def test_any_size_is_the_direct_sum(size, channels, batch, block, has_bias, seed):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(winograd, "BLOCK", block)
        x, kernel, bias = wide(batch, *size, *channels, seed)
        expected = direct(x, kernel, bias * has_bias)
        maps = winograd.convolve(x, kernel, bias if has_bias else None)
        assert (maps.shape, maps.dtype) == (expected.shape, np.float32)
        assert np.allclose(maps, expected, rtol=0, atol=1e-4)
        gradient = at(maps)
        of_kernel = winograd.weight_gradients(x, gradient)
        expected = direct_gradient(x, gradient)
        assert (of_kernel.shape, of_kernel.dtype) == (expected.shape, np.float32)
        assert np.allclose(of_kernel, expected, rtol=0, atol=1e-3)


def test_the_rounding_error_stays_small():
    """In units of the results' own size; the direct sum in float32 stands at about a sixth of it."""
    x, kernel, bias = wide(channels=64, filters=64)
    expected = direct(x, kernel, bias)
    off = (winograd.convolve(x, kernel, bias) - expected) / expected.std()
    assert np.sqrt(np.mean(off**2)) < 1.5e-6
    assert np.abs(off).max() < 1.5e-5


def test_layers_take_this_way_where_it_pays(monkeypatch):
    taken = []
    for name in ("convolve", "weight_gradients"):
        way = getattr(winograd, name)
        monkeypatch.setattr(winograd, name, lambda *data, way=way, name=name: taken.append(name) or way(*data))
    x, kernel, bias = wide()
    layer = convtools.Conv2D(40, 3, padding="same", input_shape=x.shape[1:])
    layer.set_weights([kernel, bias])
    maps = layer(x)
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    assert np.allclose(maps, direct(padded, kernel, bias), atol=2e-4)
    gradient = at(maps)
    at_input, (of_kernel, of_bias) = layer.backward(x, maps, gradient)
    assert taken == ["convolve", "convolve", "weight_gradients"]
    assert np.sum(at_input * x, dtype=float) == pytest.approx(np.sum((maps - bias) * gradient, dtype=float), rel=1e-4)
    assert np.allclose(of_kernel, direct_gradient(padded, gradient), atol=1e-2)
    assert np.allclose(of_bias, gradient.sum(axis=(0, 1, 2), dtype=float), atol=1e-3)


@pytest.mark.parametrize(
    "change",
    [
        {"kernel_size": 2}, {"kernel_size": (3, 2)}, {"strides": 2}, {"dilation_rate": 2}, {"filters": 31},
        {"channels": 31}, {"rows": 7, "columns": 7, "batch": 40}, {"rows": 6, "columns": 6, "batch": 2},
    ],
    ids=str,
)  # fmt: skip
def test_elsewhere_it_is_not_taken(change, monkeypatch):
    monkeypatch.setattr(winograd, "convolve", None)  # would not be callable
    shape = {"batch": 2, "rows": 24, "columns": 24, "channels": 32}
    shape = {name: change.get(name, size) for name, size in shape.items()}
    settings = {"filters": 32, "kernel_size": 3, **{name: value for name, value in change.items() if name not in shape}}
    convtools.Conv2D(**settings)(np.zeros(tuple(shape.values())))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 3e38])
def test_what_is_not_finite_goes_the_direct_way(bad):
    x, kernel, bias = wide()
    x[1, 10, 10, 5] = bad
    maps = convolution.convolve(x, kernel, bias, (1, 1), NONE, (1, 1))
    with np.errstate(over="ignore"):
        expected = direct(x, kernel, bias).astype(np.float32)
    assert np.array_equal(np.isnan(maps), np.isnan(expected))
    assert np.array_equal(np.isinf(maps), np.isinf(expected))
    good = np.ones(maps.shape, bool)
    good[1, 8:11, 8:11] = False
    assert np.isfinite(maps[good]).all()
    assert np.allclose(maps[good], expected[good], atol=2e-4)
    gradient = np.ones(maps.shape, np.float32)
    of_kernel, _ = convolution.weight_gradients(x, gradient, kernel.shape, (1, 1), NONE, (1, 1))
    with np.errstate(over="ignore"):
        expected = direct_gradient(x, gradient).astype(np.float32)
    assert np.array_equal(np.isnan(of_kernel), np.isnan(expected))
    assert np.array_equal(np.isinf(of_kernel), np.isinf(expected))


def test_numbers_too_large_on_the_way_only_are_no_loss():
    """6 x 6 sums pass float32's limit before the outputs do."""
    x, kernel, _ = wide()
    maps = convolution.convolve(x * np.float32(2e37), kernel * np.float32(1e-3), None, (1, 1), NONE, (1, 1))
    assert np.isfinite(maps).all()
    assert np.allclose(maps / 2e34, direct(x, kernel, 0), atol=2e-3)
