"""The book built as the README says."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def build(book, output):
    """Build a book, warnings as errors; return whether that went well and what was said."""
    command = shutil.which("jupyter-book", path=Path(sys.executable).parent)
    options = ["--path-output", output, "-n", "-W", "--keep-going"]
    built = subprocess.run([command, "build", book, *options], capture_output=True, text=True, encoding="utf-8")
    return built.returncode == 0, built.stdout + built.stderr
