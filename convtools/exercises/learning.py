"""Exercises and questions of the chapter "Learning one filter"."""

import numpy as np

from convtools.check import Exercise


def shares(x, at_outputs):
    """Return what each place adds to the gradient of a 1D filter: (places, weights)."""
    width = len(x) - len(at_outputs) + 1
    return np.array([at_outputs[place] * x[place : place + width] for place in range(len(at_outputs))])


OUTPUTS = (
    (np.array([1, -2, 4]), np.array([0, 0, 2])),
    (np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 0.0], [0.0, -1.0]])),
)

ROWS = (
    (np.array([1, 2, 3, 4]), np.array([1, -2])),
    (np.array([0, 1, 1, 0, 2]), np.array([3, -1, 2])),
    (np.array([2, -1, 3, 5, 1, 4]), np.array([1, 0, -2, 1])),
)

EXERCISES = (
    Exercise(
        name="step",
        question="A weight is 3, its gradient is 4, and the learning rate is 0.5. What is the weight after one step?",
        answer=1,
        mistakes=(
            (5, "You added. The gradient points uphill, so it is subtracted."),
            (-1, "You subtracted the whole gradient. The learning rate says how much of it."),
            (2.5, "You subtracted the learning rate alone. Multiply it by the gradient first."),
            (2, "2 is how far the weight moves. Where does it come from?"),
            (7, "You added the whole gradient. Subtract it, times the learning rate."),
        ),
        hint="New weight = weight − learning rate · gradient.",
        why="3 − 0.5 · 4 = 1.",
    ),
    Exercise(
        name="loss",
        question=(
            "Write a function `loss(output, wanted)` that returns the mean squared error of two arrays of the same "
            "shape, as one number."
        ),
        answer=lambda output, wanted: np.mean((output - wanted) ** 2),
        mistakes=(
            (
                lambda output, wanted: np.sum((output - wanted) ** 2),
                "This is the sum of the squares. Divide it by how many there are, or take np.mean.",
            ),
            (
                lambda output, wanted: np.mean(np.abs(output - wanted)),
                "This is the mean of how far off they are. The errors are squared before the mean.",
            ),
            (
                lambda output, wanted: np.mean(output - wanted),
                "This is the mean of the errors. Those above and below cancel, so square them first.",
            ),
            (
                lambda output, wanted: np.mean(output - wanted) ** 2,
                "You squared the mean. Square each error first, then take the mean.",
            ),
            (
                lambda output, wanted: np.sqrt(np.mean((output - wanted) ** 2)),
                "Right up to the root. The mean squared error has none.",
            ),
            (
                lambda output, wanted: (output - wanted) ** 2,
                "These are the squares, one for each output. Their mean is asked for.",
            ),
        ),
        hint="Errors first, then their squares, then the mean.",
        why="The errors are output − wanted; their squares have this mean.",
        cases=OUTPUTS,
    ),
    Exercise(
        name="rate",
        question=(
            "The loss is 4 · (w − 5)², and its gradient is 8 · (w − 5). You start at w = 1. Which learning rate leads "
            "to the bottom in one step?"
        ),
        answer=0.125,
        mistakes=(
            (0.5, "0.5 was right for (w − 2)². This valley is four times as steep."),
            (0.25, "This leads to w = 9, which is as high as the start: the step is twice too long."),
            (1, "The gradient at the start is −32, so this step is 32 long. The bottom is 4 away."),
            (8, "The way to the bottom is 4, and the gradient is −32. Divide one by the other."),
            (4, "4 is the way to the bottom. Divide it by the size of the gradient."),
            (-0.125, "The size is right, but a learning rate is above 0. The minus stands in the rule already."),
        ),
        hint="How far is the bottom? And what is the gradient at w = 1?",
        why="The bottom is 4 away and the gradient is −32: 4 / 32 = 0.125.",
    ),
    Exercise(
        name="kernel-gradient",
        question=(
            "Write a function `kernel_gradient(x, at_outputs)` that returns the gradient of a 1D filter, one number "
            "for each of its weights. `x` is the input, and `at_outputs` is the gradient at each output. Both are "
            "arrays with one axis. The filter has `len(x) - len(at_outputs) + 1` weights."
        ),
        answer=lambda x, at_outputs: shares(x, at_outputs).sum(axis=0),
        mistakes=(
            (
                lambda x, at_outputs: shares(x, at_outputs).mean(axis=0),
                "This is the mean of the shares. They are added and not divided.",
            ),
            (
                lambda x, at_outputs: shares(x, at_outputs)[-1],
                "This is the share of the last place only. Add those of all places.",
            ),
            (
                lambda x, at_outputs: shares(x, at_outputs)[0],
                "This is the share of the first place only. Add those of all places.",
            ),
            (
                lambda x, at_outputs: np.convolve(x, at_outputs, "valid"),
                "np.convolve flips what slides. np.correlate does not.",
            ),
            (
                lambda x, at_outputs: shares(x, np.ones_like(at_outputs)).sum(axis=0),
                "You added the windows. Multiply each by the gradient at its place first.",
            ),
            (
                lambda x, at_outputs: shares(x, at_outputs),
                "These are the shares, one row for each place. Add the rows.",
            ),
        ),
        hint="For each place: its window of x, times the gradient there. Then add all places.",
        why="Each place adds its window times its gradient.",
        cases=ROWS,
    ),
    # Questions that the page asks.
    Exercise(
        name="mse",
        question="Four outputs miss what is wanted by 1, −2, 0 and 3. What is the mean of the squared errors?",
        answer=3.5,
        mistakes=(
            (0.5, "This is the mean of the errors, in which −2 and the others cancel. Square them first."),
            (1.5, "This is the mean without the minus sign, but nothing is squared yet."),
            (14, "This is the sum of the squares. The mean divides it by how many there are."),
            (0.25, "You squared the mean. Square each error first."),
            (2, "This is the sum of the errors. Square each of them, then take the mean."),
            (1.5625, "Something was lost: the squares are 1, 4, 0 and 9."),
        ),
        hint="Square each error, add, divide by four.",
        why="(1 + 4 + 0 + 9) / 4 = 14 / 4 = 3.5.",
    ),
    Exercise(
        name="downhill",
        question="At w = −2 the curve falls to the right. Which way must w go, so that the loss gets smaller?",
        choices=("w must get larger", "w must get smaller", "w must stay"),
        answer="w must get larger",
        mistakes=(
            ("w must get smaller", "Smaller values of w lie to the left, and there the curve is higher."),
            ("w must stay", "At −2 the loss is 16. Is there a lower place on the curve?"),
        ),
        hint="On the curve, larger values of w lie to the right.",
        why="Larger values of w lie to the right, and that way the curve goes down.",
    ),
    Exercise(
        name="too-far",
        question="The learning rate is 1. From w = −2, with the gradient −8, where does the first step lead?",
        answer=6,
        mistakes=(
            (-10, "You added the gradient. It is subtracted, and minus minus 8 is plus 8."),
            (2, "2 is the bottom. But the step is 8 long: does it stop there?"),
            (8, "8 is how long the step is. It starts at −2."),
            (-6, "The length is right, but look at the sign: −2 plus 8."),
            (-1.2, "This is for a learning rate of 0.1."),
        ),
        hint="New weight = weight − learning rate · gradient.",
        why="−2 − 1 · (−8) = 6, as far on the other side.",
    ),
    Exercise(
        name="share",
        question="At place 1 the window is [2, 3, 4] and the gradient is −2. What is this place's share?",
        answer=(-4, -6, -8),
        mistakes=(
            ((4, 6, 8), "The gradient at this place is below zero. Keep its sign."),
            ((0, 1, 2), "You added −2. Each number of the window is multiplied by it."),
            ((1, 2, 3), "This is the share of place 0."),
            ((-3, -4, -5), "This is the sum of both places."),
            ((2, 3, 4), "This is the window. Multiply it by the gradient."),
            ((-18,), "Do not add up within the window: each weight has a share of its own."),
        ),
        hint="Multiply each number of the window by −2.",
        why="2 · (−2), 3 · (−2), 4 · (−2).",
    ),
    Exercise(
        name="pace",
        question="The learning rate stays the same in all 60 steps. By how much does the loss fall in each?",
        choices=("always by the same", "at first by much, then by less and less", "at first by little, then by more"),
        answer="at first by much, then by less and less",
        mistakes=(
            (
                "always by the same",
                "The learning rate is the same, but it is multiplied by the gradient. Is that the same everywhere?",
            ),
            (
                "at first by little, then by more",
                "Think of the valley: is it steeper far from the bottom, or close to it?",
            ),
        ),
        hint="Where is the valley steeper: far from the bottom, or close to it?",
        why="Near the bottom the valley is flat, so the gradient is small and the steps are short.",
    ),
    Exercise(
        name="steps",
        question="There are 16 images. A batch has 4 of them, and you train for 15 epochs. How many steps is that?",
        answer=60,
        mistakes=(
            (15, "This is one step for each epoch. How many batches make an epoch?"),
            (4, "These are the steps of one epoch. There are 15 epochs."),
            (240, "This is one step for each image. A step takes a whole batch."),
            (64, "16 · 4 is no number of steps. How many batches of 4 are there in 16 images?"),
            (960, "You multiplied all three. How many batches of 4 are there in 16 images?"),
        ),
        hint="How many batches of 4 are there in 16 images? Each epoch goes through all of them.",
        why="16 / 4 = 4 steps in each epoch, and 4 · 15 = 60.",
    ),
    Exercise(
        name="stripes",
        question="The examples are vertical stripes only, and the loss comes down to 0. What has been learned?",
        choices=("the line detector", "another filter that does as well on stripes", "nothing: the weights stay"),
        answer="another filter that does as well on stripes",
        mistakes=(
            (
                "the line detector",
                "It would have loss 0, too. But is it the only one, if all three rows under the filter are alike?",
            ),
            ("nothing: the weights stay", "The loss was not 0 at the start, so the weights have moved."),
        ),
        hint="In a window of stripes all three rows are alike. Can the layer find out which row needs which weight?",
        why="The three rows of a window are alike, so only the sum of the three weights in a column counts.",
    ),
)
