"""Reading what students hand in: names as an LMS gives them, and files that want to stop or fool the reader."""

import contextlib
import io
import itertools
import json
import os
import re
import socket
import stat
import struct
import tempfile
import tracemalloc
import zipfile
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import classroom.export as module
from classroom.export import LARGEST, MOST
from classroom.submissions import LONGEST, Submission, _key, code_cells, submissions

QUESTIONS = {"bump": ["map_length", "one_step"], "line": ["map_size", "one_window"]}
SECRET = "kept-beside-the-submissions"


def cell(source, kind="code"):
    return {"cell_type": kind, "source": source, "metadata": {}}


def notebook(*sources):
    return json.dumps({"cells": [cell(source) for source in sources], "nbformat": 4, "nbformat_minor": 5}).encode()


BUMP, LINE = notebook("map_length = 6"), notebook("map_size = (3, 3)")


def zipped(files, method=zipfile.ZIP_DEFLATED):
    """The bytes of a zip of {name, or ZipInfo: bytes}."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as bundle:
        for name, data in files.items():
            bundle.writestr(name, data)
    return file.getvalue()


def put(folder, files):
    """Write {name: bytes} below a folder; return it."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def both_ways(tmp_path, files):
    """The folder with these files, and a zip of them."""
    put(tmp_path, {"export.zip": zipped(files)})
    return [put(tmp_path / "export", files), tmp_path / "export.zip"]


def found(folder, assignment=""):
    """What `submissions` finds, once all that must always be so has been looked at."""
    ones, passed_over = submissions(folder, QUESTIONS, assignment)
    keys = [(one.student, one.assignment) for one in ones]
    assert keys == sorted(set(keys))
    for one in ones:
        assert isinstance(one, Submission)
        assert_safe(one.student)
        assert one.assignment in QUESTIONS or one.assignment == assignment
        assert all(type(source) is str for source in one.cells)
        assert not (one.cells and one.problem)
        texts = [one.name, one.file, one.id, one.problem, *one.cells]
        assert all(text.encode() is not None for text in texts)
        assert all(text.isprintable() for text in texts[:4])
        assert SECRET not in "".join(texts)
        assert one.system in ("canvas", "moodle", "nbgrader", "folder")
    assert all(line.isprintable() and len(line) < 600 and SECRET not in line for line in passed_over)
    return ones, passed_over


def assert_safe(student):
    assert re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,60}", student)
    assert PurePosixPath(student).name == PureWindowsPath(student).name == student
    assert not re.fullmatch("con|prn|aux|nul|com[0-9]|lpt[0-9]", student)  # Windows' devices


# ----------------------------------------------------------------- names, by hand

NAMES = [  # file, system, name, id
    # Canvas: sortable name in small letters without spaces, LATE, user, attachment, the file's own name
    ("doejane_1001_5001_bump.ipynb", "canvas", "doejane", "1001"),
    ("doejane_LATE_1001_5001_bump.ipynb", "canvas", "doejane", "1001"),
    ("doejane_late_1001_5001_bump.ipynb", "canvas", "doejane", "1001"),
    ("doejane_1001_5001_bump-2.ipynb", "canvas", "doejane", "1001"),
    ("doejane_1001_5001_my bump (1)_final.IPYNB", "canvas", "doejane", "1001"),
    ("doejane_1001_5001_12_34_bump.ipynb", "canvas", "doejane", "1001"),
    ("doejane_10000000001001_10000000005001_bump.ipynb", "canvas", "doejane", "10000000001001"),
    ("van_der_berganna_1002_5002_bump.ipynb", "canvas", "van_der_berganna", "1002"),
    ("müllerjürgen_1003_5003_bump.ipynb", "canvas", "müllerjürgen", "1003"),
    ("山田太郎_1004_5004_bump.ipynb", "canvas", "山田太郎", "1004"),
    ("हिन्दी_1005_5005_bump.ipynb", "canvas", "हिन्दी", "1005"),  # its vowel signs are no letters
    ("group3_1006_5006_bump.ipynb", "canvas", "group3", "1006"),  # a group, by the user who stands for it
    ("_1007_5007_bump.ipynb", "canvas", "1007", "1007"),  # of a name without letters nothing is left
    ("12345_1008_5008_bump.ipynb", "canvas", "12345", "1008"),
    ("anon_x7Qp2_5009_bump.ipynb", "canvas", "anon_x7Qp2", ""),
    ("LATE_anon_x7Qp2_5009_bump.ipynb", "canvas", "anon_x7Qp2", ""),
    ("anon_12345_5009_bump.ipynb", "canvas", "anon_12345", ""),
    ("doejane_1001_5001_work.zip", "canvas", "doejane", "1001"),
    ("week 1/doejane_1001_5001_bump.ipynb", "canvas", "doejane", "1001"),
    ("2024_10_31_bump/doejane_1001_5001_bump.ipynb", "canvas", "doejane", "1001"),
    ("doejane_1001_5001_work/notebooks/bump.ipynb", "canvas", "doejane", "1001"),
    # Moodle: full name, participant, plugin; a folder of each student (since 4.x without a last "_"), or one name
    ("Jane Doe_1001_assignsubmission_file/bump.ipynb", "moodle", "Jane Doe", "1001"),
    ("Jane Doe_1001_assignsubmission_file_/bump.ipynb", "moodle", "Jane Doe", "1001"),
    ("Jane Doe_1001_assignsubmission_file_/part 1/bump.ipynb", "moodle", "Jane Doe", "1001"),
    ("Jane Doe_1001_assignsubmission_file_bump.ipynb", "moodle", "Jane Doe", "1001"),
    ("Jane Doe_1001_assignsubmission_file_bump_12_34_x.ipynb", "moodle", "Jane Doe", "1001"),
    ("Jane Doe_1001_assignsubmission_file_/work.zip", "moodle", "Jane Doe", "1001"),
    ("Jane Doe_1001_assignsubmission_file_work.zip", "moodle", "Jane Doe", "1001"),
    ("Group A-Jane Doe_1001_assignsubmission_file_/bump.ipynb", "moodle", "Group A-Jane Doe", "1001"),
    ("Jürgen Müller-Łoś_1002_assignsubmission_file/bump.ipynb", "moodle", "Jürgen Müller-Łoś", "1002"),
    ("O'Hara van der Berg_1003_assignsubmission_file/bump.ipynb", "moodle", "O'Hara van der Berg", "1003"),
    ("山田\u3000太郎_1004_assignsubmission_file/bump.ipynb", "moodle", "山田 太郎", "1004"),
    ("Participant_1005_assignsubmission_file_/bump.ipynb", "moodle", "Participant", "1005"),
    ("Team 7_31_assignsubmission_file/bump.ipynb", "moodle", "Team 7", "31"),
    ("Default group_assignsubmission_file/bump.ipynb", "moodle", "Default group", ""),
    ("CS1-Bump-77/Jane Doe_1001_assignsubmission_file/bump.ipynb", "moodle", "Jane Doe", "1001"),
    # nbgrader: submitted/STUDENT/ASSIGNMENT/NOTEBOOK
    ("submitted/jane/bump/bump.ipynb", "nbgrader", "jane", ""),
    ("jane/bump/bump.ipynb", "nbgrader", "jane", ""),
    ("jane/bump/renamed.ipynb", "nbgrader", "jane", ""),
    ("submitted/Jane.Doe@example.org/bump/bump.ipynb", "nbgrader", "Jane.Doe@example.org", ""),
    ("submitted/line/bump/bump.ipynb", "nbgrader", "line", ""),  # a student called so
    ("submitted/jane_12_34_doe/bump/bump.ipynb", "canvas", "jane", "12"),  # cannot be told apart from Canvas
    # folders and files as a teacher may have collected them
    ("jane/bump.ipynb", "folder", "jane", ""),
    ("jane/homework/bump.ipynb", "folder", "jane", ""),
    ("bump/jane.ipynb", "folder", "jane", ""),
    ("bump/jane/bump.ipynb", "folder", "jane", ""),
    ("jane-bump.ipynb", "folder", "jane", ""),
    ("jane - bump (2).ipynb", "folder", "jane", ""),
    ("jane_Bump-2.ipynb", "folder", "jane", ""),
    ("bump_jane.ipynb", "folder", "jane", ""),
    ("jane.ipynb", "folder", "jane", ""),
    ("student-1.ipynb", "folder", "student-1", ""),
    ("bumpkin.ipynb", "folder", "bumpkin", ""),
    ("bump.ipynb", "folder", "bump", ""),
    ("jane.zip", "folder", "jane", ""),
]


