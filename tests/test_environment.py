"""tools/environment.py: an unfit Python, a half-done install and a missing network are noticed and said in one line."""

import ast
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import time
import tomllib
import venv
from pathlib import Path

import environment
import pytest
from environment import Environment, Stop

ROOT = Path(environment.__file__).parent.parent
FILES = ["pyproject.toml", "constraints.txt", "requirements.txt", "requirements-classroom.txt", "requirements-test.txt"]
NOW = list(sys.version_info[:2])


@pytest.fixture
def project(tmp_path):
    """An empty project in a folder whose name has a space."""
    root = tmp_path / "a book"
    root.mkdir()
    for name in FILES:
        (root / name).write_text(f"# {name}\n")
    return Environment(root)


@pytest.fixture
def made(project):
    """The same with an environment in it that is ready for the book and the tests. Its pip is that of the tests."""
    venv.create(project.folder, with_pip=False, symlinks=os.name != "nt")
    inside = sysconfig.get_path("purelib", "venv", {"base": str(project.folder), "platbase": str(project.folder)})
    Path(inside, "pip-of-the-tests.pth").write_text(sysconfig.get_path("purelib"))
    stamp = {kind: project.wanted(kind) for kind in environment.REQUIREMENTS}
    project.write({"python": NOW, "root": str(project.root), **stamp})
    return project


# The Python that is running


def test_any_python_3_can_read_the_file():
    ast.parse(Path(environment.__file__).read_text("utf-8"), feature_version=(3, 6))


def test_the_versions_are_those_of_the_package():
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"]
    first, last = environment.FIRST, environment.LAST
    assert wanted == f">={first[0]}.{first[1]},<{last[0]}.{last[1] + 1}"


@pytest.mark.parametrize("version", [(3, 6, 15), (3, 10, 13), (3, 14, 0), (4, 0)])
def test_an_unfit_python_is_said_in_one_line(version):
    with pytest.raises(Stop) as stop:
        environment.base_python(version, others=False)
    assert str(stop.value) == (
        f"This is Python {version[0]}.{version[1]}; the book needs 3.11 to 3.13. "
        "Install one, then name it: make book PYTHON=python3.13"
    )


@pytest.mark.parametrize("version", [(3, 11), (3, 12, 1), (3, 13, 0)])
def test_a_fit_python_is_taken(version):
    assert environment.base_python(version, sys.executable) == sys.executable


def test_beside_an_unfit_python_a_fit_one_is_found_and_others_passed_over(monkeypatch):
    versions = {"broken": None, "misnamed": [3, 9], "good": [3, 12]}
    found = {"python3.13": "broken", "python3.12": "misnamed", "python3.11": "good"}
    monkeypatch.setattr(shutil, "which", found.get)
    monkeypatch.setattr(environment, "ask", lambda python, code: versions[python] if "version" in code else True)
    assert environment.base_python((3, 9)) == "good"
    del found["python3.11"]
    with pytest.raises(Stop, match=r"This is Python 3\.9"):
        environment.base_python((3, 9))


def test_what_is_no_python_answers_nothing(tmp_path):
    (tmp_path / "shim").write_text("not a program")
    assert environment.ask(tmp_path / "shim", "print(1)") is None
    assert environment.ask(tmp_path / "missing", "print(1)") is None
    assert environment.ask(sys.executable, "import no_such_module") is None
    assert environment.ask(sys.executable, "print([1])") == [1]


def test_a_python_without_venv_is_said_in_one_line(monkeypatch):
    monkeypatch.setattr(environment, "can_make_environments", lambda python: False)
    with pytest.raises(Stop, match=r"lacks its venv module\. On Debian or Ubuntu: apt install python3\.12-venv"):
        environment.base_python((3, 12), others=False)


# What state the environment is in


def test_no_environment_yet(project):
    assert project.state("book") == "create"


def test_ready(made):
    assert [made.state("book"), made.state("tests"), made.state("book", NOW)] == ["ready"] * 3
    assert made.make("book", say=pytest.fail) == "ready"


