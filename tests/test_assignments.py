"""Every question of every assignment: its solution is right, and each typical mistake gets its marks and its message."""

import contextlib
import io
import itertools
import json
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

import classroom
from classroom.question import HIDDEN, LEVELS, Question, assignments
from classroom.worker import python
from convtools.check import same
from convtools.sheet import Sheet, decode, encode, packed

FOLDER = Path(classroom.__file__).parent / "assignments"
SEEDS = [f"seed {number}" for number in range(12)]
ALL = [(name, question) for name, questions in assignments().items() for question in questions]
every_question = pytest.mark.parametrize(
    ("assignment", "question"), ALL, ids=[f"{name}.{question.name}" for name, question in ALL]
)
every_assignment = pytest.mark.parametrize("assignment", assignments())


def notebook(assignment):
    return nbformat.read(FOLDER / assignment / f"{assignment}.ipynb", 4)


def run(cells):
    """Run code cells as one program; return its names and what it printed."""
    names, printed = {"__name__": "__main__"}, io.StringIO()
    with contextlib.redirect_stdout(printed):
        for cell in cells:
            exec(python(cell.source), names)
    return names, printed.getvalue()


def code(book):
    return [
        cell
        for cell in book.cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade_id") != "install"
    ]


@pytest.fixture(scope="module")
def solved():
    """{assignment: (the names its source notebook defines, what it printed)}."""
    return {name: run(code(notebook(name))) for name in assignments()}


@every_question
def test_the_notebooks_own_solution_is_right_for_any_seed(assignment, question, solved):
    names, _ = solved[assignment]
    mine = names[question.name]
    for seed in SEEDS:
        cases = question.hidden(seed)
        assert len(cases) == (HIDDEN if question.cases else 0)
        results = [decode(json.loads(json.dumps(encode(result)))) for result in question.expected(mine, cases)]
        assert question.worth(*results, cases=cases) == (question.points, f"Right. {question.why}", "right")


@every_question
def test_every_mistake_gets_its_marks_and_its_message(assignment, question):
    messages = [message for _, _, message in question.mistakes]
    assert len(set(messages) | {question.hint, question.why}) == len(messages) + 2
    assert len(messages) >= 3
    for seed in SEEDS:
        cases = question.hidden(seed)
        for wrong, marks, message in question.mistakes:
            assert 0 <= marks < question.points
            results = [decode(json.loads(json.dumps(encode(result)))) for result in question.expected(wrong, cases)]
            assert question.worth(*results, cases=cases) == (marks, message, "mistake")


@every_question
def test_another_wrong_answer_gets_nothing_but_the_hint(assignment, question):
    cases = question.hidden("a class")
    for nonsense in "no such answer", -12345.5, None, [[1], 2], np.full((3, 4, 5), 0.123):
        assert question.worth(*[nonsense] * max(len(cases), 1), cases=cases) == (0, question.hint, "wrong")


@every_question
def test_an_answer_copied_from_another_class_fails(assignment, question):
    if question.cases:
        here, there = question.hidden("a class"), question.hidden("another class")
        assert encode(here) != encode(there)
        copied = question.expected(question.answer, there)
        assert question.worth(*copied, cases=here)[0] < question.points
        assert not any(same(a[0], b[0]) for a, b in itertools.product(question.cases, here) if encode(a) == encode(b))


@every_question
def test_hidden_cases_are_the_same_for_the_same_seed_and_as_hard_as_the_others(assignment, question):
    if question.cases:
        again = Question(**vars(question))
        assert encode(again.hidden("a class")) == encode(question.hidden("a class"))
        kinds = {tuple(type(argument) for argument in case) for seed in SEEDS for case in question.hidden(seed)}
        assert len(kinds) == 1  # as the public cases have them, too
        assert {len(case) for case in question.cases} == {len(kind) for kind in kinds}
        sizes = [np.mean([np.size(case[0]) for case in question.hidden(seed)]) for seed in SEEDS]
        assert max(sizes) < 3 * min(sizes)


def test_an_answer_that_changes_its_input_spoils_it_for_no_other():
    def spoils(row):
        row += 1
        return row.sum()

    mistakes = ((np.sum, 0, "One for each is missing."), (np.max, 0, "The largest."), (np.min, 0, "The smallest."))
    cases = ((np.array([1, 2]),),)
    question = Question(
        "q", "core", 1, "?", spoils, mistakes, "Add.", "So.", cases, draw=lambda rng: (rng.integers(1, 9, 3),)
    )
    hidden = question.hidden("a class")
    before = encode(hidden)
    assert question.worth(*question.expected(spoils, hidden), cases=hidden)[0] == 1
    assert encode(hidden) == before


def test_the_question_on_the_page_for_teachers_is_one():
    page = (FOLDER.parent.parent / "book" / "course.md").read_text("utf-8")
    record, solution, tests = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names = {"np": np, "Question": Question}
    exec(record.replace("Question(", "question = Question(") + solution, names)
    question = names["question"]
    test_every_mistake_gets_its_marks_and_its_message("bump", question)
    cases = question.hidden("a class")
    assert question.worth(*question.expected(names["range_of"], cases), cases=cases)[2] == "right"
    assert tests.replace("range_of", "slide") in "\n".join(cell.source for cell in notebook("bump").cells) + "\n"


@every_question
def test_the_public_check_says_what_the_marks_will(assignment, question):
    sheet = Sheet(packed([question.exercise()]))
    assert sheet.verdict(question.name, question.answer) == (True, f"Right. {question.why}")
    for wrong, _, message in question.mistakes:
        assert sheet.verdict(question.name, wrong) == (False, message)
    assert sheet.verdict(question.name, ...)[1] == "Not answered yet: replace the dots."
    right, said = sheet.verdict(question.name, "no such answer")
    assert not right
    assert len(said) > 20


@every_assignment
def test_every_check_of_the_solved_notebook_says_right(assignment, solved):
    _, printed = solved[assignment]
    questions = assignments()[assignment]
    assert [line for line in printed.splitlines() if line.startswith("Right. ")] == [
        f"Right. {question.why}" for question in questions
    ]


@every_assignment
def test_cells_that_only_show_something_can_be_left_out(assignment, solved):
    cells = [cell for cell in code(notebook(assignment)) if "show" not in cell.metadata.get("tags", ())]
    assert len(cells) < len(code(notebook(assignment)))
    _, printed = run(cells)
    assert printed.count("Right. ") == len(assignments()[assignment])


@every_assignment
def test_an_assignment_is_of_the_size_announced(assignment):
    questions = assignments()[assignment]
    assert 6 <= len(questions) <= 10
    assert {question.level for question in questions} == set(LEVELS)
    assert [LEVELS.index(question.level) for question in questions] == sorted(
        LEVELS.index(question.level) for question in questions
    )
    book = notebook(assignment)
    text = "\n".join(cell.source for cell in book.cells if cell.cell_type == "markdown")
    assert f"{sum(question.points for question in questions)} points" in text
    parts = text.split("\n## ")[1:]
    for number, (question, part) in enumerate(zip(questions, parts, strict=False), 1):
        assert part.startswith(f"{number}. ")
        points = "1 point" if question.points == 1 else f"{question.points} points"
        assert f"*{question.level.capitalize()}, {points}.*" in part
    graded = [cell.metadata.nbgrader for cell in book.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    assert [(cell.grade_id, cell.points) for cell in graded] == [
        (f"{question.name}_check", question.points) for question in questions
    ]
