"""The page's modules as they are sent: each one ES module that asks for nothing, and small."""

import gzip
import re
from pathlib import Path

import pytest

from convtools import page

minify = pytest.importorskip("minify", reason="on a Mac of Apple's own make it would need Go")

# Script and style sheet, minified and gzipped, in bytes.
LIMITS = {"stepper": 30_000, "question": 9_000, "scrubber": 14_500, "sketchpad": 15_000}
every_widget = pytest.mark.parametrize("widget", LIMITS)


def minified(module):
    """A module without what only people need."""
    # Inside a function, as a bundler puts it, all names can be shortened.
    body = re.sub(r"^export (default .*$)?", "", module, flags=re.MULTILINE)
    return minify.string("text/javascript", f"export default (() => {{\n{body}\nreturn {{ render }};\n}})();")


@every_widget
def test_script_and_style_are_small(widget):
    texts = minified(page.module(widget)), minify.string("text/css", page.style(widget))
    sizes = [len(gzip.compress(text.encode(), 9)) for text in texts]
    assert min(sizes) > 1500, "something was left out"
    assert sum(sizes) < LIMITS[widget], f"script {sizes[0]}, style {sizes[1]} bytes"


@every_widget
@pytest.mark.parametrize(
    "pattern", [r"^\s*import\b", r"\bimport\(", r"\bfetch\(", r"XMLHttpRequest", r"WebSocket", r"eval\(", r"innerHTML"]
)
def test_the_modules_ask_for_nothing_and_run_no_text(widget, pattern):
    assert not re.search(pattern, page.module(widget), re.MULTILINE)


def test_every_part_is_in_a_module_and_no_module_defines_a_name_twice():
    modules = [page.module(widget) for widget in LIMITS]
    for part in Path(page.__file__).parent.glob("*.js"):
        assert any(part.read_text("utf-8") in module for module in modules), f"{part.name} is sent to nobody"
    for module in modules:
        names = re.findall(r"^(?:export )?(?:async )?(?:function|const|let|class) (\w+)", module, re.MULTILINE)
        assert len(names) == len(set(names)) > 5


@every_widget
def test_the_style_asks_for_nothing(widget):
    assert not re.search(r"url\(|@import", page.style(widget))