@pytest.mark.parametrize(("file", "system", "name", "id"), NAMES, ids=[row[0] for row in NAMES])
def test_a_name_of_an_lms_is_understood(tmp_path, file, system, name, id):
    data = zipped({"bump.ipynb": BUMP}) if file.endswith(".zip") else BUMP
    for folder in both_ways(tmp_path, {file: data}):
        [one], passed_over = found(folder)
        assert (one.system, one.name, one.id, one.assignment) == (system, name, id, "bump")
        assert one.cells == ("map_length = 6",)
        assert one.file.replace("\u3000", " ").startswith(file.removeprefix("submitted/").replace("\u3000", " "))
        assert passed_over == []


def test_a_name_that_ends_like_an_assignment_is_whole(tmp_path):
    ones, _ = found(put(tmp_path, {"caroline.ipynb": LINE, "caro.ipynb": LINE, "caro-bump.ipynb": BUMP}))
    assert [(one.name, one.assignment) for one in ones] == [("caro", "bump"), ("caro", "line"), ("caroline", "line")]


def test_a_whole_course_of_nbgrader_has_only_what_was_submitted(tmp_path):
    files = {
        "submitted/jane/bump/bump.ipynb": BUMP,
        "submitted/jane/bump/timestamp.txt": b"2024-01-30 15:30:10 UTC",
        "submitted/jane/bump/.ipynb_checkpoints/bump-checkpoint.ipynb": BUMP,
        "submitted/joe/line/line.ipynb": LINE,
        "source/bump/bump.ipynb": BUMP,
        "release/bump/bump.ipynb": BUMP,
        "autograded/jane/bump/bump.ipynb": BUMP,
        "late/jim/bump/bump.ipynb": BUMP,
    }
    course = {f"course/{name}": data for name, data in files.items()}
    put(tmp_path, {"course.zip": zipped(course), **course})
    for folder in tmp_path / "course", tmp_path / "course.zip":
        ones, passed_over = found(folder)
        assert [(one.student, one.assignment) for one in ones] == [("jane", "bump"), ("jim", "bump"), ("joe", "line")]
        assert passed_over == []


def test_several_exports_of_moodle_lie_in_one_folder(tmp_path):
    names = ["Jane Doe_1001_assignsubmission_file/a.ipynb", "Joe Roe_1002_assignsubmission_file/a.ipynb"]
    put(tmp_path, {"CS1-Bump-7.zip": zipped(dict.fromkeys(names, BUMP))})
    put(tmp_path, {"CS1-Line-8.zip": zipped(dict.fromkeys(names, LINE))})
    ones, _ = found(tmp_path)
    assert [(one.name, one.assignment) for one in ones] == [
        ("Jane Doe", "bump"),
        ("Jane Doe", "line"),
        ("Joe Roe", "bump"),
        ("Joe Roe", "line"),
    ]


LEFT_BEHIND = [".ipynb_checkpoints/bump-checkpoint.ipynb", "__MACOSX/._bump.ipynb", "._bump.ipynb", ".DS_Store"]


def test_what_programs_leave_behind_is_not_mentioned(tmp_path):
    files = {f"jane/{name}": notebook("map_length = 7") for name in LEFT_BEHIND}
    for folder in both_ways(tmp_path, {"jane/bump.ipynb": BUMP, **files}):
        [one], passed_over = found(folder)
        assert one.cells == ("map_length = 6",)
        assert passed_over == []


def test_other_files_are_mentioned(tmp_path):
    for folder in both_ways(tmp_path, {"jane/bump.py": b"", "jane/ipynb": b"", "readme\nzip": b""}):
        assert found(folder) == (
            [],
            ["jane/bump.py: no notebook", "jane/ipynb: no notebook", "readme zip: no notebook"],
        )


