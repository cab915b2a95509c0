"""Weights in a file: what is read is what was written, or it is refused in words; and a file is never half written."""

import io
import os
import pickle
import stat
import struct
import zipfile
import zlib

import numpy as np
import pytest

from convtools import Conv1D, Conv2D, Dense, Flatten, MaxPooling2D, Sequential

RNG = np.random.default_rng(11)


def model(seed=1, units=3, filters=2):
    first = Conv2D(filters, 3, input_shape=(6, 6, 1), seed=seed)
    return Sequential([first, MaxPooling2D(), Flatten(), Dense(units, activation="softmax", seed=seed + 1)])


NAMES = ["0 Conv2D kernel", "0 Conv2D bias", "3 Dense kernel", "3 Dense bias"]
ORDER = dict(zip(NAMES, [(3, 3, 1, 2), (2,), (8, 3), (3,)], strict=True))


def numbers(of):
    return [weight.tobytes() for weight in of.get_weights()]


@pytest.fixture
def path(tmp_path):
    """A file that save_weights wrote for a `model` of random weights."""
    trained = model()
    trained.set_weights([RNG.normal(size=weight.shape) for weight in trained.get_weights()])
    trained.save_weights(tmp_path / "model.npz")
    return tmp_path / "model.npz"


def arrays(path):
    with np.load(path) as file:
        return dict(file)


def refused(path, *texts, error=ValueError):
    """Loading is refused with these texts, and changes nothing."""
    untouched = model(seed=5)
    before = numbers(untouched)
    with pytest.raises((ValueError, OSError)) as caught:
        untouched.load_weights(path)
    assert numbers(untouched) == before
    assert isinstance(caught.value, error), repr(caught.value)
    words = str(caught.value).replace(str(path), path.name)
    assert [text for text in texts if text not in words] == [], words
    if error is ValueError:
        assert words.endswith("Take a file that save_weights wrote for a model of the same layers.")
        assert len(words) < 400
    return words


# There and back


@pytest.mark.parametrize("as_text", [True, False])
def test_what_is_read_is_what_was_written(tmp_path, as_text):
    edges = np.float32([0, -0.0, 1e-45, np.finfo(np.float32).max, -np.finfo(np.float32).tiny, 1 / 3])
    for made in (
        model(),
        Sequential([Conv1D(6, 2, use_bias=False, input_shape=(4, 1))]),
        Sequential([Flatten(input_shape=(2,))]),
    ):
        made.set_weights([np.resize(edges, weight.shape) for weight in made.get_weights()])
        before, path = numbers(made), tmp_path / "a b.npz"
        made.save_weights(str(path) if as_text else path)
        made.set_weights([np.ones_like(weight) for weight in made.get_weights()])
        made.load_weights(str(path) if as_text else path)
        assert numbers(made) == before
        x = np.zeros((1, *made.input_shape))
        assert np.array_equal(made(x), made(x))
    assert [file.name for file in tmp_path.iterdir()] == ["a b.npz"]


def test_the_file_is_plain_npz(path):
    """NumPy reads it, without pickle; and what NumPy wrote, packed or not, is read."""
    came = arrays(path)
    assert {name: array.shape for name, array in came.items()} == ORDER
    assert {array.dtype for array in came.values()} == {np.dtype("float32")}
    reference = model()
    reference.load_weights(path)
    backwards = dict(reversed(came.items()))
    for write, content in (np.savez, came), (np.savez_compressed, came), (np.savez, backwards):
        write(path, **content)
        other = model(seed=3)
        other.load_weights(path)
        assert numbers(other) == numbers(reference) == [array.tobytes() for array in came.values()]


def test_what_was_loaded_is_ones_own(path):
    one = model()
    one.load_weights(path)
    one.compile("adam", "sparse_categorical_crossentropy")
    one.fit(np.ones((3, 6, 6, 1)), [0, 1, 2], verbose=0)  # arrays that cannot be written to would be no use


# Writing


def test_permissions_are_those_of_any_new_file(path, tmp_path):
    plain = tmp_path / "plain"
    plain.write_text("")
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


class Full(OSError):
    """No space left."""


