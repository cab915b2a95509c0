"""Exercises and questions of the chapter "The line"."""

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
    # Questions that the page asks.
    Exercise(
        name="one-down",
        question="The filter fits in 6 places across and 6 down. Steps count from 1. At which step does it lie one row "
        "lower for the first time?",
        answer=7,
        mistakes=(
            (6, "Step 6 is the last one in the first row. The filter goes down with the step after it."),
            (8, "Step 8 is the second one in that row. Count the places of the first row again."),
            (9, "The image has 8 columns, but the filter does not start in the last two of them."),
            (2, "At step 2 the filter has moved by one column. It goes through the whole row first."),
            (36, "This is the last step of all, 6 · 6."),
        ),
        hint="How many steps does the first row take? The next one is the first of the second row.",
        why="The first row takes steps 1 to 6, so step 7 is the first one row down.",
    ),
    Exercise(
        name="map-shape",
        question="The layer has one 3 × 3 filter, and its input has shape (1, 8, 8, 1). Which shape comes out? Give "
        "all four numbers.",
        answer=(1, 6, 6, 1),
        mistakes=(
            ((1, 8, 8, 1), "This is the input's shape. In how many places does the filter fit along each axis?"),
            ((1, 5, 5, 1), "8 − 3 is how far the filter moves. Its first place counts too."),
            ((6, 6), "The map is 6 × 6. But a layer's output has the axes of its input: four of them."),
            ((6, 6, 1), "The first axis is missing: how many images are there?"),
            ((1, 6, 6), "The last axis is missing: it counts the filters."),
            ((1, 6, 6, 9), "The last axis counts filters, not weights. There is one filter."),
            ((1, 6, 6, 3), "The last axis counts filters, not their width. There is one filter."),
        ),
        hint="Say the axes aloud: samples, rows, columns, and the last one counts the filters.",
        why="One sample, 6 rows, 6 columns, and one map because there is one filter.",
    ),
    Exercise(
        name="top-side",
        question="What does the vertical detector give in the middle of the square's top side?",
        answer=1,
        mistakes=(
            (3, "Three ones lie in the window, but in a row. How many of them are in the filter's middle column?"),
            (0, "The filter's middle column crosses the top side, so one product is not 0."),
            (2, "That is so at a corner, where the left side begins. In the middle there is the top side alone."),
            (9, "9 would be a window full of ones and a filter full of ones."),
        ),
        hint="Write down the window: one row of ones between zeros. Which of its nine pixels have the weight 1?",
        why="The window holds one row of ones, and the filter's middle column meets one of them.",
    ),
    Exercise(
        name="corner-three",
        question="One of the filter's zeros must become 1, so that the corner, step 1, gives 3 as well. Where does it "
        "stand in the filter? Give row and column, counted from 0.",
        answer=(2, 1),
        mistakes=(
            ((1, 2), "The row comes first. In row 1 the ones stand already."),
            ((2, 2), "Under this weight lies the dark inside of the square."),
            ((2, 0), "Under this weight lies the margin. The square's side is one column further to the right."),
            ((0, 1), "Above the corner there is only the margin."),
            ((1, 1), "This weight is 1 already, and it lies on the corner itself."),
            ((1, 0), "This weight is 1 already. It lies on the margin."),
        ),
        hint="At step 1, which bright pixel has a weight of 0?",
        why="The corner has two bright neighbours, one to the right and one below it. It asks for the lower one.",
    ),
    Exercise(
        name="bright-area",
        question="What does the vertical detector give in the middle of the bright area, where all nine pixels are 1?",
        answer=3,
        mistakes=(
            (0, "That would be a good detector. But which pixels does this one look at, and how bright are they?"),
            (9, "You added up the window. Multiply by the weights first: six of them are 0."),
            (1, "This is one of its rows. The filter has three."),
            (6, "You counted two columns. Only the middle column of the filter has ones."),
        ),
        hint="Only the three weights of the middle column are not 0. What lies under them?",
        why="The middle column lies on three ones, as on a line. What stands beside them has the weight 0.",
    ),
    Exercise(
        name="mended",
        question="The new filter has three rows `[-1, 2, -1]`. What does it give on the line, where each row of the "
        "window is 0, 1, 0, and what on the area's left border, where each row is 0, 1, 1? Give both numbers.",
        answer=(6, 3),
        mistakes=(
            ((3, 6), "Both numbers are right. Give the line first."),
            ((2, 1), "This is one row of each window. The filter has three rows."),
            (
                (6, 0),
                "On the border only the right neighbour is bright. It takes away one half of what the middle adds.",
            ),
            ((6, 9), "The bright neighbour on the right counts against it: its weight is −1."),
            ((6, 6), "On the line this is right. On the border a bright neighbour takes something away."),
            ((3, 3), "This is what the old filter gives. The new one has 2 in the middle and −1 beside it."),
            ((0, 0), "The weights add up to 0, so an even area gives 0. Here the three columns are not alike."),
        ),
        hint="Do one row first: 0·(−1) + 1·2 + 0·(−1), then 0·(−1) + 1·2 + 1·(−1). There are three such rows.",
        why="3 · 2 = 6 on the line, and 3 · (2 − 1) = 3 on the border.",
    ),
    Exercise(
        name="wide-line",
        question="Which bias keeps the line that is two wide, but not the left border of the bright area?",
        choices=("no bias does", "−2", "−3", "−4"),
        answer="no bias does",
        mistakes=(
            ("−2", "It keeps the wide line. Look at the border of the area, too: it is back."),
            ("−3", "It removes the border, but the wide line as well."),
            ("−4", "With a more negative bias even less is left."),
        ),
        hint="Set the bias to 0, and compare what comes out on the wide line with what comes out at the border.",
        why="Both give 3: in both windows one neighbour is dark and one is bright. A bar cannot tell equal sums apart.",
    ),
    Exercise(
        name="sobel-sign",
        question='What does "Sobel, left to right" give where the photo gets brighter towards the right?',
        choices=("a positive number", "a negative number", "zero", "it depends on how bright the photo is there"),
        answer="a positive number",
        mistakes=(
            ("a negative number", "The right side counts for it, the left side against it. Which side is brighter?"),
            ("zero", "Zero comes out where both sides are equally bright."),
            (
                "it depends on how bright the photo is there",
                "Its weights add up to 0, so only the difference of the two sides counts, not how bright both are.",
            ),
        ),
        hint="Try a window whose left side is 0 and whose right side is 1.",
        why="Right minus left: the right side is larger, so the difference is positive.",
    ),
    Exercise(
        name="even-areas",
        question="With some presets the even parts of the photo are white in the map, that is 0. What do the weights of"
        " these presets have in common?",
        choices=("they add up to 0", "they add up to 1", "the middle one is 0", "three in a line are 0"),
        answer="they add up to 0",
        mistakes=(
            ("they add up to 1", "Then even parts keep their brightness: look at blur and at sharpen."),
            ("the middle one is 0", "Look at the Laplacian: its middle weight is −4, and even parts are white, too."),
            ("three in a line are 0", "Look at the bump: it has no zero at all, and even parts are white, too."),
        ),
        hint="Add up the nine weights of a Sobel filter, of the Laplacian, and of sharpen.",
        why="On an even part every weight is multiplied by the same number, so their sum decides.",
    ),
)
