"""The sliding filter as matrix multiplications, forward and backward: the arithmetic under convolutional layers."""

from functools import lru_cache
from math import gcd, prod

import numpy as np

from convtools import winograd
from convtools.memory import scratch

BLOCK = 1 << 20  # numbers gathered at a time: 4 MiB of float32, which stay in the processor's cache
FEW = 4  # channels are few beside this many filters for each
SHORT = 10  # a patch's pieces, in numbers: below this it pays to gather weight by weight


@np.errstate(over="ignore", invalid="ignore")  # NaN and infinity pass through
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
    layout, wide = _layout(x.shape, kernel.shape, strides, dilation_rate, BLOCK)
    if wide:
        maps = winograd.convolve(x, kernel, bias)
        if maps is not None:
            return maps
    filters = kernel.shape[-1]
    weights = kernel.reshape(-1, filters)
    if bias is not None:  # one more weight, on a number that is always 1: cheaper than a pass over the maps
        weights = np.concatenate((weights, bias[np.newaxis]))
    maps = np.empty((*layout[0][:3], filters), np.float32)
    for place, patches in _patches(x, len(weights), *layout):
        np.dot(patches, weights, out=maps[place].reshape(-1, filters))
    return maps


@np.errstate(over="ignore", invalid="ignore")
def weight_gradients(x, gradient, kernel_shape, strides, padding, dilation_rate):
    """Return the gradients of the kernel and of the bias, float32 (..., channels, filters) and (filters,).

    gradient: of the loss, at the maps, float32 (batch, out rows, out columns, filters); the rest as in `convolve`.
    A weight's gradient is a sum over all places: what it met there times the gradient there. The bias met 1.

    >>> x = np.float32([3, 4, 5]).reshape(1, 1, 3, 1)
    >>> at_maps = np.ones((1, 1, 2, 1), np.float32)
    >>> weight_gradients(x, at_maps, (1, 2, 1, 1), (1, 1), ((0, 0), (0, 0)), (1, 1))[0].ravel()
    array([7., 9.], dtype=float32)
    """
    x = _padded(x, padding)
    taps, filters = prod(kernel_shape[:-1]), kernel_shape[-1]
    layout, wide = _layout(x.shape, kernel_shape, strides, dilation_rate, BLOCK)
    if wide:
        of_kernel = winograd.weight_gradients(x, gradient)
        if of_kernel is not None:
            return of_kernel, gradient.reshape(-1, filters).sum(axis=0)
    total = np.zeros((taps + 1, filters), np.float32)
    for place, patches in _patches(x, taps + 1, *layout):
        total += np.dot(patches.T, gradient[place].reshape(-1, filters))
    return total[:taps].reshape(kernel_shape), total[taps]


def input_gradient(gradient, kernel, input_shape, strides, padding, dilation_rate):
    """Return the gradient at the input, float32 of `input_shape`: every cell collects from the outputs it fed.

    gradient: of the loss, at the maps, float32 (batch, out rows, out columns, filters); the rest as in `convolve`.
    It is a convolution of the gradient with the filter turned round, from filters to channels. With strides the
    cells of an axis fall into as many classes, and each met its own part of the filter.

    >>> kernel = np.float32([[10], [1]]).reshape(1, 2, 1, 1)
    >>> at_maps = np.float32([3, 4]).reshape(1, 1, 2, 1)
    >>> input_gradient(at_maps, kernel, (1, 1, 3, 1), (1, 1), ((0, 0), (0, 0)), (1, 1)).ravel()
    array([30., 43.,  4.], dtype=float32)
    """
    if FEW * kernel.shape[2] <= kernel.shape[3]:
        return _spread(gradient, kernel, input_shape, strides, padding, dilation_rate)
    at_input = np.zeros(input_shape, np.float32)
    axes = zip(input_shape[1:3], kernel.shape[:2], gradient.shape[1:3], strides, padding, dilation_rate, strict=True)
    down, across = (_classes(n, k, out, s, before, d) for n, k, out, s, (before, _), d in axes)
    turned = kernel[::-1, ::-1].swapaxes(2, 3)
    for rows, row_taps, row_padding, row_dilation in down:
        for columns, column_taps, column_padding, column_dilation in across:
            part = np.ascontiguousarray(turned[row_taps, column_taps])
            around, dilation = (row_padding, column_padding), (row_dilation, column_dilation)
            at_input[:, rows, columns] = convolve(gradient, part, None, (1, 1), around, dilation)
    return at_input


