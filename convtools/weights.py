"""Weights in a file: NumPy's .npz, each array under the name of its layer, read without running anything."""

import os
import secrets
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np

HEAD = 1 << 17  # bytes: longer than any head of an array, which says what it is made of
MADE = "Take a file that save_weights wrote for a model of the same layers."


def save(path, weights):
    """Write {name: float32 array} to `path`, which ends in .npz.

    A file of that name is replaced only when the new one is complete. Errors: `ValueError` for another ending, or
    for NaN and infinity, which `load` would refuse; `OSError` as in writing files.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     save(f"{folder}/one.npz", {"kernel": np.float32([1, 2])})
    ...     load(f"{folder}/one.npz", {"kernel": np.zeros(2)})
    [array([1., 2.], dtype=float32)]
    """
    path = _npz(path)
    for name, weight in weights.items():
        if not np.isfinite(weight).all():
            raise ValueError(f"{name!r} holds NaN or infinity, so {path} is not written. Train the model anew.")
    draft = path.with_name(f"draft-{secrets.token_hex(8)}")
    try:
        with open(draft, "xb") as file:
            np.savez(file, **weights)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def load(path, expected):
    """Return the arrays of a file in the order of `expected`, {name: array}, whose names and shapes they must have.

    Errors: `ValueError` for a file that is damaged, no .npz, or of other weights; `OSError` as in reading files.

    >>> load("weights.txt", {})
    Traceback (most recent call last):
    ValueError: The file's name must end in .npz, got "weights.txt". Write, for example, "digits.npz".
    """
    path = _npz(path)
    content = path.read_bytes()
    members = {f"{name}.npy": 4 * weight.size for name, weight in expected.items()}
    arrays = []
    try:
        with zipfile.ZipFile(BytesIO(content)) as file:
            names = file.namelist()
            if fits := sorted(names) == sorted(members):
                for name, size in members.items():
                    with file.open(name) as member:  # to its end, where its checksum is seen to, but no bomb further
                        arrays.append(member.read(size + HEAD))
    except Exception as error:  # there are many ways to be damaged
        raise ValueError(f"{path} is damaged, or not a .npz file: {error}. {MADE}") from error
    if not fits:
        raise ValueError(f"{path} holds {_few(names)}, expected {_few(members)}. {MADE}")
    return [_array(path, *each) for each in zip(expected, arrays, expected.values(), strict=True)]


def _array(path, name, content, weight):
    """Return the array in the bytes of a .npy file; what it is made of is looked at before its numbers are read."""
    file = BytesIO(content)
    try:
        np.lib.format.read_magic(file)
        shape, columns_first, dtype = np.lib.format.read_array_header_1_0(file)
    except Exception as error:
        raise ValueError(f"{path} is damaged: {name!r} has no readable head. {MADE}") from error
    if shape != weight.shape or dtype != np.float32 or columns_first:
        order = " by columns" if columns_first else ""
        raise ValueError(f"{name!r} in {path} is {dtype} {shape}{order}, expected float32 {weight.shape}. {MADE}")
    numbers = file.read()
    if len(numbers) != 4 * weight.size:
        raise ValueError(f"{path} is damaged: {name!r} has {len(numbers)} bytes, expected {4 * weight.size}. {MADE}")
    array = np.frombuffer(numbers, dtype).reshape(shape)
    if not np.isfinite(array).all():
        raise ValueError(f"{name!r} in {path} holds NaN or infinity. {MADE}")
    return array


def _npz(path):
    path = Path(path)
    if path.suffix != ".npz":
        raise ValueError(f'The file\'s name must end in .npz, got "{path}". Write, for example, "digits.npz".')
    return path


def _few(members):
    names = [repr(name.removesuffix(".npy")) for name in members]
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "") or "nothing"
