"""Students' notebooks for the grader's tests, made from an assignment's own with its solutions."""

import json

import nbformat

from classroom import release

FLIPPED = "def slide(signal, weights, bias):\n    return [signal[at : at + len(weights)] @ weights[::-1] + bias for at in range(len(signal) - len(weights) + 1)]"


def solved(assignment="bump"):
    """{cell id: source} of a notebook's code cells, all questions answered right."""
    cells = nbformat.read(release.source(assignment), 4).cells
    return {cell.id: cell.source.split("### BEGIN HIDDEN")[0].strip() for cell in cells if cell.cell_type == "code"}


def notebook(cells):
    """The bytes of a notebook with these code cells, a dict or a list of sources."""
    sources = cells.values() if isinstance(cells, dict) else cells
    made = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": source}
        for source in sources
    ]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def changed(**sources):
    """A solved "bump" notebook's bytes with some cells' sources changed; `map_length` is the cell map-length."""
    return notebook({**solved(), **{name.replace("_", "-"): source for name, source in sources.items()}})
