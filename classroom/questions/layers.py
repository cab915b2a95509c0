"""The questions of the assignment "Layers": shapes and counts of a stack, ReLU, pooling, and how far a cell sees."""

from functools import partial

import numpy as np

from classroom.question import Question
from convtools import AveragePooling2D, Conv2D, MaxPooling2D, Sequential, receptive_field


def _pool(maps, size, strides, layer=MaxPooling2D):
    return layer(size, strides)(maps[np.newaxis])[0]


def _pool_no_overlap(maps, size, strides):
    return _pool(maps, size, size)


def _pool_each_place(maps, size, strides):
    return _pool(maps, size, 1)


def _pool_mean(maps, size, strides):
    return _pool(maps, size, strides, AveragePooling2D)


def _pool_channels_too(maps, size, strides):
    return _pool(maps, size, strides).max(axis=-1)


def _pool_from_zero(maps, size, strides):
    return np.maximum(_pool(maps, size, strides), 0)


def _pool_cut_windows(maps, size, strides):
    rows, columns, _ = maps.shape
    return np.array(
        [
            [maps[r : r + size, c : c + size].max(axis=(0, 1)) for c in range(0, columns, strides)]
            for r in range(0, rows, strides)
        ]
    )


def _pool_one_short(maps, size, strides):
    return _pool(maps, size, strides)[:-1, :-1]


def _pool_maps_first(maps, size, strides):
    return np.moveaxis(_pool(maps, size, strides), -1, 0)


def _draw_pool(rng):
    size, strides = int(rng.integers(2, 4)), int(rng.integers(1, 4))
    shape = (int(rng.integers(5, 7)), int(rng.integers(6, 9)), int(rng.integers(2, 4)))
    return rng.integers(-30, 6, shape), size, strides


def _stack(image, first, second, bias, between="relu", after="relu", first_bias=0):
    """The map of two layers: `first` (rows, columns, filters) reads the image, `second` reads its maps."""
    filters = first.shape[-1]
    layers = [Conv2D(filters, first.shape[:2], activation=between, input_shape=(*image.shape, 1))]
    layers += [Conv2D(1, second.shape[:2], activation=after)]
    model = Sequential(layers)
    model.set_weights([first[:, :, np.newaxis], np.full(filters, first_bias), second[..., np.newaxis], [bias]])
    return model(image[np.newaxis, :, :, np.newaxis])[0, :, :, 0]


def _stack_without_bias(image, first, second, bias):
    return _stack(image, first, second, 0)


def _stack_bias_twice(image, first, second, bias):
    return _stack(image, first, second, bias, first_bias=bias)


def _stack_bias_each_map(image, first, second, bias):
    return _stack(image, first, second, bias * first.shape[-1])


def _stack_first_map(image, first, second, bias):
    return _stack(image, first[:, :, :1], second[:, :, :1], bias)


def _stack_maps_apart(image, first, second, bias):
    each = range(first.shape[-1])
    return np.stack([_stack(image, first[:, :, [n]], second[:, :, [n]], bias) for n in each], axis=-1)


def _stack_flipped(image, first, second, bias):
    return _stack(image, first[::-1, ::-1], second[::-1, ::-1], bias)


def _stack_axis_left(image, first, second, bias):
    return _stack(image, first, second, bias)[..., np.newaxis]


def _draw_stack(rng):
    filters = int(rng.integers(2, 4))
    image = rng.integers(0, 6, (int(rng.integers(5, 7)), int(rng.integers(5, 8))))
    first, second = (rng.integers(-2, 4, (int(rng.integers(1, 4)), int(rng.integers(2, 4)), filters)) for _ in "12")
    return image, first, second, int(rng.integers(-6, 0))


def _corner(ones, shape=(2, 2, 2)):
    kernel = np.zeros(shape, int)
    for at in ones:
        kernel[at] = 1
    return kernel


def _seen(layers, place):
    first = place * int(np.prod([strides for _, strides in layers]))
    return [first, first + receptive_field(layers) - 1]


def _seen_end_after(layers, place):
    first, last = _seen(layers, place)
    return [first, last + 1]


def _seen_width_last(layers, place):
    first, last = _seen(layers, place)
    return [first, last - first + 1]


def _seen_width(layers, place):
    return receptive_field(layers)


def _seen_forwards(layers, place):
    return _seen(layers[::-1], place)


def _seen_without_strides(layers, place):
    return _seen([[kernel_size, 1] for kernel_size, _ in layers], place)


def _seen_last_layer(layers, place):
    return _seen(layers[-1:], place)


def _seen_side_by_side(layers, place):
    return _seen([[kernel_size, kernel_size] for kernel_size, _ in layers], place)


