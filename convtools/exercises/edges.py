"""Exercises of the chapter "Edges and steps"."""

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
)
