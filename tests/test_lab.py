"""JupyterLab in a real browser: a chapter is run whole, its sliders move, and Python sees it.

Then what a notebook does to a widget: shows it twice, links it, runs its cell again, saves and opens it.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import nbformat
import pytest
from building import ROOT

CHAPTER = "2-bump.ipynb"
TRIAL = "trial.ipynb"
PROBE = """import gc
from ipywidgets import IntSlider
widgets = [o for o in gc.get_objects() if isinstance(o, (Stepper, IntSlider))]
steps = [widget.step for widget in widgets if isinstance(widget, Stepper)]
values = [widget.value for widget in widgets if isinstance(widget, IntSlider)]
print("steps", steps, "values", values)"""
TWICE, LINKED, AGAIN, REPLAYED, DRAWN, ASKED = range(6)
CELLS = [
    """from IPython.display import display
from ipywidgets import IntSlider, jslink
from convtools.stepper import Stepper
twin = Stepper([0, 0, 0, 1, 1, 0, 0, 0], [0, 1, 0], controls="all")
display(twin, twin)""",
    """knob = IntSlider(max=5)
link = jslink((twin, "step"), (knob, "value"))
knob""",
    """shown = [*globals().get("shown", []), Stepper([0, 1] * 20, [1, 1], controls="all")]
shown[-1]""",
    """from convtools.scrubber import Scrubber
replayed = Scrubber([[0, 1, 0, 1]], kernels=[[[0, 0]], [[1, 2]], [[1, 1]]], losses=[2, 1, 0.5])
replayed""",
    """from convtools import Dense, Flatten, Sequential
from convtools.sketchpad import Sketchpad
pad = Sketchpad(Sequential([Flatten(input_shape=(8, 8, 1)), Dense(10, seed=7)]))
pad""",
    """import json
print(json.dumps({
    "step": twin.step, "knob": knob.value, "kernel": twin.kernel.ravel().tolist(), "output": twin.output.tolist(),
    "shown": [stepper.step for stepper in shown], "at": replayed.at, "ink": pad.ink, "reading": pad.reading,
}))""",
]
SETTINGS = {  # every cell is in the page, nothing is asked of other hosts, a saved notebook keeps its widgets
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyter-widgets/jupyterlab-manager/plugin": {"saveState": True},
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab whose folder holds a chapter, with a cell at its end that asks Python, and CELLS."""
    folder = tmp_path_factory.mktemp("lab")
    book, settings = folder / "book", folder / "settings"
    book.mkdir()
    shutil.copy(ROOT / "book" / CHAPTER, book)
    notebook = nbformat.read(book / CHAPTER, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(PROBE, id="probe"))
    nbformat.write(notebook, book / CHAPTER)
    cells = [nbformat.v4.new_code_cell(cell, id=f"trial-{n}") for n, cell in enumerate(CELLS)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=notebook.metadata), book / TRIAL)
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
    with run_whole(lab, chromium, CHAPTER) as page:
        yield page


@pytest.fixture(scope="module")
def trial(lab, chromium):
    """The notebook of CELLS, all of it run."""
    with run_whole(lab, chromium, TRIAL) as page:
        yield page


@contextmanager
def run_whole(lab, chromium, notebook):
    with chromium.new_context(viewport={"width": 1280, "height": 1000}) as context:
        page = context.new_page()
        page.set_default_timeout(60_000)
        open_and_run(page, f"{lab}lab/tree/{notebook}?reset")
        yield page


def open_and_run(page, address):
    page.goto(address)
    page.get_by_text("| Idle").wait_for()  # the kernel is ready
    page.get_by_role("menuitem", name="Run", exact=True).click()
    choose(page, "Run All Cells")
    cell(page, -1).locator(".jp-OutputArea-output").wait_for()


def choose(page, command):
    """Choose a command of the open menu. (An older JupyterLab has all of them in its hidden palette, too.)"""
    page.locator(".lm-Menu").get_by_text(command, exact=True).click()


def cell(page, number):
    return page.locator(".jp-Notebook .jp-CodeCell").nth(number)


def run(page, number):
    """Run one cell and wait until it has run."""
    prompt = cell(page, number).locator(".jp-InputArea-prompt")
    before = prompt.inner_text()
    cell(page, number).locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    for _ in range(300):
        if prompt.inner_text() not in (before, "[*]:"):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"cell {number} does not end")


def ask_python(page):
    """Run the last cell again and return what it prints: (steps, slider values)."""
    run(page, -1)
    output = cell(page, -1).locator(".jp-OutputArea-output")
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


# ------------------------------------------------- what a notebook does to a widget


def ask_trial(page):
    """What Python holds in the notebook of CELLS."""
    run(page, ASKED)
    return json.loads(cell(page, ASKED).locator(".jp-OutputArea-output").inner_text())


def slider_of(widget):
    return widget.get_by_role("slider", name="Step")


def test_two_views_of_one_widget_stay_in_step(trial):
    first, second = cell(trial, TWICE).locator(".ct-widget").all()
    for here, there, button in (first, second, "Forward"), (second, first, "Forward"), (first, second, "Back"):
        before = slider_of(there).input_value()
        here.get_by_role("button", name=button).click()
        assert slider_of(there).input_value() == slider_of(here).input_value() != before
        assert there.locator(".ct-sentence").inner_text() == here.locator(".ct-sentence").inner_text()
    field = first.locator('input[data-control="weight number"]')
    field.fill("3")
    field.press("Enter")
    first.get_by_role("combobox", name="Padding").select_option("same")
    for widget in first, second:
        maps = widget.locator('[data-tensor="1"]').all_inner_texts()
        assert [text.strip() for text in maps] == ["0", "0", "0", "1", "4", "3", "0", "0"]
    assert ask_trial(trial)["output"] == [0, 0, 0, 1, 4, 3, 0, 0]
    second.get_by_role("button", name="Reset").click()
    assert first.locator('[data-tensor="1"]').count() == 6
    assert ask_trial(trial)["kernel"] == [0, 1, 0]


