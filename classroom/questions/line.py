"""The questions of the assignment "The line": two dimensions, one filter."""

import numpy as np

from classroom.question import Question
from convtools import Conv2D


def _layer(image, kernel, bias=0, strides=(1, 1)):
    layer = Conv2D(1, np.shape(kernel), strides=tuple(strides), input_shape=(*np.shape(image), 1))
    layer.set_weights([np.reshape(kernel, (*np.shape(kernel), 1, 1)), [bias]])
    return layer(np.asarray(image)[np.newaxis, :, :, np.newaxis])[0, :, :, 0]


def _slide_image(image, kernel, bias):
    return _layer(image, kernel, bias)


def _slide_flipped(image, kernel, bias):
    return _layer(image, np.flip(kernel), bias)


def _slide_without_bias(image, kernel, bias):
    return _layer(image, kernel)


def _slide_bias_each_time(image, kernel, bias):
    return _layer(image, kernel, bias * np.size(kernel))


def _slide_one_short(image, kernel, bias):
    return _layer(image, kernel, bias)[:-1, :-1]


def _slide_as_if_3_by_3(image, kernel, bias):
    return _layer(image, kernel, bias)[: len(image) - 2, : len(image[0]) - 2]


def _slide_lying(image, kernel, bias):
    return _layer(image, kernel, bias).T


def _slide_rectified(image, kernel, bias):
    return np.maximum(_layer(image, kernel, bias), 0)


def _slide_whole(image, kernel, bias):
    return np.trunc(_slide_image(image, kernel, bias))


def _draw_slide(rng):
    rows, columns = int(rng.integers(4, 6)), int(rng.integers(6, 9))
    kernel = rng.integers(-4, 5, (int(rng.integers(2, 4)), int(rng.integers(2, 4))))
    return rng.integers(-3, 8, (rows, columns)), kernel, int(rng.integers(1, 6)) + 0.5


def _stride_map(image, kernel, strides):
    return _layer(image, kernel, strides=strides)


def _stride_ignored(image, kernel, strides):
    return _layer(image, kernel)


def _stride_swapped(image, kernel, strides):
    return _layer(image, kernel, strides=strides[::-1])


def _stride_down_for_both(image, kernel, strides):
    return _layer(image, kernel, strides=(strides[0], strides[0]))


def _stride_in_the_image(image, kernel, strides):
    down, right = strides
    return _layer(np.asarray(image)[::down, ::right], kernel)


def _stride_starts_late(image, kernel, strides):
    down, right = strides
    return _layer(image, kernel)[down - 1 :: down, right - 1 :: right]


def _stride_one_short(image, kernel, strides):
    return _layer(image, kernel, strides=strides)[:-1, :-1]


def _stride_range_short(image, kernel, strides):
    down, right = strides
    return _layer(image, kernel)[:-1:down, :-1:right]


def _stride_flipped(image, kernel, strides):
    return _layer(image, np.flip(kernel), strides=strides)


def _draw_stride(rng):
    kernel = rng.integers(-4, 5, (int(rng.integers(2, 4)), int(rng.integers(2, 4))))
    strides = rng.permutation([1, 2, 3])[:2].tolist()
    return rng.integers(0, 9, (int(rng.integers(7, 10)), int(rng.integers(7, 10)))), kernel, strides


def _window_of(row, column, kernel_size, strides):
    starts = np.multiply((row, column), strides)
    return np.stack([starts, starts + kernel_size - 1], axis=1).ravel()


def _window_without_strides(row, column, kernel_size, strides):
    return _window_of(row, column, kernel_size, [1, 1])


def _window_one_too_far(row, column, kernel_size, strides):
    return np.add(_window_of(row, column, kernel_size, strides), [0, 1, 0, 1])


def _window_corners(row, column, kernel_size, strides):
    return _window_of(row, column, kernel_size, strides)[[0, 2, 1, 3]]


def _window_columns_first(row, column, kernel_size, strides):
    return _window_of(row, column, kernel_size, strides)[[2, 3, 0, 1]]


def _window_strides_swapped(row, column, kernel_size, strides):
    return _window_of(row, column, kernel_size, strides[::-1])


def _window_as_a_step(row, column, kernel_size, strides):
    return _window_of(row, column, kernel_size, kernel_size)


def _draw_window(rng):
    row, column = rng.integers(1, 8, 2).tolist()
    return row, column, rng.integers(2, 6, 2).tolist(), rng.integers(1, 5, 2).tolist()


def _restore(feature_map, first_row, first_column):
    # the map holds differences of differences, so two running sums take them back
    steps = np.zeros((len(first_column), len(first_row)), int)
    steps[1:, 1:] = feature_map
    steps[0, 1:] = np.diff(first_row)
    steps[1:, 0] = np.diff(first_column)
    steps[0, 0] = first_row[0]
    return steps.cumsum(axis=0).cumsum(axis=1)


