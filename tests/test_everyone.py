"""The built pages are for everyone: axe finds nothing, and what axe cannot see is looked at here."""

import itertools
import re

import pytest
from bs4 import BeautifulSoup
from pages import CHAPTERS, DESK, EVERY_PAGE, PAGES, PHONE, SIDEWAYS, axe, mount, opened

ZOOMED = {"width": 640, "height": 450}  # a window of 1280 x 900 at 200 %
SIZES = {"phone": PHONE, "desk": DESK, "zoomed": ZOOMED, "half a desk": {"width": 640, "height": 900}}
USE = """() => {
  for (const folded of document.querySelectorAll("main details")) folded.open = true;
  for (const stepper of document.querySelectorAll(".ct-live")) {
    [...stepper.querySelectorAll("button")].find((button) => button.textContent.includes("Forward"))?.click();
  }
}"""


@pytest.fixture(scope="module")
def soups(site):
    """Each page of the book, parsed, by its name."""
    return {name: BeautifulSoup((site / f"{name}.html").read_text("utf-8"), "html.parser") for name in EVERY_PAGE}


# Colours do not hang on the size, nor the layout on the colours: every two of size, theme and use meet at least once.
LOOKS = {
    "phone": [("light", False), ("dark", True)],
    "desk": [("dark", False), ("light", True)],
    "zoomed": [("light", False), ("dark", True)],
}


@pytest.mark.parametrize("size", LOOKS)
@pytest.mark.parametrize("name", EVERY_PAGE)
def test_axe_finds_nothing_in_light_and_dark_before_and_after_use(chromium, server, name, size):
    settings = {"viewport": SIZES[size], "reduced_motion": "no-preference"}  # else the steppers could not be played
    with opened(chromium, f"{name}.html", server, **settings) as page:
        found = []
        for theme, used in LOOKS[size]:
            page.emulate_media(color_scheme=theme)
            if used:
                page.evaluate(USE)
            found += [f"{theme}, {'used' if used else 'new'}: {finding}" for finding in axe(page)]
        assert found == []


# ------------------------------------------------------------------ the words


def test_every_picture_says_what_is_to_be_seen(soups):
    for name in PAGES:
        for picture in soups[name].select("main img"):
            alt = picture.get("alt", "")
            assert len(alt.split()) >= 4, f"{name}: {picture}"
            assert not re.search(r"\.(png|avif|svg|webp)|_images|[0-9a-f]{16}", alt), f"{name}: {alt}"


def test_no_two_pictures_of_a_page_say_the_same(soups):
    for name in PAGES:
        alts = [picture["alt"] for picture in soups[name].select("main picture img")]
        assert len(set(alts)) == len(alts), name


def test_headings_are_in_order(soups):
    for name in EVERY_PAGE:
        levels = [int(heading.name[1]) for heading in soups[name].find_all(re.compile(r"^h[1-6]$"))]
        assert levels[0] == 1, name
        assert levels.count(1) == 1, name
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), name


def test_each_page_has_its_landmarks_and_says_its_language(soups):
    for name in EVERY_PAGE:
        soup = soups[name]
        assert soup.html["lang"] == "en"
        assert [len(soup.select(landmark)) for landmark in ("body > header", "main", "body > footer")] == [1, 1, 1]
        names = [nav["aria-label"] for nav in soup.find_all("nav")]
        assert len(set(names)) == len(names)
    for name in PAGES:
        assert soups[name].select_one('nav.contents a[aria-current="page"]'), name


def test_the_contents_list_every_page_and_the_sections_of_this_one(soups):
    for name in PAGES:
        listed = [link["href"] for link in soups[name].select("nav.contents > ul > li > a")]
        assert len(listed) == len(PAGES) - 1, "all but the welcome page, which stands before the list"
    sections = soups["book/2-bump"].select('nav.contents a[aria-current="page"] + ul > li > a')
    titles = soups["book/2-bump"].select("main h2")
    assert [section["href"].removeprefix("#") for section in sections] == [title.parent["id"] for title in titles]


# ------------------------------------------------------- by keys, by touch, in other colours


def test_the_first_tab_leads_to_the_text(chromium, server):
    with opened(chromium, f"{CHAPTERS[1]}.html", server, viewport=DESK) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the text"
        assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


FOCUS = """() => {
  const part = document.activeElement;
  if (part === document.body) return null;
  const { outlineStyle, outlineWidth, boxShadow, borderColor } = getComputedStyle(part);
  const { width, height, top, bottom } = part.getBoundingClientRect();
  return {
    part: part.outerHTML.slice(0, 150),
    shown: (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) || boxShadow !== "none",
    seen: width > 0 && height > 0 && bottom > 0 && top < innerHeight,
  };
}"""


