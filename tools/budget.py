"""How much each page of the built book transfers, and whether that is within the budget.

python tools/budget.py           prints the table; when all pages fit, what each file weighs is kept in budget.json
python tools/budget.py --check   prints the table and keeps nothing
"""

import argparse
import gzip
import json
import sys
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from about import HTML, built, pages
from bs4 import BeautifulSoup

RECORD = Path(__file__).with_suffix(".json")
SHARED, FURTHER, FIRST = 150, 100, 300  # KB (1000 bytes): what pages share, a page's own, the first page of a visit
TEXT = {".html", ".css", ".js", ".svg"}  # a host sends them compressed


@cache
def weight(path):
    """The bytes that a host sends for a file."""
    content = path.read_bytes()
    return len(gzip.compress(content, 9) if path.suffix in TEXT else content)


def files(page, html):
    """What the page at the path `html` has of its own, and what it shares with others: two dicts, name to path.

    A picture counts whether or not it is below the first screen.
    """
    soup = BeautifulSoup(html.read_text("utf-8"), "html.parser")
    shared, own = {}, {f"{page}.html": html}
    for tag in soup.find_all(["link", "script", "img", "source"]):
        address = tag.get("src") or tag.get("srcset") or tag.get("href") or ""
        loads = tag.name != "link" or {"stylesheet", "icon"} & set(tag["rel"])
        if not loads or not address or address.startswith("data:") or tag.find_previous_sibling("source"):
            continue  # the last: an <img> whose AVIF is taken
        path = (html.parent / unquote(urlsplit(address).path)).resolve()
        if tag.name in ("link", "script") or path.suffix == ".svg":
            shared[path.name] = path
        else:
            alt = (tag.find_next("img") if tag.name == "source" else tag).get("alt", "")
            own[f"picture {len(own)}: {alt[:50]}"] = path
    return own, shared


def measure(folder=HTML):
    """What each page's files weigh: {page: ({name: bytes} of its own, {name: bytes} that others have, too)}."""
    measured, folder = {}, built(folder)
    for html in pages(folder):
        page = html.relative_to(folder).with_suffix("").as_posix()
        measured[page] = tuple({name: weight(path) for name, path in group.items()} for group in files(page, html))
    return measured


def table(measured):
    """The lines of the table; KB."""
    columns = ["shared", "text", "pictures", "own", "first visit"]
    yield f"{'page':30}" + "".join(f"{column:>12}" for column in columns)
    for page, (own, shared) in measured.items():
        text, whole, common = own[f"{page}.html"], sum(own.values()), sum(shared.values())
        row = [common, text, whole - text, whole, whole + common]
        yield f"{page:30}" + "".join(f"{size / 1000:12.1f}" for size in row)
    yield f"{'the most there may be':30}{SHARED:12}{'':24}{FURTHER:12}{FIRST:12}"


def excesses(measured, record):
    """What is over the budget, in words, each with the files that grew since `record`, the most first."""
    for page, (own, shared) in measured.items():
        before = record.get(page, {})
        for files, most, what in (
            (shared, SHARED, "what pages share"),
            (own, FURTHER, "its text and pictures"),
            (own | shared, FIRST, "a first visit"),
        ):
            if sum(files.values()) <= most * 1000:
                continue
            growth = {name: size - before.get(name, 0) for name, size in files.items()}
            grew = sorted((name for name in files if growth[name] > 0), key=growth.get, reverse=True)
            names = "; ".join(
                f"{name}, {before.get(name, 0) / 1000:.1f} to {files[name] / 1000:.1f} KB" for name in grew
            )
            size = sum(files.values()) / 1000
            grown = f"Grown since the record: {names or 'nothing'}."
            yield f"{page}: {what} weigh {size:.1f} KB, the budget is {most}. {grown}"


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=HTML, help="of the built book")
    parser.add_argument("--check", action="store_true", help="keep nothing")
    options = parser.parse_args(arguments)
    measured = measure(options.folder)
    record = json.loads(RECORD.read_text("utf-8")) if RECORD.exists() else {}
    print(*table(measured), sep="\n")
    if wrong := list(excesses(measured, record)):
        print(*wrong, sep="\n", file=sys.stderr)
        return 1
    if not options.check:
        kept = {page: own | shared for page, (own, shared) in measured.items()}
        RECORD.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