def _walk(feature_map, first_row, first_column, of_map=1, above=1, left=1, both=-1):
    image = np.zeros((len(first_column), len(first_row)), int)
    image[0], image[:, 0] = first_row, first_column
    for row, column in np.ndindex(*np.shape(feature_map)):
        neighbours = above * image[row, column + 1] + left * image[row + 1, column] + both * image[row, column]
        image[row + 1, column + 1] = of_map * feature_map[row][column] + neighbours
    return image


def _restore_corner_forgotten(feature_map, first_row, first_column):
    return _walk(feature_map, first_row, first_column, both=0)


def _restore_corner_added(feature_map, first_row, first_column):
    return _walk(feature_map, first_row, first_column, both=1)


def _restore_along_the_row(feature_map, first_row, first_column):
    return _walk(feature_map, first_row, first_column, above=0, both=0)


def _restore_down_the_column(feature_map, first_row, first_column):
    return _walk(feature_map, first_row, first_column, left=0, both=0)


def _restore_map_subtracted(feature_map, first_row, first_column):
    return _walk(feature_map, first_row, first_column, of_map=-1)


def _restore_all_signs(feature_map, first_row, first_column):
    return _walk(feature_map, first_row, first_column, above=-1, left=-1)


def _restore_without_the_rim(feature_map, first_row, first_column):
    return _restore(feature_map, first_row, first_column)[1:, 1:]


def _draw_restore(rng):
    image = rng.integers(1, 10, (int(rng.integers(3, 6)), int(rng.integers(4, 7))))
    return np.diff(np.diff(image, axis=0), axis=1), image[0], image[:, 0]


