"""What the pages weigh: within the budget, counted as a real browser counts, and a page that is too heavy is named."""

import json

import budget
import pytest
from pages import EVERY_PAGE, PHONE


@pytest.fixture(scope="module")
def measured(site):
    return budget.measure(site)


def test_every_page_is_within_the_budget(measured):
    print(*budget.table(measured), sep="\n")
    record = json.loads(budget.RECORD.read_text("utf-8"))
    assert list(budget.excesses(measured, record)) == []
    assert set(measured) == set(EVERY_PAGE)


def test_the_record_has_every_page(measured):
    """Else nothing could be said of what grew."""
    assert set(json.loads(budget.RECORD.read_text("utf-8"))) == set(measured), "Run: make budget"


READ = """async () => {
  for (let top = 0; top < document.documentElement.scrollHeight; top += innerHeight / 2) {
    scrollTo({ top, behavior: "instant" });
    await new Promise((next) => setTimeout(next, 40));
  }
  await Promise.all([...document.images].map((image) => image.loading === "lazy" && !image.offsetParent || image.decode()));
}"""


@pytest.mark.parametrize("name", EVERY_PAGE)
def test_a_browser_transfers_just_what_is_counted(chromium, server, site, measured, name):
    """The whole page is read, so that all its pictures are loaded."""
    with chromium.new_context(viewport=PHONE) as context:
        page = context.new_page()
        came = {}

        def note(request):  # what the browser has already comes a second time, with nothing transferred
            came[request.url] = max(came.get(request.url, 0), request.sizes()["responseBodySize"])

        page.on("requestfinished", note)
        page.goto(f"{server}{name}.html")
        page.evaluate(READ)
        page.wait_for_load_state("networkidle")
    own, shared = budget.files(name, site / f"{name}.html")
    paths = {path.relative_to(site).as_posix(): budget.weight(path) for path in (own | shared).values()}
    sent = {url.removeprefix(server).partition("?")[0]: size for url, size in came.items() if url.startswith("http")}
    still_maps = {path for path in paths if "/map-" in path}  # the browser need not load what a stepper has replaced
    assert sent.keys() - still_maps == paths.keys() - still_maps
    del sent["_static/favicon.svg"]  # 208 bytes; Chromium does not always say how many came for an icon
    assert all(abs(size - paths[path]) <= 100 for path, size in sent.items()), (sent, paths)  # zlib's versions differ


def test_pictures_are_loaded_when_they_come_near(chromium, server, measured):
    heaviest = max(measured, key=lambda name: len(measured[name][0]))
    with chromium.new_context(viewport=PHONE) as context:
        page = context.new_page()
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{server}{heaviest}.html")
        page.wait_for_load_state("networkidle")
        pictures = [url for url in asked if "/_images/" in url]
        assert len(pictures) < len(measured[heaviest][0]) - 3
        page.evaluate(READ)
        assert len([url for url in asked if "/_images/" in url]) > len(pictures)


# -------------------------------------------------------------- a small book

PAGE = """<link rel="stylesheet" href="../_static/a.css?v=1"><link rel="canonical" href="https://a.example/">
<script src="../_static/b.js"></script>{text}
<picture><source srcset="../_images/c.avif" type="image/avif"><img alt="A grid" src="../_images/c.png"></picture>
<img alt="" src="../_static/icon.svg"><img alt="" src="data:image/webp;base64,AAAA">"""


@pytest.fixture
def small(tmp_path):
    """Write a small book and measure it."""

    def write(style=10, picture=10, text=""):
        for name, content in {
            "_static/a.css": bytes(range(256)) * style,
            "_static/b.js": b"b",
            "_static/icon.svg": b"<svg/>",
            "_images/c.avif": b"c" * picture,
            "_images/c.png": b"c" * 500_000,
            "book/page.html": PAGE.format(text=text).encode(),
            "index.html": b"",
            "search.html": b"",
        }.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(content)
        budget.weight.cache_clear()
        return budget.measure(tmp_path)

    yield write
    budget.weight.cache_clear()


def test_each_file_counts_once_and_text_compressed(small):
    own, shared = small(style=400)["book/page"]
    assert set(shared) == {"a.css", "b.js", "icon.svg"}
    assert shared["a.css"] < 256 * 400 / 20
    assert list(own) == ["book/page.html", "picture 1: A grid"]
    assert own["picture 1: A grid"] == 10


def test_a_page_over_its_budget_is_named_with_the_file_that_grew(small):
    record = {page: own | shared for page, (own, shared) in small().items()}
    assert list(budget.excesses(small(), record)) == []
    (words,) = budget.excesses(small(picture=150_000), record)
    assert words == (
        "book/page: its text and pictures weigh 150.2 KB, the budget is 100. "
        "Grown since the record: picture 1: A grid, 0.0 to 150.0 KB."
    )
    first, both = budget.excesses(small(picture=400_000), record)
    assert first.startswith("book/page: its text and pictures weigh 400.2 KB")
    assert both.startswith("book/page: a first visit weigh 400.")


def test_shared_files_have_a_budget_too(small, monkeypatch):
    monkeypatch.setattr(budget, "SHARED", 0)
    (words,) = budget.excesses(small(), {})
    assert words.startswith("book/page: what pages share weigh 0.")
    assert "a.css, 0.0 to 0." in words


def test_the_command_fails_over_the_budget_and_keeps_nothing_then(small, tmp_path, monkeypatch, capsys):
    record = tmp_path / "budget.json"
    monkeypatch.setattr(budget, "RECORD", record)
    small(picture=150_000)
    assert budget.main([str(tmp_path)]) == 1
    assert "picture 1: A grid" in capsys.readouterr().err
    assert not record.exists()
    small()
    assert budget.main([str(tmp_path), "--check"]) == 0
    assert not record.exists()
    assert budget.main([str(tmp_path)]) == 0
    assert json.loads(record.read_text("utf-8"))["book/page"]["picture 1: A grid"] == 10
