"""Exercises and questions of the chapter "What a convolution is"."""

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
    # Questions that the page asks.
    Exercise(
        name="colder",
        question="One number of the map is negative. Which two hours does the filter cover there?",
        answer=(5, 6),
        mistakes=(
            ((6, 5), "These are the hours. Give them from left to right."),
            ((4, 5), "In hours 4 and 5 it is equally warm, so the map has 0 there. Where does it get colder?"),
            ((6, 7), "In hours 6 and 7 it is equally cold. Positions count from 0: write them under the readings."),
            ((2, 3), "From hour 2 to hour 3 it gets warmer, and the filter answers with 4."),
            ((6, 2), "These are the readings. The hours are asked for: their positions, counted from 0."),
        ),
        hint="Write the positions 0 to 7 under the eight readings. Between which two neighbours does it get colder?",
        why="Hour 5 has 6 degrees and hour 6 has 2, so the filter gives 6·(−1) + 2·1 = −4.",
    ),
    Exercise(
        name="spike",
        question="The input is 0, 0, 0, 1, 0, 0, 0 and the filter is 1, 2, 3. Which five numbers stand in the map?",
        answer=(0, 3, 2, 1, 0),
        mistakes=(
            ((0, 1, 2, 3, 0), "Which end of the filter touches the 1 first, when it comes from the left?"),
            ((3, 2, 1), "This is the right order. But five places fit, and at two of them no weight lies on the 1."),
            ((1, 2, 3), "The filter fits in five places. And which of its ends touches the 1 first?"),
            (
                (0, 0, 3, 2, 1),
                "The first place covers inputs 0 to 2. The second covers input 3, and there stands the 1.",
            ),
            ((3, 2, 1, 0, 0), "The first place covers inputs 0 to 2. There is no 1 among them yet."),
            ((0, 0, 6, 0, 0), "6 is the sum of the weights. At each place only one weight lies on the 1."),
        ),
        hint="At each place, ask which weight lies on the 1. All other products are 0.",
        why="The filter comes from the left, so its right end, the 3, is the first to touch the 1.",
    ),
    Exercise(
        name="flipped",
        question="The filter is turned round before it slides. In which order do its three weights come now?",
        answer=(1, 2, 3),
        mistakes=(
            (
                (3, 2, 1),
                "That is the order without the tick. The stepper now says “Flipped filter”: step on from there.",
            ),
            ((0, 1, 2, 3, 0), "This is the whole map, and it is right. Give the three weights only."),
            (
                (0, 3, 2, 1, 0),
                "This is the whole map without the tick. Turned round, which weight touches the 1 first?",
            ),
            ((2, 1, 3), "Take the three numbers of the map that are not 0, from left to right."),
        ),
        hint="Steps 2, 3 and 4 are those at which a weight lies on the 1.",
        why="Turned round, the filter is 3, 2, 1, and now the 1 comes first. The map repeats the filter as written.",
    ),
    Exercise(
        name="dense",
        question="A dense layer makes seven outputs out of eight inputs, each output with a bias of its own. How many "
        "parameters has it?",
        answer=63,
        mistakes=(
            (56, "These are the weights, 7 · 8. Each output has a bias besides."),
            (57, "You counted one bias. Each output has one of its own."),
            (64, "You counted a bias for each input. The biases belong to the outputs."),
            (21, "7 · 3 gives each output only 2 weights and a bias. In a dense layer each output sees all inputs."),
            (3, "This is enough for the convolutional layer, which shares its weights. A dense layer shares nothing."),
            (15, "You added inputs and outputs. Every output has a weight for every input: how many pairs are there?"),
        ),
        hint="Count the weights of one output and add its bias. Then do it for all seven.",
        why="Each of the 7 outputs has 8 weights and 1 bias: 7 · 9.",
    ),
    Exercise(
        name="moved",
        question="The warm spell moves from start 4 to start 5. What changes?",
        choices=(
            "the input only",
            "the input and the map",
            "the input and the largest number",
            "the input, the map and the largest number",
        ),
        answer="the input and the map",
        mistakes=(
            (
                "the input only",
                "Then the layer would be invariant. But the place in the map says where it gets warmer.",
            ),
            (
                "the input and the largest number",
                "The largest number says how much warmer it gets. Does the spell get warmer when it moves?",
            ),
            (
                "the input, the map and the largest number",
                "Input and map do change. The largest number says how much warmer it gets: does that change as well?",
            ),
        ),
        hint="The map says where it gets warmer, its largest number says by how much.",
        why="The 4 moves along to the next place, and it stays a 4.",
    ),
    Exercise(
        name="image-places",
        question="The image has 5 rows and 5 columns, and the filter is 2 × 2. How many numbers has the map?",
        answer=16,
        mistakes=(
            (25, "25 is the number of pixels. In the last row and column, half of the filter would hang over."),
            (4, "4 places is right along one axis. The filter moves along rows and columns."),
            (9, "5 − 2 = 3 is how far the filter moves along one axis. Its first place counts too."),
            (8, "You added the places of both axes. For each row that it can start in, count all its columns."),
            (20, "Along one axis you counted 5. The filter is two wide and two high: it loses one place each way."),
        ),
        hint="How many places has a filter of width 2 on 5 numbers? The same holds for rows and for columns.",
        why="There are 5 − 2 + 1 = 4 places along each axis, and 4 · 4 = 16.",
    ),
)
