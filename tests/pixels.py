"""Pictures held by what is seen in them: another version of a library writes and draws the same one in other bytes."""

import base64
import hashlib
import io
import re

import numpy as np
from PIL import Image

IN_A_PAGE = re.compile(r"data:image/(?:png|webp);base64,([\w+/]+=*)")


def opened(text):
    """The picture that this base64 text is."""
    return Image.open(io.BytesIO(base64.b64decode(text)))


def by_pixels(text):
    """The text with a hash of its pixels for each picture in it, all of which are lossless."""

    def pixels(match):
        image = opened(match[1]).convert("RGBA")
        return f"picture {image.size} {hashlib.sha256(image.tobytes()).hexdigest()}"

    return IN_A_PAGE.sub(pixels, text)


def look_alike(one, other):
    """Whether two PNG figures, in base64, show the same from afar, where each 16 by 16 pixels are one grey.

    Each version of Matplotlib draws letters in its own way and shifts a border by a pixel; that moves such a grey by
    less than 30 of 255, and the colour of a single cell, or a bar, by far more.
    """
    one, other = (opened(text).convert("L") for text in (one, other))
    if any(abs(mine - its) > 2 for mine, its in zip(one.size, other.size, strict=True)):
        return False
    afar = [max(1, side // 16) for side in one.size]
    greys = [np.asarray(image.resize(afar, Image.Resampling.BOX), np.float32) for image in (one, other)]
    return bool(np.abs(greys[0] - greys[1]).max() < 40)
