"""The sliding filter as one matrix multiplication: the arithmetic under every convolutional layer."""

import numpy as np

BLOCK = 1 << 18  # patch values gathered at a time: 1 MiB of float32, which stays in a core's cache


def convolve(x, kernel, bias, strides, padding, dilation_rate):
    """Slide every filter over every sample and return the feature maps.

    x: float32 (batch, rows, columns, channels); kernel: float32 (kernel rows, kernel columns, channels, filters);
    bias: float32 (filters,) or None; strides, dilation_rate: (rows, columns);
    padding: ((top, bottom), (left, right)) zeros. Returns float32 (batch, out rows, out columns, filters).

    The filter is not flipped (cross-correlation). The shapes are taken as checked: `layers` does that.
    Patches are gathered block by block, so that the extra memory stays small, and each block meets
    all filters in a single matmul.
    """
    if any(sum(padding, ())):
        x = np.pad(x, ((0, 0), *padding, (0, 0)))
    windows = _windows(x, kernel.shape[:2], strides, dilation_rate)
    batch, out_rows, out_columns, kernel_rows, kernel_columns, channels = windows.shape
    taps = kernel_rows * kernel_columns * channels
    filters = kernel.shape[-1]
    weights = np.ascontiguousarray(kernel, dtype=np.float32).reshape(taps, filters)
    maps = np.empty((batch, out_rows, out_columns, filters), np.float32)

    per_row = out_columns * taps
    rows = max(1, min(out_rows, BLOCK // per_row))
    samples = max(1, BLOCK // (per_row * out_rows)) if rows == out_rows else 1
    # With few channels a patch is a handful of numbers, and copying patch by patch crawls. Then the
    # gathered block is laid out the other way round, weight by weight, in runs as long as an output row.
    by_weight = kernel_columns * channels < out_columns
    order = (3, 4, 5, 0, 1, 2) if by_weight else (0, 1, 2, 3, 4, 5)
    with np.errstate(over="ignore", invalid="ignore"):  # NaN and infinity pass through
        for first in range(0, batch, samples):
            for top in range(0, out_rows, rows):
                block = windows[first : first + samples, top : top + rows]
                patches = np.ascontiguousarray(block.transpose(order))
                patches = patches.reshape(taps, -1).T if by_weight else patches.reshape(-1, taps)
                out = maps[first : first + samples, top : top + rows]
                np.matmul(patches, weights, out=out.reshape(-1, filters))
                if bias is not None:
                    out += bias
    return maps


def _windows(x, kernel_size, strides, dilation_rate):
    """View x as (batch, out rows, out columns, kernel rows, kernel columns, channels); nothing is copied."""
    reach = [(size - 1) * rate + 1 for size, rate in zip(kernel_size, dilation_rate, strict=True)]
    windows = np.lib.stride_tricks.sliding_window_view(x, reach, axis=(1, 2))
    windows = windows[:, :: strides[0], :: strides[1], :, :: dilation_rate[0], :: dilation_rate[1]]
    return windows.transpose(0, 1, 2, 4, 5, 3)  # channels last again
