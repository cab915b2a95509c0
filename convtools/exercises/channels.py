"""Exercises of the chapter "Channels"."""

import numpy as np

from convtools.check import Exercise

# Colours as (red, green, blue), read off the photo and rounded.
SKY = (0.25, 0.42, 0.7)
OTHERS = {
    "white": (1, 1, 1),
    "grey": (0.5, 0.5, 0.5),
    "black": (0, 0, 0),
    "the red stripe": (0.5, 0.04, 0.05),
    "skin": (0.85, 0.6, 0.45),
}
PATCHES = (
    (np.arange(27).reshape(3, 3, 3) % 5, np.arange(27).reshape(3, 3, 3) % 3 - 1, 2),
    (np.arange(18).reshape(3, 3, 2) % 4, np.arange(18).reshape(3, 3, 2) % 5 - 2, -1),
    (np.arange(16).reshape(2, 2, 4), np.ones((2, 2, 4), int), 0.5),
)


def sky(weights):
    """Return None if the three weights find the sky and nothing else, or the message."""
    weights = np.asarray(weights, float).reshape(-1)
    if weights.shape != (3,):
        return f"Three weights are needed, for red, green and blue; got {weights.size}."
    if not np.isfinite(weights).all():
        return "The weights must be finite numbers."
    for name, colour in OTHERS.items():
        answer = float(weights @ colour)
        if answer > 1e-6:
            return (
                f"On {name} the answer is {answer:.2f}, but it must be at most 0. Which channel adds to it? Let "
                "another one take that away."
            )
    answer = float(weights @ SKY)
    if answer < 0.3 - 1e-6:
        return (
            f"Nothing else is found now, but on the sky the answer is {answer:.2f}, and it must be at least 0.3. "
            "Make the right weights stronger."
        )
    return None


EXERCISES = (
    Exercise(
        name="weights",
        question=(
            "A 5 × 5 filter slides over a colour photo of shape (128, 128, 3). How many weights has this one "
            "filter, without the bias?"
        ),
        answer=75,
        mistakes=(
            (25, "25 weights are one slice. The filter has a slice for each channel of its input."),
            (76, "You counted the bias too. Only the weights are asked for."),
            (27, "That is a 3 × 3 filter on three channels. This one is 5 × 5."),
            (15, "5 × 3 counts one row of the filter. It has 5 rows."),
            (
                49152,
                "That is how many numbers the photo has. The filter is small, and the same weights are used "
                "everywhere.",
            ),
        ),
        hint="Count the weights of one slice. How many slices are there?",
        why="5 × 5 weights for each of the 3 channels make 75.",
    ),
    Exercise(
        name="shape",
        question=(
            "One 3 × 3 filter slides over an input of shape (28, 28, 64), without padding. What is the shape of "
            "the output, without the batch axis? Answer with a tuple (rows, columns, channels)."
        ),
        answer=(26, 26, 1),
        mistakes=(
            (
                (26, 26, 64),
                "64 partial sums are made at each place, but then they are added. How many numbers are left?",
            ),
            (
                (28, 28, 1),
                "One map is right. But without padding the filter does not fit at the rim: count its places.",
            ),
            ((28, 28, 64), "This is the input's shape. The filter sums over the channels, and it loses the rim."),
            (
                (26, 26),
                "The size is right. The output keeps an axis for its maps, even if there is only one: three "
                "numbers are asked for.",
            ),
            ((25, 25, 1), "28 − 3 is how far the filter moves. Its first place counts too."),
        ),
        hint="Rows and columns shrink as in the chapter on edges. The last axis counts the filters.",
        why="28 − 3 + 1 = 26, and one filter makes one map, however many channels it reads.",
    ),
    Exercise(
        name="one-place",
        question=(
            "Write a function `one_place(patch, weights, bias)` that returns the one number a filter gives for "
            "one patch. `patch` and `weights` have the same shape (rows, columns, channels)."
        ),
        answer=lambda patch, weights, bias: ((patch * weights).sum() + bias).item(),
        mistakes=(
            (
                lambda patch, weights, bias: (patch * weights).sum(axis=(0, 1)),
                "These are the partial sums, one for each channel, without the bias. Add them up to one "
                "number, then add the bias.",
            ),
            (
                lambda patch, weights, bias: (patch * weights).sum(axis=(0, 1)) + bias,
                "You return one number for each channel, each with the bias. Add the channels up first; the "
                "bias comes once.",
            ),
            (
                lambda patch, weights, bias: (patch * weights).sum(),
                "The sum over all channels is right. The bias is missing.",
            ),
            (
                lambda patch, weights, bias: (patch * weights).sum() + bias * patch.shape[-1],
                "You added the bias once for each channel. A filter has one bias, added once for each place.",
            ),
            (
                lambda patch, weights, bias: (patch[:, :, 0] * weights[:, :, 0]).sum() + bias,
                "You used channel 0 only. The filter covers all channels.",
            ),
            (
                lambda patch, weights, bias: patch * weights,
                "These are the products. They still have to be added up, and the bias too.",
            ),
        ),
        hint="Multiply cell by cell, add everything up, add the bias once.",
        why="All products of all channels are added, and the bias once: one place, one number.",
        cases=PATCHES,
    ),
    Exercise(
        name="sky",
        question=(
            "Design a 1 × 1 × 3 filter that finds the sky: three weights for red, green and blue, as a list. On "
            "blue sky its answer must be at least 0.3. On white, grey and black, on the red stripe and on skin "
            "it must be at most 0."
        ),
        answer=[-1, 0, 1],
        mistakes=(
            (
                [0, 0, 1],
                "This takes the blue channel alone. White is full of blue too: let another channel take that away.",
            ),
            ([1, 0, 0], "This takes the red channel alone. The sky has more blue than red."),
            (
                [1, -0.5, -0.5],
                "This is the red filter of the chapter: on the sky it is below zero. Which channel must get the 1?",
            ),
            ([1, 0, -1], "The signs are the wrong way round: this is below zero on the sky and above zero on skin."),
            ([0, 0, 0], "This answers 0 everywhere, on the sky too."),
        ),
        hint=(
            "Give the sky's strongest channel a positive weight, and make all weights together 0 so that white cancels."
        ),
        why="The sky has more blue than the others, and on white, grey and black the weights cancel.",
        accept=sky,
    ),
)
