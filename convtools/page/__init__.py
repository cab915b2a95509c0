"""What runs in the page: one ES module and one style sheet, each written in parts.

The parts are the .js and .css files of this folder, joined in the order of their names. They import nothing and
use each other's functions only when called, so the order does not matter.
"""

from pathlib import Path

HERE = Path(__file__).parent


def module():
    """Return the text of the ES module: for JupyterLab, Colab and the built page alike.

    >>> "export default" in module()
    True
    """
    return _joined("*.js")


def style():
    """Return the text of the style sheet.

    >>> ".ct-cell" in style()
    True
    """
    return _joined("*.css")


def _joined(pattern):
    return "\n".join(path.read_text("utf-8") for path in sorted(HERE.glob(pattern)))