def test_no_such_folder_says_what_to_give(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    for name in "nowhere", "pipe", "loop":
        with pytest.raises(ValueError, match=r"There is no folder .*Give the folder or the zip"):
            submissions(tmp_path / name, QUESTIONS)


# ----------------------------------------------------------------- which assignment

KINDS = [  # file, its cells, the assignment that is stated, the one it is of
    ("jane.ipynb", ["map_length = 6"], "", "bump"),
    ("jane.ipynb", ["map_size = 6", "one_window = 1", "map_length = 6"], "", "line"),
    ("jane-line.ipynb", ["map_length = 6"], "", "bump"),  # what is in it says more than a name
    ("jane-line.ipynb", ["x = 1"], "", "line"),
    ("jane-LINE2.ipynb", ["x = 1"], "bump", "line"),
    ("jane/online.ipynb", ["x = 1"], "bump", "bump"),  # another word
    ("jane/line/answers.ipynb", ["x = 1"], "", "line"),
    ("doejane_1_2_line.ipynb", ["x = 1"], "", "line"),
    ("line_1_2_answers.ipynb", ["x = 1"], "bump", "bump"),  # the student's name is no assignment's
    ("line/doejane_1_2_answers.ipynb", ["x = 1"], "", "line"),
    ("jane.ipynb", ["x = 1"], "line", "line"),
    ("jane.ipynb", ["map_lengths = 1"], "line", "line"),
]


@pytest.mark.parametrize(("file", "cells", "stated", "kind"), KINDS)
def test_the_assignment_is_recognised(tmp_path, file, cells, stated, kind):
    [one], _ = found(put(tmp_path, {file: notebook(*cells)}), stated)
    assert one.assignment == kind


def test_what_is_of_no_assignment_is_mentioned(tmp_path):
    put(tmp_path, {"jane.ipynb": notebook("x = 1"), "joe.ipynb": b"no JSON"})
    ones, passed_over = found(tmp_path)
    assert ones == []
    assert passed_over == [
        "jane.ipynb: of no known assignment.",
        "joe.ipynb: of no known assignment. The file is no notebook: it cannot be read as JSON.",
    ]


def test_without_any_questions_only_a_stated_assignment_is_known(tmp_path):
    put(tmp_path, {"jane.ipynb": BUMP})
    assert submissions(tmp_path, {})[0] == []
    assert submissions(tmp_path, {}, "bump")[0][0].assignment == "bump"


# ----------------------------------------------------------------- one student twice

TWICE = [  # the file that counts, then others of the same student and assignment
    ["doejane_1001_5002_bump-1.ipynb", "doejane_1001_5001_bump.ipynb"],
    ["doejane_1001_5002_bump.ipynb", "doejane_1001_5001_bump-1.ipynb"],  # the attachment is the later one
    ["doejane_1001_10000_bump.ipynb", "doejane_1001_9999_bump.ipynb"],  # as a number, not as text
    ["doejane_LATE_1001_5003_bump-2.ipynb", "doejane_1001_5002_bump-1.ipynb", "doejane_1001_5001_bump.ipynb"],
    ["anon_x7Qp2_5002_bump.ipynb", "LATE_anon_x7Qp2_5001_bump.ipynb"],
    ["Jane_1_assignsubmission_file/bump-10.ipynb", "Jane_1_assignsubmission_file/bump-9.ipynb"],
    ["Jane_1_assignsubmission_file_/bump-1.ipynb", "Jane_1_assignsubmission_file_bump.ipynb"],
    ["Jane_1_assignsubmission_file/bump.ipynb", "Jane_1_assignsubmission_file/old/bump.ipynb"],
    ["jane/bump/bump.ipynb", "jane/line/bump.ipynb"],  # the other one is in a folder of another assignment
    ["jane/bump/bump.ipynb", "jane/bump/bump-Copy1.ipynb"],
    ["jane-bump (2).ipynb", "jane-bump (1).ipynb", "jane-bump.ipynb"],
]


@pytest.mark.parametrize("files", TWICE, ids=[row[0] for row in TWICE])
def test_the_latest_of_a_student_counts_in_any_order(tmp_path, files):
    for number, order in enumerate(itertools.permutations(files)):
        data = {name: notebook(f"map_length = {files.index(name)}") for name in order}
        for folder in both_ways(tmp_path / str(number), data):
            [one], passed_over = found(folder)
            assert one.cells == ("map_length = 0",)
            assert sorted(line.split(": ")[0] for line in passed_over) == sorted(files[1:])
            assert all("the same student's" in line for line in passed_over)


def test_a_broken_file_does_not_take_the_place_of_a_good_one(tmp_path):
    files = {"doejane_1_5_bump.ipynb": BUMP, "doejane_1_6_bump.ipynb": b"broken", "doejoe_2_7_bump.ipynb": b"broken"}
    (jane, joe), _ = found(put(tmp_path, files))
    assert jane.cells == ("map_length = 6",)
    assert (joe.cells, joe.problem) == ((), "The file is no notebook: it cannot be read as JSON.")


# ----------------------------------------------------------------- students who name files after others

AS_ANOTHER = [  # what Mallory hands in under her own name, in words of the LMS; nothing may be anyone else's
    "doemallory_6_900_doejane_5_901_bump.ipynb",
    "doemallory_6_900_Jane Doe_5_assignsubmission_file_bump.ipynb",
    "doemallory_6_900_work/doejane_5_901_bump.ipynb",
    "doemallory_6_900_work.zip|doejane_5_901_bump.ipynb",
    "doemallory_6_900_work.zip|../doejane_5_901_bump.ipynb",
    "doemallory_6_900_work.zip|Jane Doe_5_assignsubmission_file_/bump.ipynb",
    "doemallory_6_900_work.zip|submitted/jane/bump/bump.ipynb",
    "doemallory_6_900_work.zip|doejane_5_901_work.zip|bump.ipynb",
    "doemallory_6_900_..%2fdoejane_5_901_bump.ipynb",
    "Mallory_6_assignsubmission_file_Jane Doe_5_assignsubmission_file_bump.ipynb",
    "Mallory_6_assignsubmission_file_/Jane Doe_5_assignsubmission_file_/bump.ipynb",
    "Mallory_6_assignsubmission_file_/Jane Doe_5_assignsubmission_file_bump.ipynb",
    "Mallory_6_assignsubmission_file_/work.zip|Jane Doe_5_assignsubmission_file_/bump.ipynb",
    "submitted/mallory/bump/jane/bump/bump.ipynb",
    "submitted/mallory/bump/submitted/jane/bump/bump.ipynb",
    "submitted/mallory/bump/doejane_5_901_bump.ipynb",
    "submitted/mallory/bump/Jane Doe_5_assignsubmission_file_/bump.ipynb",
    "submitted/mallory/bump/work.zip|../../jane/bump/bump.ipynb",
    "mallory/jane/bump.ipynb",
    "mallory/zzz/jane/bump.ipynb",
    "mallory.zip|jane/bump.ipynb",
    "mallory.zip|jane/bump/bump.ipynb",
    "mallory.zip|../jane/bump/bump.ipynb",
    "mallory.zip|/submitted/jane/bump/bump.ipynb",
    "mallory.zip|jane.zip|bump.ipynb",
]


@pytest.mark.parametrize("path", AS_ANOTHER)
def test_a_file_called_as_another_students_stays_its_owners(tmp_path, path):
    first, *inside = path.split("|")
    data = notebook("map_length = 'Mallory'")
    for name in reversed(inside):
        data = zipped({name: data})
    jane = {  # in each system
        "doejane_5_500_bump.ipynb": BUMP,
        "Jane Doe_5_assignsubmission_file_/bump.ipynb": BUMP,
        "submitted/jane/bump/bump.ipynb": BUMP,
    }
    jane = {name: BUMP for name in jane if name.startswith("submitted/") == path.startswith("submitted/")}
    for folder in both_ways(tmp_path, {**jane, first: data}):
        ones, _ = found(folder)
        assert len(ones) == len(jane) + 1
        for one in ones:
            assert ("allory" in one.cells[0]) == ("allory" in one.name), one


# ----------------------------------------------------------------- students as files' names

ALIKE = [
    ("jane", "Jane", "JANE"),
    ("jane doe", "jane_doe", "jane-doe", "jane.doe", "janedoe", "jane  doe", " jane doe", "jane doe "),
    ("jürgen", "ju\u0308rgen", "jurgen", "jrgen", "j\u00fcrgen\u200b"),
    ("jane", "j\u0430ne", "\uff4aane", "ja\u202ene"),  # Cyrillic, full width, turned round
    ("a" * 60, "a" * 61, "a" * 61 + "b", "a" * 254 + "b", "a" * 254 + "c"),
    ("\udc80", "\udc81", "?", "", "_", "-", ".", "..", "/", "\\", "\0", "\n", "~", "student"),
    ("con", "nul", "com1", "lpt9", "aux", "prn", "con.txt", "COM¹", "CONIN$", "con_", "a:b", "a"),
    ("jane\n", "jane", "jane\0", "-jane", "jane-", "jane--bump", "jane__", "../jane", "/jane", "c:jane"),
    ("山田", "山本", "佐藤", "한글"),
]


@pytest.mark.parametrize("names", ALIKE)
def test_names_that_are_alike_stay_apart(names):
    keys = [_key(name, id) for name in names for id in ("", "5")]
    assert len(set(keys)) == len(keys)
    for key in keys:
        assert_safe(key)


def test_a_plain_name_stays_as_it_is():
    assert [_key("jane", ""), _key("jane-doe_b", ""), _key("doejane", "1001")] == ["jane", "jane-doe_b", "doejane_1001"]


def test_nobody_can_take_the_name_that_another_was_given():
    for name, id in ("Jane", ""), ("Jane Doe", "5"), ("doejane", "5"), ("", "5"):
        assert _key(_key(name, id), "") != _key(name, id)


a_name = st.one_of(
    st.text(st.characters(), max_size=80),
    st.text("ab_-0 ._AB", max_size=12),
    st.sampled_from([name for row in ALIKE for name in row]),
)
an_id = st.sampled_from(["", "5", "12", "55"])


@given(a_name, an_id, a_name, an_id)
@example("a_1", "2", "a", "12")
@example("jane", "5", "jane_5", "")
@example("Jane", "5", "Jane_5", "")
def test_students_are_apart_and_their_files_in_the_folder(name, id, other, its_id):
    key, another = _key(name, id), _key(other, its_id)
    assert (key == another) == ((name, id) == (other, its_id))
    assert_safe(key)
    results = Path("/out/results")
    assert Path(os.path.normpath(results / f"{key}--bump.json")).parent == results
    assert Path(os.path.normpath(results / key / "bump.html")).parent.parent == results


def test_students_of_odd_names_stay_apart_in_a_folder(tmp_path):
    names = [b"Jane", b"jane", b"JANE", b"jane\xff", b"jane\xfe", b"ja\nne", b"ja\rne", b"ja\xe2\x80\xaene", b"x" * 255]
    names += [b"ja\\..\\..\\ne", b"...", b"con", b"-rf", b"jane.", b" jane", b"$(id)", b"<b>", b"=1+1"]
    for name in names:
        os.mkdir(os.path.join(os.fsencode(tmp_path), name))
        with open(os.path.join(os.fsencode(tmp_path), name, b"bump.ipynb"), "wb") as file:
            file.write(BUMP)
    ones, passed_over = found(tmp_path)
    assert len(ones) == len(names)
    assert passed_over == []


# ----------------------------------------------------------------- one notebook's bytes

TEXT = '{"cells": [{"cell_type": "code", "source": "é = 1"}], "nbformat": 4}'
GOOD = {
    "lines": (notebook(["x = 1\n", "y = 2"]), ("x = 1\ny = 2",)),
    "other cells are left out": (json.dumps({"cells": [cell("# x", "markdown"), cell("x")]}).encode(), ("x",)),
    "an empty cell keeps its place": (notebook("", "x"), ("", "x")),
    "BOM": (b"\xef\xbb\xbf" + TEXT.encode(), ("é = 1",)),
    "UTF-16 with BOM": (TEXT.encode("utf-16"), ("é = 1",)),
    "UTF-16, the other way round": (TEXT.encode("utf-16-be"), ("é = 1",)),
    "UTF-32": (TEXT.encode("utf-32"), ("é = 1",)),
    "cp1252": (TEXT.encode("cp1252"), ("é = 1",)),
    "half a character": (b'{"cells": [{"cell_type": "code", "source": "\\ud800x\\udc00"}]}', ("?x?",)),
    "a whole one": (b'{"cells": [{"cell_type": "code", "source": "\\ud83d\\ude00"}]}', ("\U0001f600",)),
    "format 3": (
        json.dumps({"worksheets": [{"cells": [{"cell_type": "code", "input": ["x\n", "y"]}]}]}).encode(),
        ("x\ny",),
    ),
    "format 3, two sheets": (
        json.dumps({"worksheets": [{"cells": [{"cell_type": "code", "input": each}]} for each in "xy"]}).encode(),
        ("x", "y"),
    ),
    "null everywhere": (
        b'{"cells": [null, {"cell_type": null}, {"cell_type": "code", "source": null, "outputs": null}, '
        b'{"cell_type": "code", "source": [null, "x", 1, ["y"]]}], "metadata": null, "worksheets": null}',
        ("", "x"),
    ),
    "no source": (b'{"cells": [{"cell_type": "code"}, 1, "code", [], true]}', ("",)),
    "a source that is no text": (b'{"cells": [{"cell_type": "code", "source": {"x": 1}}]}', ("",)),
    "a kind that is no text": (b'{"cells": [{"cell_type": ["code"], "source": "x"}]}', ()),
    "duplicate keys: the last, as in Jupyter": (
        b'{"cells": 1, "cells": [{"cell_type": "code", "source": "x"}]}',
        ("x",),
    ),
    "NaN and infinity": (b'{"cells": [], "a": NaN, "b": -Infinity, "c": 1e999}', ()),
    "no cells": (b'{"cells": []}', ()),
}
NO_JSON, NO_CELLS = "The file is no notebook: it cannot be read as JSON.", "The file is no notebook: it has no cells."
BAD = {
    "nothing": (b"", NO_JSON),
    "zeros": (bytes(100), NO_JSON),
    "Python": (b"map_length = 6", NO_JSON),
    "a page of HTML": (b"<!doctype html><p>Log in", NO_JSON),
    "half a notebook": (BUMP[:-3], NO_JSON),
    "two notebooks": (BUMP + BUMP, NO_JSON),
    "deep lists": (b"[" * 1_000_000, NO_JSON),
    "deep dicts": (b'{"cells":' * 1_000_000, NO_JSON),
    "deep and closed": (b"[" * 100_000 + b"]" * 100_000, NO_JSON),
    "a huge number": (b'{"cells": [], "n": ' + b"9" * 5000 + b"}", NO_JSON),
    "half of UTF-16": (b"\xff\xfe{", NO_JSON),
    "wrong UTF-16": (b"\xfe\xff\xd8\x00", NO_JSON),
    "bytes": (bytes(range(256)), NO_JSON),
    "null": (b"null", NO_CELLS),
    "a list": (b"[]", NO_CELLS),
    "a text": (b'"cells"', NO_CELLS),
    "a number": (b"1e999", NO_CELLS),
    "cells that are null": (b'{"cells": null}', NO_CELLS),
    "cells that are no list": (b'{"cells": {"cell_type": "code"}}', NO_CELLS),
    "sheets that are null": (b'{"worksheets": [null, 1, [], {"cells": null}]}', NO_CELLS),
    "sheets that are no list": (b'{"worksheets": {"cells": []}}', NO_CELLS),
    "too long": (bytes(LARGEST + 1), "The file has more than 20 MB. Clear its outputs and hand it in again."),
    "too much code": (notebook("x" * LONGEST, "x"), "The notebook has more than 1 million characters of code."),
}


@pytest.mark.parametrize(("data", "cells"), GOOD.values(), ids=GOOD)
def test_code_cells_are_read(data, cells):
    assert code_cells(data) == cells


@pytest.mark.parametrize(("data", "said"), BAD.values(), ids=BAD)
def test_what_is_no_notebook_is_told_in_words(data, said):
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        code_cells(data)


def test_as_much_as_is_allowed_is_read():
    assert len(code_cells(notebook("x" * LONGEST))[0]) == LONGEST
    assert code_cells(b'{"cells": []}'.ljust(LARGEST)) == ()


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["cells", "worksheets", "cell_type", "source", "input", "metadata", "nbformat"]),
            inner,
            max_size=4,
        )
        | st.fixed_dictionaries({"cell_type": st.just("code"), "source": inner})
        | st.fixed_dictionaries({"cells": st.lists(inner, max_size=4)})
    ),
    max_leaves=12,
)


