"""The stepper's state: what it is in full, what is refused in which words, and photos as text."""

import base64
import io
import json
import zlib

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image, features
from test_maps import stacks

from convtools import data
from convtools.photos import from_text, to_pixels, to_text
from convtools.state import CONTROLS, STATE, checked, values

LINE = {"class_name": "Conv1D", "kernel": [0, 1, 0]}
PLANE = {"class_name": "Conv2D", "kernel": [[1, 0], [0, 1]]}
START = {"layer": 0, "filter": 0, "step": 0, "channel_names": None, "controls": ()}
BUMP = {"input": [0, 0, 0, 1, 1, 0, 0, 0], "layers": [LINE], **START}
IMAGE = {"input": np.eye(5), "layers": [PLANE], **START}
PHOTO = {"input": np.zeros((40, 30, 3)), "layers": [{"class_name": "Conv2D", "kernel": np.ones((2, 2, 3))}], **START}


def test_every_layer_in_full():
    layers = [
        {"class_name": "Conv2D", "kernel": [[1, -0.5]], "activation": "linear", "flip": True},
        {"class_name": "ReLU"},
        {"class_name": "AveragePooling2D", "pool_size": (2, 1), "padding": "same"},
        {"class_name": "Conv2D", "kernel": np.ones((1, 1, 1, 2)), "bias": [1, 2.5], "strides": 2, "activation": "relu"},
    ]
    state = checked({**IMAGE, "layers": layers, "layer": 3, "filter": 1, "step": 3, "channel_names": ["a"]})
    assert state == json.loads(json.dumps(state)) == {
        "input": [[[1], [0], [0], [0], [0]], [[0], [1], [0], [0], [0]], [[0], [0], [1], [0], [0]], [[0], [0], [0], [1], [0]], [[0], [0], [0], [0], [1]]],
        "layers": [
            {"class_name": "Conv2D", "kernel": [[[[1]], [[-0.5]]]], "bias": [0], "strides": [1, 1], "padding": "valid", "dilation_rate": [1, 1], "activation": None, "flip": True},
            {"class_name": "ReLU"},
            {"class_name": "AveragePooling2D", "pool_size": [2, 1], "strides": [2, 1], "padding": "same"},
            {"class_name": "Conv2D", "kernel": [[[[1, 1]]]], "bias": [1, 2.5], "strides": [2, 2], "padding": "valid", "dilation_rate": [1, 1], "activation": "relu", "flip": False},
        ],
        "layer": 3,
        "filter": 1,
        "step": 3,
        "channel_names": ["a"],
        "controls": [],
    }  # fmt: skip
    assert tuple(state) == STATE
    assert ".0" not in json.dumps(state), "whole numbers are the shortest JSON"


@pytest.mark.parametrize("dimensions", [1, 2])
@given(data=st.data())
def test_a_checked_state_is_as_it_is(dimensions, data):
    layers, x = data.draw(stacks(dimensions))
    state = checked({**START, "input": x, "layers": layers})
    assert checked(json.loads(json.dumps(state))) == state
    assert np.array_equal(values(state), x)


@example(1e30)  # too large for any whole number of NumPy
@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_any_number_comes_back(number):
    state = checked({**BUMP, "input": [number], "layers": [{**LINE, "kernel": [number]}]})
    again = checked(json.loads(json.dumps(state)))
    assert again == state
    assert np.float32(values(again)[0, 0]) == np.float32(number)