def test_a_linked_slider_moves_with_the_stepper_and_moves_it(trial):
    stepper = slider_of(cell(trial, TWICE).locator(".ct-widget").first)
    handle = cell(trial, LINKED).locator(".noUi-handle")
    stepper.focus()
    trial.keyboard.press("End")
    assert float(handle.get_attribute("aria-valuenow")) == 5
    handle.focus()
    for _ in range(2):
        trial.keyboard.press("ArrowLeft")
    assert stepper.input_value() == "3"
    assert stepper.get_attribute("aria-valuetext").startswith("Step 4 of 6.")
    trial.wait_for_timeout(500)  # the values' way to Python
    held = ask_trial(trial)
    assert (held["step"], held["knob"]) == (3, 3)


def alive(page):
    """How many steppers' elements the page's memory holds, shown or not, after its garbage is collected."""
    devtools = page.context.new_cdp_session(page)
    prototype = devtools.send("Runtime.evaluate", {"expression": "HTMLDivElement.prototype"})["result"]["objectId"]
    for _ in range(2):
        devtools.send("HeapProfiler.collectGarbage")
    found = devtools.send("Runtime.queryObjects", {"prototypeObjectId": prototype})["objects"]["objectId"]
    count = "function () { return this.filter((element) => element.classList.contains('ct-widget')).length; }"
    answer = devtools.send("Runtime.callFunctionOn", {"objectId": found, "functionDeclaration": count})
    devtools.detach()
    return answer["result"]["value"]


def test_a_cell_run_again_leaves_nothing_behind(trial):
    run(trial, AGAIN)
    before = alive(trial)
    assert before >= trial.locator(".ct-widget").count() == 5
    for _ in range(5):
        run(trial, AGAIN)
        cell(trial, AGAIN).get_by_role("button", name="Forward").click()
    assert trial.locator(".ct-widget").count() == 5
    assert alive(trial) == before


def test_play_stops_when_its_cell_is_run_again(trial):
    run(trial, AGAIN)
    widget = cell(trial, AGAIN).locator(".ct-widget")
    widget.get_by_role("combobox", name="Speed").select_option("fast")
    widget.get_by_role("button", name="Play").click()
    trial.wait_for_function("slider => Number(slider.value) >= 2", arg=slider_of(widget).element_handle())
    run(trial, AGAIN)
    *_, played, new = ask_trial(trial)["shown"]
    trial.wait_for_timeout(1000)  # three steps' time
    assert ask_trial(trial)["shown"][-2:] == [played, new]
    assert played >= 2


def test_a_scrubbers_slider_moves_python(trial):
    slider = cell(trial, REPLAYED).get_by_role("slider")
    slider.press("End")
    assert slider.get_attribute("aria-valuetext").startswith("Training step 2 of 2. Loss 0.50")
    trial.wait_for_timeout(500)
    assert ask_trial(trial)["at"] == 2


def test_python_has_the_ink_of_the_sketchpad(trial):
    widget = cell(trial, DRAWN).locator(".ct-widget")
    widget.get_by_role("button", name="3", exact=False).first.click()
    trial.wait_for_timeout(500)
    held = ask_trial(trial)
    assert len(held["ink"]) > 50
    assert f" {held['reading']} (" in widget.inner_text()


STOP_KERNELS = """async (lab) => {
  const headers = { "X-XSRFToken": document.cookie.match(/_xsrf=([^;]*)/)[1] };
  for (const { id } of await (await fetch(`${lab}api/sessions`)).json()) {
    await fetch(`${lab}api/sessions/${id}`, { method: "DELETE", headers });
  }
}"""


def test_a_saved_notebook_opens_alive_and_runs_again(trial, lab):
    trial.get_by_role("menuitem", name="File", exact=True).click()
    choose(trial, "Save Notebook")
    trial.locator(".lm-TabBar-tab.lm-mod-current.jp-mod-dirty").wait_for(state="detached")
    trial.evaluate(STOP_KERNELS, lab)

    saved = trial.evaluate("async (url) => (await (await fetch(url)).json()).content", f"{lab}api/contents/{TRIAL}")
    for output in saved["cells"][TWICE]["outputs"]:  # for readers of the file without JupyterLab: the still
        assert output["data"]["text/html"].startswith('<figure class="ct-stepper"')

    trial.goto(f"{lab}lab/tree/{TRIAL}?reset")
    trial.get_by_text("| Idle").wait_for()
    views = cell(trial, TWICE).locator(".ct-widget")
    views.nth(1).wait_for()
    slider_of(views.first).press("End")
    assert slider_of(views.nth(1)).get_attribute("aria-valuetext").startswith("Step 6 of 6.")

    trial.get_by_role("menuitem", name="Edit", exact=True).click()
    choose(trial, "Clear Outputs of All Cells")
    for number in range(ASKED):
        run(trial, number)
    slider_of(views.first).press("End")
    trial.wait_for_timeout(500)
    held = ask_trial(trial)
    assert (held["step"], held["knob"], held["shown"]) == (5, 5, [0])