@pytest.mark.parametrize("size", ["phone", "desk"])
@pytest.mark.parametrize("name", ["book/welcome", "book/4-edges-and-steps", "search"])
def test_where_the_focus_is_can_be_seen(chromium, server, name, size):
    with opened(chromium, f"{name}.html", server, viewport=SIZES[size]) as page:
        stops = 0
        for _ in range(120):
            page.keyboard.press("Tab")
            focus = page.evaluate(FOCUS)
            if focus is None:
                break
            stops += 1
            assert focus["shown"], focus["part"]
            assert focus["seen"], focus["part"]
        assert stops >= 4


def test_on_a_phone_the_contents_open_by_a_button_and_close_by_escape(chromium, server):
    with opened(chromium, f"{CHAPTERS[2]}.html", server, viewport=PHONE, has_touch=True) as page:
        contents, button = page.locator("nav.contents"), page.get_by_role("button", name="Contents")
        assert not contents.is_visible()
        button.tap()
        assert contents.is_visible()
        page.keyboard.press("Escape")
        assert not contents.is_visible()
        button.tap()
        contents.get_by_role("link", name="Exercises").tap()
        assert not contents.is_visible()
        assert page.url.endswith("#exercises")


def test_the_contents_close_by_a_finger_and_by_a_turned_screen(chromium, server):
    with opened(chromium, f"{CHAPTERS[2]}.html", server, viewport=PHONE, has_touch=True) as page:
        contents, button = page.locator("nav.contents"), page.get_by_role("button", name="Contents")
        button.tap()
        contents.get_by_role("button", name="Close").tap()
        assert not contents.is_visible()
        button.tap()
        page.set_viewport_size(DESK)
        assert contents.is_visible()
        page.wait_for_function("!document.querySelector('nav.contents').matches(':popover-open')")
        assert page.evaluate("document.querySelector('main').offsetWidth") > 600


@pytest.mark.parametrize("width", [360, 1280])
def test_the_contents_show_the_page_that_is_read(chromium, server, width):
    with opened(chromium, f"{PAGES[-1]}.html", server, viewport={"width": width, "height": 500}) as page:
        if width == 360:
            page.get_by_role("button", name="Contents").click()
            page.wait_for_function("document.querySelector('nav.contents').scrollTop > 0")
            assert 0 <= page.get_by_role("button", name="Close").bounding_box()["y"] < 100
        assert 0 < page.locator("nav.contents [aria-current]").bounding_box()["y"] < 480


@pytest.mark.parametrize("name", ["book/glossary", "search"])
def test_the_buttons_of_the_bar_stand_at_its_end(chromium, server, name):
    with opened(chromium, f"{name}.html", server, viewport=PHONE) as page:
        button = page.get_by_role("button", name="Contents").bounding_box()
        assert PHONE["width"] - 24 < button["x"] + button["width"] <= PHONE["width"]


def test_only_what_scrolls_is_a_stop_for_the_tab_key(chromium, server):
    scrolls = """() => [...document.querySelectorAll("main :is(pre, .wide)")]
        .map((part) => [part.hasAttribute("tabindex"), part.scrollWidth > part.clientWidth])"""
    with opened(chromium, "book/3-line.html", server, viewport=PHONE) as page:
        page.wait_for_function("document.querySelector('main pre[tabindex]')")
        found = page.evaluate(scrolls)
        assert {is_stop for is_stop, _ in found} == {True, False}
        assert all(is_stop is wide for is_stop, wide in found)


def test_code_and_what_it_prints_have_names_and_headings_end_with_their_words(chromium, server):
    with opened(chromium, "book/2-bump.html", server) as page:
        assert page.get_by_role("group", name="Code", exact=True).count() > 10
        assert page.get_by_role("group", name="Output", exact=True).count() > 5
        assert page.get_by_role("heading", name="2. The bump", exact=True).count() == 1


def test_the_sign_on_the_copy_button_has_the_colour_of_its_theme(chromium, server):
    with opened(chromium, "book/2-bump.html", server, color_scheme="dark") as page:
        sign = page.locator(".cell_input .copybtn svg").first
        assert sign.evaluate("sign => getComputedStyle(sign).stroke === getComputedStyle(sign.parentElement).color")


def test_without_javascript_the_contents_open_too_and_the_theme_is_the_systems(chromium, server):
    settings = {"viewport": PHONE, "java_script_enabled": False, "color_scheme": "dark"}
    with opened(chromium, f"{CHAPTERS[2]}.html", server, **settings) as page:
        page.get_by_role("button", name="Contents").click()
        assert page.locator("nav.contents").is_visible()
        assert page.locator("button.theme").is_hidden(), "it would do nothing"


PAPER = "getComputedStyle(document.documentElement).backgroundColor"


def test_a_chosen_theme_stays_and_one_that_is_the_systems_is_not_kept(chromium, server):
    with opened(chromium, "book/glossary.html", server, color_scheme="light") as page:
        light = page.evaluate(PAPER)
        page.get_by_role("button", name="Dark theme").click()
        dark = page.evaluate(PAPER)
        assert dark != light
        page.goto(f"{server}book/notation.html")
        assert page.evaluate(PAPER) == dark
        page.get_by_role("button", name="Light theme").click()
        assert page.evaluate(PAPER) == light
        assert page.evaluate("localStorage.length") == 0
        page.emulate_media(color_scheme="dark")
        assert page.evaluate(PAPER) == dark
        page.get_by_role("button", name="Light theme").wait_for()


