"""One question of an assignment: what is asked, how answers are told apart, and what each is worth."""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path

import numpy as np

from convtools.check import Exercise, same

LEVELS = ("core", "more", "stretch")
HIDDEN = 4  # hidden cases a question is tried with


@dataclass(frozen=True, eq=False)
class Question:
    """One question, asked of the student's notebook as the variable or function called `name`.

    name: an identifier, unique in its assignment. level: one of LEVELS. points: a whole number.
    asks: what is asked, in one or two sentences, for the feedback page (the notebook says it at length).
    answer: a right answer: a number, text, a shape, an array, or a function.
    mistakes: typical wrong answers as (answer, the points it still gets, what to say to it).
    hint: said to any other wrong answer. why: said to a right one.
    cases: for a function: the tuples of arguments that the public check tries, for all to see.
    draw: for a function: from a NumPy Generator to one more such tuple; the grader's hidden cases come from it.

    >>> one = Question("sum", "core", 2, "1 + 1?", answer=2, mistakes=((11, 0, "Add, do not join."),), hint="", why="")
    >>> one.worth(11)
    (0, 'Add, do not join.', 'mistake')
    """

    name: str
    level: str
    points: int
    asks: str
    answer: object
    mistakes: tuple
    hint: str
    why: str
    cases: tuple = ()
    draw: Callable | None = None

    def exercise(self):
        """Return the same question as the book's checks know it."""
        mistakes = tuple((wrong, message) for wrong, _, message in self.mistakes)
        return Exercise(self.name, self.asks, self.answer, mistakes, self.hint, self.why, self.cases)

    def hidden(self, seed):
        """Return HIDDEN tuples of arguments that are the same for the same `seed`, a text; () if it is no function.

        They tell the right answer from every listed mistake, and each mistake from the others.
        Errors: `ValueError` where no such cases can be drawn.
        """
        return _hidden(self, seed) if self.cases else ()

    def worth(self, *results, cases=()):
        """Return (points, what to say, "right", "mistake" or "wrong") for what came back for the `cases`, one each."""
        if all(map(same, results, self.expected(self.answer, cases))):
            return self.points, f"Right. {self.why}", "right"
        for wrong, marks, message in self.mistakes:
            if all(map(same, results, self.expected(wrong, cases))):
                return marks, message, "mistake"
        return 0, self.hint, "wrong"

    def expected(self, answer, cases):
        """Return what `answer`, the right one or a mistake, gives in each of the `cases`."""
        return [answer(*copy.deepcopy(case)) for case in cases] if self.cases else [answer]


@lru_cache(maxsize=256)
def _hidden(question, seed):
    rng = np.random.default_rng(list(f"{seed}|{question.name}".encode()))
    answers = [question.answer, *(wrong for wrong, _, _ in question.mistakes)]
    for _ in range(100):
        cases = tuple(question.draw(rng) for _ in range(HIDDEN))
        results = [question.expected(answer, cases) for answer in answers]
        pairs = [(a, b) for at, a in enumerate(results) for b in results[:at]]
        if not any(all(map(same, a, b)) for a, b in pairs):
            return cases
    raise ValueError(f"{question.name}: in 100 tries no hidden cases told its answers apart. Let draw vary more.")


def source(assignment):
    """Return the path of an assignment's source notebook."""
    return Path(__file__).parent / "assignments" / assignment / f"{assignment}.ipynb"


@cache
def shown(assignment):
    """Return the sources of the cells that only show the student what was made; they are tagged "show"."""
    cells = json.loads(source(assignment).read_text("utf-8"))["cells"]
    return {"".join(cell["source"]).strip() for cell in cells if "show" in cell["metadata"].get("tags", ())}


def assignments():
    """Return all assignments: {name: its tuple of Question}, in order.

    >>> list(assignments())[0]
    'bump'
    """
    package = import_module("classroom.questions")
    return {name: import_module(f"classroom.questions.{name}").QUESTIONS for name in package.ASSIGNMENTS}
