"""Pictures are functions of their data: what is drawn, what is written in it, what is refused."""

import io

import numpy as np
import pytest
from matplotlib.figure import Figure

from convtools.figures import panels, photo


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
