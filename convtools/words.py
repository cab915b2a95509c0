"""Numbers and steps in the book's words, the same in the page, the still and the tests."""

from decimal import ROUND_HALF_UP, Decimal
from math import prod


def number(value):
    """Write a number as the book does: whole ones plain, others with two decimals, a real minus sign.

    >>> number(-0.125)
    '−0.13'
    >>> number(3.0)
    '3'
    """
    if abs(value - round(value)) < 1e-9:
        text = str(round(value))
    else:  # halves go away from zero, as the browser's toFixed does
        text = str(Decimal(float(value)).quantize(Decimal("0.01"), ROUND_HALF_UP))
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", "−")


MOST_TERMS = 9  # longer sums are told by their parts


def sentence(step):
    """Say a `convtools.trace.Step` in words: what the slider says, what stands under a still.

    >>> from convtools.trace import trace
    >>> print(sentence(trace([3, 4], [2])[1]))
    Step 2 of 2. The filter covers input 1: 4·2 = 8.
    """
    said = {"sum": _sum_in_words, "relu": _relu_in_words}.get(step.operation, _pooling_in_words)(step)
    return f"{_where(step)}: {said}.{_field(step)}"


def _where(step):
    is_sum, words = step.operation == "sum", f"Step {step.number + 1} of {step.count}"
    if step.layers > 1:
        words += f" in layer {step.layer + 1} of {step.layers} ({step.class_name})"
    if step.filter is not None:
        words += f", {'filter' if is_sum else 'channel'} {step.filter}"
    line = len(step.taps) == 1
    if not line:
        words += f", row {step.position[0]}, column {step.position[1]}"
    if step.operation == "relu":
        return f"{words}. Input {step.position[0]}" if line else words
    covered = prod(map(len, step.taps))
    many, out = "all" if step.padded == covered else step.padded, "" if is_sum else ", left out"
    padding = f" ({many} of them padding{out})" if step.padded else ""
    if line:
        what = f"{'flipped ' if step.flipped else ''}filter" if is_sum else "window"
        return f"{words}. The {what} covers {_indices('input', step.taps[0])}{padding}"
    rows, columns = _indices("row", step.taps[0]), _indices("column", step.taps[1])
    rows = f"Flipped filter on {rows}" if step.flipped else rows.capitalize()
    return f"{words}. {rows}, {columns}{padding}"


def _sum_in_words(step):
    channel_sums, row_sums = step.channel_sums, step.row_sums
    line = len(step.taps) == 1 and len(channel_sums) == 1
    if line and len(row_sums) <= MOST_TERMS:
        cells = zip(step.window.flat, step.kernel.flat, strict=True)
        bias = f" + bias {number(step.bias)}" if step.bias else ""
        relu = f"; ReLU gives {number(step.output)}" if step.activation == "relu" else ""
        return " + ".join(f"{_factor(a)}·{_factor(b)}" for a, b in cells) + f"{bias} = {number(step.total)}{relu}"
    if line:
        parts = f"{len(row_sums)} products add up to {number(channel_sums[0])}"
    elif len(channel_sums) > 1:
        sums = zip(step.channel_names, channel_sums, strict=True)
        parts = ", ".join(f"{_headed(name)} {number(value)}" for name, value in sums)
    else:
        plural = "s" if len(row_sums) > 1 else ""
        parts = f"row sum{plural} " + ", ".join(number(value) for value in row_sums)
    result = f"the output is {number(step.output)}"
    if step.activation == "relu":
        result = f"the sum is {number(step.total)} and ReLU gives {number(step.output)}"
    return f"{parts}; with bias {number(step.bias)} {result}"


def _headed(name):
    """Return "red" as it is, but "channel 0:", as a number follows."""
    return f"{name}:" if name[-1:] in "0123456789" and name else name


def _pooling_in_words(step):
    values = step.covered
    which = f"{len(values)} values" if len(values) > MOST_TERMS else _listed(map(number, values))
    return f"the {'largest' if step.operation == 'max' else 'mean'} of {which} is {number(step.output)}"


def _relu_in_words(step):
    [value] = step.covered
    return f"{number(value)} {'becomes' if value < 0 else 'stays'} {number(step.output)}"


def _field(step):
    """What a step of a later layer sees of the stack's input: its place and size."""
    if step.field is None:
        return ""
    places = [range(first, last + 1) for first, last in zip(step.field["first"], step.field["last"], strict=True)]
    plural = "s" if prod(map(len, places)) > 1 else ""
    names = ["input"] if len(places) == 1 else ["row", "column"]
    where = ", ".join(_indices(name, axis) for name, axis in zip(names, places, strict=True))
    return f" It sees {' × '.join(str(len(axis)) for axis in places)} input{plural}: {where}."


def _factor(value):
    return f"({number(value)})" if number(value).startswith("−") else number(value)


def _indices(name, taps):
    """Name the positions: "input 2", "inputs 2 to 4", "inputs 0, 2 and 4"."""
    if len(taps) == 1:
        return f"{name} {number(taps[0])}"
    if taps[-1] - taps[0] == len(taps) - 1:
        return f"{name}s {number(taps[0])} to {number(taps[-1])}"
    return f"{name}s {_listed(map(number, taps))}"


def _listed(words):
    """Join with commas and an "and": "1", "1 and 2", "1, 2 and 3"."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
