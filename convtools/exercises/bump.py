"""Exercises and questions of the chapter "The bump"."""

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
        question="A filter of width 5 slides over 12 numbers. How many numbers has the map?",
        answer=8,
        mistakes=(
            (12, "12 is the length of the input. The filter is only put where all 5 of its cells fit."),
            (7, "12 − 5 is how far the filter moves. Its first place counts too."),
            (10, "You took away 2, as for a filter of width 3. This one is wider."),
            (5, "5 is the width of the filter. Each place of the filter gives one number: how many places are there?"),
        ),
        hint="Put your finger on the first place of the filter and count until its right end reaches the last number.",
        why="The filter starts at positions 0 to 7, and 12 − 5 + 1 = 8.",
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
    # Questions that the page asks.
    Exercise(
        name="places",
        question="A filter of width 3 slides over 8 numbers. How many numbers come out?",
        answer=6,
        mistakes=(
            (8, "8 numbers go in. If the filter started at the last one, two of its cells would hang over the end."),
            (5, "You counted the moves, 8 − 3. The place before the first move counts too."),
            (7, "7 is right for a filter that is two wide. This one needs a place more at the end."),
            (3, "3 is the width of the filter. Each place it fits gives one number: how many places are there?"),
            (2, "The filter moves by one position, so its places overlap."),
        ),
        hint="At which position does the filter start for the first time, and at which for the last time?",
        why="The filter can start at positions 0 to 5, so 8 − 3 + 1 = 6.",
    ),
    Exercise(
        name="above-the-one",
        question="The map's first 1 is its number at position 2. The bump begins at position 3 of the input. When the "
        "layer makes this 1, which of the filter's three cells lies on input 3?",
        choices=("the left one", "the middle one", "the right one", "none of them"),
        answer="the middle one",
        mistakes=(
            ("the left one", "The left cell has the weight 0. Whatever lies under it, its product is 0."),
            ("the right one", "The right cell has the weight 0. Whatever lies under it, its product is 0."),
            ("none of them", "Without the bump under it the filter gives 0. So one cell must lie on the bump."),
        ),
        hint="The result is 1. Which of the weights 0, 1, 0 can make it?",
        why="Only the middle weight is not 0, so it must lie on the 1.",
    ),
    Exercise(
        name="ramp",
        question="Which six numbers does `[0, 1, 0]` give on the ramp 0, 1, 2, 3, 4, 5, 6, 7?",
        answer=(1, 2, 3, 4, 5, 6),
        mistakes=(
            (
                (0, 0, 0, 0, 0, 0),
                "A good detector would do that. But what does this filter do with its window 0, 1, 2?",
            ),
            ((0, 1, 2, 3, 4, 5), "These are the left ends of the windows. Which cell of the filter has the weight 1?"),
            ((2, 3, 4, 5, 6, 7), "These are the right ends of the windows. Which cell of the filter has the weight 1?"),
            ((3, 6, 9, 12, 15, 18), "You added up each window. Multiply by the weights first: two of them are 0."),
            ((1, 1, 1, 1, 1, 1), "This is how far the ramp rises at each step. The filter does not subtract anything."),
            ((0, 1, 2, 3, 4, 5, 6, 7), "This is the ramp. The filter fits in six places only."),
        ),
        hint="The first window is 0, 1, 2. What is 0·0 + 1·1 + 2·0? Go on with 1, 2, 3.",
        why="Each number is the middle of its window, so the ramp comes through without its two ends.",
    ),
    Exercise(
        name="plateau",
        question="What does `[-1, 2, -1]` give in the middle of the plateau, where the window is 3, 3, 3?",
        answer=0,
        mistakes=(
            (3, "3 would be the middle, copied. This filter doubles it and takes both neighbours away."),
            (6, "This is the middle product, 3·2. The neighbours count against it."),
            (12, "You added all three products as if they were positive. Two weights are negative."),
            (-6, "These are the two neighbours. The middle counts for it, with 3·2."),
            ((-3, 6, -3), "These are the three products. Now add them up."),
        ),
        hint="Make the three products, signs included, and add them.",
        why="3·(−1) + 3·2 + 3·(−1) = 0: the weights add up to zero, so level ground is silent.",
    ),
    Exercise(
        name="split",
        question="Which three numbers does the map have above inputs 4, 5 and 6 now?",
        answer=(6, -6, 6),
        mistakes=(
            (
                (3, 0, 3),
                "That was before. Input 5 must be 0 now: choose Paint, and set the number it paints with to 0.",
            ),
            (
                (6, 0, 6),
                "Both ends are right. In the middle the window is 3, 0, 3, and its neighbours count against it.",
            ),
            ((6, 6, 6), "Both ends are right. In the middle the neighbours count against it: which sign comes out?"),
            ((6, 3, 6), "Both ends are right. The middle lies lower than its two neighbours now."),
            ((4, -2, 4), "This is what a 1 in the middle gives. Paint with 0."),
        ),
        hint="Output 3 stands below input 4. Press it, and read the sentence.",
        why="Two lone bumps give 2·3 each, and the gap between them gives −3 − 3.",
    ),
    Exercise(
        name="side-two",
        question="With `side` at 2 the weights are `[-2, 2, -2]`. What do they give in the middle of the plateau, "
        "where the window is 3, 3, 3?",
        answer=-6,
        mistakes=(
            (0, "That is so with `side` at 1. Now each neighbour counts as much as the middle."),
            (6, "The size is right. Two neighbours count against it, only one number counts for it."),
            (-12, "These are the two neighbours. The middle counts for it, with 3·2."),
            (18, "You left out the minus signs of the neighbours."),
            (-2, "This is the sum of the weights. Each of them is multiplied by 3."),
        ),
        hint="3·(−2), then 3·2, then 3·(−2): add them.",
        why="−6 + 6 − 6 = −6: the neighbours take away more than the middle adds.",
    ),
    Exercise(
        name="bar",
        question="The peaks below are 1, 3 and 2 high. With the filter `[-1, 2, -1]`, the bias −3 and ReLU, how many "
        "of the three are left in the map?",
        answer=2,
        mistakes=(
            (3, "One of them does not clear the bar. What does the filter give for the peak of 1?"),
            (1, "You compared the heights with 3. The filter doubles a lone peak before the bias is added."),
            (0, "You took 3 from the heights. The filter doubles a lone peak before the bias is added."),
        ),
        hint="What does the filter give for a lone peak of height 1? Then add −3. Do the same for 3 and 2.",
        why="The filter gives 2, 6 and 4. The bias makes this −1, 3 and 1, and ReLU removes the −1.",
    ),
    Exercise(
        name="highest",
        question="Which bias, as near to 0 as possible, leaves only the highest peak in the map?",
        answer=-4,
        mistakes=(
            (-3, "With −3 the peak of 2 still gives 1. The bar must be a little higher."),
            (-5, "Only the highest peak is left, that is right. But a number nearer to 0 does it, too."),
            (-6, "With −6 nothing is left at all: the highest peak gives 6 − 6."),
            (4, "A bar needs a negative bias: it takes away from every sum."),
            (-2, "With −2 the peak of 2 still gives 2. Take away more."),
            (-3.75, "Nearly. The peak of 2 still gives 0.25."),
        ),
        hint="The three sums are 2, 6 and 4. Which number takes the 4 away, but not the 6?",
        why="It brings the 4 just down to 0, and of the 6 there remain 2.",
    ),
)
