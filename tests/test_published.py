"""The book as it is published: what each page says of itself, its launch buttons, and the whole of it as a zip."""

import shutil
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import pack
import pytest
from about import about
from bs4 import BeautifulSoup
from building import ROOT, build
from pages import CHAPTERS, EVERY_PAGE, PAGES, PHONE, opened
from PIL import Image
from serving import serving

REPOSITORY = "https://github.com/Ada/some-book"
ADDRESS = "https://ada.github.io/some-book/"


def parse(site):
    return {name: BeautifulSoup((site / f"{name}.html").read_text("utf-8"), "html.parser") for name in EVERY_PAGE}


@pytest.fixture(scope="module")
def soups(site):
    return parse(site)


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    """The folder of the HTML of the same book, once its repository is named."""
    root = tmp_path_factory.mktemp("named")
    ignore = shutil.ignore_patterns("_build", "__pycache__", ".*", "tests", "classroom")
    shutil.copytree(ROOT, root / "book", ignore=ignore)
    config = root / "book" / "_config.yml"
    text = config.read_text("utf-8")
    assert text.count('  url: ""') == 1
    config.write_text(text.replace('  url: ""', f'  url: "{REPOSITORY}"'), "utf-8")
    went_well, said = build(root / "book", root)
    assert went_well, said
    return root / "_build" / "html"


# --------------------------------------------------------- what a page says of itself


def said(soup, name):
    tag = soup.find("meta", attrs={"name": name}) or soup.find("meta", attrs={"property": name})
    return tag and tag["content"]


def test_each_page_has_a_title_and_a_description_of_its_own(soups):
    titles = [soup.title.get_text() for soup in soups.values()]
    descriptions = [said(soup, "description") for soup in soups.values()]
    for texts in titles, descriptions:
        assert len(set(texts)) == len(texts)
    assert all(50 <= len(text) <= 200 for text in descriptions), descriptions
    assert all(title.endswith(about().title) for title in titles)
    for soup in soups.values():
        assert said(soup, "og:title") == soup.h1.get_text().removesuffix("#")
        assert said(soup, "og:description") == said(soup, "description")


def test_each_page_says_version_date_and_licences(soups):
    for soup in soups.values():
        footer = soup.select_one("body > footer")
        assert f"version {about().version}" in footer.get_text()
        assert footer.time["datetime"] == footer.time.get_text()
        assert [link.get_text() for link in footer.find_all("a", rel="license")] == ["CC BY 4.0", "MIT"]


def test_a_book_without_a_repository_has_no_button_that_leads_nowhere(soups, site):
    for soup in soups.values():
        assert soup.select('.launch, link[rel="canonical"], meta[property="og:image"], meta[property="og:url"]') == []
        assert soup.find(string=lambda text: "colab.research" in text) is None
    assert not (site / "_sources").exists()


def test_a_named_repository_gives_chapters_launch_buttons(named):
    soups = parse(named)
    tag = about().tag
    for name in CHAPTERS:
        colab, binder, notebook = soups[name].select(".launch a")
        assert colab["href"] == f"https://colab.research.google.com/github/Ada/some-book/blob/{tag}/{name}.ipynb"
        assert binder["href"] == f"https://mybinder.org/v2/gh/Ada/some-book/{tag}?urlpath=lab/tree/{name}.ipynb"
        file = (named / name).parent / notebook["href"]
        assert file.read_bytes() == (ROOT / f"{name}.ipynb").read_bytes()
        assert notebook.has_attr("download")
    for name in set(EVERY_PAGE) - set(CHAPTERS):
        assert soups[name].select(".launch") == []


def test_a_named_repository_gives_pages_an_address_and_a_card(named):
    soups = parse(named)
    for name in EVERY_PAGE:
        assert soups[name].find("link", rel="canonical")["href"] == f"{ADDRESS}{name}.html"
        assert said(soups[name], "og:url") == f"{ADDRESS}{name}.html"
        card = said(soups[name], "og:image")
        assert card.startswith(ADDRESS)
        with Image.open(named / card.removeprefix(ADDRESS)) as image:
            assert image.size == (1200, 630)
        assert said(soups[name], "og:image:alt")
    cards = {(named / said(soup, "og:image").removeprefix(ADDRESS)).read_bytes() for soup in soups.values()}
    assert len(cards) == len(EVERY_PAGE), "each has its own title"


def test_the_named_book_asks_no_other_host_either(chromium, named):
    with serving(named, "/some-book/") as server:
        for name in "book/welcome", "book/2-bump":
            with opened(chromium, f"{name}.html", server, viewport=PHONE) as page:
                assert page.locator(".launch").is_visible()