LAYERS = [{"class_name": "ReLU"}]
SIXTEEN = {"class_name": "Conv1D", "kernel": np.ones((1, 1, 17))}
DEEP = {"class_name": "Conv2D", "kernel": np.ones((11, 11, 3, 3)), "padding": "same"}
WIDE = {"class_name": "Conv2D", "kernel": np.ones((11, 11, 3, 5))}
REFUSED = [
    (BUMP, {"input": [0, np.nan, 1]}, ValueError, "x must hold finite numbers to be stepped through, got NaN"),
    (BUMP, {"input": [0, 1, np.inf]}, ValueError, "x must hold finite numbers"),
    (BUMP, {"input": [0, 1, 1e39]}, ValueError, "x must hold finite numbers"),
    (BUMP, {"input": []}, ValueError, "got none"),
    (BUMP, {"input": [[]] * 3}, ValueError, "got none"),
    (BUMP, {"input": [[0], [0, 1], [1]]}, ValueError, "got a ragged list"),
    (BUMP, {"input": 3}, ValueError, "take x of shape (length, channels), no batch axis, got ()"),
    (BUMP, {"input": np.zeros((1, 8, 1))}, ValueError, "no batch axis, got (1, 8, 1)"),
    (BUMP, {"input": [0] * 1025}, ValueError, "has 1025 places, a page shows 1024"),
    (BUMP, {"input": np.zeros(10**6)}, ValueError, "has 1000000 places, a page shows 1024"),
    (BUMP, {"input": np.zeros((8, 17))}, ValueError, "x has 17 channels, a page shows 16"),
    (BUMP, {"input": [0, 1]}, ValueError, "A filter of width 3 does not fit an input of length 2"),
    (BUMP, {"input": "#photo"}, TypeError, "x must hold real numbers"),
    (BUMP, {"input": {"a": 1}}, TypeError, "x must hold real numbers"),
    (BUMP, {"input": to_text(np.zeros((4, 4, 3), np.uint8))}, TypeError, "x must hold real numbers"),
    (BUMP, {"layers": None}, TypeError, "layers must be a list of dicts, each a layer's settings, got None"),
    (BUMP, {"layers": [3]}, TypeError, "got [3]"),
    (BUMP, {"layers": []}, ValueError, "layers must be 1 to 4 layers, got 0"),
    (BUMP, {"layers": LAYERS * 5}, ValueError, "layers must be 1 to 4 layers, got 5"),
    (BUMP, {"layers": [{}]}, ValueError, "class_name must be one of Conv1D, Conv2D, ReLU, MaxPooling1D, MaxPooling2D"),
    (BUMP, {"layers": [{"class_name": "Dense"}]}, ValueError, "got 'Dense'"),
    (BUMP, {"layers": [{"class_name": ["ReLU"]}]}, ValueError, "got ['ReLU']"),
    (BUMP, {"layers": [LINE, PLANE]}, ValueError, "all be for sequences (1D) or all for images (2D), got Conv1D, Conv2D"),
    (BUMP, {"layers": [{**LINE, "stride": 2}]}, TypeError, "Conv1D has no setting 'stride'. It has kernel, bias, strides"),
    (BUMP, {"layers": [{**LINE, "use_bias": False}]}, TypeError, "no setting 'use_bias'"),
    (BUMP, {"layers": [{"class_name": "ReLU", "kernel": [1]}]}, TypeError, "ReLU has no setting 'kernel'. It has none."),
    (BUMP, {"layers": [{"class_name": "MaxPooling1D", "kernel": 3}]}, TypeError, "It has pool_size, strides, padding."),
    (BUMP, {"layers": [{"class_name": "Conv1D"}]}, TypeError, "kernel must hold real numbers"),
    (BUMP, {"layers": [{**LINE, "kernel": [0, np.nan]}]}, ValueError, "kernel must hold finite numbers"),
    (BUMP, {"layers": [{**LINE, "kernel": []}]}, ValueError, "kernel must hold finite numbers"),
    (BUMP, {"layers": [{**LINE, "kernel": 1}]}, ValueError, "has a kernel (width, channels, filters), got shape ()"),
    (BUMP, {"layers": [{**LINE, "kernel": [[[[1]]]]}]}, ValueError, "got shape (1, 1, 1, 1)"),
    (BUMP, {"layers": [{**LINE, "kernel": [[1, 1]]}]}, ValueError, "has 2 channels, got an input of shape (8, 1) with 1"),
    (BUMP, {"layers": [{**LINE, "kernel": [0] * 9}]}, ValueError, "A filter of width 9 does not fit an input of length 8"),
    (BUMP, {"layers": [{**LINE, "kernel": [0] * 12, "padding": "same"}]}, ValueError, "kernels of 11 cells along an axis, got shape (12,)"),
    (BUMP, {"layers": [SIXTEEN]}, ValueError, "16 channels and filters, got a kernel of shape (1, 1, 17)"),
    (BUMP, {"layers": [{**LINE, "bias": [1, 2]}]}, ValueError, "bias has shape (1,), got (2,)"),
    (BUMP, {"layers": [{**LINE, "bias": np.inf}]}, ValueError, "bias must hold finite numbers"),
    (BUMP, {"layers": [{**LINE, "strides": 0}]}, ValueError, "strides must be at least 1"),
    (BUMP, {"layers": [{**LINE, "strides": [1, 1]}]}, ValueError, "strides needs one whole number"),
    (BUMP, {"layers": [{**LINE, "dilation_rate": 33, "padding": "causal"}]}, ValueError, "dilation_rate may be at most 32 in a page, got 33"),
    (BUMP, {"layers": [{**LINE, "dilation_rate": 10**12, "padding": "causal"}]}, ValueError, "dilation_rate may be at most 32"),
    (BUMP, {"layers": [{**LINE, "padding": "full"}]}, ValueError, "padding must be one of"),
    (BUMP, {"layers": [{**LINE, "activation": "tanh"}]}, ValueError, "activation must be None"),
    (BUMP, {"layers": [{**LINE, "flip": 1}]}, TypeError, "flip must be True or False, got 1"),
    (BUMP, {"layers": [{"class_name": "MaxPooling1D", "pool_size": 12, "padding": "same"}]}, ValueError, "pool_size may be at most 11"),
    (BUMP, {"layers": [{"class_name": "MaxPooling1D", "pool_size": None}]}, TypeError, "pool_size must be a whole number"),
    (BUMP, {"layers": [{"class_name": "MaxPooling1D", "padding": "causal"}]}, ValueError, "Only Conv1D has it"),
    (BUMP, {"layers": [LINE, {**LINE, "kernel": [0] * 7}]}, ValueError, "Layer 1: A filter of width 7 does not fit an input of length 6"),
    (BUMP, {"layers": [LINE, LINE, {**LINE, "bias": "1"}]}, TypeError, "Layer 2: bias must hold real numbers"),
    (IMAGE, {"layers": [{**PLANE, "padding": "causal"}]}, ValueError, "Only Conv1D has it"),
    (IMAGE, {"input": [1, 2]}, ValueError, "take x of shape (rows, columns, channels), no batch axis, got (2,)"),
    (BUMP, {"layer": 1}, ValueError, "layer must be at most 0, got 1. There are 1, counted from 0."),
    (BUMP, {"layer": None}, TypeError, "layer must be a whole number, got None"),
    (BUMP, {"filter": 1}, ValueError, "filter must be at most 0, got 1"),
    (BUMP, {"step": 6}, ValueError, "step must be at most 5, got 6"),
    (BUMP, {"step": -1}, ValueError, "step must be at least 0"),
    (BUMP, {"step": 2.0}, TypeError, "step must be a whole number, got 2.0"),
    (BUMP, {"channel_names": ["a", "b"]}, ValueError, "channel_names must be a list of 1 texts"),
    (BUMP, {"channel_names": [1]}, ValueError, "channel_names must be a list of 1 texts"),
    (BUMP, {"controls": ["play", "pait"]}, ValueError, 'controls must be "all" or a list of play, paint, weights'),
    (BUMP, {"controls": "play"}, ValueError, "got 'play'"),
    (BUMP, {"controls": [["play"]]}, ValueError, "controls must be"),
    (BUMP, {"controls": None}, ValueError, "got None"),
    (BUMP, {"controls": ["play", "photo"]}, ValueError, "Only a photo (over 1024 places) can be exchanged, got controls"),
    (PHOTO, {"controls": ["paint"]}, ValueError, "A photo cannot be painted"),
    (PHOTO, {"input": np.full((40, 30, 3), 255)}, ValueError, "With 1200 places x is shown as a photo. A photo holds values from 0 to 1, got 255 to 255"),
    (PHOTO, {"input": np.full((40, 30, 3), np.nan)}, ValueError, "A photo holds values from 0 to 1, got nan"),
    (PHOTO, {"input": np.full((40, 30, 3), -0.1)}, ValueError, "A photo holds values from 0 to 1"),
    (PHOTO, {"input": np.zeros((40, 30, 2))}, ValueError, "or a photo (rows, columns, 1 or 3)"),
    (PHOTO, {"input": np.zeros((513, 2, 3))}, ValueError, "512 rows and 512 columns, got 513 and 2"),
    (PHOTO, {"input": np.zeros((40, 30))}, ValueError, "has 3 channels, got an input of shape (40, 30, 1) with 1"),
    (PHOTO, {"input": np.zeros((40, 30, 1))}, ValueError, "has 3 channels, got an input of shape (40, 30, 1) with 1"),
    (IMAGE, {"input": np.zeros((40, 30, 3))}, ValueError, "has 1 channels, got an input of shape (40, 30, 3) with 3"),
    (PHOTO, {"input": "data:image/png;base64,AAAA"}, ValueError, "The photo cannot be read, got 'data:image/png;base64,AAAA'"),
    (PHOTO, {"input": "data:image/png;base64,é"}, ValueError, "The photo cannot be read"),
    (PHOTO, {"input": "data:image/svg+xml,<svg/>"}, ValueError, "The photo cannot be read"),
    (PHOTO, {"input": "data:" + "x" * 10**6}, ValueError, "The photo cannot be read"),
    (PHOTO, {"input": np.zeros((500, 500, 3)), "layers": [WIDE]}, ValueError, "a page manages 268,435,456"),
    (PHOTO, {"input": np.zeros((400, 400, 3)), "layers": [DEEP, DEEP]}, ValueError, "The layers need 348,480,000 multiplications"),
]  # fmt: skip


