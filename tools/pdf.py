"""The whole book as one PDF, printed by the browser of this machine: outline, page numbers, links, tags.

python tools/pdf.py    prints _build/html, which `make book` has made, to _build/<package>-<version>.pdf
"""

import logging
import re
import subprocess
import tempfile
from html import escape
from pathlib import Path
from urllib.parse import unquote, urlsplit

from about import about, built, today, whole
from browser import ARGUMENTS, CHROMIUM
from bs4 import BeautifulSoup
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, TextStringObject

# Attributes that name an element by its id, alone or in a row.
NAMES = ("id", "for", "headers", "aria-labelledby", "aria-describedby", "aria-controls", "list")
NEEDS = (
    "make pdf needs Chromium, Chrome or Edge, and none is on this machine. Install one, or print single pages instead."
)
PAGE = """\
<!doctype html>
<html lang="en" data-theme="light">
<head>
<meta charset="utf-8">
<title>{title}</title>
<link rel="stylesheet" href="{style}">
<style>@page {{ size: A4; }}</style>
</head>
<body class="whole">
<main>
<section class="cover">
<p class="title">{title}</p>
<p>Version {version}, {today}</p>
<p>Text: CC BY 4.0. Code: MIT.</p>
<p>In this book’s pages you move the filters yourself{where}. Here each stepper stands still at one step.</p>
</section>
<nav class="toc" aria-label="Contents"><h2>Contents</h2>
{contents}
</nav>
{chapters}
</main>
</body>
</html>
"""


def order(folder):
    """The book's pages in reading order: [(path, title)], the first page first."""
    soup = BeautifulSoup((folder / "book" / "welcome.html").read_text("utf-8"), "html.parser")
    links = soup.select("nav.contents > ul > li > a:not([aria-current])")
    first = (folder / "book" / "welcome.html", "Welcome")
    return [first, *(((folder / "book" / link["href"]).resolve(), link.get_text(" ", strip=True)) for link in links)]


def chapter(html, names):
    """The article of the page at the path `html`, its ids and links made unique in the whole book.

    names: the pages that the whole has, {path: id}.
    """
    article = BeautifulSoup(html.read_text("utf-8"), "html.parser").article
    own = names[html]
    for tag in article.select(".headerlink, .launch, script, source, .ct-live"):
        tag.decompose()
    for tag in article.find_all(True):
        for name in set(NAMES) & set(tag.attrs):
            values = tag[name] if isinstance(tag[name], list) else tag[name].split()
            tag[name] = " ".join(f"{own}--{value}" for value in values)
        if tag.name == "a" and tag.get("href"):
            tag["href"] = target(tag["href"], html, names)
        elif tag.name == "img":
            tag["src"] = image(tag["src"], html)
            del tag["loading"]  # all of it is printed
    answers(article, own)
    article.name = "section"
    article["id"] = own
    article["class"] = "chapter"
    return article


def target(href, html, names):
    """Where a link of the page `html` leads inside the whole; other hosts stay as they are."""
    link = urlsplit(href)
    if link.scheme or link.netloc:
        return href
    page = names.get((html.parent / unquote(link.path)).resolve() if link.path else html)
    if page is None:
        raise SystemExit(f"{html.name} has a link to {href}, which is no page of the book.")
    inside = link.fragment and not link.fragment.startswith("stepper-")  # the state of a stepper: here it stands still
    return f"#{page}--{unquote(link.fragment)}" if inside else f"#{page}"


def image(src, html):
    return src if src.startswith("data:") else (html.parent / unquote(urlsplit(src).path)).resolve().as_uri()


def answers(article, own):
    """Move what is folded in the page (hints, solutions) to the chapter's end, with links both ways."""
    soup = BeautifulSoup("", "html.parser")
    folded = article.find_all("details")
    if not folded:
        return
    article.append(heading := soup.new_tag("h2", id=f"{own}--answers"))
    heading.string = "Hints and answers"
    for number, details in enumerate(folded, 1):
        what = details.summary.extract().get_text(strip=True)
        see = soup.new_tag("p", attrs={"class": "see", "id": f"{own}--asked-{number}"})
        see.append(link := soup.new_tag("a", href=f"#{own}--answer-{number}"))
        link.string = f"{what}: number {number} at the end of the chapter"
        details.replace_with(see)
        details.name, details.attrs = "div", {"class": "answer", "id": f"{own}--answer-{number}"}
        details.insert(0, back := soup.new_tag("p"))
        back.append(up := soup.new_tag("a", href=f"#{own}--asked-{number}"))
        up.string = f"{number}. {what}"
        article.append(details)


