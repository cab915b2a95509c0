"""Makes .venv and installs what the book needs into it; quick when there is nothing to do.

    python tools/environment.py               what a reader needs
    python tools/environment.py --classroom   that, and what a teacher needs
    python tools/environment.py --tests       both, and what the tests need

It needs nothing but Python. Any Python 3 can read this file, so that an unfit one is told so in words.
"""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

FIRST, LAST = (3, 11), (3, 13)  # as requires-python in pyproject.toml has it
ROOT = Path(__file__).resolve().parent.parent
# Each kind has all of those before it.
REQUIREMENTS = {
    "book": "requirements.txt",
    "classroom": "requirements-classroom.txt",
    "tests": "requirements-test.txt",
}
# What pip says when it could not reach an index.
NO_NETWORK = (
    "NewConnectionError",
    "Failed to establish a new connection",
    "ConnectTimeoutError",
    "NameResolutionError",
    "Temporary failure in name resolution",
    "ProxyError",
    "Network is unreachable",
    "Connection refused",
    "Connection broken",
    "Read timed out",
)


class Stop(Exception):
    """The environment cannot be made; the text says in one line why and how to mend it."""


def ask(python, code):
    """What `python` prints for `code`, read as JSON, or None if it does not run."""
    try:
        answer = subprocess.run(
            [str(python), "-I", "-X", "utf8", "-c", code],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=60,
        )
        return json.loads(answer.stdout.decode("utf-8"))
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def fit(version):
    """Whether the book runs on Python `version`, such as (3, 12)."""
    return FIRST <= tuple(version[:2]) <= LAST


def can_make_environments(python):
    return ask(python, "import ensurepip, venv; print('true')") is True


def base_python(running=None, executable=sys.executable, others=True):
    """A Python to make the environment with: the running one if it is fit, else another that is installed.

    `running` is its version. Without `others` it is the running one or none.
    """
    running = tuple(running or sys.version_info)[:2]
    if fit(running) and can_make_environments(executable):
        return executable
    names = ["python3.{}".format(minor) for minor in range(LAST[1], FIRST[1] - 1, -1)] if others else []
    for path in filter(None, map(shutil.which, names)):
        version = ask(path, "import sys; print(list(sys.version_info[:2]))")
        if version and fit(version) and can_make_environments(path):
            return path
    if fit(running):
        raise Stop(
            "Python ({}) lacks its venv module. On Debian or Ubuntu: apt install python{}.{}-venv".format(
                executable, *running
            )
        )
    raise Stop(
        "This is Python {}.{}; the book needs {}.{} to {}.{}. Install one, then name it: "
        "make book PYTHON=python{}.{}".format(*(running + FIRST + LAST + LAST))
    )


def up_to(kind):
    """The kinds that `kind` has in it, itself the last."""
    kinds = list(REQUIREMENTS)
    return kinds[: kinds.index(kind) + 1]


