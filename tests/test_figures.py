"""Pictures are functions of their data: what is drawn, what is written in it, what is refused."""

import io

import numpy as np
import pytest
from matplotlib.figure import Figure

from convtools.figures import curves, panels, photo


def drawn(figure):
    """Draw the figure, which must not warn, and return the colours of its pixels."""
    figure.savefig(pixels := io.BytesIO(), format="rgba")
    colours = np.frombuffer(pixels.getvalue(), np.uint8).reshape(-1, 4)
    return {tuple(colour[:3]) for colour in np.unique(colours, axis=0)}


def digits(axis):
    return [text.get_text() for text in axis.texts]


def test_small_arrays_show_their_numbers():
    figure = panels({"input": [0, 1, -2], "map": [[0.5, np.nan], [3, np.inf]]})
    assert isinstance(figure, Figure)
    assert [axis.get_title() for axis in figure.axes] == ["input", "map"]
    assert [digits(axis) for axis in figure.axes] == [["0", "1", "−2"], ["0.50", "nan", "3", "inf"]]
    assert len(drawn(figure)) > 3


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros(17),
        np.arange(400).reshape(20, 20),
        np.zeros((20, 20), bool),
        np.linspace(-1, 2, 1200).reshape(20, 20, 3),
    ],
)
def test_large_arrays_do_not(picture):
    figure = panels({"large": picture})
    assert digits(figure.axes[0]) == []
    assert drawn(figure)


def test_colours_say_the_sign():
    blue, orange = (33, 102, 172), (224, 130, 20)
    for values, limit, expected in [
        ([[-5]], None, {blue}),
        ([[5]], None, {orange}),
        ([[-5, 5]], None, {blue, orange}),
        ([[0]], None, set()),
        ([[-5, 5]], 100, set()),  # too weak for the full colours
        ([[-5, 5]], 5, {blue, orange}),
    ]:
        assert drawn(panels({"one": values}, limit=limit)) & {blue, orange} == expected


def test_rows_of_panels():
    figure = panels({str(n): np.full((n, 2), n) for n in range(1, 6)}, columns=2)
    assert [axis.get_title() for axis in figure.axes] == ["1", "2", "3", "4", "5"]
    assert len({round(axis.get_position().x0, 6) for axis in figure.axes}) == 2
    assert drawn(figure)


def test_photos_are_grey_or_coloured(caplog):
    figure = photo({"black": np.zeros((4, 4)), "bright": np.full((4, 4), 7), "red": np.array([[[1, 0, 0]]])})
    assert {(0, 0, 0), (255, 255, 255), (255, 0, 0)} <= drawn(figure)
    assert caplog.text == "", "matplotlib grumbles about values outside 0 to 1"


@pytest.mark.parametrize("draw", [panels, photo])
@pytest.mark.parametrize(
    ("pictures", "error", "text"),
    [
        ({}, ValueError, "a dict of at least one array, got {}"),
        ([1, 2], ValueError, "a dict of at least one array, got [1, 2]"),
        ({"a": 3}, ValueError, "picture 'a' must be"),
        ({"a": []}, ValueError, "picture 'a' must be"),
        ({"a": np.zeros((1, 8, 8, 1))}, ValueError, "got (1, 8, 8, 1). Choose one sample and one channel"),
        ({"a": np.zeros((8, 8, 2))}, ValueError, "got (8, 8, 2)"),
        ({"a": [["x"]]}, TypeError, "picture 'a' must hold real numbers"),
        ({"a": [[1], [2, 3]]}, ValueError, "picture 'a' must be a full array, got a ragged list"),
    ],
)
def test_what_cannot_be_drawn(draw, pictures, error, text):
    with pytest.raises(error) as caught:
        draw(pictures)
    assert text in str(caught.value)


def test_columns_are_counted():
    with pytest.raises(TypeError, match=r"columns must be a whole number, got 1\.5"):
        panels({"a": [1]}, columns=1.5)
    with pytest.raises(ValueError, match="columns must be at least 1, got 0"):
        panels({"a": [1]}, columns=0)


def test_curves_are_lines_with_names():
    lines = {"loss": [3, 2, 1], "val_loss": [4, 3.5, 3.25], "by steps": ([0, 10], [5, 6])}
    figure = curves(lines, "epoch", "loss")
    (axis,) = figure.axes
    assert (axis.get_xlabel(), axis.get_ylabel(), axis.get_yscale()) == ("epoch", "loss", "linear")
    assert [(line.get_xdata().tolist(), line.get_ydata().tolist()) for line in axis.lines] == [
        ([0, 1, 2], [3, 2, 1]),
        ([0, 1, 2], [4, 3.5, 3.25]),
        ([0, 10], [5, 6]),
    ]
    assert [text.get_text().strip() for text in axis.texts] == list(lines)
    assert [text.xy for text in axis.texts] == [(2, 1), (2, 3.25), (10, 6)], "each name at its line's end"
    assert len(drawn(figure)) > 3
    assert curves({"a": (1, 2, 3)}, "", "").axes[0].lines[0].get_ydata().tolist() == [1, 2, 3]


def test_curves_differ_without_colour_too():
    axis = curves({str(n): [n, n + 1] for n in range(12)}, "", "").axes[0]
    styles = [(line.get_linestyle(), line.get_color()) for line in axis.lines]
    assert len(set(styles)) == 12
    assert len({line for line, _ in styles[:4]}) == 4
    assert [text.get_color() for text in axis.texts] == [colour for _, colour in styles]


def test_the_names_of_curves_are_inside_the_picture():
    figure = curves({"a rather long name": [1, 2], "another": [2, 1]}, "epoch", "loss")
    figure.draw_without_rendering()
    edges = figure.bbox
    for text in figure.axes[0].texts:
        box = text.get_window_extent()
        assert edges.x0 <= box.x0 < box.x1 <= edges.x1
        assert edges.y0 <= box.y0 < box.y1 <= edges.y1


def test_few_points_are_marked_and_many_are_not():
    axis = curves({"few": range(30), "many": range(31), "one": [7]}, "epoch", "loss").axes[0]
    assert [line.get_marker() for line in axis.lines] == ["o", "", "o"]


def test_logarithmic_curves():
    figure = curves({"loss": [1, 0.1, 0.01]}, "epoch", "loss", logarithmic=True)
    assert figure.axes[0].get_yscale() == "log"
    assert drawn(figure)


@pytest.mark.parametrize(
    ("lines", "error", "text"),
    [
        ({}, ValueError, "a dict of at least one line, got {}. Write {'loss': numbers}"),
        ([1, 2], ValueError, "a dict of at least one line, got [1, 2]"),
        ({"a": []}, ValueError, "line 'a' must be numbers (n,)"),
        ({"a": 3}, ValueError, "line 'a' must be numbers (n,)"),
        ({"a": [[1, 2]]}, ValueError, "line 'a' must be numbers (n,)"),
        ({"a": ([1, 2], [1, 2, 3])}, ValueError, "got shapes (2,) and (3,). Write {'loss': history.history['loss']}"),
        ({"a": (1, 2)}, ValueError, "line 'a' must be numbers (n,)"),  # a pair is places and numbers
        ({"a": (["x"], [1])}, TypeError, "line 'a' must hold real numbers"),
        ({"a": ["x"]}, TypeError, "line 'a' must hold real numbers"),
        ({"a": [[1], [2, 3]]}, ValueError, "line 'a' must be a full array, got a ragged list"),
    ],
)
def test_curves_that_cannot_be_drawn(lines, error, text):
    with pytest.raises(error) as caught:
        curves(lines, "epoch", "loss")
    assert text in str(caught.value)
