"""tools/canary.py: what may be chosen, where it is tried, and that whatever is in its way is said in words."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import canary
import numpy as np
import pytest
from building import ROOT
from canary import Stop
from environment import REQUIREMENTS
from packaging.requirements import Requirement

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the canary needs make; on Windows it runs within WSL")
PROJECT = '[project]\nname = "small"\nversion = "1"\ndependencies = ["numpy>=2.0", "tqdm>=4.66"]\n'


def git(folder, *words):
    own = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", "-C", folder, *own, *words], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def project(tmp_path):
    """A small project with one commit, in a folder whose name has a space."""
    root = tmp_path / "a book"
    root.mkdir()
    (root / "pyproject.toml").write_text(PROJECT)
    (root / "requirements.txt").write_text("# why\n-c constraints.txt\n-e .\njupyter-book>=1.0.3,<2\n")
    (root / "requirements-test.txt").write_text('-r requirements.txt\n\npyseccomp>=0.1.2 ; sys_platform == "linux"\n')
    (root / "constraints.txt").write_text("numpy==2.3.4\n")
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "All of it")
    return root


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Write a program that is found before the machine's own."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    def write(name, text):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)

    return write


# Which versions


def test_each_requirement_says_its_oldest_version():
    lines = [line for name in REQUIREMENTS.values() for line in (ROOT / name).read_text("utf-8").splitlines()]
    names = [line for line in lines if line and line[0] not in "-#"]
    assert len(canary.floors()) > len(names) > 20


def test_the_pinned_versions_are_supported_ones():
    pins = dict(
        line.split(" ")[0].split("==")
        for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
        if "==" in line
    )
    for name, versions in canary.requirements().items():
        assert Requirement(f"{name}{versions}").specifier.contains(pins[name]), f"{name}{versions}"


def test_requirements_are_read_wherever_they_stand(project):
    expected = {"numpy": ">=2.0", "tqdm": ">=4.66", "pyseccomp": ">=0.1.2", "jupyter-book": ">=1.0.3,<2"}
    assert canary.requirements(project) == expected
    assert canary.floors(project)["jupyter-book"] == "1.0.3"


@pytest.mark.parametrize("versions", ["", "<2", "==1.0"])
def test_one_that_does_not_say_its_oldest_version_is_told(project, versions):
    (project / "requirements.txt").write_text(f"jupyter-book{versions}\n")
    with pytest.raises(
        Stop, match=rf"The requirement jupyter-book{versions} does not say its oldest version\. Expected"
    ):
        canary.floors(project)


def test_the_oldest_versions_are_the_floors_themselves(project):
    lines = canary.constraints("oldest", project)
    assert lines == ["numpy==2.0.*", "tqdm==4.66.*", "pyseccomp==0.1.2.*", "jupyter-book==1.0.3.*"]
    assert canary.constraints("newest", project) == []


def choose(project, monkeypatch, versions="oldest", says="", code=0):
    """Choose with a uv that says this and ends so; return its words, and the constraints before and after."""
    seen = []

    def uv(command, cwd, **options):
        seen.extend([command, (cwd / "constraints.txt").read_text()])
        (cwd / "_build").mkdir()
        Path(command[-1]).write_text("numpy==2.0.0\n")
        return SimpleNamespace(returncode=code, stderr=says)

    monkeypatch.setattr(canary.Environment, "run", lambda self, command: None)
    monkeypatch.setattr(subprocess, "run", uv)
    canary.choose(versions, project, "some-python")
    return [*seen, (project / "constraints.txt").read_text()]


def test_uv_chooses_for_this_python_and_not_among_the_books_pins(project, monkeypatch):
    command, before, after = choose(project, monkeypatch, "newest")
    assert command[command.index("--resolution") + 1] == "highest"
    assert command[command.index("--python") + 1] == "some-python"
    assert (before, after) == ("\n", "numpy==2.0.0\n")


def test_for_the_oldest_it_chooses_among_the_floors(project, monkeypatch):
    command, before, _ = choose(project, monkeypatch)
    assert command[command.index("--resolution") + 1] == "lowest-direct"
    assert before.startswith("numpy==2.0.*\ntqdm==4.66.*\n")


@pytest.mark.parametrize(
    ("says", "told"),
    [
        ("  × No solution found:\n  ╰─▶ Because a needs b", "No set of versions goes together (oldest). uv says:\n× No solution found:\n  ╰─▶ Because a needs b"),
        ("error: Request failed\n  Caused by: error sending request for url", "No network: uv cannot reach the package index. Connect, then run this again."),
    ],
)  # fmt: skip
def test_a_choice_that_cannot_be_made_is_told(project, monkeypatch, says, told):
    with pytest.raises(Stop) as stop:
        choose(project, monkeypatch, says=says, code=1)
    assert str(stop.value) == told


def test_a_missing_network_is_said_in_one_line(project, monkeypatch):
    for name, value in {
        "INDEX_URL": "http://127.0.0.1:9",
        "RETRIES": "1",
        "NO_INDEX": "0",
        "CONFIG_FILE": os.devnull,
    }.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(Stop, match=r"^No network: pip cannot reach the package index\. [^\n]*$"):
        canary.choose("newest", project, sys.executable)


# Where


def test_the_clone_is_of_the_last_commit_and_fresh(project):
    (project / "later.txt").write_text("not committed")
    new = canary.clone("oldest", project)
    assert new == project / "_build" / "canary" / "oldest"
    assert not (new / "later.txt").exists()
    (new / "left.txt").write_text("of the last run")
    beside = canary.clone("newest", project)
    (beside / "left.txt").write_text("of the last run")
    assert git(canary.clone("oldest", project), "status", "--porcelain") == ""
    assert (beside / "left.txt").exists()


def test_a_clone_that_cannot_be_removed_is_told(project, monkeypatch):
    def rmtree(path):
        raise OSError(39, "Directory not empty", "site-packages")

    (canary.clone("oldest", project) / "folder").mkdir()
    monkeypatch.setattr(canary.shutil, "rmtree", rmtree)
    with pytest.raises(Stop, match=r"oldest cannot be removed: .*not empty.* Does something still run in it\?"):
        canary.clone("oldest", project)


def test_what_is_no_clone_is_not_removed(project):
    mine = project / "_build" / "canary" / "oldest" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("keep")
    with pytest.raises(Stop, match=r"oldest is not a clone of the book\. Move it away"):
        canary.clone("oldest", project)
    assert mine.read_text() == "keep"


@pytest.mark.parametrize("link", ["_build", "_build/canary", "_build/canary/oldest"])
def test_nothing_is_removed_behind_a_link(project, tmp_path, link):
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "canary" / "oldest" / ".git").mkdir(parents=True)
    (elsewhere / "oldest" / ".git").mkdir(parents=True)
    (elsewhere / ".git").mkdir()
    (project / link).parent.mkdir(parents=True, exist_ok=True)
    (project / link).symlink_to(elsewhere)
    before = sorted(elsewhere.rglob("*"))
    with pytest.raises(Stop, match=r"is a link\. Remove it"):
        canary.clone("oldest", project)
    assert sorted(elsewhere.rglob("*")) == before


def test_links_in_a_clone_are_removed_and_not_what_they_lead_to(project):
    new = canary.clone("oldest", project)
    (new / "out").symlink_to(project)
    canary.remove(new, project)
    assert not new.exists()
    assert (project / "pyproject.toml").exists()


def test_a_stopped_removal_can_be_gone_on_with(project, monkeypatch):
    new, real, removed = canary.clone("oldest", project), canary.shutil.rmtree, []
    (new / "folder").mkdir()
    monkeypatch.setattr(canary.shutil, "rmtree", lambda path: removed.append(path.name) or real(path))
    canary.remove(new, project)
    assert removed == ["folder", "oldest"]  # so .git, by which a clone is known, goes last


def test_without_a_commit_it_says_so(tmp_path):
    with pytest.raises(Stop, match=r"tries a clone of the last commit, and .* has none, or git is not installed"):
        canary.clone("oldest", tmp_path)


# How


@pytest.mark.parametrize(("versions", "options"), [("newest", "-x"), ("oldest", "-x -W default::DeprecationWarning")])
def test_it_is_the_clones_own_make_test(project, programs, monkeypatch, versions, options):
    programs("make", 'echo "$@" "[$PYTEST_ADDOPTS] $MAKEFLAGS $MAKELEVEL" > made.txt; exit 3')
    monkeypatch.setenv("MAKEFLAGS", "PYTHON=another")
    monkeypatch.setenv("MAKELEVEL", "1")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-x")
    assert canary.test(versions, project, "a-python") == 3
    assert (project / "made.txt").read_text().strip() == f"--no-print-directory test PYTHON=a-python [{options}]"


SLOW = """\
sh -c "trap 'sleep 1; touch cleared; exit 1' INT TERM; touch running; for n in \\$(seq 300); do sleep 0.1; done"
exit 1"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_it_stops_all_that_the_tests_have_started(project, programs, number):
    programs("make", SLOW)
    code = "import signal, sys, canary; from pathlib import Path; signal.signal(signal.SIGTERM, lambda *_: sys.exit(143)); "
    code += "signal.signal(signal.SIGINT, signal.default_int_handler); "  # a command in the background ignores it
    code += f"canary.test('newest', Path({str(project)!r}), 'python')"
    env = {**os.environ, "PYTHONPATH": str(ROOT / "tools")}
    run = subprocess.Popen([sys.executable, "-c", code], env=env, stderr=subprocess.DEVNULL)
    try:
        while not (project / "running").exists():
            assert run.poll() is None
            time.sleep(0.02)
        run.send_signal(number)
        assert run.wait(timeout=120) != 0  # a busy machine takes its time
    finally:
        run.terminate()
    end = time.monotonic() + 120
    while not (project / "cleared").exists() and time.monotonic() < end:
        time.sleep(0.02)
    assert (project / "cleared").exists()


