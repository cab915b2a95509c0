"""Imports flow one way, and the mathematics can be used without a screen."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import convtools

PACKAGE = Path(convtools.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
MODULES = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in FILES}
ORDER = [  # a module imports only from rows above its own
    {"shapes", "words", "check", "memory", "optimizers", "page", "photos", "weights"},
    {"winograd", "layer", "data", "maps", "sheet"},
    {"convolution"},
    {"layers", "losses", "pooling"},
    {"training"},
    {"sequential"},
    {"settings"},
    {"state"},
    {"trace"},
    {"still", "figures"},
    {"stepper", "question", "scrubber", "sketchpad"},
    {"__init__"},
    {"exercises"},
]
FRONT_DOOR = {"shapes", "layers", "optimizers", "pooling", "sequential"}
OUTSIDE = {  # what only some modules may import; Python's own modules are free
    "numpy": MODULES - {"shapes", "words", "sequential", "__init__"},
    "matplotlib": {"figures"},
    "PIL": {"data", "photos"},
    "tqdm": {"training"},
    "anywidget": {"stepper", "question", "scrubber", "sketchpad"},
    "traitlets": {"stepper", "question", "scrubber", "sketchpad"},
}


def imports(path):
    """Yield the dotted name of everything that a file imports."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path.name}: write imports in full"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(PACKAGE)) for path in FILES])
def test_arrows(path):
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    row = next(number for number, names in enumerate(ORDER) if own in names)
    above = set().union(*ORDER[:row])
    for imported in imports(path):
        package, *rest = imported.split(".")
        if package == "convtools":  # a name that is no module comes from the front door
            assert (rest[0] if rest[0] in MODULES else "__init__") in above, f"{own} imports {imported}"
        elif package not in sys.stdlib_module_names:
            assert own in OUTSIDE.get(package, ()), f"{own} imports {imported}"
    if own == "__init__":
        assert {imported.split(".")[1] for imported in imports(path)} == FRONT_DOOR


@pytest.mark.parametrize(
    ("line", "heavy"),
    [
        ("import convtools", {"numpy"}),
        ("from convtools import check, data, still, trace", {"numpy"}),
        ("from convtools import data; data.photo(16)", {"numpy", "PIL"}),
        ("from convtools import figures", {"numpy", "PIL", "matplotlib"}),
    ],
)
def test_what_an_import_brings(line, heavy):
    ask = "import sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", f"{line}\n{ask}"], capture_output=True, text=True, check=True)
    watched = {"numpy", "matplotlib", "PIL", "ipywidgets", "anywidget", "traitlets", "IPython", "scipy"}
    assert watched & set(loaded.stdout.split()) == heavy
