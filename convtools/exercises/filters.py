"""Exercises and questions of the chapter "Filters"."""

import numpy as np

from convtools import Conv2D, data
from convtools.check import Exercise


def largest(weights, name):
    """Return the largest answer of a 3 x 3 filter on the drawing called `name`."""
    layer = Conv2D(1, 3, input_shape=(10, 10, 1))
    layer.set_weights([np.reshape(weights, (3, 3, 1, 1)), [0]])
    return float(layer(data.drawing(name, size=10)[np.newaxis, :, :, np.newaxis]).max())


def crossing(weights):
    """Return None if the filter tells the cross from the other drawings, or the message."""
    if np.shape(weights) != (3, 3):
        return f"Three rows of three weights are needed, got shape {np.shape(weights)}."
    if not np.isfinite(np.asarray(weights, float)).all():
        return "The weights must be finite numbers."
    cross = largest(weights, "cross")
    name = max(("square", "triangle"), key=lambda other: largest(weights, other))
    other = largest(weights, name)
    if cross < other + 1 - 1e-5:
        return (
            f"Its largest answer on the cross is {cross:g}, on the {name} {other:g}. What does the {name} not "
            "have anywhere? Put weights where the two lines of the cross meet."
        )
    return None


FILTERS = (
    (np.arange(9).reshape(3, 3), np.arange(9, 18).reshape(3, 3)),
    (np.array([[1, 2], [3, 4]]), np.array([[5, 6], [7, 8]])),
)

