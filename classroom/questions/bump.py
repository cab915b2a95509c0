"""The questions of the assignment "The bump": one dimension, one filter."""

import numpy as np

from classroom.question import Question
from convtools import Conv1D


def _layer(signal, weights, bias, padding="valid"):
    layer = Conv1D(1, len(weights), padding=padding, input_shape=(len(signal), 1))
    layer.set_weights([np.reshape(weights, (-1, 1, 1)), [bias]])
    return layer(np.reshape(signal, (1, -1, 1)))[0, :, 0]


def _slide(signal, weights, bias):
    return _layer(signal, weights, bias)


def _slide_flipped(signal, weights, bias):
    return _slide(signal, weights[::-1], bias)


def _slide_without_bias(signal, weights, bias):
    return _slide(signal, weights, 0)


def _slide_bias_each_time(signal, weights, bias):
    return _slide(signal, weights, bias * len(weights))


def _slide_one_short(signal, weights, bias):
    return _slide(signal, weights, bias)[:-1]


def _slide_one_long(signal, weights, bias):
    return _slide([*signal, 0], weights, bias)


def _slide_rectified(signal, weights, bias):
    return np.maximum(_slide(signal, weights, bias), 0)


def _slide_whole(signal, weights, bias):
    return np.trunc(_slide(signal, weights, bias))


def _draw_slide(rng):
    width = int(rng.integers(2, 5))
    return rng.integers(-5, 10, int(rng.integers(8, 13))), rng.integers(-4, 5, width), int(rng.integers(1, 6)) + 0.5


def _same(signal, weights, bias):
    return _layer(signal, weights, bias, "same")


def _padded(signal, weights, bias, before, after, value=0):
    return _slide(np.pad(signal, (before, after), constant_values=value), weights, bias)


def _same_flipped(signal, weights, bias):
    return _same(signal, weights[::-1], bias)


