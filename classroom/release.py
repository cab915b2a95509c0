"""make release-assignments: student notebooks without a trace of solutions or hidden tests, and one zip of them.

    python -m classroom.release [--out FOLDER] [--package ADDRESS]
    python -m classroom.release --solutions [--out FOLDER]    model solutions, for the teacher alone

It writes the public checks into the source notebooks first, so that `nbgrader generate_assignment` gives the same.
"""

import argparse
import json
import re
import sys
import textwrap
import zipfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbgrader.preprocessors import ClearHiddenTests, ClearOutput, ClearSolutions
from traitlets.config import Config

from classroom.question import assignments, source
from convtools.sheet import packed
from tools.about import about

STUB = "# your code here"
MARKERS = re.compile(r"^\s*### (BEGIN|END) SOLUTION\n?|^(\w+ = |\s+)\.\.\.\n", re.MULTILINE)
CHECKS = re.compile(r'(?<=Sheet\(""")[^"]*(?="""\))')
INSTALL = re.compile(r"raise ImportError\(.*\) from None")


def write_checks(assignment):
    """Write an assignment's public checks into its source notebook; return whether that changed it."""
    path = source(assignment)
    before = path.read_text("utf-8")
    book = json.loads(before)
    text = packed([question.exercise() for question in assignments()[assignment]])
    for cell in book["cells"]:
        if cell["id"] == "checks":
            filled = CHECKS.sub("\n" + "\n".join(textwrap.wrap(text, 100)) + "\n", "".join(cell["source"]))
            cell["source"] = filled.splitlines(keepends=True)
    after = json.dumps(book, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    path.write_text(after, "utf-8")
    return after != before


def student_notebook(assignment, package=""):
    """Return an assignment's notebook for students, an nbformat notebook.

    package: what pip installs on Colab, such as "git+https://..."; without it the first cell says to ask the teacher.
    """
    book, settings = nbformat.read(source(assignment), 4), Config()
    settings.ClearSolutions.code_stub = {"python": STUB}
    for clear in ClearOutput, ClearSolutions, ClearHiddenTests:
        book, _ = clear(config=settings).preprocess(book, {})
    if package:
        for cell in book.cells:
            cell.source = INSTALL.sub(lambda _: f'%pip install --quiet "{package}"', cell.source)
    return book


def solved_notebook(assignment):
    """Return an assignment's notebook with its model solutions, run, without hidden tests."""
    book, _ = ClearHiddenTests().preprocess(nbformat.read(source(assignment), 4), {})
    for cell in book.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = MARKERS.sub("", cell.source)
    return NotebookClient(book, kernel_name="python3").execute()


def release(out, package=""):
    """Write all student notebooks into the folder `out`, and beside them assignments.zip; return the paths."""
    for name in assignments():
        write_checks(name)
    paths = _write(out, {name: student_notebook(name, package) for name in assignments()})
    with zipfile.ZipFile(out / "assignments.zip", "w", zipfile.ZIP_DEFLATED) as bundle:
        for path in paths:
            bundle.writestr(zipfile.ZipInfo(path.name, (1980, 1, 1, 0, 0, 0)), path.read_bytes())
    return [*paths, out / "assignments.zip"]


def _write(out, notebooks):
    out.mkdir(parents=True, exist_ok=True)
    for name, book in notebooks.items():
        text = json.dumps(book, indent=1, ensure_ascii=False, sort_keys=True)
        (out / f"{name}.ipynb").write_text(text + "\n", "utf-8")
    return [out / f"{name}.ipynb" for name in notebooks]


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m classroom.release", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="the default is in _build")
    parser.add_argument(
        "--package", default="", metavar="ADDRESS", help="what pip installs on Colab; by default this book"
    )
    parser.add_argument("--solutions", action="store_true", help="model solutions, for the teacher alone")
    options = parser.parse_args(arguments)
    if options.solutions:
        out = options.out or Path("_build/solutions")
        print(*_write(out, {name: solved_notebook(name) for name in assignments()}), sep="\n")
        return
    package = options.package or about().install
    print(*release(options.out or Path("_build/assignments"), package), sep="\n")
    if not package:
        print("On Colab students are told to ask you for the package. Give its address: PACKAGE=git+https://...")


if __name__ == "__main__":
    sys.exit(main())