def _draw_seen(rng):
    count = int(rng.integers(2, 4))
    layers = [[int(rng.integers(2, 6)), int(rng.integers(1, 4))] for _ in range(count)]
    return layers, int(rng.integers(1, 6))


def _one_filter(first, second):
    rows, columns = np.add(first.shape, second.shape) - 1
    light = np.zeros((1, 2 * rows - 1, 2 * columns - 1, 1))
    light[0, rows - 1, columns - 1] = 1  # a lone 1: the map is the filter turned round
    layers = [Conv2D(1, first.shape, input_shape=light.shape[1:]), Conv2D(1, second.shape)]
    model = Sequential(layers)
    model.set_weights([first[:, :, np.newaxis, np.newaxis], [0], second[:, :, np.newaxis, np.newaxis], [0]])
    return model(light)[0, ::-1, ::-1, 0]


def _one_filter_turned(first, second):
    return _one_filter(first, second)[::-1, ::-1]


def _one_filter_first_turned(first, second):
    return _one_filter(first[::-1, ::-1], second)


def _one_filter_second_turned(first, second):
    return _one_filter(first, second[::-1, ::-1])


def _one_filter_cut(first, second):
    return _one_filter(first, second)[: len(first), : len(first[0])]


def _one_filter_side_by_side(first, second):
    return np.kron(second, first)


def _one_filter_sum(first, second):
    total = np.zeros(np.add(first.shape, second.shape) - 1)
    total[: len(first), : len(first[0])] += first
    total[-len(second) :, -len(second[0]) :] += second
    return total


def _draw_two(rng):
    return tuple(rng.integers(-3, 5, (int(rng.integers(2, 4)), int(rng.integers(2, 4)))) for _ in "12")


