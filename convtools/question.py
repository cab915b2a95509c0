"""A question that is answered in the page: right, or which typical mistake this is, as often as one likes."""

import json
import re
from html import escape

import anywidget
import numpy as np
import traitlets

from convtools import page
from convtools.check import find, verdict
from convtools.words import number

STATE = ("question", "kind", "choices", "answer", "mistakes", "hint", "why", "value")


def ask(name):
    """Return the Question called "chapter.name". Errors: `ValueError` for an unknown name, or as `Question`.

    >>> ask("bump.places")
    Question('places')
    """
    return Question(find(name))


class Question(anywidget.AnyWidget):
    """A field for a number or a row of numbers, or a choice, and a check that answers in the page.

    exercise: a `convtools.check.Exercise` whose answer is a number, a row of numbers, or one of its choices.
    The page checks by itself, so it needs no kernel, and says what `convtools.check.verdict` says.

    Traits: `value`, both ways between Python and the page: the reader's last answer, a number, a list of numbers or
    a text; None before. The others (question, kind, choices, answer, mistakes, hint, why) are the record's.
    Errors: `ValueError` for a record that cannot be asked in a page, and for a value that no reader could give.

    >>> question = ask("bump.places")
    >>> question.value = 6
    >>> question.right
    True
    """

    _esm = page.module("question")
    _css = page.style("question")
    question = traitlets.Unicode().tag(sync=True)
    kind = traitlets.Unicode().tag(sync=True)
    choices = traitlets.List().tag(sync=True)
    answer = traitlets.Any().tag(sync=True)
    mistakes = traitlets.List().tag(sync=True)
    hint = traitlets.Unicode().tag(sync=True)
    why = traitlets.Unicode().tag(sync=True)
    value = traitlets.Any().tag(sync=True)

    def __init__(self, exercise):
        self.exercise = exercise
        super().__init__(
            question=exercise.question,
            kind=_kind(exercise),
            choices=list(exercise.choices),
            answer=_plain(exercise.answer),
            mistakes=[[_plain(wrong), message] for wrong, message in exercise.mistakes],
            hint=exercise.hint,
            why=exercise.why,
        )

    @property
    def state(self):
        """All traits as a JSON-ready dict: what the published page keeps."""
        return {name: getattr(self, name) for name in STATE}

    @property
    def right(self):
        """Whether the reader's last answer is right."""
        return verdict(self.exercise, self.value)[0]

    @traitlets.validate("value")
    def _check(self, proposal):
        """Let in only what a reader of the page could answer."""
        value = _plain(proposal["value"])
        if value is None or (value in self.choices if self.kind == "choice" else _is_row(value)):
            return value
        expected = f"one of {self.choices}" if self.kind == "choice" else "a finite number or a list of them"
        raise ValueError(f"value must be {expected}, got {proposal['value']!r}. None takes the answer back.")

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs)
        return {**data, "text/html": still(self.state)}, metadata

    def __repr__(self):
        return f"Question({self.exercise.name!r})"


def _kind(exercise):
    """Return how the page asks for the answer: "number", "numbers" or "choice"."""
    code = "It can be answered with code only: use check.answer."
    if exercise.cases or callable(exercise.answer):
        raise ValueError(f"{exercise.name!r} asks for a function. {code}")
    if exercise.accept:
        raise ValueError(f"{exercise.name!r} has many right answers, which only Python can tell. {code}")
    if exercise.choices:
        if exercise.answer not in exercise.choices:
            raise ValueError(f"{exercise.name!r} has the answer {exercise.answer!r}, which is not one of its choices.")
        return "choice"
    if isinstance(exercise.answer, str):
        raise ValueError(f"{exercise.name!r} has an answer in words. Give it choices=(...) with all answers.")
    if not _is_row(_plain(exercise.answer)):
        shape = np.shape(exercise.answer)
        raise ValueError(f"{exercise.name!r} has an answer of shape {shape}, not one number or one row. {code}")
    return "numbers" if np.ndim(exercise.answer) else "number"


def _is_row(value):
    """Whether a plain value is a finite number or a list of such."""
    row = value if isinstance(value, list) else [value]
    return bool(row) and all(isinstance(n, int | float) and not isinstance(n, bool) and abs(n) < 1e300 for n in row)


def _plain(value):
    """Return a value with JSON's own types, whole numbers as ints."""
    if isinstance(value, tuple | list | np.ndarray):
        return [_plain(part) for part in value]
    value = value.item() if isinstance(value, np.generic) else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def still(state):
    """Return a figure with the state in `data-state`, the question, its choices, hint and worked answer.

    >>> still(ask("bump.places").state).splitlines()[2]
    '<p class="ct-asked">A filter of width 3 slides over 8 numbers. How many numbers come out?</p>'
    """
    data = escape(json.dumps(state, ensure_ascii=False, separators=(",", ":")))
    options = "".join(f"<li>{_html(choice)}</li>" for choice in state["choices"])
    return (
        f'<figure class="ct-question" data-state="{data}">\n<div class="ct-still">\n'
        f'<p class="ct-asked">{_html(state["question"])}</p>\n'
        + (f"<ul>{options}</ul>\n" if options else "")
        + f"<details><summary>Hint</summary><p>{_html(state['hint'])}</p></details>\n"
        f"<details><summary>Worked answer</summary><p>{_html(_worked(state))}</p></details>\n</div>\n</figure>"
    )


def _worked(state):
    """The answer as the book writes it, and why."""
    answer = state["answer"]
    if state["kind"] != "choice":
        answer = ", ".join(map(number, answer if isinstance(answer, list) else [answer]))
    return f"{answer[:1].upper()}{answer[1:]}. {state['why']}"


def _html(text):
    """Plain text as HTML, what stands between backticks as code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text, quote=False))
