"""What runs in the page: for each widget an ES module and a style sheet, all written in parts.

The parts are the .js and .css files of this folder, joined in the order of their names. They import nothing and
use each other's functions only when called, so the order does not matter.
"""

from pathlib import Path

HERE = Path(__file__).parent
SHARED = {  # the parts that a widget needs besides those of its own name; the stepper has all the others
    "question": ("elements",),
    "scrubber": ("arithmetic", "drawing", "elements"),
    "sketchpad": ("arithmetic", "drawing", "elements"),
}
WIDGETS = ("stepper", *SHARED)


def module(widget, folder=HERE):
    """Return the text of the ES module of a widget, one of WIDGETS, for JupyterLab and the built page alike.

    folder: where the parts are.

    >>> "export default" in module("stepper")
    True
    """
    if widget == "stepper":
        return _joined(path for path in folder.glob("*.js") if path.stem not in SHARED)
    return _joined(folder / f"{name}.js" for name in (widget, *SHARED[widget]))


def style(*widgets, folder=HERE):
    """Return the text of the style sheet of some widgets; the stepper's own is always in it.

    >>> ".ct-cell" in style("stepper")
    True
    """
    return _joined(path for path in folder.glob("*.css") if path.stem not in SHARED or path.stem in widgets)


def _joined(paths):
    return "\n".join(path.read_text("utf-8") for path in sorted(paths))
