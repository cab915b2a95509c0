"""The book's inputs: a bump, a line, drawn shapes, a photo and handwritten digits. Nothing is downloaded."""

import gzip
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from convtools.shapes import whole_number

DRAWINGS = ("square", "triangle", "cross")


def bump():
    """Return eight numbers, two ones among zeros: int64 (8,).

    >>> bump()
    array([0, 0, 0, 1, 1, 0, 0, 0])
    """
    return np.array([0, 0, 0, 1, 1, 0, 0, 0])


def line():
    """Return an 8 x 8 image whose two middle columns are ones: int64 (8, 8). Every row is a `bump`.

    >>> line()[5]
    array([0, 0, 0, 1, 1, 0, 0, 0])
    """
    return np.tile(bump(), (8, 1))


def drawing(name, size=12):
    """Return a white-on-black line drawing, ones on zeros: int64 (size, size).

    name: "square", "triangle" or "cross"; the lines are one cell wide, with a margin of two cells.
    Errors: `ValueError` for another name or a size below 8, `TypeError` for a size that is not a whole number.

    >>> drawing("square", size=8)[2]
    array([0, 0, 1, 1, 1, 1, 0, 0])
    """
    size = whole_number("size", size, smallest=8)
    image = np.zeros((size, size), int)
    first, last, middle = 2, size - 3, size // 2
    if name == "square":
        image[[first, last], first : last + 1] = 1
        image[first : last + 1, [first, last]] = 1
    elif name == "triangle":
        rows = np.arange(first, last + 1)
        image[rows, first] = 1
        image[last, first : last + 1] = 1
        image[rows, rows] = 1
    elif name == "cross":
        image[middle, first : last + 1] = 1
        image[first : last + 1, middle] = 1
    else:
        words = ", ".join(f'"{word}"' for word in DRAWINGS)
        raise ValueError(f"name must be one of {words}, got {name!r}. Choose one, or draw your own array.")
    return image


def photo(size=128):
    """Return the colour photo: float32 (size, size, 3), red, green, blue from 0 to 1, top row first.

    It is the portrait of the computer scientist Grace Hopper that matplotlib brings as sample data (a work
    of the U.S. Navy, in the public domain), its upper square averaged down to `size`.
    Errors: `ValueError` unless size is one of 16, 32, 64, 128, 256, 512.

    >>> photo(64).shape
    (64, 64, 3)
    """
    from PIL import Image

    if whole_number("size", size) not in (16, 32, 64, 128, 256, 512):
        raise ValueError(f"size must be 16, 32, 64, 128, 256 or 512, got {size}. Choose one of these.")
    # found without importing matplotlib, which only figures does
    package = Path(find_spec("matplotlib").origin).parent
    with Image.open(package / "mpl-data" / "sample_data" / "grace_hopper.jpg") as image:
        pixels = np.asarray(image.convert("RGB"), np.float32)[:512, :512] / 255
    block = 512 // size
    return pixels.reshape(size, block, size, block, 3).mean(axis=(1, 3))


def grey_photo(size=128):
    """Return the photo in grey: float32 (size, size), from 0 (black) to 1 (white).

    Grey is 0.299 red + 0.587 green + 0.114 blue (source: ITU-R BT.601). Errors: as `photo`.

    >>> grey_photo(64).shape
    (64, 64)
    """
    red, green, blue = np.moveaxis(photo(size), -1, 0)
    return 0.299 * red + 0.587 * green + 0.114 * blue  # by "@" the last digit would hang on the kind of processor


def digits():
    """Return 1,797 handwritten digits: images float32 (1797, 8, 8), 0 (paper) to 1 (ink), and labels int64 (1797,).

    Each pixel says how much of a block of 4 x 4 points was ink, in sixteenths. 13 people wrote them. They come with
    scikit-learn (source: Alpaydin and Kaynak 1998, "Optical Recognition of Handwritten Digits", UCI, CC BY 4.0).

    >>> images, labels = digits()
    >>> labels[:3]
    array([0, 1, 2])
    """
    # found without importing scikit-learn, which would take a second
    table = Path(find_spec("sklearn").origin).parent / "datasets" / "data" / "digits.csv.gz"
    with gzip.open(table, "rt") as lines:
        rows = np.loadtxt(lines, np.int64, delimiter=",")
    return (rows[:, :-1].reshape(-1, 8, 8) / 16).astype(np.float32), rows[:, -1]


def digit_weights():
    """Return the path of digits.npz: the weights of the network that the chapter "Learning to read digits" trains.

    They are kept because training may end elsewhere on another processor. The chapter's own code made them, with
    its seeds; then they were rounded to two decimals and written by `save_weights`.

    >>> digit_weights().name
    'digits.npz'
    """
    return Path(__file__).with_name("digits.npz")
