"""Exercises and questions of the chapter "Channels"."""

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
    # Questions that the page asks.
    Exercise(
        name="sums",
        question="The filter lies on rows 0 to 2, columns 0 to 2, and each slice multiplies and sums on its own "
        "channel. Which three sums do you get, for red, green and blue?",
        answer=(6, 0, 0),
        mistakes=(
            ((3, 0, 0), "Green and blue are right. The red line is made of twos."),
            ((2, 0, 0), "Green and blue are right. In red, three cells of the slice are 1: what lies under them?"),
            ((6, 3, -3), "The filter would like that. But the green line is in row 2 and the blue one in column 3."),
            ((6, 1, 0), "The green line is in row 2. The slice looks at row 1, its middle row."),
            ((6, 3, 0), "The green line is in row 2. The slice looks at row 1, its middle row."),
            ((6, 0, -3), "The blue line is in column 3. The filter covers columns 0 to 2."),
        ),
        hint="For each channel, find the cells where the slice is not 0. What stands in the image there?",
        why="In red the ones lie on three twos, in green on an empty row, in blue on an empty column.",
    ),
    Exercise(
        name="one-number",
        question="The filter has 3 × 3 × 3 weights. How many numbers does it write into its map for this one place?",
        answer=1,
        mistakes=(
            (27, "27 products are made. Then they are added up."),
            (3, "Three partial sums are made, one for each channel. Then these are added, too."),
            (4, "Three partial sums and a bias are four numbers. They are added up."),
            (9, "There are 9 weights in each slice. All their products are added up."),
        ),
        hint="What does the filter do with the partial sums and the bias?",
        why="All partial sums and the bias are added up: one place, one number.",
    ),
    Exercise(
        name="where",
        question="At which place of the map is the answer largest? Give its row and column, counted from 0.",
        answer=(1, 0),
        mistakes=(
            ((0, 0), "There the red line is right, and you have 7. One row further down, green helps too."),
            ((0, 1), "There the red line is not in the middle, and the blue one costs 3."),
            ((1, 1), "There green helps, but the red line is not in the middle, and the blue one costs 3."),
            ((2, 1), "This is the middle of the window in the image. The map has rows 0 and 1, columns 0 and 1."),
            ((2, 0), "The map has only the rows 0 and 1: a place has the number of its window's first row."),
        ),
        hint="In which columns of the map is the red line in the middle of the window? In which rows the green one?",
        why="There the red line is in the middle column and the green one in the middle row: 6 + 3 + 0 + 1 = 10.",
    ),
    Exercise(
        name="blue-map",
        question="Which four numbers stand in the map of the blue slice? Give them row by row.",
        answer=(0, -3, 0, -3),
        mistakes=(
            ((0, 3, 0, 3), "The places are right. The weights of the blue slice are −1."),
            ((0, -1, 0, -1), "The places are right. The blue line runs through three rows of the window."),
            ((-3, 0, -3, 0), "The blue line is in column 3. Which windows cover it with their right column?"),
            ((0, 0, -3, -3), "The blue line stands upright: it makes a difference between the columns of the map."),
            ((1, -2, 1, -2), "You added the bias. It comes once, when all channels are added."),
            ((0, 0, 0, 0), "The slice has −1 in its right column. Which windows have the blue line there?"),
        ),
        hint="The right column of the slice lies on column 2 in the first place, on column 3 in the second.",
        why="On the left the slice lies on an empty column, on the right on three ones, in both rows.",
    ),
    Exercise(
        name="cancels",
        question="On which of these is the answer of the red filter about zero?",
        choices=("the red stripe", "the white collar", "the blue sky", "all three"),
        answer="the white collar",
        mistakes=(
            ("the red stripe", "The stripe has red and little else, so nothing takes away what red adds."),
            ("the blue sky", "The sky has more blue than red, so more is taken away than added."),
            ("all three", "The weights add up to 0, but the channels are alike on one of the three only."),
        ),
        hint="Red adds, the mean of green and blue takes away. Where are the three alike?",
        why="In white all three channels are alike, and the weights 1, −½ and −½ add up to 0.",
    ),
    Exercise(
        name="collar",
        question="With the weights 1, 0 and 0, what is the white collar in the map?",
        choices=("orange, above zero", "white, about zero", "blue, below zero", "just like the blue sky"),
        answer="orange, above zero",
        mistakes=(
            ("white, about zero", "That was before. Are the weights of green and blue 0 now?"),
            ("blue, below zero", "No weight is negative now, and no pixel: can a product be below zero?"),
            ("just like the blue sky", "Compare their red: white is full of it, and the blue sky has little."),
        ),
        hint="Now the map is the red channel alone. How much red is in white?",
        why="White is full of red, and nothing takes it away any more. So red alone does not tell how red a place is.",
    ),
    Exercise(
        name="storm",
        question="The wind blows at hours 1 and 3, and it rains at hours 5 and 7. How many of the 6 outputs are not "
        "zero?",
        answer=1,
        mistakes=(
            (2, "The shower at hour 7 needs a gust two hours before it. Is there wind at hour 5?"),
            (4, "There are two gusts and two showers. But one of them alone gives 2 − 3, and ReLU makes that 0."),
            (3, "Three sums are above −3. But a gust or a shower alone gives 2 − 3, and ReLU makes that 0."),
            (0, "There is one gust with a shower two hours later: 2 + 2 − 3 is above zero."),
            (6, "Without wind and rain the sum is −3, and ReLU makes that 0."),
        ),
        hint="Add 2 to the hours of the gusts. At which of them does it rain?",
        why="Only the gust at hour 3 has a shower two hours later: 2 + 2 − 3 = 1.",
    ),
    Exercise(
        name="second-gust",
        question="At which hour must a second gust of 2 blow, so that the shower at hour 7 counts as well?",
        answer=5,
        mistakes=(
            (7, "At hour 7 wind and rain come together. The filter wants the rain two hours later."),
            (6, "One hour is too short: the weight for rain stands two hours after the weight for wind."),
            (4, "At hour 4 the gust has its rain at hour 6, and none falls then."),
            (9, "The wind comes first, then the rain."),
            (3, "There is a gust at hour 3 already. Its shower is the one at hour 5."),
        ),
        hint="The rain comes two hours after the wind.",
        why="5 + 2 = 7: the last output is 2 + 2 − 3 = 1, too.",
    ),
)
