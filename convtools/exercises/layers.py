"""Exercises of the chapter "Layers"."""

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
)
