"""Integers only: how long the output is, how many zeros pad the input, how far a cell sees."""

from numbers import Integral

PADDINGS = ("valid", "same", "causal")


def whole_number(name, value, smallest=1):
    """Return `value` as an int, or say in words why it cannot be one.

    Errors: `TypeError` for anything that is not a whole number (fractions, text, booleans),
    `ValueError` for one below `smallest`.

    >>> whole_number("strides", 2)
    2
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be a whole number, got {value!r}. Write an int, for example 3.")
    if value < smallest:
        raise ValueError(f"{name} must be at least {smallest}, got {value}. Choose a larger whole number.")
    return int(value)


def whole_numbers(name, value, dimensions):
    """Return one int for each dimension: a single int stands for all of them.

    Errors: `TypeError` and `ValueError` as `whole_number`; `ValueError` for the wrong count.

    >>> whole_numbers("kernel_size", 3, dimensions=2)
    (3, 3)
    """
    if not isinstance(value, (tuple, list)):
        return (whole_number(name, value),) * dimensions
    if len(value) != dimensions:
        raise ValueError(
            f"{name} needs one whole number or a tuple of {dimensions}, got {value!r}. "
            f"Give one for each dimension the filter moves along."
        )
    return tuple(whole_number(name, part) for part in value)


def check_padding(padding, allowed=PADDINGS):
    """Return `padding` if it is one of the `allowed` words, else raise `ValueError`.

    >>> check_padding("same")
    'same'
    """
    if not isinstance(padding, str) or padding not in allowed:
        words = ", ".join(f'"{word}"' for word in allowed)
        mend = "Only Conv1D has it." if padding == "causal" else "Spell it as in the list, in small letters."
        raise ValueError(f"padding must be one of {words}, got {padding!r}. {mend}")
    return padding


def span(kernel_size, dilation_rate=1):
    """Return how many input cells a filter reaches over, the gaps of its dilation included.

    Source: Dumoulin and Visin 2016, section 5.1: `kernel_size + (kernel_size - 1) * (dilation_rate - 1)`.

    >>> span(3, dilation_rate=2)
    5
    """
    kernel_size = whole_number("kernel_size", kernel_size)
    return (kernel_size - 1) * whole_number("dilation_rate", dilation_rate) + 1


def padding_amounts(length, kernel_size, strides=1, padding="valid", dilation_rate=1):
    """Return how many zeros go before and after an input of `length` cells, as `(before, after)`.

    "valid" adds none. "same" adds as many as make the output `ceil(length / strides)` cells long;
    an odd total puts the extra zero after, as Keras does. "causal" adds all of them before, so that
    an output never sees a later input.

    >>> padding_amounts(8, kernel_size=3, padding="same")
    (1, 1)
    >>> padding_amounts(8, kernel_size=4, padding="same")
    (1, 2)
    """
    length = whole_number("length", length)
    strides = whole_number("strides", strides)
    reach = span(kernel_size, dilation_rate)
    if check_padding(padding) == "valid":
        return 0, 0
    if padding == "causal":
        return reach - 1, 0
    outputs = -(-length // strides)
    total = max((outputs - 1) * strides + reach - length, 0)
    return total // 2, total - total // 2


def output_length(length, kernel_size, strides=1, padding="valid", dilation_rate=1):
    """Return how many places a filter is put along one axis: the length of its map.

    `(padded - span) // strides + 1`, where `padded` counts the input with its zeros and `span` the
    cells under the filter. Source: Dumoulin and Visin 2016, relationship 6.

    Errors: `ValueError` if the filter does not fit.

    >>> output_length(8, kernel_size=3)
    6
    >>> output_length(8, kernel_size=3, strides=2, padding="same")
    4
    """
    before, after = padding_amounts(length, kernel_size, strides, padding, dilation_rate)
    reach = span(kernel_size, dilation_rate)
    if before + length + after < reach:
        dilated = f" (dilated to {reach})" if reach != kernel_size else ""
        raise ValueError(
            f"A filter of width {kernel_size}{dilated} does not fit an input of length {length} with "
            f'padding="{padding}". Use a longer input, a smaller filter or dilation_rate, or padding="same".'
        )
    return (before + length + after - reach) // strides + 1


def receptive_field(layers):
    """Return how many input cells, along one axis, one cell of the last layer sees.

    `layers`: from the first layer to the last, `(kernel_size, strides)` or
    `(kernel_size, strides, dilation_rate)`; a pooling layer counts as a filter of its pool size, ReLU as (1, 1).
    Each layer widens the field by `(span - 1)` steps of all strides before it.
    Source: Dumoulin and Visin 2016, chapters 2 and 5, applied layer by layer.

    Errors: `TypeError` or `ValueError` for what is not such a list.

    >>> receptive_field([(3, 1), (3, 1)])
    5
    >>> receptive_field([(3, 1), (2, 2), (3, 1)])
    8
    """
    if not isinstance(layers, (tuple, list)):
        raise TypeError(
            f"layers must be a list of (kernel_size, strides), got {layers!r}. For one layer write [(3, 1)]."
        )
    field, jump = 1, 1
    for number, layer in enumerate(layers):
        if not isinstance(layer, (tuple, list)) or len(layer) not in (2, 3):
            raise ValueError(
                f"layer {number} must be (kernel_size, strides) or (kernel_size, strides, dilation_rate), "
                f"got {layer!r}. For a 3-wide filter moved one cell at a time write (3, 1)."
            )
        kernel_size, strides, *dilation = layer
        field += (span(kernel_size, *dilation) - 1) * jump
        jump *= whole_number("strides", strides)
    return field
