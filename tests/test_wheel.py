"""The chapters away from here: from a wheel in a clean environment, and on Colab, where their install cell brings it."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
import refresh
from about import about
from building import ROOT
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbclient.exceptions import CellExecutionError
from packaging.requirements import Requirement
from pixels import by_pixels

NOTEBOOKS = sorted((ROOT / "book").glob("*.ipynb"))
ADDRESS = "https://github.com/somebody/book"
# What Colab had in August 2026. A running kernel has loaded some of it, so the install cell must leave all as it is.
KERNEL = {"ipykernel": "6.17.1", "ipython": "7.34.0", "ipywidgets": "7.7.1", "traitlets": "5.7.1"}
OTHERS = {"anywidget": "0.9.21", "matplotlib": "3.10.0", "numpy": "2.1.3", "pillow": "11.3.0"}
OTHERS |= {"scikit-learn": "1.6.1", "scipy": "1.16.3", "tqdm": "4.67.3"}
WHERE = "import sys, convtools; print(convtools.__file__); print(*sys.path, sep='\\n')"


def command(*words, **settings):
    """What a program prints. If it fails, its words are the test's."""
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=600, **settings)
    if done.returncode:
        pytest.fail(f"{' '.join(map(str, words))}\n{done.stdout}{done.stderr}", pytrace=False)
    return done.stdout


class Away:
    """An environment of its own, far from the checkout, and a folder for notebooks beside it."""

    def __init__(self, folder, *packages):
        self.folder, self.notebooks = folder, folder / "notebooks"
        self.python = folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
        here = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "JUPYTER", "VIRTUAL"))
        }
        own = {"IPYTHONDIR": folder / "ipython", "MPLCONFIGDIR": folder / "matplotlib"}
        self.settings = here | {name: str(path) for name, path in own.items()} | {"PYTHONHASHSEED": "0"}
        self.notebooks.mkdir(parents=True)
        command(sys.executable, "-m", "venv", folder / "venv")
        self.pip("install", "--quiet", "--no-compile", *packages)
        # Made now, its making is not remarked in a chapter.
        self.run("-c", "from matplotlib import font_manager; font_manager.findfont('DejaVu Sans')")
        kernel = folder / "kernels" / "away"
        kernel.mkdir(parents=True)
        argv = [str(self.python), "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        (kernel / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Away", "language": "python"}))

    def run(self, *words):
        return command(self.python, *words, cwd=self.notebooks, env=self.settings)

    def pip(self, *words):
        return self.run("-m", "pip", "--disable-pip-version-check", *words)

    def packages(self):
        """The lines of `pip freeze`."""
        return set(self.pip("freeze").splitlines())

    async def execute(self, notebook, folder=None, **settings):
        """Runs the notebook there, in place; returns what it says of where it is."""
        notebook.cells.append(nbformat.v4.new_code_cell(WHERE))
        client = refresh.client_for(notebook, folder or self.notebooks)
        specs = KernelSpecManager(kernel_dirs=[str(self.folder / "kernels")])
        client.km = AsyncKernelManager(kernel_name="away", kernel_spec_manager=specs)
        await client.async_execute(env=self.settings | settings)
        (said,) = refresh.merged(notebook.cells.pop().outputs)
        return said.text.splitlines(), client.widget_state


