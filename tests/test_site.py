"""The built book in a real browser: every page, every step of every stepper, from a web server and from a folder."""

import re
import shutil
from urllib.parse import unquote, urlsplit

import mathematics
import pytest
from bs4 import BeautifulSoup
from building import ROOT, build
from pages import CHAPTERS, EVERY_PAGE, PAGES, PHONE, SIDEWAYS, STEPPERS, TOC, listen, mount, opened
from pixels import by_pixels

from convtools.maps import network
from convtools.state import values
from convtools.still import still
from convtools.trace import trace_state, trace_step
from convtools.words import number


@pytest.fixture(params=["http", "file"])
def home(request):
    """Where the book is: on a web server below some path, or in a folder, as opened by a double click."""
    if request.param == "http":
        return request.getfixturevalue("server")
    return request.getfixturevalue("site").as_uri() + "/"


def states(page):
    """The state that Python wrote into each stepper of the page; a photo stands beside it as a picture."""
    return page.locator(STEPPERS).evaluate_all("""all => all.map((figure) => {
        const state = JSON.parse(figure.dataset.state);
        return state.input === "#photo" ? { ...state, input: figure.querySelector("img.ct-photo").src } : state;
    })""")


@pytest.fixture(scope="module")
def soups(site):
    """Each page of the book, and the search, parsed. (What is in _static are the theme's templates.)"""
    paths = [*site.glob("*.html"), *site.glob("book/**/*.html")]
    return {path: BeautifulSoup(path.read_text("utf-8"), "html.parser") for path in paths}


@pytest.fixture(scope="module")
def most_steppers(soups, site):
    """The page with most steppers in it."""
    return max(PAGES, key=lambda name: len(soups[site / f"{name}.html"].select(STEPPERS)))


# ---------------------------------------------------------------- every page


@pytest.mark.parametrize("name", EVERY_PAGE)
def test_page_is_silent_and_its_steppers_show_pythons_numbers(chromium, home, name):
    with opened(chromium, f"{name}.html", home) as page:
        assert page.title()
        page.wait_for_function("[...document.images].every(image => image.complete && image.naturalWidth)")
        for figure, state in zip(page.locator(STEPPERS).all(), states(page), strict=True):
            if isinstance(state["input"], str):
                visit_corners(page, figure, state)
                continue
            radios = figure.get_by_role("radiogroup", name="Filter").get_by_role("radio").all()
            for chosen, radio in enumerate(radios):
                radio.check()
                walk_by_keyboard(page, figure, trace_state({**state, "filter": chosen}))
            steps = trace_state({**state, "filter": len(radios) - 1} if radios else state)
            if not radios:
                walk_by_keyboard(page, figure, steps)
            go_back_and_forward(figure, steps)


RECORD = """figure => {
  const text = (cell) => [...cell.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data).join("");
  const now = () => ({
    sentence: figure.querySelector(".ct-live .ct-sentence").textContent,
    spoken: figure.querySelector(".ct-live label:has(.ct-count) input").getAttribute("aria-valuetext"),
    map: [...figure.querySelectorAll(".ct-live td.ct-now")].map(text),
    height: figure.offsetHeight,
  });
  figure.seen = [now()];
  figure.oninput = () => figure.seen.push(now());
}"""


def walk_by_keyboard(page, figure, steps):
    """Take the slider from Home to its end and beyond by arrow keys, and compare what each step shows and says."""
    slider = figure.get_by_role("slider", name="Step")
    slider.focus()
    page.keyboard.press("Home")
    figure.evaluate(RECORD)
    for _ in steps:  # once more than there are places to go
        page.keyboard.down("ArrowRight")
    page.keyboard.up("ArrowRight")
    seen = figure.evaluate("figure => figure.seen")
    height = seen[0]["height"]  # stays the same: nothing moves while one steps
    for step, shown in zip(steps, seen, strict=True):
        words = {"sentence": step.sentence, "spoken": step.sentence}
        assert shown == {**words, "map": [number(step.output)], "height": height}
    assert slider.input_value() == slider.get_attribute("max") == str(len(steps) - 1)


def visit_corners(page, figure, state):
    """On a photo there are too many places to see all: compare the first, its neighbours and the last."""
    maps = network(state["layers"], values(state))
    slider = figure.get_by_role("slider", name="Step")
    slider.focus()
    for key in "Home", "ArrowRight", "End", "ArrowLeft":
        page.keyboard.press(key)
        step = trace_step(state, int(slider.input_value()), maps)
        assert slider.get_attribute("aria-valuetext") == step.sentence
        assert figure.locator(".ct-live .ct-sentence").text_content() == step.sentence


