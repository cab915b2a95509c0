"""tools/about.py: the addresses that everything else is made from."""

import pytest
from about import about, built, today

PROJECT = '[project]\nname = "some-book"\nversion = "2.5"\n'


@pytest.fixture
def book(tmp_path):
    """Write a book's settings and say what they come to."""

    def told(repository="", baseurl=""):
        (tmp_path / "pyproject.toml").write_text(PROJECT, "utf-8")
        config = f'title: A book\nrepository:\n  url: "{repository}"\nhtml:\n  baseurl: "{baseurl}"\n'
        (tmp_path / "_config.yml").write_text(config, "utf-8")
        return about(tmp_path)

    return told


def test_a_book_without_a_repository_has_no_addresses(book):
    told = book()
    assert (told.title, told.version, told.repository, told.address, told.install) == ("A book", "2.5", "", "", "")


@pytest.mark.parametrize(
    "given", ["https://github.com/Ada/book", "https://github.com/Ada/book/", "https://github.com/Ada/book.git"]
)
def test_all_addresses_come_from_the_repositorys(book, given):
    told = book(given)
    assert told.repository == "https://github.com/Ada/book"
    assert told.address == "https://ada.github.io/book/"
    assert told.install == "some-book @ git+https://github.com/Ada/book@v2.5"
    assert told.colab("a/b.ipynb") == "https://colab.research.google.com/github/Ada/book/blob/v2.5/a/b.ipynb"
    assert told.binder("a/b.ipynb") == "https://mybinder.org/v2/gh/Ada/book/v2.5?urlpath=lab/tree/a/b.ipynb"


def test_a_repository_of_pages_is_at_the_root(book):
    assert book("https://github.com/Ada/ada.github.io").address == "https://ada.github.io/"


@pytest.mark.parametrize(
    ("repository", "address"), [("", "https://a.example/b/"), ("https://github.com/a/b", "https://a.example")]
)
def test_an_address_of_ones_own_counts(book, repository, address):
    assert book(repository, address).address == address.rstrip("/") + "/"


@pytest.mark.parametrize(
    "repository",
    ["github.com/a/b", "https://gitlab.com/a/b", "https://github.com/a", "https://github.com/a/b/tree/main"],
)
def test_a_repository_that_colab_cannot_open_is_refused(book, repository):
    with pytest.raises(
        ValueError, match=r"_config\.yml has the repository url .* Expected https://github\.com/owner/name"
    ):
        book(repository)


@pytest.mark.parametrize("address", ["a.example", "https://", "https://a.example/?q", "ftp://a.example/"])
def test_an_address_that_is_none_is_refused(book, address):
    with pytest.raises(ValueError, match=r"_config\.yml has the baseurl .* Expected https://host/path/"):
        book(baseurl=address)


def test_where_no_book_is_built_the_way_to_one_is_said(tmp_path):
    with pytest.raises(SystemExit, match="Build it first: make book"):
        built(tmp_path)
    (tmp_path / "index.html").touch()
    assert built(tmp_path) == tmp_path.resolve()


def test_the_day_of_the_build_can_be_set(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert today() == "1970-01-02"
