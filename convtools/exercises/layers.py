"""Exercises and questions of the chapter "Layers"."""

import numpy as np

from convtools import Conv2D, Sequential, data
from convtools.check import Exercise


def pool(numbers):
    return blocks(numbers).max(axis=(1, 3))


def mean(numbers):
    return blocks(numbers).mean(axis=(1, 3))


def total(numbers):
    return blocks(numbers).sum(axis=(1, 3))


def overlapping(numbers):
    return np.maximum.reduce([numbers[:-1, :-1], numbers[:-1, 1:], numbers[1:, :-1], numbers[1:, 1:]])


def skipping(numbers):
    return numbers[::2, ::2]


def blocks(numbers):
    """(rows, columns) as (rows / 2, 2, columns / 2, 2)."""
    rows, columns = numbers.shape
    return numbers.reshape(rows // 2, 2, columns // 2, 2)


def corner(rows, columns):
    """A filter over line maps: `rows` of weights on the vertical map, `columns` on the horizontal one."""
    kernel = np.zeros((3, 3, 2))
    kernel[:, 1, 0], kernel[1, :, 1] = rows, columns
    return kernel


def answers_to(kernel):
    """Return {drawing: the largest output of `kernel` with bias −14 and ReLU on its line maps}."""
    line = np.array([[-1, 2, -1]] * 3)
    model = Sequential([Conv2D(2, 3, activation="relu", input_shape=(9, 9, 1)), Conv2D(1, 3, activation="relu")])
    model.set_weights([np.stack([line, line.T], -1)[:, :, np.newaxis], [0, 0], kernel[..., np.newaxis], [-14]])
    return {name: float(model(data.drawing(name, size=9)[np.newaxis, ..., np.newaxis]).max()) for name in data.DRAWINGS}


def crossing_only(value):
    kernel = np.asarray(value, np.float64)
    if kernel.shape != (3, 3, 2):
        return f"The filter must have shape (3, 3, 2): rows, columns, channels. Yours has shape {kernel.shape}."
    answers = answers_to(kernel)
    if answers["cross"] == 0:
        return (
            "Your filter does not answer to the cross. Around its middle, each line map holds a row of 4s: "
            "gather enough of them to get above 14."
        )
    for name in ("square", "triangle"):
        if answers[name] > 0:
            return (
                f"Your filter answers to the cross, and to the {name} as well, with {answers[name]:g}. "
                "What does a crossing have on both sides that a straight line or a corner has not?"
            )
    return None


EXERCISES = (
    Exercise(
        name="field",
        question=(
            "Four layers are stacked, each with a kernel size of 3 and strides of 1. "
            "How many input cells, along one axis, can change one cell of the last map?"
        ),
        answer=9,
        mistakes=(
            (12, "12 is 4 times 3. Neighbouring windows overlap, so a further layer adds less than 3."),
            (81, "81 is 3 · 3 · 3 · 3. Neighbouring windows overlap: a further layer adds, it does not multiply."),
            (7, "7 is for three layers. Here there are four."),
            (3, "3 is what one cell sees of the map just before it. Go on back to the input."),
        ),
        hint="Start with 3 for the first layer. By how much did the field grow from two layers to three?",
        why="3 + 2 + 2 + 2 = 9: each layer after the first adds one cell on either side.",
    ),
    Exercise(
        name="shape",
        question=(
            "A photo of shape (32, 32, 3) goes through Conv2D(16, 3), MaxPooling2D(2) and Conv2D(32, 3), "
            "without padding. Which shape comes out, the batch not counted?"
        ),
        answer=(13, 13, 32),
        mistakes=(
            ((13, 13, 512), "512 is 16 · 32. A filter sums over all 16 maps, so each of the 32 filters gives one map."),
            ((13, 13, 48), "48 is 16 + 32. The 16 maps are read and summed; only the last layer's maps come out."),
            ((13, 13, 16, 32), "The axes do not pile up: each filter sums over the 16 maps and gives one flat map."),
            ((28, 28, 32), "The two layers take 2 each from 32. Between them the pooling halves rows and columns."),
            ((14, 14, 32), "The first layer shrinks, too: before the pooling it makes 30 of 32."),
            ((16, 16, 32), "That is right with same padding. Without it each layer takes 2 from rows and columns."),
        ),
        hint="Go layer by layer: a 3-wide filter takes 2 from rows and columns, pooling by 2 halves them.",
        why="32 − 2 = 30, 30 / 2 = 15, 15 − 2 = 13, and 32 filters give 32 maps.",
    ),
    Exercise(
        name="pool",
        question=(
            "Write a function that takes one map, an array with an even number of rows and columns, and returns "
            "the largest number of each 2 × 2 block, as an array."
        ),
        answer=pool,
        cases=(
            (np.array([[1, 5, 0, 2], [3, 4, 1, 0], [0, 0, 7, 8], [0, 6, 9, 2]]),),
            (np.array([[-3.0, -1.0], [-2.0, -5.0]]),),
            (np.array([[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0]]),),
        ),
        mistakes=(
            (mean, "That is the mean of each block: average pooling. Here the largest number is wanted."),
            (total, "That is the sum of each block. Keep only its largest number."),
            (overlapping, "Your blocks overlap. Move by two cells, so that each cell is in one block only."),
            (skipping, "That is the top left number of each block. The largest may stand at any of its four places."),
            (np.max, "That is one number for the whole map. Each 2 × 2 block has a largest number of its own."),
        ),
        hint="For each second row r and each second column c, look at numbers[r : r + 2, c : c + 2].",
        why="Every block is replaced by its largest number, and no weight was needed.",
    ),
    Exercise(
        name="crossing",
        question=(
            "Design a filter for the second layer, an array of shape (3, 3, 2) over the vertical map and the "
            "horizontal map. With a bias of −14 and ReLU it must answer to the cross, and leave only zeros for "
            "the square and the triangle."
        ),
        answer=corner((1, 0, 1), (1, 0, 1)),
        accept=crossing_only,
        mistakes=(
            (
                corner((-1, 0, 1), (-1, 0, 1)),
                "That is the top left corner. A crossing has lines on both sides, and here they cancel.",
            ),
            (
                corner((0, 1, 0), (0, 1, 0)),
                "You look at the middle cell of each map: 4 + 4 = 8, and that is less than 14. Look at more cells.",
            ),
            (
                np.moveaxis(corner((1, 0, 1), (1, 0, 1)), (0, 1), (1, 0)),
                "Your vertical map looks left and right, where a vertical line does not go. Exchange rows and columns.",
            ),
            (np.ones((3, 3, 2)), "Ones everywhere answer to any bunch of lines. Choose the cells that a crossing has."),
        ),
        hint="At the crossing a vertical line goes up and down, and a horizontal line goes left and right.",
        why="At the crossing both maps answer at once and lift the sum above 14. Nowhere else does it get so high.",
    ),
    # Questions that the page asks.
    Exercise(
        name="first-step",
        question="What is the output of filter 0 at step 1, after ReLU?",
        answer=0,
        mistakes=(
            (-1, "This is the sum. ReLU comes after it."),
            (1, "The cell is 1, but a weight of −1 lies on it."),
            (2, "The 2s lie in the middle column. The lone 1 lies in the right one."),
            (6, "For that, three ones would have to lie under the 2s."),
        ),
        hint="Which weight lies on the lower right cell? Then think of ReLU.",
        why="The sum is 1·(−1) = −1, and ReLU makes it 0.",
    ),
    Exercise(
        name="corner",
        question="At the corner the vertical map holds 1 above and 5 below, and the horizontal map holds 1 on the "
        "left and 5 on the right. What is the output, with the bias −6?",
        answer=2,
        mistakes=(
            (8, "The sum is right. The bias is missing."),
            (6, "You added the two 1s. Where no line may be, the weight is −1."),
            (4, "You left the two 1s out. Where no line may be, the weight is −1."),
            (-2, "This is one of the two maps alone: 5 − 1 − 6. The filter sums over both."),
            (-4, "You took away the bias for each map. It comes once."),
            (12, "You added all four numbers. Two of the weights are −1, and the bias is missing."),
        ),
        hint="Each map gives what stands where the 1 lies, minus what stands where the −1 lies. Then add the bias.",
        why="(5 − 1) + (5 − 1) − 6 = 2, and ReLU lets it pass.",
    ),
    Exercise(
        name="shapes",
        question="How many of the four corner detectors answer to the triangle, and how many to the cross?",
        answer=(1, 0),
        mistakes=(
            ((0, 1), "Give the triangle first."),
            ((3, 0), "The triangle has three corners. But how many of them are made of an upright and a flat line?"),
            ((3, 4), "Only corners of an upright and a flat line count, and none of the lines may go on behind them."),
            (
                (1, 4),
                "At the crossing the lines go on: what speaks for a corner on one side speaks against it on the other.",
            ),
            ((2, 0), "The slanted side meets the other two, but the detectors know only upright and flat lines."),
            (
                (1, 1),
                "At the crossing the lines go on: what speaks for a corner on one side speaks against it on the other.",
            ),
            ((0, 0), "The triangle's left side and bottom side meet in a right angle."),
        ),
        hint="A detector wants an upright and a flat line that meet and both end there.",
        why="The triangle has one right angle, at the bottom left. In the cross the lines go on in both directions.",
    ),
    Exercise(
        name="moved-square",
        question="Where in the third map does the filter answer, and with which number? Give row, column, number.",
        answer=(1, 2, 2),
        mistakes=(
            ((0, 0, 2), "That is the place of a square that is not moved. The map moves along with the input."),
            ((2, 1, 2), "The row comes first."),
            ((1, 2, 8), "The place is right, and the four corners add up to 8. The bias is missing."),
            ((1, 2, 1), "The place is right. Each corner map holds a 2 at its corner, not a 1."),
            (
                (3, 4, 2),
                "This is where the square begins in the picture, margin included. The map has 3 rows and columns.",
            ),
        ),
        hint="Not moved, it would answer at row 0, column 0. Each of the four corners gives 2.",
        why="The answer moves as the square does, and 2 + 2 + 2 + 2 − 6 = 2.",
    ),
    Exercise(
        name="one-pixel",
        question="One of the square's 16 pixels is rubbed out. Is the square still found?",
        choices=("never", "always", "only if it is no corner", "only if it is a corner"),
        answer="never",
        mistakes=(
            ("always", "Look at the third map while the pixel is 0: is any number left?"),
            (
                "only if it is no corner",
                "Try a pixel in the middle of a side: the line map is weaker beside the corners.",
            ),
            ("only if it is a corner", "Try a corner: two line maps are weaker there."),
        ),
        hint="Rub out the middle of a side, look at the third map, undo, and do the same with a corner.",
        why="The four corners give 8 in all, and 6 are taken away: each corner is needed, and both lines of each.",
    ),
    Exercise(
        name="same-panel",
        question="When `column` changes, which of the three panels stays the same?",
        choices=("the input", "the third map", "the verdict", "none of them"),
        answer="the verdict",
        mistakes=(
            ("the input", "The slider moves the square in the input."),
            ("the third map", "The third map says where the square is: it moves along with the input."),
            ("none of them", "One of them has forgotten where the square is: only the largest number was kept."),
        ),
        hint="Which panel says whether there is a square, but not where?",
        why="Pooling keeps the largest number of the map, wherever it stands.",
    ),
    Exercise(
        name="flat",
        question="The first map holds 0, 1, 2, 3, row by row, the second 10, 11, 12, 13. In which order do the eight "
        "numbers stand after flattening?",
        answer=(0, 10, 1, 11, 2, 12, 3, 13),
        mistakes=(
            (
                (0, 1, 2, 3, 10, 11, 12, 13),
                "This is map after map. But the channels are the last axis: both stay together.",
            ),
            ((10, 0, 11, 1, 12, 2, 13, 3), "At each place, channel 0 comes before channel 1."),
            ((0, 10, 2, 12, 1, 11, 3, 13), "This goes down the columns. Go through the first row first."),
            (
                (0, 1, 10, 11, 2, 3, 12, 13),
                "This is row after row of each map. But both numbers of a place stay together.",
            ),
        ),
        hint="The axes are rows, columns, channels, and the last one changes fastest.",
        why="Place after place, row by row, and at each place first one map, then the other.",
    ),
    Exercise(
        name="pixels",
        question="Two layers of 3 × 3: how many pixels can change the middle cell of the second map?",
        answer=25,
        mistakes=(
            (36, "6 · 6 would be right if windows did not overlap. Neighbouring windows share two of three columns."),
            (81, "9 · 9 would be 3 · 3 cells with windows that do not overlap. Neighbouring windows do."),
            (18, "You added 9 and 9. Each of the 9 cells sees 9 pixels, and most of these are the same."),
            (9, "9 cells of the first map. Each of them sees pixels further out."),
            (5, "5 is right along one axis. Rows and columns count."),
            (
                16,
                "4 is one pixel more than 3 along an axis. But the windows reach out on both sides.",
            ),
        ),
        hint="Take one axis: the three cells of the first map see how many pixels together?",
        why="Along each axis three neighbouring windows of width 3 cover 5 pixels, and 5 · 5 = 25.",
    ),
    Exercise(
        name="sees",
        question="3 × 3, pooling by 2, then 3 × 3 again: how many rows of the input does a cell of the last map see?",
        answer=8,
        mistakes=(
            (5, "That is without pooling. A pooled cell stands for two rows of the map before it."),
            (6, "Three pooled cells cover 6 rows of the first map. Each of these rows sees 3 of the input."),
            (
                7,
                "That is three layers of 3 × 3. Pooling by 2 is a window of 2, and doubles what follows.",
            ),
            (9, "3 · 3 would be right if windows of the first layer did not overlap. They do."),
            (12, "Three pooled cells cover 6 rows of the first map, and these overlap in what they see."),
            (64, "64 are all the cells. How many rows is that?"),
            (3, "It reads 3 rows of the map before it. But what do these see?"),
            (10, "That is with a second pooling after it: two pairs."),
        ),
        hint="Go backwards: 3 rows of the pooled map are 6 rows of the first map. How many of the input do these see?",
        why="3 rows of the pooled map are 6 rows of the first map, and these see 6 + 2 rows of the input.",
    ),
    Exercise(
        name="small-windows",
        question="32 filters read 32 maps. Which has fewer parameters: two layers of 3 × 3, or one layer of 5 × 5?",
        choices=(
            "two layers of 3 × 3",
            "one layer of 5 × 5",
            "both have the same number",
            "it depends on the size of the maps",
        ),
        answer="two layers of 3 × 3",
        mistakes=(
            ("one layer of 5 × 5", "Count the weights of one slice: 5 · 5 is 25, and 2 · 3 · 3 is less."),
            ("both have the same number", "They see the same pixels. But 5 · 5 is not the same as 3 · 3 + 3 · 3."),
            (
                "it depends on the size of the maps",
                "Parameters belong to the filters, which are the same at every place of a map.",
            ),
        ),
        hint="Both have 32 · 32 slices in each layer. How many weights has a slice, and how many layers are there?",
        why="3 · 3 + 3 · 3 = 18 weights for each pair of maps, against 5 · 5 = 25.",
    ),
)
