"""Weights in a file: NumPy's .npz, each array under the name of its layer, read without running anything."""

import os
import tempfile
import zipfile
import zlib
from pathlib import Path

import numpy as np


def save(path, weights):
    """Write {name: float32 array} to `path`, which ends in .npz.

    A file of that name is replaced only when the new one is complete. Errors: `ValueError` for another ending,
    `OSError` as in writing files.
    """
    path = _npz(path)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            np.savez(file, **weights)
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise


def load(path, expected):
    """Return the arrays of a file in the order of `expected`, {name: array}, whose names and shapes they must have.

    Errors: `ValueError` for a file that is damaged, no .npz, or of other weights; `OSError` as in reading files.
    """
    path = _npz(path)
    made = "Take a file that save_weights wrote for a model of the same layers."
    try:
        with zipfile.ZipFile(path) as file:
            names = [name.removesuffix(".npy") for name in file.namelist()]
            if sorted(names) != sorted(expected):
                raise ValueError(f"{path} holds {_few(names)}, expected {_few(expected)}. {made}")
            return [_read(file, path, name, weight.shape, made) for name, weight in expected.items()]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"{path} is damaged, or not a .npz file: {error}. {made}") from error


def _read(file, path, name, shape, made):
    """Return one array; what it is made of is looked at before its numbers are read."""
    with file.open(f"{name}.npy") as member:
        try:
            version = np.lib.format.read_magic(member)
            read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
            came, columns_first, dtype = read_header[version](member)
        except (ValueError, KeyError) as error:
            raise ValueError(f"{path} is damaged: {name!r} has no readable head. {made}") from error
        if came != shape or dtype != np.float32 or columns_first:
            raise ValueError(f"{name!r} in {path} is {dtype} {came}, expected float32 {shape}. {made}")
        size = 4 * int(np.prod(shape))
        numbers = member.read(size + 1)  # to the end, so that its checksum is seen to
    if len(numbers) != size:
        raise ValueError(f"{path} is damaged: {name!r} has {len(numbers)} bytes, expected {size}. {made}")
    array = np.frombuffer(numbers, dtype).reshape(shape)
    if not np.isfinite(array).all():
        raise ValueError(f"{name!r} in {path} holds NaN or infinity. {made}")
    return array


def _npz(path):
    path = Path(path)
    if path.suffix != ".npz":
        raise ValueError(f'The file\'s name must end in .npz, got "{path}". Write, for example, "digits.npz".')
    return path


def _few(names):
    names = [repr(name) for name in names]
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "") or "nothing"
