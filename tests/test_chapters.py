"""The chapters as they are committed: their form, their questions and exercises, and every folded solution tried."""

import re
import subprocess
import sys
from itertools import pairwise

import nbformat
import pytest
import refresh
from about import about
from building import ROOT
from pixels import by_pixels, look_alike

from convtools.check import UNSOLVED, exercises, find
from convtools.question import ask, still

CHAPTERS = sorted((ROOT / "book").glob("[0-9]*-*.ipynb"), key=lambda path: int(path.stem.split("-")[0]))
FIRST_CELL = """%matplotlib inline
import numpy as np
from convtools import Conv1D, Conv2D, Sequential, check, data, figures
from convtools.question import ask
from convtools.stepper import Stepper"""
CHECKED = re.compile(r'check\.answer\("([\w.-]+)"')
ASKED = re.compile(r'^ask\("([\w.-]+)"\)$')
SOLUTION = re.compile(r"<details>\s*<summary>Solution</summary>\n\n```python\n(.*?)\n```\n.*?</details>", re.DOTALL)


@pytest.fixture(params=CHAPTERS, ids=lambda path: path.stem, scope="module")
def path(request):
    return request.param


@pytest.fixture(scope="module")
def chapter(path):
    return nbformat.read(path, as_version=4)


def code(chapter):
    """The code cells; the one that installs the package on Colab is not counted."""
    return [cell for cell in chapter.cells if cell.cell_type == "code" and not refresh.installs(cell)]


def prose(chapter):
    return [cell.source for cell in chapter.cells if cell.cell_type == "markdown"]


def outputs(cell, kind):
    return [output.data[kind] for output in cell.outputs if kind in output.get("data", {})]


def pictures(cell):
    """What the cell shows: stills of steppers and figures. (A question is none.)"""
    return [] if ASKED.match(cell.source) else outputs(cell, "text/html") + outputs(cell, "image/png")


def names_in(chapter, pattern):
    """The exercises and questions, "chapter.name", that the chapter's cells check or ask."""
    return [name for cell in code(chapter) for name in pattern.findall(cell.source)]


def test_all_ten_chapters_are_here():
    assert [int(path.stem.split("-")[0]) for path in CHAPTERS] == list(range(1, 11))


def test_the_first_cell_is_the_same_everywhere(chapter):
    assert code(chapter)[0].source == FIRST_CELL


@pytest.mark.parametrize("path", sorted((ROOT / "book").glob("*.ipynb")), ids=lambda path: path.stem)
def test_the_install_cell_is_the_one_that_the_settings_ask_for(path):
    notebook = nbformat.read(path, as_version=4)
    found = [(cell.source, cell.metadata) for cell in notebook.cells]
    package = about().install
    expected = [(cell.source, cell.metadata) for cell in refresh.with_install_cell(notebook, package).cells]
    assert found == expected, f"{path.name} has another install cell than for {package!r}. Run: make refresh"


