"""The browsers to test with: a Chromium and a Firefox that are there, or that are installed now; never none.

python tests/browsers.py    says which
"""

import subprocess
import sys
from functools import cache

import packages
from browser import ARGUMENTS, CHROMIUM, FIREFOX, first_that_runs

__all__ = ["ARGUMENTS", "chromium", "firefox"]


@cache
def chromium():
    """The path of a Chromium (or Chrome, or Edge) that runs, Playwright's build of it if there is no other.

    Errors: `RuntimeError` with the way to get one.
    """
    return find(
        [CHROMIUM.found, playwrights],
        [lambda: packages.debian("chromium"), playwright_build],
        "The tests need a Chromium browser and none could be found or installed ({}). "
        "Install Chromium, Chrome or Edge, or run: python -m playwright install chromium",
    )


@cache
def firefox():
    """The path of a Firefox that runs. (Playwright's is not the browser that readers have.) Errors: as `chromium`."""
    return find(
        [FIREFOX.found],
        [lambda: packages.debian("firefox-esr")],
        "The tests need Firefox and none could be found or installed ({}). Install it from your system's packages "
        "or from www.mozilla.org/firefox, so that `firefox` or `firefox-esr` is on the path",
    )


def find(looks, installs, none):
    """What the first of `looks` finds that finds any; if none does, after the first of `installs` that helps."""
    tried = []
    for install in [None, *installs]:
        if install:
            tried.append(install())
        if found := next(filter(None, (look() for look in looks)), None):
            return found
    raise RuntimeError(none.format("; ".join(filter(None, tried))))


def playwrights():
    """Playwright's Chromium, if it is there. Asked in a process of its own, as it runs a loop."""
    ask = "from playwright.sync_api import sync_playwright as p\nwith p() as w: print(w.chromium.executable_path)"
    path = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout.strip()
    return first_that_runs([path], CHROMIUM.says)


def playwright_build():
    """Downloads Playwright's Chromium. Returns why not, or None."""
    return packages.run([sys.executable, "-m", "playwright", "install", "chromium"])


if __name__ == "__main__":
    try:
        print(chromium(), firefox(), sep="\n")
    except RuntimeError as error:
        sys.exit(str(error))
