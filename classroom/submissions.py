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

LARGEST = 20 << 20  # bytes of a notebook, its outputs included; of a zip in a zip; of a zip's own list of its files
LONGEST = 1 << 20  # characters of all code of a notebook
MOST = 30  # files of one student that are opened, and lines on what was passed over
CANVAS = re.compile(  # doejane_LATE_1001_5001_bump-1.ipynb, anon_x7Qp2_5001_bump.ipynb; 2024_10_31_bump is a date
    r"(?s)(?!20\d\d_\d\d?_\d\d?_)(?:(?:LATE_)?(?P<anonymous>anon_[A-Za-z0-9]+)|"
    r"(?P<name>.*?)_(?:LATE_|late_)?(?P<id>[0-9]{1,20}))_(?P<order>[0-9]{1,20})_(?P<file>.+)"
)
MOODLE = re.compile(  # Jane Doe_1001_assignsubmission_file/, or one name with _bump.ipynb; a team may have no number
    r"(?s)(?P<name>[^_]*)(?:_(?P<id>[0-9]{1,20}))?_assignsubmission_[a-z]+(?:_(?P<file>.*))?"
)
LEFT_BEHIND = re.compile(r"\.ipynb_checkpoints|__MACOSX|\._.*|\.DS_Store|timestamp\.txt")  # by programs
ENDING = re.compile(r"(?i)\.(ipynb|zip)\Z")
COURSE = ("source", "release", "autograded", "feedback")  # nbgrader's own folders beside `submitted`
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
    export, found = _Export(Path(folder), questions), {}
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


class _Export:
    """The files of an export. A file's path is a list: its name there, or a zip's name there and its name inside."""

    def __init__(self, folder, questions):
        if not (folder.is_dir() or folder.is_file()):
            raise ValueError(f"There is no folder {folder}. Give the folder or the zip that the LMS exported.")
        self.folder, self.questions = folder.resolve(), questions
        self.passed_over, self.counts = [], collections.Counter()

    def notebooks(self):
        """Yield (path, a function that opens it) for each notebook, in an order that names alone decide."""
        if self.folder.is_dir():
            return self._among(_students(self._on_disk()))
        return self._zipped([self.folder.name], lambda: _opened(self.folder), top=True)

    def pass_over(self, path, why):
        if self._few(path, "told of"):
            self.passed_over.append(f"{_label(path)}: {why}")

    def _few(self, path, what):
        """Count what is done for a student, so that none takes the others' time."""
        key = what, *_owner(path, self.questions)[:3]
        self.counts[key] += 1
        return self.counts[key] <= MOST

    def _on_disk(self):
        """A list of (name, a function that opens it). No link is followed, however deep the folders are."""
        files, waiting = [], [self.folder]
        while waiting:
            here = waiting.pop()
            try:
                entries = sorted(os.scandir(here), key=lambda entry: entry.name)
            except OSError as error:
                self.pass_over([here.relative_to(self.folder).as_posix()], f"cannot be read: {_words(error)}")
                continue
            for entry in entries:
                full = here / entry.name
                name = full.relative_to(self.folder).as_posix()
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(full)
                elif entry.is_file(follow_symlinks=False):
                    files.append((name, lambda full=full: _opened(full)))
                else:
                    self.pass_over([name], "a link, or no file at all")
        return files

    def _among(self, files, outer=()):
        """Yield what `notebooks` does, for files within the zips of the path `outer`."""
        for name, opened in sorted(files, key=lambda file: file[0]):
            path, ending = [*outer, name], ENDING.search(name)
            if any(LEFT_BEHIND.fullmatch(part) for part in name.split("/")):
                continue
            if not ending:
                self.pass_over(path, "no notebook")
            elif not self._few(path, ending[0].lower()):
                self.pass_over(path, f"more than {MOST} of one student")
            elif ending[0].lower() == ".ipynb":
                yield path, opened
            elif len(outer) == 2:
                self.pass_over(path, "a zip in a zip in a zip")
            else:
                yield from self._zipped(path, opened)

    def _zipped(self, path, opened, top=False):
        with contextlib.ExitStack() as stack:
            try:
                file = stack.enter_context(opened())
                nested = isinstance(file, zipfile.ZipExtFile)
                bundle = zipfile.ZipFile(io.BytesIO(file.read(LARGEST)) if nested else file)
            except Exception as error:  # a damaged zip may raise anything
                self.pass_over(path, f"no zip that can be read: {_words(error)}")
                return
            entries = sorted(bundle.infolist(), key=lambda entry: entry.filename)
            entries = [entry for entry in entries if not entry.is_dir()]
            files = [("/".join(_parts(entry.filename)), lambda each=entry: _entry(bundle, each)) for entry in entries]
            yield from self._among(_students(files, self.folder.stem)) if top else self._among(files, path)


