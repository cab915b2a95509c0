"""The browsers to test with: a Chromium and a Firefox that are there, or that are installed now; never none.

python tests/browsers.py    says which
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import packages


@dataclass(frozen=True)
class Kind:
    """Where a kind of browser may be, what it calls itself, and how to get one."""

    names: list  # on the search path
    mac: list  # below Applications
    windows: list  # below the folders of programs
    says: tuple  # in its --version, one of them
    package: str  # Debian's
    playwright: bool  # whether Playwright's build of it is a browser as readers have it
    none: str


CHROMIUM = Kind(
    names=[
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "chrome",
        "microsoft-edge",
        "microsoft-edge-stable",
        "msedge",
    ],
    mac=[f"{app}.app/Contents/MacOS/{app}" for app in ("Chromium", "Google Chrome", "Microsoft Edge")],
    windows=[
        "Chromium/Application/chrome.exe",
        "Google/Chrome/Application/chrome.exe",
        "Microsoft/Edge/Application/msedge.exe",
    ],
    says=("Chrom", "Edge"),
    package="chromium",
    playwright=True,
    none="The tests need a Chromium browser and none could be found or installed ({}). "
    "Install Chromium, Chrome or Edge, or run: python -m playwright install chromium",
)
FIREFOX = Kind(
    names=["firefox-esr", "firefox"],
    mac=["Firefox.app/Contents/MacOS/firefox"],
    windows=["Mozilla Firefox/firefox.exe"],
    says=("Mozilla Firefox",),
    package="firefox-esr",
    playwright=False,
    none="The tests need Firefox and none could be found or installed ({}). Install it from your system's packages "
    "or from www.mozilla.org/firefox, so that `firefox` or `firefox-esr` is on the path",
)
# Root, as in a container, has no sandbox; the rest keeps the browser from asking other hosts on its own.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@cache
def chromium():
    """The path of a Chromium (or Chrome, or Edge) that runs. Errors: as `find`."""
    return find(CHROMIUM)


@cache
def firefox():
    """The path of a Firefox that runs. Errors: as `find`."""
    return find(FIREFOX)


def find(kind):
    """The path of a browser of this kind that runs.

    Looks for the system's, then for Playwright's own. If neither is there, installs Debian's package where that
    is allowed, else Playwright's. Raises `RuntimeError` with the way to get one if all of this fails.
    """
    found = first_that_runs(installed(kind), kind.says)
    tried = []
    for install in () if found else (lambda kind: packages.debian(kind.package), playwright_build):
        tried.append(install(kind))
        if found := first_that_runs(installed(kind), kind.says):
            break
    if not found:
        raise RuntimeError(kind.none.format("; ".join(filter(None, tried))))
    return found


def installed(kind):
    """The paths at which a browser is, or seems to be."""
    yield from filter(None, map(shutil.which, kind.names))
    yield from (f"{home}/Applications/{app}" for home in ("", Path.home()) for app in kind.mac)
    for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
        if folder := os.environ.get(variable):
            yield from (str(Path(folder, name)) for name in kind.windows)
    if kind.playwright:
        yield playwright_path()


def first_that_runs(paths, says):
    return next((path for path in paths if Path(path).is_file() and runs(path, says)), None)


def runs(path, says):
    """Whether it is a browser: Ubuntu's `chromium-browser`, say, may be a script that only asks for a snap."""
    if os.name == "nt":  # there a browser does not answer, but opens a window
        return True
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and any(name in answer.stdout for name in says)


def playwright_path():
    """Where Playwright keeps, or would keep, its Chromium. Asked in a process of its own, as it runs a loop."""
    ask = "from playwright.sync_api import sync_playwright as p\nwith p() as w: print(w.chromium.executable_path)"
    return subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout.strip()


def playwright_build(kind):
    """Downloads Playwright's Chromium, where that is wanted. Returns why not, or None."""
    return packages.run([sys.executable, "-m", "playwright", "install", "chromium"]) if kind.playwright else None


if __name__ == "__main__":
    try:
        print(chromium(), firefox(), sep="\n")
    except RuntimeError as error:
        sys.exit(str(error))