def test_a_stopped_install_is_noticed(made):
    made.stamp.unlink()
    assert made.state("book") == "create"
    made.stamp.write_text('{"python": [3,')
    assert made.state("book") == "create"


@pytest.mark.parametrize("name", FILES)
def test_changed_requirements_are_noticed(made, name):
    (made.root / name).write_text("# changed\n")
    assert made.state("tests") == "update"
    kinds = [kind for kind, of in environment.REQUIREMENTS.items() if name == of] or ["book"]
    first = list(environment.REQUIREMENTS).index(kinds[0])  # what comes before it does not have it
    states = [made.state(kind) for kind in environment.REQUIREMENTS]
    assert states == ["ready"] * first + ["update"] * (len(states) - first)


def test_line_ends_are_no_change(made):
    (made.root / "requirements.txt").write_bytes(b"# requirements.txt\r\n")
    assert made.state("book") == "ready"


def test_an_environment_whose_python_does_not_run_is_noticed(made):
    made.python.unlink()
    made.python.write_text("gone")
    assert made.state("book") == "create"


def test_an_environment_without_pip_is_noticed_when_pip_is_needed(made):
    next(made.folder.rglob("pip-of-the-tests.pth")).unlink()
    assert made.state("book") == "ready"
    (made.root / "constraints.txt").write_text("# changed\n")
    assert made.state("book") == "create"


def test_an_environment_of_another_python_is_noticed(made):
    assert made.state("book", (3, NOW[1] + 1)) == "create"
    made.write({**made.installed(), "python": [3, 9]})
    assert made.state("book") == "create"


def test_a_moved_project_is_noticed(made):
    moved = made.root.parent / "moved"
    made.root.rename(moved)
    assert Environment(moved).state("book") == "create"


# Removing


def test_only_an_environment_is_removed(project):
    project.remove()  # nothing is there
    project.folder.mkdir()
    (project.folder / "lib").mkdir()
    project.remove()  # begun, and stopped before anything was in it
    assert not project.folder.exists()
    project.folder.mkdir()
    (project.folder / "diary.txt").write_text("mine")
    with pytest.raises(Stop, match=r"\.venv is not a Python environment\. Move it away"):
        project.remove()
    assert (project.folder / "diary.txt").read_text() == "mine"
    (project.folder / "pyvenv.cfg").write_text("")
    project.remove()
    assert not project.folder.exists()


def test_a_stopped_removal_can_be_gone_on_with(made, monkeypatch):
    removed = []

    def stop(folder):
        removed.append(folder)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", stop)
        with pytest.raises(KeyboardInterrupt):
            made.remove()
    assert removed != [str(made.folder)]
    assert made.state("book") == "create"
    made.remove()
    assert not made.folder.exists()


@pytest.mark.skipif(os.name == "nt", reason="making a link needs a right there")
def test_a_link_is_not_followed(project, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "pyvenv.cfg").write_text("")
    project.folder.symlink_to(other)
    with pytest.raises(Stop, match=r"\.venv is a link\. Remove it"):
        project.remove()
    project.folder.unlink()
    project.folder.mkdir()
    (project.folder / "pyvenv.cfg").write_text("")
    (project.folder / "lib64").symlink_to(other)  # as in any environment on Linux
    project.remove()
    assert (other / "pyvenv.cfg").exists()
    assert not project.folder.exists()


# Installing


def test_there_is_no_stamp_while_pip_runs(made, monkeypatch):
    def pip(command):
        assert not made.stamp.exists()
        assert command[-2:] == ["-r", "requirements-test.txt"]

    monkeypatch.setattr(made, "run", pip)
    (made.root / "constraints.txt").write_text("# changed\n")
    made.install("tests")
    assert [made.state("book"), made.state("tests")] == ["ready", "ready"]