@st.composite
def changed(draw, originals):
    """Some bytes with a few of them cut out, written over, or put in twice."""
    data = draw(originals)
    for _ in range(draw(st.integers(1, 3))):
        start, end = sorted(draw(st.tuples(*[st.integers(0, len(data))] * 2)))
        new = draw(st.sampled_from([b"", data[start:end] * 2]) | st.binary(max_size=8))
        data = data[:start] + new + data[end:]
    return data


some_notebooks = st.sampled_from([data for data, _ in GOOD.values()])


@settings(max_examples=400)
@given(st.binary(max_size=200) | values.map(lambda value: json.dumps(value).encode()) | changed(some_notebooks))
def test_any_bytes_give_texts_or_words(data):
    with contextlib.suppress(ValueError):
        cells = code_cells(data)
        assert type(cells) is tuple
        for source in cells:
            assert type(source) is str
            assert source == source.encode().decode()


# ----------------------------------------------------------------- what is no plain file


@pytest.fixture
def outside(tmp_path):
    """A folder beside the submissions, with a notebook that nobody handed in."""
    secret = notebook(f"map_length = '{SECRET}'")
    return put(
        tmp_path / "outside",
        {"bump.ipynb": secret, "sub/bump.ipynb": secret, "bump.zip": zipped({"bump.ipynb": secret})},
    )