def _same_extra_zero_before(signal, weights, bias):
    return _padded(signal, weights, bias, len(weights) // 2, (len(weights) - 1) // 2)


def _same_all_after(signal, weights, bias):
    return _padded(signal, weights, bias, 0, len(weights) - 1)


def _same_all_before(signal, weights, bias):
    return _padded(signal, weights, bias, len(weights) - 1, 0)


def _same_zeros_round_the_map(signal, weights, bias):
    missing = len(weights) - 1
    return np.pad(_slide(signal, weights, bias), (missing // 2, missing - missing // 2))


def _same_edges_repeated(signal, weights, bias):
    missing = len(weights) - 1
    return _slide(np.pad(signal, (missing // 2, missing - missing // 2), mode="edge"), weights, bias)


def _same_half_at_each_end(signal, weights, bias):
    return _padded(signal, weights, bias, len(weights) // 2, len(weights) // 2)


def _draw_same(rng):
    width = int(rng.choice([2, 3, 4]))
    return rng.integers(1, 10, int(rng.integers(6, 10))), rng.integers(-4, 5, width), int(rng.integers(1, 6))


def _strongest(signal, weights):
    return int(np.argmax(_slide(signal, weights, 0))) + len(weights) // 2


def _strongest_in_the_map(signal, weights):
    return int(np.argmax(_slide(signal, weights, 0)))


def _strongest_right_end(signal, weights):
    return int(np.argmax(_slide(signal, weights, 0))) + len(weights) - 1


def _strongest_of_the_input(signal, weights):
    return int(np.argmax(signal))


def _strongest_one_further(signal, weights):
    return int(np.argmax(_slide(signal, weights, 0))) + 1


def _strongest_by_size(signal, weights):
    return int(np.argmax(np.abs(_slide(signal, weights, 0)))) + len(weights) // 2


def _strongest_value(signal, weights):
    return float(np.max(_slide(signal, weights, 0)))


def _draw_strongest(rng):
    return rng.permutation(20)[: int(rng.integers(9, 13))], rng.permutation([-3, 1, 2, 5, -1])[
        : int(rng.choice([3, 5]))
    ]


def _weights_from_map(feature_map, place, width):
    return np.asarray(feature_map)[place - np.arange(width)]


def _weights_as_they_stand(feature_map, place, width):
    return _weights_from_map(feature_map, place, width)[::-1]


def _weights_one_late(feature_map, place, width):
    return np.asarray(feature_map)[place + 1 - np.arange(width)]


def _weights_without_zeros(feature_map, place, width):
    return np.asarray(feature_map)[np.not_equal(feature_map, 0)][::-1]


def _weights_from_the_start(feature_map, place, width):
    return np.asarray(feature_map)[:width]


def _draw_map(rng):
    width, length = int(rng.choice([3, 4, 5])), int(rng.integers(13, 17))
    place = int(rng.integers(width, length - width - 1))
    weights = rng.permutation([-3, -2, -1, 0, 1, 2, 3, 4, 5])[:width]
    return _slide(np.eye(1, length, place)[0], weights, 0), place, width


QUESTIONS = (
    Question(
        name="map_length",
        level="core",
        points=1,
        asks="A filter of width 4 slides over 20 numbers, without padding. How many numbers has the map?",
        answer=17,
        mistakes=(
            (20, 0, "20 is the length of the input. The filter is only put where all 4 of its cells fit."),
            (16, 0, "20 − 4 is how far the filter moves. Its first place counts too."),
            (18, 0, "You took away 2, as for a filter of width 3. This one is wider."),
            (4, 0, "4 is the width of the filter. How many places has it on the input?"),
        ),
        hint="Put your finger on the first place of the filter, and count until its right end reaches the last number.",
        why="20 − 4 + 1 = 17 places, and each gives one number.",
    ),
    Question(
        name="one_step",
        level="core",
        points=1,
        asks="The window is 2, 0, 5, the filter is [1, -1, 2] and the bias is −3. Which number goes into the map?",
        answer=9,
        mistakes=(
            (12, 0.5, "The products and their sum are right, but the bias is missing. It is added once, at the end."),
            (3, 0.5, "It looks as if the bias was added to each product. It is added once, at the end."),
            (
                6,
                0,
                "You turned the filter round. Its first weight lies on the window's first number.",
            ),
            (15, 0.5, "You took the bias away. It is added, and it is −3."),
            ([2, 0, 10], 0, "These are the three products. A step gives one number: add them, then add the bias."),
        ),
        hint="Multiply each input by the weight that lies on it, add the three products, then add the bias.",
        why="2 + 0 + 10 = 12, and the bias makes it 9.",
    ),
    Question(
        name="bump_map",
        level="core",
        points=2,
        asks="The input is [0, 0, 2, 2, 0, 0] and the filter is [-1, 2, -1], bias 0. Which map comes out?",
        answer=[-2, 2, 2, -2],
        mistakes=(
            ([0, 2, 2, 0], 1, "Numbers below 0 stay in the map as long as no ReLU comes after it."),
            ([0, -2, 2, 2, -2, 0], 1, "The filter is only put where it fits: no zeros are added at the ends here."),
            ([0, 4, 4, 0], 0, "You used only the middle weight. The two weights of −1 count as well."),
            ([2, 2], 0, "The filter has four places on six numbers. Start at the very left."),
            ([2, -2, -2, 2], 0, "All signs are turned. Check which weight is positive."),
        ),
        hint="Write the four windows below each other, lay the filter on each, and add the products.",
        why="The filter answers where a number stands above its neighbours, and says no beside it.",
    ),
    Question(
        name="slide",
        level="core",
        points=3,
        asks="Write slide(signal, weights, bias): the map of one filter, without padding, with loops or slices.",
        answer=_slide,
        mistakes=(
            (_slide_flipped, 1, "Your filter is turned round before it slides. A layer lays it on as it stands."),
            (_slide_without_bias, 1, "The bias is forgotten. Add it once to every number of the map."),
            (_slide_bias_each_time, 1, "The bias is added with every product. Add it once, after the sum."),
            (_slide_one_short, 1, "The last place of the filter is missing: off by one. Count the places again."),
            (_slide_one_long, 0, "Your map has one number too many: the filter's last place hangs over the end."),
            (_slide_whole, 2, "Your map has room for whole numbers only. Make it with np.zeros, or from a list."),
            (_slide_rectified, 1, "Numbers below 0 are cut off. No ReLU was asked for."),
        ),
        hint="For each place: the sum of signal[place + cell] * weights[cell] over all cells, plus the bias.",
        why="Whatever the width, there are len(signal) - len(weights) + 1 places.",
        cases=(
            (np.array([0, 0, 0, 1, 1, 0, 0, 0]), np.array([0, 1, 0]), 0),
            (np.array([1, 2, 3, 5, 8]), np.array([1, -2]), 4.5),
        ),
        draw=_draw_slide,
    ),
    Question(
        name="slide_same",
        level="more",
        points=3,
        asks="Write slide_same(signal, weights, bias): the map with zeros around the input, as long as the input. "
        "Where their number is odd, the extra zero goes after.",
        answer=_same,
        mistakes=(
            (
                _same_extra_zero_before,
                2,
                "The extra zero is on the wrong side: it goes after.",
            ),
            (_same_all_after, 0, "All your zeros stand after the input. Half of them go before it."),
            (_same_all_before, 0, "All your zeros stand before the input. Half of them go after it."),
            (
                _same_zeros_round_the_map,
                0,
                "You put zeros around the map. They go around the input, first.",
            ),
            (_same_edges_repeated, 1, "You repeated the numbers at the ends. Zeros were asked for."),
            (_slide, 0, "Your map is shorter than the input: no zeros were added."),
            (_same_half_at_each_end, 1, "For a filter of even width your map is too long: there is one zero too many."),
            (_same_flipped, 1, "Your filter is turned round before it slides. A layer lays it on as it stands."),
        ),
        hint="A filter of width w needs w − 1 zeros in all: (w − 1) // 2 before, the rest after. np.pad adds them.",
        why="With w − 1 zeros there are as many places as inputs.",
        cases=(
            (np.array([1, 2, 3, 4]), np.array([1, 0, 2]), 1),
            (np.array([1, 2, 3, 4]), np.array([1, 3]), 0),
        ),
        draw=_draw_same,
    ),
    Question(
        name="only_peaks",
        level="more",
        points=1,
        asks="Which filter answers 0 on level ground, however bright, and more than 0 at a lone peak: "
        "'a' [0, 1, 0], 'b' [1, 1, 1], 'c' [-1, 2, -1] or 'd' [-1, 0, 1]?",
        answer="c",
        mistakes=(
            ("a", 0, "[0, 1, 0] copies the middle, so bright level ground gets through."),
            ("b", 0, "[1, 1, 1] adds three neighbours, so bright level ground answers most."),
            ("d", 0, "[-1, 0, 1] compares the two ends. At the top of a lone peak they are equal."),
        ),
        hint="Try each filter on the windows 5, 5, 5 and 0, 3, 0.",
        why="Its weights add up to 0, so level ground is silent, and the middle counts for it.",
    ),
    Question(
        name="strongest",
        level="more",
        points=2,
        asks="Write strongest(signal, weights): the position in the signal of the filter's middle cell, where the map "
        "is largest. Widths are odd.",
        answer=_strongest,
        mistakes=(
            (
                _strongest_in_the_map,
                1,
                "This is the position in the map: there lies the filter's left end, not its middle.",
            ),
            (_strongest_right_end, 0.5, "This is where the filter's right end lies. Its middle was asked for."),
            (_strongest_one_further, 1, "You added 1. That is right for a width of 3 only. And for a wider filter?"),
            (_strongest_by_size, 1, "You dropped the signs. The largest number was asked for: 3 is larger than −5."),
            (_strongest_of_the_input, 0, "This is the largest number of the input. Let the filter slide first."),
            (_strongest_value, 0, "This is the largest number of the map. Its position was asked for: np.argmax."),
        ),
        hint="np.argmax gives the place in the map. How far is it from the filter's left end to its middle?",
        why="The middle of a filter of odd width w is w // 2 cells from its left end.",
        cases=(
            (np.array([3, 1, 4, 9, 2, 6, 5]), np.array([-1, 2, -1])),
            (np.array([8, 9, 7, 7, 3, 5, 8, 2]), np.array([-2, 2, -2, -2, 1])),
            (np.array([0, 2, 0, 0, 2, 0]), np.array([-1, 2, -1])),
        ),
        draw=_draw_strongest,
    ),
    Question(
        name="weights_from_map",
        level="stretch",
        points=3,
        asks="The input is all zeros but for a 1 at position place. Write weights_from_map(feature_map, place, width): "
        "the filter whose map it is (no padding, bias 0).",
        answer=_weights_from_map,
        mistakes=(
            (
                _weights_as_they_stand,
                1,
                "The right numbers in the wrong order: as the filter moves on, the 1 meets a weight further left.",
            ),
            (
                _weights_one_late,
                1,
                "Off by one: with the filter's left end on the 1, the map's position is place itself.",
            ),
            (
                _weights_without_zeros,
                1,
                "You took the numbers that are not 0. But a weight may be 0: count from place.",
            ),
            (
                _weights_from_the_start,
                0,
                "These are the first numbers of the map. The filter meets the 1 only near place.",
            ),
        ),
        hint="Which weight lies on the 1 when the filter's left end is at position place? And one step before?",
        why="The map at place is the first weight, one before it the second: the filter shows itself turned round.",
        cases=(
            (np.array([0, 0, 7, 5, 3, 0, 0, 0]), 4, 3),
            (np.array([0, 2, 4, 0, -1, 0, 0]), 4, 4),
        ),
        draw=_draw_map,
    ),
)
