"""What several tests share: the built book, a server for it, a browser. Each is made when first asked for."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is first imported; the workers share the cores

import browsers
import packages
import pytest
from building import ROOT, build
from filelock import FileLock
from hypothesis import settings
from playwright.sync_api import sync_playwright
from serving import serving

collect_ignore = packages.left_out()
pytest.register_assert_rewrite("controls", "pages")
settings.register_profile("book", deadline=None)  # a busy machine is no reason to fail
settings.load_profile("book")


def pytest_report_header():
    return f"left out, for grading needs Linux: {', '.join(collect_ignore)}" if collect_ignore else None


SUB_PATH = "/some/book/"  # a book is seldom published at the root of a host


@pytest.fixture(scope="session")
def site(tmp_path_factory, worker_id):
    """The folder of the book's HTML, built once, however many workers there are."""
    shared = tmp_path_factory.getbasetemp()
    shared = shared if worker_id == "master" else shared.parent
    good, bad = shared / "site-good.log", shared / "site-bad.log"
    with FileLock(shared / "site.lock"):
        if not good.exists() and not bad.exists():
            went_well, said = build(ROOT, shared / "site")
            (good if went_well else bad).write_text(said, "utf-8")
    if bad.exists():
        pytest.fail(f"The book does not build.\n{bad.read_text('utf-8')}", pytrace=False)
    return shared / "site" / "_build" / "html"


@pytest.fixture(scope="session")
def server(site):
    """The address of the built book on a web server of this machine, with a slash at its end."""
    with serving(site, SUB_PATH) as address:
        yield address


@pytest.fixture(scope="session")
def bubblewrap():
    """For the grader's tests, which need it: they never go without."""
    packages.bubblewrap()


@pytest.fixture(scope="module")
def chromium():
    """A running Chromium. Not for the whole session: Playwright's event loop runs as long, in other tests' way."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browsers.chromium(), args=browsers.ARGUMENTS)
        yield browser
        browser.close()