class Environment:
    """The folder .venv in `root`, and the stamp in it, which says what was installed to the end."""

    def __init__(self, root=ROOT):
        self.root = Path(root).resolve()
        self.folder = self.root / ".venv"
        self.log = self.root / ".venv-install.log"
        self.stamp = self.folder / "installed.json"
        self.python = self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def version(self):
        """The version of the environment's Python, such as [3, 12], or None if it does not run."""
        found = ask(self.python, "import sys, json; print(json.dumps([list(sys.version_info[:2]), sys.prefix]))")
        return found[0] if found and Path(found[1]).resolve() == self.folder.resolve() else None

    def wanted(self, kind):
        """What the stamp must say of `kind`: a hash of the files that decide what is installed."""
        names = ["pyproject.toml", "constraints.txt", *(REQUIREMENTS[each] for each in up_to(kind))]
        sum_of_all = hashlib.sha256()
        for name in names:
            sum_of_all.update((self.root / name).read_bytes().replace(b"\r\n", b"\n"))
        return sum_of_all.hexdigest()

    def installed(self):
        """What the stamp says; {} if there is none, as after an install that was stopped."""
        try:
            return dict(json.loads(self.stamp.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return {}

    def state(self, kind, version=None):
        """'ready', 'update' (pip has something to do) or 'create' (nothing that is there can be trusted).

        `version` is the Python version that must be in it; with None any fit one will do.
        """
        stamp, found = self.installed(), self.version()
        if found is None or [found, str(self.root)] != [stamp.get("python"), stamp.get("root")]:
            return "create"
        if not fit(found) or (version is not None and found != list(version)):
            return "create"
        if stamp.get(kind) == self.wanted(kind):
            return "ready"
        return "update" if ask(self.python, "import pip; print('true')") else "create"

    def remove(self):
        """Removes .venv, after a look that it is an environment, or the empty folders of one just begun."""
        if self.folder.is_symlink():
            raise Stop("{} is a link. Remove it, then run this again.".format(self.folder))
        if not self.folder.exists():
            return
        mark = self.folder / "pyvenv.cfg"
        begun = self.folder.is_dir() and all(path.is_dir() for path in self.folder.rglob("*"))
        if not begun and not mark.is_file():
            raise Stop("{} is not a Python environment. Move it away, then run this again.".format(self.folder))
        if self.stamp.exists():
            self.stamp.unlink()
        for path in self.folder.iterdir():  # the mark last: a stopped removal can be gone on with
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(str(path))
            elif path != mark:
                path.unlink()
        shutil.rmtree(str(self.folder))

    def install(self, kind):
        """Runs pip. While it runs there is no stamp, so that a stopped run is noticed the next time."""
        before = self.installed()
        if before:
            self.stamp.unlink()
        pip = [str(self.python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
        try:
            self.run([*pip, "--progress-bar", "off", "-r", REQUIREMENTS[kind]])
        except Stop:
            if before and "Installing collected packages" not in self.words():
                self.write(before)  # nothing was touched yet: what was there still works
            raise
        now = {each: self.wanted(each) for each in up_to(kind)}
        self.write({**before, "python": self.version(), "root": str(self.root), **now})

    def write(self, stamp):
        new = self.stamp.with_suffix(".new")
        new.write_text(json.dumps(stamp, indent=1) + "\n", encoding="utf-8")
        os.replace(str(new), str(self.stamp))

    def words(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def run(self, command):
        """Runs `command` with its words in the log; a failure becomes one line."""
        with open(str(self.log), "wb") as log:
            code = subprocess.call(
                command, cwd=str(self.root), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
        if code:
            raise Stop(reason(self.words(), code, self.log))

    def make(self, kind, exact=False, say=print):
        """Makes the environment ready for `kind`; returns the state that it was in.

        With `exact` it must be of the Python version that is running.
        """
        state = self.state(kind, sys.version_info[:2] if exact else None)
        if state == "ready":
            return state
        start = time.time()
        if state == "create":
            python = base_python(others=not exact)
            if self.folder.exists():
                say("The environment in .venv is not whole or does not fit. Making it anew.")
                self.remove()
            self.run([python, "-m", "venv", str(self.folder)])
        say("Installing {} into .venv: a minute or more the first time ...".format(REQUIREMENTS[kind]))
        self.install(kind)
        say("Installed in {:.0f} s.".format(time.time() - start))
        return state


def reason(words, code, log):
    """One line on why a command failed whose words were `words`."""
    if any(sign in words for sign in NO_NETWORK):
        return "No network: pip cannot reach the package index. Connect, then run this again. Its words: {}".format(log)
    errors = [line for line in words.splitlines() if line.lower().startswith("error")]
    last = (errors or words.strip().splitlines() or ["it ended with code {}".format(code)])[-1]
    return "The install failed: {} All of its words: {}".format(last.strip(), log)


def main(arguments):
    unknown = sorted(set(arguments) - {"--classroom", "--tests", "--this-python"})
    if unknown:
        print("Unknown: {}. Known: --classroom, --tests, --this-python.".format(" ".join(unknown)), file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that pip is ended, too
    try:
        kind = next((kind for kind in ("tests", "classroom") if "--" + kind in arguments), "book")
        Environment().make(kind, exact="--this-python" in arguments)
    except Stop as stop:
        print(stop, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. Run it again to go on.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