def test_an_install_cell_changes_nothing_that_is_held_here(chapter, path):
    installing = refresh.with_install_cell(nbformat.from_dict(chapter), "some-book @ git+https://github.com/a/b@v1.0")
    assert len(installing.cells) == 1 + len(code(chapter)) + len(prose(chapter))
    assert (code(installing), prose(installing)) == (code(chapter), prose(chapter))
    ruff = [sys.executable, "-m", "ruff", "check", "--stdin-filename", path, "-"]
    done = subprocess.run(ruff, input=nbformat.writes(installing), capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout


def test_cells_are_short_and_there_are_enough(chapter):
    shown = [cell for cell in code(chapter) if not CHECKED.search(cell.source) and not ASKED.match(cell.source)]
    assert 12 <= len(shown) <= 25
    lines = [cell.source.splitlines() for cell in code(chapter)]
    assert max(map(len, lines)) <= 15
    assert max(len(line) for cell in lines for line in cell) <= 80  # else it is cut off in the page


def test_the_text_takes_15_to_25_minutes(chapter):
    text = "\n".join(prose(chapter)).partition("## Exercises")[0]
    assert 1000 <= len(re.sub(r"```.*?```|\]\([^)]*\)", " ", text, flags=re.DOTALL).split()) <= 1850


def test_headings_are_in_order(chapter):
    text = re.sub(r"```.*?```", "", "\n\n".join(prose(chapter)), flags=re.DOTALL)
    headings = re.findall(r"^(#+) (.*)", text, re.MULTILINE)
    levels = [len(marks) for marks, _ in headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    names = [name for _, name in headings]
    assert [name for name in names if name in ("Summary", "Exercises", "Where next")] == [
        "Summary",
        "Exercises",
        "Where next",
    ]
    assert "**What you will know" in text


def test_only_plain_markdown(chapter):
    for text in prose(chapter):
        assert not re.search(r"\{[a-z:]+\}`|^:::|^```\{", text, re.MULTILINE), text
        assert set(re.findall(r"</?(\w+)", re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL))) <= {
            "details",
            "summary",
        }


def test_a_prediction_stands_before_every_picture(chapter):
    predicted = False
    for cell in chapter.cells:
        if cell.cell_type == "markdown":
            predicted = predicted or "> **Predict.**" in cell.source
        elif pictures(cell):
            assert predicted, cell.source
            predicted = False


def test_a_question_stands_between_a_prediction_and_what_it_predicts_or_after_something_to_try(chapter):
    asked = names_in(chapter, ASKED)
    assert len(asked) >= 3
    assert len(set(asked)) == len(asked)
    assert len({ask(name).kind for name in asked}) == 3, "a number, a row of numbers, a choice"
    for before, cell, after in zip(chapter.cells, chapter.cells[1:], chapter.cells[2:], strict=False):
        if "ask(" in cell.source:
            assert ASKED.match(cell.source), "nothing else stands in the cell"
            lead_in = before.source.split("\n\n")[-1]
            assert lead_in.startswith(("> **Predict.** ", "**Try.** "))
            assert after.cell_type == "code" or lead_in.startswith("**Try.** ")
            assert outputs(cell, "text/html") == [still(ask(ASKED.match(cell.source)[1]).state)]


def test_every_exercise_and_question_of_the_chapter_is_used_in_it(chapter):
    used = names_in(chapter, CHECKED) + names_in(chapter, ASKED)
    (name,) = {name.partition(".")[0] for name in used}
    assert {f"{name}.{record.name}" for record in exercises()[name]} == set(used)


def test_a_stepper_and_an_interact_slider(chapter):
    sources = [cell.source for cell in code(chapter)]
    assert any(
        "Stepper(" in source and outputs(cell, "text/html") for source, cell in zip(sources, code(chapter), strict=True)
    )
    sliding = [cell for cell in code(chapter) if re.search(r"^\s*@?interact\(", cell.source, re.MULTILINE)]
    assert sliding
    assert all("IntSlider" in cell.source for cell in sliding)
    assert all(outputs(cell, "image/png") for cell in sliding)


def test_every_figure_says_in_words_what_is_to_be_seen(chapter):
    for cell in code(chapter):
        if outputs(cell, "image/png"):
            assert len(cell.metadata["mystnb"]["image"]["alt"].split()) >= 8, cell.source


def test_outputs_are_committed_without_live_widgets(chapter):
    assert "widgets" not in chapter.metadata
    for cell in code(chapter):
        assert cell.execution_count
        assert not outputs(cell, "application/vnd.jupyter.widget-view+json")
        assert all(output.output_type != "error" for output in cell.outputs)


def test_exercises_have_their_question_a_stub_and_a_solution(chapter):
    names = names_in(chapter, CHECKED)
    assert len(names) >= 3
    assert len(set(names)) == len(names)
    text = "\n\n".join(prose(chapter))
    assert "## Exercises" in text
    for name in names:
        assert find(name).question in text
    for cell in code(chapter):
        if CHECKED.search(cell.source):
            said = "".join(output.text for output in cell.outputs)
            assert "Not answered yet" in said
    assert len(UNSOLVED) > 20
    solutions = [CHECKED.findall(solution)[0] for solution in SOLUTION.findall(text)]
    assert solutions == names


def test_every_solution_is_right(chapter, tmp_path):
    solved = nbformat.from_dict(chapter)
    solutions = {CHECKED.findall(solution)[0]: solution for solution in SOLUTION.findall("\n\n".join(prose(chapter)))}
    checked = [cell for cell in code(solved) if CHECKED.search(cell.source)]
    for cell in checked:
        cell.source = solutions[CHECKED.findall(cell.source)[0]]
    refresh.client_for(solved, tmp_path).execute()  # from another folder, too
    for cell in checked:
        assert "".join(output.get("text", "") for output in cell.outputs).startswith("Right."), cell.source


def figures(notebook):
    """Take the pictures out of a notebook, in order."""
    outputs = [output.get("data", {}) for cell in code(notebook) for output in cell.outputs]
    return [data.pop("image/png") for data in outputs if "image/png" in data]


def test_a_refresh_leaves_it_as_it_is(path, tmp_path):
    fresh = tmp_path / path.name
    fresh.write_bytes(path.read_bytes())
    assert refresh.main([str(fresh)]) == 0
    old, new = (nbformat.read(file, as_version=4) for file in (path, fresh))
    for before, after in zip(figures(old), figures(new), strict=True):
        assert look_alike(before, after), f"{path.name}: a picture is out of date. Run: make refresh"
    old, new = (by_pixels(nbformat.writes(notebook)) for notebook in (old, new))
    assert old == new, f"{path.name} is out of date. Run: make refresh"
