"""Exercises of the chapter "The line"."""

import numpy as np

from convtools.check import Exercise

LINE = np.array([[0, 1, 0]] * 3)  # a window with a vertical line in its middle
BORDER = np.array([[0, 1, 1]] * 3)  # a window over the left border of a bright area
DIAGONAL = np.eye(3, dtype=int)

IMAGE = np.arange(20).reshape(4, 5) ** 2 % 7
KERNEL = np.array([[0, 1, 2], [3, 0, 1], [1, 2, 5]])
FAR, SQUARE = np.arange(49).reshape(7, 7) % 5, np.array([[2, 0, 1], [0, 3, 0], [4, 1, 0]])


def total(window, kernel):
    return float(np.sum(np.asarray(window) * kernel))


def vertical(kernel):
    """Say what a vertical line detector still lacks, or None."""
    kernel = np.asarray(kernel, float)
    if kernel.shape != (3, 3):
        return f"A grid of shape (3, 3) is needed, got {kernel.shape}: three rows of three numbers."
    if not abs(kernel.sum()) <= 1e-6:  # NaN is refused too
        return f"On an even area your filter gives {kernel.sum():g}, not 0. Add up your nine weights."
    if total(LINE, kernel) <= 0:
        return f"On a vertical line your filter gives {total(LINE, kernel):g}. It must give more than 0 there."
    if total(LINE, kernel) <= max(total(BORDER, kernel), total(BORDER[:, ::-1], kernel)):
        return "Beside a bright area your filter answers as much as on a line. Look at the left and right column."
    return None


def diagonal(kernel):
    """Say what a detector of falling diagonals still lacks, or None."""
    kernel = np.asarray(kernel, float)
    if kernel.shape != (3, 3):
        return f"A grid of shape (3, 3) is needed, got {kernel.shape}: three rows of three numbers."
    if not abs(kernel.sum()) <= 1e-6:  # NaN is refused too
        return f"On an even area your filter gives {kernel.sum():g}, not 0. Add up your nine weights."
    others = {"a vertical line": LINE, "a horizontal line": LINE.T, "a rising diagonal": DIAGONAL[:, ::-1]}
    for name, window in others.items():
        if total(DIAGONAL, kernel) <= total(window, kernel):
            return (
                f"On {name} your filter gives {total(window, kernel):g}, and {total(DIAGONAL, kernel):g} on the "
                f"falling diagonal. The diagonal must win."
            )
    return None


def output_at(image, kernel, row, column):
    return total(image[row : row + 3, column : column + 3], kernel)


def _swapped(image, kernel, row, column):
    return total(image[column : column + 3, row : row + 3], kernel)


def _centred(image, kernel, row, column):
    return total(image[row - 1 : row + 2, column - 1 : column + 2], kernel)


