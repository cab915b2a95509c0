"""Programs that the tests need and that pip cannot bring: Debian's packages, installed now where they are missing."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from filelock import FileLock

# Grading is for Linux: only there is bubblewrap, and only there may a file be called by any bytes.
GRADING = ["test_grade.py", "test_hostile.py", "test_marks.py", "test_sandbox.py", "test_submissions.py"]


def left_out(platform=sys.platform):
    """The files of tests that are not for this kind of machine."""
    return [] if platform.startswith("linux") else GRADING


def bubblewrap():
    """Have bubblewrap. Errors: `RuntimeError` with the way to get it."""
    if not shutil.which("bwrap") and (problem := debian("bubblewrap")):
        raise RuntimeError(f"The grader's tests need bubblewrap, and it could not be installed ({problem}).")


def debian(*names):
    """Installs Debian's packages. Returns why not, or None."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return "no right to install Debian's package"
    with FileLock(Path(tempfile.gettempdir(), "debian-packages-of-the-tests.lock")):  # one worker at a time
        return run(["apt-get", "update"]) or run(["apt-get", "install", "--yes", "--no-install-recommends", *names])


def run(command):
    """Runs `command` silently. Returns what went wrong, in one line, or None."""
    name = " ".join([Path(command[0]).name, *command[1:]])
    print(f"Installing for the tests: {name}", file=sys.stderr)
    done = subprocess.run(
        command,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if done.returncode == 0:
        return None
    words = f"{done.stdout}\n{done.stderr}".strip().splitlines() or [f"code {done.returncode}"]
    errors = [line for line in words if line.startswith(("E:", "Error", "error"))]
    return f"{name}: {(errors or words)[-1]}"
