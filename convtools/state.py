"""The stepper's state: one JSON-ready description for Python, the page, the still, the link and the tests."""

import reprlib
from math import prod

import numpy as np

from convtools.layer import as_float32
from convtools.photos import check_size, from_text, to_pixels, to_text
from convtools.settings import CLASSES, finite, full_layer, plain
from convtools.shapes import whole_number

STATE = ("input", "layers", "layer", "filter", "step", "channel_names", "controls")
CONTROLS = (
    "play", "paint", "weights", "flip", "padding", "strides", "dilation", "activation", "shapes", "photo", "share",
)  # fmt: skip

# How much a page can show and compute.
LAYERS, CHANNELS, PLACES, WIDTH, DILATION, PRODUCTS = 4, 16, 1024, 11, 32, 1 << 28


def checked(state, free=()):
    """Return a state with all axes and JSON's own types, or say what is wrong with it.

    state: a dict with all the names in STATE:
        input: numbers (length[, channels]) or (rows, columns[, channels]). With more than 1024 places it becomes
            a photo, as text, rounded to eight bits: at most 512 rows and columns, 1 or 3 channels, uint8 or 0 to 1.
        layers: 1 to 4 dicts as `settings.full_layer` takes them.
        layer, filter, step: which layer's output is stepped through, which channel of it, and the place, from 0.
        channel_names: a list of texts, or none. controls: a list of CONTROLS, or "all" that make sense.
    free: names that may be moved to fit the others.

    Errors: `ValueError` or `TypeError`: what came, what is expected, how to mend it.

    >>> conv = {"class_name": "Conv1D", "kernel": [1, 0.5]}
    >>> state = {"input": [3, 4], "layers": [conv], "layer": 0, "filter": 0, "step": 0}
    >>> checked({**state, "channel_names": None, "controls": []})["layers"][0]["kernel"]
    [[[1]], [[0.5]]]
    """
    layers = _list_of_layers(state["layers"])
    x, kept = _input(state["input"], layers)
    shapes, full, products = [x.shape], [], 0
    for number, settings in enumerate(layers):
        try:
            if "kernel" in settings and settings["class_name"].startswith("Conv"):
                _check_kernel(settings)
            settings, shape = full_layer(settings, shapes[-1])
            _check_sizes(settings)
        except (TypeError, ValueError) as error:
            if len(layers) == 1:
                raise
            raise type(error)(f"Layer {number}: {error}") from error
        products += prod(shape) * prod(np.shape(settings["kernel"])[:-1]) if "kernel" in settings else 0
        shapes.append(shape)
        full.append(settings)
    if products > PRODUCTS:
        raise ValueError(
            f"The layers need {products:,} multiplications, a page manages {PRODUCTS:,}. "
            f"Take a smaller input, or fewer or smaller filters."
        )
    layer = _index(state, "layer", len(full), free)
    *places, channels = shapes[layer + 1]
    return {
        "input": kept,
        "layers": full,
        "layer": layer,
        "filter": _index(state, "filter", channels, free),
        "step": _index(state, "step", prod(places), free),
        "channel_names": _names(state, x.shape[-1], free),
        "controls": _controls(state, isinstance(kept, str), full, free),
    }


def values(state):
    """Return the input of a checked state as float64 (..., channels), a photo's pixels divided by 255.

    >>> values({"input": [[3], [4]], "layers": [{"class_name": "ReLU"}]}).shape
    (2, 1)
    """
    return _input(state["input"], state["layers"])[0]


def full_input(x, dimensions):
    """Return numbers with their channels, float64; without that axis they have one. dimensions: 1 or 2.

    Errors: `ValueError` for another number of axes or numbers that are not finite, `TypeError` for no numbers.

    >>> full_input([1, 2], dimensions=1).shape
    (2, 1)
    """
    x = finite("x", x)
    if x.ndim not in (dimensions, dimensions + 1):
        wanted = {1: "(length, channels)", 2: "(rows, columns, channels)"}[dimensions]
        raise ValueError(f"These layers take x of shape {wanted}, no batch axis, got {x.shape}. Add or drop axes.")
    return x.reshape(x.shape + (1,) * (dimensions + 1 - x.ndim))


def check_channel_names(names, channels):
    """Return the names as a tuple; () for None. Errors: `ValueError` unless there is one text for each channel.

    >>> check_channel_names(["red", "green", "blue"], 3)
    ('red', 'green', 'blue')
    """
    if names is None or (isinstance(names, (list, tuple)) and not names):
        return ()
    if not isinstance(names, (list, tuple)) or len(names) != channels or not all(isinstance(n, str) for n in names):
        raise ValueError(
            f"channel_names must be a list of {channels} texts, one for each channel, got {reprlib.repr(names)}. "
            f"Leave it out to number the channels."
        )
    return tuple(names)


