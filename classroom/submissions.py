"""Students' notebooks as an LMS exports them: found, told apart, and read as text, never run or unpacked."""

import collections
import contextlib
import hashlib
import io
import json
import os
import re
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path

LARGEST = 20 << 20  # bytes of one notebook, its outputs included, of a zip in a zip, and of a zip's list of files
LONGEST = 1 << 20  # characters of all its code
MOST = 30  # files of one student that are opened, or told of
# Of several that fit, the outermost name is the LMS's: a student chooses what stands behind it or lies in it.
CANVAS = re.compile(  # doejane_LATE_1001_5001_bump-1.ipynb, anon_x7Qp2_5001_bump.ipynb; but 2024_10_31_bump is a date
    r"(?s)(?!20\d\d_\d\d?_\d\d?_)(?:(?P<name>.*?)_)??(?:LATE_|late_)?(?:(?P<anonymous>anon_[A-Za-z0-9]+)|(?P<id>[0-9]{1,20}))"
    r"_(?P<order>[0-9]{1,20})_(?P<file>.+)"
)
MOODLE = re.compile(  # Jane Doe_1001_assignsubmission_file/, the same with _bump.ipynb; a team may have no number
    r"(?s)(?P<name>[^_]*)(?:_(?P<id>[0-9]{1,20}))?_assignsubmission_[a-z]+(?:_(?P<file>.*))?"
)
NOISE = re.compile(r"\.ipynb_checkpoints|__MACOSX|\._.*|\.DS_Store|timestamp\.txt")  # what programs leave behind
AGAIN = re.compile(r"(?:-| ?\()([0-9]{1,9})\)?$")  # behind the name of what is handed in or downloaded again
SAFE = re.compile(r"(?!(?:con|prn|aux|nul|com\d|lpt\d)$)(?=.{1,60}$)[a-z0-9]+(?:[_-][a-z0-9]+)*")  # Windows has devices


@dataclass(frozen=True)
class Submission:
    """One file that was handed in.

    student: who, as text that is safe as a file's name and unlike any other student's. name: as the LMS has it.
    system: "canvas", "moodle", "nbgrader" or "folder". id: the student's number there, or "".
    file: where it was found. cells: the sources of its code cells. problem: why there are none, or "".
    """

    student: str
    name: str
    system: str
    id: str
    file: str
    assignment: str
    cells: tuple = ()
    problem: str = ""


def submissions(folder, questions, assignment=""):
    """Return (a list of Submission, one for each student and assignment; a list of what was passed over, in words).

    folder: a folder or a zip. questions: {assignment: names of its questions}, by which a notebook is recognised.
    assignment: what those are that cannot be recognised. Errors: `ValueError` where there is no such folder.
    """
    export, found = _Export(Path(folder), questions), {}
    for path, read in export.notebooks():
        one, rank = _submission(path, read, questions, assignment)
        if not one.assignment:
            export.pass_over(path, f"of no known assignment. {one.problem}".strip())
            continue
        key = one.student, one.assignment
        older, newer = sorted([found.get(key, ((), None, path)), (rank, one, path)], key=lambda each: each[0])
        found[key] = newer
        if older[1]:
            export.pass_over(older[2], f"the same student's {newer[1].file} counts")
    return [one for _, (_, one, _) in sorted(found.items())], export.passed_over


def code_cells(data):
    """Return the sources of the code cells of a notebook's bytes. Errors: `ValueError`, in words for its student.

    >>> code_cells(b'{"cells": [{"cell_type": "code", "source": ["x = ", "1"]}]}')
    ('x = 1',)
    """
    if len(data) > LARGEST:
        raise ValueError(f"The file has more than {LARGEST >> 20} MB. Clear its outputs and hand it in again.")
    try:
        book = json.loads(_text(data))
    except (ValueError, RecursionError, MemoryError):
        raise ValueError("The file is no notebook: it cannot be read as JSON.") from None
    book = book if isinstance(book, dict) else {}
    sheets = book.get("worksheets")  # before 2015 the cells were in these
    parts = [book, *(sheets if isinstance(sheets, list) else [])]
    lists = [part["cells"] for part in parts if isinstance(part, dict) and isinstance(part.get("cells"), list)]
    if not lists:
        raise ValueError("The file is no notebook: it has no cells.")
    cells = [cell for each in lists for cell in each if isinstance(cell, dict) and cell.get("cell_type") == "code"]
    sources = [_source(cell.get("source", cell.get("input"))) for cell in cells]
    if sum(map(len, sources)) > LONGEST:
        raise ValueError(f"The notebook has more than {LONGEST >> 20} million characters of code.")
    return tuple(sources)


def _text(data):
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in data[:4]:
        return data.decode(json.detect_encoding(data))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _source(lines):
    lines = lines if isinstance(lines, list) else [lines]
    return "".join(line for line in lines if isinstance(line, str)).encode("utf-8", "replace").decode()


class _Export:
    """The files of an export. A path is a list: a name below the folder, then one for each zip it is deeper in."""

    def __init__(self, folder, questions):
        if not (folder.is_dir() or folder.is_file()):
            raise ValueError(f"There is no folder {folder}. Give the folder or the zip that the LMS exported.")
        self.folder, self.questions = folder, questions
        self.passed_over, self.counts = [], collections.Counter()

    def notebooks(self):
        """Yield (path, a function that reads it) for each notebook, in an order that depends on names alone."""
        if self.folder.is_dir():
            yield from self._open_all([], _without_wrapper(self._listed()))
        else:
            yield from self._unzipped([self.folder.name], lambda: _opened(self.folder, os.O_RDONLY), top=True)

    def pass_over(self, path, why):
        if self._few(path, "told"):
            self.passed_over.append(f"{_label(path)}: {why}")

    def _few(self, path, what):
        """Whether there were at most MOST of this kind of this student: nobody takes the others' time."""
        self.counts[_owner(path, self.questions)[:3], what] += 1
        return self.counts[_owner(path, self.questions)[:3], what] <= MOST

    def _listed(self):
        """A list of (name, a function that opens it) of all files of the folder. No link is followed."""
        files, waiting = [], [self.folder]
        while waiting:
            here = waiting.pop()
            name = here.relative_to(self.folder).as_posix()
            try:
                entries = list(os.scandir(here))
            except OSError as error:
                self.pass_over([name], f"cannot be read: {_words(error)}")
                continue
            for entry in entries:
                full = here / entry.name
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(full)
                elif entry.is_file(follow_symlinks=False):
                    files.append((full.relative_to(self.folder).as_posix(), lambda full=full: _opened(full)))
                elif not NOISE.fullmatch(entry.name):
                    self.pass_over([full.relative_to(self.folder).as_posix()], "a link, or no file at all")
        return files

    def _open_all(self, outer, files):
        for name, opened in sorted(files, key=lambda file: file[0]):
            path, kind = [*outer, name], name.lower().rpartition(".")[2]
            if any(map(NOISE.fullmatch, _parts(name))):
                continue
            if kind not in ("ipynb", "zip"):
                self.pass_over(path, "no notebook") if not outer else None
            elif not self._few(path, kind):
                self.pass_over(path, f"more than {MOST} of one student")
            elif kind == "zip":
                yield from self._unzipped(path, opened)
            else:
                yield path, opened
