"""Pages made up for a test: any steppers, with the book's own script and style sheet, in a folder or on a host."""

import importlib.util
import mimetypes
from pathlib import Path

from building import ROOT

PAGE = """<!doctype html>
<html lang="en" data-theme="light">
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Made up</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="_static/book.css">
<style>
html {{ --pst-color-background: #fff; --pst-color-text-base: #323232; background: var(--pst-color-background); }}
html[data-theme="dark"] {{ --pst-color-background: #14181e; --pst-color-text-base: #ced6dd; }}
</style>
<body><main class="bd-content">{figures}</main><script src="_static/steppers.js"></script></body>
</html>
"""
HOST = "http://localhost/some/book/"  # answered by `serve`, not by a server; a host that may use the clipboard

spec = importlib.util.spec_from_file_location("book_page", ROOT / "book" / "_ext" / "book_page.py")
book_page = importlib.util.module_from_spec(spec)
spec.loader.exec_module(book_page)


def still(stepper):
    """The figure that a page keeps of a widget."""
    return stepper._repr_mimebundle_()[0]["text/html"]


def write(folder, *figures, between=""):
    """Write a page of these figures with HTML between them; return its path."""
    (folder / "_static").mkdir(exist_ok=True)
    for name, text in book_page.assets(ROOT).items():
        (folder / "_static" / name).write_text(text, "utf-8")
    page = folder / "page.html"
    page.write_text(PAGE.format(figures=between.join(figures)), "utf-8")
    return page


def serve(context, folder):
    """Let a browser's context find the folder at HOST."""

    def answer(route):
        path = Path(folder, route.request.url.removeprefix(HOST).split("#")[0])
        if path.is_file():
            route.fulfill(body=path.read_bytes(), content_type=mimetypes.guess_type(path)[0])
        else:
            route.fulfill(status=404)

    context.route("http://localhost/**", answer)


def opened(context, address):
    """Open an address; return the page and a list that fills with its complaints."""
    page = context.new_page()
    complaints = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    return page, complaints