@pytest.mark.parametrize("error", [KeyboardInterrupt, Full])
@pytest.mark.parametrize("place", ["at once", "half way", "at the end", "when it takes the old one's place"])
def test_a_file_is_replaced_whole_or_not_at_all(path, monkeypatch, error, place):
    old, real = path.read_bytes(), np.savez

    def fail(file, **content):
        if place == "half way":
            file.write(b"PK\x03\x04 half")
        if place == "at the end":
            real(file, **content)
        raise error

    def no_place(*names):
        raise error

    if place.startswith("when"):
        monkeypatch.setattr(os, "replace", no_place)
    else:
        monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(error):
        model(seed=9).save_weights(path)
    with pytest.raises(error):
        model(seed=9).save_weights(path.with_name("new.npz"))
    assert path.read_bytes() == old
    assert list(path.parent.iterdir()) == [path], "a draft was left"


def test_an_interruption_after_the_new_file_is_there_leaves_it(path, monkeypatch):
    real = os.replace

    def late(*names):
        real(*names)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", late)
    with pytest.raises(KeyboardInterrupt):
        model(seed=9).save_weights(path)
    assert list(path.parent.iterdir()) == [path]
    other = model()
    other.load_weights(path)
    assert numbers(other) == numbers(model(seed=9))


def test_what_cannot_be_written(tmp_path):
    with pytest.raises(ValueError, match=r'must end in \.npz, got "model\.h5"\. Write, for example, "digits\.npz"'):
        model().save_weights("model.h5")
    with pytest.raises(ValueError, match=r"save_weights\(\) before it knows its input's shape"):
        Sequential([Dense(2)]).save_weights(tmp_path / "model.npz")
    bad = model()
    bad.set_weights([np.full(weight.shape, np.nan) for weight in bad.get_weights()])
    with pytest.raises(ValueError, match=r"'0 Conv2D kernel' holds NaN or infinity, so .* is not written"):
        bad.save_weights(tmp_path / "model.npz")
    with pytest.raises(FileNotFoundError):
        model().save_weights(tmp_path / "nowhere" / "model.npz")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(OSError, match="folder"):
        model().save_weights(tmp_path / "folder.npz")
    assert [file.name for file in tmp_path.iterdir()] == ["folder.npz"]


# Damage


def fate(content, path, expected):
    """What becomes of a file with this content: "the same", if exactly the `expected` numbers are read, or "refused"."""
    path.write_bytes(content)
    one = model(seed=5)
    before = numbers(one)
    try:
        one.load_weights(path)
    except ValueError as error:
        words = str(error)
    else:
        assert numbers(one) == expected
        return "the same"
    assert "Take a file that save_weights wrote" in words
    assert numbers(one) == before
    return "refused"


def test_a_truncated_file_is_refused(path):
    whole = path.read_bytes()
    for length in {*range(0, len(whole), 50), len(whole) - 1}:
        path.write_bytes(whole[:length])
        refused(path, "model.npz is damaged, or not a .npz file")


@pytest.mark.parametrize("packed", [False, True])
def test_a_changed_byte_never_gives_other_numbers(path, packed):
    content = arrays(path)
    expected = [array.tobytes() for array in content.values()]
    (np.savez_compressed if packed else np.savez)(path, **content)
    whole = path.read_bytes()
    directory = whole.index(b"PK\x01\x02")
    fates = {"refused": 0, "the same": 0}
    for place in range(len(whole)):
        # in the directory, which says where and how all is packed, several other values of a byte; elsewhere one
        for change in (1, 8, 12, 14, 255) if place >= directory else (1 << place % 8,):
            damaged = bytearray(whole)
            damaged[place] ^= change
            fates[fate(bytes(damaged), path, expected)] += 1
    assert fates["refused"] > fates["the same"] > 0  # nobody reads the times of a file


def test_random_damage_never_gives_other_numbers(path):
    whole, expected = path.read_bytes(), [array.tobytes() for array in arrays(path).values()]
    for _ in range(300):
        damaged = bytearray(whole)
        start, length = RNG.integers(0, len(whole)), RNG.integers(1, 60)
        damaged[start : start + length] = RNG.bytes(RNG.integers(0, 60))
        fate(bytes(damaged), path, expected)


# Other files


