"""The questions of the assignment "Filters": a bank of filters, its maps, its shapes and its counts."""

import numpy as np

from classroom.question import Question
from convtools import Conv2D

# Results are arrays (rows, columns, filters); a kernel has the axes rows, columns, channels, filters, as in Keras.


def _bank(image, kernel, biases):
    layer = Conv2D(kernel.shape[-1], kernel.shape[:2], input_shape=image.shape)
    layer.set_weights([kernel, biases])
    return layer(image[np.newaxis])[0]


def _bank_without_bias(image, kernel, biases):
    return _bank(image, kernel, 0 * biases)


def _bank_first_bias(image, kernel, biases):
    return _bank(image, kernel, 0 * biases + biases[0])


def _bank_all_biases(image, kernel, biases):
    return _bank(image, kernel, 0 * biases + biases.sum())


def _bank_bias_each_channel(image, kernel, biases):
    return _bank(image, kernel, biases * image.shape[-1])


def _bank_first_channel(image, kernel, biases):
    return _bank(image[:, :, :1], kernel[:, :, :1], biases)


def _bank_filters_first(image, kernel, biases):
    return np.moveaxis(_bank(image, kernel, biases), -1, 0)


def _bank_filters_added(image, kernel, biases):
    return _bank(image, kernel, biases).sum(axis=-1)


def _bank_flipped(image, kernel, biases):
    return _bank(image, kernel[::-1, ::-1], biases)


def _bank_one_short(image, kernel, biases):
    return _bank(image, kernel, biases)[:-1, :-1]


def _bank_rectified(image, kernel, biases):
    return np.maximum(_bank(image, kernel, biases), 0)


def _draw_bank(rng):
    rows, columns, channels = int(rng.integers(4, 6)), int(rng.integers(4, 7)), int(rng.integers(2, 4))
    shape = (int(rng.integers(2, 4)), int(rng.integers(2, 4)), channels, int(rng.integers(2, 4)))
    biases = rng.permutation([-3, -2, -1, 1, 2, 3, 4])[: shape[-1]]
    return rng.integers(0, 6, (rows, columns, channels)), rng.integers(-3, 4, shape), biases


def _wins(maps):
    return np.bincount(maps.argmax(axis=-1).ravel(), minlength=maps.shape[-1])


def _wins_cut(maps):
    return np.bincount(maps.argmax(axis=-1).ravel())


def _wins_of_the_smallest(maps):
    return _wins(-maps)


def _wins_by_size(maps):
    return _wins(np.abs(maps))


def _wins_from_zero(maps):
    return _wins(np.maximum(maps, 0))


def _wins_filters_first(maps):
    return np.bincount(maps.argmax(axis=0).ravel(), minlength=maps.shape[0])


def _wins_above_zero(maps):
    return (maps > 0).sum(axis=(0, 1))


def _wins_places(maps):
    return maps.argmax(axis=-1)


def _wins_largest(maps):
    return maps.max(axis=(0, 1))


def _draw_maps(rng):
    shape = (int(rng.integers(2, 4)), int(rng.integers(3, 5)), int(rng.integers(3, 5)))
    maps = rng.permutation(100)[: np.prod(shape)].reshape(shape) - 50  # all different: no filter ties with another
    if rng.integers(2):
        maps[:, :, -1] = maps.min(axis=-1) - 1  # the last filter wins nowhere
    return (maps,)


def _next_kernel(kernel, gone):
    return np.delete(kernel, gone, axis=2)


def _next_filter_gone(kernel, gone):
    return np.delete(kernel, gone, axis=3)


def _next_both_gone(kernel, gone):
    return np.delete(_next_kernel(kernel, gone), gone, axis=3)


def _next_zeros(kernel, gone):
    kernel[:, :, gone] = 0
    return kernel


def _next_counted_from_1(kernel, gone):
    return _next_kernel(kernel, gone - 1)


def _next_last_gone(kernel, gone):
    return kernel[:, :, :-1]


