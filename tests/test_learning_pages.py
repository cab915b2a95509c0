"""The training scrubber and the sketchpad in the built book, from a web server and from a folder, without a network."""

import json

import pytest
from pages import DESK, PHONE, opened

from convtools import scrubber, sketchpad


@pytest.fixture(params=["http", "file"])
def home(request):
    """Where the book is: on a web server below some path, or in a folder, as opened by a double click."""
    if request.param == "http":
        return request.getfixturevalue("server")
    return request.getfixturevalue("site").as_uri() + "/"


def state_of(figure):
    return json.loads(figure.get_attribute("data-state"))


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_the_scrubber_replays_the_training_run(chromium, home, viewport):
    with opened(chromium, "book/8-learning-one-filter.html", home, viewport=viewport) as page:
        figure = page.locator("figure.ct-scrubber")
        state, slider = state_of(figure), figure.get_by_role("slider")
        assert len(state["losses"]) > 40
        slider.focus()
        slider.press("Home")
        for at in range(len(state["losses"])):
            assert slider.get_attribute("aria-valuetext") == scrubber.sentence({**state, "at": at})
            slider.press("ArrowRight")
        assert state["losses"][-1] < state["losses"][0] / 1000
        assert slider.bounding_box()["width"] > 80


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_the_sketchpad_reads_what_the_mouse_draws(chromium, home, viewport):
    with opened(chromium, "book/9-digits.html", home, viewport=viewport) as page:
        figure = page.locator("figure.ct-sketchpad")
        state, pad, said = state_of(figure), figure.locator(".ct-sketch"), figure.locator(".ct-live .ct-reading")
        for name, strokes in sketchpad.EXAMPLES.items():
            assert said.inner_text() == "Draw a digit."
            pad.scroll_into_view_if_needed()
            box = pad.bounding_box()
            for stroke in strokes:
                points = [(box["x"] + x * box["width"] / 32, box["y"] + y * box["height"] / 32) for y, x in stroke]
                page.mouse.move(*points[0])
                page.mouse.down()
                for point in points:
                    page.mouse.move(*point)
                page.mouse.up()
            ink = sketchpad.drawn(strokes)
            chances = sketchpad.probabilities({**state, "ink": ink})
            assert state["labels"][chances.argmax()] == name
            assert said.inner_text() == sketchpad.sentence(state["labels"], chances)
            figure.get_by_role("button", name="Clear").click()