QUESTIONS = (
    Question(
        name="flat_length",
        level="core",
        points=1,
        asks="An image of shape (28, 28, 1) goes through Conv2D(8, 5), MaxPooling2D(2), Conv2D(16, 3), MaxPooling2D(2) "
        "and Flatten. How many numbers come out?",
        answer=400,
        mistakes=(
            (784, 0, "You kept the size in the convolutional layers. Without padding each of them loses a rim."),
            (576, 0, "The second convolutional layer loses a rim, too, before the last pooling."),
            (1600, 0.5, "The last pooling is missing."),
            (3200, 0, "You multiplied the filters of both layers. The second makes as many maps as it has filters."),
            (600, 0, "You added the filters of both layers. The maps of the first are read, they do not come out."),
            (25, 0, "This is one map. How many maps does Flatten get?"),
            (80, 0, "You took one row of each map. A map has rows and columns."),
        ),
        hint="Write the shape (rows, columns, maps) after each layer. Flatten only puts all numbers in one row.",
        why="28, 24, 12, 10, 5: and 5 · 5 · 16 = 400.",
    ),
    Question(
        name="all_parameters",
        level="core",
        points=2,
        asks="How many parameters has this stack in all: Conv2D(8, 5) on one channel, MaxPooling2D(2), Conv2D(16, 3), "
        "MaxPooling2D(2), Flatten?",
        answer=1376,
        mistakes=(
            (1352, 1, "These are the weights. Each filter of both layers has a bias besides."),
            (1354, 1, "You counted one bias for each layer. Each filter has its own."),
            (1488, 1, "You gave a bias to each slice of a filter. A filter has one for all its channels."),
            (368, 0, "The filters of the second layer are deeper than one slice: what do they read?"),
            (1168, 0, "This is the second convolutional layer. The first has parameters, too."),
            (208, 0, "This is the first convolutional layer. The second has parameters, too."),
            (
                1384,
                0,
                "It looks as if each pooling had a weight for each cell of its window. It only picks the largest.",
            ),
        ),
        hint="Which of the five layers have parameters at all? And how many channels does the second Conv2D read?",
        why="(5 · 5 · 1 + 1) · 8 = 208 and (3 · 3 · 8 + 1) · 16 = 1168. Pooling and Flatten have none.",
    ),
    Question(
        name="pooled_row",
        level="core",
        points=2,
        asks="The row 0, 3, 1, 1, 4, 2, 0, 1, 5 goes through the filter [-1, 2] with bias −1, then ReLU, then max "
        "pooling by 2. Which numbers come out?",
        answer=[5, 6, 0, 8],
        mistakes=(
            ([5, 6, -1, 8], 1, "A number below 0 is left. What does ReLU do, after the bias was added?"),
            ([6, 7, 0, 9], 1, "The bias is missing. It is added to each sum, before ReLU."),
            ([5, 0, 0, 6, 0, 0, 1, 8], 1, "This is right up to ReLU. The pooling is missing."),
            ([5, 0, 6, 6, 0, 1, 8], 1, "Your pooling windows overlap. Move by two numbers each time."),
            ([2.5, 3, 0, 4.5], 1, "This is the mean of each pair. Max pooling keeps the larger number."),
            ([5, 6, 0, 9], 1, "This is the sum of each pair. Max pooling keeps the larger number."),
            ([4, 0, 5, 0], 0, "Your filter is turned round. Its first weight lies on the window's first number."),
        ),
        hint="Eight windows give eight numbers. Add the bias, make all below 0 zero, then keep the larger of each two.",
        why="After ReLU there are 5, 0, 0, 6, 0, 0, 1, 8, and the larger of each pair stays.",
    ),
    Question(
        name="pool_maps",
        level="core",
        points=3,
        asks="Write pool_maps(maps, size, strides): max pooling with windows of size × size that move by strides, "
        "without padding, with loops or slices. maps is (rows, columns, channels), and so is the result.",
        answer=_pool,
        mistakes=(
            (
                _pool_no_overlap,
                1,
                "You move by the size of the window. It must move by strides, which may be another number.",
            ),
            (_pool_each_place, 1, "You move by one cell each time. The window moves by strides."),
            (_pool_mean, 1, "This is the mean of each window. Max pooling keeps the largest number."),
            (_pool_channels_too, 1, "You took the largest number of all channels. Each channel is pooled by itself."),
            (
                _pool_from_zero,
                2,
                "There are zeros where all numbers of a window are negative. Do not start the search at 0.",
            ),
            (
                _pool_cut_windows,
                1,
                "Some of your windows hang over the rim. Without padding, only whole windows count.",
            ),
            (_pool_one_short, 1, "The last row and column of windows are missing: off by one. Count the places again."),
            (
                _pool_maps_first,
                2,
                "The numbers are right, but the channels stand first. They were asked for as the last.",
            ),
        ),
        hint="There are (rows - size) // strides + 1 places down, and across likewise. At each take the window, and "
        "its largest number in each channel: .max(axis=(0, 1)).",
        why="Pooling has no weights: it only picks, in each map by itself.",
        cases=(
            (np.array([[[4], [1], [0], [2], [6]], [[3], [5], [7], [0], [1]]]), 2, 1),
            (np.arange(84).reshape(6, 7, 2) * 5 % 23 - 19, 3, 2),
        ),
        draw=_draw_pool,
    ),
    Question(
        name="two_layers",
        level="more",
        points=3,
        asks="Write two_layers(image, first, second, bias): the map of two stacked layers with ReLU after each. image "
        "is (rows, columns), first the filters of the first layer as (rows, columns, filters), second the one filter "
        "of the second as (rows, columns, maps), and bias its bias.",
        answer=_stack,
        mistakes=(
            (partial(_stack, between=None), 1, "There is no ReLU after the first layer. Its maps must not go below 0."),
            (
                partial(_stack, after=None),
                2,
                "Numbers below 0 are left. ReLU comes last, after the second layer's bias.",
            ),
            (
                partial(_stack, between=None, after=None),
                0,
                "There is no ReLU at all. It comes after each of the layers.",
            ),
            (_stack_without_bias, 2, "The bias is forgotten. The second layer adds it, before its ReLU."),
            (_stack_bias_twice, 1, "You added the bias in the first layer, too. It belongs to the second."),
            (
                _stack_bias_each_map,
                1,
                "You added the bias once for each map. It comes once, after all maps were summed.",
            ),
            (_stack_first_map, 0, "Your second layer reads the first map only. It sums over all of them."),
            (
                _stack_maps_apart,
                0,
                "You kept the maps apart. The second layer has one filter, which sums over all maps.",
            ),
            (_stack_flipped, 1, "Your filters are turned round before they slide. A layer lays them on as they stand."),
            (
                _stack_axis_left,
                2,
                "The numbers are right, but there is one axis too many: rows and columns were asked for.",
            ),
        ),
        hint="First make all maps, with ReLU, as an array (rows, columns, maps). Then slide second over it: at each "
        "place the window times second, all summed up, plus the bias. Then ReLU again.",
        why="The second layer never sees the image, only the maps of the first.",
        cases=(
            (np.array([[1, 3, 2, 5]]), np.array([[[-1, 1], [1, -1]]]), np.array([[[1, 0], [0, 2]]]), -3),
            (
                np.arange(30).reshape(5, 6) * 7 % 5,
                np.arange(18).reshape(2, 3, 3) % 4 - 1,
                np.arange(12).reshape(2, 2, 3) % 4 - 1,
                -2,
            ),
        ),
        draw=_draw_stack,
    ),
    Question(
        name="corner_weights",
        level="more",
        points=2,
        asks="Map 0 shows left edges, map 1 lower edges. Which filter of shape (2, 2, 2), with two ones, all other "
        "weights 0, and bias −3, finds the lower left corners of bright rectangles?",
        answer=_corner([(0, 0, 0), (1, 1, 1)]),
        mistakes=(
            (
                _corner([(1, 0, 0), (0, 1, 1)]),
                1,
                "This one finds upper left corners: there the left edge goes down. Which way does it go here?",
            ),
            (_corner([(0, 0, 1), (1, 1, 0)]), 1, "The places are right, but the maps are exchanged."),
            (
                _corner([(1, 0, 0), (1, 1, 1)]),
                1,
                "Map 1 is right. But beside the corner itself map 0 is only 1: where is it 2?",
            ),
            (
                _corner([(0, 0, 0), (0, 1, 1)]),
                0.5,
                "Map 0 is right. The lower edge goes to the right from the corner: in which row of the window?",
            ),
            (
                _corner([(0, 1, 0), (1, 0, 1)]),
                0,
                "This wants the left edge on the right side of the window. Draw a lower left corner on paper.",
            ),
            (
                _corner([(1, 0, 0), (1, 0, 1)]),
                0,
                "At the corner itself both maps are only 1. Look where each of them is 2.",
            ),
            (np.ones((2, 2, 2)), 0, "Two ones were asked for. Where is each map strongest near the corner?"),
        ),
        hint="Let the first layer draw both maps of a rectangle. Near the lower left corner, where does map 0 hold a "
        "2, and where does map 1?",
        why="The left edge goes up from the corner, the lower edge goes right: 2 + 2 − 3 = 1, but one edge alone is 0.",
    ),
    Question(
        name="seen_cells",
        level="more",
        points=3,
        asks="Write seen_cells(layers, place): the first and the last position of the input that the cell at place of "
        "the last map sees. layers is a list of [kernel_size, strides], the first layer first.",
        answer=_seen,
        mistakes=(
            (_seen_end_after, 2, "The last position is one too high: it should be the last cell that is still seen."),
            (_seen_width_last, 1, "The first position is right. But the second number is how many cells are seen."),
            (_seen_width, 1, "This is how many cells are seen. Which is the first, and which the last?"),
            (
                _seen_forwards,
                1,
                "You start at the first layer. Start at the last: its cell is given, go back to the input.",
            ),
            (_seen_without_strides, 1, "You left out the strides: cell p of a map reads from position p · strides on."),
            (_seen_last_layer, 0, "This is what the last layer reads of the map before it. Go on back to the input."),
            (_seen_side_by_side, 0, "It looks as if windows moved by their own width. They move by their strides."),
        ),
        hint="A cell p of a map reads the cells p · strides to p · strides + kernel_size - 1 before it. Start with the "
        "last layer, and carry the first and the last cell back through all layers.",
        why="All strides multiplied say where the window starts, and how far it moves for the next cell.",
        cases=(([[3, 1], [2, 2]], 1), ([[3, 2], [2, 1], [4, 3]], 2)),
        draw=_draw_seen,
    ),
    Question(
        name="one_filter",
        level="stretch",
        points=3,
        asks="Two layers are stacked, each with one filter, without bias, padding or ReLU. Write one_filter(first, "
        "second): the one filter that alone gives the same map. All filters are (rows, columns).",
        answer=_one_filter,
        mistakes=(
            (
                _one_filter_turned,
                2,
                "The right numbers, but turned round. Which weight lies on the window's first number?",
            ),
            (_one_filter_first_turned, 1, "It looks as if the first filter was turned round. Both lie as they stand."),
            (
                _one_filter_second_turned,
                1,
                "It looks as if the second filter was turned round. Both are laid on as they stand.",
            ),
            (_one_filter_cut, 1, "Your filter is only as large as the first one. How far do both together see?"),
            (
                _one_filter_side_by_side,
                1,
                "You put the copies of the first filter side by side. Windows overlap: add them up.",
            ),
            (
                _one_filter_sum,
                0,
                "You added the two filters. The second layer multiplies what the first has summed up.",
            ),
        ),
        hint="Each weight of the second filter takes the first filter, moved to that weight's place, times the weight. "
        "Add all these copies up in an array as large as both together see.",
        why="Without ReLU two layers can do no more than one. That is why ReLU comes between them.",
        cases=(
            (np.array([[1, 2]]), np.array([[3, 4]])),
            (np.array([[1, 0, 2], [-1, 3, 1]]), np.array([[2, 1], [0, -1], [1, 4]])),
        ),
        draw=_draw_two,
    ),
)
