"""Pages made up for a test: any steppers, with the book's own script and style sheet, in a folder or on a host."""

import mimetypes
from pathlib import Path

import book_page
from building import ROOT

PAGE = """<!doctype html>
<html lang="en" data-theme="light">
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Made up</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="_static/book.css">
<style>
html {{ --paper: #fff; --ink: #323232; background: var(--paper); }}
html[data-theme="dark"] {{ --paper: #14181e; --ink: #ced6dd; }}
</style>
<body><main>{figures}</main><script src="_static/steppers.js"></script></body>
</html>
"""
HOST = "http://localhost/some/book/"  # answered by `serve`, not by a server; a host that may use the clipboard


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