EXERCISES = (
    Exercise(
        name="maps",
        question=(
            "A layer with 64 filters of 3 × 3 reads a colour photo with its 3 channels. How many feature maps "
            "does it make?"
        ),
        answer=64,
        mistakes=(
            (192, "192 is 64 · 3: a map for each filter and channel. But each filter adds its channels up."),
            (3, "3 is the number of channels that come in. How many filters are there?"),
            (1, "One filter makes one map. Here are more filters."),
            (67, "Channels and filters are not added. Ask what one filter makes, then how many filters there are."),
            (576, "576 is 64 · 9: the weights of one channel. Maps are asked for."),
        ),
        hint="What does one filter make, however many channels it reads?",
        why="As many filters, as many maps: each filter sums over all its channels.",
    ),
    Exercise(
        name="count",
        question=(
            "Write a function `count(rows, columns, channels, filters)` that returns how many parameters a layer "
            "has, biases included. Use no layer, only arithmetic. Can you do it without looking above?"
        ),
        answer=lambda rows, columns, channels, filters: (rows * columns * channels + 1) * filters,
        mistakes=(
            (
                lambda rows, columns, channels, filters: rows * columns * channels * filters,
                "The weights are right. The biases are missing: how many are there?",
            ),
            (
                lambda rows, columns, channels, filters: rows * columns * channels * filters + 1,
                "You counted a single bias for the layer. How many biases has a bank?",
            ),
            (
                lambda rows, columns, channels, filters: rows * columns * channels + filters,
                "You counted the weights of one filter only, and the biases of all.",
            ),
            (
                lambda rows, columns, channels, filters: rows * columns * filters + filters,
                "You left the channels out. How deep is a filter?",
            ),
            (
                lambda rows, columns, channels, filters: (rows * columns + 1) * channels * filters,
                "You gave a bias to every slice of a filter. A filter has one for all its channels.",
            ),
        ),
        hint="Count one filter first: its weights in all channels, and its bias. Then all filters.",
        why="Each filter has rows · columns · channels weights and one bias.",
        cases=((3, 3, 3, 32), (5, 5, 1, 8), (1, 1, 64, 16), (3, 2, 7, 10)),
    ),
    Exercise(
        name="make-bank",
        question=(
            "Write a function `make_bank(first, second)` that puts two filters of shape (rows, columns) into one "
            "kernel of shape (rows, columns, 1, 2)."
        ),
        answer=lambda first, second: np.stack([first, second], axis=-1)[:, :, np.newaxis, :],
        mistakes=(
            (
                lambda first, second: np.stack([first, second], axis=-1),
                "Stacked along the last axis, as it should be. But before it the axis for the one channel is missing.",
            ),
            (
                lambda first, second: np.stack([first, second]),
                "The filters lie along the first axis. Keras keeps them along the last: see `axis` of np.stack.",
            ),
            (
                lambda first, second: np.stack([first, second]).reshape(*first.shape, 1, 2),
                "The shape is right, but reshape has mixed the weights of both filters. Stack them along the "
                "last axis instead.",
            ),
            (
                lambda first, second: np.stack([first, second], axis=-1)[:, :, :, np.newaxis],
                "This is one filter with two channels. The channels' axis comes before the filters' axis.",
            ),
            (
                lambda first, second: np.stack([second, first], axis=-1)[:, :, np.newaxis, :],
                "The shape is right, but the second filter comes first.",
            ),
        ),
        hint="np.stack([...], axis=-1) makes a new last axis; np.newaxis in an index makes an axis of length 1.",
        why="The last axis counts the filters, the one before it the channels.",
        cases=FILTERS,
    ),
    Exercise(
        name="crossing",
        question=(
            "Design a 3 × 3 filter that tells the cross from the square and the triangle: its largest answer on "
            "the cross must be at least 1 more than its largest answer on the other two drawings. Answer with "
            "three rows of three weights."
        ),
        answer=[[0, 1, 0], [1, 1, 1], [0, 1, 0]],
        mistakes=(
            ([[0, 1, 0]] * 3, "A vertical line is in all three drawings. What does only the cross have?"),
            ([[-1, 2, -1]] * 3, "A vertical line is in all three drawings. What does only the cross have?"),
            (
                [[0, 0, 0], [1, 1, 1], [0, 0, 0]],
                "A horizontal line is in all three drawings. What does only the cross have?",
            ),
            (
                [[1, 1, 1]] * 3,
                "This counts the cells under the filter. The tips of the triangle have as many as the crossing: 5.",
            ),
            (
                [[1, 0, 1], [0, 1, 0], [1, 0, 1]],
                "This is a slanting cross. The lines of the drawing run along rows and columns.",
            ),
        ),
        hint="Draw the place where the two lines cross on paper, 3 × 3 cells around it.",
        why=(
            "Where two lines cross there are five cells in the shape of a plus; neither of the other drawings has that."
        ),
        accept=crossing,
    ),
    # Questions that the page asks.
    Exercise(
        name="largest",
        question="What is the largest number that any of these four filters can give on a drawing of zeros and ones?",
        answer=6,
        mistakes=(
            (3, "Three ones can lie under the line, but the weights there are 2."),
            (0, "The weights add up to 0. But a drawing need not be 1 everywhere under the filter."),
            (2, "This is one cell of the line. The filter has three of them."),
            (12, "For that, the cells beside the line would have to be −1. Zero is the least they can be."),
            (9, "9 is the number of cells. Each is multiplied by its weight."),
        ),
        hint="Where must the ones lie, so that they add most? And what must lie under the −1s?",
        why="Ones under all three twos and zeros under the −1s: 2 + 2 + 2 = 6.",
    ),
    Exercise(
        name="one-changes",
        question="How many of the four maps change when filter 3 is changed?",
        answer=1,
        mistakes=(
            (4, "Look at the small maps above the numbers while you change filter 3: three stay as they are."),
            (0, "Filter 3 has a map of its own. Is it still the same?"),
            (3, "Filter 3 is the last of four. Its number is not how many maps change."),
            (2, "Look at the small maps above the numbers: does any other one follow?"),
        ),
        hint="Each filter makes one map. Which of them reads the weights of filter 3?",
        why="Each filter makes its own map, and no filter knows of the others.",
    ),
    Exercise(
        name="tells-apart",
        question="Which filter tells the triangle from the square?",
        choices=("vertical", "horizontal", "falling", "rising"),
        answer="falling",
        mistakes=(
            ("vertical", "Both drawings have an upright side, so this filter gives 6 on both."),
            ("horizontal", "Both drawings have a flat side, so this filter gives 6 on both."),
            ("rising", "Neither drawing has a rising line, so this filter is weak on both."),
        ),
        hint="Which line does the triangle have and the square not have?",
        why="The triangle has a falling side, the square has none.",
    ),
    Exercise(
        name="empty-sky",
        question="The sky of the photo is evenly blue. In how many of the four maps is it nearly empty?",
        answer=3,
        mistakes=(
            (1, "One map is strong there. In how many is the sky nearly 0?"),
            (2, "The two edge filters find nothing there. And what does ReLU make of the red filter's answer on blue?"),
            (4, "One of the four filters asks for blue."),
            (0, "Two of the filters look for edges. Is there an edge in an even sky?"),
        ),
        hint="Go through the four questions: brighter to the right? To the bottom? Red? Blue?",
        why="There are no edges, and for the red filter blue is below zero, which ReLU turns into 0.",
    ),
    Exercise(
        name="kernel-shape",
        question="A layer has 32 filters of 3 × 3 and reads a photo with 3 channels. What is the shape of its kernel?",
        answer=(3, 3, 3, 32),
        mistakes=(
            ((3, 3, 32), "Each filter is as deep as its input. Which axis is missing?"),
            ((3, 3, 1, 32), "The photo has 3 channels, and each filter has a slice for each of them."),
            ((32, 3, 3, 3), "In this book, as in Keras, the filters come last."),
            ((3, 3, 32, 3), "Channels come before filters."),
            ((126, 126, 32), "This is the shape of the output. The kernel does not depend on the size of the photo."),
            ((128, 128, 3, 32), "The filters are 3 × 3, however large the photo is."),
        ),
        hint="The four axes are rows, columns, channels, filters.",
        why="3 rows, 3 columns, 3 channels, 32 filters.",
    ),
    Exercise(
        name="larger-photo",
        question="Rows and columns of the photo are doubled. How many parameters has the layer with 32 filters then?",
        choices=("half as many", "just as many", "twice as many", "four times as many"),
        answer="just as many",
        mistakes=(
            ("half as many", "Look at the function `parameters`: does it ask for the size of the photo?"),
            ("twice as many", "Rows and columns of the maps are doubled. Do the filters change?"),
            ("four times as many", "The maps get four times as many numbers. But parameters belong to the filters."),
        ),
        hint="Which sizes does the function `parameters` ask for?",
        why="The same small filters are used at every place, on a small photo and on a large one.",
    ),
    Exercise(
        name="alike",
        question="All weights of four filters are 0.1. How many different maps do the four make?",
        answer=1,
        mistakes=(
            (4, "There are four maps. But are they different, if all filters are the same?"),
            (3, "3 is the number of channels. Each filter sums over them."),
            (0, "There are maps: each filter gives the sum of what it covers, times 0.1."),
            (0.1, "This is the weight. How many maps are different from each other?"),
        ),
        hint="Four filters with the same weights look at the same photo.",
        why="Filters with the same weights give the same map.",
    ),
    Exercise(
        name="second-layer",
        question="The second layer has 64 filters of 3 × 3. How many parameters has it?",
        answer=18496,
        mistakes=(
            (18432, "These are the weights. Each of the 64 filters has a bias besides."),
            (18464, "You added 32 biases. Each of the 64 filters of this layer has one."),
            (640, "You left the depth out. Which input does this layer read, and how many channels has it?"),
            (1792, "This is for a photo with 3 channels. The second layer reads the maps of the first."),
            (18433, "You counted a single bias for the layer. Each of its 64 filters has one."),
            (289, "This is one filter: 3 · 3 · 32 weights and a bias. There are 64."),
            (20480, "You gave a bias to every slice of a filter. A filter has one for all its channels."),
        ),
        hint="How deep is one filter, so how many weights has it? Add its bias, then take all 64.",
        why="Each filter is 32 deep: 3 · 3 · 32 · 64 + 64.",
    ),
)