def go_back_and_forward(figure, steps):
    """From the last step press Back, Forward, and Forward once too often."""
    for button, step in ("Back", steps[-2]), ("Forward", steps[-1]), ("Forward", steps[-1]):
        figure.get_by_role("button", name=button).press("Enter")
        assert figure.locator(".ct-live .ct-sentence").text_content() == step.sentence


def test_every_chapter_has_a_stepper(soups, site):
    for name in CHAPTERS:
        assert soups[site / f"{name}.html"].select(STEPPERS), name


@pytest.mark.parametrize("name", EVERY_PAGE)
def test_paper_has_the_stills(chromium, server, name):
    with opened(chromium, f"{name}.html", server, viewport=PHONE) as page:
        for media, on_paper in ("screen", False), ("print", True):
            page.emulate_media(media=media)
            for figure in page.locator(STEPPERS).all():
                assert figure.locator("figcaption").is_visible() is on_paper
                assert figure.locator(".ct-live").is_visible() is not on_paper


def without_map(html):
    """HTML in which it does not matter that the page keeps the still map of a photo as a file."""
    attributes = r'(?:loading="lazy" decoding="async" )?src="[^"]*"'
    return re.sub(rf'(?<=<img class="ct-photo-map" ){attributes}', "", html)


@pytest.mark.parametrize("name", PAGES)
def test_without_javascript_the_still_stands(chromium, server, site, name):
    html = without_map(by_pixels((site / f"{name}.html").read_text("utf-8")))
    with opened(chromium, f"{name}.html", server, java_script_enabled=False, viewport=PHONE) as page:
        for figure, state in zip(page.locator(STEPPERS).all(), states(page), strict=True):
            assert without_map(by_pixels(still(state))) in html, "the still is not what Python makes of its state"
            assert all(part.is_visible() for part in figure.locator("table, img, figcaption").all())
            said = figure.locator("figcaption").text_content()
            number = int(re.match(r"Step (\d+) of ", said)[1]) - 1
            assert said == trace_step(state, number).sentence
        assert page.evaluate(SIDEWAYS) == {"page": False, "parts": []}


# --------------------------------------------------------- in special cases


def test_front_door_leads_to_the_welcome_page(chromium, home):
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(f"{home}index.html")
        page.wait_for_url(f"{home}{TOC['root']}.html")


def test_search_finds_a_word_in_a_chapter(chromium, home):
    with opened(chromium, "search.html?q=bump", home) as page:
        page.wait_for_selector(f'#search-results a[href*="{PAGES[2]}.html"]')


def test_a_broken_stepper_keeps_its_still_and_hurts_no_other(chromium, server, most_steppers):
    def spoil(route):
        begin = 'class="ct-stepper" data-state="'
        route.fulfill(body=route.fetch().text().replace(begin, f"{begin}oh no ", 1))

    with chromium.new_context() as context:
        page = context.new_page()
        complaints = listen(page, server)
        page.route(f"{server}{most_steppers}.html", spoil)
        page.goto(f"{server}{most_steppers}.html")
        broken, *others = page.locator(STEPPERS).all()
        assert others
        for figure in others:
            figure.scroll_into_view_if_needed()
            figure.get_by_role("slider", name="Step").wait_for()
        broken.scroll_into_view_if_needed()
        page.wait_for_timeout(200)
        assert broken.locator("figcaption").is_visible()
        assert broken.locator(".ct-live").count() == 0
    assert len(complaints) == 1
    assert complaints[0].startswith("This stepper could not be started.")


def test_a_host_that_runs_twice_mounts_once(chromium, server, most_steppers):
    with opened(chromium, f"{most_steppers}.html", server) as page:
        page.add_script_tag(url=page.locator("script[src*=steppers]").get_attribute("src"))
        mount(page, [])
        page.wait_for_timeout(200)
        assert page.locator(".ct-live").count() == page.locator("figure[data-state]").count()


def test_steppers_far_below_wait_until_one_comes_near(chromium, server, most_steppers):
    with chromium.new_context(viewport=PHONE) as context:
        page = context.new_page()
        page.goto(f"{server}{most_steppers}.html")
        all_of_them = page.locator("figure[data-state]")
        all_of_them.first.scroll_into_view_if_needed()
        all_of_them.first.locator(".ct-live").wait_for()
        page.wait_for_timeout(300)
        assert page.locator(".ct-live").count() < all_of_them.count()
        last = all_of_them.last
        assert last.locator(".ct-still").first.is_visible()
        last.scroll_into_view_if_needed()
        last.locator(".ct-live").wait_for()


# ---------------------------------------------------------- the files alone


