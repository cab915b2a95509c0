"""Exercises of the chapter "What a convolution is"."""

import numpy as np

from convtools.check import Exercise


def _convolve(x, w):
    return np.correlate(x, w[::-1], mode="valid")


def _not_turned(x, w):
    return np.correlate(x, w, mode="valid")


def _input_turned(x, w):
    return np.correlate(x[::-1], w, mode="valid")


def _both_turned(x, w):
    return np.correlate(x[::-1], w[::-1], mode="valid")


def _sign_turned(x, w):
    return np.correlate(x, -w, mode="valid")


def _hanging_over(x, w):
    return np.convolve(x, w)


def _symmetric(answer):
    """Three weights, not all equal, that read the same from both ends."""
    weights = np.asarray(answer, float)
    if weights.shape != (3,):
        return f"Three weights are needed, got shape {weights.shape}. Write them as a list of three numbers."
    if np.all(weights == weights[0]):
        return "These weights are all equal. It works, but find one with different weights."
    spike = np.array([0, 0, 1, 0, 0])
    correlated, convolved = np.correlate(spike, weights, "valid"), np.convolve(spike, weights, "valid")
    if not np.allclose(correlated, convolved):
        return (
            f"For the input 0, 0, 1, 0, 0 cross-correlation gives {correlated.tolist()}, convolution "
            f"{convolved.tolist()}. What does your filter look like when it is turned round?"
        )
    return None


EXERCISES = (
    Exercise(
        name="dot-product",
        question="The patch is 3, 1, 2 and the filter is 1, 0, −1. What is their dot product?",
        answer=1,
        mistakes=(
            ([3, 0, -2], "These are the three products. A dot product is one number: now add them up."),
            (5, "You added 2 at the end. Its weight is −1, so its product is −2."),
            (6, "6 is the sum of the patch. Multiply each number by its weight before you add."),
            (0, "0 is the sum of the filter. Multiply each weight by the number under it before you add."),
        ),
        hint="Multiply the first with the first, the second with the second, the third with the third. Then add.",
        why="3·1 + 1·0 + 2·(−1) = 1.",
    ),
    Exercise(
        name="parameters",
        question="A dense layer makes 98 numbers out of 100, and each output has a bias. How many parameters has it?",
        answer=9898,
        mistakes=(
            (9800, "These are the weights. Each output has a bias besides."),
            (9801, "You counted one bias. Each output has one of its own."),
            (9900, "You counted a bias for each input. The biases belong to the outputs."),
            (4, "One filter of width 3 needs this. A dense layer shares nothing: count all pairs of input and output."),
            (198, "You added inputs and outputs. Every output has a weight for every input: how many pairs are there?"),
        ),
        hint="Count the weights of one output first, then its bias, then do it for all outputs.",
        why="98 outputs with 100 weights and 1 bias each: 98 · 101.",
    ),
    Exercise(
        name="average",
        question="You replace a map by its average, one number. A pattern moves inside the input, far from the ends. "
        'How does this number behave? Answer "equivariant", "invariant" or "neither".',
        answer="invariant",
        mistakes=(
            ("equivariant", "Equivariant means that the result moves along. A single number has no place to move to."),
            ("neither", "Write down the map before and after the move. Which numbers are in one and not in the other?"),
        ),
        hint="The map moves along. What does that do to the average of its numbers? Answer with one of the words.",
        why="The map's numbers change their places, not their values, so the average stays the same.",
    ),
    Exercise(
        name="symmetric",
        question="Choose three weights, not all equal, for which convolution and cross-correlation give the same map "
        "for every input. Answer with a list.",
        answer=[1, 2, 1],
        mistakes=(
            ([1, 2, 3], "Turned round this is 3, 2, 1, another filter. So the two maps differ."),
            ([-1, 0, 1], "Turned round this is 1, 0, −1: all signs change, and so does the map."),
            ([1, 1, 1], "These weights are all equal. It works, but find one with different weights."),
        ),
        hint="Convolution turns the filter round. Which filters look the same afterwards?",
        why="It reads the same from both ends, so turning it changes nothing.",
        accept=_symmetric,
    ),
    Exercise(
        name="convolve",
        question="Write a function that takes an input and a filter, both one-dimensional arrays, and returns their "
        "convolution in the strict sense, only where the filter fits. Do not use `np.convolve`; `slide` may help.",
        answer=_convolve,
        mistakes=(
            (_not_turned, "This is the cross-correlation. What does a convolution do to the filter first?"),
            (_input_turned, "You turned the input round, so the map comes out backwards. Turn the filter instead."),
            (_both_turned, "You turned both. The map only comes out backwards. Turn the filter alone."),
            (_sign_turned, "You changed the signs of the filter. To turn it round means to read it from its end."),
            (_hanging_over, "Your map is too long: the filter hangs over the ends. Put it only where all of it fits."),
        ),
        hint="Turn the filter round, then do what slide does.",
        why="Convolution is cross-correlation with the filter turned round.",
        cases=(
            (np.array([0, 0, 0, 1, 0, 0, 0]), np.array([1, 2, 3])),
            (np.array([2, 0, 1, 5, 3]), np.array([-1, 4])),
        ),
    ),
)
