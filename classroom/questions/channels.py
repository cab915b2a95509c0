"""The questions of the assignment "Channels": one filter on an image of several channels."""

from itertools import permutations

import numpy as np

from classroom.question import Question
from convtools import Conv2D


def _layer(image, kernel, bias=0):
    image, kernel = np.asarray(image), np.asarray(kernel)
    layer = Conv2D(1, kernel.shape[:2], input_shape=image.shape)
    layer.set_weights([kernel[..., np.newaxis], [bias]])
    return layer(image[np.newaxis])[0, :, :, 0]


def _slide_colour(image, kernel, bias):
    return _layer(image, kernel, bias)


def _slide_not_added(image, kernel, bias):
    slices = range(image.shape[-1])
    return np.stack([_layer(image[:, :, [at]], kernel[:, :, [at]], bias) for at in slices], axis=-1)


def _slide_without_bias(image, kernel, bias):
    return _layer(image, kernel)


def _slide_bias_for_each_channel(image, kernel, bias):
    return _layer(image, kernel, bias * image.shape[-1])


def _slide_bias_each_time(image, kernel, bias):
    return _layer(image, kernel, bias * np.size(kernel))


def _slide_one_channel(image, kernel, bias):
    return _layer(image[:, :, :1], kernel[:, :, :1], bias)


def _slide_mean(image, kernel, bias):
    return _layer(image, kernel) / image.shape[-1] + bias


def _slide_channels_reversed(image, kernel, bias):
    return _layer(image, kernel[:, :, ::-1], bias)


def _slide_flipped(image, kernel, bias):
    return _layer(image, np.flip(kernel, axis=(0, 1)), bias)


def _slide_one_short(image, kernel, bias):
    return _layer(image, kernel, bias)[:-1, :-1]


def _draw_slide(rng):
    channels = int(rng.integers(2, 5))
    image = rng.integers(-3, 8, (int(rng.integers(4, 6)), int(rng.integers(6, 8)), channels))
    return image, rng.integers(-4, 5, (*rng.integers(2, 4, 2), channels)), int(rng.integers(1, 6))


def _two_in_one(grey, weights):
    return np.einsum("c,rk->rkc", grey, weights)


def _two_added(grey, weights):
    return np.add.outer(weights, grey)


def _two_channels_first(grey, weights):
    return np.moveaxis(_two_in_one(grey, weights), -1, 0)


def _two_without_grey(grey, weights):
    return _two_in_one(np.ones_like(grey), weights)


def _two_flat(grey, weights):
    return _two_in_one(grey, weights).sum(axis=-1)


def _two_divided(grey, weights):
    return _two_in_one(grey, weights) / len(grey)


def _draw_two(rng):
    return rng.integers(1, 6, int(rng.integers(2, 5))), rng.integers(-4, 5, (int(rng.integers(2, 4)), 4))


def _answers(image, weights, bias):
    return _layer(image, np.reshape(weights, (1, 1, -1)), bias)


def _count_found(image, weights, bias):
    return int(np.sum(_answers(image, weights, bias) > 0))


def _count_without_bias(image, weights, bias):
    return _count_found(image, weights, 0)


def _count_bias_for_each_channel(image, weights, bias):
    return _count_found(image, weights, bias * len(weights))


def _count_zeros_too(image, weights, bias):
    return int(np.sum(_answers(image, weights, bias) >= 0))


def _count_partial_sums(image, weights, bias):
    return int(np.sum(image * weights + bias > 0))


def _count_summed(image, weights, bias):
    return float(np.sum(np.maximum(_answers(image, weights, bias), 0)))


def _count_as_a_share(image, weights, bias):
    return float(np.mean(_answers(image, weights, bias) > 0))


def _draw_count(rng):
    image = rng.integers(0, 5, (int(rng.integers(4, 7)), int(rng.integers(5, 7)), 3))
    return image, rng.permutation([-2, -1, 1, 2, 3])[:3], int(rng.choice([-3, -2, -1, 1, 2]))