def _next_only_gone(kernel, gone):
    return kernel[:, :, gone : gone + 1]


def _draw_next(rng):
    channels, filters = int(rng.integers(3, 6)), int(rng.integers(3, 5))
    shape = (int(rng.integers(1, 3)), int(rng.integers(2, 4)), channels, filters)
    return rng.integers(-9, 10, shape), int(rng.integers(1, min(channels, filters)))


def _windows(rows, columns, channels):
    cells = rows * columns * channels
    return np.eye(cells, dtype=int).reshape(rows, columns, channels, cells)


def _windows_backwards(rows, columns, channels):
    return _windows(rows, columns, channels)[..., ::-1]


def _windows_columns_first(rows, columns, channels):
    return _windows(columns, rows, channels).swapaxes(0, 1)


def _windows_channels_first(rows, columns, channels):
    return np.moveaxis(_windows(channels, rows, columns), 0, 2)


def _windows_filters_first(rows, columns, channels):
    return np.moveaxis(_windows(rows, columns, channels), -1, 0)


def _windows_one_channel(rows, columns, channels):
    return np.repeat(_windows(rows, columns, 1), channels, axis=2)


def _windows_ones(rows, columns, channels):
    return np.ones((rows, columns, channels, rows * columns * channels), int)


def _draw_windows(rng):
    return int(rng.integers(1, 4)), int(rng.integers(2, 6)), int(rng.integers(2, 5))


