"""Nothing that the source tutorial teaches is lost: each of its ideas, examples, questions and sources is found in the book.

The rows: A ideas, B the bump, C the line, D both programs, E readers' questions, F slips to avoid, G sources.
"""

import re

import nbformat
import pytest
from building import ROOT

ROWS = [f"A{n}" for n in range(1, 12)] + ["B", "C", "D"] + [f"E{n}" for n in range(1, 9)]
ROWS += [f"F{n}" for n in range(1, 8)] + ["G"]
WHERE = r"""  row | page | words that stand there
A1 | 1-convolution | A convolutional layer applies a small filter to every patch of its input.
A1 | 1-convolution | from left to right and from top to bottom
A1 | 1-convolution | Multiply element by element, then add it all up: 2·(−1) + 6·1 = 4.
A1 | 1-convolution | it is one number
A1 | 1-convolution | how strongly
A1 | 2-bump | Each output is the dot product of filter and window, plus the bias.
A1 | 2-bump | It says where the filter found something, and how strongly.
A1 | glossary | It says where the filter's feature is and how strongly
A2 | 1-convolution | The filter is small on purpose.
A2 | 1-convolution | what is learned at one place works at every place
A2 | 1-convolution | So the layer is equivariant, and invariance only comes with pooling.
A2 | 1-convolution | Goodfellow et al. 2016, p. 342
A2 | 7-layers | pooling brought it
A2 | 7-layers | the place should not matter
A2 | bibliography | Page 342 says why invariance to translation is useful
A2 | glossary | A convolutional layer is equivariant
A3 | 1-convolution | a negative number becomes 0, all others stay
A3 | 1-convolution | It follows other kinds of layers just as well, for example the dense layer
A3 | 2-bump | The second line replaces negative numbers by 0.
A3 | 6-filters | activation="relu"
A3 | 7-layers | ReLU has removed everything
A4 | 1-convolution | What we did, without turning, is
A4 | 1-convolution | Many libraries for deep learning compute cross-correlation and call it convolution
A4 | 1-convolution | Goodfellow et al. 2016, p. 333
A4 | bibliography | Page 333 says that many libraries implement cross-correlation and call it convolution
A4 | glossary | *without* flipping the filter
A4 | notation | The filter is not flipped
A5 | 3-line | both maps mark *all* lines
A5 | 3-line | They made tens or hundreds of such filters by hand
A5 | 3-line | *vertical line detector*
A5 | 3-line | *horizontal line detector*
A5 | 6-filters | Here are four small filters.
A6 | 6-filters | every weight is moved a tiny bit in the direction that makes the loss smaller
A6 | 6-filters | stochastic gradient descent
A6 | 6-filters | The network is made to extract what helps its task.
A6 | 6-filters | telling dogs from cats
A6 | 7-layers | so that the [loss]
A6 | 7-layers | to tell dogs from cats
A6 | 8-learning-one-filter | From random weights it finds the filter itself
A6 | 8-learning-one-filter | Nobody tells a filter what to be. It becomes what makes the loss small on its examples
A7 | 6-filters | Layers commonly have 32 to 512 filters: that many ways of looking at the same input.
A7 | 6-filters | ## Filters specialise
A8 | 5-channels | a 3 × 3 filter on a colour photo has a slice of 3 × 3 weights for red, one for green and one for blue. Its shape is 3 × 3 × 3
A8 | 5-channels | However deep a filter is, one place gives one number.
A8 | 5-channels | So one filter gives one [feature map](glossary.md#feature-map)
A8 | 5-channels | A filter has as many channels as its input: 3 × 3 on a colour photo is 3 × 3 × 3.
A8 | 6-filters | The kernel is 3 × 3 × 3 × 32: that is 864 weights.
A8 | 6-filters | 864 + 32 = 896 parameters
A8 | 6-filters | why a layer with 4 filters makes 4 maps, and one with 32 makes 32
A8 | 7-layers | one slice for each map
A8 | 7-layers | sums, so it gives one flat map
A9 | 7-layers | A layer can read another layer's output
A9 | 7-layers | Pixels give lines, lines give corners, corners give shapes
A9 | 7-layers | faces, animals, houses
A10 | 2-bump | If it started at 6, its last cell would hang over the end.
A10 | 2-bump | Eight numbers go in, and the filter is three wide.
A10 | 4-edges-and-steps | the map has 8 − 3 + 1 = 6 numbers
A10 | 4-edges-and-steps | To use only the places that fit is called
A10 | 4-edges-and-steps | Six times. The last start is 5
A10 | 7-layers | Rows and columns shrink: 11, 9, 7, 3
A10 | notation | zeros before
A11 | 1-convolution | Convolutional networks were made for two-dimensional images
A11 | 1-convolution | It works on 1D, 2D and 3D data.
A11 | 5-channels | It never moves along the channels: it always covers all of them.
A11 | 5-channels | A weather station measures wind and rain every hour: a sequence with two channels.
B | 2-bump | samples, length, channels
B | 2-bump | layer = Conv1D(1, 3, input_shape=(8, 1))
B | 2-bump | (1, 8, 1)
B | 2-bump | (3, 1, 1)
B | 2-bump | dtype=float32
B | 2-bump | (1, 6, 1)
B | 2-bump | 0 to 2   [0 0 0]   [0 1 0]   0
B | 2-bump | 1 to 3   [0 0 1]   [0 1 0]   0
B | 2-bump | 2 to 4   [0 1 1]   [0 1 0]   1
B | 2-bump | 3 to 5   [1 1 0]   [0 1 0]   1
B | 2-bump | 4 to 6   [1 0 0]   [0 1 0]   0
B | 2-bump | 5 to 7   [0 0 0]   [0 1 0]   0
B | 2-bump | [0. 0. 1. 1. 0. 0.]
B | 2-bump | weights.dot(x[0:3])
B | 2-bump | A faint bump of one half is found too, with 0.5.
B | 2-bump | Each filter makes another map of the same input.
C | 3-line | samples, rows, columns, channels: (1, 8, 8, 1)
C | 3-line | Conv2D(1, (3, 3), input_shape=(8, 8, 1))
C | 3-line | (3, 3, 1, 1) float32 [0. 1. 0. 0. 1. 0. 0. 1. 0.]
C | 3-line | (1, 6, 6, 1)
C | 3-line | [0.0, 0.0, 3.0, 3.0, 0.0, 0.0]
C | 3-line | The first three places give 0, 0, 3
C | 3-line | np.tensordot(window, vertical.reshape(3, 3, 1), axes=3)
C | 3-line | [[[[0]], [[1]], [[0]]], [[[0]], [[1]], [[0]]], [[[0]], [[1]], [[0]]]]
D | 2-bump | model.predict(signal)
D | 3-line | print([yhat[0, r, c, 0] for c in range(yhat.shape[2])])
D | 3-line | np.float32(0.0)
D | 3-line | from keras.models import Sequential
E1 | 2-bump | Can you set the weights yourself to find what
E1 | 2-bump | You can set weights by hand. In a network they are learned.
E1 | 8-learning-one-filter | You can set them yourself
E1 | 3-line | Can you set the filter's values yourself?
E1 | 3-line | the values start at random and are *learned*
E1 | questions | Can I set the values of a filter myself
E1 | questions | [0.0, -3.0, 6.0, -3.0, 0.0, 0.0]
E1 | questions | they are learned from examples
E2 | 6-filters | A good value is found by experiment
E2 | 6-filters | the values *start random*, and then they are *learned*
E2 | 6-filters | [*hyperparameter*](glossary.md#hyperparameter): a setting that you choose and that is not learned
E2 | questions | Why 32 to 512 filters? Are their values random?
E2 | questions | you find a good one by experiment
E2 | questions | The values start random
E3 | 7-layers | Why pooling and flatten have no parameters
E3 | 7-layers | Flatten only reshapes
E3 | 7-layers | MaxPooling2D  (None, 1, 1, 1)       0
E3 | questions | Because they have no weights
E3 | questions | flatten only reshapes
E3 | questions | MaxPooling2D  (None, 3, 3, 4)       0
E4 | 6-filters | So is the number of filters equal to the number of feature maps? Yes, always.
E4 | questions | One filter gives one map, however many channels it reads
E4 | questions | 512 (1, 30, 30, 512)
E5 | 7-layers | Practice goes the other way
E5 | 7-layers | architectures are empirical
E5 | 7-layers | 18496
E5 | 7-layers | 25632
E5 | questions | intuition breaks down here
E5 | questions | Architectures are empirical
E5 | questions | 25632 (16, 16, 32)
E6 | 5-channels | So the dimensions do not pile up from layer to layer. Each filter goes through *all* channels of its input and sums.
E6 | 5-channels | What comes out is always rows × columns × filters
E6 | 7-layers | The dimensions do not pile up
E6 | 7-layers | The output is always rows × columns × filters
E6 | questions | the output of any layer is rows × columns × filters
E6 | questions | (3, 3, 64, 128) (14, 14, 128)
E7 | 4-edges-and-steps | 8, 6, 4, 2, and then it is over
E7 | 4-edges-and-steps | With "same", nothing shrinks any more
E7 | 4-edges-and-steps | 30 layers: (8, 1) -> (8, 1)
E7 | 7-layers | would keep them
E7 | questions | zeros are put around the input, and the size stays
E7 | questions | same [8, 8, 8]
E8 | 7-layers | The second layer does not see the image
E8 | 7-layers | Higher-order features are made of lower-order ones
E8 | questions | Higher-order features are made of lower-order ones
E8 | questions | [0.0, 3.0, 0.0, 3.0, 0.0]
F1 | 2-bump | np.asarray([[0]], [[1]], [[0]])
F1 | 2-bump | Conv1D's kernel has shape (3, 1, 1), got (3,).
F2 | 2-bump | A line needs a second dimension
F3 | 3-line | In an array the row always comes first
F3 | notation | Rows come before columns, always
F4 | 1-convolution | then move it one position to the right
F4 | 2-bump | the filter moves one position
F4 | 3-line | moves to the right, one column at a time
F4 | notation | columns to the right
F5 | 3-line | np.tensordot
F6 | 1-convolution | Do not mix this up with
F6 | 1-convolution | invariance only comes with pooling
F6 | glossary | Pooling gives some of it
F7 | 2-bump | copies the middle
F7 | 2-bump | A bump is a high value between lower neighbours.
F7 | 3-line | It never asks about the neighbours: their weights are 0
F7 | 3-line | Mend the detector
G | 1-convolution | LeCun et al. 1998
G | 1-convolution | Goodfellow et al. 2016
G | 7-layers | LeCun et al. 1998
G | 7-layers | Zeiler and Fergus 2013
G | bibliography | Ian Goodfellow, Yoshua Bengio and Aaron Courville
G | bibliography | François Chollet
G | bibliography | Vincent Dumoulin and Francesco Visin
G | bibliography | Yann LeCun
G | bibliography | Matthew D. Zeiler and Rob Fergus
G | bibliography | Dive into Deep Learning
G | bibliography | CNN Explainer
G | bibliography | Jason Brownlee
"""
TABLE = [line.split(" | ", 2) for line in WHERE.splitlines()[1:]]


