"""Every control of every stepper in the built book, in the Firefox that readers have: by mouse, keyboard and touch."""

import firefox
import pytest
from controls import steppers
from pages import CHAPTERS, DESK, PHONE, TABLET, axe, opened_in_firefox


@pytest.fixture(scope="module")
def light():
    """A page of a Firefox whose reader wants no motion."""
    with firefox.launched(DESK) as page:
        yield page


@pytest.fixture(scope="module")
def dark():
    """A page of a Firefox that is dark and may move."""
    with firefox.launched(DESK, **{"ui.systemUsesDarkTheme": 1, "ui.prefersReducedMotion": 0}) as page:
        yield page


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_control_by_mouse_and_axe_finds_nothing(dark, server, name):
    with opened_in_firefox(dark, f"{name}.html", server, DESK) as page:
        assert page.evaluate("getComputedStyle(document.querySelector('.ct-widget')).colorScheme") == "dark"
        for stepper in steppers(page):
            stepper.use_by_pointer(page.mouse.click)
        assert axe(page) == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_control_by_touch(dark, server, name):
    with opened_in_firefox(dark, f"{name}.html", server, TABLET) as page:
        for stepper in steppers(page):
            stepper.use_by_pointer(page.touchscreen.tap)


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_control_by_keyboard_alone_and_axe_finds_nothing(light, server, name):
    with opened_in_firefox(light, f"{name}.html", server, PHONE) as page:
        for stepper in steppers(page):
            stepper.use_by_keyboard()
        assert axe(page) == []


def test_what_goes_wrong_in_a_page_is_noted(light, server):
    with pytest.raises(AssertionError), opened_in_firefox(light, "book/welcome.html", server, DESK) as page:
        page.evaluate("""async () => {
            console.error("oh");
            setTimeout(() => missing());
            for (const address of ["nowhere.js", "http://127.0.0.2:44444/elsewhere"]) await fetch(address).catch(() => {});
        }""")
    said = "\n".join(light.complaints)
    for words in "oh", "missing is not defined", "nowhere.js: 404", "asks http://127.0.0.2:44444/elsewhere":
        assert words in said
    with pytest.raises(firefox.Trouble, match="nothing is not defined"):
        light.evaluate("() => nothing")
