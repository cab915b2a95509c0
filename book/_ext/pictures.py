"""Pictures as light as they can be: AVIF for the screen, and the PNG for browsers that cannot read it."""

import base64
import hashlib
import io
import re
from pathlib import Path

from PIL import Image

QUALITY = 45  # of 100: digits in cells stay crisp, and in photos nothing is lost that one sees
# The still map of a photo: nothing is computed from it, so it need not be in the page, nor be exact.
STILL_MAP = re.compile(r'(<img class="ct-photo-map" )src="data:image/\w+;base64,([^"]+)"')


def picture(path, folder, address, alt):
    """Return the HTML of the picture at `path`; its AVIF goes into `folder`, which the page knows by `address`."""
    with Image.open(path) as image:
        avif = Path(folder, f"{Path(path).stem}.avif")
        if not avif.exists() or avif.stat().st_mtime < Path(path).stat().st_mtime:
            save(image, avif)
        wide, high = image.size
    return (
        f'<picture><source srcset="{address}/{avif.name}" type="image/avif"><img alt="{alt}" width="{wide}" '
        f'height="{high}" loading="lazy" decoding="async" src="{address}/{Path(path).name}"></picture>'
    )


def save(image, avif):
    """Write `image` to the path `avif`: the whole of it or nothing."""
    avif.parent.mkdir(parents=True, exist_ok=True)
    begun = avif.with_suffix(".part")
    image.convert("RGB").save(begun, "AVIF", quality=QUALITY)
    begun.replace(avif)


def lighter_stills(html, folder, address):
    """Return `html` with the still maps of photos as files in `folder`, loaded when they come near."""

    def file(match):
        packed = base64.b64decode(match[2])
        avif = Path(folder, f"map-{hashlib.sha256(packed).hexdigest()[:16]}.avif")
        if not avif.exists():
            save(Image.open(io.BytesIO(packed)), avif)
        return f'{match[1]}loading="lazy" decoding="async" src="{address}/{avif.name}"'

    return STILL_MAP.sub(file, html)
