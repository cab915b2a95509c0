"""What others read of the book in its repository: how it is cited, what may be done with it, and how Binder runs it."""

import re
import subprocess
import sys
import tomllib

import pytest
import yaml
from about import about
from building import ROOT
from packaging.specifiers import SpecifierSet

CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
BOOK = CITATION["preferred-citation"]
LICENCE = (ROOT / "LICENSE").read_text("utf-8")
HOLDER = re.search(r"^Copyright \(c\) (?P<year>\d{4}) (?P<name>.+)$", LICENCE, re.MULTILINE)


def test_the_citation_is_valid_in_its_own_format():
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.citation-file-format"]
    done = subprocess.run([*check, ROOT / "CITATION.cff"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("cited", [CITATION, BOOK], ids=["software", "book"])
def test_the_citation_says_what_the_book_says_of_itself(cited):
    assert cited["title"] == about().title, "CITATION.cff has another title than _config.yml"
    assert cited["version"] == about().version, "CITATION.cff has another version than pyproject.toml"
    assert cited["authors"] == [{"name": HOLDER["name"]}], "CITATION.cff has other authors than LICENSE"


def test_each_licence_is_cited_for_what_it_is_for():
    text, _, code = LICENCE.partition("\nCode is licensed under ")
    assert "\nText and pictures are licensed under " in text
    assert (BOOK["type"], BOOK["license"]) == ("book", "CC-BY-4.0")
    assert "(CC BY 4.0),\nhttps://creativecommons.org/licenses/by/4.0/" in text
    assert "MIT" not in text
    assert (CITATION["type"], CITATION["license"]) == ("software", "MIT")
    assert code.startswith("the MIT licence")
    assert "Creative Commons" not in code
    assert "Text: CC BY 4.0. Code: MIT." in (ROOT / "README.md").read_text("utf-8")


def test_the_bibliography_cites_this_version():
    section = (ROOT / "book" / "bibliography.md").read_text("utf-8").partition("## How to cite this book\n")[2]
    year, name = str(BOOK["year"]), HOLDER["name"]
    assert year == HOLDER["year"]
    words, entry = section.split("```bibtex\n")
    assert f"*{about().title}*, version {about().version}, by its authors, {year}." in words
    fields = dict(re.findall(r"^  (\w+) += \{(.*)\},$", entry, re.MULTILINE))
    version = f"Version {about().version}"
    assert fields == {"title": about().title, "author": f"{{{name}}}", "year": year, "note": version}


def test_binder_takes_a_python_that_fits_and_the_versions_of_the_tests():
    """Its own tool looks into the one folder .binder; paths after -c are relative to the file, the dot is the book."""
    assert not (ROOT / "binder").exists()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    name, version = (ROOT / ".binder" / "runtime.txt").read_text("utf-8").strip().split("-")
    assert name == "python"
    assert re.fullmatch(r"3\.\d+", version)
    fits = SpecifierSet(project["requires-python"])
    assert fits.contains(version), f".binder/runtime.txt has Python {version}. Expected one of {fits}"
    lines = (ROOT / ".binder" / "requirements.txt").read_text("utf-8").splitlines()
    constraints, package = (line for line in lines if not line.startswith("#"))
    assert (ROOT / ".binder" / constraints.removeprefix("-c ")).resolve() == ROOT / "constraints.txt"
    assert package == "-e ."
