"""The questions of the assignment "Learning": one filter that learns, by hand and in loops."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from classroom.question import Question
from convtools import Conv1D
from convtools.losses import mean_squared_error


def _map(signal, weights):
    return np.correlate(signal, weights, "valid")


def _loss(signal, weights, wanted):
    return np.mean((_map(signal, weights) - wanted) ** 2)


def _under(signal, wanted):
    """Return what lies under each weight, place by place: (weights, places)."""
    return sliding_window_view(signal, len(wanted))


def _gradient(signal, weights, wanted):
    layer = Conv1D(1, len(weights), use_bias=False, input_shape=(len(signal), 1))
    layer.set_weights([np.reshape(weights, (-1, 1, 1))])
    batch = np.reshape(signal, (1, -1, 1))
    output = layer(batch)
    _, [gradient] = layer.backward(batch, output, mean_squared_error(np.reshape(wanted, (1, -1, 1)), output)[1])
    return gradient[:, 0, 0]


def _gradient_without_two(signal, weights, wanted):
    return _gradient(signal, weights, wanted) / 2


def _gradient_of_the_sum(signal, weights, wanted):
    return _gradient(signal, weights, wanted) * len(wanted)


def _gradient_without_either(signal, weights, wanted):
    return _gradient(signal, weights, wanted) * len(wanted) / 2


def _gradient_over_weights(signal, weights, wanted):
    return _gradient_of_the_sum(signal, weights, wanted) / len(weights)


def _gradient_downhill(signal, weights, wanted):
    return -_gradient(signal, weights, wanted)


def _gradient_turned_round(signal, weights, wanted):
    return _gradient(signal, weights, wanted)[::-1]


def _gradient_of_the_flipped(signal, weights, wanted):
    return _gradient(signal, weights[::-1], wanted)


def _gradient_at_outputs(signal, weights, wanted):
    return 2 * (_map(signal, weights) - wanted) / len(wanted)


def _gradient_windows_only(signal, weights, wanted):
    return _under(signal, wanted).sum(axis=1)


def _draw_task(rng):
    width, length = int(rng.integers(2, 4)), int(rng.integers(6, 9))
    signal, weights = rng.integers(0, 6, length), rng.integers(-2, 3, width)
    wanted = rng.integers(-4, 5, length - width + 1)
    return signal.astype(float), weights.astype(float), wanted.astype(float)


def _measured(signal, weights, wanted, amount):
    bend = np.mean(_under(signal, wanted) ** 2, axis=1)  # a parabola's slope, measured to the right, is too large by it
    return _gradient(signal, weights, wanted) + amount * bend


def _measured_at_the_weights(signal, weights, wanted, amount):
    return _gradient(signal, weights, wanted)


def _measured_to_the_left(signal, weights, wanted, amount):
    return _measured(signal, weights, wanted, -amount)


def _measured_not_divided(signal, weights, wanted, amount):
    return _measured(signal, weights, wanted, amount) * amount


def _measured_before_minus_after(signal, weights, wanted, amount):
    return -_measured(signal, weights, wanted, amount)


def _measured_together(signal, weights, wanted, amount):
    return (_loss(signal, weights + amount, wanted) - _loss(signal, weights, wanted)) / amount


def _measured_not_put_back(signal, weights, wanted, amount):
    here, moved, slopes = _loss(signal, weights, wanted), weights.copy(), []
    for cell in range(len(weights)):
        moved[cell] += amount
        slopes.append((_loss(signal, moved, wanted) - here) / amount)
    return np.array(slopes)


def _measured_of_the_sum(signal, weights, wanted, amount):
    return _measured(signal, weights, wanted, amount) * len(wanted)


def _draw_measured(rng):
    return *_draw_task(rng), float(rng.choice([0.125, 0.25, 0.5]))


def _descent(signal, weights, bias, wanted, learning_rate, steps):
    """Take steps with the bias as one more weight, under which a 1 lies at each place."""
    under = np.vstack([_under(signal, wanted), np.ones(len(wanted))])
    learned = np.append(weights, bias)
    for _ in range(steps):
        learned = learned - learning_rate * 2 / len(wanted) * under @ (learned @ under - wanted)
    return learned


def _descent_fixed_bias(signal, weights, bias, wanted, learning_rate, steps):
    return np.append(_descent_without_bias(signal, weights, wanted - bias, learning_rate, steps), bias)


def _descent_without_bias(signal, weights, wanted, learning_rate, steps):
    for _ in range(steps):
        weights = weights - learning_rate * _gradient(signal, weights, wanted)
    return weights


def _descent_bias_not_in_the_map(signal, weights, bias, wanted, learning_rate, steps):
    for _ in range(steps):
        at_outputs = _gradient_at_outputs(signal, weights, wanted)
        weights = weights - learning_rate * _under(signal, wanted) @ at_outputs
        bias = bias - learning_rate * at_outputs.sum()
    return np.append(weights, bias)


def _descent_once(signal, weights, bias, wanted, learning_rate, steps):
    return _descent(signal, weights, bias, wanted, learning_rate, 1)


def _descent_one_more(signal, weights, bias, wanted, learning_rate, steps):
    return _descent(signal, weights, bias, wanted, learning_rate, steps + 1)


def _descent_uphill(signal, weights, bias, wanted, learning_rate, steps):
    return _descent(signal, weights, bias, wanted, -learning_rate, steps)


def _descent_first_gradient(signal, weights, bias, wanted, learning_rate, steps):
    return _descent(signal, weights, bias, wanted, learning_rate * steps, 1)


def _descent_one_after_the_other(signal, weights, bias, wanted, learning_rate, steps):
    for _ in range(steps):
        weights = weights - learning_rate * _gradient(signal, weights, wanted - bias)
        bias = bias - learning_rate * _gradient_at_outputs(signal, weights, wanted - bias).sum()
    return np.append(weights, bias)


def _descent_bias_first(signal, weights, bias, wanted, learning_rate, steps):
    return np.roll(_descent(signal, weights, bias, wanted, learning_rate, steps), 1)


def _draw_descent(rng):
    width, length = int(rng.integers(2, 4)), int(rng.integers(6, 9))
    signal, weights = rng.integers(-2, 3, length), rng.permutation([-2, -1, 1, 2])[:width]
    wanted, bias = rng.integers(-4, 5, length - width + 1), float(rng.choice([-2, -1, 1, 2]))
    rate, steps = float(rng.choice([0.05, 0.1, 0.125])), int(rng.integers(2, 5))
    return signal.astype(float), weights.astype(float), bias, wanted.astype(float), rate, steps


def _bottom(path):
    steps = np.diff(path)
    return path[0] - steps[0] ** 2 / np.diff(steps)[0]


def _bottom_last(path):
    return path[2]


def _bottom_mean(path):
    return np.mean(path)


def _bottom_straight_on(path):
    return 2 * path[2] - path[1]


def _bottom_next_step(path):
    return path[2] + (path[2] - path[1]) ** 2 / (path[1] - path[0])


def _bottom_too_far(path):
    return _bottom(path) + path[2] - path[1]


def _bottom_turned_ratio(path):
    factor = (path[1] - path[0]) / (path[2] - path[1])
    return (path[1] - factor * path[0]) / (1 - factor)


def _bottom_no_sign(path):
    factor = abs((path[2] - path[1]) / (path[1] - path[0]))
    return (path[1] - factor * path[0]) / (1 - factor)


def _draw_path(rng):
    bottom, start = float(rng.integers(-6, 7)), float(rng.choice([-8, -4, -3, -2, -1, 1, 2, 3, 4, 8]))
    factor = float(rng.choice([0.75, 0.5, 0.25, -0.25, -0.5, -0.75, -1.5, -2]))
    return (bottom + start * factor ** np.arange(3),)


QUESTIONS = (
    Question(
        name="after_two_steps",
        level="core",
        points=1,
        asks="Loss (w − 3)², gradient 2 · (w − 3). w is 7, the learning rate 0.25. Where is w after two steps?",
        answer=4,
        mistakes=(
            (5, 0.5, "This is w after one step. The second begins there, with the gradient of that place."),
            (3, 0.5, "You used the gradient at the start twice. Where w has moved, the valley has another slope."),
            (5.25, 0.5, "The steps are half as long as they should be: the gradient is twice the distance from 3."),
            (12, 0, "You went uphill. The gradient points up, so it is subtracted."),
            (
                7,
                0,
                "This is the start. With the whole gradient w goes to and fro: the learning rate says how much of it.",
            ),
            (-1, 0, "This is one step with the whole gradient. The learning rate says how much of it."),
            (6.5, 0, "You subtracted the learning rate alone, twice. Multiply it by the gradient each time."),
        ),
        hint="New weight = weight − learning rate · gradient. Then once more, with the gradient at the new weight.",
        why="From 7 to 7 − 0.25 · 8 = 5, and from 5 to 5 − 0.25 · 4 = 4: the valley gets flatter, the steps shorter.",
    ),
    Question(
        name="output_gradient",
        level="core",
        points=1,
        asks="Input [1, 0, 2, 3, 1], filter [2, -1], wanted [0, 0, 1, 3], loss: mean squared error. "
        "What is the gradient at each of the four outputs?",
        answer=[1, -1, 0, 1],
        mistakes=(
            ([2, -2, 0, 2], 0.5, "These are the errors. Each is taken twice, and divided by the number of outputs."),
            ([4, -4, 0, 4], 0.5, "Twice the error is right, but the loss is a mean: divide by the number of outputs."),
            ([0.5, -0.5, 0, 0.5], 0.5, "Divided is right, but a square grows by 2 · error: the 2 is missing."),
            ([-1, 1, 0, -1], 0.5, "All signs are turned. An error is what came out minus what was wanted."),
            ([2, -2, 1, 5], 0, "This is the map. Take away what was wanted, and go on from there."),
            ([4, 4, 0, 4], 0, "These are the squares of the errors. Their slope is asked for."),
            (
                [-0.5, 2, 1.5, -2],
                0,
                "You turned the filter round. Its first weight lies on the first number of the window.",
            ),
            (3, 0, "This is the loss, one number. Its slope at each output was asked for."),
        ),
        hint="First the map, then the errors: map − wanted. At each output it is 2 · error / number of outputs.",
        why="The map is 2, -2, 1, 5 and the errors 2, -2, 0, 2. With four outputs, 2 · error / 4 is half of each.",
    ),
    Question(
        name="filter_gradient",
        level="core",
        points=2,
        asks="Go on from question 2: what is the gradient of the loss at the two weights?",
        answer=[4, -1],
        mistakes=(
            ([-1, 4], 1, "Right numbers, wrong order: the first weight meets the first number of each window."),
            ([-4, 1], 1, "Both signs are turned. Are the errors what came out minus what was wanted?"),
            ([8, -2], 1, "You added the windows times the errors. Take the gradient at the outputs instead."),
            ([16, -4], 1, "The gradient at the outputs is too large: the loss is a mean."),
            ([2, -0.5], 1, "Both are too small by the same factor. Is the 2 in your gradient at the outputs?"),
            ([1, -0.25], 1, "You divided by the number of places once too often. The shares are only added."),
            ([6, 6], 0, "You added the windows. Multiply each by the gradient at its place first."),
            ([3, 1], 0, "This is the share of one place only. All four places use these weights."),
        ),
        hint="Each place's share is its window times the gradient at its output. Add the four shares.",
        why="[1, 0] − [0, 2] + 0 · [2, 3] + [3, 1] = [4, −1]: a step makes the first weight smaller, the other larger.",
    ),
    Question(
        name="loss_gradient",
        level="core",
        points=3,
        asks="Write loss_gradient(signal, weights, wanted): the gradient of the mean squared error at each weight of a "
        "filter without bias or padding, with loops or slices.",
        answer=_gradient,
        mistakes=(
            (_gradient_without_two, 2, "All are half of what they should be: a square grows by 2 · error."),
            (_gradient_of_the_sum, 2, "This is the gradient of the sum of the squares. The loss is their mean."),
            (_gradient_without_either, 1, "You added windows times errors. Take 2 · error / number of outputs."),
            (_gradient_over_weights, 1, "You divided by the number of weights. The mean goes over the outputs."),
            (_gradient_downhill, 1, "All signs are turned: this points downhill. The error is map − wanted."),
            (_gradient_turned_round, 1, "Right numbers, turned round: the first weight meets each window's first one."),
            (_gradient_of_the_flipped, 1, "Your map is made with the filter turned round. Lay it on as it stands."),
            (_gradient_at_outputs, 1, "This is the gradient at the outputs. Go on: times the windows, and add."),
            (_gradient_windows_only, 0, "You added the windows. How far the outputs are off does not yet count."),
        ),
        hint="Map, errors, then 2 · error / number of outputs. Each place adds its window times its number.",
        why="All places share the weights, so each adds its window times the gradient at its output.",
        cases=(
            (np.array([0.0, 1.0, 3.0]), np.array([2.0, 1.0]), np.array([0.0, 6.0])),
            (np.array([1.0, 2.0, 0.0, 4.0, 1.0, 1.0]), np.array([1.0, -1.0, 2.0]), np.array([2.0, 2.0, 1.0, 0.0])),
        ),
        draw=_draw_task,
    ),
    Question(
        name="measured_slopes",
        level="more",
        points=3,
        asks="Write measured_slopes(signal, weights, wanted, amount): for each weight, how much the loss grows if only "
        "this weight gets larger by amount, divided by amount.",
        answer=_measured,
        mistakes=(
            (
                _measured_at_the_weights,
                2,
                "This is the slope at the weights themselves, calculated or measured to both sides. Here each weight "
                "only gets larger, and by so much that it makes a difference.",
            ),
            (_measured_to_the_left, 1, "You made the weights smaller by the amount. They are to get larger."),
            (_measured_not_divided, 1, "This is how much the loss grows. Divide it by the amount."),
            (_measured_before_minus_after, 1, "All signs are turned. It is the loss after, minus the loss before."),
            (_measured_together, 0, "All weights moved at once, so this is one number. Move one weight at a time."),
            (
                _measured_not_put_back,
                1,
                "The first slope is right. Then the weight stayed moved while the next one was tried: work on a copy.",
            ),
            (_measured_of_the_sum, 1, "Your loss is the sum of the squares. It should be their mean."),
        ),
        hint="For each weight: copy the weights, add amount to this one, take the loss minus the loss before, divide.",
        why="No rule is needed for this, only two losses for each weight. So it can check any gradient.",
        cases=(
            (np.array([0.0, 1.0, 3.0]), np.array([2.0, 1.0]), np.array([0.0, 6.0]), 0.5),
            (
                np.array([1.0, 2.0, 0.0, 4.0, 1.0, 1.0]),
                np.array([1.0, -1.0, 2.0]),
                np.array([2.0, 2.0, 1.0, 0.0]),
                0.25,
            ),
        ),
        draw=_draw_measured,
    ),
    Question(
        name="learn_filter",
        level="more",
        points=3,
        asks="Write learn_filter(signal, weights, bias, wanted, learning_rate, steps): the weights after so many steps "
        "of gradient descent, and after them the bias, in one row.",
        answer=_descent,
        mistakes=(
            (_descent_fixed_bias, 1, "The bias did not learn. It has a gradient, too: that of the outputs, added up."),
            (_descent_bias_not_in_the_map, 1, "The bias learns, but it is missing in the map."),
            (_descent_once, 1, "You took one step only. The steps are to be repeated."),
            (_descent_one_more, 1, "You took one step too many."),
            (_descent_uphill, 1, "You went uphill: the gradient is subtracted."),
            (_descent_first_gradient, 1, "You used the first gradient for all steps. After each step it is another."),
            (
                _descent_one_after_the_other,
                2,
                "The bias moved by a gradient that was taken after the weights had moved. Take both gradients first.",
            ),
            (_descent_bias_first, 2, "The right numbers, but the bias comes last."),
        ),
        hint="In each step: the map with bias, the gradient at the outputs, and from it both gradients, then the step.",
        why="The bias is like a weight under which a 1 lies at each place.",
        cases=(
            (np.array([1.0, 0.0, 2.0]), np.array([1.0, 1.0]), 0.0, np.array([1.0, 0.0]), 0.25, 1),
            (
                np.array([1.0, 2.0, 0.0, -1.0, 1.0]),
                np.array([1.0, -1.0]),
                2.0,
                np.array([2.0, 1.0, 1.0, 0.0]),
                0.125,
                3,
            ),
        ),
        draw=_draw_descent,
    ),
    Question(
        name="kept_epoch",
        level="more",
        points=1,
        asks="Training loss and test loss of ten epochs: the weights of which epoch would you keep?",
        answer=5,
        mistakes=(
            (9, 0, "There the training loss is lowest. But these digits the network has learned by heart."),
            (6, 0.5, "There the test loss has risen already. (The epochs are counted from 0.)"),
            (2, 0.5, "After it the test loss rises once, but only for one epoch. Read on."),
            (1, 0, "From there on the test loss is the larger one. That is common, and the network still got better."),
            (0.71, 0.5, "This is the loss. The number of its epoch was asked for."),
        ),
        hint="Which of the two losses speaks of digits that the network has never seen? Where is that one lowest?",
        why="There the test loss is lowest. Later only the training loss falls: overfitting. (Be strict, and choose "
        "on a third set: who chooses by the test set has learned from it.)",
    ),
    Question(
        name="valley_bottom",
        level="stretch",
        points=3,
        asks="Gradient descent in a valley a · (w − b)², with an unknown a and learning rate, came through the three "
        "places in path. Write valley_bottom(path): the place b of the bottom.",
        answer=_bottom,
        mistakes=(
            (_bottom_last, 0, "This is the last place. The bottom may still be far, or even behind."),
            (_bottom_mean, 0, "This is the mean of the places. The bottom need not lie there."),
            (_bottom_straight_on, 0, "You went on by the last step, as it is. But the steps change in length."),
            (_bottom_next_step, 1, "This is where the next step leads. And all the steps after it?"),
            (_bottom_too_far, 1, "Beside it by the length of the last step: you counted that step twice."),
            (_bottom_turned_ratio, 1, "You divided the first step by the second. Turn the ratio round."),
            (_bottom_no_sign, 1, "You took the lengths of the steps without their signs. Steps may go to and fro."),
        ),
        hint="Look at the distances from the bottom: each step multiplies them by the same number. So do the steps.",
        why="Each step multiplies the distance to the bottom by the same number, which the two steps' ratio tells.",
        cases=((np.array([-6.0, 0.0, 2.0]),), (np.array([0.0, 3.0, -3.0]),)),
        draw=_draw_path,
    ),
)
