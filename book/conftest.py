"""How nbval runs the chapters and compares their outputs."""

import atexit
import copy
import os
import shutil
import tempfile

from matplotlib import font_manager
from nbval.plugin import IPyNbCell
from pixels import by_pixels

# As in tools/refresh.py: the reader's own IPython settings must not show, nor a remark about a new font cache.
os.environ.update(IPYTHONDIR=tempfile.mkdtemp(), JUPYTER_PREFER_ENV_PATH="1", PYTHONHASHSEED="0")
atexit.register(shutil.rmtree, os.environ["IPYTHONDIR"], ignore_errors=True)
font_manager.findfont("DejaVu Sans")

compare_outputs = IPyNbCell.compare_outputs


def compare_without_captured(cell, test, ref, skip_compare=None):
    """Compares as nbval does, but leaves what `interact` captured to its widget.

    A front end (and nbclient, with which the chapters are run) puts what the function given to `interact`
    shows into the widget; nbval takes it for an output of the cell, just before the widget itself.
    A picture in a page is compared by its pixels.
    """
    for index, output in enumerate(test):
        if output.get("data", {}).get("text/plain", "").startswith("interactive(children="):
            test = test[index:]
    test, ref = copy.deepcopy((test, ref))
    for output in (*test, *ref):
        if html := output.get("data", {}).get("text/html"):
            output["data"]["text/html"] = by_pixels(html)
    return compare_outputs(cell, test, ref, skip_compare)


IPyNbCell.compare_outputs = compare_without_captured
