"""Runs the chapters and writes them back with clean outputs, so that a second run changes no byte.

It also writes the install cell that Colab needs, where _config.yml names a repository, and elsewhere takes it out.

python tools/refresh.py                      every book/*.ipynb
python tools/refresh.py book/2-bump.ipynb    only this one
python tools/refresh.py --check              writes nothing, fails if a chapter would change
"""

import argparse
import asyncio
import base64
import hashlib
import json
import os
import re
import struct
import sys
import tempfile
from pathlib import Path

import nbformat
from about import about
from matplotlib import font_manager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbclient.output_widget import OutputWidget

ROOT = Path(__file__).resolve().parent.parent
WIDGET = "application/vnd.jupyter.widget-view+json"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {"file_extension": ".py", "mimetype": "text/x-python", "name": "python", "pygments_lexer": "ipython3"}
INSTALL = """\
# Where the book's package is missing, as on Colab, this cell brings it.
from importlib.util import find_spec
if not find_spec("convtools"):
    %pip install --quiet "{}"
elif not find_spec("convtools.stepper"):
    raise ImportError("Got another library named convtools. Run %pip uninstall -y convtools, and restart.")"""
# What editors leave in a cell's metadata and what changes from run to run.
VOLATILE = {"execution", "ExecuteTime", "collapsed", "scrolled", "trusted", "outputId", "id", "colab"}


class Refused(Exception):
    """A chapter that cannot be written back; the text says which cell, why, and how to mend it."""


def read(path):
    """The notebook at `path` without outputs; a cell that has no id gets one made from its source."""
    try:
        raw = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise Refused(f"is not valid JSON ({error}).") from None
    if not isinstance(raw, dict) or raw.get("nbformat") != 4:
        raise Refused("is not a notebook of format 4. Save it once in JupyterLab.")
    raw["nbformat_minor"] = 5
    taken = {cell["id"] for cell in raw["cells"] if "id" in cell}
    for cell in raw["cells"]:
        if "id" not in cell:
            source = "".join(cell["source"])
            while (new := hashlib.sha256(source.encode()).hexdigest()[:8]) in taken:
                source += "+"
            cell["id"] = new
            taken.add(new)
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return nbformat.reads(json.dumps(raw), as_version=4)


def installs(cell):
    """Whether this is the install cell. It is known by its tag, since some editors give cells new ids."""
    return "install" in cell.metadata.get("tags", ())


def with_install_cell(notebook, package):
    """The `notebook`, with the cell by which pip brings `package` before its first code cell; "" for none.

    The title stays above it, and the built page does not show it.
    """
    notebook.cells = [cell for cell in notebook.cells if not installs(cell)]
    first = next((place for place, cell in enumerate(notebook.cells) if cell.cell_type == "code"), None)
    if package and first is not None:
        tags = {"tags": ["install", "remove-cell"]}
        cell = nbformat.v4.new_code_cell(INSTALL.format(package), id="install", metadata=tags)
        notebook.cells.insert(first, cell)
    return notebook


class SilentOutput(OutputWidget):
    """What `interact` shows is kept, but the kernel is not told: what is sent on a socket can swallow the
    sign that a reply has come on it, and then the run waits for its timeout."""

    def send(self, *args, **kwargs):
        pass


def client_for(notebook, folder):
    """What executes `notebook` in `folder`, in place."""
    client = NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
    )
    client.widget_registry["@jupyter-widgets/output"]["OutputModel"] = SilentOutput
    return client


async def run(notebook, folder):
    """Executes `notebook` in `folder`, in place. Returns the state of its widgets, by model id."""
    client = client_for(notebook, folder)
    try:
        await client.async_execute()
    except CellExecutionError:  # which does not say what was raised while a result was shown; the last output does
        *_, (number, cell, output) = (
            (number, cell, output)
            for number, cell in enumerate(notebook.cells, 1)
            for output in cell.get("outputs", [])
            if output.output_type == "error"
        )
        raise Refused(f"{place(number, cell)} raised {output.ename}: {output.evalue}") from None
    except CellTimeoutError:
        raise Refused("a cell ran for more than five minutes; make it shorter.") from None
    except DeadKernelError:
        raise Refused("the kernel died.") from None
    return client.widget_state


def place(number, cell):
    """Where an author finds the cell: its number (from 1), its id and its first line."""
    first = (cell.source.strip().splitlines() or [""])[0]
    return f"cell {number} (id {cell.id}, {first!r})"


def normalise(notebook, widgets):
    """Takes out of the executed `notebook` all that differs between two runs; refuses what it cannot take out."""
    notebook.metadata.pop("widgets", None)
    notebook.metadata.kernelspec = dict(KERNEL)
    notebook.metadata.language_info = dict(LANGUAGE)
    count = 0
    for number, cell in enumerate(notebook.cells, 1):
        for key in VOLATILE & set(cell.metadata):
            del cell.metadata[key]
        if cell.cell_type != "code":
            continue
        if cell.source.strip() and not installs(cell):  # not counted, so that all other cells stay as they are
            count += 1
            cell.execution_count = count
        try:
            refuse_semicolon(cell.source)
            cell.outputs = merged(clean(output, widgets, count) for output in cell.outputs)
        except Refused as reason:
            raise Refused(f"{place(number, cell)} {reason}") from None