@pytest.fixture(scope="module")
def folder():
    """Outside the checkout, and gone after the tests: an environment takes half a gigabyte."""
    with tempfile.TemporaryDirectory(prefix="away-", ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()


@pytest.fixture(scope="module")
def repository(folder):
    """A git repository with the package as it is in the checkout now, tagged as the settings say."""
    source = folder / "repository"
    shutil.copytree(ROOT / "convtools", source / "convtools", ignore=shutil.ignore_patterns("__pycache__"))
    for name in "pyproject.toml", "LICENSE":
        shutil.copy(ROOT / name, source)
    plain = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    somebody = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]
    for words in ["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "All"], ["tag", about().tag]:
        command("git", *somebody, *words, cwd=source, env=plain)
    # A later commit, so that only the tag brings this version.
    (source / "convtools" / "__init__.py").write_text("raise ImportError('a later version')\n")
    command("git", *somebody, "commit", "--quiet", "-am", "Later", cwd=source, env=plain)
    return source


@pytest.fixture(scope="module")
def clean(folder, repository):
    """An environment with the package's wheel, what that asks for, and a kernel; the wheel is made at the tag."""
    command("git", "clone", "--quiet", "--branch", about().tag, repository, folder / "tagged")
    wheels = folder / "wheels"
    command(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", wheels, folder / "tagged")
    (wheel,) = wheels.iterdir()
    return Away(folder / "clean", "-c", ROOT / "constraints.txt", "ipykernel", wheel)


@pytest.fixture(scope="module")
def ran(clean):
    """What came of each notebook in the clean environment: the notebook and where it was, or the error."""

    async def one(path, turn):
        async with turn:
            notebook = refresh.read(path)
            where, widgets = await clean.execute(notebook)
            refresh.normalise(notebook, widgets)
            return notebook, where

    async def everything():
        turn = asyncio.Semaphore(2)
        return await asyncio.gather(*(one(path, turn) for path in NOTEBOOKS), return_exceptions=True)

    return dict(zip(NOTEBOOKS, asyncio.run(everything()), strict=True))


def texts(notebook):
    """All that is printed and shown, pictures left out: another machine may draw a line a shade darker."""
    return [
        (cell.source, output.get("name"), kind, by_pixels(text) if kind == "text/html" else text)
        for cell in notebook.cells
        for output in refresh.merged(cell.get("outputs", ()))
        for kind, text in sorted(output.get("data", {"text": output.get("text")}).items())
        if kind != "image/png"
    ]


def outside(where, environment):
    """Whether these are the package's file and the path of a kernel in that environment that knows no checkout."""
    return Path(where[0]).is_relative_to(environment.folder / "venv") and str(ROOT) not in "\n".join(where)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_from_a_wheel_a_chapter_says_what_it_says_here(path, ran, clean):
    if isinstance(ran[path], Exception):
        raise ran[path]
    notebook, where = ran[path]
    assert outside(where, clean), where
    assert texts(notebook) == texts(nbformat.read(path, as_version=4))


# On Colab


@pytest.fixture(scope="module")
def colab(clean, ran):
    """The clean environment once more, with Colab's kernel and without the package."""
    clean.pip("uninstall", "--quiet", "--yes", about().package)
    clean.pip("install", "--quiet", "--no-compile", *(f"{name}=={version}" for name, version in KERNEL.items()))
    return clean


def with_install_cell(notebook):
    return refresh.with_install_cell(notebook, replace(about(), repository=ADDRESS).install)


def repository_at(folder):
    """The settings with which git finds the book's repository in this folder, not on GitHub."""
    found = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.{folder.as_uri()}.insteadOf"}
    return found | {"GIT_CONFIG_VALUE_0": ADDRESS}


def prints(notebook):
    return [text for text in texts(notebook) if text[1] and "find_spec" not in text[0]]


def test_on_colab_the_install_cell_brings_this_version_and_changes_nothing_else(colab, repository):
    before = colab.packages()
    path = ROOT / "book" / "2-bump.ipynb"
    notebook = with_install_cell(refresh.read(path))
    where, _ = asyncio.run(colab.execute(notebook, **repository_at(repository)))
    assert outside(where, colab), where
    (new,) = colab.packages() ^ before
    tagged = command("git", "rev-parse", about().tag, cwd=repository).strip()
    assert new == f"{about().package} @ git+{ADDRESS}@{tagged}"
    assert prints(notebook) == prints(nbformat.read(path, as_version=4))

    again = with_install_cell(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(1)")]))
    asyncio.run(colab.execute(again, **repository_at(colab.folder / "no repository")))
    assert [len(cell.outputs) for cell in again.cells] == [0, 1]


def test_another_library_of_that_name_is_said_so(colab, tmp_path):
    (tmp_path / "convtools").mkdir()
    (tmp_path / "convtools" / "__init__.py").write_text("")
    notebook = with_install_cell(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(1)")]))
    with pytest.raises(CellExecutionError) as error:
        asyncio.run(colab.execute(notebook, tmp_path))
    assert error.value.evalue.startswith("Got another library named convtools. Run %pip uninstall -y convtools, and")


def test_what_colab_has_is_enough_for_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for wanted in map(Requirement, project["dependencies"]):
        assert wanted.specifier.contains((KERNEL | OTHERS)[wanted.name]), f"{wanted} would replace what Colab has"