QUESTIONS = (
    Question(
        name="bias_count",
        level="core",
        points=1,
        asks="A layer has 12 filters of 5 × 5 and reads a colour photo with its 3 channels. How many biases has it?",
        answer=12,
        mistakes=(
            (
                36,
                0,
                "It looks as if each slice of a filter had a bias. The slices are added first, then comes the bias.",
            ),
            (3, 0, "It looks as if there was a bias for each channel of the photo. Ask what belongs to a filter."),
            (1, 0, "Do all filters share one bias? Each of them asks a question of its own."),
            (300, 0, "It looks as if each cell of a 5 × 5 filter had a bias. All products are added first."),
            (900, 0, "This is the number of weights. Biases are asked for."),
        ),
        hint="When a filter lies on the photo, it adds up all its products, and then adds one more number.",
        why="One bias for each filter, however large and however deep it is.",
    ),
    Question(
        name="maps_shape",
        level="core",
        points=1,
        asks="A kernel has shape (5, 3, 4, 8). Its layer reads an input of shape (20, 30, 4), without padding. Which "
        "shape (rows, columns, maps) comes out?",
        answer=(16, 28, 8),
        mistakes=(
            ((18, 26, 8), 0.5, "Rows and columns of the filter are exchanged. In a shape the rows come first."),
            ((15, 27, 8), 0.5, "Off by one: you took away the whole filter. Its first place counts, too."),
            ((16, 28, 4), 0, "The size is right. But 4 is how many channels are read. How many filters are there?"),
            ((16, 28, 32), 0, "The size is right. But a filter adds its channels up: it makes one map, not four."),
            ((20, 30, 8), 0, "The maps are right in number, but without padding they are smaller than the input."),
            ((16, 28, 4, 8), 0, "The channels that were read are added up. They do not come out again."),
        ),
        hint="The axes of a kernel are rows, columns, channels, filters. Which two of them say how much is lost at the "
        "rim, and which one how many maps there are?",
        why="20 − 5 + 1 = 16 rows, 30 − 3 + 1 = 28 columns, and 8 filters make 8 maps.",
    ),
    Question(
        name="three_answers",
        level="core",
        points=2,
        asks="Three 2 × 2 filters with biases 0, 1 and −2 read the image [[1, 0, 2], [3, 1, 4]]. Which three numbers "
        "stand in their maps at row 0, column 1?",
        answer=[-5, -2, 2],
        mistakes=(
            ([-5, -3, 4], 1, "The sums are right, but the biases are missing: each filter has its own."),
            ([-6, -4, 3], 0, "You added all three biases to each sum. Each filter has its own."),
            ([0, 0, 2], 1, "Numbers below 0 are cut off. No ReLU was asked for."),
            ([3, -2, 4], 0, "This is row 0, column 0 of the maps. One column further the filters lie on other cells."),
            ([5, 4, 3], 0, "Your filters are turned round. Lay them on the window as they stand."),
            ([-3, -4, 3], 0, "Rows and columns of the window are exchanged. Copy it as it stands in the image."),
            (-5, 0, "This is the answer of the first filter alone. There are three filters."),
        ),
        hint="At row 0, column 1 the window is [[0, 2], [1, 4]]. Lay each filter on it, add up, add its own bias.",
        why="The same window, three questions, three answers, each with a bias of its own.",
    ),
    Question(
        name="apply_bank",
        level="core",
        points=3,
        asks="Write apply_bank(image, kernel, biases): all maps of a bank, without padding, with loops or slices. "
        "image is (rows, columns, channels), kernel (rows, columns, channels, filters), the result (rows, columns, "
        "filters).",
        answer=_bank,
        mistakes=(
            (_bank_without_bias, 2, "The biases are forgotten. Each filter adds its own to every number of its map."),
            (_bank_first_bias, 1, "You added the first bias everywhere. Filter number n has bias number n."),
            (_bank_all_biases, 1, "You added the sum of all biases everywhere. Filter number n has bias number n."),
            (
                _bank_bias_each_channel,
                1,
                "You added the bias once for each channel. It comes once, after all channels.",
            ),
            (_bank_first_channel, 0, "You used channel 0 only. A filter reads all channels and adds them up."),
            (_bank_filters_first, 2, "The maps are right, but their axis comes first. It was asked for as the last."),
            (_bank_filters_added, 0, "You added the maps of all filters. Each filter keeps a map of its own."),
            (_bank_flipped, 1, "Your filters are turned round before they slide. A layer lays them on as they stand."),
            (_bank_one_short, 1, "The last row and column of places are missing: off by one. Count the places again."),
            (_bank_rectified, 2, "Numbers below 0 are cut off. No ReLU was asked for."),
        ),
        hint="Three loops: over the rows and columns of places, and over the filters. Inside, the window times "
        "kernel[:, :, :, filter], all added up, plus biases[filter].",
        why="This is what Conv2D does: as many maps as filters, whatever goes in.",
        cases=(
            (np.array([[[1], [0], [2]], [[3], [1], [4]]]), np.array([[[[1, 0]], [[0, 1]]]]), np.array([0, 5])),
            (
                np.arange(32).reshape(4, 4, 2) % 7,
                np.arange(36).reshape(3, 2, 2, 3) % 5 - 2,
                np.array([1, -3, 4]),
            ),
        ),
        draw=_draw_bank,
    ),
    Question(
        name="filter_count",
        level="more",
        points=2,
        asks="A layer of 5 × 5 filters reads 2 maps and has 2550 parameters, biases included. How many filters has it?",
        answer=50,
        mistakes=(
            (51, 1, "You divided by the weights of one filter. The bias belongs to its parameters, too."),
            (102, 0, "You divided by the weights of one slice. This filter reads 2 maps, and it has a bias."),
            (100, 0, "These are all slices of all filters. How many slices has one filter?"),
            (
                25,
                0,
                "25 are the cells of one slice. How many parameters has a whole filter, and how often does that fit?",
            ),
            (2, 0, "2 are the channels of the input. They say how deep a filter is, not how many there are."),
        ),
        hint="How many parameters has one such filter, its bias included?",
        why="One filter has 5 · 5 · 2 + 1 = 51 parameters, and 2550 / 51 = 50.",
    ),
    Question(
        name="wins",
        level="more",
        points=3,
        asks="Write wins(maps): for each filter, at how many places its number is the largest of all filters. maps is "
        "(rows, columns, filters), the result a row with one whole number for each filter.",
        answer=_wins,
        mistakes=(
            (_wins_cut, 2, "Your row is too short: a filter that never wins is left out. It needs its 0."),
            (_wins_of_the_smallest, 1, "You counted where a filter is smallest. The largest number wins."),
            (_wins_by_size, 2, "You dropped the signs. A filter that says −9 is not stronger than one that says 2."),
            (_wins_from_zero, 2, "Where all filters are below 0, one still wins. Do not start the search at 0."),
            (_wins_filters_first, 0, "You compared rows with each other. The filters lie along the last axis."),
            (_wins_above_zero, 0, "You counted where a filter is above 0. Compare the filters with each other."),
            (_wins_places, 1, "This is the winner of each place. Now count how often each filter is there."),
            (_wins_largest, 0, "This is the largest number of each map. Compare the maps place by place."),
        ),
        hint="np.argmax over the last axis names the winner of each place. Then count how often each number comes.",
        why="The counts of all filters add up to the number of places.",
        cases=(
            (np.array([[[4, 1, 0], [2, 3, -9]]]),),
            (np.array([[[5, 1, 3], [7, 2, 8], [0, 9, 4]], [[6, -12, 10], [11, 20, -30], [-4, -5, -3]]]),),
        ),
        draw=_draw_maps,
    ),
    Question(
        name="next_kernel",
        level="more",
        points=2,
        asks="Filter number gone of a layer is thrown away. Write next_kernel(kernel, gone): from the kernel of the "
        "layer after it, the kernel that fits the maps that are left, all other weights unchanged.",
        answer=_next_kernel,
        mistakes=(
            (
                _next_filter_gone,
                0,
                "You took a filter from the next layer. It keeps its filters, but reads one map less.",
            ),
            (_next_both_gone, 1, "A channel goes, that is right. But the next layer keeps all its own filters."),
            (_next_zeros, 1, "You set the weights to 0. The map is not there any more: nor are its weights."),
            (_next_counted_from_1, 1, "Off by one: filters are counted from 0."),
            (_next_last_gone, 1, "You always throw the last channel away. Which one did the lost filter make?"),
            (_next_only_gone, 0, "You kept what should go, and threw away the rest."),
        ),
        hint="The filters of one layer make the channels of the next. Which axis of a kernel counts its channels?",
        why="A filter of one layer is a channel of the next: the third axis of its kernel.",
        cases=(
            (np.array([[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]]), 1),
            (np.arange(48).reshape(2, 2, 4, 3), 2),
        ),
        draw=_draw_next,
    ),
    Question(
        name="window_bank",
        level="stretch",
        points=3,
        asks="Write window_bank(rows, columns, channels): the kernel of a bank that copies each window, so that the "
        "numbers of the maps at a place are those of the window, row by row, in each row from left to right, at each "
        "cell channel after channel.",
        answer=_windows,
        mistakes=(
            (
                _windows_backwards,
                1,
                "Each filter copies one number of the window, but in the order from last to first.",
            ),
            (_windows_columns_first, 2, "You go down the columns. Go through the window row by row."),
            (
                _windows_channels_first,
                2,
                "You go channel by channel. At each cell all channels come, then the next cell.",
            ),
            (_windows_filters_first, 1, "The axis of the filters stands first. In a kernel it comes last."),
            (_windows_one_channel, 1, "Your filters add the channels of a cell. Each filter copies only one number."),
            (
                _windows_ones,
                0,
                "Your filters are all ones: each adds up the whole window. Which weight copies one number?",
            ),
        ),
        hint="How many numbers has a window? So many filters are needed, and each has a single 1. Where has the first "
        "filter its 1, where the second?",
        why="Now any other filter is a sum over these maps: that is how many programs make a layer one big "
        "multiplication.",
        cases=((1, 2, 1), (2, 3, 2)),
        draw=_draw_windows,
    ),
)
