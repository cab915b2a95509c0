"""tools/refresh.py: what differs between two runs never gets into a chapter, and a second run changes no byte."""

import base64
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import refresh
from about import About
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image, PngImagePlugin
from refresh import Refused

ROOT = Path(refresh.__file__).parent.parent
VIEW = "application/vnd.jupyter.widget-view+json"
INTERACT = """\
@interact(step=IntSlider(value=2, max=5))
def show(step):
    print("drawing")
    plt.figure(figsize=(step, 1))
    plt.plot([0, step])
    plt.show()"""
CELLS = {
    "imports": "%matplotlib inline\nimport matplotlib.pyplot as plt\nfrom ipywidgets import IntSlider, interact",
    "prints": 'print("a", flush=True)\nprint("b", flush=True)\n[1, 2]',
    "empty": "",
    "stepper": 'display({"text/html": "<p>still</p>", "text/plain": "W", "' + VIEW + '": {"model_id": "1"}}, raw=True)',
    "interact": INTERACT,
    "figure": "plt.figure(figsize=(3, 1))\n_ = plt.plot([0, 1])",
    "error": 'raise ValueError("expected")',
}


def write(path, *sources):
    """A notebook at `path` with these code cells."""
    nbformat.write(new_notebook(cells=[new_code_cell(source) for source in sources]), path)
    return path


@pytest.fixture(scope="module", autouse=True)
def settings():
    """A book of which no repository is named, whatever _config.yml names; a test may set another one."""
    with pytest.MonkeyPatch.context() as patch:

        def name(repository):
            told = About("A book", "some-book", "2.5", repository, "")
            patch.setattr(refresh, "about", lambda: told)
            return told

        name("")
        yield name


def picture(text):
    return Image.open(io.BytesIO(base64.b64decode(text)))


@pytest.fixture(scope="module")
def chapter(tmp_path_factory):
    """The path of a notebook with every kind of output, as an editor may leave it, after one refresh."""
    path = tmp_path_factory.mktemp("chapters") / "chapter.ipynb"
    cells = [new_markdown_cell("# Title"), *(new_code_cell(source, id=name) for name, source in CELLS.items())]
    cells[3].outputs = [new_output("stream", text="left from another time")]
    cells[-1].metadata = {"tags": ["raises-exception"], "scrolled": True, "ExecuteTime": {"start_time": "now"}}
    raw = new_notebook(cells=cells, metadata={"widgets": {}, "language_info": {"name": "python", "version": "3.1"}})
    del raw["cells"][0]["id"]
    path.write_text(json.dumps(raw))
    assert refresh.main([str(path)]) == 0
    return path


@pytest.fixture
def notebook(chapter):
    return nbformat.read(chapter, as_version=4)


@pytest.fixture
def outputs(notebook):
    return {cell.id: cell.get("outputs") for cell in notebook.cells}


# A chapter that is well


def test_a_second_run_changes_no_byte(chapter, capsys):
    before, when = chapter.read_bytes(), chapter.stat().st_mtime_ns
    assert refresh.main([str(chapter)]) == 0
    assert chapter.read_bytes() == before
    assert chapter.stat().st_mtime_ns == when  # so that the book's build need not read it again
    assert capsys.readouterr().out == "chapter.ipynb: unchanged\n"
    assert list(chapter.parent.iterdir()) == [chapter]


def test_a_check_names_the_stale_chapter_and_leaves_it(tmp_path, capsys):
    path = write(tmp_path / "stale.ipynb", "1 + 1")
    before = path.read_bytes()
    assert refresh.main(["--check", str(path)]) == 1
    assert path.read_bytes() == before
    assert capsys.readouterr().err == "stale.ipynb: is not as a run leaves it. Run: make refresh\n"


def test_metadata_says_nothing_of_the_machine(notebook):
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert "version" not in notebook.metadata.language_info
    assert notebook.cells[-1].metadata == {"tags": ["raises-exception"]}


def test_cells_keep_their_ids_and_are_counted(notebook):
    assert [cell.id for cell in notebook.cells[1:]] == list(CELLS)
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts == [1, 2, None, 3, 4, 5, 6]
    assert notebook.cells[2].outputs[1].execution_count == 2


def test_prints_are_one_output(outputs):
    assert outputs["prints"][0] == new_output("stream", text="a\nb\n")
    assert outputs["prints"][1].data == {"text/plain": "[1, 2]"}
    assert outputs["empty"] == []


def test_a_stepper_keeps_its_still_and_loses_its_widget(outputs):
    assert [output.data for output in outputs["stepper"]] == [{"text/html": "<p>still</p>", "text/plain": "W"}]


def test_an_interact_cell_gets_the_figure_of_its_last_call(outputs):
    (output,) = outputs["interact"]
    assert set(output.data) == {"image/png", "text/plain"}
    assert output.data["text/plain"].startswith("interactive(children=(IntSlider(value=2")
    width, height = picture(output.data["image/png"]).size
    assert 1.5 < width / height < 2.5


