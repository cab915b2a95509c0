"""How a page's parts are written: pictures light, wide parts in a frame that scrolls, links as footnotes on paper."""

import posixpath
from html import escape
from pathlib import Path

import pictures
from docutils import nodes
from sphinx.writers.html5 import HTML5Translator


class Writer(HTML5Translator):
    """Sphinx's own writer, but for what stands here."""

    def __init__(self, *args):
        super().__init__(*args)
        self.addresses = []  # of the links that paper needs in full

    def visit_image(self, node):
        name = self.builder.images.get(node["uri"])
        if not name or not name.endswith(".png"):
            return super().visit_image(node)
        folder, path = Path(self.builder.outdir, self.builder.imagedir), Path(self.builder.srcdir, node["uri"])
        html = pictures.picture(path, folder, self.builder.imgpath, escape(node.get("alt", "")))
        self.body.append(html.replace(path.name, name))
        raise nodes.SkipNode

    def visit_raw(self, node):
        if "html" in node.get("format", "").split() and "ct-photo-map" in node.astext():
            folder = Path(self.builder.outdir, self.builder.imagedir)
            self.body.append(pictures.lighter_stills(node.astext(), folder, self.builder.imgpath))
            raise nodes.SkipNode
        super().visit_raw(node)

    def visit_table(self, node):
        self.body.append('<div class="wide" role="group" aria-label="Table" tabindex="0">')
        super().visit_table(node)

    def depart_table(self, node):
        super().depart_table(node)
        self.body.append("</div>\n")

    def visit_literal(self, node):
        if len(node.astext()) <= 24:  # so that it stays whole, and a narrow screen still has room for it
            node["classes"].append("short")
        super().visit_literal(node)

    def visit_literal_block(self, node):
        try:
            return super().visit_literal_block(node)
        except nodes.SkipNode:
            name = "Output" if node.get("language") == "myst-ansi" else "Code"
            self.body[-1] = self.body[-1].replace("<pre>", f'<pre role="group" aria-label="{name}" tabindex="0">')
            raise

    def add_permalink_ref(self, node, title):
        """For those who see it; to others the heading would end in a "number sign"."""
        super().add_permalink_ref(node, title)
        self.body[-1] = self.body[-1].replace("<a ", '<a aria-hidden="true" tabindex="-1" ', 1)

    def depart_reference(self, node):
        super().depart_reference(node)
        address = node.get("refuri", "")
        if address.startswith(("http:", "https:")) and address != node.astext():
            if address not in self.addresses:
                self.addresses.append(address)
            self.body.append(f'<sup class="on-paper">{self.addresses.index(address) + 1}</sup>')

    def depart_document(self, node):
        if self.addresses:
            items = "".join(f"<li>{escape(address)}</li>" for address in self.addresses)
            self.body.append(f'<ol class="on-paper addresses">{items}</ol>\n')
        super().depart_document(node)


def in_page(page, path):
    """Return the address of `path`, seen from the output's root, as the page named `page` sees it."""
    return posixpath.relpath(path, posixpath.dirname(page) or ".")
