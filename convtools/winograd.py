"""Wide layers of 3 x 3 filters with a quarter of the multiplications: 4 x 4 outputs at a time, from 6 x 6 inputs.

The product of two polynomials with 3 and 4 coefficients takes 12 multiplications. But it has 6 coefficients, so 6 of
its values say everything, and each value is one multiplication. A row of 4 outputs is the transpose of that: 6
multiplications for 12; with rows and columns, 36 for 144. What is saved is paid for in sums before and after, so it
helps only where these serve many channels and filters. Results differ from the direct sum in the last digits: the
rounding error is about 6 times as large. Source: Lavin and Gray 2016.
"""

from math import prod

import numpy as np

from convtools.memory import scratch

WIDE = 32  # channels and filters from which on it pays
BLOCK = 1 << 20  # numbers transformed at a time
POINTS = (0, 0.75, -0.75, 1.5, -1.5)  # and infinity; near 1, so that their powers stay small and round little


def _values(size):
    """Return the matrix (6, size) that makes a polynomial's values at the points out of its coefficients."""
    return np.array([[point**power for power in range(size)] for point in POINTS] + [[0] * (size - 1) + [1]])


def _on_squares(matrix):
    """Return what the matrix does along rows and then along columns, as one matrix."""
    return np.kron(matrix, matrix).astype(np.float32)


OF_FILTER = _on_squares(_values(3))  # (36, 9)
OF_INPUT = _on_squares(np.linalg.inv(_values(6)).T)  # (36, 36)
TO_OUTPUT = _on_squares(_values(4).T)  # (16, 36)


def pays(x_shape, kernel_shape, strides, dilation_rate):
    """Return whether a convolution is faster this way; x_shape has its padding.

    >>> pays((1, 34, 34, 64), (3, 3, 64, 64), (1, 1), (1, 1))
    True
    >>> pays((1, 34, 34, 3), (3, 3, 3, 64), (1, 1), (1, 1))
    False
    """
    if kernel_shape[:2] != (3, 3) or min(kernel_shape[2:]) < WIDE or (*strides, *dilation_rate) != (1, 1, 1, 1):
        return False
    rows, columns = x_shape[1] - 2, x_shape[2] - 2
    tiles = -(-rows // 4) * -(-columns // 4)
    return x_shape[0] * tiles >= 64 and 16 * tiles <= 1.25 * rows * columns  # else too much is thrown away


@np.errstate(over="ignore", invalid="ignore")
def convolve(x, kernel, bias):
    """Return the maps as `convtools.convolution.convolve` does, x having its padding; None if one is not finite.

    (An infinity would spoil all outputs of its tile. The direct sum puts it where it belongs.)

    >>> x, kernel = np.ones((1, 6, 6, 1), np.float32), np.ones((3, 3, 1, 1), np.float32)
    >>> np.round(convolve(x, kernel, None)[0, 0, :, 0], 3)
    array([9., 9., 9., 9.], dtype=float32)
    """
    channels, filters = kernel.shape[2:]
    at_points = (OF_FILTER @ kernel.reshape(9, -1)).reshape(36, channels, filters)
    maps = np.empty((len(x), x.shape[1] - 2, x.shape[2] - 2, filters), np.float32)
    width = max(channels, filters)
    windows, blocks, tiles = _tiles(x, width)
    here, there = scratch(2 * 36 * tiles * width).reshape(2, -1)  # each stage goes from one to the other
    for samples, rows in blocks:
        patches = windows[:, :, samples, rows]
        count = prod(patches.shape[2:5])
        at_values = _values_of(patches, here, there)
        met = np.matmul(at_values, at_points, out=_first(here, 36, count, filters))
        found = np.matmul(TO_OUTPUT, met.reshape(36, -1), out=_first(there, 16, count * filters))
        if not np.isfinite(found.sum()):
            return None
        found = found.reshape(4, 4, *patches.shape[2:5], filters)
        for row, column in np.ndindex(4, 4):
            place = maps[samples, rows.start * 4 + row : rows.stop * 4 : 4, column::4]  # the last tiles may stand out
            inside = found[row, column][:, : place.shape[1], : place.shape[2]]
            np.add(inside, 0 if bias is None else bias, out=place)
    return maps


@np.errstate(over="ignore", invalid="ignore")
def weight_gradients(x, gradient):
    """Return the kernel's gradient as `convtools.convolution.weight_gradients` does; None if it is not finite.

    >>> x, gradient = np.ones((1, 6, 6, 1), np.float32), np.ones((1, 4, 4, 1), np.float32)
    >>> np.round(weight_gradients(x, gradient)[0, :, 0, 0], 3)
    array([16., 16., 16.], dtype=float32)
    """
    channels, filters = x.shape[-1], gradient.shape[-1]
    total = np.zeros((36, channels, filters), np.float32)
    width = max(channels, filters)
    windows, blocks, tiles = _tiles(x, width)
    here, there, third = scratch(3 * 36 * tiles * width).reshape(3, -1)
    for samples, rows in blocks:
        patches = windows[:, :, samples, rows]
        count = prod(patches.shape[2:5])
        at_values = _values_of(patches, here, there)
        given = _first(here, 4, 4, *patches.shape[2:5], filters)
        given[...] = 0
        for row, column in np.ndindex(4, 4):
            place = gradient[samples, rows.start * 4 + row : rows.stop * 4 : 4, column::4]
            given[row, column][:, : place.shape[1], : place.shape[2]] = place
        met = np.matmul(TO_OUTPUT.T, given.reshape(16, -1), out=_first(third, 36, count * filters))
        total += at_values.swapaxes(1, 2) @ met.reshape(36, count, filters)
    kernel = (OF_FILTER.T @ total.reshape(36, -1)).reshape(3, 3, channels, filters)
    return kernel if np.isfinite(kernel).all() else None


def _values_of(patches, here, there):
    """Return the values of a block's patches at the points, (36, tiles, channels), `there`; uses `here`, too."""
    copy = _first(here, *patches.shape)
    copy[...] = patches
    channels = patches.shape[-1]
    at_points = np.matmul(OF_INPUT, copy.reshape(36, -1), out=_first(there, 36, copy.size // 36))
    return at_points.reshape(36, -1, channels)


def _first(memory, *shape):
    """Return as many of the memory's first numbers as the shape has."""
    return memory[: prod(shape)].reshape(shape)


def _tiles(x, width):
    """Return x as overlapping patches, (6, 6, samples, tiles down, tiles across, channels), a view; how it is cut
    into blocks, each a slice of samples and one of rows of tiles; and how many tiles a block has at most."""
    batch, rows, columns, channels = x.shape
    down, across = -(-(rows - 2) // 4), -(-(columns - 2) // 4)
    whole = (batch, 4 * down + 2, 4 * across + 2, channels)
    if x.shape != whole:
        filled = np.zeros(whole, np.float32)
        filled[:, :rows, :columns] = x
        x = filled
    sample, row, column, number = x.strides
    windows = np.ndarray(
        (6, 6, batch, down, across, channels), np.float32, x,
        strides=(row, column, sample, 4 * row, 4 * column, number),
    )  # fmt: skip
    per_row = 36 * across * width
    at_once = max(1, min(down, BLOCK // per_row))
    samples = max(1, min(batch, BLOCK // (per_row * down)))
    blocks = [
        (slice(first, first + samples), slice(top, top + at_once))
        for first in range(0, batch, samples)
        for top in range(0, down, at_once)
    ]
    return windows, blocks, samples * at_once * across
