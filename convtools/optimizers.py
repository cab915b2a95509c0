"""How weights follow their gradients: SGD and Adam."""

import numpy as np


class Optimizer:
    """Turns weights and gradients into new weights; remembers what it needs between the steps.

    `iterations` counts the steps. An optimizer belongs to the first `model` that was compiled with it.

    >>> Optimizer(learning_rate=0.1).iterations
    0
    """

    def __init__(self, learning_rate):
        self.learning_rate = _between("learning_rate", learning_rate, 0, np.inf)
        self.iterations, self.model = 0, None
        self.memory = None  # a list for each weight

    def apply(self, gradients, weights):
        """Return the new weights, a list of float32 arrays, after one step.

        gradients, weights: lists of float32 arrays with the same shapes.
        Errors: `ValueError` for weights of other shapes than at the first step.

        >>> SGD(learning_rate=0.5).apply([np.float32([2])], [np.float32([10])])
        [array([9.], dtype=float32)]
        """
        memory = self.memory or [self._start(weight) for weight in weights]
        shapes = [kept[0].shape for kept in memory], [weight.shape for weight in weights]
        if shapes[0] != shapes[1]:
            raise ValueError(
                f"This {type(self).__name__} belongs to a model with weights {shapes[0]}, got {shapes[1]}. "
                f"Make a new one for each model."
            )
        with np.errstate(over="ignore", invalid="ignore"):
            steps = [self._step(*each) for each in zip(weights, gradients, memory, strict=True)]
        self.memory = [kept for _, kept in steps]  # only now: an interruption before leaves it as it was
        self.iterations += 1
        return [weight for weight, _ in steps]

    def _start(self, weight):
        """Return what is remembered of a weight before the first step."""
        return [np.zeros_like(weight)]

    def _step(self, weight, gradient, kept):
        """Return the new weight, and what is remembered of it."""
        raise NotImplementedError

    def __repr__(self):
        return f"{type(self).__name__}(learning_rate={self.learning_rate})"


class SGD(Optimizer):
    """Stochastic gradient descent: weight - learning_rate * gradient, with a share of the last move if asked.

    learning_rate: above 0. momentum: from 0 to below 1: move = momentum * last move - learning_rate * gradient.
    Errors: `ValueError` or `TypeError` for others. Source: names, formulas and defaults as in Keras.

    >>> optimizer = SGD(learning_rate=1, momentum=0.5)
    >>> weights = optimizer.apply([np.float32([2])], [np.float32([10])])
    >>> optimizer.apply([np.float32([0])], weights)
    [array([7.], dtype=float32)]
    """

    def __init__(self, learning_rate=0.01, momentum=0.0):
        super().__init__(learning_rate)
        self.momentum = _between("momentum", momentum, 0, 1, smallest=True)

    def _step(self, weight, gradient, kept):
        move = np.float32(self.momentum) * kept[0] - np.float32(self.learning_rate) * gradient
        return weight + move, [move]


class Adam(Optimizer):
    """Adam: every weight moves by about learning_rate, whatever the size of its gradient.

    learning_rate, epsilon: above 0; beta_1, beta_2: from 0 to below 1, how long the means of the gradient and of
    its square remember. Errors: `ValueError` or `TypeError` for others.
    Source: Kingma and Ba 2015; names, formulas and defaults as in Keras.

    >>> weights = Adam(learning_rate=0.1).apply([np.float32([200, -3])], [np.float32([1, 1])])
    >>> [round(float(weight), 3) for weight in weights[0]]
    [0.9, 1.1]
    """

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
        super().__init__(learning_rate)
        self.beta_1 = _between("beta_1", beta_1, 0, 1, smallest=True)
        self.beta_2 = _between("beta_2", beta_2, 0, 1, smallest=True)
        self.epsilon = _between("epsilon", epsilon, 0, np.inf)

    def _start(self, weight):
        return [np.zeros_like(weight), np.zeros_like(weight)]

    def _step(self, weight, gradient, kept):
        mean, square = kept
        mean = mean + (gradient - mean) * np.float32(1 - self.beta_1)
        square = square + (np.square(gradient) - square) * np.float32(1 - self.beta_2)
        step = self.iterations + 1  # the means start at 0; this makes up for it
        rate = np.float32(self.learning_rate * np.sqrt(1 - self.beta_2**step) / (1 - self.beta_1**step))
        return weight - rate * mean / (np.sqrt(square) + np.float32(self.epsilon)), [mean, square]


def _between(name, value, low, high, smallest=False):
    """Return a setting as a float: above low (or low itself, if `smallest`) and below high."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        raise TypeError(f"{name} must be a number, got {value!r}. Write, for example, {name}=0.1.")
    if not (low < value < high or (smallest and value == low)):
        limits = f"{'from' if smallest else 'above'} {low}" + (f" and below {high}" if np.isfinite(high) else "")
        raise ValueError(f"{name} must be {limits}, got {value}. Write, for example, {name}=0.1.")
    return float(value)


OPTIMIZERS = {"sgd": SGD, "adam": Adam}
