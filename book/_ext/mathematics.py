"""TeX as MathML: nothing is loaded for it, and screen readers read it."""

import re
from html import escape, unescape
from xml.etree import ElementTree

from docutils import nodes
from latex2mathml.converter import convert_to_element
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

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


def setup(app):
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_display_math, None))
