"""What training makes small: each loss with its gradient; and the accuracy."""

import numpy as np

from convtools.layer import as_float32

SMALLEST = np.float32(1e-7)  # a probability is taken as at least this, and at most 1 minus this, as in Keras


def mean_squared_error(labels, outputs):
    """Return the mean of (output - label) ** 2 over all numbers, and its gradient at the outputs, float32.

    labels, outputs: real numbers of one shape, (batch, ...).
    Errors: `ValueError` for shapes that differ. Source: name and mean as in Keras.

    >>> mean_squared_error([[1, 2]], [[1, 5]])
    (4.5, array([[0., 3.]], dtype=float32))
    """
    labels, outputs = as_float32("labels", labels), as_float32("outputs", outputs)
    if labels.shape != outputs.shape:
        raise ValueError(
            f"mean_squared_error compares each output with a label, so labels need shape {outputs.shape}, "
            f"got {labels.shape}. Reshape them; for classes take sparse_categorical_crossentropy."
        )
    with np.errstate(over="ignore", invalid="ignore"):  # a loss may become infinite: that is for training to say
        apart = outputs - labels
        return float(np.mean(np.square(apart), dtype=np.float64)), apart * np.float32(2 / apart.size)


def sparse_categorical_crossentropy(labels, outputs):
    """Return the mean of -log(probability of the right class), and its gradient at the outputs, float32.

    labels: whole numbers (batch,) or (batch, 1), the classes from 0; outputs: probabilities (batch, classes), as
    softmax makes them. Beyond the limits the loss is level, so the gradient is 0 there.
    Errors: `ValueError` or `TypeError` for labels that are no classes, or of another number, and for rows of outputs
    that do not add up to 1. Source: name and limits as in Keras; Goodfellow, Bengio and Courville 2016, section 6.2.2.

    >>> loss, gradient = sparse_categorical_crossentropy([1], [[0.5, 0.5]])
    >>> round(loss, 3), gradient
    (0.693, array([[ 0., -2.]], dtype=float32))
    """
    outputs = as_float32("outputs", outputs)
    labels = as_classes(labels, outputs)
    sums = outputs.sum(axis=1)
    if np.any(np.abs(sums - 1) > 0.001):  # NaN passes: that is for training to say
        raise ValueError(
            f"outputs must be probabilities, which add up to 1 for each sample, got sums from {sums.min():.3f} to "
            f'{sums.max():.3f}. Give the last layer activation="softmax".'
        )
    rows = np.arange(len(labels))
    right = np.clip(outputs[rows, labels], SMALLEST, 1 - SMALLEST)
    gradient = np.zeros_like(outputs)
    inside = right == outputs[rows, labels]
    gradient[rows, labels] = np.where(inside, -1 / right, 0) / np.float32(len(labels))
    return float(-np.mean(np.log(right), dtype=np.float64)), gradient


def accuracy(labels, outputs):
    """Return the share of samples whose largest output is that of their label, from 0 to 1.

    Shapes and errors: as `sparse_categorical_crossentropy`.

    >>> accuracy([0, 1], [[0.9, 0.1], [0.8, 0.2]])
    0.5
    """
    outputs = as_float32("outputs", outputs)
    return float(np.mean(outputs.argmax(axis=-1) == as_classes(labels, outputs)))


def as_classes(labels, outputs):
    """Return labels as int64 (batch,), each a column of the outputs (batch, classes). Errors: as the losses.

    >>> as_classes([[2], [0]], np.zeros((2, 3)))
    array([2, 0])
    """
    labels = np.asarray(labels)
    if outputs.ndim != 2:
        raise ValueError(
            f"Classes need outputs (batch, classes), got shape {outputs.shape}. "
            f'End the model with Flatten() and Dense(classes, activation="softmax").'
        )
    batch, classes = outputs.shape
    if labels.shape not in ((batch,), (batch, 1)):
        raise ValueError(
            f"labels must be {batch} whole numbers, shape ({batch},), got shape {labels.shape}. "
            f"Give the number of each sample's class; for rows of 0 and 1 take labels.argmax(axis=1)."
        )
    labels = labels.reshape(batch)
    if labels.dtype.kind not in "iu" and not (labels.dtype.kind == "f" and np.all(labels == np.round(labels))):
        raise TypeError(f"labels must be whole numbers, got dtype {labels.dtype}. Number the classes from 0.")
    wrong = labels[(labels < 0) | (labels >= classes)]
    if len(wrong):
        raise ValueError(
            f"labels must be classes from 0 to {classes - 1}, got {wrong[0]}. "
            f"Number them from 0, or give the last layer as many units as there are classes."
        )
    return labels.astype(np.int64)


LOSSES = {
    "mean_squared_error": mean_squared_error,
    "sparse_categorical_crossentropy": sparse_categorical_crossentropy,
}