def test_it_says_what_was_really_installed(project, monkeypatch):
    monkeypatch.setattr(canary, "Environment", lambda root: SimpleNamespace(python=sys.executable))
    (project / "requirements-test.txt").write_text("no-such-package>=1\n")
    said = canary.used(project)
    assert said.startswith(f"Python {'.'.join(map(str, sys.version_info[:3]))}, jupyter-book 1.")
    assert f", numpy {np.__version__}, tqdm " in said
    assert "no-such-package" not in said


def test_with_nothing_installed_it_says_that(project):
    assert canary.used(project) == "nothing installed"


def test_an_unknown_name_is_refused(capsys):
    assert canary.main(["oldest", "latest"]) == 2
    assert capsys.readouterr().err == "Unknown: latest. Known: newest, oldest.\n"


@pytest.fixture
def main(project, monkeypatch):
    """Run `main` with these results of the tests; None stands for Ctrl-C."""

    def run(arguments, *results):
        results = iter(results)

        def test(versions, new, python):
            result = next(results)
            if result is None:
                raise KeyboardInterrupt
            return result

        monkeypatch.setattr(canary, "ROOT", project)
        monkeypatch.setattr(canary.try_out, "__defaults__", (project,))
        monkeypatch.setattr(canary, "choose", lambda *_: None)
        monkeypatch.setattr(canary, "test", test)
        monkeypatch.setattr(canary, "base_python", lambda others: sys.executable)
        monkeypatch.setattr(canary.signal, "signal", lambda *_: None)
        return canary.main(arguments)

    return run


