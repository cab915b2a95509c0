"""The sandbox itself: what is shut, what is limited, and what can be seen in it. What students try is in test_hostile."""

import os
import subprocess
import sys

import pytest
from test_grade import alive, gone

from classroom.bubblewrap import WORKER
from classroom.sandbox import LIMITS, Limits, Sandbox, Trouble

pytestmark = pytest.mark.usefixtures("bubblewrap")


def value(program, limits=LIMITS):
    """What a program in a sandbox leaves in `found`."""
    with Sandbox(limits) as box:
        ran = box.ask({"run": program}, 20)
        assert ran == {}, ran
        return box.ask({"ask": "found", "cases": None}, 20)["results"][0]


def test_it_shares_nothing_with_the_grader():
    names = ["cgroup", "ipc", "mnt", "net", "pid", "uts"] + ["user"] * (os.getuid() != 0)
    program = f"import os\nfound = [os.readlink('/proc/self/ns/' + name) for name in {names}]"
    for mine, its in zip((os.readlink(f"/proc/self/ns/{name}") for name in names), value(program), strict=True):
        assert mine != its


def test_only_python_its_packages_and_convtools_can_be_seen():
    found = value(
        "import os\nfound = [sorted(os.listdir(path)) for path in ('/', '/book', '/grader', '/tmp', '/proc/1')]"
    )
    known = {"bin", "book", "dev", "etc", "grader", "lib", "lib32", "lib64", "packages", "proc", "sbin", "tmp", "usr"}
    prefix = os.path.realpath(sys.base_prefix).split("/")[1]
    assert set(found[0]) <= known | {prefix}
    assert found[1:3] == [["convtools"], ["worker.py"]]
    assert all(name.startswith("fontlist-") for name in found[3])
    assert found[4] == []


def test_the_books_own_answers_are_taken_out():
    assert value("import os\nfound = os.listdir('/book/convtools/exercises')") == []
    assert (
        value("from convtools.check import find\ntry: find('bump.map-length')\nexcept Exception: found = 'none'")
        == "none"
    )


def test_limits_are_those_stated():
    program = (
        "import resource\nfound = {limits}\nfound = [resource.getrlimit(getattr(resource, name)) for name in found]"
    )
    limits = Limits(memory=700 << 20, threads=20, files=5 << 20, whole=33)
    names = list(limits.resources())
    found = value(program.format(limits=names), limits)
    assert found == [[limit, limit] for limit in limits.resources().values()]


def test_its_environment_is_its_own(monkeypatch):
    monkeypatch.setenv("A_SECRET", "told to no one")
    found = value("import os\nfound = [f'{name}={text}' for name, text in os.environ.items()]")
    assert not any("SECRET" in line or os.path.expanduser("~") in line for line in found)


def test_a_reply_that_is_too_long_is_not_taken_in():
    with Sandbox(Limits(reply=1 << 20)) as box:
        box.ask({"run": "found = 'x' * (10 << 20)"}, 20)
        with pytest.raises(Trouble) as trouble:
            box.ask({"ask": "found", "cases": None}, 20)
        assert trouble.value.kind == "flood"
        assert len(box.buffer) < 2 << 20


def test_a_process_that_does_not_listen_is_given_up():
    with Sandbox() as box:
        box.ask({"run": "import os, time\nfound = 0"}, 20)
        with pytest.raises(Trouble) as trouble:
            box.ask({"run": "time.sleep(1000)"}, 0.3)
        assert trouble.value.kind == "time"
        with pytest.raises(Trouble) as trouble:
            box.ask({"run": "x = 1" + " " * (4 << 20)}, 0.3)  # more than the pipe holds
        assert trouble.value.kind == "time"


def test_nothing_stays_of_a_process():
    """What one leaves in /tmp is not there for the next one."""
    value("open('/tmp/left', 'w').write('here')\nfound = 1")
    assert value("import os\nfound = os.path.exists('/tmp/left')") is False


def test_a_grader_that_is_killed_takes_its_sandboxes_along():
    program = """
import time
from classroom.sandbox import Sandbox, Trouble
with Sandbox() as box:
    try:
        box.ask({"run": "while True: pass"}, 0.3)
    except Trouble:
        print("it runs", flush=True)
        time.sleep(1000)
"""
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, cwd=WORKER.parent.parent, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout.readline() == "it runs\n"
        assert alive(run.pid)
        run.kill()
    assert gone(run.pid)
