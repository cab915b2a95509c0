"""The checks that a notebook carries: what they say, what they give away, and what they let through."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from convtools.check import Exercise, same
from convtools.sheet import NUMBERS, Sheet, decode, encode, packed


def doubled(row):
    return np.multiply(row, 2)


NUMBER = Exercise(
    "length", "How long?", 17, ((16, "Count the first place, too."),), hint="Use a finger.", why="There are 17 places."
)
WORD = Exercise("filter", "Which?", "c", (("a", "It copies the middle."),), hint="Try each.", why="It adds up to 0.")
ROW = Exercise("map", "Which map?", [-2, 2, -2], (([0, 2, 0], "No ReLU."),), hint="Write it.", why="A peak.")
FUNCTION = Exercise(
    "double",
    "Twice?",
    doubled,
    ((np.asarray, "That is the row itself."),),
    hint="Times two.",
    why="Each number counts twice.",
    cases=((np.array([1, 2]),), ([3.5],)),
)
RECORDS = [NUMBER, WORD, ROW, FUNCTION]
TEXT = packed(RECORDS)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("length", 17, "Right. There are 17 places."),
        ("length", 17.0, "Right. There are 17 places."),
        ("length", np.int8(17), "Right. There are 17 places."),
        ("length", 16, "Count the first place, too."),
        ("length", 18, "Not yet. Use a finger."),
        ("length", "17", "Not yet. Numbers were expected, got '17'. Use a finger."),
        ("length", [17], "Not yet. One number was expected, got a row of 1. Use a finger."),
        ("length", ..., "Not answered yet: replace the dots."),
        ("length", None, "Not answered yet: replace the dots."),
        ("length", object, "Not yet. Numbers were expected, got <class 'object'>. Use a finger."),
        ("filter", " C", "Right. It adds up to 0."),
        ("filter", "a", "It copies the middle."),
        ("filter", 3, "Not yet. A word in quotes was expected, got 3. Try each."),
        ("map", (-2, 2, -2), "Right. A peak."),
        ("map", np.array([0, 2, 0.0]), "No ReLU."),
        ("map", [[-2, 2, -2]], "Not yet. Your answer has shape (1, 3), expected shape (3,). Write it."),
        ("map", [-0.0, 2, 0], "No ReLU."),
        ("double", doubled, "Right. Each number counts twice."),
        ("double", np.asarray, "That is the row itself."),
        ("double", np.negative, "Not yet. For array([1, 2]) it gave array([-1, -2]), expected array([2, 4]). Times two."),
        ("double", lambda row: None, "Not answered yet: your function returned nothing. Replace the dots in it, and end it with return."),
    ],
)  # fmt: skip
def test_what_is_said_to_an_answer(name, value, said, capsys):
    Sheet(TEXT)(name, value)
    assert capsys.readouterr().out == said + "\n"


def test_a_function_is_tried_on_a_fresh_copy_each_time():
    def spoils(row):
        result = doubled(row)
        row[0] = 99
        return result

    for _ in range(2):
        assert Sheet(TEXT).verdict("double", spoils)[0]


def test_nothing_can_be_read_of_an_answer_that_is_not_a_function():
    everything = json.dumps(Sheet(TEXT).questions)
    for record in NUMBER, WORD, ROW:
        for words in record.why, *(message for _, message in record.mistakes):
            assert words not in everything
    assert "17" not in json.dumps({**Sheet(TEXT).questions["length"], "words": None})


def test_the_same_answer_to_two_questions_looks_different():
    twin = Exercise("other", "How long?", 17, NUMBER.mistakes, NUMBER.hint, NUMBER.why)
    first, second = (Sheet(packed([NUMBER, twin])).questions[name]["words"] for name in ("length", "other"))
    assert not first.keys() & second.keys()
    assert not set(first.values()) & set(second.values())


@pytest.mark.parametrize("text", ["", "no text of a sheet", TEXT[:-8], TEXT[4:], TEXT.replace("e", "f"), None, 3])
def test_a_text_that_was_changed_is_said(text):
    with pytest.raises(
        ValueError, match=r"The text of the checks was changed\. Copy this cell from a fresh notebook\."
    ):
        Sheet(text)


def test_line_breaks_do_not_matter():
    assert Sheet("\n".join(TEXT[at : at + 10] for at in range(0, len(TEXT), 10))).questions == Sheet(TEXT).questions


def test_an_unknown_name_is_said():
    with pytest.raises(ValueError, match=r"No question is called 'lenght'\. There are: length, filter, map, double\."):
        Sheet(TEXT)("lenght", 17)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text()
    | arrays.arrays(st.sampled_from(sorted(NUMBERS)), arrays.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=3)),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=6,
)  # fmt: skip


@given(values)
def test_what_is_encoded_comes_back(value):
    back = decode(json.loads(json.dumps(encode(value))))
    assert alike(value, back)


def alike(a, b):
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    return a is b or a == b or (a != a and b != b)


@pytest.mark.parametrize(
    "value", [1j, object(), {1: 2}, {1, 2}, b"1", print, np.array(["a"]), np.array([1j]), np.ma.masked, np.array([{}])]
)  # fmt: skip
def test_anything_else_is_only_named(value):
    encoded = encode(value)
    assert encoded == {"other": f"a value of type {type(value).__name__}"}
    assert repr(decode(encoded)) == f"a value of type {type(value).__name__}"
    assert not same(decode(encoded), value)


@pytest.mark.parametrize(
    "value",
    [
        {}, {"array": [1]}, {"array": [1], "dtype": "object", "shape": [1]}, {"array": [1], "dtype": "V9999999999", "shape": [1]},
        {"array": [1], "dtype": "int64", "shape": [2]}, {"array": [1], "dtype": "int64", "shape": [-1], "more": 1},
        {"array": ["a"], "dtype": "int64", "shape": [1]}, {"array": [[1], [1, 2]], "dtype": "int64", "shape": [2]},
        {"dots": True, "other": 1},
    ],
)  # fmt: skip
def test_what_encode_does_not_make_is_refused(value):
    with pytest.raises(ValueError, match=r"."):
        decode(value)