@pytest.mark.parametrize(("state", "change", "error", "text"), REFUSED)
def test_what_no_page_shows(state, change, error, text):
    with pytest.raises((TypeError, ValueError)) as caught:
        checked({**state, **change})
    assert type(caught.value) is error
    assert text in str(caught.value)
    assert len(str(caught.value)) < 400


def test_what_is_left_free_moves_inside():
    assert checked({**BUMP, "step": 99}, free=["step"])["step"] == 5
    assert checked({**BUMP, "channel_names": ["a", "b"]}, free=["channel_names"])["channel_names"] == []
    assert checked({**BUMP, "controls": ["photo", "play"]}, free=["controls"])["controls"] == ["play"]
    with pytest.raises(ValueError, match="step must be at least 0"):
        checked({**BUMP, "step": -1}, free=["step"])


@pytest.mark.parametrize(
    ("state", "change", "left_out"),
    [
        (BUMP, {}, {"photo"}),
        (PHOTO, {}, {"paint"}),
        (BUMP, {"layers": LAYERS}, {"photo", "weights", "flip", "dilation", "activation", "padding", "strides"}),
        (BUMP, {"layers": [{"class_name": "MaxPooling1D"}]}, {"photo", "weights", "flip", "dilation", "activation"}),
    ],
)
def test_all_controls_are_those_that_make_sense(state, change, left_out):
    controls = checked({**state, **change, "controls": "all"})["controls"]
    assert controls == [name for name in CONTROLS if name not in left_out]