def plain(text):
    """The words alone: no emphasis, no addresses of links, single spaces."""
    text = re.sub(r"\]\([^)]*\)", "]", text)
    return " ".join(re.sub(r"[*\[\]`]", "", text).split())


def words(page):
    path = ROOT / "book" / page
    if path.with_suffix(".md").exists():
        return plain(path.with_suffix(".md").read_text("utf-8"))
    cells = nbformat.read(path.with_suffix(".ipynb"), as_version=4).cells
    shown = [output.get("text") or output.data["text/plain"] for cell in cells for output in cell.get("outputs", [])]
    return plain("\n".join([*(cell.source for cell in cells), *shown]))


TEXTS = {page: words(page) for _, page, _ in TABLE}


def test_every_row_has_its_place():
    assert [row for row in ROWS if row not in {row for row, _, _ in TABLE}] == []


@pytest.mark.parametrize(
    ("row", "page", "phrase"), TABLE, ids=[f"{row}-{page}-{n}" for n, (row, page, _) in enumerate(TABLE)]
)
def test_the_row_is_found(row, page, phrase):
    assert plain(phrase) in TEXTS[page]


def test_the_tutorial_is_named_once_in_the_bibliography():
    for path in [*(ROOT / "book").glob("*.md"), *(ROOT / "book").glob("*.ipynb"), ROOT / "README.md"]:
        assert path.read_text("utf-8").count("Brownlee") == (path.name == "bibliography.md"), path.name
