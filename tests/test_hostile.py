"""The hostile class: every mark is the fair one, no neighbour is changed, nothing leaks and nothing is left behind."""

import csv
import hashlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import hostile
import pytest
from bs4 import BeautifulSoup
from notebooks import notebook, solved

import classroom
from classroom.question import assignments

ROOT = Path(classroom.__file__).parent.parent
LIMITS = {
    "cell": 3,
    "question": 3,
    "whole": 30,
    "files": (16 << 20) - os.getpid() % 50_000,
}  # the last tells ours apart
NOBODY = 65534
WAYS = ("root", "user") if os.getuid() == 0 else ("user",)  # whose sandboxes: root's are made in another way
POINTS = {question.name: question.points for question in assignments()["bump"]}
# Where others can write, should a sandbox not hold; the attacks' files are called hostile-something.
SHARED = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/", "/usr/lib", str(ROOT), str(ROOT / "convtools"))

SLIDE = solved()["slide"]
HONEST = {  # name: (cells that differ, verdicts that are not right and their points)
    "full": ({}, {}),
    "unanswered": (
        {name: f"def {name}(*arguments):\n    ..." if question.cases else f"{name} = ..." for name, question in zip(POINTS, assignments()["bump"], strict=True)},
        dict.fromkeys(POINTS, ("unanswered", 0)),
    ),
    "no bias, no minus": (
        {"one_step": "one_step = 12", "bump_map": "bump_map = [0, 2, 2, 0]"},
        {"one_step": ("mistake", 0.5), "bump_map": ("mistake", 1)},
    ),
    "a function without its bias": ({"slide": SLIDE.replace(" + bias", "")}, {"slide": ("mistake", 1), "slide_same": ("wrong", 0)}),
    "place in the map": ({"strongest": solved()["strongest"].replace(" + len(weights) // 2", "")}, {"strongest": ("mistake", 1)}),
    "as they stand": ({"weights_from_map": solved()["weights-from-map"].replace(")])", ")])[::-1]")}, {"weights_from_map": ("mistake", 1)}),
    "guessed": ({"only_peaks": "only_peaks = 'A'", "map_length": "map_length = 16"}, {"only_peaks": ("mistake", 0), "map_length": ("mistake", 0)}),
    "in two minds": ({"one_step": "one_step = 12", "last": "one_step = 'or not'"}, {"one_step": ("mistake", 0.5)}),
    "a slip of the pen": (
        {"slide": SLIDE.replace("places)", "place)")},
        {"slide": ("error", 0), "slide_same": ("error", 0), "strongest": ("error", 0)},
    ),
}  # fmt: skip


def hand_in(folder, name, **cells):
    sources = {**solved(), **{question.replace("_", "-"): source for question, source in cells.items()}}
    (folder / f"{name}.ipynb").write_bytes(notebook(sources))