def _list_of_layers(layers):
    if not isinstance(layers, (list, tuple)) or not all(isinstance(layer, dict) for layer in layers):
        raise TypeError(f"layers must be a list of dicts, each a layer's settings, got {reprlib.repr(layers)}.")
    if not 1 <= len(layers) <= LAYERS:
        raise ValueError(f"layers must be 1 to {LAYERS} layers, got {len(layers)}. Use one Stepper for each part.")
    for layer in layers:
        name = layer.get("class_name")
        if not isinstance(name, str) or name not in CLASSES:
            raise ValueError(f"class_name must be one of {', '.join(CLASSES)}, got {reprlib.repr(name)}. Choose one.")
    if len(_dimensions(layers)) > 1:
        names = ", ".join(layer["class_name"] for layer in layers)
        raise ValueError(f"layers must all be for sequences (1D) or all for images (2D), got {names}. Choose one kind.")
    return layers


def _dimensions(layers):
    """How many axes the layers move along: {1}, {2}, or {} if ReLU is all there is."""
    return {CLASSES[layer["class_name"]].rank - 1 for layer in layers if layer["class_name"] != "ReLU"}


def _input(given, layers):
    """Return the values, float64 (..., channels), and what the state keeps of them: nested lists, or a photo's text."""
    dimensions = next(iter(_dimensions(layers)), None)
    if isinstance(given, str) and given.startswith("data:") and dimensions != 1:
        return _photo(from_text(given), layers), given
    x = as_float32("x", given)
    dimensions = dimensions or max(x.ndim - 1, 1)  # ReLU alone: the last axis are channels
    places = prod(x.shape[:dimensions])
    if places <= PLACES:
        if x.ndim > dimensions and x.shape[-1] > CHANNELS:
            raise ValueError(f"x has {x.shape[-1]} channels, a page shows {CHANNELS}. Choose some.")
        x = full_input(x, dimensions)
        return x, plain(x)
    if dimensions == 1 or x.shape[2:] not in ((), (1,), (3,)):
        raise ValueError(
            f"x of shape {x.shape} has {places} places, a page shows {PLACES}, or a photo (rows, columns, 1 or 3). "
            f"Cut it, or average it down."
        )
    check_size(*x.shape[:2])
    try:
        pixels = to_pixels(given).reshape(*x.shape[:2], -1)
    except ValueError as error:
        raise ValueError(f"With {places} places x is shown as a photo. {error}") from error
    text = to_text(pixels)
    return (pixels / 255 if any("kernel" in layer for layer in layers) else _photo(from_text(text), layers)), text


def _photo(pixels, layers):
    """Return the values in a photo's text: its grey where the first convolution takes one channel, as in the page."""
    kernel = next((as_float32("kernel", layer["kernel"]) for layer in layers if "kernel" in layer), None)
    one = kernel is None or kernel.shape[2:3] in ((), (1,))
    grey = (pixels == pixels[..., :1]).all()
    if one and kernel is not None and not grey:
        pixels = np.floor(pixels @ np.array([0.299, 0.587, 0.114]) + 0.5)[..., np.newaxis]  # ITU-R BT.601
        grey = True
    return pixels[..., : 1 if one and grey else 3] / 255


def _check_kernel(settings):
    """Refuse what is too large for a page before it is looked at number by number."""
    shape = as_float32("kernel", settings["kernel"]).shape
    dimensions = CLASSES[settings["class_name"]].dimensions
    if max(shape[:dimensions], default=0) > WIDTH:
        raise ValueError(f"A page shows kernels of {WIDTH} cells along an axis, got shape {shape}. Cut it.")
    if max(shape[dimensions:], default=0) > CHANNELS:
        raise ValueError(f"A page shows {CHANNELS} channels and filters, got a kernel of shape {shape}. Cut it.")


def _check_sizes(settings):
    for name, largest in ("pool_size", WIDTH), ("dilation_rate", DILATION):
        size = max(settings.get(name, [1]))
        if size > largest:
            raise ValueError(f"{name} may be at most {largest} in a page, got {size}. Choose a smaller one.")


def _index(state, name, count, free):
    index = whole_number(name, state[name], smallest=0)
    if index >= count and name in free:
        return count - 1
    if index >= count:
        raise ValueError(f"{name} must be at most {count - 1}, got {index}. There are {count}, counted from 0.")
    return index


def _names(state, channels, free):
    names = state["channel_names"]
    if "channel_names" in free and len(names) != channels:
        return []
    return list(check_channel_names(names, channels))


def _controls(state, photo, layers, free):
    """Return the controls in their order, without any that makes no sense if that was left open."""
    given = state["controls"]
    unfit = {"paint" if photo else "photo"}
    if isinstance(given, str) and given == "all":
        has = {key for layer in layers for key in layer}
        lacking = {"kernel": ("weights", "flip", "dilation", "activation"), "strides": ("padding", "strides")}
        unfit.update(name for key, names in lacking.items() if key not in has for name in names)
        return [name for name in CONTROLS if name not in unfit]
    if not isinstance(given, (list, tuple)) or not all(isinstance(n, str) and n in CONTROLS for n in given):
        raise ValueError(
            f'controls must be "all" or a list of {", ".join(CONTROLS)}, got {reprlib.repr(given)}. Choose from these.'
        )
    if "controls" not in free and unfit & {*given}:
        which = "A photo cannot be painted" if photo else f"Only a photo (over {PLACES} places) can be exchanged"
        raise ValueError(f"{which}, got controls {list(given)}. Leave {unfit.pop()!r} out.")
    return [name for name in CONTROLS if name in given and name not in unfit]
