"""make bench: marking a class, beside nbgrader's own autograding of the same notebooks, on one core each.

It prints ratios measured side by side in one run, and how long 300 students with all assignments take on two cores.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import nbformat
import packages
from notebooks import notebook, solved

import classroom
from classroom import release
from classroom.question import assignments

ROOT = Path(classroom.__file__).parent.parent
STUDENTS = 30
ASSIGNMENTS = ("bump", "line", "learning")  # the first has no picture, the others have one
CORES = sorted(os.sched_getaffinity(0))


def seconds(command, cores, folder):
    """Run a command on some cores; return its seconds on the clock."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    pinned = ["taskset", "--cpu-list", ",".join(map(str, cores)), sys.executable, "-m", *command]
    start = time.perf_counter()
    done = subprocess.run(
        pinned, cwd=folder, env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    return time.perf_counter() - start


def submitted(assignment, folder):
    """Fill nbgrader's submitted/ tree with solved notebooks that have all of a release's metadata."""
    book = release.student_notebook(assignment)
    answers = solved(assignment)
    for cell in book.cells:
        cell.source = answers.get(cell.id, cell.source)
    for number in range(STUDENTS):
        path = folder / "submitted" / f"student{number}" / assignment / f"{assignment}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(book, path)


def beside_nbgrader(assignment, base):
    course = base / assignment / "classroom"
    shutil.copytree(ROOT / "classroom", course, ignore=shutil.ignore_patterns("__pycache__", "class.toml"))
    (course / "class.toml").write_text('seed = "a class of the bench"\n')
    submitted(assignment, course)
    seconds(["nbgrader", "generate_assignment", assignment], CORES[:1], course)
    ours = []
    for turn in range(3):
        if turn == 1:  # in the middle, so that a slow machine is slow for both
            theirs = seconds(["nbgrader", "autograde", assignment], CORES[:1], course)
        command = ["classroom.grade", "submitted", "--class", "class.toml", "--out", f"out{turn}"]
        ours.append(seconds(command, CORES[:1], course))
    return theirs / STUDENTS, median(ours) / STUDENTS


def whole_class(base):
    """Seconds for a notebook when all assignments of a class are marked on all cores."""
    for number in range(STUDENTS):
        for assignment in assignments():
            path = base / "class" / f"student{number}" / f"{assignment}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(notebook(solved(assignment)))
    (base / "class.toml").write_text('seed = "a class of the bench"\n')
    command = ["classroom.grade", "class", "--class", "class.toml", "--out", "out"]
    return seconds(command, CORES, base) / (STUDENTS * len(assignments()))


def main():
    packages.bubblewrap()
    print(f"\nMarking, {STUDENTS} students, seconds a notebook on one core, start and reports included")
    print("| assignment | nbgrader autograde | ours | ratio |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for assignment in ASSIGNMENTS:
            theirs, ours = beside_nbgrader(assignment, Path(folder))
            print(f"| {assignment} | {theirs:.2f} | {ours:.3f} | {theirs / ours:.1f} |", flush=True)
        each = whole_class(Path(folder))
    students = 300 * len(assignments())
    print(
        f"All assignments on {len(CORES)} cores: {each:.3f} s a notebook; {students} take {each * students / 60:.1f} min"
    )


if __name__ == "__main__":
    main()
