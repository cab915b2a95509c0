"""Exercises and questions of the chapter "The same in Keras"."""

import numpy as np

from convtools.check import Exercise


def to_torch(kernel):
    """Return a kernel (rows, columns, channels, filters) in PyTorch's order: (filters, channels, rows, columns)."""
    return np.transpose(kernel, (3, 2, 0, 1))


def dense_to_torch(kernel, rows, columns, channels):
    """Return the kernel of a Dense after Flatten in PyTorch's order: (units, channels * rows * columns)."""
    units = kernel.shape[1]
    return kernel.reshape(rows, columns, channels, units).transpose(3, 2, 0, 1).reshape(units, -1)


KERNELS = ((np.arange(180).reshape(3, 5, 2, 6),), (np.arange(16).reshape(2, 2, 1, 4),))
DENSE = ((np.arange(48).reshape(12, 4), 2, 3, 2), (np.arange(36).reshape(18, 2), 3, 2, 3))
ROWS = ((np.array([1, 2, 3, 4, 5, 6]), np.array([100, 10, 1])), (np.array([0, 0, 1, 0, 4]), np.array([2, 5])))

EXERCISES = (
    Exercise(
        name="to-torch",
        question=(
            "Write a function `to_torch(kernel)` that takes a kernel of shape (rows, columns, channels, filters) and "
            "returns it in PyTorch's order, (filters, channels, rows, columns)."
        ),
        answer=to_torch,
        mistakes=(
            (
                lambda kernel: kernel.T,
                "`.T` turns all four axes round, so columns come before rows. Each filter lies on its side.",
            ),
            (
                lambda kernel: kernel.reshape(to_torch(kernel).shape),
                "The shape is right, but reshape has mixed the weights. It moves no axis: use np.transpose.",
            ),
            (
                lambda kernel: np.transpose(kernel, (2, 3, 0, 1)),
                "Channels and filters have changed places. The filters come first.",
            ),
            (
                lambda kernel: np.transpose(kernel, (2, 3, 1, 0)),
                "This is the way back, from PyTorch to Keras.",
            ),
            (lambda kernel: kernel, "This is Keras's order still."),
        ),
        hint="np.transpose takes, for each new axis, the number of the old one. Which old axis are the filters?",
        why="The new axes are the old ones 3, 2, 0 and 1: filters, channels, rows, columns.",
        cases=KERNELS,
    ),
    Exercise(
        name="convolve",
        question=(
            'Write a function `convolve(x, weights)` that gives what `np.convolve(x, weights, mode="valid")` gives, '
            "but uses `np.correlate`."
        ),
        answer=lambda x, weights: np.convolve(x, weights, mode="valid"),
        mistakes=(
            (
                lambda x, weights: np.correlate(x, weights, mode="valid"),
                "This is the cross-correlation. A convolution flips the filter first.",
            ),
            (
                lambda x, weights: np.correlate(x[::-1], weights, mode="valid"),
                "You flipped the input, so the map comes out backwards. Flip the filter.",
            ),
            (
                lambda x, weights: np.correlate(x[::-1], weights[::-1], mode="valid"),
                "You flipped both, input and filter. Flip the filter only.",
            ),
            (
                lambda x, weights: np.correlate(x, -weights, mode="valid"),
                "Flipping changes the order of the weights, not their signs.",
            ),
        ),
        hint="weights[::-1] is the filter turned round.",
        why="A convolution is a cross-correlation with the flipped filter.",
        cases=ROWS,
    ),
    Exercise(
        name="from-torch",
        question=(
            "A PyTorch layer has a weight of shape (64, 32, 5, 3). Which shape has the same kernel in Keras, and in "
            "this book?"
        ),
        answer=(5, 3, 32, 64),
        mistakes=(
            ((3, 5, 32, 64), "Rows come before columns in both libraries."),
            ((5, 3, 64, 32), "In Keras the filters come last. PyTorch has them first."),
            ((64, 32, 5, 3), "This is PyTorch's order: filters, channels, rows, columns."),
            ((32, 64, 5, 3), "The sizes of the window, 5 and 3, come first in Keras."),
        ),
        hint="Name the four numbers first: filters, channels, rows, columns. Then put them in Keras's order.",
        why="Rows 5, columns 3, channels 32, filters 64.",
    ),
    Exercise(
        name="dense",
        question=(
            "Maps of shape (rows, columns, channels) are flattened, and a Dense layer with the given kernel reads "
            "them. PyTorch flattens the same maps as (channels, rows, columns). Write "
            "`dense_to_torch(kernel, rows, columns, channels)`, which returns the weight for PyTorch: units first, and "
            "in the new order of the inputs."
        ),
        answer=dense_to_torch,
        mistakes=(
            (
                lambda kernel, rows, columns, channels: kernel.T,
                "Units and inputs have changed places, as they should. But the inputs come in Keras's order still.",
            ),
            (
                lambda kernel, rows, columns, channels: dense_to_torch(kernel, rows, columns, channels).T,
                "The inputs are in the new order. Now put the units first.",
            ),
            (
                lambda kernel, rows, columns, channels: kernel.reshape(kernel.shape[::-1]),
                "The shape is right, but reshape has mixed the weights. It moves no axis: use np.transpose.",
            ),
            (
                lambda kernel, rows, columns, channels: (
                    kernel.reshape(rows, columns, channels, -1).transpose(3, 2, 1, 0).reshape(kernel.shape[1], -1)
                ),
                "Columns stand before rows now. Rows come first in both libraries.",
            ),
        ),
        hint="First undo the flattening: kernel.reshape(rows, columns, channels, -1). Then move the axes, and flatten.",
        why="The weights belong to places. Unflatten them, move the axes as for a kernel, and flatten again.",
        cases=DENSE,
    ),
    # Questions that the page asks.
    Exercise(
        name="arrays",
        question="How many arrays does `get_weights()` return for this network?",
        answer=6,
        mistakes=(
            (3, "Three layers have weights. But each of them has two arrays."),
            (12, "Pooling and Flatten have no weights, so they give no arrays."),
            (2, "That is one layer: its kernel and its bias. Which other layers have weights?"),
            (4, "Two layers of filters give four. Which other layer has weights?"),
            (8, "Which of the six layers have weights? Pooling and Flatten have none."),
        ),
        hint="Count the layers that have weights. Each gives a kernel and a bias.",
        why="Two Conv2D and one Dense, each with a kernel and a bias.",
    ),
    Exercise(
        name="agree",
        question="Both networks start alike and see the same batches. How far do their losses agree in the end?",
        choices=("to the last digit", "not at all", "in their first digits"),
        answer="in their first digits",
        mistakes=(
            (
                "to the last digit",
                "float32 keeps about seven digits. The two libraries add in different orders, so the last ones differ.",
            ),
            ("not at all", "Nothing is left to chance: the same start, the same batches, the same rule of learning."),
        ),
        hint="Both compute the same formulas. But float32 rounds, and a sum in another order rounds otherwise.",
        why="The formulas are the same, only the rounding differs, and each step passes it on.",
    ),
    Exercise(
        name="torch-shape",
        question="In Keras this kernel has shape (3, 3, 8, 16). Which shape has it in PyTorch?",
        answer=(16, 8, 3, 3),
        mistakes=(
            ((8, 16, 3, 3), "The filters come first in PyTorch, before the channels. Which number counts the filters?"),
            ((3, 3, 16, 8), "In PyTorch the size of the window, 3 and 3, comes last."),
            ((3, 3, 8, 16), "This is Keras's order: rows, columns, channels, filters."),
            ((16, 3, 3, 8), "The channels come right after the filters."),
        ),
        hint="PyTorch's order is filters, channels, rows, columns.",
        why="16 filters, 8 channels, 3 rows, 3 columns.",
    ),
    Exercise(
        name="spike",
        question="What is the first row of the map, as the filter stands?",
        answer=(9, 8, 7),
        mistakes=(
            ((1, 2, 3), "The window at the top left has the 1 in its last cell. Which weight lies there?"),
            ((7, 8, 9), "These weights are right. But which of them comes to lie on the 1 first, from the left?"),
            ((3, 2, 1), "The 1 stands in the last row of the first windows, so the filter's last row meets it."),
            ((0, 0, 0), "The first windows reach from row 0 to row 2, and the 1 stands in row 2."),
            ((9, 6, 3), "That is the first column of the map."),
        ),
        hint="In the first window the 1 lies in row 2, column 2. Which weight stands there? Then move to the right.",
        why="The filter's last weight meets the 1 first, so the weights appear backwards.",
    ),
    Exercise(
        name="flipped",
        question="And what is the first number of the map when the filter is flipped?",
        answer=1,
        mistakes=(
            (9, "That is without the flip. Is the box *Flip the filter* ticked?"),
            (7, "That is turned along the rows only. Flipping turns along both axes."),
            (3, "That is turned along the columns only. Flipping turns along both axes."),
            (-9, "Flipping changes the order of the weights, not their signs."),
        ),
        hint="Tick *Flip the filter*, and go to step 1.",
        why="The flipped filter ends with its first weight, 1.",
    ),
    Exercise(
        name="one-zero-each",
        question=(
            "Put one zero before and one after the numbers 1 to 8. The filter `[100, 10, 1]` goes over them with "
            "strides of 2. Which four numbers come out?"
        ),
        answer=(12, 234, 456, 678),
        mistakes=(
            (
                (123, 345, 567, 780),
                "This is with a single zero, after the numbers. Here the first window begins with a zero.",
            ),
            ((123, 345, 567), "This is without any zeros."),
            ((12, 123, 234, 345), "This is with strides of 1. Move by two numbers each time."),
            ((12, 345, 678), "This moves by three. Move by two numbers each time."),
        ),
        hint="The first window is 0, 1, 2, which spells 12. The next one begins two places further.",
        why="The windows begin at the added zero, at 2, at 4 and at 6.",
    ),
    Exercise(
        name="seeds",
        question=(
            "`keras.utils.set_random_seed(7)` in Keras, `seed=7` here, the same layer. How do the two kernels compare?"
        ),
        choices=("other numbers, same limits", "the same numbers", "the same numbers, other order"),
        answer="other numbers, same limits",
        mistakes=(
            ("the same numbers", "A seed repeats the draws of one generator. The two libraries have different ones."),
            ("the same numbers, other order", "The draws themselves differ: each library has a generator of its own."),
        ),
        hint="A seed repeats what one generator of random numbers draws. Have the libraries the same generator?",
        why="The rule, Glorot uniform, is the same. The generators of random numbers differ.",
    ),
)