def as_a_user(*paths):
    """The words before a command that make it an ordinary user's, who can read these `paths`; for root to say."""
    words = ["bwrap", "--dev-bind", "/", "/", "--cap-add", "ALL"]
    for path in paths:
        folders = list(reversed(path.parents))
        while folders and folders[0].stat().st_mode & 0o001:
            del folders[0]
        words += ["--tmpfs", str(folders[0])] if folders and str(folders[0]) not in words else []
        for folder in folders[1:]:
            words += ["--perms", "0755", "--dir", str(folder)]
        words += ["--bind", str(path), str(path)]
    return [*words, "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


def grade(way, warnings, folder, out, seed, env):
    """Grade a folder in a process of its own; return all replies that it got from its sandboxes, as JSON."""
    job = {"folder": str(folder), "out": str(out), "seed": seed, "limits": LIMITS, "secret": env["PLANTED"]}
    base, command = folder.parent, [sys.executable, *(f"-W{filter}" for filter in warnings), hostile.__file__]
    if way == "user" and os.getuid() == 0:
        for path in base, *base.rglob("*"):
            os.chown(path, NOBODY, NOBODY)
        command = [*as_a_user(*map(Path, (sys.base_prefix, sys.prefix)), ROOT, base), *command]
    home = {"HOME": str(base / "home"), "TMPDIR": str(base / "tmp")}
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    done = subprocess.run(
        command,
        input=json.dumps(job),
        capture_output=True,
        text=True,
        timeout=300,  # a grader that hangs is ended
        cwd=base / "here",
        env={**os.environ, **env, **home, "PYTHONPATH": path},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def hashes(folder):
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def our_workers():
    """The command lines of workers that this test's grading started and that still run."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes()
        except OSError:  # it ended
            continue
        if b"/grader/worker.py" in words and f'"RLIMIT_FSIZE": {LIMITS["files"]}'.encode() in words:
            found.append(words)
    return found


@pytest.fixture(scope="module")
def listeners():
    """A listening TCP socket, an abstract Unix socket, and where they are to be reached."""
    tcp, unix = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX)
    name = f"hostile-{os.getpid()}"
    unix.bind(f"\0{name}")
    unix.listen()
    for one in tcp, unix:
        one.setblocking(False)
    with tcp, unix:
        yield tcp, unix, tcp.getsockname()[1], name


def calls(listener):
    """How many connections wait at a listener."""
    number = 0
    while True:
        try:
            listener.accept()[0].close()
        except BlockingIOError:
            return number
        number += 1


@pytest.fixture(scope="module", params=WAYS)
def graded(request, bubblewrap, listeners, tmp_path_factory):
    """One grading of the whole class, and one of the honest ones alone."""
    base = tmp_path_factory.mktemp("hostile")
    for name in "handed in", "honest alone", "here", "tmp", "home":
        (base / name).mkdir()
    planted = [hostile.MARK + secrets.token_hex(16) for _ in range(5)]
    beside, inside, seed, environment, home = planted
    (base / "beside.txt").write_text(beside)
    (base / "handed in" / "roster.txt").write_text(beside)
    (base / "home" / "note.txt").write_text(home)
    class_file = base / "class.toml"
    class_file.write_text(f'seed = "{seed}"')
    *_, port, name = listeners
    paths = [classroom.__file__, ROOT / "classroom/questions/bump.py", ROOT / "tests", hostile.__file__, class_file]
    paths += [
        base,
        base / "handed in",
        base / "handed in/full.ipynb",
        base / "out",
        base / "beside.txt",
        base / "home/note.txt",
    ]
    for folder in "handed in", "honest alone":
        for student, (cells, _) in HONEST.items():
            hand_in(base / folder, student, imports=f"import numpy as np  # {inside}", **cells)
    for one in hostile.CLASS:
        (base / "handed in" / one.path()).write_bytes(one.written(port, name, paths))
    before = hashes(base / "handed in")
    shared = {folder: set(os.listdir(folder)) for folder in SHARED}
    way = request.param, ["error", *(request.config.getoption("pythonwarnings") or ())]  # as in the tests themselves
    said = grade(*way, base / "handed in", base / "out", seed, {"PLANTED": environment})
    grade(*way, base / "honest alone", base / "out alone", seed, {"PLANTED": environment})
    results = [json.loads(path.read_text("utf-8")) for path in (base / "out/results").glob("*.json")]
    return SimpleNamespace(
        base=base,
        out=base / "out",
        results={result["file"]: result for result in results},
        said=said,
        secrets=[text.removeprefix(hostile.MARK) for text in planted],
        before=before,
        shared=shared,
    )


@pytest.mark.parametrize("one", hostile.CLASS, ids=lambda one: one.name)
def test_the_mark_is_the_fair_one(one, graded):
    result = graded.results["".join(letter if letter.isprintable() else "?" for letter in one.path())]
    verdicts = {mark["question"]: mark["verdict"] for mark in result["marks"]}
    fair = {name: verdicts[name] if verdicts[name] in some else "|".join(some) for name, some in one.verdicts().items()}
    said = f"{one.name}: {one.why} {result['marks'][0]['came']} {result['notes']}"
    assert verdicts == fair, said
    assert sum(mark["points"] for mark in result["marks"]) == one.points(), said


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_neighbour_has_the_marks_of_its_work(name, graded):
    _, differing = HONEST[name]
    marks = {mark["question"]: (mark["verdict"], mark["points"]) for mark in graded.results[f"{name}.ipynb"]["marks"]}
    assert marks == {question: differing.get(question, ("right", points)) for question, points in POINTS.items()}


def test_an_honest_neighbour_has_what_it_has_without_the_others(graded):
    alone = [
        path
        for path in (graded.base / "out alone").rglob("*")
        if path.suffix == ".html" and path.parent.name != "out alone"
    ]
    results = list((graded.base / "out alone/results").iterdir())
    assert len(alone) == len(results) == len(HONEST)
    for path in [*alone, *results]:
        assert (graded.out / path.relative_to(graded.base / "out alone")).read_bytes() == path.read_bytes()


def test_every_submission_is_graded_once(graded):
    assert len(graded.results) == len(hostile.CLASS) + len(HONEST)
    assert len({result["student"] for result in graded.results.values()}) == len(graded.results)


def test_no_secret_is_in_any_output_or_reply(graded):
    outputs = [path for path in graded.out.rglob("*") if path.is_file()]
    assert len(outputs) > 2 * len(graded.results)
    everything = {"replies": graded.said.encode(), **{str(path): path.read_bytes() for path in outputs}}
    assert len(graded.said) > 10_000
    for name, text in everything.items():
        assert not [secret for secret in graded.secrets if secret.encode() in text], name


def test_no_attack_succeeded(graded):
    assert "escaped: " not in graded.said


def test_nobody_called(graded, listeners):
    tcp, unix, port, name = listeners
    assert (calls(tcp), calls(unix)) == (0, 0)
    with socket.create_connection(("127.0.0.1", port)), socket.socket(socket.AF_UNIX) as other:
        other.connect(f"\0{name}")
        assert (calls(tcp), calls(unix)) == (1, 1)  # had anyone called, it would be known


def test_no_process_is_left(graded):
    end = time.monotonic() + 10  # the kernel may still be at it
    while our_workers() and time.monotonic() < end:
        time.sleep(0.05)
    assert our_workers() == []


def test_no_file_is_left_and_none_is_changed(graded):
    assert list((graded.base / "here").iterdir()) == []
    assert list((graded.base / "tmp").iterdir()) == []
    assert hashes(graded.base / "handed in") == graded.before
    assert {path.name for path in graded.base.iterdir()} == {
        "handed in",
        "honest alone",
        "here",
        "tmp",
        "home",
        "out",
        "out alone",
        "beside.txt",
        "class.toml",
    }
    for folder, names in graded.shared.items():
        assert not {name for name in set(os.listdir(folder)) - names if name.startswith("hostile")}, folder


def test_pages_are_inert(graded):
    pages = list(graded.out.rglob("*.html"))
    assert len(pages) == len(graded.results) + 1
    for path in pages:
        page = BeautifulSoup(path.read_text("utf-8"), "html.parser")
        if path.parent != graded.out:
            tags = {tag.name for tag in page.find_all(True)}
            assert tags <= {
                "html",
                "head",
                "meta",
                "title",
                "style",
                "body",
                "main",
                "h1",
                "h2",
                "p",
                "section",
                "code",
                "span",
                "strong",
                "dl",
                "dt",
                "dd",
                "ul",
                "li",
            }
        assert not page.find_all(["script", "iframe", "object", "embed", "svg", "form", "base", "link"])
        for tag in page.find_all(True):
            assert not [name for name in tag.attrs if name.startswith("on") or name in ("srcdoc", "style")]
            assert not tag.get("href") or tag["href"].startswith("feedback/")
            assert not tag.get("src") or tag["src"].startswith("data:image/png;base64,")


def test_what_a_page_shows_is_still_there(graded):
    page = BeautifulSoup(
        (graded.out / "feedback" / graded.results["markup in every output.ipynb"]["student"] / "bump.html").read_text(
            "utf-8"
        ),
        "html.parser",
    )
    assert "<script>alert(2)</script><img src=x onerror=alert(3)>" in page.text
    assert "</li></ul><script>alert(1)</script>" in page.text


def test_no_cell_of_a_table_is_a_formula(graded):
    with open(graded.out / "marks.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 1 + len(graded.results) * len(POINTS)
    assert any("HYPERLINK" in cell for row in rows for cell in row)
    assert not [cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t\r")]