def _lost_channel(image, weights, bias, feature_map, lost):
    return (feature_map - _answers(image, weights, bias)) / weights[lost]


def _lost_without_bias(image, weights, bias, feature_map, lost):
    return _lost_channel(image, weights, 0, feature_map, lost)


def _lost_bias_added(image, weights, bias, feature_map, lost):
    return _lost_channel(image, weights, -bias, feature_map, lost)


def _lost_not_divided(image, weights, bias, feature_map, lost):
    return _lost_channel(image, weights, bias, feature_map, lost) * weights[lost]


def _lost_multiplied(image, weights, bias, feature_map, lost):
    return _lost_channel(image, weights, bias, feature_map, lost) * weights[lost] ** 2


def _lost_others_left_in(image, weights, bias, feature_map, lost):
    return _lost_channel(np.zeros_like(image), weights, bias, feature_map, lost)


def _lost_others_unweighted(image, weights, bias, feature_map, lost):
    return (feature_map - bias - image.sum(axis=-1)) / weights[lost]


def _lost_turned(image, weights, bias, feature_map, lost):
    return -_lost_channel(image, weights, bias, feature_map, lost)


def _lost_in_its_image(image, weights, bias, feature_map, lost):
    whole = image.astype(float)
    whole[:, :, lost] = _lost_channel(image, weights, bias, feature_map, lost)
    return whole


def _draw_lost(rng):
    channels = int(rng.integers(3, 5))
    image = rng.integers(0, 10, (int(rng.integers(2, 4)), int(rng.integers(3, 5)), channels))
    weights, bias = rng.permutation([-4, -3, -2, 2, 3, 5])[:channels], int(rng.integers(1, 6))
    lost = int(rng.integers(channels))
    feature_map = image @ weights + bias
    image[:, :, lost] = 0
    return image, weights, bias, feature_map, lost


def _orders(image, kernel, feature_map):
    return [
        order for order in permutations(range(3)) if np.allclose(_layer(image[:, :, list(order)], kernel), feature_map)
    ]


def _channel_order(image, kernel, feature_map):
    return _orders(image, kernel, feature_map)[0]


def _order_the_other_way(image, kernel, feature_map):
    return np.argsort(_channel_order(image, kernel, feature_map))


def _order_from_1(image, kernel, feature_map):
    return np.add(_channel_order(image, kernel, feature_map), 1)


def _order_as_it_was(image, kernel, feature_map):
    return [0, 1, 2]


def _order_backwards(image, kernel, feature_map):
    return _channel_order(image, kernel, feature_map)[::-1]


def _order_always_turned(image, kernel, feature_map):
    return [2, 1, 0]


def _draw_order(rng):
    while True:
        image, kernel = rng.integers(0, 10, (4, int(rng.integers(4, 6)), 3)), rng.integers(-3, 4, (2, 2, 3))
        order = rng.permutation(3)
        feature_map = _layer(image[:, :, order], kernel).astype(int)
        if len(_orders(image, kernel, feature_map)) == 1 and not np.array_equal(order, range(3)):
            return image, kernel, feature_map


