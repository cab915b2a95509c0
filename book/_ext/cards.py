"""Social cards: what a messenger shows of a link to a page. Its title, and the bump with its filter at one place."""

import textwrap

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from convtools.trace import trace

WIDTH, HEIGHT = 1200, 630  # pixels, as the services want it
PAPER, INK, MUTED, LINE, NOW, HIGH = "#fdfcf9", "#1d2228", "#59626d", "#b9b4a8", "#8a0f7c", "#ec8f35"
BUMP, FILTER, SHOWN = [0, 0, 0, 1, 1, 0, 0, 0], [0, 1, 0], 2
CELL = 78


def save(path, book, title):
    """Write the card of the page `title` of the book `book` to `path`, a PNG of 1200 x 630 pixels."""
    figure = Figure((WIDTH / 100, HEIGHT / 100), dpi=100, facecolor=PAPER)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(HEIGHT, 0))
    axes.axis("off")
    axes.text(80, 90, book if book != title else "An interactive book", color=MUTED, fontsize=24, va="center")
    lines = "\n".join(textwrap.wrap(title, 30)[:2])
    axes.text(80, 205, lines, color=INK, fontsize=46, family="serif", weight="bold", va="center", linespacing=1.15)
    steps = trace(BUMP, FILTER)
    for place, value in enumerate(BUMP):
        draw(axes, 80 + place * CELL, 330, value)
    axes.add_patch(Rectangle((80 + SHOWN * CELL, 330), 3 * CELL - 6, CELL - 6, fill=False, edgecolor=NOW, linewidth=5))
    for place, step in enumerate(steps):
        draw(axes, 80 + (place + 1) * CELL, 480, step.output if place <= SHOWN else "·", place == SHOWN)
    axes.text(760, 515, f"{steps[SHOWN].sentence.partition(': ')[2].rstrip('.')}", color=INK, fontsize=24, va="center")
    path.parent.mkdir(parents=True, exist_ok=True)
    FigureCanvasAgg(figure).print_png(path, metadata={"Software": None})


def draw(axes, x, y, value, now=False):
    """A cell with its number, from its upper left corner."""
    size = CELL - 6
    edge = {"edgecolor": NOW, "linewidth": 5} if now else {"edgecolor": LINE, "linewidth": 1.5}
    axes.add_patch(Rectangle((x, y), size, size, facecolor=HIGH if value == 1 else PAPER, **edge))
    text = value if value == "·" else f"{value:g}"
    axes.text(x + size / 2, y + size / 2, text, color=INK, fontsize=24, ha="center", va="center")
