"""The files of an LMS's export, in folders and zips: whose each is, and a way to read it. Nothing is unpacked."""

import collections
import contextlib
import io
import os
import re
import stat
import zipfile

LARGEST = 20 << 20  # bytes of a notebook, its outputs included; of a zip in a zip; of a zip's own list of its files
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


class Export:
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
            self.passed_over.append(f"{label(path)}: {why}")

    def _few(self, path, what):
        """Count what is done for a student, so that none takes the others' time."""
        key = what, *owner(path, self.questions)[:3]
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
                self.pass_over([here.relative_to(self.folder).as_posix()], f"cannot be read: {words(error)}")
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
                self.pass_over(path, f"no zip that can be read: {words(error)}")
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


def owner(path, questions):
    """Return (system, name, id, order, the file's own name). The outermost name tells: inside, students choose."""
    outer = stems(path[0])
    all_stems = outer + [stem for name in path[1:] for stem in stems(name)]
    for at, stem in enumerate(all_stems):
        if known := MOODLE.fullmatch(stem):
            return "moodle", known["name"], known["id"] or "", 0, known["file"] or all_stems[-1]
        if known := CANVAS.fullmatch(stem):
            name = known["anonymous"] or known["name"] or ""
            return "canvas", name, known["id"] or "", int(known["order"]), known["file"]
        if outer[at + 1 : -1] and outer[at + 1] in questions:
            return "nbgrader", stem, "", 0, all_stems[-1]
    named = [stem for stem in outer[:-1] if stem not in questions] or outer[-1:]
    return "folder", named[0], "", 0, all_stems[-1]


def stems(name):
    """
    >>> stems("jane/bump.ipynb")
    ['jane', 'bump']
    """
    return [ENDING.sub("", part) for part in _parts(name)] or [""]


def _parts(name):
    return [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]


def label(path):
    return plain("/".join(path))


def plain(text):
    """`text` without what is not for print, at most 200 characters."""
    return "".join(letter if letter.isprintable() else " " if letter.isspace() else "?" for letter in text[:200])


def words(error):
    """An error in words, without the path of the file on this machine."""
    return plain(" ".join(str(getattr(error, "strerror", None) or error).split()) or type(error).__name__)