QUESTIONS = (
    Question(
        name="map_size",
        level="core",
        points=1,
        asks="An image has 6 rows and 9 columns, a filter 3 rows and 2 columns. How many rows and columns has the map, "
        "without padding?",
        answer=(4, 8),
        mistakes=(
            ((8, 4), 0.5, "Both numbers are right, but rows come before columns."),
            ((6, 9), 0, "This is the size of the image. The filter is only put where it fits."),
            ((3, 7), 0, "You found how far the filter moves down and to the right. Its first place counts too."),
            ((5, 7), 0, "You took the filter's 3 for the columns and its 2 for the rows. Its rows come first."),
            ((4, 7), 0.5, "The rows are right. The filter is narrower than it is high: count the columns again."),
            ((5, 8), 0.5, "The columns are right. The filter is higher than it is wide: count the rows again."),
            (32, 0.5, "This is how many cells the map has. Give its rows and its columns."),
        ),
        hint="Do the rows first: from which row to which can the top of the filter go? Then do the columns.",
        why="6 − 3 + 1 = 4 rows and 9 − 2 + 1 = 8 columns: each direction for itself.",
    ),
    Question(
        name="one_window",
        level="core",
        points=1,
        asks="The 2 × 2 filter [[1, 2], [-1, 2]] with bias −4 lies with its upper left corner on row 1, column 2 of "
        "the image. Which number goes into the map?",
        answer=9,
        mistakes=(
            (13, 0.5, "The products and their sum are right, but the bias is missing. It is added once, at the end."),
            (-3, 0.5, "It looks as if the bias was added to each product. It is added once, at the end."),
            (17, 0.5, "You took the bias away. It is added, and it is −4."),
            (1, 0, "This is the window at row 2, column 1. The row comes first."),
            (-1, 0, "This is the window at row 0, column 1. Rows and columns count from 0."),
            (0, 0, "You turned the filter round. Its upper left weight lies on the window's upper left pixel."),
            (3, 0, "Rows and columns of the filter are swapped: its upper row is 1, 2."),
            ([[1, 4], [0, 8]], 0, "These are the four products. A place gives one number: add them, then the bias."),
        ),
        hint="Cut out rows 1 and 2, columns 2 and 3. Multiply cell by cell, add the four products, then add the bias.",
        why="1 + 4 + 0 + 8 = 13, and the bias makes it 9.",
    ),
    Question(
        name="edge_map",
        level="core",
        points=2,
        asks="A 4 × 4 image shows a bright corner, and the filter [[1, 1], [-1, -1]] slides over it, bias 0. Which map "
        "comes out?",
        answer=[[-2, -4, -4], [0, 2, 4], [0, 0, 0]],
        mistakes=(
            (
                [[0, 0, 0], [0, 2, 4], [0, 0, 0]],
                1,
                "Numbers below 0 stay in the map as long as no ReLU comes after it.",
            ),
            ([[2, 4, 4], [0, -2, -4], [0, 0, 0]], 1, "All signs are turned: the upper row counts for it, not against."),
            (
                [[-2, 0, 0], [-4, 2, 0], [-4, 4, 0]],
                0.5,
                "Rows and columns are swapped. The filter compares what is above with what is below.",
            ),
            (
                [[2, 0, 0], [4, -2, 0], [4, -4, 0]],
                0,
                "You compared right with left. This filter adds its upper row and takes away the lower one.",
            ),
            (
                [-2, -4, -4, 0, 2, 4, 0, 0, 0],
                1.5,
                "The nine numbers are right. Write them as three rows, a list of three lists.",
            ),
            ([[2, 4, 4], [4, 6, 4], [4, 4, 0]], 0, "You added up the windows. The lower weights are negative."),
        ),
        hint="Each number is the two upper pixels together minus the two lower ones. There are 3 · 3 places.",
        why="On the way down: negative where brightness begins, positive where it ends, 0 where rows are alike.",
    ),
    Question(
        name="horizon",
        level="core",
        points=1,
        asks="A bright sky ends at a dark sea. Which filter gives more than 0 on the horizon, and 0 on the even sky, "
        "on the even sea and on upright edges?",
        answer="b",
        mistakes=(
            ("a", 0, "This one is positive where the lower side is brighter. Here the sky is above."),
            ("c", 0, "This one compares left with right. Along a flat horizon these are equal."),
            ("d", 0, "This one adds up all nine pixels, so the even sky answers most."),
        ),
        hint="On the horizon the window's rows are 1, 0, 0 or 1, 1, 0 from top to bottom. Try each filter on it.",
        why="Above minus below: bright above dark is positive, and what is even or alike in all rows cancels.",
    ),
    Question(
        name="slide_image",
        level="core",
        points=3,
        asks="Write slide_image(image, kernel, bias): the map of one filter of any size, without padding, with loops "
        "or slices.",
        answer=_slide_image,
        mistakes=(
            (_slide_flipped, 1, "Your filter is turned round before it slides. A layer lays it on as it stands."),
            (_slide_without_bias, 1, "The bias is forgotten. Add it once to every number of the map."),
            (_slide_bias_each_time, 1, "The bias is added with every product. Add it once, after the sum."),
            (_slide_one_short, 1, "The last row and the last column of the map are missing: off by one."),
            (
                _slide_as_if_3_by_3,
                1,
                "Your map is 2 rows and 2 columns smaller than the image. That is so for a 3 × 3 filter only.",
            ),
            (_slide_lying, 1, "Rows and columns of your map are swapped. The row comes first."),
            (_slide_whole, 2, "Your map has room for whole numbers only. Make it with np.zeros, or from lists."),
            (_slide_rectified, 1, "Numbers below 0 are cut off. No ReLU was asked for."),
        ),
        hint="For each row and column: cut out a window as large as the kernel, multiply, sum, add the bias.",
        why="Two loops, one inside the other, and at each place one sum and one bias.",
        cases=(
            (np.array([[1, 2, 0], [0, 1, 3]]), np.array([[1, -1]]), 2.5),
            (np.array([[1, 0, 2, 1, 0], [0, 3, 1, 2, 2], [2, 1, 0, 4, 1]]), np.array([[1, 2], [-1, -3]]), 1),
        ),
        draw=_draw_slide,
    ),
    Question(
        name="rim_map",
        level="more",
        points=2,
        asks='An image of ones has 3 rows and 4 columns. A 3 × 3 filter of ones slides over it with padding "same", '
        "bias 0. Which map comes out?",
        answer=[[4, 6, 6, 4], [6, 9, 9, 6], [4, 6, 6, 4]],
        mistakes=(
            (
                [[9, 9, 9, 9], [9, 9, 9, 9], [9, 9, 9, 9]],
                0,
                "At the rim a part of the filter lies on padding, and that is zeros.",
            ),
            ([[9, 9]], 0, "This is the map without padding. It should be as large as the image."),
            (
                [[0, 0, 0, 0], [0, 9, 9, 0], [0, 0, 0, 0]],
                0,
                "You put zeros around the map. They go around the image, first.",
            ),
            ([[4, 6, 4], [6, 9, 6], [6, 9, 6], [4, 6, 4]], 1, "Rows and columns are swapped: 3 rows of 4 numbers."),
            (
                [[6, 6, 6, 6], [9, 9, 9, 9], [6, 6, 6, 6]],
                0.5,
                "Above and below there are zeros now. They are needed on the left and on the right, too.",
            ),
            (
                [[6, 9, 9, 6], [6, 9, 9, 6], [6, 9, 9, 6]],
                0.5,
                "On the left and on the right there are zeros now. They are needed above and below, too.",
            ),
            (
                [[9, 9, 6, 3], [6, 6, 4, 2], [3, 3, 2, 1]],
                0.5,
                "All your zeros are below and on the right. Half of them go above and on the left.",
            ),
        ),
        hint="Draw the image with one ring of zeros around it. How many ones lie under the filter at each place?",
        why="It counts the pixels under the filter: 9 inside, 6 at a side, 4 in a corner. The zeros darken the rim.",
    ),
    Question(
        name="stride_map",
        level="more",
        points=3,
        asks="Write stride_map(image, kernel, strides): the map of a filter that moves strides[0] rows down and "
        "strides[1] columns to the right at a time (no padding, no bias).",
        answer=_stride_map,
        mistakes=(
            (_stride_ignored, 0, "This is the map with steps of 1. The strides are not used."),
            (_stride_swapped, 2, "The two strides are swapped. The first is for the rows, the second for the columns."),
            (_stride_down_for_both, 1, "You took the first stride in both directions. There are two strides."),
            (
                _stride_in_the_image,
                0,
                "You left out pixels of the image. The filter sees all pixels under it, only its steps are longer.",
            ),
            (_stride_starts_late, 1, "Your first place is not the upper left corner. The filter starts there."),
            (_stride_one_short, 1.5, "The last row and the last column of the map are missing: off by one."),
            (
                _stride_range_short,
                1.5,
                "Where the last window just fits, it is missing: a range stops before its end.",
            ),
            (_stride_flipped, 1, "Your filter is turned round before it slides. A layer lays it on as it stands."),
        ),
        hint="The window of map row r starts at image row r * strides[0]. The last window must still fit.",
        why="Longer steps keep every second or third place of the map, and the window under the filter stays whole.",
        cases=(
            (np.arange(1, 26).reshape(5, 5), np.array([[0, 1], [0, 0]]), [2, 1]),
            (np.array([[3, 0, 1, 4, 2, 5, 1]] * 3 + [[2, 7, 1, 8, 2, 8, 1]] * 4), np.array([[1, -2], [0, 3]]), [2, 3]),
        ),
        draw=_draw_stride,
    ),
    Question(
        name="window_of",
        level="more",
        points=2,
        asks="Write window_of(row, column, kernel_size, strides): the first and the last row, then the first and the "
        "last column of the image that lie under the filter when it makes this number of the map (no padding).",
        answer=_window_of,
        mistakes=(
            (
                _window_without_strides,
                0.5,
                "This is right for steps of 1. Where does the filter start after longer ones?",
            ),
            (
                _window_one_too_far,
                1,
                "Your last row and last column are one too far. A slice ends there, but the filter ends before it.",
            ),
            (_window_corners, 1, "The numbers are right in another order: first the two rows, then the two columns."),
            (_window_columns_first, 1, "The numbers are right in another order: the rows come before the columns."),
            (_window_strides_swapped, 1, "The two strides are swapped. The first is for the rows."),
            (
                _window_as_a_step,
                0,
                "You moved the filter by its own size. How far it moves is said by the strides.",
            ),
        ),
        hint="After r steps down the top of the filter is r * strides[0] rows from the top. How high is the filter?",
        why="It starts at place times stride, and it ends kernel size − 1 later.",
        cases=(
            (2, 3, [3, 3], [2, 1]),
            (4, 1, [2, 5], [3, 4]),
        ),
        draw=_draw_window,
    ),
    Question(
        name="restore",
        level="stretch",
        points=3,
        asks="Write restore(feature_map, first_row, first_column): the image, of which you have its map under "
        "[[1, -1], [-1, 1]], its first row and its first column.",
        answer=_restore,
        mistakes=(
            (
                _restore_corner_forgotten,
                1,
                "Four pixels lie under the filter. The upper left one is not in your sum yet.",
            ),
            (
                _restore_corner_added,
                1,
                "The upper left pixel has the wrong sign. Bring it to the other side of the equation once more.",
            ),
            (_restore_along_the_row, 0.5, "You used the pixel to the left only. The row above counts as well."),
            (_restore_down_the_column, 0.5, "You used the pixel above only. The column to the left counts as well."),
            (
                _restore_map_subtracted,
                1,
                "The map has the wrong sign. The weight on the pixel that you look for is 1.",
            ),
            (
                _restore_all_signs,
                1,
                "The pixels above and to the left have the wrong sign. Their weights are −1: what becomes of that on "
                "the other side of the equation?",
            ),
            (
                _restore_without_the_rim,
                2,
                "What you return is right, but the first row and the first column are missing.",
            ),
        ),
        hint="At one place: upper left − upper right − lower left + lower right = map. Three of the four are known.",
        why="Each place gives one new pixel from three known ones, so the map and its rim hold the whole image.",
        cases=(
            (np.array([[6, 1], [0, -5]]), np.array([3, 1, 4]), np.array([3, 1, 2])),
            (np.array([[-5, 3, 2], [4, -2, 1]]), np.array([2, 7, 1, 8]), np.array([2, 3, 5])),
        ),
        draw=_draw_restore,
    ),
)