class _Careful(io.BufferedReader):
    """A file on disk of which no zip can have a gigabyte read at once."""

    def read(self, size=-1, /):
        if size is not None and size > LARGEST + 1:
            raise ValueError("it says that it has more files than a class hands in")
        return super().read(size)


def _opened(path):
    return _Careful(io.FileIO(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))))


def _entry(bundle, entry):
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise ValueError("it is a link")
    if entry.flag_bits & 1:
        raise ValueError("it is encrypted")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # the others unpack gigabytes at a stroke
        raise ValueError("it is compressed in an unusual way")
    return bundle.open(entry)


def _students(files, around=""):
    """The files without the folder that a zip has around all, and without what a course of nbgrader has besides."""
    files = [(name.removeprefix(f"{around}/"), opened) for name, opened in files]
    if not any(name.startswith("submitted/") for name, _ in files):
        return files
    return [(name.removeprefix("submitted/"), opened) for name, opened in files if name.split("/")[0] not in COURSE]


def _owner(path, questions):
    """Return (system, name, id, order, the file's own name). The outermost name tells: inside, students choose."""
    outer = _stems(path[0])
    stems = outer + [stem for name in path[1:] for stem in _stems(name)]
    for at, stem in enumerate(stems):
        if known := MOODLE.fullmatch(stem):
            return "moodle", known["name"], known["id"] or "", 0, known["file"] or stems[-1]
        if known := CANVAS.fullmatch(stem):
            name = known["anonymous"] or known["name"] or ""
            return "canvas", name, known["id"] or "", int(known["order"]), known["file"]
        if outer[at + 1 : -1] and outer[at + 1] in questions:
            return "nbgrader", stem, "", 0, stems[-1]
    named = [stem for stem in outer[:-1] if stem not in questions] or outer[-1:]
    return "folder", named[0], "", 0, stems[-1]


def _stems(name):
    """
    >>> _stems("jane/bump.ipynb")
    ['jane', 'bump']
    """
    return [ENDING.sub("", part) for part in _parts(name)] or [""]


def _parts(name):
    return [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]


def _submission(path, opened, questions, assignment):
    """Return (Submission, what tells the one that counts from others of the same student)."""
    system, name, id, order, file = _owner(path, questions)
    cells, problem = _read(opened)
    folders = [stem for stem in _stems(path[0])[:-1] if stem in questions]
    kind = _recognised(cells, questions) or next(iter(folders), "") or _told(file, questions) or assignment
    again = AGAIN.search(file)
    if system == "folder" and kind and name == _stems(path[0])[-1]:  # jane-bump and jane-line are of one student
        name = re.sub(rf"(?i)(^|[-_ ]){re.escape(kind)}([-_ ]*\(?[0-9]*\)?\Z|(?=[-_ ]))", "", name).strip("-_ ") or name
    rank = not problem, kind in folders, order, int(again[1]) if again else 0, -"/".join(path).count("/"), path
    return Submission(_key(name, id), _plain(name) or id, system, id, _label(path), kind, cells, problem), rank


def _read(opened):
    """Return (the sources of the code cells, why there are none)."""
    try:
        with opened() as file:
            data = file.read(LARGEST + 1)
    except Exception as error:  # a damaged zip may raise anything
        return (), f"It cannot be read: {_words(error)}"
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


def _label(path):
    return _plain("/".join(path))


def _plain(text):
    """`text` without what is not for print, at most 200 characters."""
    return "".join(letter if letter.isprintable() else " " if letter.isspace() else "?" for letter in text[:200])


def _words(error):
    """An error in words, without the path of the file on this machine."""
    return _plain(" ".join(str(getattr(error, "strerror", None) or error).split()) or type(error).__name__)