def test_both_are_tried_whatever_the_first_comes_to(main, capsys):
    assert main([], 1, 0) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == [
        "The newest versions: make test failed after 0 min.",
        "The oldest versions: all passed after 0 min.",
    ]
    assert "The newest versions: nothing installed" in lines


def test_one_alone(main, project, capsys):
    (project / "later.txt").write_text("not committed")
    assert main(["oldest"], 0) == 0
    said = capsys.readouterr().out
    assert said.startswith("Not committed, so not tried: 1 files.\nThe oldest versions, in ")
    assert "newest" not in said


def test_what_is_in_the_way_of_one_is_not_in_the_way_of_the_other(main, project, capsys):
    (project / "_build" / "canary" / "newest" / "mine").mkdir(parents=True)
    assert main([], 0) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2].startswith("The newest versions: ")
    assert lines[-2].endswith("newest is not a clone of the book. Move it away, then run this again.")
    assert lines[-1] == "The oldest versions: all passed after 0 min."


def test_ctrl_c_is_said_in_one_line(main, capsys):
    assert main([], None) == 130
    assert capsys.readouterr().err == "Stopped. Run it again to begin anew.\n"


def test_an_unfit_python_is_said_in_one_line(project, monkeypatch, capsys):
    monkeypatch.setattr(canary, "base_python", lambda others: canary.environment.base_python((3, 9), others=others))
    monkeypatch.setattr(canary.signal, "signal", lambda *_: None)
    assert canary.main(["oldest"]) == 1
    assert capsys.readouterr().err.startswith("This is Python 3.9; the book needs 3.11 to 3.13.")