def test_a_figure_names_no_version(outputs):
    image = picture(outputs["figure"][0].data["image/png"])
    image.load()
    assert set(image.info) == {"dpi"}


def test_an_expected_error_is_its_last_line(outputs):
    assert outputs["error"][0].traceback == ["ValueError: expected"]


def test_nbval_notices_what_was_changed_and_nothing_else(chapter, tmp_path):
    """With the book's own conftest.py, which knows what `interact` captures."""
    shutil.copy(ROOT / "book" / "conftest.py", tmp_path)
    text = chapter.read_text("utf-8")
    for old, new in [('  "b\\n"', '  "c\\n"'), ('  "<p>still', '  "<p>other')]:
        assert text.count(old) == 1
        text = text.replace(old, new)
    (tmp_path / "changed.ipynb").write_text(text, "utf-8")
    strict = ["--nbval", "--nbval-current-env", "-p", "no:cacheprovider", "--color=no"]
    command = [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir=.", *strict, "."]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300)
    failed = [line.split(" - ")[0] for line in done.stdout.splitlines() if line.startswith("FAILED")]
    assert failed == [f"FAILED changed.ipynb::Cell {cell}" for cell in (1, 3)], done.stdout  # counted from 0


# The install cell


def test_a_refresh_writes_changes_and_removes_the_install_cell(chapter, settings, tmp_path, capsys):
    path = tmp_path / "chapter.ipynb"
    shutil.copy(chapter, path)
    before = nbformat.read(path, as_version=4).cells
    for address in ["https://github.com/a/book", "https://github.com/b/book"]:
        told = settings(address)
        for done in ["written", "unchanged"]:
            assert refresh.main([str(path)]) == 0
            assert capsys.readouterr().out == f"chapter.ipynb: {done}\n"
        title, cell, *others = nbformat.read(path, as_version=4).cells
        assert (cell.id, cell.metadata.tags) == ("install", ["install", "remove-cell"])
        assert [line for line in cell.source.splitlines() if "%pip install" in line] == [
            f'    %pip install --quiet "some-book @ git+{address}@{told.tag}"'
        ]
        assert cell.outputs == []  # the package is here
        assert [title, *others] == before
    settings("")
    assert refresh.main([str(path)]) == 0
    assert path.read_bytes() == chapter.read_bytes()


def test_an_install_cell_that_lost_its_id_is_known_and_pages_without_code_get_none():
    cells = [new_markdown_cell("# Title"), new_code_cell("1 + 1")]
    once = refresh.with_install_cell(new_notebook(cells=cells), "a-package")
    once.cells[1].id = "another"
    twice = refresh.with_install_cell(once, "a-package")
    assert [cell.id for cell in twice.cells] == [cells[0].id, "install", cells[1].id]
    page = new_notebook(cells=cells[:1])
    assert refresh.with_install_cell(page, "a-package").cells == cells[:1]


def test_an_address_that_cannot_be_used_is_said_and_nothing_is_run(monkeypatch, tmp_path, capsys):
    def refused():
        raise ValueError("_config.yml has the repository url 'x'. Expected another.")

    monkeypatch.setattr(refresh, "about", refused)
    path = write(tmp_path / "chapter.ipynb", "1 + 1")
    before = path.read_bytes()
    assert refresh.main([str(path)]) == 1
    assert capsys.readouterr().err == "_config.yml has the repository url 'x'. Expected another.\n"
    assert path.read_bytes() == before


# Chapters that are refused


def test_a_refusal_names_notebook_cell_and_cause_and_writes_nothing(tmp_path, capsys):
    inline = CELLS["imports"]
    refused = {
        "raises": (["1 + 1", "1 / 0"], "'1 / 0') raised ZeroDivisionError: division by zero"),
        "shows": (["class A:\n    def _repr_mimebundle_(self, **_):\n        return 1 / 0\nA()"], "ZeroDivisionError"),
        "warns": (["import warnings\nwarnings.warn('old')"], "UserWarning: old"),
        "inside": ([f"{inline}\n@interact(n=3)\ndef f(n): 1 / 0"], "raised ZeroDivisionError: division by zero inside"),
    }
    paths = [write(tmp_path / f"{name}.ipynb", *sources) for name, (sources, _) in refused.items()]
    before = [path.read_bytes() for path in paths]
    good = write(tmp_path / "good.ipynb", "1 + 1")
    assert refresh.main([*map(str, paths), str(good)]) == 1
    said = capsys.readouterr()
    lines = dict(line.split(".ipynb: ", 1) for line in said.err.splitlines())
    assert set(lines) == set(refused)
    for name, (sources, cause) in refused.items():
        assert lines[name].startswith(f"cell {len(sources)} (id "), lines[name]
        assert cause in lines[name]
    assert [path.read_bytes() for path in paths] == before
    assert said.out == "good.ipynb: written\n"  # one refusal does not hold up the others


@pytest.mark.parametrize(
    ("source", "shown", "cause"),
    [
        ("object()", "<object object at 0x7f49ff66d390>", "shows the address of an object, 0x7f49ff66d390, which"),
        ("here", f"PosixPath('{ROOT}/x')", f"shows the path {ROOT} of this machine. Print a path relative to the"),
        ("f", "<function __main__.f(x)>", "shows <function __main__.f(x)>, which tells a reader nothing. Put @inter"),
        ("1 + 1;", "2", "ends with a semicolon, which nbval does not heed. Write `_ = ...`, or"),
    ],
)
def test_what_a_reader_should_not_see_is_refused(source, shown, cause):
    result = new_output("execute_result", data={"text/plain": shown}, execution_count=1)
    cells = [new_markdown_cell("# Title"), new_code_cell(source, id="this", outputs=[result])]
    with pytest.raises(Refused) as refused:
        refresh.normalise(new_notebook(cells=cells), {})
    assert str(refused.value).startswith(f"cell 2 (id this, {source!r}) {cause}")


def test_a_widget_without_a_still_is_refused():
    output = {"_model_name": "OutputModel", "outputs": [new_output("stream", text="only words")]}
    widgets = {"box": {"children": ["IPY_MODEL_slider", "IPY_MODEL_out"]}, "slider": {}, "out": output}
    for model in ["box", "slider"]:
        shown = new_output("display_data", data={"text/plain": "interactive()", VIEW: {"model_id": model}})
        with pytest.raises(Refused, match="shows a widget that has no still for the page"):
            refresh.clean(shown, widgets, 1)


def test_what_is_no_notebook_is_refused(tmp_path, capsys):
    (tmp_path / "text.ipynb").write_text("# Title")
    (tmp_path / "old.ipynb").write_text('{"nbformat": 3}')
    assert refresh.main([str(tmp_path / "text.ipynb"), str(tmp_path / "old.ipynb")]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "text.ipynb: is not valid JSON (Expecting value: line 1 column 1 (char 0)).",
        "old.ipynb: is not a notebook of format 4. Save it once in JupyterLab.",
    ]
    assert refresh.main([str(tmp_path / "missing.ipynb")]) == 1
    assert "No such notebook: " in capsys.readouterr().err


def test_only_this_machine_is_refused():
    for text in [f"{Path.home()}/data", f"see {ROOT}.", f"'{ROOT}'", "<Axes at 0x7f49ff66d390>"]:
        with pytest.raises(Refused):
            refresh.refuse_volatile(text)
    for text in [f"{Path.home()}-made", "0x7f", "colour 0xff8800aabbccddeeff0011", "the function f", "/usr/share"]:
        refresh.refuse_volatile(text)


# Its parts


def test_ids_are_made_from_the_source_and_differ(tmp_path):
    path = tmp_path / "no-ids.ipynb"
    raw = new_notebook(cells=[new_code_cell("x = 1"), new_code_cell("x = 1"), new_code_cell("x = 2", id="mine")])
    for cell in raw["cells"][:2]:
        del cell["id"]
    raw["nbformat_minor"] = 4  # before cells had ids
    path.write_text(json.dumps(raw))
    first, second = ([cell.id for cell in refresh.read(path).cells] for _ in range(2))
    assert first == second
    assert len(set(first)) == 3
    assert first[2] == "mine"
    assert refresh.read(path).nbformat_minor == 5


def test_only_neighbouring_prints_are_merged():
    show = new_output("display_data", data={"text/plain": "1"})
    cut = [new_output("stream", text=text) for text in "abc"]
    merged = refresh.merged([cut[0], cut[1], show, cut[2]])
    assert [output.get("text") for output in merged] == ["ab", None, "c"]


def test_a_bare_png_has_the_same_pixels_and_no_words():
    words = PngImagePlugin.PngInfo()
    words.add_text("Software", "version 1")
    words.add_itxt("Title", "x", zip=True)
    image, file = Image.linear_gradient("L").resize((20, 20)), io.BytesIO()
    image.save(file, "png", pnginfo=words, dpi=(100, 100))
    bare = picture(refresh.bare_png(base64.b64encode(file.getvalue()).decode()))
    assert bare.tobytes() == image.tobytes()
    assert set(bare.info) == {"dpi"}


@pytest.mark.skipif(os.name == "nt", reason="files have no such rights there")
def test_a_chapter_keeps_its_rights_and_a_failed_write_leaves_it(tmp_path, monkeypatch):
    path = tmp_path / "chapter.ipynb"
    path.write_text("old")
    path.chmod(0o644)
    refresh.replace(path, "new\n")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new\n", 0o644)

    def full(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="disk full"):
        refresh.replace(path, "newer\n")
    assert path.read_text() == "new\n"
    assert list(tmp_path.iterdir()) == [path]
