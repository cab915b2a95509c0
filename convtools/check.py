"""Answers to exercises and questions that talk back: right, or which typical mistake this is."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import numpy as np


@dataclass(frozen=True)
class Exercise:
    """One question of a chapter with all that is known about its answers: for code, or for a field in the page.

    name: how the chapter calls it, unique in its module. question: the chapter's own words.
    answer: a right answer: a number, text, a shape, an array, or a function.
    mistakes: typical wrong answers as (answer, what to say to it).
    hint: said to any other wrong answer. why: said to a right one.
    cases: for an answer that is a function: the tuples of arguments it is tried with.
    accept: for a question with many right answers: a function that returns None for a right one, else
    the message. `answer` and `mistakes` then are examples that tests hold it against.
    choices: the texts to choose the answer from, where it is one of several.

    >>> Exercise("sum", "1 + 1?", answer=2, mistakes=((11, "Add, do not join."),), hint="Count.", why="").answer
    2
    """

    name: str
    question: str
    answer: object
    mistakes: tuple
    hint: str
    why: str
    cases: tuple = ()
    accept: Callable | None = None
    choices: tuple = ()


def answer(name, value):
    """Check the reader's `value` for the exercise called "chapter.name" and print what is to be said.

    Errors: `ValueError` for a name that no exercise has.

    >>> answer("bump.map-length", ...)
    Not answered yet: replace the dots.
    """
    print(verdict(find(name), value)[1])


def find(name):
    """Return the Exercise called "chapter.name". Errors: `ValueError` with the names there are.

    >>> find("bump.map-length").name
    'map-length'
    """
    chapter, _, short = str(name).partition(".")
    chapters = exercises()
    for exercise in chapters.get(chapter, ()):
        if exercise.name == short:
            return exercise
    known = ", ".join(f"{chapter}.{exercise.name}" for chapter, records in chapters.items() for exercise in records)
    raise ValueError(f"No exercise is called {name!r}. There are: {known}.")


def exercises():
    """Return all exercises: {chapter: its tuple of Exercise}, in the chapters' order.

    >>> list(exercises())[:2]
    ['convolution', 'bump']
    """
    package = import_module("convtools.exercises")
    return {name: import_module(f"convtools.exercises.{name}").EXERCISES for name in package.CHAPTERS}


def verdict(exercise, value):
    """Return (is it right, what to say) for the reader's `value`; nothing the reader passes stops it.

    >>> verdict(find("bump.map-length"), 12)[0]
    False
    """
    if exercise.cases:
        return _function_verdict(exercise, value)
    if _missing(value):
        return False, UNSOLVED
    for wrong, message in exercise.mistakes:
        if same(value, wrong):
            return False, message
    if exercise.accept:
        try:
            message = exercise.accept(value)
        except Exception as error:  # the reader's value may be anything; it is told what happened
            message = f"Your answer could not be tried: {_why(error)} {exercise.hint}"
        return (False, message) if message else (True, f"Right. {exercise.why}")
    if same(value, exercise.answer):
        return True, f"Right. {exercise.why}"
    return False, f"Not yet.{difference(value, exercise.answer)} {exercise.hint}"


UNSOLVED = "Not answered yet: replace the dots."


def _function_verdict(exercise, function):
    if _missing(function):
        return False, UNSOLVED
    if not callable(function):
        return False, f"A function was expected, got {_short(function)}. Pass its name, without brackets."
    results = []
    for case in exercise.cases:
        try:
            results.append(function(*copy.deepcopy(case)))
        except Exception as error:  # the reader's own code may fail in any way; it is told how
            return False, f"Your function stopped with {_why(error)} It was called with {_call(case)}."
    if any(_missing(result) for result in results):
        return (
            False,
            "Not answered yet: your function returned nothing. Replace the dots in it, and end it with return.",
        )
    right = [exercise.answer(*copy.deepcopy(case)) for case in exercise.cases]
    if all(map(same, results, right)):
        return True, f"Right. {exercise.why}"
    for wrong, message in exercise.mistakes:
        if all(map(same, results, (wrong(*copy.deepcopy(case)) for case in exercise.cases))):
            return False, message
    case, came, expected = next(row for row in zip(exercise.cases, results, right, strict=True) if not same(*row[1:]))
    return False, f"Not yet. For {_call(case)} it gave {_short(came)}, expected {_short(expected)}. {exercise.hint}"


def same(a, b):
    """Tell whether two answers are the same: text by its words, numbers and arrays by shape and value.

    >>> same([1, 2], (1.0, 2.0)), same("Yes ", "yes"), same(1, [1])
    (True, True, False)
    """
    if isinstance(a, str) or isinstance(b, str):
        return isinstance(a, str) and isinstance(b, str) and a.strip().casefold() == b.strip().casefold()
    a, b = numbers(a), numbers(b)
    return a is not None and b is not None and a.shape == b.shape and np.allclose(a, b, atol=1e-5, equal_nan=True)


def numbers(value):
    """Return `value` as an array of real numbers, float64, or None if it is none.

    >>> numbers([1, 2]), numbers("1")
    (array([1., 2.]), None)
    """
    try:
        if np.ma.is_masked(value):  # nothing, though an array of it looks like 0
            return None
        array = np.asarray(value)
        with np.errstate(over="ignore"):  # a number too large is infinity
            return array.astype(np.float64) if array.dtype.kind in "biuf" else None
    except Exception:  # ragged lists, or objects with surprising habits: no numbers
        return None


def difference(value, right):
    """Say what is plainly of the wrong kind or shape, without telling the answer `right`.

    >>> difference([1, 2], right=3)
    ' One number was expected, got a row of 2.'
    """
    if isinstance(right, str):
        return "" if isinstance(value, str) else f" A word in quotes was expected, got {_short(value)}."
    came, expected = numbers(value), numbers(right)
    if came is None:
        return f" Numbers were expected, got {_short(value)}."
    if came.shape == expected.shape:
        return ""
    if expected.ndim == 0 and came.ndim == 1:
        return f" One number was expected, got a row of {came.size}."
    if expected.ndim == 1 and came.ndim <= 1:
        return f" Numbers in your answer: {came.size}, expected {expected.size}."
    return f" Your answer has shape {came.shape}, expected shape {expected.shape}."


def _missing(value):
    return value is None or value is ...


def _short(value, text=repr):
    try:
        words = " ".join(text(_bare(value) if text is repr else value).split())
    except Exception:  # an object that cannot even be shown
        words = f"a value of type {type(value).__name__}"
    return words if len(words) <= 80 else words[:77] + "..."


def _bare(value):
    """`value` as it is shown: numbers without NumPy's word on how they are kept.

    >>> _bare([np.float64(1.5)]), _bare(np.ones(2, "float32"))
    ([1.5], array([1., 1.]))
    """
    if isinstance(value, (list, tuple)):
        return type(value)(map(_bare, value)) if type(value) in (list, tuple) else value
    if isinstance(value, np.generic):
        return value.item()
    if type(value) is np.ndarray and value.dtype.kind in "iuf":
        return value.astype(np.float64 if value.dtype.kind == "f" else np.int64)
    return value


def _why(error):
    """An error's kind and words, as a sentence."""
    words = f"{type(error).__name__}: {_short(error, str)}"
    return words if words.endswith((".", "?", "!")) else f"{words}."


def _call(case):
    return ", ".join(_short(argument) for argument in case)
