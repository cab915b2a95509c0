"""The built book as one zip, to read offline: unpack it and open index.html.

python tools/pack.py    packs _build/html, which `make book` has made, as _build/<package>-<version>.zip
"""

import zipfile

from about import built, whole

LEFT_OUT = {".buildinfo", "objects.inv"}  # Sphinx's own


def pack(folder, out):
    """Write all files of `folder` into the zip `out`, below one folder of its name; the same files, the same bytes."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as bundle:
        for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in LEFT_OUT):
            inside = zipfile.ZipInfo(f"{out.stem}/{path.relative_to(folder).as_posix()}", (1980, 1, 1, 0, 0, 0))
            inside.compress_type, inside.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            bundle.writestr(inside, path.read_bytes())


def main():
    out = whole(".zip")
    pack(built(), out)
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB. Unpack it and open {out.stem}/index.html")


if __name__ == "__main__":
    main()