QUESTIONS = (
    Question(
        name="output_shape",
        level="core",
        points=1,
        asks="A layer with 4 filters of 3 × 3 reads a photo of shape (10, 12, 3), without padding. Which shape has its "
        "output?",
        answer=(8, 10, 4),
        mistakes=(
            ((8, 10, 3), 0, "3 is how many channels come in. How many maps come out?"),
            ((8, 10, 12), 0, "A filter makes a partial sum for each channel, and then adds them: one map a filter."),
            ((8, 10, 1), 0, "One map is what one filter makes. Here are several."),
            ((10, 12, 4), 0.5, "The number of maps is right. But at the rim the filters do not fit."),
            ((7, 9, 4), 0.5, "You found how far a filter moves. Its first place counts too."),
            ((10, 8, 4), 0.5, "Rows and columns are swapped: the rows come first."),
            ((8, 10), 0.5, "The size of a map is right. The last axis says how many maps there are."),
        ),
        hint="Rows and columns shrink as for a grey image. The last axis counts the maps: how many does a filter make?",
        why="10 − 3 + 1 = 8 rows, 12 − 3 + 1 = 10 columns, and one map for each of the 4 filters.",
    ),
    Question(
        name="one_pixel",
        level="core",
        points=1,
        asks="A 1 × 1 filter has the weights 1, −2 and 3 for red, green and blue, and the bias −1. What does it give "
        "on a pixel with red 5, green 2 and blue 3?",
        answer=9,
        mistakes=(
            (10, 0.5, "The partial sums are added, but the bias is missing. It is added once, at the end."),
            (7, 0.5, "It looks as if the bias was added for each channel. A filter has one bias, added once."),
            (11, 0.5, "You took the bias away. It is added, and it is −1."),
            (13, 0, "You began with the weight for blue. The order is red, green, blue."),
            (17, 0, "You left out a sign: the weight for green is negative."),
            (4, 0, "This is red alone. All three channels count."),
            ([5, -4, 9], 0, "These are the three partial sums. One place gives one number: add them, then the bias."),
            ([4, -5, 8], 0, "One place gives one number. Add the three partial sums first, then the bias, once."),
        ),
        hint="Multiply each channel by its own weight, add the three products, then add the bias.",
        why="5 − 4 + 9 = 10, and the bias makes it 9.",
    ),
    Question(
        name="colour_map",
        level="core",
        points=2,
        asks="An image of 2 rows, 3 columns and 3 channels meets a filter of 1 row and 2 columns, bias 2. Which map "
        "comes out?",
        answer=[[1, 5], [7, 1]],
        mistakes=(
            (
                [[-1, 3], [5, -1]],
                1,
                "The three channels are added, but the bias is missing: once for each number.",
            ),
            ([[5, 9], [11, 5]], 1, "It looks as if the bias was added for each channel. A filter has one bias."),
            ([[3, 4], [3, 4]], 0, "This is red alone, with the bias. The filter has a slice for each channel."),
            (
                [[[1, 2], [1, 2]], [[-2, 0], [0, -3]], [[0, 1], [4, 0]]],
                1,
                "These are the maps of the three slices. One filter makes one map: add them, then the bias.",
            ),
            (
                [[[3, 4], [3, 4]], [[0, 2], [2, -1]], [[2, 3], [6, 2]]],
                0.5,
                "These are three maps, each with the bias. One filter makes one map: add them, and the bias once.",
            ),
            ([[2, 3], [2, 6]], 0, "You turned the filter round. Its first weight lies on the window's left pixel."),
            ([[1, 7], [5, 1]], 1, "Rows and columns of your map are swapped."),
            ([1, 5, 7, 1], 1.5, "The four numbers are right. Write them as two rows, a list of two lists."),
        ),
        hint="Slide each slice over its own channel: three small maps. Add them cell by cell, then add the bias.",
        why="Each slice makes a map of its own, and their sum with the bias is the one map of the filter.",
    ),
    Question(
        name="yellow",
        level="core",
        points=1,
        asks="Which weights for red, green and blue give more than 0 on yellow and exactly 0 on white, grey and black: "
        "'a' 1, 1, 0, 'b' 1, 1, −2, 'c' 1, −1, 0 or 'd' −1, −1, 2?",
        answer="b",
        mistakes=(
            ("a", 0, "Red and green add up to more than 0 on white as well. Which channel tells white from yellow?"),
            ("c", 0, "Yellow has as much red as green, so these two cancel."),
            ("d", 0, "The weights add up to 0, but the signs are turned: on yellow this is below 0."),
        ),
        hint="Yellow is red 1, green 1, blue 0, and white is 1, 1, 1. Try each filter on both.",
        why="Yellow is what has red and green but no blue, and weights that add up to 0 give 0 on all greys.",
    ),
    Question(
        name="slide_colour",
        level="core",
        points=3,
        asks="Write slide_colour(image, kernel, bias): the one map of one filter on an image of any number of "
        "channels, without padding, with loops or slices.",
        answer=_slide_colour,
        mistakes=(
            (
                _slide_not_added,
                1,
                "Your map has a number for each channel. One place gives one number.",
            ),
            (_slide_without_bias, 1, "The bias is forgotten. Add it once to every number of the map."),
            (_slide_bias_for_each_channel, 1, "The bias is added for each channel. Add it once, after the channels."),
            (_slide_bias_each_time, 1, "The bias is added with every product. Add it once, after the sum."),
            (_slide_one_channel, 0, "You used channel 0 only. The filter has a slice for each channel."),
            (_slide_mean, 1, "You took the mean of the channels. They are added, not averaged."),
            (
                _slide_channels_reversed,
                0.5,
                "Your slices lie on the wrong channels: the last one on the first channel.",
            ),
            (_slide_flipped, 1, "Your filter is turned round before it slides. A layer lays it on as it stands."),
            (_slide_one_short, 1, "The last row and the last column of the map are missing: off by one."),
        ),
        hint="A window is a block of rows, columns and all channels. Multiply it by the kernel, sum all, add the bias.",
        why="However many channels there are: one place, one sum over all of them, one bias.",
        cases=(
            (np.array([[[1, 2], [3, 0], [0, 4]]]), np.array([[[1, 1], [2, -1]]]), 5),
            (np.arange(36).reshape(3, 4, 3) ** 2 % 7, np.array([[[1, 0, 2], [0, -1, 1]], [[3, 1, 0], [-2, 0, 4]]]), 2),
        ),
        draw=_draw_slide,
    ),
    Question(
        name="two_in_one",
        level="more",
        points=2,
        asks="A 1 × 1 filter with the weights grey makes a grey image of a colour image, and a second filter slides "
        "over that. Write two_in_one(grey, weights): the one filter that does both, shape (rows, columns, channels).",
        answer=_two_in_one,
        mistakes=(
            (_two_added, 0, "You added the weights. Each channel is first multiplied by one, then by the other."),
            (_two_channels_first, 1, "The numbers are right, but the axes are not: rows, columns, channels."),
            (_two_without_grey, 0, "All your slices are the same. Green may count more than red: where is grey?"),
            (_two_flat, 0, "You added the slices up. The filter still needs one slice for each channel."),
            (
                _two_divided,
                1,
                "You divided by the number of channels. Nothing is averaged here.",
            ),
        ),
        hint="How much does a channel count in the grey image? And how much does grey count in the second filter?",
        why="Both steps multiply and add, so one filter does both: a slice is the second filter times a grey weight.",
        cases=(
            (np.array([1, 2, 0]), np.array([[1, -1]])),
            (np.array([3, 1]), np.array([[0, 2, 1], [1, 0, -2]])),
        ),
        draw=_draw_two,
    ),
    Question(
        name="count_found",
        level="more",
        points=2,
        asks="Write count_found(image, weights, bias): on how many pixels a 1 × 1 filter with this bias gives more "
        "than 0.",
        answer=_count_found,
        mistakes=(
            (_count_without_bias, 0.5, "The bias is forgotten. It is the threshold: it decides what is above 0."),
            (_count_bias_for_each_channel, 0.5, "The bias is added for each channel. Add it once, after the channels."),
            (_count_zeros_too, 1, "You counted the pixels with exactly 0, too. More than 0 was asked for."),
            (
                _count_partial_sums,
                0,
                "You counted partial sums. Add a pixel's channels first: one pixel, one answer.",
            ),
            (_count_summed, 0.5, "You added up the answers above 0. How many are they?"),
            (_count_as_a_share, 1, "This is the share of the pixels. Their number was asked for."),
        ),
        hint="First one answer for each pixel: a sum over its channels, and the bias. Then count those above 0.",
        why="Sum over the channels, add the bias once, compare with 0, count.",
        cases=(
            (np.array([[[1, 0, 0], [1, 1, 1]], [[2, 0, 1], [0, 0, 3]]]), np.array([2, -1, -1]), -1),
            (
                np.array([[[4, 0, 2], [3, 0, 4], [3, 2, 3]], [[1, 3, 2], [0, 4, 4], [3, 3, 0]]]),
                np.array([-1, 2, 3]),
                -3,
            ),
        ),
        draw=_draw_count,
    ),
    Question(
        name="lost_channel",
        level="more",
        points=3,
        asks="Channel lost of an image was set to 0, but the map that a 1 × 1 filter had made of the whole image is "
        "still there. Write lost_channel(image, weights, bias, feature_map, lost): the lost channel.",
        answer=_lost_channel,
        mistakes=(
            (_lost_without_bias, 1.5, "You forgot the bias. It is in the map, so take it away."),
            (_lost_bias_added, 1.5, "The bias has the wrong sign. It was added to make the map, so take it away."),
            (
                _lost_not_divided,
                1.5,
                "This is the partial sum of the lost channel. How do you get its pixels from that?",
            ),
            (_lost_multiplied, 1, "You multiplied by the weight once more. The filter has multiplied by it already."),
            (_lost_others_left_in, 1, "The other channels are still in it. Take their partial sums away, too."),
            (
                _lost_others_unweighted,
                1,
                "You took the other channels away as they are. Where are their weights?",
            ),
            (_lost_turned, 2, "All signs are turned: begin with the map, and take away from it what you know."),
            (
                _lost_in_its_image,
                2,
                "What you found is right. Return the lost channel alone, a grid of rows and columns.",
            ),
        ),
        hint="The map is the bias and all partial sums together. Take away what you know. How was the rest made?",
        why="What the bias and the other channels leave is the lost partial sum, and its weight turns it into pixels.",
        cases=(
            (np.array([[[1, 0, 2], [3, 0, 0]]]), np.array([1, 2, 3]), 4, np.array([[21, 15]]), 1),
            (
                np.array([[[2, 1, 0], [0, 5, 0]], [[4, 4, 0], [7, 0, 0]]]),
                np.array([3, -2, -4]),
                1,
                np.array([[-7, -21], [-3, 2]]),
                2,
            ),
            (np.array([[[0, 1, 2, 3], [0, 3, 0, 1]]]), np.array([2, -1, 1, 3]), 3, np.array([[23, 11]]), 0),
        ),
        draw=_draw_lost,
    ),
    Question(
        name="channel_order",
        level="stretch",
        points=3,
        asks="The three channels of an image came to a filter in another order. Write channel_order(image, kernel, "
        "feature_map): order[k] is the channel of the image that slice k of the filter lay on.",
        answer=_channel_order,
        mistakes=(
            (
                _order_the_other_way,
                1.5,
                "This is the order seen from the other side: for each channel its slice. Asked for is the channel of "
                "each slice.",
            ),
            (_order_from_1, 2, "Your order is right, but channels count from 0."),
            (_order_as_it_was, 0, "This order changes nothing. Compare the map you get with the map you are given."),
            (_order_backwards, 1, "You read the order from the wrong end. Begin with slice 0."),
            (
                _order_always_turned,
                0,
                "Red and blue are often swapped, but not always. Try other orders as well.",
            ),
        ),
        hint="There are only six orders. image[:, :, [2, 0, 1]] is one of them: make its map, and compare.",
        why="A filter means nothing without the order of its channels, and its map gives the order away.",
        cases=(
            (np.array([[[1, 5, 2]]]), np.array([[[100, 10, 1]]]), np.array([[215]])),
            (
                np.array([[[1, 2, 3], [4, 0, 1]], [[0, 5, 2], [3, 1, 6]]]),
                np.array([[[1, 0, -1]], [[2, 3, 0]]]),
                np.array([[17, 16]]),
            ),
        ),
        draw=_draw_order,
    ),
)