def test_what_another_book_on_the_host_keeps_does_not_matter(chromium, server):
    with opened(chromium, "book/glossary.html", server, color_scheme="light") as page:
        light = page.evaluate(PAPER)
        page.evaluate("localStorage.theme = 'dark'; localStorage['convolution-book-theme'] = 'auto'")
        page.reload()
        assert page.evaluate(PAPER) == light
        assert page.evaluate("document.documentElement.dataset.theme === undefined")


@pytest.mark.parametrize("name", CHAPTERS)
def test_figures_are_legible_in_the_dark(chromium, server, name):
    """They are drawn in dark lines: what is behind them has to be white."""
    with opened(chromium, f"{name}.html", server, color_scheme="dark") as page:
        behind = page.locator("main picture img").evaluate_all(
            "all => all.map((image) => getComputedStyle(image).backgroundColor)"
        )
        assert set(behind) <= {"rgb(255, 255, 255)"}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_forced_colours_leave_cells_window_and_place_visible(chromium, server, theme):
    settings = {"forced_colors": "active", "color_scheme": theme, "viewport": DESK}
    with opened(chromium, "book/2-bump.html", server, **settings) as page:
        assert page.evaluate("matchMedia('(forced-colors: active)').matches")
        edges = page.evaluate("""() => [...document.querySelectorAll(".ct-live .ct-line td.ct-cell")].map((cell) => {
            const { outlineStyle, outlineColor } = getComputedStyle(cell);
            return outlineStyle !== "none" && outlineColor !== getComputedStyle(document.documentElement).backgroundColor;
        })""")
        assert edges
        assert all(edges), "cells have no edge"
        assert axe(page) == []


def test_nothing_moves_for_readers_who_want_no_motion(chromium, server):
    moving = """() => [...document.querySelectorAll("*")].filter((part) => {
        const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(part);
        const slow = Math.max(...transitionDuration.split(",").map(parseFloat)) > 0.01;
        return slow || animationName !== "none" || scrollBehavior === "smooth";
    }).map((part) => part.outerHTML.slice(0, 120))"""
    for name in "book/welcome", "book/3-line", "book/8-learning-one-filter", "book/9-digits":
        with opened(chromium, f"{name}.html", server, reduced_motion="reduce") as page:
            assert page.evaluate(moving) == []


# --------------------------------------------------------------------- room


@pytest.mark.parametrize("name", EVERY_PAGE)
def test_code_scrolls_and_pages_never_do_sideways(chromium, server, name):
    """320 is a window of 1280 at 400 %."""
    with opened(chromium, f"{name}.html", server, viewport={"width": 320, "height": 600}) as page:
        for width in 320, 641, 1024:
            page.set_viewport_size({"width": width, "height": 600})
            assert page.evaluate(SIDEWAYS) == {"page": False, "parts": []}, width


def test_short_code_in_the_text_stays_whole(chromium, server):
    lines = """() => [...document.querySelectorAll("main :not(pre) > code")]
        .filter((code) => code.textContent.length <= 24).map((code) => new Set(
            [...code.getClientRects()].map((box) => box.top)).size)"""
    with opened(chromium, "book/course.html", server, viewport=PHONE) as page:
        found = page.evaluate(lines)
        assert len(found) > 20
        assert set(found) == {1}


SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const shift of list.getEntries()) window.shifted += shift.value;
}).observe({ type: "layout-shift", buffered: true });
"""
# Page down like somebody who reads: what comes near has come to life before it is seen.
READ = """async () => {
  const near = (figure) => {
    const { top, bottom } = figure.getBoundingClientRect();
    return top < 1.9 * innerHeight && bottom > -0.9 * innerHeight;
  };
  const waiting = () => [...document.querySelectorAll("figure[data-state]:not(.ct-mounted)")].some(near);
  const end = performance.now() + 60_000;
  for (let top = 0; top < document.documentElement.scrollHeight; top += innerHeight / 2) {
    scrollTo({ top, behavior: "instant" });
    do await new Promise((next) => requestAnimationFrame(() => setTimeout(next, 30)));
    while (waiting() && performance.now() < end);
  }
}"""


LOADS = [(name, size) for name in EVERY_PAGE for size in ("phone", "desk")]


@pytest.mark.parametrize(
    ("name", "size"), [*LOADS, (PAGES[0], "half a desk")]
)  # the first page keeps room at each size
def test_nothing_shifts_while_one_reads(chromium, server, name, size):
    with chromium.new_context(viewport=SIZES[size]) as context:
        context.add_init_script(SHIFTS)
        page = context.new_page()
        page.goto(f"{server}{name}.html")
        page.wait_for_timeout(300)
        page.evaluate(READ)
        mount(page, [])
        assert page.evaluate("shifted") < 0.02