def test_installing_for_the_book_keeps_what_is_known_of_the_tests(made, monkeypatch):
    monkeypatch.setattr(made, "run", lambda command: None)
    made.install("book")
    assert made.state("tests") == "ready"
    (made.root / "constraints.txt").write_text("# changed\n")
    made.install("book")
    assert [made.state("book"), made.state("tests")] == ["ready", "update"]


@pytest.mark.parametrize(("words", "state"), [("Collecting a", "update"), ("Installing collected packages", "create")])
def test_after_a_failure_the_stamp_is_back_only_if_nothing_was_touched(made, monkeypatch, words, state):
    def pip(command):
        made.log.write_text(words)
        raise Stop("failed")

    monkeypatch.setattr(made, "run", pip)
    (made.root / "constraints.txt").write_text("# changed\n")
    with pytest.raises(Stop, match="failed"):
        made.install("book")
    assert made.state("book") == state


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("Retrying after NewConnectionError('...')\nERROR: Could not find a version", "No network: pip cannot reach"),
        ("Collecting a\nERROR: Disk full\nNotice: old", "The install failed: ERROR: Disk full All of its words: log"),
        ("only this", "The install failed: only this"),
        ("", "The install failed: it ended with code 7"),
    ],
)
def test_a_failure_becomes_one_line(words, line):
    said = environment.reason(words, 7, "log")
    assert said.startswith(line)
    assert "\n" not in said


def run(root, *options, **settings):
    """Runs the copy of the program that is in `root`."""
    command = [sys.executable, root / "tools" / "environment.py", *options]
    settings = {**os.environ, "PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "1", **settings}
    return subprocess.run(command, env=settings, capture_output=True, text=True, timeout=120)


@pytest.fixture
def copied(project):
    (project.root / "tools").mkdir()
    shutil.copy(environment.__file__, project.root / "tools")
    return project


def test_a_missing_network_is_said_in_one_line(made, copied):
    (made.root / "requirements.txt").write_text("no-such-package\n")
    done = run(made.root, PIP_INDEX_URL="http://127.0.0.1:9", PIP_NO_INDEX="0")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("No network: pip cannot reach the package index.")
    assert str(made.log) in done.stderr
    assert made.installed()["python"] == NOW  # what was there still works


def test_an_unknown_option_is_refused(copied):
    done = run(copied.root, "--test")
    assert (done.returncode, done.stderr) == (2, "Unknown: --test. Known: --classroom, --tests, --this-python.\n")


BACKEND = """
import pathlib, time, zipfile

def build_wheel(folder, *_):
    while pathlib.Path("wait").exists():
        pathlib.Path("building").touch()
        time.sleep(0.05)
    name = "small-1-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as wheel:
        wheel.writestr("small.py", "")
        wheel.writestr("small-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: small\\nVersion: 1\\n")
        wheel.writestr("small-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("small-1.dist-info/RECORD", "")
    return name
"""


@pytest.mark.skipif(os.name == "nt", reason="there a program is ended without a word, and pip goes on")
def test_a_stopped_install_is_mended(made, copied):
    """All of it, with real pip and a package that is as slow to build as one likes."""
    package = made.root / "small"
    package.mkdir()
    (package / "backend.py").write_text(BACKEND)
    (package / "wait").touch()
    (package / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "small"\nversion = "1"\n'
    )
    (made.root / "requirements.txt").write_text("./small\n")

    stopped = subprocess.Popen([sys.executable, made.root / "tools" / "environment.py"], stdout=subprocess.DEVNULL)
    while not (package / "building").exists():
        assert stopped.poll() is None
        time.sleep(0.05)
    stopped.terminate()
    assert stopped.wait(timeout=60) == 143
    assert made.state("book") == "create"

    (package / "wait").unlink()
    mended = run(made.root)
    assert (mended.returncode, mended.stderr) == (0, "")
    assert mended.stdout.startswith("The environment in .venv is not whole")
    assert environment.ask(made.python, "import small; print(1)") == 1
    assert json.loads(made.stamp.read_text())["book"] == made.wanted("book")

    again = run(made.root)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
