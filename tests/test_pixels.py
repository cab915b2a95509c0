"""tests/pixels.py: what the same picture may differ in, and what not."""

import base64
import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from pixels import by_pixels, look_alike

GREY = np.add.outer(np.arange(40), np.arange(60)).astype(np.uint8)


def packed(pixels, **options):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, **options)
    return base64.b64encode(file.getvalue()).decode()


def test_the_same_pixels_in_other_bytes_are_the_same():
    one, other = (packed(GREY, format="PNG", compress_level=level) for level in (1, 9))
    assert one != other
    assert by_pixels(f'<img src="data:image/png;base64,{one}">') == by_pixels(
        f'<img src="data:image/png;base64,{other}">'
    )
    webp = packed(GREY, format="WEBP", lossless=True)
    assert by_pixels(f"data:image/webp;base64,{webp}") == by_pixels(f"data:image/png;base64,{one}")


def test_one_other_pixel_is_another_picture_and_the_text_around_it_is_kept():
    changed = GREY.copy()
    changed[3, 5] += 1
    one, other = (by_pixels(f"a data:image/png;base64,{packed(pixels, format='PNG')} b") for pixels in (GREY, changed))
    assert one != other
    assert (one[:2], one[-2:]) == ("a ", " b")


def drawn(values, cmap="gray", title="A title", size=(4, 3)):
    figure = Figure(figsize=size)
    axes = figure.subplots()
    axes.imshow(values, cmap=cmap, vmin=0, vmax=1)
    axes.set_title(title)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=100)
    return base64.b64encode(file.getvalue()).decode()


VALUES = np.random.default_rng(seed=7).random((6, 8))
ONE_CELL = np.where(np.arange(48).reshape(6, 8) == 20, 1 - VALUES.round(), VALUES)


@pytest.mark.parametrize(
    "change", [{}, {"title": "A litle"}, {"size": (4.02, 3)}], ids=["nothing", "letters", "a border"]
)
def test_letters_and_a_border_may_look_otherwise(change):
    assert look_alike(drawn(VALUES), drawn(VALUES, **change))


@pytest.mark.parametrize(
    "change", [{"values": ONE_CELL}, {"values": VALUES.T}, {"cmap": "gray_r"}, {"size": (4.05, 3)}], ids=["a cell", "its order", "its colours", "its size"]
)  # fmt: skip
def test_what_is_seen_may_not(change):
    assert not look_alike(drawn(VALUES), drawn(**{"values": VALUES, **change}))