def test_controls_stand_in_their_order_and_once():
    assert checked({**BUMP, "controls": ("share", "play", "share")})["controls"] == ["play", "share"]


@given(st.integers(0, 2**32), st.sampled_from([1, 3]), st.sampled_from(["bits", "shares", "float32"]))
def test_a_photo_comes_back(seed, channels, form):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (rng.integers(33, 60), rng.integers(33, 60), channels), np.uint8)
    given = {"bits": pixels, "shares": pixels / 255, "float32": (pixels / 255).astype(np.float32)}[form]
    layers = [{"class_name": "Conv2D", "kernel": np.ones((1, 1, channels))}]
    state = checked({**PHOTO, "input": given, "layers": layers})
    assert state["input"].startswith("data:image/")
    assert np.array_equal(values(state), pixels / 255)
    assert checked(json.loads(json.dumps(state))) == state
    assert to_text(pixels) == state["input"], "the same pixels give the same text"


def test_a_photo_is_rounded_to_eight_bits():
    assert to_pixels(np.array([0, 0.49 / 255, 0.51 / 255, 1])).tolist() == [0, 0, 1, 255]
    photo = data.photo(64)
    state = checked({**PHOTO, "input": photo})
    assert np.abs(values(state) - photo).max() <= 0.5001 / 255
    assert not np.array_equal(values(state), photo)