def clean(output, widgets, count):
    """One output made the same in every run."""
    kind = output.output_type
    if kind == "stream":
        if output.name == "stderr":
            raise Refused(f"wrote to stderr: {output.text.strip()[:200]!r}. A chapter shows no warnings: mend it.")
        refuse_volatile(output.text)
    elif kind == "error":  # only reached in a cell tagged raises-exception
        output.traceback = [f"{output.ename}: {output.evalue}"]
        refuse_volatile(output.traceback[0])
    else:
        if WIDGET in output.data:
            model = output.data.pop(WIDGET)["model_id"]
            if set(output.data) <= {"text/plain"}:
                output.data["image/png"] = last_figure(model, widgets)
        if "image/png" in output.data:
            output.data["image/png"] = bare_png(output.data["image/png"])
        for mime, value in output.data.items():
            if mime != "image/png":
                refuse_volatile(value if isinstance(value, str) else json.dumps(value))
        if kind == "execute_result":
            output.execution_count = count
    return output


def merged(outputs):
    """The outputs with neighbouring stream outputs made one: how a print is cut up is chance."""
    result = []
    for output in outputs:
        if output.output_type == "stream" and result and result[-1].output_type == "stream":
            result[-1].text += output.text
        else:
            result.append(output)
    return result


def last_figure(model, widgets):
    """The PNG, in base64, of the figure last drawn by the `interact` whose model id is `model`."""
    captured, todo = [], [model]
    while todo:
        state = widgets.get(todo.pop(), {})
        captured += state.get("outputs", []) if state.get("_model_name") == "OutputModel" else []
        todo += [child.removeprefix("IPY_MODEL_") for child in state.get("children", [])]
    for output in captured:
        if output["output_type"] == "error":
            raise Refused(f"raised {output['ename']}: {output['evalue']} inside interact.")
    figures = [o["data"]["image/png"] for o in captured if "image/png" in o.get("data", {})]
    if not figures:
        raise Refused(
            "shows a widget that has no still for the page: no text/html of its own and no figure. "
            "Let the function given to interact draw a matplotlib figure."
        )
    return figures[-1]


def bare_png(text):
    """The PNG (base64 in and out) without its text and time chunks, which name versions and moments.

    A PNG is an 8-byte signature, then chunks: length (4 bytes), type (4), data, checksum (4).
    """
    png = base64.b64decode(text)
    kept, at = png[:8], 8
    while at < len(png):
        end = at + 12 + struct.unpack(">I", png[at : at + 4])[0]
        if png[at + 4 : at + 8] not in {b"tEXt", b"zTXt", b"iTXt", b"tIME", b"eXIf"}:
            kept += png[at:end]
        at = end
    return base64.b64encode(kept).decode()


def refuse_semicolon(source):
    """Refuses a semicolon at the end of a cell: nbval, which compares the outputs, does not let it hide the value."""
    if source.rstrip().endswith(";"):
        raise Refused("ends with a semicolon, which nbval does not heed. Write `_ = ...`, or end with plt.show().")


def refuse_volatile(text):
    """Refuses an output that names a folder of this machine or the address of an object."""
    for folder in {ROOT, Path.home()}:
        for name in {str(folder), folder.as_posix()}:
            if len(name) > 1 and re.search(re.escape(name) + r"(?![\w-])", text):
                raise Refused(f"shows the path {name} of this machine. Print a path relative to the notebook, or none.")
    if address := re.search(r"\b0x[0-9a-fA-F]{6,16}\b", text):
        raise Refused(
            f"shows the address of an object, {address[0]}, which changes in every run. "
            "Print what you mean, or write `_ = ...`."
        )
    if text.startswith("<function "):
        raise Refused(f"shows {text}, which tells a reader nothing. Put @interact(...) above the function instead.")


async def refreshed(path, package):
    """The text that `path` should hold: run from the start in its own folder, outputs normalised."""
    notebook = with_install_cell(read(path), package)
    widgets = await run(notebook, Path(path).parent)
    normalise(notebook, widgets)
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


def replace(path, text):
    """Writes `text` to `path` in one step: a stopped run leaves the old file or the new one, never half of it."""
    with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=".refresh-", delete=False) as new:
        new.write(text.encode("utf-8"))
    try:
        if os.name == "posix":  # a temporary file is private; a chapter keeps the rights it had
            os.chmod(new.name, path.stat().st_mode & 0o777)
        os.replace(new.name, path)
    except OSError:
        os.unlink(new.name)
        raise


async def refresh(path, package, check, turn):
    """Brings `path` up to date, or with `check` says whether it is; returns whether all went well."""
    try:
        async with turn:
            text = await refreshed(path, package)
        if text == path.read_text(encoding="utf-8"):
            print(f"{path.name}: unchanged")
        elif check:
            raise Refused("is not as a run leaves it. Run: make refresh")
        else:
            replace(path, text)
            print(f"{path.name}: written")
    except Refused as reason:
        print(f"{path.name}: {reason}", file=sys.stderr)
        return False
    return True


async def refresh_all(paths, package, check):
    turn = asyncio.Semaphore(2)
    return all(await asyncio.gather(*(refresh(path, package, check, turn) for path in paths)))


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: every book/*.ipynb")
    parser.add_argument("--check", action="store_true", help="write nothing, fail if a chapter would change")
    options = parser.parse_args(arguments)
    paths = options.notebooks or sorted((ROOT / "book").glob("*.ipynb"))
    if missing := [str(path) for path in paths if not path.is_file()]:
        print(f"No such notebook: {', '.join(missing)}.", file=sys.stderr)
        return 1

    try:
        package = about().install
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1

    font_manager.findfont("DejaVu Sans")  # makes the font cache now; later its making would be remarked in a chapter

    # The reader's own settings of IPython must not show in a chapter; kernels come from this environment.
    with tempfile.TemporaryDirectory() as settings:
        os.environ.update(IPYTHONDIR=settings, JUPYTER_PREFER_ENV_PATH="1", PYTHONHASHSEED="0")
        return 0 if asyncio.run(refresh_all(paths, package, options.check)) else 1


if __name__ == "__main__":
    sys.exit(main())
