"""One layer of a stepper as a dict of its settings, checked and written out in full."""

import numpy as np

from convtools.layer import as_float32
from convtools.layers import Conv1D, Conv2D, ReLU
from convtools.pooling import AveragePooling1D, AveragePooling2D, MaxPooling1D, MaxPooling2D

CLASSES = {
    made.__name__: made
    for made in (Conv1D, Conv2D, ReLU, MaxPooling1D, MaxPooling2D, AveragePooling1D, AveragePooling2D)
}
CONVOLUTION = ("kernel", "bias", "strides", "padding", "dilation_rate", "activation", "flip")
POOLING = ("pool_size", "strides", "padding")


def full_layer(settings, shape):
    """Return a layer's dict with all its settings in JSON's own types, and the shape that comes out of it.

    settings: a dict of a class_name and Keras's settings, a missing one being Keras's default. A convolution's
    kernel is as it is written and may lack axes of one cell; flip: turn it round before it slides (true convolution).
    shape: the input's, with channels. Errors: as the layer's own, and `TypeError` for a setting it does not have.

    >>> full_layer({"class_name": "MaxPooling1D"}, (8, 1))
    ({'class_name': 'MaxPooling1D', 'pool_size': [2], 'strides': [2], 'padding': 'valid'}, (4, 1))
    """
    settings = dict(settings)
    name = settings.pop("class_name")
    known = CONVOLUTION if name.startswith("Conv") else POOLING if name != "ReLU" else ()
    unknown = [key for key in settings if key not in known]
    if unknown:
        raise TypeError(f"{name} has no setting {unknown[0]!r}. It has {', '.join(known) or 'none'}.")
    if known is CONVOLUTION:
        return _full_convolution(name, settings, shape)
    layer = CLASSES[name](**settings, input_shape=shape)
    return {"class_name": name, **{key: _jsonable(getattr(layer, key)) for key in known}}, layer.output_shape


def _full_convolution(name, settings, shape):
    kernel = full_kernel(settings.pop("kernel", None), len(shape) - 1)
    bias, flip = as_float32("bias", settings.pop("bias", 0)), settings.pop("flip", False)
    if kernel.shape[-2] != shape[-1]:
        raise ValueError(
            f"The kernel of shape {kernel.shape} has {kernel.shape[-2]} channels, got an input of shape {shape} "
            f"with {shape[-1]}. Give the filter as many channels as its input."
        )
    if not isinstance(flip, bool):
        raise TypeError(f"flip must be True or False, got {flip!r}. Write flip=True for a true convolution.")
    layer = CLASSES[name](kernel.shape[-1], kernel.shape[:-2], **settings, input_shape=shape)
    layer.set_weights([kernel, np.repeat(bias, layer.filters) if bias.ndim == 0 else bias])
    full = {
        "class_name": name,
        "kernel": plain(kernel),
        "bias": plain(finite("bias", layer.bias)),
        **{key: _jsonable(getattr(layer, key)) for key in ("strides", "padding", "dilation_rate")},
        "activation": "relu" if layer.activation == "relu" else None,
        "flip": flip,
    }
    return full, layer.output_shape


def described(layer):
    """Return a layer of convtools as such a dict. Errors: `TypeError` for one that cannot be stepped through,
    `ValueError` for one that has no weights yet.

    >>> described(MaxPooling1D(2))
    {'class_name': 'MaxPooling1D', 'pool_size': (2,), 'strides': (2,), 'padding': 'valid'}
    """
    name = type(layer).__name__
    if CLASSES.get(name) is not type(layer):
        raise TypeError(f"A stepper shows {', '.join(CLASSES)}, got {layer!r}. Leave it out of the list.")
    if name == "ReLU":
        return {"class_name": name}
    if not name.startswith("Conv"):
        return {"class_name": name, **{key: getattr(layer, key) for key in POOLING}}
    kernel, *bias = layer.get_weights()
    settings = {key: getattr(layer, key) for key in ("strides", "padding", "dilation_rate", "activation")}
    return {"class_name": name, "kernel": kernel, "bias": bias[0] if bias else 0, **settings}


def with_kernel(layers, number, kernel):
    """Return the layers with another kernel, in any of its forms, in layer `number`; a filter that is new has bias 0.

    Errors: `ValueError` if that layer has no kernel, else as `full_kernel`.

    >>> with_kernel([{"class_name": "Conv1D", "kernel": [[[1]]], "bias": [7]}], 0, [[[1, 2]]])[0]["bias"]
    [7, 0]
    """
    layer = layers[number]
    name = layer["class_name"]
    if "kernel" not in layer:
        raise ValueError(f"Layer {number} is a {name}, which has no kernel. Set `layer` to a convolution first.")
    kernel = full_kernel(kernel, CLASSES[name].dimensions)
    bias = [*layer["bias"], *[0] * kernel.shape[-1]][: kernel.shape[-1]]
    return [*layers[:number], {**layer, "kernel": kernel, "bias": bias}, *layers[number + 1 :]]


def full_kernel(kernel, dimensions):
    """Return a kernel with all its axes, float64: (kernel size..., channels, filters).

    Without its last axis it is one filter, without the last two also of one channel. dimensions: 1 or 2.
    Errors: `ValueError` for another number of axes or numbers that are not finite, `TypeError` for no numbers.

    >>> full_kernel([1, 2], dimensions=1).shape
    (2, 1, 1)
    """
    kernel = finite("kernel", kernel)
    missing = dimensions + 2 - kernel.ndim
    if not 0 <= missing <= 2:
        wanted = {1: "(width, channels, filters)", 2: "(rows, columns, channels, filters)"}[dimensions]
        raise ValueError(f"A Conv{dimensions}D has a kernel {wanted}, got shape {kernel.shape}. Add or drop axes.")
    return kernel.reshape(kernel.shape + (1,) * missing)


def finite(name, value):
    """Return `value` as float64, each number rounded to float32 and read back from its shortest decimals.

    So 0.1 stays 0.1. Errors: `ValueError` for NaN, infinity, ragged lists or no numbers at all, `TypeError`
    for what is not a real number.

    >>> finite("x", [0.1])
    array([0.1])
    """
    array = as_float32(name, value)
    if array.size == 0 or not np.isfinite(array).all():
        came = "none" if array.size == 0 else "NaN or infinity"
        raise ValueError(f"{name} must hold finite numbers to be stepped through, got {came}. Replace them first.")
    return array.astype(str).astype(np.float64)


def rounded(array):
    """Round to four significant digits: the page stays small.

    >>> rounded(np.array([0.123456, -98765]))
    array([ 1.235e-01, -9.876e+04])
    """
    return np.array([float(f"{value:.3e}") for value in array.flat]).reshape(array.shape)


def plain(array):
    """Return nested lists, whole numbers as ints: the shortest JSON.

    >>> plain(np.array([[1.0, 0.5]]))
    [[1, 0.5]]
    """
    return _shortest(array.tolist())


def _shortest(value):
    if isinstance(value, list):
        return [_shortest(part) for part in value]
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _jsonable(setting):
    return list(setting) if isinstance(setting, tuple) else setting
