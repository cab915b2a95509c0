"""Exercises and questions of the chapter "Edges and steps"."""

import numpy as np

from convtools.check import Exercise


def pad_same(x, width):
    before = (width - 1) // 2
    return np.pad(x, (before, width - 1 - before))


def _pad(before, after):
    """Return a wrong `pad_same` that puts before(width) zeros first and after(width) zeros last."""
    return lambda x, width: np.pad(x, (before(width), after(width)))


def settings(value):
    """Say what (kernel_size, strides, dilation_rate) still lack, or None."""
    if np.shape(value) != (3,):
        return "Three numbers are needed: (kernel_size, strides, dilation_rate)."
    kernel_size, strides, dilation_rate = value
    if min(value) < 1 or any(number != int(number) for number in value):
        return "All three are whole numbers, 1 or more."
    if kernel_size > 3:
        return f"A filter of width {kernel_size} has {kernel_size} weights, and at most 3 are allowed."
    length = -(-96 // strides)
    if length != 24:
        return f'With "same" and strides of {strides} the map is {length} long, not 24.'
    span = (kernel_size - 1) * dilation_rate + 1
    if span < 9:
        return f"The reach of your filter is {span}, and at least 9 is wanted."
    return None


EXERCISES = (
    Exercise(
        name="map-length",
        question=(
            'A filter of width 4 slides over 10 numbers, one cell at a time, with padding "valid". How long is the map?'
        ),
        answer=7,
        mistakes=(
            (6, "10 − 4 is how far the filter moves. Its first place counts too."),
            (10, "10 is the length of the input. At the end, some places do not fit."),
            (8, "You took away 2, as for a filter of width 3. This one is wider."),
        ),
        hint="At which number does the filter start for the last time, so that its right end is on the last input?",
        why="It starts at 0, 1, ... up to 10 − 4 = 6, and these are 7 places.",
    ),
    Exercise(
        name="four-layers",
        question=(
            'An image of 32 × 32 pixels goes through four layers with 5 × 5 filters and padding "valid". How '
            "many rows are left?"
        ),
        answer=16,
        mistakes=(
            (28, "That is after one layer. Three more follow."),
            (12, "You took away 5 for each layer. A width of 5 takes away 5 − 1."),
            (24, "You took away 2 for each layer, as for filters of width 3."),
            (32, 'That would be padding "same". With "valid" each layer makes the image smaller.'),
        ),
        hint="How many rows does one layer with filters 5 rows high take away? Do that four times.",
        why="Each layer takes away 5 − 1 = 4 rows: 32, 28, 24, 20, 16.",
    ),
    Exercise(
        name="who-is-seen",
        question=(
            'A filter of width 3 works with padding "causal" and dilation_rate 2. Which inputs does output 6 '
            "see? Give their positions as a list, from left to right."
        ),
        answer=[2, 4, 6],
        mistakes=(
            ([6, 4, 2], "The positions are right. Give them from left to right."),
            ([4, 5, 6], "These are three neighbours. With dilation_rate 2, one input is left out between two weights."),
            ([4, 6, 8], "8 lies in the future of output 6. With causal padding the last weight lies on input 6."),
            ([6, 8, 10], "Inputs 8 and 10 lie in the future of output 6. With causal padding the filter ends at 6."),
            ([0, 3, 6], "There are two inputs between your positions. A dilation_rate of 2 leaves out only one."),
            ([5, 6, 7], 'That would be "same" without dilation: input 7 lies in the future.'),
        ),
        hint="The last weight lies on input 6. Go back from there in jumps as long as the dilation rate.",
        why="The last weight lies on input 6, the others 2 and 4 before it.",
    ),
    Exercise(
        name="pad-same",
        question=(
            'Write `pad_same(x, width)`: the numbers x with the zeros around them that padding "same" adds '
            "for a filter of this width, with strides of 1."
        ),
        answer=pad_same,
        mistakes=(
            (
                _pad(lambda w: w - 1 - (w - 1) // 2, lambda w: (w - 1) // 2),
                "When the number of zeros is odd, the extra one goes after.",
            ),
            (
                _pad(lambda w: w // 2, lambda w: w // 2),
                "For odd widths this is right. For even widths it adds one zero too many.",
            ),
            (_pad(lambda w: w - 1, lambda w: 0), 'All zeros before: that is "causal". Share them between both ends.'),
            (_pad(lambda w: 0, lambda w: w - 1), "All zeros are at the end. Share them between both ends."),
            (
                _pad(lambda w: w - 1, lambda w: w - 1),
                "These are width - 1 zeros at each end. There should be width - 1 in all.",
            ),
            (_pad(lambda w: 1, lambda w: 1), "One zero at each end is right for width 3 only."),
            (lambda x, width: x, "Nothing was added. A filter of this width makes the map shorter by width - 1."),
        ),
        hint=(
            "Without padding the map lacks width - 1 numbers. Put half of that before, rounded down, and the "
            "rest after."
        ),
        why="width - 1 zeros bring the map back to the input's length, and the odd one goes after.",
        cases=(([1, 2, 3], 3), ([4, 5, 6, 7], 4), ([1, 2], 2), ([8, 9, 7, 6, 5], 5), ([3], 1)),
    ),
    Exercise(
        name="settings",
        question=(
            'A recording has 96 numbers, and padding is "same". Choose `(kernel_size, strides, '
            "dilation_rate)` so that the map has 24 numbers and the filter reaches over at least 9 inputs "
            "with at most 3 weights."
        ),
        answer=(3, 4, 4),
        mistakes=(
            ((9, 4, 1), "The reach and the length are right. But this filter has 9 weights."),
            ((3, 4, 1), "The length is right. But without dilation this filter reaches over 3 inputs only."),
            ((3, 4, 3), "Nearly: 3 weights at dilation 3 reach over 7 inputs. Count the gaps again."),
            ((3, 2, 4), "The reach is right. But with strides of 2 the map has 48 numbers."),
            ((3, 1, 4), "The reach is right. But the filter stops at every input, so the map has 96 numbers."),
        ),
        hint=(
            "Strides decide the length of the map, and the dilation rate decides the reach: (kernel_size - "
            "1) * dilation_rate + 1."
        ),
        why="Strides of 4 make a quarter of 96, and the filter reaches over 9 inputs or more.",
        accept=settings,
    ),
    # Questions that the page asks.
    Exercise(
        name="three-layers",
        question="8 numbers go through three layers, each with a filter of width 3. How many are left?",
        answer=2,
        mistakes=(
            (6, "That is after the first layer. Two more follow."),
            (4, "That is after the second layer. One more follows."),
            (5, "You took away 1 for each layer. How many does the map of 8 numbers lack?"),
            (-1, "You took away 3 for each layer. A filter of width 3 takes away 3 − 1."),
            (0, "Something is left: the third layer still gets 4 numbers. How often does its filter fit?"),
            (1, "The third layer gets 4 numbers. How often does a filter of width 3 fit?"),
        ),
        hint="8 becomes 6. What does the next layer make of 6?",
        why="Each layer takes away 2: 8, 6, 4, 2.",
    ),
    Exercise(
        name="same-ends",
        question='The speller `[100, 10, 1]` reads the numbers 1 to 8 with padding "same". What are the first and the '
        "last number of the map?",
        answer=(12, 780),
        mistakes=(
            ((123, 678), "These are the ends without padding. Now the filter starts one place earlier and ends later."),
            ((123, 780), "The end is right. At the beginning, too, the filter lies on a zero."),
            ((12, 678), "The beginning is right. At the end, too, the filter lies on a zero."),
            ((12, 78), "The last window is 7, 8, 0, and its 7 is multiplied by 100."),
            ((120, 780), "The zero stands before the 1, so the first window is 0, 1, 2."),
            ((1, 800), "Two zeros at each end are too many: the map would have 10 numbers."),
        ),
        hint="Write the numbers with one 0 at each end. Spell the first three and the last three.",
        why="The first window is 0, 1, 2 and spells 012. The last is 7, 8, 0.",
    ),
    Exercise(
        name="wall",
        question='The image is evenly bright. On which of its sides does the "same" map show a false edge?',
        choices=("left and right", "top and bottom", "on all four", "on none"),
        answer="left and right",
        mistakes=(
            ("top and bottom", "This filter compares left with right. Above and below, both get the same zeros."),
            ("on all four", "At the top the zeros lie on the left and on the right alike, so they cancel."),
            (
                "on none",
                "The padding is 0 and the image is 1. This filter compares left with right: where do they differ?",
            ),
        ),
        hint="The filter subtracts its left column from its right one. Where does only one of them lie on padding?",
        why="Only there does one side of the filter lie on zeros and the other on the bright image.",
    ),
    Exercise(
        name="causal",
        question='What is the fifth output of the speller with padding "causal", and what is the first? Give both.',
        answer=(345, 1),
        mistakes=(
            ((1, 345), "Both numbers are right. Give the fifth first."),
            ((456, 12), 'These are the outputs with "same". In hour 5 the 6 has not been measured yet.'),
            ((567, 123), "This looks two hours ahead. Causal means: the present and the past only."),
            ((345, 12), "The fifth is right. In hour 1 the 2 has not been measured yet."),
            ((345, 123), "The fifth is right. In hour 1 neither 2 nor 3 has been measured yet."),
            ((345, 100), "In hour 1 the 1 is the newest number, and the newest lies under the last weight."),
        ),
        hint="The last weight lies on the present hour. Which three numbers are known then?",
        why="In hour 5 the last three numbers are 3, 4, 5. In hour 1 they are 0, 0, 1.",
    ),
    Exercise(
        name="strides",
        question="The valid map is 123, 234, 345, 456, 567, 678. What is left of it with strides of 2?",
        answer=(123, 345, 567),
        mistakes=(
            ((123, 345, 567, 780), 'This is "same". Here the last window would hang over the end.'),
            ((123, 345, 567, 789), "There is no 9. Behind 5, 6, 7 the filter does not fit a second time."),
            ((234, 456, 678), "You left out the first place. The filter starts at the first one."),
            ((123, 456), "These are steps of 3. With strides of 2 the windows still overlap by one number."),
            ((123, 345), "One more fits: go on by two from 345."),
            ((135, 246, 357, 468), "The filter itself is not pulled apart. Only its steps are longer."),
        ),
        hint="Keep the first number, leave out the next one, and so on.",
        why="Every second place is left out: of six numbers three are left.",
    ),
    Exercise(
        name="dilated",
        question="With `dilation_rate=2` the three weights lie two cells apart. How long is the map of 8 numbers?",
        answer=4,
        mistakes=(
            (6, "6 is the length without dilation. Over how many inputs does the filter reach now?"),
            (5, "5 is the reach of the filter. In how many places does a reach of 5 fit on 8 numbers?"),
            (3, "Three is how far it moves, 8 − 5, or how many weights it has. Its first place counts too."),
            (2, "The filter reaches over 5 inputs, not 7: one cell is left out between two weights."),
            (8, 'That would be padding "same".'),
        ),
        hint="The first window is 1, 3, 5. Which is the last one?",
        why="It spells 135, 246, 357 and 468: it reaches over 5 inputs, and 8 − 5 + 1 = 4.",
    ),
    Exercise(
        name="four-by-four",
        question='With padding "valid" and strides of 1, which dilation makes the map 4 × 4?',
        answer=2,
        mistakes=(
            (1, "With 1 there are no gaps, and the map is 6 × 6."),
            (3, "With 3 the filter spans 7 cells and fits only 2 times along each axis."),
            (4, "4 is the size of the map. A dilation of 4 spans 9 cells, which do not fit into 8: it is refused."),
            (5, "The span must be 5. What is the dilation then, with three weights?"),
        ),
        hint="A map of 4 needs a span of 5, for 8 − 5 + 1 = 4.",
        why="The span is (3 − 1) · 2 + 1 = 5, and 8 − 5 + 1 = 4 along each axis.",
    ),
)
