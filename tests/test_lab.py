"""JupyterLab in a real browser: a chapter is run whole, its sliders move, and Python sees it."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request

import nbformat
import pytest
from building import ROOT

CHAPTER = "2-bump.ipynb"
PROBE = """import gc
from ipywidgets import IntSlider
widgets = [o for o in gc.get_objects() if isinstance(o, (Stepper, IntSlider))]
steps = [widget.step for widget in widgets if isinstance(widget, Stepper)]
values = [widget.value for widget in widgets if isinstance(widget, IntSlider)]
print("steps", steps, "values", values)"""
SETTINGS = {  # every cell is in the page, and nothing is asked of other hosts
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab whose folder holds one chapter, with a cell at its end that asks Python."""
    folder = tmp_path_factory.mktemp("lab")
    book, settings = folder / "book", folder / "settings"
    book.mkdir()
    shutil.copy(ROOT / "book" / CHAPTER, book)
    notebook = nbformat.read(book / CHAPTER, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(PROBE, id="probe"))
    nbformat.write(notebook, book / CHAPTER)
    for name, values in SETTINGS.items():
        path = settings / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    homes = {f"JUPYTER_{name}_DIR": str(folder / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    homes |= {f"JUPYTERLAB_{name.upper()}_DIR": str(folder / name) for name in ("settings", "workspaces")}
    environment = {**os.environ, **homes, "IPYTHONDIR": str(folder / "ipython")}
    options = ["--no-browser", "--ip=127.0.0.1", "--port=0", "--IdentityProvider.token=", "--allow-root"]
    log = folder / "lab.log"
    with log.open("w") as said:
        command = [sys.executable, "-m", "jupyterlab", *options, f"--ServerApp.root_dir={book}"]
        server = subprocess.Popen(command, stdout=said, stderr=said, env=environment, cwd=book)
        try:
            yield _address(server, log)
        finally:
            server.terminate()
            server.wait(30)


def _address(server, log):
    """Wait until JupyterLab answers, and return its address."""
    for _ in range(600):
        found = re.search(r"http://127\.0\.0\.1:\d+/", log.read_text())
        if found and server.poll() is None:
            try:
                urllib.request.urlopen(found[0] + "api", timeout=5).close()
                return found[0]
            except OSError:
                pass  # not listening yet; asked again below
        assert server.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError(f"JupyterLab did not start in a minute.\n{log.read_text()}")


@pytest.fixture(scope="module")
def page(lab, chromium):
    """The chapter open in JupyterLab, all of it run."""
    page = chromium.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(60_000)
    page.goto(f"{lab}lab/tree/{CHAPTER}?reset")
    page.get_by_text("| Idle").wait_for()  # the kernel is ready
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    page.locator(".jp-Notebook .jp-CodeCell").last.locator(".jp-OutputArea-output").wait_for()
    yield page
    page.close()


def ask_python(page):
    """Run the last cell again and return what it prints: (steps, slider values)."""
    output = page.locator(".jp-Notebook .jp-CodeCell").last.locator(".jp-OutputArea-output")
    before = page.locator(".jp-Notebook .jp-CodeCell").last.locator(".jp-InputArea-prompt").inner_text()
    page.locator(".jp-Notebook .jp-CodeCell").last.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    prompt = page.locator(".jp-Notebook .jp-CodeCell").last.locator(".jp-InputArea-prompt")
    for _ in range(300):
        if prompt.inner_text() not in (before, "[*]:"):
            break
        page.wait_for_timeout(100)
    steps, values = re.fullmatch(r"steps (\[.*\]) values (\[.*\])\s*", output.inner_text()).groups()
    return json.loads(steps), json.loads(values)


def test_the_chapter_runs_whole(page):
    cells = page.locator(".jp-Notebook .jp-CodeCell")
    assert cells.count() > 12
    prompts = cells.locator(".jp-InputArea-prompt").all_inner_texts()
    assert all(re.fullmatch(r"\[\d+\]:", prompt) for prompt in prompts), prompts
    assert (
        page.locator(
            '[data-mime-type="application/vnd.jupyter.stderr"], .jp-RenderedText[data-mime-type*=error]'
        ).count()
        == 0
    )
    assert page.locator(".ct-live, .ct-widget, [class^=ct-]").first.is_visible()


def test_a_steppers_slider_moves_python(page):
    steps, _ = ask_python(page)
    slider = page.locator(".jp-Notebook .jp-CodeCell [class^=ct-] input[type=range]").first
    slider.focus()
    page.keyboard.press("Home")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_timeout(500)
    after, _ = ask_python(page)
    assert 3 in after
    assert after != steps
    assert slider.get_attribute("aria-valuetext").startswith("Step 4 of ")


def test_an_interact_slider_moves_python(page):
    _, values = ask_python(page)
    handle = page.locator(".jp-Notebook .widget-slider .noUi-handle").first
    handle.focus()
    page.keyboard.press("ArrowLeft" if handle.get_attribute("aria-valuenow") > "0" else "ArrowRight")
    page.wait_for_timeout(500)
    _, after = ask_python(page)
    assert after != values