def test_links_are_not_followed(tmp_path, outside):
    folder = put(tmp_path / "in", {"jane/bump.ipynb": BUMP, "z/bump.ipynb": BUMP})
    targets = {
        "file.ipynb": outside / "bump.ipynb",
        "beside.ipynb": "../outside/bump.ipynb",
        "folder": outside,
        "bump": "../outside/sub",
        "bundle.zip": outside / "bump.zip",
        "parent": "..",
        "root": "/",
        "itself": ".",
        "loop.ipynb": "loop.ipynb",
        "dangling.ipynb": "nowhere",
        "inside.ipynb": "jane/bump.ipynb",
        "device.ipynb": "/dev/zero",
        "process.ipynb": "/proc/self/environ",
        "jane/bump-9.ipynb": outside / "bump.ipynb",
        "jane/more": outside,
    }
    for name, target in targets.items():
        (folder / name).symlink_to(target)
    ones, passed_over = found(folder)
    assert [one.student for one in ones] == ["jane", "z"]
    assert sorted(passed_over) == sorted(f"{name}: a link, or no file at all" for name in targets)


def test_the_folder_itself_may_be_a_link(tmp_path):
    put(tmp_path, {"real/jane/bump.ipynb": BUMP, "real.zip": zipped({"jane/bump.ipynb": BUMP})})
    (tmp_path / "latest").symlink_to("real")
    (tmp_path / "latest.zip").symlink_to("real.zip")
    assert found(tmp_path / "latest") == found(tmp_path / "real") == found(tmp_path / "latest.zip")


