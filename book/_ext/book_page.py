"""What the book's pages need beyond the theme: mathematics as MathML, and one script for all steppers and questions."""

import hashlib
import re
from html import escape, unescape
from pathlib import Path
from xml.etree import ElementTree

from docutils import nodes
from latex2mathml.converter import convert_to_element
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

from convtools import page

HERE = Path(__file__).parent
SCRIPT, STYLE = "steppers.js", "book.css"
FRONT_DOOR = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<link rel="icon" href="data:,">
<meta http-equiv="refresh" content="0; url={page}">
<a href="{page}">{title}</a>
</html>
"""
FOLLOW_SYSTEM = """\
if (!localStorage.getItem("mode")) {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  Object.assign(document.documentElement.dataset, { mode: "auto", theme: dark ? "dark" : "light" });
}"""
ENVIRONMENTS = {"align*", "array", "bmatrix", "cases", "matrix", "pmatrix"}
logger = logging.getLogger(__name__)


def to_mathml(tex, display):
    """Return TeX as MathML; `display` is "inline" or "block". Errors: `ValueError` for what cannot be translated."""
    tex = tex.replace("{aligned}", "{align*}")  # the translator knows it by this name only
    for name in re.findall(r"\\begin{(.*?)}", tex):
        if name not in ENVIRONMENTS:  # it would leave them out in silence
            raise ValueError(f"\\begin{{{name}}} is not known")
    try:
        math = convert_to_element(tex, display=display)
    except Exception as error:  # it has a dozen exceptions, without a word in them
        raise ValueError(type(error).__name__) from error
    for element in math.iter():
        element.text = unescape(element.text or "")
        if element.text.startswith("\\") or element.text == "&":
            raise ValueError(f"{element.text} is not known")
        if element.tag == "mo" and element.text.isalpha() and element.text.isascii():
            element.tag = "mi"  # max, ReLU: a name, not a sign with room around it
        if not element.text:
            element.text = None
    return ElementTree.tostring(math, encoding="unicode")


def write_math(translator, node, display):
    try:
        translator.body.append(to_mathml(node.astext(), display))
    except ValueError as error:
        logger.warning("no MathML for %s: %s", node.astext(), error, location=node)
        translator.body.append(f"<code>{escape(node.astext())}</code>")


def visit_math(translator, node):
    translator.body.append(translator.starttag(node, "span", "", CLASS="math"))
    write_math(translator, node, "inline")
    translator.body.append("</span>")
    raise nodes.SkipNode


def visit_display_math(translator, node):
    translator.body.append(translator.starttag(node, "div", CLASS="math", tabindex="0"))  # it may scroll sideways
    if node["number"]:
        translator.body.append(f'<span class="eqno">({get_node_equation_number(translator, node)})</span>')
    write_math(translator, node, "block")
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def assets(root):
    """Return the texts of the book's script and style sheet, each with the widgets' own inside."""
    parts = root / "convtools" / "page"
    try:
        modules = [_as_function(widget, page.module(widget, parts)) for widget in page.WIDGETS]
    except OSError as error:
        raise ExtensionError(f"{error}: every page with a stepper or a question needs it.") from error
    host = (HERE / "host.js").read_text("utf-8")
    body = "\n".join(['"use strict";', host, "mountAll({", *modules, "});"])
    return {
        SCRIPT: f"(() => {{\n{body}\n}})();\n",
        STYLE: (HERE / STYLE).read_text("utf-8") + "\n" + page.style(*page.WIDGETS, folder=parts),
    }


def _as_function(name, module):
    """Return an ES module as the method of an object, which returns what the module exports by default."""
    before, default, after = re.fullmatch(r"(.*)^export default (.*?;)$(.*)", module, re.DOTALL | re.MULTILINE).groups()
    body = re.sub(r"^export ", "", f"{before}{after}\nreturn {default}", flags=re.MULTILINE)
    return f"{name}() {{\n{body}\n}},"


def digest_assets(app, config):
    """Put what every page depends on into the settings: when it changes, Sphinx writes all pages anew."""
    texts = [*assets(Path(app.srcdir)).values(), Path(__file__).read_text("utf-8")]
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


def add_script(app, pagename, templatename, context, doctree):
    """Load the script where a widget is. (Sphinx puts a checksum behind its name, for the cache.)"""
    if re.search(f'class="ct-({"|".join(page.WIDGETS)})', context.get("body", "")):
        app.add_js_file(SCRIPT, loading_method="defer")


def setup(app):
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_display_math, None))
    app.add_config_value("book_page_digest", "", "html")
    app.add_css_file(STYLE)
    app.add_js_file(None, body=FOLLOW_SYSTEM)
    app.connect("config-inited", digest_assets)
    app.connect("builder-inited", write_assets)
    app.connect("html-page-context", add_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