EXERCISES = (
    Exercise(
        name="shape",
        question="One grey image has 5 rows and 7 columns. Which shape must it have for `Conv2D`?",
        answer=(1, 5, 7, 1),
        mistakes=(
            ((1, 7, 5, 1), "Rows come before columns: say it aloud, samples, rows, columns, channels."),
            (
                (5, 7),
                "That is the shape of the grid alone. The layer also wants an axis for the samples and one "
                "for the channels.",
            ),
            ((5, 7, 1), "The channel is there. The axis of the samples is still missing."),
            ((1, 5, 7), "The sample is there. The axis of the channels is still missing."),
            ((1, 1, 5, 7), "The channels come last in this book, as in Keras."),
            ((5, 7, 1, 1), "The samples come first, the channels last."),
        ),
        hint="There are four axes. Say their names in order: samples, rows, columns, channels.",
        why="One sample, 5 rows, 7 columns, one channel.",
    ),
    Exercise(
        name="one-window",
        question=(
            "The filter `[[0, 1, 0], [0, 1, 0], [0, 1, 0]]` lies on the window `[[5, 2, 0], [1, 0, 4], [3, "
            "1, 1]]`. Which number comes out?"
        ),
        answer=3,
        mistakes=(
            (17, "17 is the sum of the whole window. Multiply by the weights first: most of them are 0."),
            (5, "That is the middle row, or the last one. This filter has its ones in the middle column."),
            (9, "That is the left column. This filter has its ones in the middle column."),
            (
                [2, 0, 1],
                "These are the three products that are left. Add them up: one place of the filter gives one number.",
            ),
        ),
        hint="Nine products, then one sum. Only the middle column of the window is multiplied by 1.",
        why="Only the middle column counts: 2 + 0 + 1 = 3.",
    ),
    Exercise(
        name="mend",
        question=(
            "Write a 3 × 3 filter that answers to a vertical line, but gives 0 wherever the image is evenly bright."
        ),
        answer=[[-1, 2, -1]] * 3,
        mistakes=(
            ([[0, 1, 0]] * 3, "That is the filter that was fooled. On an evenly bright area it gives 3."),
            ([[0, 0, 0]] * 3, "This filter is never fooled, but it also never sees a line: it always gives 0."),
            (
                [[-1, 1, -1]] * 3,
                "Nearly. On an evenly bright area this gives −3: the weights on the sides are too strong for "
                "the middle.",
            ),
            ([[-1, -1, -1], [2, 2, 2], [-1, -1, -1]], "This one answers to horizontal lines. Turn it by a quarter."),
            (
                [[-1, 1, 0]] * 3,
                "It gives 0 on an even area. But the left border of a bright area now excites it as much as a line.",
            ),
            (
                [[-1, 0, 1]] * 3,
                "It gives 0 on an even area, but also 0 on a line: it compares left with right and ignores the middle.",
            ),
        ),
        hint="Keep the middle column positive, and let the weights on its sides take the same amount away again.",
        why="The weights add up to 0, so an even area cancels out, and the line in the middle does not.",
        accept=vertical,
    ),
    Exercise(
        name="output-at",
        question=(
            "Write `output_at(image, kernel, row, column)`: the number that stands in the map of the 3 × 3 "
            "filter `kernel` at that row and column."
        ),
        answer=output_at,
        mistakes=(
            (_swapped, "You took the row for the column. In an array the row comes first."),
            (
                lambda image, kernel, row, column: output_at(image, np.flip(kernel), row, column),
                "You flipped the filter. A convolutional layer lays it on the window as it is.",
            ),
            (
                _centred,
                "You put the middle of the filter on that pixel. Map row 0 belongs to the window that starts "
                "at image row 0.",
            ),
            (
                lambda image, kernel, row, column: total(image[row : row + 3, column : column + 3], np.ones((3, 3))),
                "You summed the window alone. Multiply it by the filter first.",
            ),
            (
                lambda image, kernel, row, column: image[row : row + 3, column : column + 3] * kernel,
                "These are the nine products. Sum them, so that one number is left.",
            ),
            (
                lambda image, kernel, row, column: image[row : row + 3, column : column + 3] @ kernel,
                "That is a matrix multiplication. Multiply cell by cell with *, then sum.",
            ),
        ),
        hint="Cut out the window that starts at this row and this column, multiply cell by cell, sum.",
        why="The window that starts at (row, column) makes the number at (row, column) of the map.",
        # no place at the rim, and none that a swapped row and column would put outside
        cases=((IMAGE, KERNEL, 1, 1), (FAR, SQUARE, 3, 1), (FAR, KERNEL, 2, 4), (FAR, KERNEL, 1, 3)),
    ),
    Exercise(
        name="diagonal",
        question=(
            "Write a 3 × 3 filter that gives 0 on an even area and answers more to a falling diagonal, from "
            "the upper left to the lower right, than to a vertical, a horizontal or a rising line."
        ),
        answer=[[2, -1, -1], [-1, 2, -1], [-1, -1, 2]],
        mistakes=(
            (
                [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
                "The ones stand right. But on an evenly bright area this filter gives 3.",
            ),
            (
                [[-1, -1, 2], [-1, 2, -1], [2, -1, -1]],
                "This is the rising diagonal, from the lower left to the upper right.",
            ),
            (
                [[-1, 2, -1]] * 3,
                "This is the mended filter for vertical lines. Move its large weights to the diagonal.",
            ),
        ),
        hint="Put large weights where the diagonal runs, and balance them elsewhere.",
        why="The positive weights lie along the diagonal, and the negative ones cancel them on an even area.",
        accept=diagonal,
    ),
)