def test_links_inside_the_book_resolve(soups, site):
    anchors = {path: {tag["id"] for tag in soup.find_all(id=True)} for path, soup in soups.items()}
    broken = []
    for path, soup in soups.items():
        for tag in soup.find_all(["a", "link", "img", "script", "source", "iframe"]):
            link = urlsplit(tag.get("href") or tag.get("src") or "")
            if link.scheme or link.netloc:
                continue
            target = (path.parent / unquote(link.path)).resolve() if link.path else path
            missing = not target.is_file() or not target.is_relative_to(site.resolve())
            state = re.match(r"stepper-\d+=", link.fragment)  # followed in tests/test_teaching.py
            if missing or (link.fragment and not state and unquote(link.fragment) not in anchors.get(target, ())):
                broken.append(f"{path.relative_to(site)}: {link.geturl()}")
    assert broken == []


def test_nothing_is_asked_of_another_host(soups, site):
    named = []
    for soup in soups.values():
        for tag in soup.find_all(["script", "link", "img", "source", "iframe", "video", "audio", "object", "embed"]):
            named += [
                str(tag) for name in ("src", "href", "srcset", "data") if re.match(r"(?!data:).*//", tag.get(name, ""))
            ]
        named += [script.text for script in soup.find_all("script") if re.search(r"https?:|[\"']//", script.text)]
    for path in site.rglob("*.css"):
        named += re.findall(r"""(?:url\(|@import)\s*["']?(?:https?:)?//.*""", path.read_text("utf-8"))
    assert named == []


def test_no_page_has_a_dead_control_or_asks_for_mathjax(soups, site):
    for name in PAGES:
        soup = soups[site / f"{name}.html"]
        assert soup.select('script[type*="jupyter.widget"], .widget-subarea, .thebe, .btn.disabled') == []
        text = soup.select_one("article").get_text()
        for word in "interactive(children=", "Stepper(", "MathJax":
            outputs = " ".join(output.get_text() for output in soup.select(".cell_output")) + str(soup.head)
            assert word not in outputs, f"{name}: {word}"
        assert "\\(" not in text
        assert all(math.find("math") for math in soup.select(".math")), name


# ------------------------------------------------------ the extension alone


@pytest.mark.parametrize(
    ("tex", "inside"),
    [
        ("3 - 1", "<mn>3</mn><mo>−</mo><mn>1</mn>"),
        (r"\frac{n}{s}", "<mfrac><mrow><mi>n</mi></mrow><mrow><mi>s</mi></mrow></mfrac>"),
        (r"a < b", "<mi>a</mi><mo>&lt;</mo><mi>b</mi>"),
        (r"\max(0, x)", '<mi>max</mi><mo stretchy="false">(</mo><mn>0</mn>'),
        (r"\text{ReLU}", "<mtext>ReLU</mtext>"),
        (r"\begin{aligned} a &= 1 \\ b &= 2 \end{aligned}", "<mo>=</mo><mn>2</mn></mtd></mtr></mtable>"),
    ],
)
def test_mathematics_becomes_mathml(tex, inside):
    assert inside in mathematics.to_mathml(tex, "inline")


@pytest.mark.parametrize("tex", [r"\unheard{x}", r"a &= b", r"\left( x", r"\begin{unheard} x \end{unheard}"])
def test_mathematics_that_is_not_understood_is_refused(tex):
    with pytest.raises(ValueError, match=r"\w"):
        mathematics.to_mathml(tex, "block")


def test_bad_mathematics_stops_the_build_and_a_new_stepper_reaches_old_pages(tmp_path):
    book = tmp_path / "small"
    shutil.copytree(ROOT / "book" / "_ext", book / "book" / "_ext", ignore=shutil.ignore_patterns("__pycache__"))
    for name in "_config.yml", "pyproject.toml", "tools/about.py":
        (book / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, book / name)
    shutil.copytree(ROOT / "convtools" / "page", book / "convtools" / "page")
    (book / "_toc.yml").write_text("format: jb-book\nroot: book/a\nchapters: [file: book/b]\n", "utf-8")
    (book / "book" / "b.md").write_text('# B\n\n<figure class="ct-stepper" data-state="{}"></figure>\n', "utf-8")

    def build_with(script, mathematics):
        (book / "convtools" / "page" / "stepper.js").write_text(f"{script};\nexport default {{}};", "utf-8")
        (book / "book" / "a.md").write_text(f"# A\n\n{mathematics}\n", "utf-8")
        html = tmp_path / "_build" / "html"
        went_well, said = build(book, tmp_path)
        assert script in (html / "_static" / "steppers.js").read_text("utf-8")
        soup = BeautifulSoup((html / "book" / "b.html").read_text("utf-8"), "html.parser")
        return went_well, said, soup.select_one("script[src*=steppers]")["src"]

    went_well, said, script = build_with("one()", r"$\unheard{x}$")
    assert not went_well
    assert r"no MathML for \unheard{x}" in said
    went_well, said, new_script = build_with("two()", "$x$")
    assert went_well, said
    assert new_script != script, "browsers would keep the old stepper"
