"""Google's Lighthouse on every page of the built book, as on a phone with a slow network. It needs Node 18 and npm.

python tools/lighthouse.py            every page of _build/html, which `make book` has made
python tools/lighthouse.py welcome    only pages with this in their name

Performance is measured, and a busy machine measures worse; the other scores are counted.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys

from about import HTML, ROOT, built, pages
from browser import ARGUMENTS, CHROMIUM
from serving import serving

TOOLS = ROOT / "_build" / "lighthouse"
VERSION = "12.8.2"
LEAST = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 100}
MOST_SHIFT = 0.02
MOMENTS = {
    "first paint": "first-contentful-paint",
    "largest": "largest-contentful-paint",
    "blocked": "total-blocking-time",
}


def program():
    """The command of the Lighthouse in _build, installed there if it is not. Errors: `SystemExit`, in words."""
    found = TOOLS / "node_modules" / ".bin" / "lighthouse"
    if not found.exists():
        npm = shutil.which("npm")
        if not npm:
            raise SystemExit("Lighthouse needs Node 18 or newer with npm, and npm is not on this machine.")
        TOOLS.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [npm, "install", "--silent", "--no-save", "--prefix", TOOLS, f"lighthouse@{VERSION}"], check=True
        )
    return found


def audit(command, address):
    """Lighthouse's report on a page."""
    flags = " ".join(["--headless=new", *ARGUMENTS])
    done = subprocess.run(
        [command, address, "--quiet", "--output=json", f"--chrome-flags={flags}"],
        env={**os.environ, "CHROME_PATH": CHROMIUM.found() or ""},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"Lighthouse could not look at {address}. Its words:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)


def figures(report):
    """What the table shows of a report: the four scores of 100, layout shift, and the moments of painting in ms."""
    audits = report["audits"]
    scores = {name: round((report["categories"][name]["score"] or 0) * 100) for name in LEAST}
    scores["shift"] = audits["cumulative-layout-shift"]["numericValue"]
    return scores | {name: round(audits[audit]["numericValue"]) for name, audit in MOMENTS.items()}


def shortfalls(page, found):
    """What of a page's figures is not as it should be, in words."""
    for name, least in LEAST.items():
        if found[name] < least:
            yield f"{page}: {name} {found[name]}, expected {least} or more"
    if found["shift"] >= MOST_SHIFT:
        yield f"{page}: layout shift {found['shift']:.3f}, expected less than {MOST_SHIFT}"


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", nargs="?", default="", help="of the pages' names")
    options = parser.parse_args(arguments)
    paths = [path.relative_to(HTML) for path in pages(built(HTML)) if options.part in path.stem]
    if not paths:
        raise SystemExit(f"No page of the book has {options.part!r} in its name.")
    command, wrong = program(), []
    with serving(HTML) as address:
        for page in paths:
            found = figures(audit(command, address + page.as_posix()))
            wrong += shortfalls(page.stem, found)
            print(
                f"{page.stem:24}",
                *(f"{name} {value:g}" if name != "shift" else f"shift {value:.3f}" for name, value in found.items()),
                flush=True,
            )
    print(*wrong, sep="\n", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