def test_files_that_are_none(tmp_path):
    path = tmp_path / "model.npz"
    refused(path, error=FileNotFoundError)
    for content in b"", b"weights", b"\x93NUMPY", b"PK\x03\x04", b"PK\x05\x06" + bytes(18):
        path.write_bytes(content)
        refused(path, "model.npz")
    path.write_bytes(b"PK\x05\x06" + bytes(18))
    refused(path, "model.npz holds nothing, expected '0 Conv2D kernel', '0 Conv2D bias'")
    single = io.BytesIO()
    np.save(single, np.zeros(3))
    path.write_bytes(single.getvalue())
    refused(path, "not a .npz file")
    path.unlink()
    path.mkdir()
    refused(path, error=OSError)
    with pytest.raises(ValueError, match=r'must end in \.npz, got "model\.txt"'):
        model().load_weights("model.txt")
    with pytest.raises(ValueError, match=r"load_weights\(\) before it knows its input's shape"):
        Sequential([Dense(2)]).load_weights(path)


def pickled(path):
    """An array that would make a file, if it were unpickled."""

    class Bomb:
        def __reduce__(self):
            return open, (str(path.with_name("exploded")), "w")

    return np.array([Bomb()] * 3, dtype=object)


CHANGES = [
    ({"3 Dense bias": lambda w: w.astype(np.float64)}, "'3 Dense bias' in model.npz is float64 (3,), expected float32 (3,)"),
    ({"3 Dense bias": lambda w: w.astype(np.float16)}, "is float16 (3,), expected float32 (3,)"),
    ({"3 Dense bias": lambda w: w.astype(">f4")}, "is >f4 (3,), expected float32 (3,)"),
    ({"3 Dense bias": lambda w: w.astype(np.int32)}, "is int32 (3,), expected float32 (3,)"),
    ({"3 Dense bias": lambda w: np.array(["a"] * 3)}, "is <U1 (3,), expected float32 (3,)"),
    ({"3 Dense bias": lambda w: np.zeros(3, [("x", "f4")])}, "(3,), expected float32 (3,)"),
    ({"3 Dense kernel": lambda w: w.T.copy()}, "is float32 (3, 8), expected float32 (8, 3)"),
    ({"3 Dense kernel": lambda w: w.ravel()}, "is float32 (24,), expected float32 (8, 3)"),
    ({"3 Dense kernel": lambda w: np.asfortranarray(w)}, "is float32 (8, 3) by columns, expected float32 (8, 3)"),
    ({"3 Dense kernel": lambda w: w * np.nan}, "'3 Dense kernel' in model.npz holds NaN or infinity"),
    ({"0 Conv2D bias": lambda w: w * 0 - np.inf}, "'0 Conv2D bias' in model.npz holds NaN or infinity"),
    ({"0 Conv2D bias": None}, "model.npz holds '0 Conv2D kernel', '3 Dense kernel', '3 Dense bias', expected"),
    ({"5 Dense bias": lambda w: np.zeros(3)}, "and 1 more, expected '0 Conv2D kernel', '0 Conv2D bias'"),
    ({"3 Dense bias": None, "3 Dense Bias": lambda w: np.zeros(3)}, "'3 Dense Bias', expected"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "text"), CHANGES)
def test_arrays_that_do_not_fit(path, changes, text):
    content = arrays(path)
    for name, change in changes.items():
        old = content.pop(name, None)
        if change:
            content[name] = change(old)
    np.savez(path, **content)
    refused(path, text)


def test_nothing_is_unpickled(path):
    content = arrays(path)
    for name in NAMES:
        np.savez(path, **{**content, name: pickled(path)})
        refused(path, f"'{name}' in model.npz is object (3,), expected float32")
    path.write_bytes(pickle.dumps(pickled(path)))
    refused(path, "not a .npz file")
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("other", "text"),
    [
        (model(filters=3), "'0 Conv2D kernel' in model.npz is float32 (3, 3, 1, 3), expected float32 (3, 3, 1, 2)"),
        (model(units=4), "'3 Dense kernel' in model.npz is float32 (8, 4), expected float32 (8, 3)"),
        (
            Sequential([Dense(3, input_shape=(8,))]),
            "holds '0 Dense kernel', '0 Dense bias', expected '0 Conv2D kernel'",
        ),
        (Sequential([Flatten(input_shape=(8,))]), "holds nothing, expected"),
        (Sequential([*model().layers, Dense(3)]), "and 2 more, expected '0 Conv2D kernel'"),
    ],
)
def test_weights_of_another_model(tmp_path, other, text):
    other.save_weights(tmp_path / "model.npz")
    refused(tmp_path / "model.npz", text)


def packed(path, members, **how):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content, **how)


