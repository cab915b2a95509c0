"""What runs in the page: for each of the two widgets an ES module and a style sheet, all written in parts.

The parts are the .js and .css files of this folder, joined in the order of their names. They import nothing and
use each other's functions only when called, so the order does not matter.
"""

from pathlib import Path

HERE = Path(__file__).parent
OF_QUESTIONS = ("elements.js", "question.js")


def module(widget, folder=HERE):
    """Return the text of the ES module of a widget, for JupyterLab and the built page alike.

    widget: "stepper" or "question". folder: where the parts are.

    >>> "export default" in module("stepper")
    True
    """
    if widget == "question":
        return _joined(folder / name for name in OF_QUESTIONS)
    return _joined(path for path in folder.glob("*.js") if path.stem != "question")


def style(widget, folder=HERE):
    """Return the text of the style sheet of a widget, as `module`; a question's has the stepper's in it.

    >>> ".ct-cell" in style("stepper")
    True
    """
    return _joined(path for path in folder.glob("*.css") if path.stem != "question" or widget == "question")


def _joined(paths):
    return "\n".join(path.read_text("utf-8") for path in sorted(paths))
