"""The book's pages: their theme, what each says of itself, and one script and one style sheet for all."""

import hashlib
import re
import sys
from html import escape, unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import cards
from docutils import nodes
from sphinx.errors import ConfigError, ExtensionError
from writer import Writer

from convtools import page

try:
    import minify
except ImportError:  # a machine that it has no wheel for: the book works as well, and is 40 KB heavier
    minify = None

HERE = Path(__file__).parent
sys.path.append(str(HERE.parents[1] / "tools"))

from about import about, today  # noqa: E402  the line above says where it is

STEPPERS, SCRIPT, STYLE = "steppers.js", "book.js", "book.css"
COPY = {"documentation_options.js", "clipboard.min.js", "copybutton.js"}  # what sphinx-copybutton loads
FRONT_DOOR = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<meta http-equiv="refresh" content="0; url={page}">
<a href="{page}">{title}</a>
</html>
"""
# Before anything is drawn: a theme that the reader chose. Without one the page is as the system is.
CHOSEN_THEME = """\
try {
  const theme = localStorage.getItem("convolution-book-theme"); // other books may be on this host
  if (["light", "dark"].includes(theme)) document.documentElement.dataset.theme = theme;
} catch {}"""


def assets(root):
    """Return the texts of the book's scripts and style sheet, the widgets' own inside, without comments and blanks."""
    parts = root / "convtools" / "page"
    try:
        modules = [_as_function(widget, page.module(widget, parts)) for widget in page.WIDGETS]
    except OSError as error:
        raise ExtensionError(f"{error}: every page with a stepper or a question needs it.") from error
    host = (HERE / "host.js").read_text("utf-8")
    body = "\n".join(['"use strict";', host, "mountAll({", *modules, "});"])
    style = (HERE / STYLE).read_text("utf-8") + "\n" + page.style(*page.WIDGETS, folder=parts)
    return {
        STEPPERS: _lean("text/javascript", f"(() => {{\n{body}\n}})();\n"),
        SCRIPT: _lean("text/javascript", (HERE / SCRIPT).read_text("utf-8")),
        STYLE: _lean("text/css", style),
    }


def _lean(kind, text):
    """Return a script or style sheet without what only people need."""
    return minify.string(kind, text) if minify else text


def _as_function(name, module):
    """Return an ES module as the method of an object, which returns what the module exports by default."""
    before, default, after = re.fullmatch(r"(.*)^export default (.*?;)$(.*)", module, re.DOTALL | re.MULTILINE).groups()
    body = re.sub(r"^export ", "", f"{before}{after}\nreturn {default}", flags=re.MULTILINE)
    return f"{name}() {{\n{body}\n}},"


def configure(app, config):
    """Read what the book says of itself; when anything changes that all pages show, Sphinx writes them all anew."""
    config.html_theme_options = {}  # Jupyter Book sets those of another theme
    try:
        app.book = about(Path(app.srcdir))
    except ValueError as error:
        raise ConfigError(str(error)) from None
    config.html_baseurl = app.book.address
    config.html_copy_source = bool(app.book.repository)  # notebooks to download need it for their install cell
    sources = [path.read_text("utf-8") for path in [*HERE.glob("*.py"), *HERE.glob("theme/*.html")]]
    texts = [*assets(Path(app.srcdir)).values(), *sources, repr(app.book), today()]
    config.book_page_digest = hashlib.sha256("".join(texts).encode()).hexdigest()


def write_assets(app):
    if app.builder.format == "html":
        static = Path(app.outdir, "_static")
        static.mkdir(parents=True, exist_ok=True)
        for name, text in assets(Path(app.srcdir)).items():
            (static / name).write_text(text, "utf-8")
        root = app.builder.get_target_uri(app.config.root_doc)
        door = FRONT_DOOR.format(title=escape(app.config.html_title), page=root)
        Path(app.outdir, "index.html").write_text(door, "utf-8")


def add_to_page(app, pagename, templatename, context, doctree):
    """Give the template what it shows: description, contents, launch buttons, and only the files that are used."""
    body = context.get("body", "")
    wanted = {SCRIPT} | (COPY if 'class="highlight"' in body else set())
    if re.search(f'class="ct-({"|".join(page.WIDGETS)})', body):
        app.add_js_file(STEPPERS, loading_method="defer")
        wanted.add(STEPPERS)
    context["script_files"] = named(context["script_files"], wanted)
    context["css_files"] = named(context["css_files"], {STYLE})
    path = str(app.env.doc2path(pagename, base=False)) if doctree else ""
    title = re.sub(r"<[^>]*>", "", context["title"]) if doctree else "Search"
    context.update(
        about=app.book,
        today=today(),
        chosen_theme=CHOSEN_THEME,
        description=description(doctree) if doctree else f"Search {app.book.title}: chapters, glossary and all.",
        contents=contents(context),
        card=card(app, pagename, title) if app.book.address else "",
        launch=launch(app.book, path) if path.endswith(".ipynb") and app.book.repository else None,
    )


def named(files, names):
    return [file for file in files if Path(str(file.filename or "")).name in names]


def description(doctree, most=200):
    """Return the page's first paragraph, or as many of its sentences as `most` characters hold."""
    paragraph = next((node.astext() for node in doctree.findall(nodes.paragraph)), "")
    sentences = re.split(r"(?<=[.?!]) ", " ".join(paragraph.split()))
    kept = sentences[0]
    for sentence in sentences[1:]:
        if len(kept) + 1 + len(sentence) > most:
            break
        kept += f" {sentence}"
    return kept


def contents(context):
    """Return the list of all pages, with the sections of the one that is shown."""
    pages = (context["toctree"](maxdepth=1, collapse=True, includehidden=True) or "").replace(' role="heading"', "")
    sections = context.get("toc", "").partition("</a>")[2].rpartition("</li>")[0]  # in the page's own item
    here = re.compile(r'<a class="current reference internal" href="#">(.*?)</a>')
    return here.sub(lambda match: f'<a aria-current="page" href="#">{match[1]}</a>{sections}', pages)


def card(app, pagename, title):
    """Draw the page's social card, and return its address, which has to be a whole one."""
    name = f"card-{Path(pagename).name}.png"
    cards.save(Path(app.outdir, app.builder.imagedir, name), app.book.title, unescape(title))
    return f"{app.book.address}{app.builder.imagedir}/{name}"


def launch(book, path):
    """Return where the notebook at `path` can be opened, and what it is called below _sources."""
    return {"colab": book.colab(path), "binder": book.binder(path), "notebook": path}


def drop_unused(app, error):
    """Remove what Sphinx and its extensions brought and no page names: fonts, icons, scripts, style sheets."""
    if error or app.builder.format != "html":
        return
    outdir = Path(app.outdir)
    named = set()
    for html in [*outdir.glob("*.html"), *outdir.glob("book/**/*.html")]:
        links = re.findall(r'(?:src|href)="([^"]*_static/[^"]*)"', html.read_text("utf-8"))
        named |= {(html.parent / unquote(urlsplit(link).path)).resolve() for link in links}
    for file in outdir.glob("_static/**/*"):
        if file.is_file() and file.resolve() not in named:
            file.unlink()


def setup(app):
    app.setup_extension("mathematics")
    app.add_html_theme("book", str(HERE / "theme"))
    app.set_translator("html", Writer)
    app.add_config_value("book_page_digest", "", "html")
    app.add_css_file(STYLE)
    app.add_js_file(SCRIPT, loading_method="defer")
    app.connect("config-inited", configure)
    app.connect("builder-inited", write_assets)
    app.connect("html-page-context", add_to_page, priority=900)
    app.connect("build-finished", drop_unused)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