def npy(head, numbers=b"", version=1):
    head = head.encode("latin1")
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(head)) + head + numbers


def head(shape, descr="<f4"):
    return f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}, }}\n"


@pytest.mark.parametrize(
    "bias",
    [
        b"",
        b"\x93NUMPY",
        b"\x93NUMPY\x01\x00",
        npy(""),
        npy("(" * 9000),
        npy("[" * 60_000),
        npy("{'descr': '<f4"),
        npy(head("__import__('os').abort()")),
        npy(head("(3,)").replace("False", "0"), bytes(12)),
        npy(head("(-3,)"), bytes(12)),
        npy(head("('a',)"), bytes(12)),
        npy(head("(3, )", "<f5"), bytes(12)),
        npy(head("(3,)"), bytes(11)),
        npy(head("(3,)"), bytes(13)),
        npy(head("(1000000000000000000,)"), bytes(12)),
        npy(head("(3,)") * 2, bytes(12)),
        npy(head("(3,)"), bytes(12), version=2),
        npy(head("(3,)"), bytes(12), version=9),
    ],
    ids=range(18),
)
def test_arrays_made_up_with_care(path, bias):
    content = {f"{name}.npy": npy(head(shape), bytes(4 * int(np.prod(shape)))) for name, shape in ORDER.items()}
    packed(path, content)
    model().load_weights(path)  # so far all is well
    packed(path, {**content, "3 Dense bias.npy": bias})
    refused(path, "'3 Dense bias'")
    packed(path, {**{name.removesuffix(".npy"): array for name, array in content.items()}})
    refused(path, "expected")


def test_a_name_twice(path):
    content = {f"{name}.npy": npy(head(shape), bytes(4 * int(np.prod(shape)))) for name, shape in ORDER.items()}
    packed(path, content)
    with zipfile.ZipFile(path, "a") as file:
        for name, array in content.items():
            with pytest.warns(UserWarning, match="Duplicate name"):
                file.writestr(name, array)
    refused(path, "and 4 more, expected")


def peak(call, *arguments):
    """The most memory that a call takes."""
    import tracemalloc

    tracemalloc.start()
    try:
        call(*arguments)
    finally:
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return most


def test_a_bomb_is_not_unpacked(path):
    content = {f"{name}.npy": npy(head(shape), bytes(4 * int(np.prod(shape)))) for name, shape in ORDER.items()}
    zeros = bytes(60_000_000)
    long_head = b"\x93NUMPY\x02\x00" + struct.pack("<I", len(zeros)) + zeros  # says that its head is all of it
    for bomb in npy(head("(3,)"), zeros), npy(head("(15000000,)"), zeros), long_head, zeros:
        packed(path, {**content, "3 Dense bias.npy": bomb})
        assert path.stat().st_size < 100_000
        assert peak(refused, path, "'3 Dense bias'") < 3_000_000
    packed(path, {**content, "bomb.npy": zeros})
    assert peak(refused, path, "and 1 more, expected") < 3_000_000


def test_a_checksum_is_seen_to_even_if_all_else_fits(path):
    whole = path.read_bytes()
    kernel = arrays(path)["3 Dense kernel"].tobytes()
    place = whole.index(kernel) + 10
    changed = bytearray(whole)
    changed[place] ^= 1
    path.write_bytes(changed)
    refused(path, "is damaged", "Bad CRC-32 for file '3 Dense kernel.npy'")
    member = whole[whole.index(b"\x93NUMPY", whole.index(b"3 Dense kernel")) : whole.index(kernel) + len(kernel)]
    good = struct.pack("<I", zlib.crc32(member))
    assert whole.count(good) == 2  # before the array, and in the directory
    forged = member[:-1] + bytes([member[-1] ^ 1])
    path.write_bytes(whole.replace(member, forged).replace(good, struct.pack("<I", zlib.crc32(forged))))
    one = model()
    one.load_weights(path)  # who mends the checksum, too, has made a file of other weights
    assert one.get_weights()[2].tobytes() == kernel[:-1] + bytes([kernel[-1] ^ 1])


def test_names_and_messages_stay_short(tmp_path):
    path = tmp_path / "model.npz"
    np.savez(path, **{f"{n} {'x' * 100}": np.zeros(1) for n in range(9)})
    with pytest.raises(ValueError, match="and 5 more, expected '0 Conv2D kernel'"):
        model().load_weights(path)