def test_pipes_sockets_and_devices_are_not_opened(tmp_path):
    put(tmp_path, {"jane/bump.ipynb": BUMP})
    os.mkfifo(tmp_path / "pipe.ipynb")
    os.mkfifo(tmp_path / "pipe.zip")
    names = ["pipe.ipynb", "pipe.zip", "socket.ipynb"]
    here = os.getcwd()
    os.chdir(tmp_path)  # a socket's name is short
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("socket.ipynb")
    finally:
        os.chdir(here)
    try:
        os.mknod(tmp_path / "zero.ipynb", stat.S_IFCHR | 0o600, os.makedev(1, 5))
    except PermissionError:  # only root makes devices, and not everywhere
        names.append("z.ipynb")
        os.mkfifo(tmp_path / "z.ipynb")
    else:
        names.append("zero.ipynb")
    ones, passed_over = found(tmp_path)
    assert [one.student for one in ones] == ["jane"]
    assert passed_over == [f"{name}: a link, or no file at all" for name in sorted(names)]


def test_a_file_that_becomes_a_link_in_time_is_not_followed(tmp_path, outside):
    folder = put(tmp_path / "in", {"jane/bump.ipynb": BUMP})
    export = module.Export(folder, QUESTIONS)
    [(_, opened)] = list(export.notebooks())
    (folder / "jane/bump.ipynb").unlink()
    (folder / "jane/bump.ipynb").symlink_to(outside / "bump.ipynb")
    with pytest.raises(OSError, match="symbolic links"):
        opened()


def test_what_cannot_be_read_is_told_without_this_machines_paths(tmp_path, monkeypatch):
    put(tmp_path, {"jane/bump.ipynb": BUMP, "joe/bump.ipynb": BUMP, "jim/bump.ipynb": BUMP, "ann.zip": b""})
    real_open, real_scandir = os.open, os.scandir

    def refuse(real, *names):
        def instead(path, *rest):
            if os.fspath(path).endswith(names):
                raise PermissionError(13, "Permission denied", path)
            return real(path, *rest)

        return instead

    monkeypatch.setattr(os, "open", refuse(real_open, "joe/bump.ipynb", "ann.zip"))
    monkeypatch.setattr(os, "scandir", refuse(real_scandir, "jim"))
    (jane, joe), passed_over = found(tmp_path)
    assert (jane.student, jane.problem) == ("jane", "")
    assert (joe.student, joe.problem) == ("joe", "It cannot be read: Permission denied")
    assert passed_over == [
        "jim: cannot be read: Permission denied",
        "ann.zip: no zip that can be read: Permission denied",
    ]


def test_folders_may_be_called_like_notebooks_and_be_empty(tmp_path):
    for name in "x.ipynb", "y.zip", "empty/and/empty", "jane/bump.ipynb":
        (tmp_path / name).mkdir(parents=True)
    assert found(tmp_path) == ([], [])
    put(tmp_path, {"x.ipynb/bump.ipynb": BUMP, "y.zip/bump.ipynb": BUMP})
    assert [one.name for one in found(tmp_path)[0]] == ["x", "y"]


def test_folders_may_be_deeper_than_python_counts(tmp_path):
    put(tmp_path, {"jane/bump.ipynb": BUMP, "joe/bump.ipynb": BUMP})
    deep = tmp_path / "jane"
    for _ in range(1200):
        deep = deep / "d"
        deep.mkdir()
    try:
        (deep / "bump.ipynb").write_bytes(notebook("map_length = 'deep'"))
        jane, joe = found(tmp_path)[0]
        assert jane.cells == joe.cells == ("map_length = 6",)
    finally:  # rmtree counts as Python does
        (deep / "bump.ipynb").unlink()
        os.removedirs(deep)


def test_the_longest_names_are_read(tmp_path):
    name = "doejane_1001_5001_" + "b" * (255 - 18 - 6) + ".ipynb"
    [one], _ = found(put(tmp_path, {name: BUMP}))
    assert (one.student, len(one.file)) == ("doejane_1001", 200)


def peak(function, *arguments):
    tracemalloc.start()
    try:
        return function(*arguments), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_huge_file_costs_no_more_than_a_large_one(tmp_path):
    put(tmp_path, {"jane-bump.ipynb": b"", "joe.zip": b""})
    for name in "jane-bump.ipynb", "joe.zip":
        os.truncate(tmp_path / name, 200 << 20)  # without a block on the disk
    ([jane], [joe]), memory = peak(found, tmp_path)
    assert jane.problem == "The file has more than 20 MB. Clear its outputs and hand it in again."
    assert joe == "joe.zip: no zip that can be read: File is not a zip file"
    assert memory < 3 * LARGEST


# ----------------------------------------------------------------- zips


def patched(data, old, new):
    assert old in data
    return data.replace(old, new)


def record(bundle, at, new):
    """A zip of one file with bytes written over those of its entry in the list at the end."""
    start = bundle.index(b"PK\1\2") + at
    return bundle[:start] + new + bundle[start + len(new) :]


def link(name):
    entry = zipfile.ZipInfo(name)
    entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return entry