def test_a_drawing_of_many_places_is_a_photo_too():
    drawing = data.drawing("cross", size=40)
    assert np.array_equal(values(checked({**IMAGE, "input": drawing}))[..., 0], drawing)


def packed(pixels, form="PNG", **options):
    text = io.BytesIO()
    Image.fromarray(pixels).save(text, form, **options)
    return f"data:image/{form.lower()};base64,{base64.b64encode(text.getvalue()).decode()}"


def test_pictures_that_a_page_packed():
    grey = np.random.default_rng(seed=1).integers(0, 256, (5, 4), np.uint8)
    opaque = np.dstack([grey, grey, grey, np.full_like(grey, 255)])  # as a canvas does
    for text in packed(opaque), packed(grey), packed(opaque[..., :3]):
        one = checked({**IMAGE, "input": text})
        assert one["input"] == text
        assert np.array_equal(values(one), grey[..., np.newaxis] / 255)
        three = checked({**PHOTO, "input": text})  # the filter has three channels
        assert np.array_equal(values(three), opaque[..., :3] / 255)
    coloured = opaque[..., :3].copy()
    coloured[0, 0] = 1, 2, 3
    assert values(checked({**PHOTO, "input": packed(coloured), "layers": LAYERS})).shape == (5, 4, 3)
    assert values(checked({**PHOTO, "input": packed(grey), "layers": LAYERS})).shape == (5, 4, 1)
    became_grey = values(checked({**IMAGE, "input": packed(coloured)}))  # as the page reads it for such a filter
    assert became_grey.shape == (5, 4, 1)
    assert became_grey[0, 0, 0] * 255 == round(0.299 * 1 + 0.587 * 2 + 0.114 * 3)


def test_a_picture_that_is_too_large_is_not_unpacked():
    text = packed(np.zeros((2, 513), np.uint8))
    with pytest.raises(ValueError, match="512 rows and 512 columns, got 2 and 513"):
        from_text(text)
    head = base64.b64decode(text.partition(",")[2])

    def claims(size):  # a header with its checksum
        header = head[12:16] + size.to_bytes(4, "big") * 2 + head[24:29]
        return head[:12] + header + zlib.crc32(header).to_bytes(4, "big") + head[33:]

    half = base64.b64decode(packed(np.ones((40, 40), np.uint8)).partition(",")[2])[:60]
    for sent, words in (claims(10_000), "got 10000 and"), (claims(60_000), "cannot be read"), (half, "cannot be read"):
        with pytest.raises(ValueError, match=words):
            from_text("data:image/png;base64," + base64.b64encode(sent).decode())


@pytest.mark.parametrize("webp", [True, False])
def test_pictures_without_loss_with_and_without_webp(webp, monkeypatch):
    monkeypatch.setattr(features, "check", lambda name: webp)
    for channels in 1, 3:
        pixels = np.random.default_rng(seed=2).integers(0, 256, (40, 33, channels), np.uint8)
        text = to_text(pixels)
        assert text.startswith("data:image/webp;" if webp else "data:image/png;")
        assert np.array_equal(from_text(text)[..., :channels], pixels)


def test_what_is_no_picture():
    with pytest.raises(ValueError, match=r"A picture is uint8 \(rows, columns, 1 or 3\), got float64 \(2, 2, 3\)"):
        to_text(np.zeros((2, 2, 3)))
    with pytest.raises(TypeError, match="A photo must hold real numbers, got an array of dtype complex128"):
        to_pixels(np.zeros(3, complex))
