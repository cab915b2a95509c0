"""The sliding filter as one matrix multiplication: the arithmetic under every convolutional layer."""

from functools import lru_cache
from math import prod

import numpy as np

BLOCK = 1 << 17  # numbers gathered at a time: half a MiB of float32, which stays in a core's cache
SHORT = 10  # a patch's pieces, in numbers: below this it pays to gather weight by weight


def convolve(x, kernel, bias, strides, padding, dilation_rate):
    """Slide every filter over every sample and return the feature maps.

    x: float32 (batch, rows, columns, channels); kernel: float32 (kernel rows, kernel columns, channels, filters);
    bias: float32 (filters,) or None; strides, dilation_rate: (rows, columns);
    padding: ((top, bottom), (left, right)) zeros. Returns float32 (batch, out rows, out columns, filters).

    The filter is not flipped (cross-correlation). The shapes are taken as checked: `layers` does that.
    Patches are gathered block by block, so that the extra memory stays small, and each block meets
    all filters in a single matmul.

    >>> x, kernel = np.ones((1, 1, 3, 1), np.float32), np.ones((1, 2, 1, 1), np.float32)
    >>> convolve(x, kernel, None, (1, 1), ((0, 0), (0, 0)), (1, 1)).ravel()
    array([2., 2.], dtype=float32)
    """
    x = _padded(x, padding)
    shape, steps, samples, rows, by_weight = _layout(x.shape, kernel.shape, strides, dilation_rate, BLOCK)
    windows = np.ndarray(shape, np.float32, x, strides=steps)  # a view: nothing is copied
    batch, out_rows, out_columns, *window = shape
    taps, filters = prod(window), kernel.shape[-1]
    weights = kernel.reshape(taps, filters)
    if bias is not None:  # one more weight, on a number that is always 1: cheaper than a pass over the maps
        weights = np.concatenate((weights, bias[np.newaxis]))
    size = len(weights)
    maps = np.empty((batch, out_rows, out_columns, filters), np.float32)
    buffer = np.empty(samples * rows * out_columns * size, np.float32)
    with np.errstate(over="ignore", invalid="ignore"):  # NaN and infinity pass through
        for first in range(0, batch, samples):
            for top in range(0, out_rows, rows):
                block = windows[first : first + samples, top : top + rows]
                out = maps[first : first + samples, top : top + rows].reshape(-1, filters)
                gathered = buffer[: len(out) * size]
                if by_weight:
                    gathered = gathered.reshape(size, -1)
                    gathered[:taps].reshape(*window, *block.shape[:3])[...] = block.transpose(3, 4, 5, 0, 1, 2)
                    gathered[taps:] = 1
                    patches = gathered.T
                else:
                    patches = gathered.reshape(-1, size)
                    patches[:, :taps].reshape(block.shape)[...] = block  # a view: only the last axis is split
                    patches[:, taps:] = 1
                np.matmul(patches, weights, out=out)
    return maps


def _padded(x, padding):
    """Return x with zeros around its rows and columns, in one contiguous piece."""
    (top, bottom), (left, right) = padding
    if not (top or bottom or left or right):
        return np.ascontiguousarray(x)
    batch, rows, columns, channels = x.shape
    padded = np.zeros((batch, top + rows + bottom, left + columns + right, channels), np.float32)
    padded[:, top : top + rows, left : left + columns] = x
    return padded


@lru_cache  # a layer meets the same shapes again and again
def _layout(x_shape, kernel_shape, strides, dilation_rate, limit):
    """Return how contiguous x is cut into windows, and the windows into blocks of about `limit` numbers.

    The windows' shape, (batch, out rows, out columns, kernel rows, kernel columns, channels), and their steps
    in bytes; the samples and the rows of a block; and whether to gather weight by weight.
    """
    batch, *lengths, channels = x_shape
    *kernel_size, _, filters = kernel_shape
    axes = list(zip(lengths, kernel_size, strides, dilation_rate, strict=True))
    out = [(n - (k - 1) * d - 1) // s + 1 for n, k, s, d in axes]
    shape = (batch, *out, *kernel_size, channels)
    number = 4  # bytes of a float32
    column = number * channels
    row = column * lengths[1]
    sample = row * lengths[0]
    between_places = row * strides[0], column * strides[1]
    between_taps = row * dilation_rate[0], column * dilation_rate[1], number

    # A block is some whole samples or, if not even one fits, some rows of one.
    per_row = out[1] * max(prod(shape[3:]) + 1, filters)
    rows = max(1, min(out[0], limit // per_row))
    samples = max(1, min(batch, limit // (per_row * out[0])))

    # A patch comes in pieces that lie side by side in memory, and short ones are slow to copy. Then the block
    # is laid out the other way round: weight by weight, what lies under it in all patches.
    piece = 1
    for length, step in zip(shape[:2:-1], between_taps[::-1], strict=True):
        if length > 1 and step != number * piece:
            break
        piece *= length
    return shape, (sample, *between_places, *between_taps), samples, rows, piece < SHORT