ONE = zipped({"bump.ipynb": BUMP})
STORED = zipped({"bump.ipynb": BUMP}, zipfile.ZIP_STORED)
MIDDLE = ONE.index(b"PK\1\2") // 2 + 20
BAD_FILES = {  # a zip's notebook that cannot be read, and what is said of it
    "a bomb": (zipped({"bump.ipynb": bytes(60 << 20)}), "The file has more than 20 MB."),
    "bzip2": (zipped({"bump.ipynb": bytes(9 << 20)}, zipfile.ZIP_BZIP2), "It cannot be read: it is compressed in an"),
    "LZMA": (zipped({"bump.ipynb": BUMP}, zipfile.ZIP_LZMA), "It cannot be read: it is compressed in an"),
    "encrypted": (record(ONE, 8, b"\1\0"), "It cannot be read: it is encrypted"),
    "an unknown way": (record(ONE, 10, b"\x63\0"), "It cannot be read: it is compressed in an"),
    "damaged": (ONE[:MIDDLE] + b"\xff\xff\xff" + ONE[MIDDLE + 3 :], "It cannot be read: Error -3"),
    "a wrong sum": (patched(STORED, b"map_length", b"map_lenght"), "It cannot be read: Bad CRC-32"),
    "a size too small": (record(ONE, 24, struct.pack("<I", 9)), "It cannot be read: "),
    "a size too large": (record(STORED, 20, struct.pack("<II", 1 << 30, 1 << 30)), "It cannot be read: "),
    "elsewhere": (record(ONE, 42, struct.pack("<I", 5)), "It cannot be read: "),
    "another name": (record(ONE, 46, b"bumq.ipynb"), "It cannot be read: File name in directory"),
    "a link": (zipped({link("bump.ipynb"): b"../outside/bump.ipynb"}), "It cannot be read: it is a link"),
}
BAD_ZIPS = {
    "nothing": b"",
    "no zip": b"Rar!" + bytes(100),
    "cut": ONE[:-30],
    "no end": ONE[: ONE.index(b"PK\5\6")],
    "a list of another place": patched(ONE, b"PK\1\2", b"PK\1\3"),
    "a list as long as 4 GB": ONE[:-10] + b"\xf0\xff\xff\xff" + ONE[-6:],
    "names that are no UTF-8": record(record(ONE, 8, b"\0\x08"), 46, b"\xff\xff\xff\xff"),
}


