"""The sliding filter as one matrix multiplication: the arithmetic under every convolutional layer."""

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
    """
    windows = _windows(_padded(x, padding), kernel.shape[:2], strides, dilation_rate)
    batch, out_rows, out_columns, *window = windows.shape
    taps, filters = prod(window), kernel.shape[-1]
    weights = kernel.reshape(taps, filters)
    if bias is not None:  # one more weight, on a number that is always 1: cheaper than a pass over the maps
        weights = np.concatenate((weights, bias[np.newaxis]))
    size = len(weights)
    maps = np.empty((batch, out_rows, out_columns, filters), np.float32)

    # A block is some whole samples or, if not even one fits, some rows of one.
    per_row = out_columns * max(size, filters)
    rows = max(1, min(out_rows, BLOCK // per_row))
    samples = max(1, min(batch, BLOCK // (per_row * out_rows)))
    buffer = np.empty(samples * rows * out_columns * size, np.float32)
    # Patches in short pieces are slow to copy one by one. They are laid out the other way round: weight by
    # weight, what lies under it in all patches of the block.
    by_weight = _piece(windows) < SHORT
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


def _windows(x, kernel_size, strides, dilation_rate):
    """View contiguous x as (batch, out rows, out columns, kernel rows, kernel columns, channels); nothing is copied."""
    batch, *size, channels = x.shape
    out = [(n - (k - 1) * d - 1) // s + 1 for n, k, s, d in zip(size, kernel_size, strides, dilation_rate, strict=True)]
    sample, row, column, number = x.strides  # in bytes
    steps = sample, row * strides[0], column * strides[1], row * dilation_rate[0], column * dilation_rate[1], number
    return np.ndarray((batch, *out, *kernel_size, channels), np.float32, x, strides=steps)


def _piece(windows):
    """Return how many numbers of a patch lie side by side in memory."""
    piece = 1
    for length, step in zip(windows.shape[:2:-1], windows.strides[:2:-1], strict=True):
        if length > 1 and step != piece * windows.itemsize:
            break
        piece *= length
    return piece