def test_what_no_page_uses_is_not_there(site, soups):
    """No fonts, no icons, no scripts of a theme that the book does not have."""
    tags = [tag for soup in soups.values() for tag in soup.find_all(["link", "script", "img"])]
    named = {Path(urlsplit(tag.get("href") or tag.get("src") or "").path).name for tag in tags}
    there = {path.name for path in (site / "_static").rglob("*") if path.is_file()}
    assert there <= named
    assert there >= {"book.css", "book.js", "steppers.js", "favicon.svg"}


# --------------------------------------------------------------------- as a zip


@pytest.fixture(scope="module")
def unpacked(site, tmp_path_factory):
    folder = tmp_path_factory.mktemp("a reader's stick")  # with a blank and an apostrophe
    pack.pack(site, folder / "the-book.zip")
    with zipfile.ZipFile(folder / "the-book.zip") as bundle:
        assert bundle.testzip() is None
        bundle.extractall(folder)
    return folder / "the-book"


def test_the_same_book_is_the_same_zip(site, unpacked, tmp_path):
    pack.pack(site, tmp_path / "the-book.zip")
    assert (tmp_path / "the-book.zip").read_bytes() == (unpacked.parent / "the-book.zip").read_bytes()


def test_an_unpacked_book_is_read_from_its_front_door(chromium, unpacked):
    home = f"{unpacked.as_uri()}/"
    with chromium.new_context(viewport=PHONE) as context:
        page = context.new_page()
        page.goto(f"{home}index.html")
        page.wait_for_url(f"{home}{PAGES[0]}.html")
        page.get_by_role("link", name="Begin with chapter 1").click()
        page.locator("figure.ct-stepper").first.scroll_into_view_if_needed()
        page.locator("figure.ct-stepper .ct-live").first.wait_for()


NEAR_ONES_LIVE = """() => [...document.querySelectorAll("figure[data-state]:not(.ct-mounted)")].every((figure) => {
    const { top, bottom } = figure.getBoundingClientRect();
    return bottom < -innerHeight || top > 2 * innerHeight;
})"""
IN_SIGHT = """words => {
    const shown = getSelection();
    if (shown.toString().toLowerCase() !== words) return false;
    const { top, bottom } = shown.getRangeAt(0).getBoundingClientRect();
    const paragraph = shown.anchorNode.parentElement.closest("p")?.getBoundingClientRect() ?? { top };
    return 0 <= paragraph.top && paragraph.top <= top && top < bottom && bottom <= innerHeight;
}"""


@pytest.mark.parametrize(
    ("words", "page_found", "shown"),
    [
        ("thermometer", "book/1-convolution.html", "thermometer"),  # in a chapter's text
        ("correlate", "book/1-convolution.html", "correlate"),  # in its code
        ("colder", "book/1-convolution.html", "colder"),  # first within an answer that is closed
        (
            "dilation rate",
            "book/4-edges-and-steps.html",
            "dilation rate",
        ),  # below a stepper that is higher once it lives
        ("flips", "book/1-convolution.html", "flips"),  # a link within a paragraph, which is shown from its beginning
        ("stride", "book/glossary.html", "stride"),
        ("Equivariance", "book/glossary.html", "equivariance"),
        ("overfitting", "book/glossary.html", "overfitting"),
        ("feature  map", "book/glossary.html", "feature map"),
        ("slider moves", "book/1-convolution.html", "slider moves"),  # a line of the HTML ends between the two
        ("patch thermometer", "book/1-convolution.html", "patch"),  # nowhere side by side
    ],
)
def test_search_finds_words_of_chapters_and_terms_of_the_glossary(chromium, unpacked, words, page_found, shown):
    home = f"{unpacked.as_uri()}/"
    with opened(chromium, f"{PAGES[4]}.html", home, viewport=PHONE) as page:
        field = page.get_by_role("searchbox", name="Search the book")
        field.fill(words)
        field.press("Enter")
        page.wait_for_selector(f'#search-results a[href*="{page_found}"]')
        found = page.locator(f'#search-results a[href*="{page_found}"]').first
        found.click()
        page.wait_for_url(lambda url: urlsplit(url).path.endswith(page_found))
        page.wait_for_function(NEAR_ONES_LIVE)
        page.wait_for_function(IN_SIGHT, arg=shown)


def test_a_search_in_vain_says_so(chromium, unpacked):
    with opened(chromium, "search.html?q=zebrafish", f"{unpacked.as_uri()}/") as page:
        page.get_by_text("Nothing found.").wait_for()