@pytest.mark.parametrize(("data", "said"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_of_a_zip_that_cannot_be_read_is_told_of(tmp_path, outside, data, said):
    folder = put(tmp_path / "in", {"jane.zip": data, "joe/bump.ipynb": BUMP})
    ((jane, joe), _), memory = peak(found, folder, "bump")
    assert jane.problem.startswith(said)
    assert (jane.name, jane.cells) == ("jane", ())
    assert joe.cells == ("map_length = 6",)
    assert memory < 3 * LARGEST


@pytest.mark.parametrize("data", BAD_ZIPS.values(), ids=BAD_ZIPS)
def test_a_zip_that_cannot_be_read_is_told_of(tmp_path, data):
    put(tmp_path, {"in/jane.zip": data, "in/joe/bump.ipynb": BUMP})
    [joe], [said] = found(tmp_path / "in")
    assert joe.student == "joe"
    assert said.startswith("jane.zip: no zip that can be read: ")
    ones, [said] = found(tmp_path / "in" / "jane.zip")
    assert ones == []
    assert said.startswith("jane.zip: no zip that can be read: ")


def test_names_in_a_zip_lead_nowhere(tmp_path, outside):
    names = ["../../outside/bump.ipynb", str(outside / "bump.ipynb"), "..\\outside\\bump.ipynb", "C:\\jane\\bump.ipynb"]
    names += ["a/../../b/bump.ipynb", "./././bump.ipynb", "//bump.ipynb", "..ipynb", ".ipynb", "bump.ipynb\n"]
    files = {name: notebook(f"map_length = {number}") for number, name in enumerate(names)}
    put(tmp_path, {"in.zip": zipped(files), "in/jane.zip": zipped(files)})
    before = sorted(tmp_path.rglob("*"))
    found(tmp_path / "in.zip", "bump")
    [jane], _ = found(tmp_path / "in", "bump")
    assert jane.name == "jane"
    assert sorted(tmp_path.rglob("*")) == before


def test_names_in_a_zip_may_be_very_long(tmp_path):
    parts = [
        "9",
        "_1",
        "_1_a",
        "a/",
        "-",
        " (1)",
        "_LATE_1",
        "9" * 5000 + "_x",
        "a_1_assignsubmission_file",
        "bump-",
        "Ä",
        "_",
    ]
    names = [
        f"{start}{part * (20_000 // len(part.encode()))}.ipynb"
        for part in parts
        for start in ("", "doejane_1_2", "x_1_")
    ]
    put(tmp_path, {"in.zip": zipped(dict.fromkeys(names, BUMP))})
    ones, passed_over = found(tmp_path / "in.zip")
    assert len(ones) + len(passed_over) == len(names)


def test_a_bomb_within_a_zip_within_a_zip_costs_no_more(tmp_path):
    put(tmp_path, {"in/jane.zip": zipped({"work.zip": zipped({"bump.ipynb": bytes(99 << 20)}, zipfile.ZIP_STORED)})})
    (ones, [said]), memory = peak(found, tmp_path / "in")
    assert ones == []
    assert said == "jane.zip/work.zip: no zip that can be read: File is not a zip file"
    assert memory < 4 * LARGEST


def test_zips_are_read_two_deep(tmp_path):
    two = {"Jane_1_assignsubmission_file_/work.zip": zipped({"bump.ipynb": BUMP})}
    three = {"Joe_2_assignsubmission_file_/work.zip": zipped({"more.zip": zipped({"bump.ipynb": BUMP})})}
    put(tmp_path, {"in/export.zip": zipped({**two, **three})})
    [jane], passed_over = found(tmp_path / "in")
    assert jane.name == "Jane"
    assert passed_over == ["export.zip/Joe_2_assignsubmission_file_/work.zip/more.zip: a zip in a zip in a zip"]
    jane, joe = found(tmp_path / "in" / "export.zip")[0]
    assert (jane.name, joe.name) == ("Jane", "Joe")


def test_two_files_of_one_name_in_a_zip_are_one_submission(tmp_path):
    data = zipped({"jane/bump.ipynb": BUMP, "jane/bumq.ipynb": notebook("map_length = 7")})
    put(tmp_path, {"in.zip": data.replace(b"bumq", b"bump")})
    [one], passed_over = found(tmp_path / "in.zip")
    assert one.cells == ("map_length = 6",)
    assert len(passed_over) == 1


@pytest.mark.parametrize(
    "order", list(itertools.permutations(["jane/bump.ipynb", "jane//bump.ipynb", "jane/./bump.ipynb"]))
)
def test_three_ways_to_write_one_name_are_one_submission_in_any_order(tmp_path, order):
    put(tmp_path, {"in.zip": zipped({name: notebook(f"map_length = {len(name)}") for name in order})})
    [one], passed_over = found(tmp_path / "in.zip")
    assert one.cells == (f"map_length = {len('jane/./bump.ipynb')}",)
    assert passed_over == ["jane/bump.ipynb: the same student's jane/bump.ipynb counts"] * 2


def with_many_entries(names):
    """A zip whose list has all these names for the same few bytes."""
    one = zipped({"x": BUMP}, zipfile.ZIP_STORED)
    start, end = one.index(b"PK\1\2"), one.index(b"PK\5\6")
    head, rest = one[start : start + 28], one[start + 30 : start + 46]
    entries = b"".join(head + struct.pack("<H", len(name)) + rest + name for name in names)
    count = min(len(names), 0xFFFF)
    return one[:start] + entries + one[end : end + 8] + struct.pack("<HHIIH", count, count, len(entries), start, 0)


def test_a_zip_of_100_000_files_costs_the_others_nothing(tmp_path):
    junk = [b"a/%d.%s" % (number, b"ipynb" if number % 2 else b"zip") for number in range(99_000)]
    junk += [b"b/%d.txt" % number for number in range(1000)]
    files = {"Jane_1_assignsubmission_file_/bump.zip": with_many_entries(junk)}
    files["Joe_2_assignsubmission_file_/bump.ipynb"] = BUMP
    ones, passed_over = found(put(tmp_path, files), "bump")
    assert [(one.name, one.problem == "") for one in ones] == [("Jane", False), ("Joe", True)]
    assert len(passed_over) == MOST


def test_a_student_cannot_have_everything_read(tmp_path):
    mine = {f"Jane_1_assignsubmission_file_/{number:03}.ipynb": BUMP for number in range(MOST + 5)}
    more = {"Jane_1_assignsubmission_file_/work.zip": zipped({f"{number}.ipynb": BUMP for number in range(MOST)})}
    for folder in both_ways(tmp_path, {**mine, **more, "Zoe_2_assignsubmission_file_/bump.ipynb": BUMP}):
        export = module.Export(folder, QUESTIONS)
        paths = [path for path, _ in export.notebooks()]
        assert len(paths) == MOST + 1
        assert paths[-1][0].startswith("Zoe")
        assert export.passed_over[0] == "Jane_1_assignsubmission_file_/030.ipynb: more than 30 of one student"
        assert len(export.passed_over) == MOST


def test_a_zip_whose_list_is_too_long_is_not_opened(tmp_path, monkeypatch):
    put(tmp_path, {"jane.zip": zipped(dict.fromkeys(map(str, range(500)), b"")), "joe/bump.ipynb": BUMP})
    monkeypatch.setattr(module, "LARGEST", 20_000)
    [joe], [said] = found(tmp_path)
    assert joe.student == "joe"
    assert said == "jane.zip: no zip that can be read: it says that it has more files than a class hands in"


# ----------------------------------------------------------------- laws

WORDS = """doejane|Jane Doe|jane|1001|5001|_|_assignsubmission_file|LATE|anon_|bump|line|-1|submitted|/|..|.| |a|A|ä|\u202e|
|\\|999999999999999999999999|.zip|C:|~|'"""
words = st.sampled_from(WORDS.split("|"))
odd_names = st.builds(
    "{}{}".format,
    st.lists(words, min_size=1, max_size=10).map("".join)
    | st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=30),
    st.sampled_from([".ipynb", ".ipynb", ".IPYNB", ".zip", ".txt", ""]),
)
contents = st.sampled_from(
    [BUMP, LINE, b"no notebook", ONE, STORED, zipped({"line/line.ipynb": LINE, "more.zip": ONE})]
)
odd_files = st.dictionaries(odd_names, contents | changed(st.sampled_from([ONE, BUMP])), max_size=6)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("submissions")


@settings(max_examples=250)
@given(odd_files, st.randoms(use_true_random=False))
def test_a_zip_of_odd_names_is_read_the_same_in_any_order(scratch, files, random):
    names, results = list(files), []
    for _ in range(2):
        put(scratch, {"odd.zip": zipped({name: files[name] for name in names})})
        results.append(found(scratch / "odd.zip", "bump"))
        random.shuffle(names)
    assert results[0] == results[1]


@settings(max_examples=250)
@given(
    changed(st.sampled_from([ONE, STORED, zipped({"jane/bump.ipynb": BUMP, "joe.zip": ONE, link("x.ipynb"): b"/etc"})]))
)
def test_a_zip_of_odd_bytes_is_read_or_told_of(scratch, data):
    put(scratch, {"bytes.zip": data, "both/jane.zip": data, "both/zoe/bump.ipynb": BUMP})
    found(scratch / "bytes.zip", "bump")
    ones, _ = found(scratch / "both", "bump")
    assert [one.cells for one in ones if one.student == "zoe"] == [("map_length = 6",)]


some_names = st.lists(words, min_size=1, max_size=6).map("".join).filter(lambda name: len(name.encode()) < 200)
nodes = st.sampled_from(
    ["file", "zip", "to the secret", "to its folder", "to the parent", "to itself", "pipe", "folder"]
)


@settings(max_examples=150)
@given(st.lists(st.tuples(some_names, st.sampled_from([".ipynb", ".zip", ""]), nodes), max_size=8))
def test_a_folder_of_odd_things_is_read_alone_and_the_same_in_any_order(scratch, things):
    with tempfile.TemporaryDirectory(dir=scratch) as place, pytest.MonkeyPatch.context() as patch:
        beside = put(Path(place) / "outside", {"bump.ipynb": notebook(f"map_length = '{SECRET}'")})
        folder = put(Path(place) / "in", {"zoe/bump.ipynb": BUMP})
        for name, ending, node in things:
            path = folder / (name.replace("..", "").strip("/") + ending)
            if os.path.lexists(path) or any(parent.is_symlink() or parent.is_file() for parent in path.parents):
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            if node == "folder":
                put(path, {"bump.ipynb": LINE})
            elif node == "pipe":
                os.mkfifo(path)
            elif node in ("file", "zip"):
                path.write_bytes(BUMP if node == "file" else ONE)
            else:
                targets = {"secret": beside / "bump.ipynb", "folder": beside, "parent": "..", "itself": path.name}
                path.symlink_to(targets[node.split()[-1]])
        real, opened = os.open, []
        patch.setattr(os, "open", lambda path, *rest: opened.append(os.path.realpath(path)) or real(path, *rest))
        ones, passed_over = found(folder, "bump")
        assert all(Path(path).is_relative_to(folder.resolve()) for path in opened)
        assert ("zoe", "bump") in [(one.student, one.assignment) for one in ones]
        scandir = os.scandir
        patch.setattr(os, "scandir", lambda path: reversed(list(scandir(path))))
        assert found(folder, "bump") == (ones, passed_over)