def _spread(gradient, kernel, input_shape, strides, padding, dilation_rate):
    """Return `input_gradient` of many filters on few channels: every output spreads over the cells it covers.

    Products first, sums over the places after: the other order would gather many numbers for few sums.
    """
    *taps, channels, filters = kernel.shape
    batch, *sizes, _ = input_shape
    spread = np.zeros((batch, *(n + sum(zeros) for n, zeros in zip(sizes, padding, strict=True)), channels), np.float32)
    products = gradient.reshape(-1, filters) @ kernel.reshape(-1, filters).T
    products = products.reshape(*gradient.shape[:3], *taps, channels)
    for tap in np.ndindex(*taps):
        steps = zip(tap, gradient.shape[1:3], strides, dilation_rate, strict=True)
        covered = (slice(t * d, t * d + (out - 1) * s + 1, s) for t, out, s, d in steps)
        spread[:, *covered] += products[:, :, :, *tap]
    (top, _), (left, _) = padding
    return spread[:, top : top + sizes[0], left : left + sizes[1]]


@lru_cache
def _classes(size, width, out, stride, before, dilation):
    """Return, for each class of an axis's cells that met the same taps: the cells, these taps of the turned filter,
    and the padding and dilation with which they slide over the gradient."""
    classes = []
    step = stride // gcd(stride, dilation)  # taps this far apart meet the same cells
    for first in range(min(stride, size)):
        taps = [tap for tap in range(width) if (first + before - tap * dilation) % stride == 0]
        if not taps:
            continue  # between the places of the filter: no output saw these cells
        count = len(range(first, size, stride))
        newest = (first + before - taps[0] * dilation) // stride  # the last output that the first cell fed
        apart = step * dilation // stride
        reach = (len(taps) - 1) * apart
        cells, met = slice(first, None, stride), slice(width - 1 - taps[-1], width - taps[0], step)
        classes.append((cells, met, (reach - newest, newest + count - out), apart))
    return classes


def _padded(x, padding):
    """Return x with zeros around its rows and columns, in one contiguous piece; a negative number cuts cells off."""
    (top, bottom), (left, right) = padding
    if not (top or bottom or left or right):
        return np.ascontiguousarray(x)
    batch, rows, columns, channels = x.shape
    padded = np.zeros((batch, top + rows + bottom, left + columns + right, channels), np.float32)
    inside = x[:, max(-top, 0) : rows + min(bottom, 0), max(-left, 0) : columns + min(right, 0)]
    top, left = max(top, 0), max(left, 0)
    padded[:, top : top + inside.shape[1], left : left + inside.shape[2]] = inside
    return padded


def _patches(x, size, shape, steps, taps, blocks, by_weight):
    """Yield a block's place in the maps, and its patches (places, size): a 1 fills them up.

    The patches' memory is used again for the next block. The rest: what `_layout` says of x.
    """
    windows = np.ndarray(shape, np.float32, x, strides=steps)  # a view: nothing is copied
    buffer = scratch(size * blocks[0][1] if blocks else 0)  # an empty batch has none
    for place, count in blocks:
        block = windows[place]
        if by_weight:
            block = block.transpose(3, 4, 5, 0, 1, 2)
            patches = buffer[: size * count].reshape(size, count)
            patches[:taps].reshape(block.shape)[...] = block  # a view: only the first axis is split
            patches[taps:] = 1
            yield place, patches.T
        else:
            patches = buffer[: size * count].reshape(count, size)
            patches[:, :taps].reshape(block.shape)[...] = block  # a view: only the last axis is split
            patches[:, taps:] = 1
            yield place, patches


@lru_cache  # a layer meets the same shapes again and again
def _layout(x_shape, kernel_shape, strides, dilation_rate, limit):
    """Return how contiguous x is cut into windows, and the windows into blocks of about `limit` numbers.

    The windows' shape, (batch, out rows, out columns, kernel rows, kernel columns, channels), and their steps
    in bytes; how many numbers a window has; the blocks, each its place among the maps and how many places it has;
    and whether to gather weight by weight. After that: whether `winograd` does it faster.
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
    taps = prod(shape[3:])
    per_row = out[1] * max(taps + 1, filters)
    rows = max(1, min(out[0], limit // per_row))
    samples = max(1, min(batch, limit // (per_row * out[0])))
    blocks = []
    for first in range(0, batch, samples):
        for top in range(0, out[0], rows):
            count = min(samples, batch - first) * min(rows, out[0] - top) * out[1]
            blocks.append(((slice(first, first + samples), slice(top, top + rows)), count))
    if len(blocks) == 1:
        blocks = [(..., blocks[0][1])]  # all of it; this is quicker

    # A patch comes in pieces that lie side by side in memory, and short ones are slow to copy. Then the block
    # is laid out the other way round: weight by weight, what lies under it in all patches.
    piece = 1
    for length, step in zip(shape[:2:-1], between_taps[::-1], strict=True):
        if length > 1 and step != number * piece:
            break
        piece *= length
    layout = shape, (sample, *between_places, *between_taps), taps, blocks, piece < SHORT
    return layout, winograd.pays(x_shape, kernel_shape, strides, dilation_rate)
