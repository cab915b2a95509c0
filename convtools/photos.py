"""Photos as text: pictures of eight bits a channel, packed without loss, so that they can travel in a page."""

import base64
import io
import warnings
from functools import lru_cache

import numpy as np

LARGEST = 512  # rows and columns
FORMS = {"data:image/webp;base64,": "WEBP", "data:image/png;base64,": "PNG"}


def to_text(pixels):
    """Return a picture as text that a page can show: "data:image/webp;base64,...", or png where Pillow has no WebP.

    pixels: uint8 (rows, columns, 1 or 3), grey or red, green, blue. Nothing is lost, and the same pixels
    always give the same text. Errors: `ValueError` for another shape or dtype.

    >>> from_text(to_text(np.uint8([[[7], [255]]])))[0, :, 0]
    array([  7, 255], dtype=uint8)
    """
    from PIL import Image, features

    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[-1] not in (1, 3):
        raise ValueError(
            f"A picture is uint8 (rows, columns, 1 or 3), got {pixels.dtype} {pixels.shape}. Convert it with to_pixels."
        )
    image = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    start = list(FORMS)[0 if features.check("webp") else 1]
    options = {"lossless": True, "quality": 50} if FORMS[start] == "WEBP" else {"optimize": True}
    packed = io.BytesIO()
    image.save(packed, FORMS[start], **options)
    return start + base64.b64encode(packed.getvalue()).decode("ascii")


@lru_cache(maxsize=8)  # a stepper asks for its own at every step
def from_text(text):
    """Return the picture in such a text: uint8 (rows, columns, 3), locked; a grey one has three equal channels.

    Errors: `ValueError` for a text that holds no PNG or WebP picture, or one of more than 512 rows or columns.

    >>> from_text("data:image/png;base64,AAAA")
    Traceback (most recent call last):
    ValueError: The photo cannot be read, got 'data:image/png;base64,AAAA'. Expected a PNG or WebP picture in base64.
    """
    from PIL import Image

    start = next((start for start in FORMS if text.startswith(start)), None)
    try:
        packed = base64.b64decode(text.removeprefix(start or "-"), validate=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # its size is looked at here
            image = Image.open(io.BytesIO(packed), formats=["PNG", "WEBP"])  # reads no more than the size
        pixels = np.array(image.convert("RGB")) if max(image.size) <= LARGEST else None
    except Exception as error:  # Pillow has many kinds for broken files
        came = repr(text if len(text) <= 60 else text[:57] + "...")
        raise ValueError(f"The photo cannot be read, got {came}. Expected a PNG or WebP picture in base64.") from error
    if pixels is None:
        check_size(image.height, image.width)
    pixels.flags.writeable = False
    return pixels


def check_size(rows, columns):
    """Refuse, by `ValueError`, a photo that is larger than a stepper shows.

    >>> check_size(256, 256)
    """
    if max(rows, columns) > LARGEST:
        raise ValueError(
            f"A photo may have {LARGEST} rows and {LARGEST} columns, got {rows} and {columns}. "
            f"Cut it or average it down."
        )


def to_pixels(x):
    """Return an image as pixels of eight bits: uint8 of the same shape.

    x: uint8 (kept), or numbers from 0 to 1, each rounded to the nearest of the 256 values n / 255.
    Errors: `ValueError` for values outside 0 to 1 (NaN too), `TypeError` for what is not a real number.

    >>> to_pixels(np.array([0, 0.5, 1]))
    array([  0, 128, 255], dtype=uint8)
    """
    x = np.asarray(x)
    if x.dtype == np.uint8:
        return x
    if x.dtype.kind not in "biuf":
        raise TypeError(f"A photo must hold real numbers, got an array of dtype {x.dtype}. Convert it first.")
    smallest, largest = x.min(), x.max()
    if not (smallest >= 0 and largest <= 1):
        raise ValueError(
            f"A photo holds values from 0 to 1, got {smallest} to {largest}. "
            f"Divide by 255, or make it uint8 if it is 0 to 255."
        )
    return np.floor(x * np.float64(255) + 0.5).astype(np.uint8)
