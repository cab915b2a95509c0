"""Runs every check on the newest, or on the oldest supported, versions of the packages that the book is made with.

    python tools/canary.py            newest, then oldest
    python tools/canary.py oldest     these alone

Each time in a fresh clone of the last commit, _build/canary/newest or _build/canary/oldest, with the Python that runs
this file. It needs nothing but that, git, make and a network.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import environment
from environment import Environment, Stop, ask, base_python

SAY_VERSIONS = """
import json, platform
from importlib.metadata import PackageNotFoundError, version
found = [["Python", platform.python_version()]]
for name in {}:
    try:
        found.append([name, version(name)])
    except PackageNotFoundError:  # not for this machine
        pass
print(json.dumps(found))
"""
ROOT = Path(__file__).resolve().parent.parent
VERSIONS = ("newest", "oldest")
REQUIREMENT = re.compile(r"([\w.-]+)\s*([^;#\s]*)")
# An old library may use what its own newest dependency calls outdated: that lies between these two. What the book's own
# code uses that is outdated stops it on the newest versions, where every warning is an error.
WARNINGS = {"newest": "", "oldest": "-W default::DeprecationWarning"}
NO_NETWORK = (*environment.NO_NETWORK, "error sending request", "dns error", "client error (Connect)")


def requirements(root=ROOT):
    """{name: versions} of all that is asked for by name: {"numpy": ">=2.0", "jupyter-book": ">=1.0.3,<2"}, say."""
    import tomllib  # here, so that a Python that has none is told so in words

    lines = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    for path in sorted(root.glob("requirements*.txt")):
        lines += path.read_text("utf-8").splitlines()
    matches = (REQUIREMENT.match(line) for line in lines if not line.startswith(("-", "#")))
    return dict(match.groups() for match in matches if match)


def floors(root=ROOT):
    """{name: oldest supported version}. Errors: `Stop` for a requirement that does not say it."""
    found = {}
    for name, versions in requirements(root).items():
        floor = re.search(r">=([\w.]+)", versions)
        if not floor:
            raise Stop(
                f"The requirement {name}{versions} does not say its oldest version. Expected {name}>=1.2, say, with "
                "the oldest that the tests pass on."
            )
        found[name] = floor[1]
    return found


def constraints(versions, root=ROOT):
    """What may be chosen from, as lines for constraints.txt; for the newest it is everything.

    For the oldest it is nothing above the floors, or one might be passed over for another package's sake and stay
    untested. The floor 2.0 allows 2.0.0, 2.0.1 and so on; uv takes the first that goes with the rest.
    """
    return [f"{name}=={floor}.*" for name, floor in floors(root).items()] if versions == "oldest" else []


def folder(versions, root=ROOT):
    return root / "_build" / "canary" / versions


def remove(clone, root=ROOT):
    """Removes the clone of an earlier run, after a look that it is one. Errors: `Stop`."""
    for path in (root / "_build", root / "_build" / "canary", clone):
        if path.is_symlink():
            raise Stop(f"{path} is a link. Remove it, then run this again.")
    if not clone.exists():
        return
    if not (clone / ".git").is_dir():
        raise Stop(f"{clone} is not a clone of the book. Move it away, then run this again.")
    for path in clone.iterdir():  # .git, by which it is known, goes last: a stopped removal can be gone on with
        if path.is_dir() and not path.is_symlink():
            if path.name != ".git":
                shutil.rmtree(path)
        else:
            path.unlink()
    shutil.rmtree(clone)


def words(*command):
    """What a command says if it goes well. Errors: `Stop` with what it says if not."""
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace")
    if done.returncode:
        raise Stop(f"{command[0]} stopped: {done.stderr.strip()}")
    return done.stdout.strip()


def clone(versions, root=ROOT):
    """Makes the fresh clone; returns its path. Errors: `Stop`."""
    if not shutil.which("git") or not (root / ".git").exists():
        raise Stop(f"The canary tries a clone of the last commit, and {root} has none, or git is not installed.")
    new = folder(versions, root)
    try:
        remove(new, root)
    except OSError as error:
        raise Stop(f"{new} cannot be removed: {error}. Does something still run in it?") from None
    new.parent.mkdir(parents=True, exist_ok=True)
    words("git", "clone", "--quiet", str(root), str(new))
    return new


def choose(versions, new, python):
    """Has uv choose the versions for this Python and machine, into the clone's constraints.txt. Errors: `Stop`."""
    pins, chosen = new / "constraints.txt", new / "_build" / "chosen.txt"
    pins.write_text("\n".join(constraints(versions, new)) + "\n", "utf-8")
    uv = new / "_build" / "uv"
    uv_python = uv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    run = Environment(new).run  # a failure of pip becomes one line
    run([python, "-m", "venv", str(uv)])
    run([str(uv_python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv"])
    resolution = {"newest": "highest", "oldest": "lowest-direct"}[versions]
    command = [uv_python, "-m", "uv", "pip", "compile", "requirements-test.txt", "--quiet", "--no-annotate"]
    command += ["--no-header", "--no-emit-package", "convolution-book", "--resolution", resolution]
    command += ["--python", python, "--output-file", chosen]
    done = subprocess.run(command, cwd=new, capture_output=True, text=True, encoding="utf-8", errors="replace")
    if any(sign in done.stderr for sign in NO_NETWORK):
        raise Stop("No network: uv cannot reach the package index. Connect, then run this again.")
    if done.returncode:
        raise Stop(f"No set of versions goes together ({versions}). uv says:\n{done.stderr.strip()}")
    chosen.replace(pins)


def test(versions, new, python):
    """Runs the clone's own `make test`; returns its exit code. Stopped, it stops all of that, and waits."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    options = [env.get("PYTEST_ADDOPTS", ""), WARNINGS[versions]]
    env["PYTEST_ADDOPTS"] = " ".join(filter(None, options))
    command = ["make", "--no-print-directory", "test", f"PYTHON={python}"]
    run = subprocess.Popen(command, cwd=new, env=env, process_group=0)  # a group, so that all of it can be told to stop
    try:
        return run.wait()
    except (KeyboardInterrupt, SystemExit) as stop:
        os.killpg(run.pid, signal.SIGINT if isinstance(stop, KeyboardInterrupt) else signal.SIGTERM)
        run.wait()
        raise


def used(new):
    """One line of what was really installed: "Python 3.11.7, anywidget 0.9.13, ..."."""
    found = ask(Environment(new).python, SAY_VERSIONS.format(sorted(requirements(new)))) or [["nothing", "installed"]]
    return ", ".join(f"{name} {version}" for name, version in found)


def try_out(versions, python, root=ROOT):
    """Runs everything on these versions; returns one line on how it went, and whether it went well."""
    start = time.time()
    new = clone(versions, root)
    print(f"The {versions} versions, in {new}", flush=True)
    choose(versions, new, python)
    code = test(versions, new, python)
    print(f"The {versions} versions: {used(new)}", flush=True)
    minutes = f"after {(time.time() - start) / 60:.0f} min"
    return f"The {versions} versions: {'all passed' if code == 0 else 'make test failed'} {minutes}.", code == 0


def main(arguments):
    chosen = arguments or VERSIONS
    unknown = sorted(set(chosen) - set(VERSIONS))
    if unknown:
        print(f"Unknown: {' '.join(unknown)}. Known: {', '.join(VERSIONS)}.", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the tests are ended, too
    results = []
    try:
        python = base_python(others=False)
        if changed := words("git", "-C", str(ROOT), "status", "--porcelain"):
            print(f"Not committed, so not tried: {len(changed.splitlines())} files.")
        for versions in chosen:
            try:
                results.append(try_out(versions, python))
            except Stop as stop:
                results.append((f"The {versions} versions: {stop}", False))
    except Stop as stop:
        print(stop, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. Run it again to begin anew.", file=sys.stderr)
        return 130
    print(*(line for line, _ in results), sep="\n")
    return 0 if all(good for _, good in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
