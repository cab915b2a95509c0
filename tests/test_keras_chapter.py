"""The chapter "The same in Keras": its programs run in Keras, on JAX, and print there what the chapter and our cells say."""

import contextlib
import inspect
import io
import os
import re
from functools import cache

os.environ["KERAS_BACKEND"] = "jax"

import keras
import nbformat
import numpy as np
import pytest
import small_torch
from building import ROOT
from scipy.signal import correlate

import convtools

pytestmark = [  # between Keras and its libraries: the second is about its own integers on JAX
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy"),
    pytest.mark.filterwarnings("ignore:Explicitly requested dtype int64:UserWarning"),
]
CELLS = nbformat.read(ROOT / "book" / "10-keras.ipynb", as_version=4).cells
BLOCK = re.compile(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", re.DOTALL)
EVERYTHING = "\n".join(
    cell.source + "".join(output.get("text", "") for output in cell.get("outputs", [])) for cell in CELLS
)
OTHERWISE = ("Input((8, 1))", "from_logits=True")  # what our cell has to spell in another way


def blocks():
    """The programs that stand in the text, the solutions left out: (number of the cell, code, what it prints)."""
    for number, cell in enumerate(CELLS):
        if cell.cell_type == "markdown" and "<details>" not in cell.source:
            for code, text in BLOCK.findall(cell.source):
                yield number, code, text


def is_setup(code):
    return "KERAS_BACKEND" in code


def is_torch(code):
    return "import torch" in code


KERAS = [block for block in blocks() if not is_setup(block[1]) and not is_torch(block[1])]


def without_imports(code):
    """The lines of a program that say what is computed."""
    return [line for line in code.splitlines() if line.strip() and not line.startswith(("import ", "from "))]


def run(code, names):
    """Run a program and return what it printed, the lines with a progress bar left out."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, "program", "exec"), names)
    return re.sub(r".*/step.*\n", "", printed.getvalue())


def cells_before(number):
    """The code cells before this one, questions left out, the nearest first."""
    return [cell for cell in CELLS[:number][::-1] if cell.cell_type == "code" and not cell.source.startswith("ask(")]


def printed_by(cells):
    return "".join(output.text for cell in cells for output in cell.outputs if output.output_type == "stream")


@cache
def ran(index):
    """What a Keras program prints, and its names. One that imports nothing from Keras goes on where the last one ended."""
    code = KERAS[index][1]
    names = {} if re.search("^from keras", code, re.MULTILINE) else ran(index - 1)[1]
    if "input_shape=" not in code:
        return run(code, names), names
    with pytest.warns(UserWarning, match="Do not pass an `input_shape`"):
        return run(code, names), names


def test_the_programs_are_found():
    assert len(KERAS) == 6
    assert [is_setup(code) for _, code, _ in blocks()].count(True) == 1
    assert [is_torch(code) for _, code, _ in blocks()].count(True) == 1
    assert sum(any(word in code for word in OTHERWISE) for _, code, _ in KERAS) == len(OTHERWISE)
    assert "`pip install keras jax`" in EVERYTHING


def test_the_first_lines_choose_the_backend(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "another")
    (setup,) = (code for _, code, _ in blocks() if is_setup(code))
    assert run(setup, {}) == ""
    assert os.environ["KERAS_BACKEND"] == keras.config.backend() == "jax"


@pytest.mark.parametrize("index", range(len(KERAS)))
def test_keras_prints_what_the_chapter_says(index):
    printed, _ = ran(index)
    assert printed == KERAS[index][2] != ""


@pytest.mark.parametrize("index", range(len(KERAS)))
def test_our_cells_are_the_same_program_and_print_the_same(index):
    number, code, text = KERAS[index]
    before = cells_before(number)
    if any(word in code for word in OTHERWISE):
        assert printed_by(before[:1]) == text
        return
    twins = [
        cells
        for count in range(1, 5)
        if (cells := before[:count][::-1])
        and without_imports("\n".join(cell.source for cell in cells)) == without_imports(code)
    ]
    assert len(twins) == 1, code
    assert printed_by(twins[0]) == text


def test_the_pytorch_program_prints_what_the_chapter_says(monkeypatch):
    small_torch.install(monkeypatch)
    ((_, code, text),) = (block for block in blocks() if is_torch(block[1]))
    names = {}
    assert run(code, names) == text
    layer = convtools.Conv2D(1, 3, input_shape=(8, 8, 1))
    layer.set_weights([names["detector"], [0]])
    ours = layer(names["image"].reshape(1, 8, 8, 1))[0, :, :, 0]
    assert np.array_equal(
        ours, np.asarray(small_torch.convolution(2)(names["x"], names["weight"], names["bias"]))[0, 0]
    )


# ---------------------------------------------------------------- what the chapter says of the differences

NUMBERS = np.arange(1, 9).reshape(1, 8, 1)
SPELLER = np.array([100, 10, 1])


@pytest.mark.parametrize(
    ("strides", "as_keras", "as_torch"),
    [
        (1, [12, 123, 234, 345, 456, 567, 678, 780], [12, 123, 234, 345, 456, 567, 678, 780]),
        (2, [123, 345, 567, 780], [12, 234, 456, 678]),
        (3, [123, 456, 780], [12, 345, 678]),
        (4, [123, 567], [12, 456]),
    ],
)
def test_where_same_is_not_the_same(strides, as_keras, as_torch):
    for library in convtools, keras.layers:
        layer = library.Conv1D(1, 3, strides=strides, padding="same")
        layer(np.float32(NUMBERS))
        layer.set_weights([SPELLER.reshape(3, 1, 1), np.array([0])])
        assert np.asarray(layer(np.float32(NUMBERS)))[0, :, 0].tolist() == as_keras
    x, weight, bias = (small_torch.Tensor(value).float() for value in (NUMBERS.reshape(1, 1, 8), [[SPELLER]], [0]))
    padded = small_torch.pad(x, (1, 1))
    assert np.asarray(small_torch.convolution(1)(padded, weight, bias, stride=strides))[0, 0].tolist() == as_torch


def test_pooling_leaves_whole_numbers_whole_in_keras_only():
    assert "int" in str(keras.layers.MaxPooling1D(2)(NUMBERS).dtype)
    assert convtools.MaxPooling1D(2)(NUMBERS).dtype == np.float32


def test_the_same_seed_draws_other_numbers_within_the_same_limits():
    keras.utils.set_random_seed(7)
    theirs = keras.layers.Conv2D(8, 3)
    theirs.build((None, 8, 8, 1))
    ours = convtools.Conv2D(8, 3, input_shape=(8, 8, 1), seed=7).get_weights()[0]
    kernels = [ours.ravel(), theirs.get_weights()[0].ravel()]
    assert not np.isin(*kernels).any()
    assert max(np.abs(kernels).ravel()) < np.sqrt(6 / (9 + 9 * 8))


def test_the_errors_of_both():
    said = {
        convtools: "Conv2D expects (batch, rows, columns, channels)",
        keras.layers: "expected min_ndim=4, found ndim=2",
    }
    for library, words in said.items():
        with pytest.raises(ValueError, match=re.escape(words)):
            library.Conv2D(1, 3)(np.zeros((8, 8)))
        assert words in EVERYTHING


def test_only_ours_take_strides_and_dilation_at_once():
    assert convtools.Conv1D(1, 3, strides=2, dilation_rate=2)(NUMBERS).shape == (1, 2, 1)
    with pytest.raises(ValueError, match="strides > 1"):
        keras.layers.Conv1D(1, 3, strides=2, dilation_rate=2)(NUMBERS)


def test_only_keras_lets_predict_and_evaluate_be_quiet():
    with pytest.raises(TypeError, match="verbose"):
        convtools.Sequential([convtools.ReLU()]).predict(NUMBERS, verbose=0)
    for method in "predict", "evaluate":
        assert "verbose" in inspect.signature(getattr(keras.Sequential, method)).parameters
        assert "verbose" not in inspect.signature(getattr(convtools.Sequential, method)).parameters


def test_only_keras_writes_the_batch_into_a_shape():
    assert keras.Sequential([keras.Input((8, 1)), keras.layers.Conv1D(1, 3)]).output_shape == (None, 6, 1)
    assert convtools.Sequential([convtools.Conv1D(1, 3, input_shape=(8, 1))]).output_shape == (6, 1)


@pytest.mark.parametrize("size", [1, 3, 5])
def test_scipys_same_is_ours_for_odd_sizes(size):
    rng = np.random.default_rng(size)
    image, kernel = rng.integers(-3, 4, (7, 6)), rng.integers(-3, 4, (size, size))
    layer = convtools.Conv2D(1, size, padding="same", input_shape=(7, 6, 1))
    layer.set_weights([kernel[..., np.newaxis, np.newaxis], [0]])
    assert np.array_equal(layer(image[np.newaxis, ..., np.newaxis])[0, ..., 0], correlate(image, kernel, mode="same"))
