"""What a convolution is, in plain loops: everything here that computes one is held against this."""

from math import ceil

import numpy as np
from hypothesis import strategies as st


def convolve1d(sequence, kernel, bias, strides, padding, dilation_rate):
    """One sequence (length, channels), kernel (width, channels, filters), bias (filters,): a map (places, filters)."""
    length, width = len(sequence), len(kernel)
    starts = places(length, width, strides, padding, dilation_rate)
    output = np.empty((len(starts), len(bias)))
    for place, start in enumerate(starts):
        for filter, total in enumerate(bias):
            for tap in range(width):
                index = start + tap * dilation_rate
                for channel in range(len(kernel[0])):
                    value = sequence[index][channel] if 0 <= index < length else 0.0
                    total = total + value * kernel[tap][channel][filter]
            output[place][filter] = total
    return output


def convolve2d(image, kernel, bias, strides, padding, dilation_rate):
    """One image (rows, columns, channels), kernel (rows, columns, channels, filters), bias (filters,): a map."""
    size, window = (len(image), len(image[0])), (len(kernel), len(kernel[0]))
    tops, lefts = map(places, size, window, strides, (padding, padding), dilation_rate)
    output = np.empty((len(tops), len(lefts), len(bias)))
    for i, top in enumerate(tops):
        for j, left in enumerate(lefts):
            for filter, total in enumerate(bias):
                for a in range(window[0]):
                    for b in range(window[1]):
                        row, column = top + a * dilation_rate[0], left + b * dilation_rate[1]
                        inside = 0 <= row < size[0] and 0 <= column < size[1]
                        for channel in range(len(kernel[0][0])):
                            value = image[row][column][channel] if inside else 0.0
                            total = total + value * kernel[a][b][channel][filter]
                output[i][j][filter] = total
    return output


def places(length, width, strides=1, padding="valid", dilation_rate=1):
    """Every input index where the filter's first cell is put, found by trying; below 0 is padding."""
    reach = [tap * dilation_rate for tap in range(width)][-1]
    before, after = 0, 0
    if padding == "causal":
        before = reach
    if padding == "same":  # the fewest zeros that leave one place for every `strides` cells, an odd one after
        while len(range(0, before + length + after - reach, strides)) < ceil(length / strides):
            before, after = (before, after + 1) if after == before else (before + 1, after)
    return [start - before for start in range(0, before + length + after - reach, strides)]


def batch(samples, kernel, bias, strides, padding, dilation_rate):
    """The maps of all samples; strides and dilation_rate as tuples, one number for each axis."""
    arrays = [np.asarray(array).tolist() for array in (kernel, bias)]
    if samples.ndim == 3:
        maps = [convolve1d(x, *arrays, strides[0], padding, dilation_rate[0]) for x in samples.tolist()]
    else:
        maps = [convolve2d(x, *arrays, strides, padding, dilation_rate) for x in samples.tolist()]
    return np.array(maps)


@st.composite
def cases(draw, dimensions, smallest_batch=0):
    """A batch with a kernel, a bias and the settings of a layer that it fits, all of small whole numbers.

    Sums of them are exact in every precision and order, so results can be compared with ==.
    """
    sizes = st.integers(1, 4)
    each_axis = st.tuples(*[sizes] * dimensions)
    kernel_size, strides, dilation_rate = draw(each_axis), draw(each_axis), draw(each_axis)
    padding = draw(st.sampled_from(["valid", "same", "causal"] if dimensions == 1 else ["valid", "same"]))
    reach = [(k - 1) * d + 1 for k, d in zip(kernel_size, dilation_rate, strict=True)]
    length = [draw(st.integers(r if padding == "valid" else 1, r + 8)) for r in reach]
    channels, filters, samples = draw(sizes), draw(sizes), draw(st.integers(smallest_batch, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    x = rng.integers(-3, 4, (samples, *length, channels))
    kernel = rng.integers(-3, 4, (*kernel_size, channels, filters))
    settings = {"strides": strides, "padding": padding, "dilation_rate": dilation_rate}
    return x, kernel, rng.integers(-3, 4, filters), settings
