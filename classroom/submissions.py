"""Students' notebooks as an LMS exports them: found, told apart, and read as text, never run or unpacked."""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from classroom.export import LARGEST, Export, label, owner, plain, stems, words

LONGEST = 1 << 20  # characters of all code of a notebook
AGAIN = re.compile(r"(?:-| ?\()([0-9]{1,9})\)?\Z")  # bump-1, bump (1): handed in or downloaded again
SAFE = re.compile(r"(?!(?:con|prn|aux|nul|com\d|lpt\d)$)(?=.{1,60}$)[a-z0-9]+(?:[_-][a-z0-9]+)*")  # Windows' devices


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
    export, found = Export(Path(folder), questions), {}
    for path, opened in export.notebooks():
        one, rank = _submission(path, opened, questions, assignment)
        key = one.student, one.assignment
        if not one.assignment:
            export.pass_over(path, f"of no known assignment. {one.problem}".strip())
        elif key not in found or rank > found[key][0]:
            found[key], older = (rank, one, path), found.get(key)
            if older:
                export.pass_over(older[2], f"the same student's {one.file} counts")
        else:
            export.pass_over(path, f"the same student's {found[key][1].file} counts")
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
    sheets = book.get("worksheets") if isinstance(book, dict) else None  # where the cells were before 2015
    parts = [book, *sheets] if isinstance(sheets, list) else [book]
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


def _submission(path, opened, questions, assignment):
    """Return (Submission, what tells the one that counts from others of the same student)."""
    system, name, id, order, file = owner(path, questions)
    cells, problem = _read(opened)
    folders = [stem for stem in stems(path[0])[:-1] if stem in questions]
    kind = _recognised(cells, questions) or next(iter(folders), "") or _told(file, questions) or assignment
    again = AGAIN.search(file)
    if system == "folder" and kind and name == stems(path[0])[-1]:  # jane-bump and jane-line are of one student
        name = re.sub(rf"(?i)(^|[-_ ]){re.escape(kind)}([-_ ]*\(?[0-9]*\)?\Z|(?=[-_ ]))", "", name).strip("-_ ") or name
    rank = not problem, kind in folders, order, int(again[1]) if again else 0, -"/".join(path).count("/"), path
    return Submission(_key(name, id), plain(name) or id, system, id, label(path), kind, cells, problem), rank


def _read(opened):
    """Return (the sources of the code cells, why there are none)."""
    try:
        with opened() as file:
            data = file.read(LARGEST + 1)
    except Exception as error:  # a damaged zip may raise anything
        return (), f"It cannot be read: {words(error)}"
    try:
        return code_cells(data), ""
    except ValueError as error:
        return (), str(error)


def _recognised(cells, questions):
    """The assignment most of whose questions a notebook checks or answers, or ""."""
    code = set(re.findall(r"\w+", "\n".join(cells)))
    known = {assignment: len(code & set(names)) for assignment, names in questions.items()}
    best = max(known, key=known.get, default="")
    return best if best and known[best] else ""


def _told(file, questions):
    """The assignment whose name is a word of a file's, or ""."""
    return next((known for known in questions if re.search(rf"(?i)(?<![a-z]){re.escape(known)}(?![a-z])", file)), "")


def _key(name, id):
    """A student as a file's name that no other gets, in capitals or not: a to z, digits, "-" and "_" alone.

    >>> _key("doejane", "1001")
    'doejane_1001'
    """
    text = f"{name}_{id}" if id else name
    if SAFE.fullmatch(text) and (id or not re.search(r"_[0-9]+\Z", text)):
        return text
    words = re.sub(r"[^a-z0-9]+", "_", text.lower())[:40].strip("_")  # with "__", which no safe text has
    return f"{words or 'student'}__{hashlib.sha256(ascii((name, id)).encode()).hexdigest()[:16]}"
