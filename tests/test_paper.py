"""On paper: each chapter as a browser prints it, and the whole book as one PDF."""

import io
import re
import unicodedata

import pdf
import pytest
from bs4 import BeautifulSoup
from pages import CHAPTERS, PAGES, opened
from pypdf import PdfReader

A4 = {"format": "A4", "prefer_css_page_size": True, "tagged": True, "outline": True}


def squeezed(text):
    """A text without blanks and ligatures, of which a PDF has others than a page."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def soup_of(site, name):
    return BeautifulSoup((site / f"{name}.html").read_text("utf-8"), "html.parser")


def texts(reader):
    return [squeezed(page.extract_text()) for page in reader.pages]


def cut(soup, pages):
    """The cells and paragraphs of a chapter that no page has as a whole."""
    parts = soup.select(
        ".cell_input pre, .cell_output pre, .ct-caption, article p:not(:has(math, sup, img), details p)"
    )
    return [part.get_text() for part in parts if not any(squeezed(part.get_text()) in page for page in pages)]


def external(soup):
    """The addresses of other hosts that links in the text lead to without naming them."""
    links = soup.select('article a[href^="http"]')
    return {link["href"] for link in links if link["href"] != link.get_text()}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_prints_well(chromium, server, site, name):
    soup = soup_of(site, name)
    with opened(chromium, f"{name}.html", server, color_scheme="dark") as page:
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        pages = texts(PdfReader(io.BytesIO(page.pdf(**A4))))
        assert cut(soup, pages) == []
        whole = "".join(pages)
        for address in external(soup):
            assert squeezed(address) in whole, "paper has no links"
        for word in ("Skip to the text", "For teachers", "Forward", "☾", "☀"):
            assert (squeezed(word) in whole) is (squeezed(word) in squeezed(soup.article.get_text())), word
        for number, text in enumerate(pages, 1):
            assert text.startswith(str(number))
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
        schemes = page.locator(".ct-still").evaluate_all(
            "all => all.map((still) => getComputedStyle(still).colorScheme)"
        )
        assert set(schemes) <= {"light"}


def test_links_have_their_addresses_on_paper_alone(chromium, server):
    with opened(chromium, "book/course.html", server) as page:
        notes = page.locator(".on-paper")
        assert notes.count() >= 2  # a number in the text, and the list
        assert not any(note.is_visible() for note in notes.all())
        page.emulate_media(media="print")
        assert all(note.is_visible() for note in notes.all())


def test_what_is_folded_is_open_on_paper(chromium, server):
    with opened(chromium, "book/2-bump.html", server) as page:
        solution = page.locator("main details:has(summary:text-is('Solution')) p:not(summary p)").last
        assert not solution.is_visible()
        text = squeezed(solution.text_content())
        assert text in "".join(texts(PdfReader(io.BytesIO(page.pdf(**A4)))))


# ------------------------------------------------------------------- the whole book


@pytest.fixture(scope="module")
def path(site, tmp_path_factory, chromium):  # the browser is asked for so that there is one
    path = tmp_path_factory.mktemp("paper") / "book.pdf"
    pdf.make(site, path)
    return path


@pytest.fixture(scope="module")
def reader(path):
    return PdfReader(path)


@pytest.fixture(scope="module")
def pages(reader):
    return texts(reader)


def test_it_has_every_page_of_the_book_and_no_empty_one(site, pages):
    whole = "".join(page.removeprefix(str(number)) for number, page in enumerate(pages, 1))
    for name in PAGES:
        soup = soup_of(site, name)
        for tag in soup.select(".headerlink, details"):
            tag.decompose()
        for part in soup.select("article :is(h1, h2, p, li)"):
            if not part.select("math, sup, picture"):
                begin = squeezed(part.get_text())[:20]  # the rest may stand on the next page
                assert begin in whole, f"{name}: {part}"
    assert all(len(page) > 3 for page in pages), "a page with nothing but its number"


def test_no_cell_and_no_paragraph_is_cut(site, pages):
    for name in CHAPTERS:
        assert cut(soup_of(site, name), pages) == [], name


def test_each_page_has_its_number(pages):
    for number, text in enumerate(pages, 1):
        assert text.startswith(str(number))


def test_its_outline_has_the_chapters_and_their_sections(site, reader):
    tree = reader.outline
    titles = [entry.title for entry in tree if not isinstance(entry, list)]
    chapters = [soup_of(site, name).h1.get_text().removesuffix("#") for name in PAGES]
    assert titles[-len(chapters) :] == chapters
    at = next(n for n, entry in enumerate(tree) if not isinstance(entry, list) and entry.title == chapters[2])
    sections = [title.get_text().removesuffix("#") for title in soup_of(site, PAGES[2]).select("main h2")]
    inside = [entry.title for entry in tree[at + 1] if not isinstance(entry, list)]
    assert inside == [*sections, "Hints and answers"]


def test_its_contents_name_the_page_of_each_chapter(site, reader, pages):
    listed = unicodedata.normalize("NFKC", reader.pages[1].extract_text())
    for html, title in pdf.order(site):
        heading = soup_of(site, f"book/{html.stem}").h1.get_text().removesuffix("#")
        number = int(re.search(re.escape(title) + r"\s+(\d+)$", listed, re.MULTILINE)[1])
        assert squeezed(heading) in pages[number - 1], title


def test_its_links_lead_somewhere(reader):
    named, inside, outside = set(reader.named_destinations), 0, 0
    for page in reader.pages:
        for note in page.get("/Annots") or []:
            note = note.get_object()
            if note["/Subtype"] != "/Link":
                continue
            action = note.get("/A", {})
            target = note.get("/Dest") or action.get("/D")
            if target is not None:
                inside += 1
                assert not isinstance(target, str) or target.lstrip("/") in {name.lstrip("/") for name in named}, target
            else:
                outside += 1
                assert action["/URI"].startswith(("http://", "https://"))
    assert inside > 400
    assert outside > 10


def test_its_links_inside_have_their_targets_and_no_two_targets_are_the_same(site):
    soup = BeautifulSoup(pdf.html_of(site, {}), "html.parser")
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(set(ids)) == len(ids)
    links = [link["href"] for link in soup.select('a[href^="#"]')]
    assert len(links) > 400
    assert [link for link in links if link.removeprefix("#") not in ids] == []


def test_it_is_tagged_and_says_its_language_and_title(reader):
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712  a boolean of the PDF
    assert root["/StructTreeRoot"]["/K"]
    assert root["/Lang"] == "en"
    assert reader.metadata.title == "Convolutional Layers, Step by Step"


def test_a_link_to_no_page_of_the_book_is_refused(tmp_path):
    here = tmp_path / "a.html"
    with pytest.raises(SystemExit, match=r"a\.html has a link to b\.html, which is no page of the book"):
        pdf.target("b.html", here, {here: "a"})


def test_without_a_browser_the_way_to_one_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(pdf.CHROMIUM.__class__, "found", lambda kind: None)
    with pytest.raises(SystemExit, match="Install one, or print single pages"):
        pdf.print_to("", tmp_path / "a.pdf")
