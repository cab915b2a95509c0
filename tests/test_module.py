"""The page's module as it is sent: one ES module that asks for nothing, and small."""

import gzip
import re
from pathlib import Path

import minify
import pytest

from convtools import page

LIMITS = {"stepper": 30_000, "stepper and question": 31_500}  # bytes: script and style sheet, minified and gzipped
PARTS = sorted(path for path in Path(page.__file__).parent.iterdir() if path.suffix in (".js", ".css"))


def weight(parts):
    """The bytes of these parts' scripts and style sheets, each minified as a whole and gzipped."""
    script, style = (
        "\n".join(path.read_text("utf-8") for path in parts if path.suffix == kind) for kind in (".js", ".css")
    )
    # Inside a function, as a bundler puts it, all names can be shortened.
    script = re.sub(r"^export (default .*$)?", "", script, flags=re.MULTILINE)
    script = minify.string("text/javascript", f"export default (() => {{\n{script}\nreturn {{ render }};\n}})();")
    return [len(gzip.compress(text.encode(), 9)) for text in (script, minify.string("text/css", style))]


@pytest.mark.parametrize("what", LIMITS)
def test_script_and_style_are_small(what):
    sizes = weight([path for path in PARTS if path.stem in what or path.stem != "question"])
    assert min(sizes) > 3000, "something was left out"
    assert sum(sizes) < LIMITS[what], f"script {sizes[0]}, style {sizes[1]} bytes"


@pytest.mark.parametrize(
    "pattern", [r"^\s*import\b", r"\bimport\(", r"\bfetch\(", r"XMLHttpRequest", r"WebSocket", r"eval\(", r"innerHTML"]
)
def test_the_module_asks_for_nothing_and_runs_no_text(pattern):
    assert not re.search(pattern, page.module(), re.MULTILINE)


def test_the_style_asks_for_nothing():
    assert not re.search(r"url\(|@import", page.style())
