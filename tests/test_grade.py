"""Grading a class: stopped and gone on with, shared among workers, the same marks each time, and what comes out of it."""

import csv
import json
import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from notebooks import FLIPPED, changed, notebook, solved

import classroom
from classroom import bubblewrap, sandbox
from classroom.bubblewrap import NoSandboxError
from classroom.grade import grade_class, main
from classroom.question import assignments
from classroom.teacher import Settings, settings

pytestmark = pytest.mark.usefixtures("bubblewrap")
ROOT = Path(classroom.__file__).parent.parent
SEED = "the seed of a class"
CLASS = Settings(SEED, {"bump": "The bump (4711)"})
SLOW = "import time\ntime.sleep(0.2)"


def fill(folder, students=8, slow=False):
    """A folder of Canvas's names: every second student has turned the filter round, every third has left one out."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(students):
        cells = {"imports": "import numpy as np\n" + SLOW * slow}
        if number % 2:
            cells["slide"] = FLIPPED
        if number % 3 == 0:
            cells["only_peaks"] = "only_peaks = ..."
        (folder / f"student{number}_{100 + number}_{900 + number}_bump.ipynb").write_bytes(changed(**cells))
    return folder


def kept(out):
    """{name: bytes} of all results."""
    return {path.name: path.read_bytes() for path in (out / "results").glob("*.json")}


def points(results):
    return {(one["student"], one["assignment"]): sum(mark["points"] for mark in one["marks"]) for one in results}


def alive(*graders):
    """The numbers of all processes that run a worker for one of these graders, given by their own numbers."""
    marks, found = [f'"grader": {number}}}'.encode() for number in graders], []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes()
        except OSError:
            continue
        found += [int(path.parent.name)] if any(mark in words for mark in marks) else []
    return found


def gone(*graders):
    """Whether their workers end, too; the kernel may take a moment for it."""
    deadline = time.monotonic() + 10
    while alive(*graders) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not alive(*graders)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """(folder, out, results) of a class graded in one go."""
    base = tmp_path_factory.mktemp("class")
    folder = fill(base / "submissions")
    jane = base / "submissions" / "Jane Doe_77_assignsubmission_file_"
    jane.mkdir()
    (jane / "bump.ipynb").write_bytes(changed(strongest="def strongest(signal, weights):\n    return 1 / 0"))
    ann = base / "submissions" / "ann" / "line"
    ann.mkdir(parents=True)
    (ann / "line.ipynb").write_bytes(notebook(solved("line")))
    results, passed_over = grade_class(folder, base / "out", CLASS)
    assert not passed_over
    return folder, base / "out", results


def start(folder, out, *options):
    """Start the command in a process group of its own."""
    command = [sys.executable, "-m", "classroom.grade", str(folder), "--out", str(out), *options]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


@pytest.fixture
def class_file(tmp_path):
    path = tmp_path / "class.toml"
    path.write_text(f'seed = "{SEED}"\n')
    return path


# The marks


def test_marks_are_those_of_the_answers(graded):
    _, _, results = graded
    expected = {("ann", "line"): sum(question.points for question in assignments()["line"])}
    expected["jane_doe_77", "bump"] = 14
    for number in range(8):
        # the flipped slide is worth 1 of 3; slide_same, strongest use it: the first loses 2 of 3, the other its 2
        expected[f"student{number}_{100 + number}", "bump"] = 16 - (number % 3 == 0) - 6 * (number % 2)
    got = points(results)
    jane = next(key for key in got if key[0].startswith("jane_doe_77__"))
    got["jane_doe_77", "bump"] = got.pop(jane)
    assert got == expected


def test_marks_are_the_same_every_time(graded, tmp_path):
    folder, out, _ = graded
    grade_class(folder, tmp_path / "again", CLASS)
    mine, again = ({name: json.loads(data) for name, data in kept(path).items()} for path in (out, tmp_path / "again"))
    assert mine == again


def test_only_what_changed_is_graded_again(tmp_path, capsys):
    folder, out = fill(tmp_path / "submissions", 3), tmp_path / "out"
    grade_class(folder, out, CLASS)
    before = kept(out)
    grade_class(folder, out, CLASS)
    assert "3 of 3 were graded before." in capsys.readouterr().out
    next(folder.glob("student1_*")).write_bytes(changed())
    results, _ = grade_class(folder, out, CLASS)
    assert "2 of 3 were graded before." in capsys.readouterr().out
    assert [name for name, data in kept(out).items() if data != before[name]] == ["student1_101--bump.json"]
    assert points(results)["student1_101", "bump"] == 16
    grade_class(folder, out, Settings("the seed of another class"))
    assert not capsys.readouterr().out


def test_a_result_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    folder, out = fill(tmp_path / "submissions", 1), tmp_path / "out"
    grade_class(folder, out, CLASS)
    before = kept(out)

    def stopped(*paths):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", stopped)
    with pytest.raises(KeyboardInterrupt):
        grade_class(folder, out, Settings("the seed of another class"))
    assert kept(out) == before


def test_a_damaged_result_is_made_anew(tmp_path):
    folder, out = fill(tmp_path / "submissions", 2), tmp_path / "out"
    grade_class(folder, out, CLASS)
    whole = kept(out)
    for name, damage in zip(whole, (b"", b"[1]"), strict=True):
        (out / "results" / name).write_bytes(damage)
    grade_class(folder, out, CLASS)
    assert kept(out) == whole


def test_a_grader_that_fails_on_one_student_grades_the_others(tmp_path, monkeypatch):
    folder, out = fill(tmp_path / "submissions", 3), tmp_path / "out"
    whole = classroom.grade.grade

    def fails(cells, *rest):
        if "reversed" in "".join(cells):
            raise ZeroDivisionError("a slip of the grader's own")
        return whole(cells, *rest)

    (folder / "unlucky_500_500_bump.ipynb").write_bytes(changed(play="reversed"))
    monkeypatch.setattr("classroom.grade.grade", fails)
    results, passed_over = grade_class(folder, out, CLASS)
    assert len(results) == 3
    assert passed_over == [
        "unlucky_500_500_bump.ipynb: the grader failed on it: ZeroDivisionError: a slip of the grader's own"
    ]
    assert "a slip of the grader&#x27;s own" in (out / "overview.html").read_text()
    assert json.loads((out / "audit.jsonl").read_text().splitlines()[-1]).keys() >= {"file"}


# Stopped, and gone on with


def test_killed_at_random_it_goes_on_where_it_was(tmp_path, class_file):
    folder, out = fill(tmp_path / "submissions", 10, slow=True), tmp_path / "out"
    rng, kills = random.Random(7), 0
    while kills < 4:
        run = start(folder, out, "--class", str(class_file))
        time.sleep(1.0 + rng.random())  # the time at which it is killed is what varies here
        if run.poll() is None:
            kills += 1
            run.kill()
        run.communicate()
        assert gone(run.pid)
        for path in (out / "results").glob("*.json"):
            json.loads(path.read_text())
        if len(kept(out)) == 10:
            shutil.rmtree(out)
    run = start(folder, out, "--class", str(class_file))
    said, errors = run.communicate()
    assert run.returncode == 0, errors
    assert "10 graded." in said
    grade_class(folder, tmp_path / "at once", Settings(SEED))
    assert kept(out) == kept(tmp_path / "at once")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_by_hand_it_says_how_to_go_on(number, tmp_path, class_file):
    folder, out = fill(tmp_path / "submissions", 12, slow=True), tmp_path / "out"
    run = start(folder, out, "--class", str(class_file))
    while not (kept(out) and alive(run.pid)):
        time.sleep(0.02)
    run.send_signal(number)
    _, errors = run.communicate(timeout=20)
    assert run.returncode == 130
    assert errors.endswith("Stopped. Run it again to go on.\n")
    assert gone(run.pid)
    graded = len(kept(out))
    run = start(folder, out, "--class", str(class_file))
    said, _ = run.communicate()
    assert said.startswith(f"{graded} of 12 were graded before.")
    assert "12 graded." in said


# Many machines


@pytest.fixture
def dask(tmp_path):
    """A Dask scheduler and two workers, each a process of its own: (the scheduler's address, the workers)."""
    file = tmp_path / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    common = [sys.executable, "-m"]
    processes = [
        subprocess.Popen(
            [*common, "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)],
            **quiet,
        )
    ]  # fmt: skip
    try:
        while not file.exists() or not file.read_text().strip():
            time.sleep(0.05)
        address = json.loads(file.read_text())["address"]
        for _ in range(2):
            command = [*common, "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(tmp_path)]  # fmt: skip
            processes.append(subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, **quiet))
        yield address, processes[1:]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_two_workers_share_a_class_and_one_that_dies_loses_nothing(dask, tmp_path, class_file):
    from distributed import Client

    address, workers = dask
    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
    folder, out = fill(tmp_path / "submissions", 14, slow=True), tmp_path / "out"
    run = start(folder, out, "--class", str(class_file), "--scheduler", address)
    while len(kept(out)) < 3:
        time.sleep(0.02)
        assert run.poll() is None, run.communicate()
    workers[0].kill()
    said, errors = run.communicate(timeout=120)
    assert run.returncode == 0, errors
    assert "14 graded." in said
    assert workers[1].poll() is None
    grade_class(folder, tmp_path / "here", Settings(SEED))
    assert kept(out) == kept(tmp_path / "here")
    workers[1].terminate()
    workers[1].wait(30)
    assert gone(run.pid, *(worker.pid for worker in workers))


# What comes out


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_canvas_gets_its_ids_and_its_columns_name(graded):
    _, out, _ = graded
    table = rows(out / "canvas.csv")
    assert table[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "The bump (4711)"]
    assert table[1] == ["student0", "100", "", "", "", "15"]
    assert len(table) == 9


def test_moodle_gets_its_participants(graded):
    _, out, _ = graded
    assert rows(out / "moodle-bump.csv") == [
        ["Identifier", "Full name", "Grade", "Feedback comments"],
        ["Participant 77", "Jane Doe", "14", "map_length 1/1; one_step 1/1; bump_map 2/2; slide 3/3; slide_same 3/3; only_peaks 1/1; strongest 0/2; weights_from_map 3/3"],
    ]  # fmt: skip
    assert not (out / "moodle-line.csv").exists()


def test_every_mark_is_in_one_table(graded):
    _, out, results = graded
    table = rows(out / "marks.csv")
    assert len(table) == 1 + sum(len(one["marks"]) for one in results)
    assert ["student1_101", "student1", "bump", "slide", "1", "3", "mistake"] in table


def test_a_name_is_no_formula(tmp_path):
    folder = tmp_path / "submissions"
    folder.mkdir()
    (folder / "=1+1_5_6_bump.ipynb").write_bytes(changed())
    grade_class(folder, tmp_path / "out", CLASS)
    assert rows(tmp_path / "out" / "canvas.csv")[1][0] == "'=1+1"


def test_a_feedback_page_says_what_was_asked_and_what_came_but_not_the_answer(graded):
    _, out, _ = graded
    page = BeautifulSoup((out / "feedback" / "student1_101" / "bump.html").read_text(), "html.parser")
    assert page.h1.text == "Bump: 10 of 16 points"
    question = next(question for question in assignments()["bump"] if question.name == "slide")
    section = page.find_all("section")[3]
    cases = question.hidden(SEED)
    assert "Your filter is turned round" in section.text
    assert " ".join(repr(cases[0][0]).split()) in section.text
    for case in cases:
        right = question.answer(*case)
        for text in str(right), repr(right), str(right.tolist()), ", ".join(f"{number:g}" for number in right):
            assert text not in str(page)
    assert section["class"] == ["mistake"]
    assert not page.find_all(["script", "link", "iframe"])


def test_a_feedback_page_says_what_stopped_a_function(graded):
    _, out, _ = graded
    page = next((out / "feedback").glob("jane_doe_77__*/bump.html"))
    section = BeautifulSoup(page.read_text(), "html.parser").find_all("section")[6]
    assert "It stopped with ZeroDivisionError: division by zero" in section.text
    assert "np.argmax gives the place in the map." in section.text


def test_the_overview_counts_what_came_of_each_question(graded):
    _, out, _ = graded
    page = BeautifulSoup((out / "overview.html").read_text(), "html.parser")
    cells = {row.th.text: [int(cell.text) for cell in row.find_all("td")] for row in page.table.find_all("tr")[1:]}
    assert cells["slide"] == [5, 4, 0, 0]
    assert cells["only_peaks"] == [6, 0, 0, 3]
    assert cells["strongest"][2] == 5
    assert "4 × slide: Your filter is turned round" in page.text
    for link in page.find_all("a"):
        assert (out / link["href"]).exists()
    assert page.img["alt"]


def test_the_audit_log_names_each_submission_once_and_tells_no_secret(graded):
    _, out, results = graded
    lines = [json.loads(line) for line in (out / "audit.jsonl").read_text().splitlines()]
    assert sorted(line["file"] for line in lines) == sorted(one["file"] for one in results)
    assert {line["grader"] for line in lines} == {classroom.grade.version()}
    for path in out.rglob("*.*"):
        assert SEED.encode() not in path.read_bytes()


def test_points_go_into_nbgraders_gradebook(graded, tmp_path, class_file):
    from nbgrader.api import Gradebook

    folder, out, results = graded
    book = tmp_path / "gradebook.db"
    for _ in range(2):  # a second time changes nothing
        run = start(folder, out, "--class", str(class_file), "--gradebook", str(book))
        _, errors = run.communicate()
        assert run.returncode == 0, errors
    with Gradebook(f"sqlite:///{book}") as gradebook:
        graded = [*gradebook.assignment_submissions("bump"), *gradebook.assignment_submissions("line")]
        assert {(one.student.id, one.assignment.name): one.score for one in graded} == points(results)


# What it will not do


def test_without_bubblewrap_nothing_is_graded(tmp_path, class_file):
    folder = fill(tmp_path / "submissions", 1)
    command = [sys.executable, "-m", "classroom.grade", str(folder), "--class", str(class_file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "PATH": "/nowhere"})
    assert done.returncode == 1
    assert done.stderr.startswith("Grading needs bubblewrap, which runs each submission in a sandbox. On Debian")
    assert "apt install bubblewrap" in done.stderr
    assert not (tmp_path / "submissions-graded").exists()


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_elsewhere_than_on_linux_it_says_what_to_do(platform, monkeypatch):
    bubblewrap.refusals.cache_clear()
    monkeypatch.setattr(sys, "platform", platform)
    with pytest.raises(NoSandboxError, match=r"Grading needs Linux and its bubblewrap\. On Windows use WSL 2"):
        sandbox.check_sandbox()


# Runs the worker as it is, as the user who started it, without any sandbox.
UNSAFE = """
while [ "$1" != -- ]; do shift; done
PYTHONPATH={path} exec {python} {worker} "$(echo "${{@: -1}}" | sed 's/"user": [0-9]*/"user": 0/')"
"""


@pytest.mark.parametrize(
    ("fake", "said"),
    [
        ("echo 'setting up uid map: Permission denied' >&2; exit 1", "It said: setting up uid map: Permission denied"),
        (UNSAFE, "The sandbox does not hold. A program in it: .*reads files of the course"),
    ],
)
def test_a_sandbox_that_fails_or_does_not_hold_is_refused(fake, said, tmp_path, monkeypatch):
    program = tmp_path / "bwrap"
    found = {"python": sys.executable, "worker": str(bubblewrap.WORKER), "path": os.pathsep.join(sys.path)}
    program.write_text("#!/bin/bash\n" + fake.format(**{name: shlex.quote(text) for name, text in found.items()}))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(sandbox.time, "sleep", lambda seconds: None)
    with pytest.raises(NoSandboxError, match=said):
        sandbox.check_sandbox()


def test_a_folder_without_notebooks_is_said(tmp_path, class_file, capsys):
    (tmp_path / "empty").mkdir()
    assert main([str(tmp_path / "empty"), "--class", str(class_file)]) == 1
    assert "No notebook of a known assignment is in" in capsys.readouterr().err
    assert main([str(tmp_path / "not there"), "--class", str(class_file)]) == 1
    assert "There is no folder" in capsys.readouterr().err


# The teacher's file


def test_a_class_gets_a_fresh_seed_that_only_its_owner_reads(tmp_path, monkeypatch):
    monkeypatch.setenv("CONVOLUTION_CLASS", str(tmp_path / "class.toml"))
    first = settings()
    assert len(first.seed) == 32
    assert settings() == first
    assert (tmp_path / "class.toml").stat().st_mode & 0o777 == 0o600
    assert settings(tmp_path / "other.toml").seed != first.seed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seed =", "cannot be read: Invalid value"),
        ("", 'needs a line seed = "..." of at least 8 characters'),
        ('seed = "short"', "at least 8 characters"),
        ("seed = 12345678", "at least 8 characters"),
        ('seed = "long enough"\ncolumns = 3', r"\[columns\] has lines such as"),
        ('seed = "long enough"\n[columns]\nbump = 3', r"\[columns\] has lines such as"),
    ],
)
def test_a_teachers_file_that_is_not_right_is_said(text, said, tmp_path):
    path = tmp_path / "class.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=said):
        settings(path)
