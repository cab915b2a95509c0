"""What the book says of itself, read from the one place where each thing is written down.

python tools/about.py    prints it
"""

import os
import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
HTML = ROOT / "_build" / "html"
GITHUB = re.compile(r"https://github\.com/([\w.-]+)/([\w.-]+?)/?")


@dataclass(frozen=True)
class About:
    """`repository`, https://github.com/owner/name, and `address`, which ends with a slash, are "" if none is named."""

    title: str
    package: str  # the distribution's name
    version: str
    repository: str
    address: str

    @property
    def tag(self):
        """What the repository calls this version."""
        return f"v{self.version}"

    @property
    def install(self):
        """What pip installs elsewhere, or ""."""
        return f"{self.package} @ git+{self.repository}@{self.tag}" if self.repository else ""

    def colab(self, path):
        """Where Colab opens the notebook at `path` of the repository."""
        return f"https://colab.research.google.com/github/{self._name}/blob/{self.tag}/{path}"

    def binder(self, path):
        """Where Binder opens it, in JupyterLab."""
        return f"https://mybinder.org/v2/gh/{self._name}/{self.tag}?urlpath=lab/tree/{path}"

    @property
    def _name(self):
        return self.repository.removeprefix("https://github.com/")


def about(root=ROOT):
    """The `About` of the book in `root`. Errors: `ValueError` for an address that cannot be used.

    The version is that of pyproject.toml; title and addresses are those of _config.yml. A book on GitHub that names no
    `html: baseurl:` is taken to be on that repository's GitHub Pages.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    config = yaml.safe_load((root / "_config.yml").read_text("utf-8"))
    repository = (config.get("repository") or {}).get("url") or ""
    address = (config.get("html") or {}).get("baseurl") or ""
    if repository:
        match = GITHUB.fullmatch(repository)
        if not match:
            raise ValueError(
                f"_config.yml has the repository url {repository!r}. Expected https://github.com/owner/name, where "
                'Colab finds the notebooks, or "" for a book without launch buttons.'
            )
        owner, name = match.groups()
        name = name.removesuffix(".git")
        repository = f"https://github.com/{owner}/{name}"
        pages = f"https://{owner.lower()}.github.io/"
        address = address or (pages if pages == f"https://{name.lower()}/" else f"{pages}{name}/")
    if address and not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", address):
        raise ValueError(f'_config.yml has the baseurl {address!r}. Expected https://host/path/, or "" for none.')
    return About(
        title=config["title"],
        package=project["name"],
        version=project["version"],
        repository=repository,
        address=address and address.rstrip("/") + "/",
    )


def built(folder=HTML):
    """The folder of the built book. Errors: `SystemExit` if there is none in it."""
    if not (folder / "index.html").exists():
        raise SystemExit(f"There is no book in {folder}. Build it first: make book")
    return folder.resolve()


def pages(folder):
    """The paths of the pages in a built book."""
    return [*sorted(folder.glob("book/*.html")), folder / "search.html"]


def whole(suffix):
    """Where the book as one file belongs: _build/<package>-<version><suffix>."""
    return ROOT / "_build" / f"{about().package}-{about().version}{suffix}"


def today():
    """The day of this build: 2026-11-30, say. SOURCE_DATE_EPOCH (in seconds) sets another one."""
    moment = os.environ.get("SOURCE_DATE_EPOCH")
    return (datetime.fromtimestamp(int(moment), UTC) if moment else datetime.now(UTC)).date().isoformat()


if __name__ == "__main__":
    print(about(), today(), sep="\n")
