"""Exercises of the chapter "The bump"."""

import numpy as np

from convtools.check import Exercise


def _kernel(weights):
    return np.reshape(weights, (-1, 1, 1))


def _width_alone(weights):
    return np.asarray(weights)


def _no_filters(weights):
    return np.reshape(weights, (-1, 1))


def _width_in_the_middle(weights):
    return np.reshape(weights, (1, -1, 1))


def _width_last(weights):
    return np.reshape(weights, (1, 1, -1))


def _falling(answer):
    """Three weights that are positive at a fall, negative at a rise, zero on level ground."""
    weights = np.asarray(answer, float)
    if weights.shape != (3,):
        return f"Three weights are needed, got shape {weights.shape}. Write them as a list of three numbers."
    level = weights @ (5, 5, 5)
    if not abs(level) < 1e-6:
        return f"On level ground, 5, 5, 5, your filter gives {level:g}, not 0. What must the weights add up to?"
    for window in ((4, 4, 1), (4, 1, 1), (3, 2, 1)):
        if not (value := weights @ window) > 1e-6:
            return f"The input falls in {window}, but your filter gives {value:g}. Which end should count for it?"
    return None


def _high_peaks(answer):
    """Three weights and a bias that let only lone peaks of more than 2 through ReLU."""
    numbers = np.asarray(answer, float)
    if numbers.shape != (4,):
        return f"Four numbers are needed, got shape {numbers.shape}. Write three weights and the bias in one list."
    weights, bias = numbers[:3], numbers[3]
    for window in ((0, 0, 0), (9, 9, 9), (0, 1, 0), (0, 2, 0), (9, 11, 9)):
        if not (value := weights @ window + bias) < 1e-6:
            return f"The window {window} has no peak of more than 2, but {value:g} gets through. What should stop it?"
    for window in ((0, 3, 0), (0, 2.1, 0), (9, 12, 9), (1, 8, 1)):
        if not (value := weights @ window + bias) > 1e-6:
            return f"The window {window} has a high peak, but before ReLU you have {value:g}. Is the bar too high?"
    return None


EXERCISES = (
    Exercise(
        name="map-length",
        question="A filter of width 3 slides over 8 numbers. How many numbers has the map?",
        answer=6,
        mistakes=(
            (8, "8 is the length of the input. The filter is only put where all 3 of its cells fit."),
            (5, "8 − 3 is how far the filter moves. Its first place counts too."),
            (3, "3 is the width of the filter. Each place of the filter gives one number: how many places are there?"),
        ),
        hint="Put your finger on the first place of the filter and count until its right end reaches the last number.",
        why="The filter starts at positions 0 to 5, and 8 − 3 + 1 = 6.",
    ),
    Exercise(
        name="one-step",
        question="The window is 0, 3, 4. The filter is `[-1, 2, -1]` and the bias is 1. "
        "Which number goes into the map?",
        answer=3,
        mistakes=(
            (2, "The three products are right, but the bias is missing. It is added once, at the end."),
            (5, "It looks as if the bias was added to each product. It is added once, at the end."),
            (11, "You added the last product. A weight of −1 turns the sign of its input."),
            ([0, 6, -4], "These are the three products. A step gives one number: add them, then add the bias."),
            ([1, 7, -3], "A step gives one number: add the three products first, then the bias, once."),
        ),
        hint="Multiply each input by the weight that lies on it, add the three products, then add the bias.",
        why="0 + 6 − 4 = 2, and the bias makes it 3.",
    ),
    Exercise(
        name="as-kernel",
        question="Write a function that takes a plain list of weights, of any width, and returns it as a kernel "
        "for a `Conv1D` with one channel and one filter.",
        answer=_kernel,
        mistakes=(
            (_width_alone, "Your array has one axis, the width. A kernel has three: what else does it count?"),
            (_no_filters, "Your array has width and channels. One axis is missing: what else does a kernel count?"),
            (_width_in_the_middle, "Your width stands on the second axis, where a kernel counts its channels."),
            (_width_last, "Your width stands on the last axis, where a kernel counts its filters."),
        ),
        hint="np.reshape puts a list into any shape with room for its numbers. Which shape does the layer name?",
        why="A kernel's axes are width, channels, filters.",
        cases=(([0, 1, 0],), ([1, 2, 3, 4, 5],), ([7, 8],)),
    ),
    Exercise(
        name="falling",
        question="Choose three weights so that the map is positive where the input falls, as in the windows 4, 4, 1 "
        "and 4, 1, 1, negative where it rises, and zero on level ground. Answer with a list.",
        answer=[1, 0, -1],
        mistakes=(
            ([-1, 0, 1], "This filter is positive where the input rises: its signs are the wrong way round."),
            ([-1, 2, -1], "This looks for bumps: on a steady fall such as 3, 2, 1 it gives 0. Compare the two ends."),
            ([1, 0, 1], "Both ends count for it, so level ground is not silent. One end must count against."),
        ),
        hint="At a fall the left end is higher than the right end. Which end counts for it, which against?",
        why="What is on the left counts for it, what is on the right against, and the weights add up to zero.",
        accept=_falling,
    ),
    Exercise(
        name="high-peaks",
        question="A lone peak is one number that stands higher than the level ground around it, which may be dark "
        "(0, 3, 0) or bright (9, 12, 9). Choose three weights and a bias so that, after ReLU, the map is above zero at "
        "every lone peak that rises by more than 2, and zero at lower peaks and on level ground. Answer with a list of "
        "four numbers.",
        answer=[-1, 2, -1, -4],
        mistakes=(
            ([-1, 2, -1, 0], "This finds every peak, the low ones too. Which number sets the bar?"),
            ([-1, 2, -1, -2], "The bar is too low: a peak of 2 gives 4 with these weights, not 2."),
            ([-1, 2, -1, 4], "A positive bias lifts every sum, so even level ground answers. A bar lowers every sum."),
            ([0, 1, 0, -2], "This asks only whether the middle is above 2: bright ground answers. Use the neighbours."),
        ),
        hint="First choose weights that are silent on level ground. What do they give for a peak of exactly 2?",
        why="Level ground gives 0, a peak of 2 just reaches the bar, and ReLU removes all that does not clear it.",
        accept=_high_peaks,
    ),
)
