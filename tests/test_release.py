"""What students and teachers get: notebooks without a trace of answers, the same from nbgrader, and model solutions."""

import base64
import io
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import nbformat
import pytest
from about import About

import classroom
from classroom import release
from classroom.question import assignments
from classroom.worker import python

CLASSROOM = Path(classroom.__file__).parent
every_assignment = pytest.mark.parametrize("assignment", assignments())


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """The folder that `make release-assignments` fills."""
    out = tmp_path_factory.mktemp("released")
    release.release(out)
    return out


def solution_lines(assignment):
    """Every line of code that only the teacher has: between the markers, and the hidden tests."""
    for cell in nbformat.read(release.source(assignment), 4).cells:
        for block in re.findall(r"### BEGIN (?:SOLUTION|HIDDEN TESTS)\n(.*?)### END", cell.source, re.DOTALL):
            yield from (line.strip() for line in block.splitlines() if len(line.strip()) > 6)


def all_texts(data):
    """A file's bytes as text, what is packed in it unpacked, too."""
    if data[:2] == b"PK":
        bundle = zipfile.ZipFile(io.BytesIO(data))
        return "".join(all_texts(bundle.read(name)) for name in bundle.namelist())
    text = data.decode()
    for cell in json.loads(text)["cells"]:
        for packed in re.findall(r'"""\n(.*?)"""', "".join(cell["source"]), re.DOTALL):
            text += zlib.decompress(base64.b64decode("".join(packed.split()))).decode()
    return text


def test_checks_in_the_sources_are_those_of_the_questions(released):
    """`make release-assignments` writes them; what is committed must be what it writes."""
    for name in assignments():
        assert not release.write_checks(name), f"make release-assignments, then commit {name}.ipynb"


@every_assignment
def test_no_byte_of_a_release_has_a_trace_of_a_solution_or_a_hidden_test(assignment, released):
    lines = set(solution_lines(assignment))
    assert len(lines) > 2 * len(assignments()[assignment])
    cells = nbformat.read(release.source(assignment), 4).cells
    shown = "\n".join(cell.source for cell in cells if not cell.metadata.get("nbgrader", {}).get("solution"))
    shown = re.sub(r"### BEGIN HIDDEN.*?### END", "", shown, flags=re.DOTALL)
    for path in released.glob("*"):
        text = all_texts(path.read_bytes()).replace("\\n", "\n").replace('\\"', '"')
        for line in lines:
            assert line not in text or line in shown, f"{path.name} has {line!r}"
        for trace in "BEGIN SOLUTION", "END SOLUTION", "HIDDEN", "classroom", "hidden_", "def _":
            assert trace not in text


@every_assignment
def test_an_answer_that_is_not_a_function_cannot_be_read_in_a_release(assignment, released):
    text = all_texts((released / f"{assignment}.ipynb").read_bytes())
    questions = assignments()[assignment]
    said = {
        message for question in questions if question.cases for _, _, message in question.mistakes
    }  # for all to see
    for question in questions:
        if not question.cases:
            for words in question.why, *(message for _, _, message in question.mistakes if message not in said):
                assert words not in text
                assert json.dumps(words)[1:-1] not in text


@every_assignment
def test_a_release_has_no_outputs_and_is_a_valid_notebook(assignment, released):
    book = nbformat.read(released / f"{assignment}.ipynb", 4)
    nbformat.validate(book)
    for cell in book.cells:
        if cell.cell_type == "code":
            assert not cell.outputs
            assert cell.execution_count is None


def test_outputs_of_the_teachers_own_runs_are_left_out(tmp_path, monkeypatch):
    book = nbformat.read(release.source("bump"), 4)
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.execution_count = 3
            cell.outputs = [nbformat.v4.new_output("stream", text="a solution's output")]
    nbformat.write(book, tmp_path / "bump.ipynb")
    monkeypatch.setattr(release, "source", lambda name: tmp_path / f"{name}.ipynb")
    text = json.dumps(release.student_notebook("bump"))
    assert "a solution's output" not in text
    assert '"execution_count": 3' not in text


@every_assignment
def test_a_fresh_notebook_runs_to_its_end_unsolved(assignment, released):
    """Every check answers that there is no answer yet; nothing stops."""
    cells = [
        cell.source for cell in nbformat.read(released / f"{assignment}.ipynb", 4).cells if cell.cell_type == "code"
    ]
    program = "\n\n".join(map(python, cells))
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env={**os.environ, "MPLBACKEND": "Agg"}
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Not answered yet: ") == len(assignments()[assignment])
    assert "Right." not in done.stdout


