"""What runs in the page: an ES module for each of the two widgets and one style sheet, all written in parts.

The parts are the .js and .css files of this folder, joined in the order of their names. They import nothing and
use each other's functions only when called, so the order does not matter.
"""

from pathlib import Path

HERE = Path(__file__).parent
OF_QUESTIONS = ("elements.js", "question.js")  # the stepper is made of all but the last


def module(widget, folder=HERE):
    """Return the text of the ES module of a widget, "stepper" or "question": for JupyterLab and the built page alike.

    folder: where the parts are.

    >>> "export default" in module("stepper")
    True
    """
    if widget == "question":
        return _joined(folder / name for name in OF_QUESTIONS)
    return _joined(path for path in folder.glob("*.js") if path.name != "question.js")


def style(folder=HERE):
    """Return the text of the style sheet of both.

    >>> ".ct-cell" in style()
    True
    """
    return _joined(folder.glob("*.css"))


def _joined(paths):
    return "\n".join(path.read_text("utf-8") for path in sorted(paths))