def html_of(folder, pages):
    """The HTML of the whole book. pages: {id: page number} for the table of contents, where they are known."""
    book, listed = about(), order(folder)
    names = {path: path.stem for path, _ in listed}
    contents = "".join(
        f'<p><a href="#{names[path]}"><span>{escape(title)}</span> <span>{pages.get(names[path], "")}</span></a></p>'
        for path, title in listed
    )
    return PAGE.format(
        title=escape(book.title),
        style=(folder / "_static" / "book.css").as_uri(),
        version=book.version,
        today=today(),
        where=f', at <a href="{escape(book.address)}">{escape(book.address)}</a>' if book.address else "",
        contents=contents,
        chapters="\n".join(str(chapter(path, names)) for path, _ in listed),
    )


def print_to(html, pdf):
    """Have the browser print the HTML text to the path `pdf`. Errors: `SystemExit`, in words."""
    browser = CHROMIUM.found()
    if not browser:
        raise SystemExit(NEEDS)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "book.html")
        source.write_text(html, "utf-8")
        command = [
            *(browser, "--headless", *ARGUMENTS, f"--user-data-dir={folder}/profile"),
            *("--no-pdf-header-footer", "--generate-pdf-document-outline", f"--print-to-pdf={pdf}", source.as_uri()),
        ]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=300)
    if done.returncode or not pdf.exists():
        raise SystemExit(f"{browser} could not print the book. Its words:\n{done.stderr[-2000:]}")


def mend_outline(html, pdf):
    """Write the headings' own words into the outline: Chromium doubles those that begin a page."""
    soup = BeautifulSoup(html, "html.parser")
    titles = [" ".join(heading.get_text().split()) for heading in soup.find_all(re.compile(r"^h[1-6]$"))]
    logging.getLogger("pypdf").setLevel(logging.ERROR)  # it would remark that the copy has more objects
    writer = PdfWriter(clone_from=pdf)
    writer.add_metadata({"/Author": f"The authors of {about().title}", "/Creator": "make pdf"})
    entries = list(outline(writer.root_object["/Outlines"]))
    if len(entries) != len(titles):
        raise SystemExit(f"The PDF's outline has {len(entries)} entries, the book {len(titles)} headings.")
    for entry, title in zip(entries, titles, strict=True):
        entry[NameObject("/Title")] = TextStringObject(title)
    writer.write(pdf)


def outline(parent):
    """Yield the entries of a PDF's outline in order, each before those below it."""
    entry = parent.get("/First")
    while entry is not None:
        entry = entry.get_object()
        yield entry
        yield from outline(entry)
        entry = entry.get("/Next")


def pages_of(pdf, names):
    """The page, from 1, on which each chapter begins: {id: number}."""
    reader = PdfReader(pdf)
    found = reader.named_destinations
    return {
        name: reader.get_destination_page_number(found[key]) + 1
        for name in names
        for key in (name, f"/{name}")
        if key in found
    }


def make(folder, pdf):
    """Print the book in `folder` to the path `pdf`: once to see where its chapters begin, and once more."""
    pdf.parent.mkdir(parents=True, exist_ok=True)
    names = [path.stem for path, _ in order(folder)]
    pages = {}
    for _ in range(3):  # page numbers change no line, so the second print is the last; a third is tried, no more
        print_to(html := html_of(folder, pages), pdf)
        before, pages = pages, pages_of(pdf, names)
        if pages == before:
            break
    mend_outline(html, pdf)
    if missing := set(names) - set(pages):
        raise SystemExit(f"In the PDF these chapters cannot be found: {', '.join(sorted(missing))}.")


def main():
    pdf = whole(".pdf")
    make(built(), pdf)
    print(f"{pdf}: {len(PdfReader(pdf).pages)} pages")


if __name__ == "__main__":
    main()