def test_the_zip_holds_every_notebook_and_is_the_same_every_time(released, tmp_path):
    bundle = zipfile.ZipFile(released / "assignments.zip")
    assert bundle.namelist() == [f"{name}.ipynb" for name in assignments()]
    for name in bundle.namelist():
        assert bundle.read(name) == (released / name).read_bytes()
    release.release(tmp_path)
    assert (tmp_path / "assignments.zip").read_bytes() == (released / "assignments.zip").read_bytes()


def test_a_package_goes_into_the_one_install_cell():
    address = "git+https://example.org/book@1.0"
    for name in assignments():
        cells = [cell.source for cell in release.student_notebook(name, address).cells]
        assert sum(f'%pip install --quiet "{address}"' in source for source in cells) == 1
        assert not any("Your teacher says" in source for source in cells)


@pytest.mark.parametrize(
    ("repository", "words", "package"),
    [
        ("", [], ""),
        ("https://github.com/a/b", [], "some-book @ git+https://github.com/a/b@v2.5"),
        ("https://github.com/a/b", ["--package", ""], "some-book @ git+https://github.com/a/b@v2.5"),
        ("https://github.com/a/b", ["--package", "git+https://example.org/mine"], "git+https://example.org/mine"),
    ],
)
def test_the_package_is_the_one_of_the_settings_if_no_other_is_named(
    repository, words, package, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(release, "about", lambda: About("A book", "some-book", "2.5", repository, ""))
    release.main(["--out", str(tmp_path), *words])
    install = next(cell for cell in nbformat.read(tmp_path / "bump.ipynb", 4).cells if cell.id == "install")
    last = f'%pip install --quiet "{package}"' if package else 'raise ImportError("Your teacher says how to install'
    assert install.source.splitlines()[-1].strip().startswith(last)
    asked = "On Colab students are told to ask you for the package. Give its address: PACKAGE=git+https://...\n"
    assert capsys.readouterr().out.endswith(asked) == (not package)


def test_model_solutions_are_run_and_right_and_say_nothing_of_the_grader(tmp_path):
    release.main(["--solutions", "--out", str(tmp_path)])
    assert sorted(path.stem for path in tmp_path.iterdir()) == sorted(assignments())
    for name, questions in assignments().items():
        book = nbformat.read(tmp_path / f"{name}.ipynb", 4)
        printed = "".join(output.get("text", "") for cell in book.cells for output in cell.get("outputs", ()))
        assert printed.count("Right. ") == len(questions)
        text = json.dumps(book)
        assert "HIDDEN" not in text
        assert "### " not in text
        assert not any(re.search(r"^(\w+ = |\s+)\.\.\.$", cell.source, re.MULTILINE) for cell in book.cells)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A copy of the classroom as an nbgrader course, and a function that runs nbgrader in it."""
    folder = tmp_path_factory.mktemp("course") / "classroom"
    shutil.copytree(CLASSROOM, folder, ignore=shutil.ignore_patterns("__pycache__", "class.toml"))
    (folder / "class.toml").write_text('seed = "a class of its own"\n')

    def nbgrader(*words):
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        command = [sys.executable, "-m", "nbgrader", *words]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ, "PATH": path})
        assert done.returncode == 0, done.stderr
        return folder

    return nbgrader


@every_assignment
def test_nbgrader_makes_the_same_notebooks(assignment, released, course):
    folder = course("generate_assignment", assignment, "--force")
    theirs = nbformat.read(folder / "release" / assignment / f"{assignment}.ipynb", 4)
    ours = nbformat.read(released / f"{assignment}.ipynb", 4)
    for mine, other in itertools.zip_longest(ours.cells, theirs.cells):
        assert mine.source == other.source


def test_nbgraders_own_autograding_gives_the_same_points(course):
    """For an honest student with two mistakes; the hidden tests run in the student's kernel there."""
    folder = course("generate_assignment", "bump", "--force")
    book = nbformat.read(folder / "release" / "bump" / "bump.ipynb", 4)
    answers = {
        "map_length": "map_length = 17",
        "one_step": "one_step = 12",  # the bias forgotten: half a point
        "slide": "def slide(signal, weights, bias):\n    return [signal[at : at + len(weights)] @ weights[::-1] + bias "
        "for at in range(len(signal) - len(weights) + 1)]",  # the filter turned round: one point
    }
    for cell in book.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = answers.get(name, cell.source)
    path = folder / "submitted" / "ann" / "bump" / "bump.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(book, path)
    course("autograde", "bump")
    course("export", "--to", "grades.csv")
    row = (folder / "grades.csv").read_text().splitlines()[1].split(",")
    assert float(row[7]) == 1 + 0.5 + 1
