"""Exercises of the chapter "Filters"."""

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
)
