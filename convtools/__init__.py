"""Convolutional layers in NumPy, with Keras's words: the helper package of the book.

Only NumPy is imported here. `convtools.figures` brings matplotlib and `convtools.stepper` brings
anywidget, each when it is asked for.
"""

from convtools.layers import Conv1D, Conv2D, Dense, Flatten, ReLU
from convtools.optimizers import SGD, Adam
from convtools.pooling import AveragePooling1D, AveragePooling2D, GlobalAveragePooling2D, MaxPooling1D, MaxPooling2D
from convtools.sequential import Sequential
from convtools.shapes import output_length, receptive_field

__all__ = [
    "SGD",
    "Adam",
    "AveragePooling1D",
    "AveragePooling2D",
    "Conv1D",
    "Conv2D",
    "Dense",
    "Flatten",
    "GlobalAveragePooling2D",
    "MaxPooling1D",
    "MaxPooling2D",
    "ReLU",
    "Sequential",
    "output_length",
    "receptive_field",
]
