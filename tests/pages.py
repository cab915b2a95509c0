"""The pages of the built book, opened in a browser: everything on them at work, every complaint noted."""

from contextlib import contextmanager
from importlib.resources import files

import pytest
import yaml
from building import ROOT

TOC = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
PAGES = [TOC["root"], *(chapter["file"] for part in TOC["parts"] for chapter in part["chapters"])]
EVERY_PAGE = [*PAGES, "search"]
CHAPTERS = [name for name in PAGES if (ROOT / f"{name}.ipynb").exists()]
STEPPERS = "figure.ct-stepper"
PHONE, TABLET, DESK = ({"width": width, "height": height} for width, height in ((360, 740), (768, 1024), (1280, 900)))
# Figures come to life when they are near the screen: each is brought there. Answers what did not come to life.
MOUNT = """async () => {
  for (const figure of document.querySelectorAll("figure[data-state]")) {
    figure.scrollIntoView({ block: "center", behavior: "instant" });
    const end = performance.now() + 30_000;
    while (!figure.classList.contains("ct-mounted")) {
      if (performance.now() > end) return figure.outerHTML.slice(0, 200);
      await new Promise((next) => setTimeout(next, 5));
    }
  }
  scrollTo({ top: 0, behavior: "instant" });
  return "";
}"""

# Whether the page is wider than the screen, and which parts are beyond its edge without a frame that scrolls.
SIDEWAYS = """() => {
  const scrolls = (part) => part && (getComputedStyle(part).overflowX !== "visible" || scrolls(part.parentElement));
  const parts = [...document.querySelectorAll("body *")].filter((part) =>
    part.getBoundingClientRect().right > innerWidth + 1 && part.checkVisibility() && !scrolls(part.parentElement));
  return {
    page: document.scrollingElement.scrollWidth > innerWidth,
    parts: parts.map((part) => part.outerHTML.slice(0, 200)),
  };
}"""


@contextmanager
def opened(browser, address, home, **settings):
    """Open a page of the book, its figures mounted; whatever it complained of fails the test in the end."""
    scripts = settings.get("java_script_enabled", True)
    with browser.new_context(**{"reduced_motion": "reduce", **settings}) as context:
        page = context.new_page()
        complaints = listen(page, home) if scripts else []
        page.goto(home + address)
        if scripts:
            mount(page, complaints)
        yield page
        assert complaints == []


@contextmanager
def opened_in_firefox(page, address, home, viewport):
    """The same in the Firefox of tests/firefox.py."""
    page.complaints.clear()
    page.home = home
    page.set_viewport_size(viewport)
    page.goto(home + address)
    mount(page, page.complaints)
    yield page
    assert page.complaints == []


def mount(page, complaints):
    """Bring every figure of the page to life."""
    if dead := page.evaluate(MOUNT):
        pytest.fail(f"This does not come to life: {dead}\n{complaints}", pytrace=False)


def listen(page, home):
    """Return a list that fills with what goes wrong in `page`, and with requests that leave `home`."""
    complaints = []
    ours = (home, "blob:", "data:")

    def note(wrong, words):
        if wrong:
            complaints.append(words)

    page.on("console", lambda said: note(said.type in ("error", "warning"), said.text))
    page.on("pageerror", lambda error: note(True, str(error)))
    page.on("requestfailed", lambda request: note(True, f"{request.url} failed: {request.failure}"))
    page.on("response", lambda response: note(response.status >= 400, f"{response.url}: {response.status}"))
    page.on("request", lambda request: note(not request.url.startswith(ours), f"asks {request.url}"))
    return complaints


AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
FIND = """async () => {
  const rules = { "target-size": { enabled: true } }; // 24 x 24 pixels, or as far from its neighbours
  const options = { rules, resultTypes: ["violations"], preload: false }; // no style sheet is asked for again
  const { violations } = await axe.run(document, options);
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`));
}"""


def axe(page):
    """What axe finds in the whole page."""
    page.evaluate("text => { (0, eval)(text); }", AXE)
    return page.evaluate(FIND)
