"""The teacher's file, classroom/class.toml: the class's secret seed and how the gradebook calls its columns."""

import os
import secrets
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

FILE = Path(__file__).with_name("class.toml")
FRESH = """\
# Your class. Keep this file to yourself: who knows the seed knows the grader's hidden inputs.
# The same seed gives the same marks; take a new one for a new class.
seed = "{seed}"

# How your gradebook calls the columns. Canvas writes a number in brackets behind each name: copy it from an export.
[columns]
# bump = "The bump (123456)"
"""


@dataclass(frozen=True)
class Settings:
    """seed: a text, the class's own. columns: {assignment: the name of its column in the gradebook}."""

    seed: str
    columns: dict = field(default_factory=dict)


def settings(path=None):
    """Read the teacher's file; make one with a fresh seed where there is none.

    path: without it, the file named by the environment variable CONVOLUTION_CLASS, else classroom/class.toml.
    Errors: `ValueError` for a file that cannot be read, is no TOML, or has no seed.
    """
    path = Path(path or os.environ.get("CONVOLUTION_CLASS") or FILE)
    try:
        if not path.exists():
            with open(path, "x", encoding="utf-8") as file:
                file.write(FRESH.format(seed=secrets.token_hex(16)))
            path.chmod(0o600)
        found = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"The class's file {path} cannot be read: {error}") from error
    seed, columns = found.get("seed"), found.get("columns", {})
    if not isinstance(seed, str) or len(seed) < 8:
        raise ValueError(f'{path} needs a line seed = "..." of at least 8 characters that nobody can guess.')
    if not isinstance(columns, dict) or not all(isinstance(name, str) for name in columns.values()):
        raise ValueError(f'In {path}, [columns] has lines such as bump = "The bump (123456)".')
    return Settings(seed, columns)
