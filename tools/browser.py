"""The browsers of this machine: a Chromium and a Firefox, if they are there."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Kind:
    """Where a kind of browser may be, and what it calls itself."""

    names: list  # on the search path
    mac: list  # below Applications
    windows: list  # below the folders of programs
    says: tuple  # in its --version, one of them

    def found(self):
        """The path of a browser of this kind that runs, or None."""
        return first_that_runs(self.places(), self.says)

    def places(self):
        """The paths at which a browser is, or seems to be."""
        yield from filter(None, map(shutil.which, self.names))
        yield from (f"{home}/Applications/{app}" for home in ("", Path.home()) for app in self.mac)
        for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
            if folder := os.environ.get(variable):
                yield from (str(Path(folder, name)) for name in self.windows)


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
)
FIREFOX = Kind(
    names=["firefox-esr", "firefox"],
    mac=["Firefox.app/Contents/MacOS/firefox"],
    windows=["Mozilla Firefox/firefox.exe"],
    says=("Mozilla Firefox",),
)
# Root, as in a container, has no sandbox, and the book's own pages need none.
# The rest keeps the browser from asking other hosts on its own.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


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
