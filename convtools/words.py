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


def sentence(step):
    """Say a `convtools.trace.Step` in words: what the slider says, what stands under a still.

    >>> from convtools.trace import trace
    >>> print(sentence(trace([3, 4], [2])[1]))
    Step 2 of 2. The filter covers input 1: 4·2 = 8.
    """
    return f"{_where(step)}: {_sum_in_words(step)}"


def _where(step):
    words = f"Step {step.number + 1} of {step.count}"
    if step.filter is not None:
        words += f", filter {step.filter}"
    covered = prod(step.kernel.shape[:-1])
    padding = f" ({'all' if step.padded == covered else step.padded} of them padding)" if step.padded else ""
    if len(step.taps) == 1:
        return f"{words}. The filter covers {_indices('input', step.taps[0])}{padding}"
    row, column = (number(index) for index in step.position)
    rows, columns = _indices("row", step.taps[0]), _indices("column", step.taps[1])
    return f"{words}, row {row}, column {column}. {rows.capitalize()}, {columns}{padding}"


def _sum_in_words(step):
    if len(step.taps) == 1 and step.kernel.shape[-1] == 1:
        cells = zip(step.window.flat, step.kernel.flat, strict=True)
        bias = f" + bias {number(step.bias)}" if step.bias else ""
        relu = f"; ReLU gives {number(step.output)}" if step.activation == "relu" else ""
        return " + ".join(f"{_factor(a)}·{_factor(b)}" for a, b in cells) + f"{bias} = {number(step.total)}{relu}."
    if step.kernel.shape[-1] > 1:
        sums = zip(step.channel_names, step.channel_sums, strict=True)
        parts = ", ".join(f"{name} {number(value)}" for name, value in sums)
    else:
        plural = "s" if len(step.row_sums) > 1 else ""
        parts = f"row sum{plural} " + ", ".join(number(value) for value in step.row_sums)
    result = f"the output is {number(step.output)}"
    if step.activation == "relu":
        result = f"the sum is {number(step.total)} and ReLU gives {number(step.output)}"
    return f"{parts}; with bias {number(step.bias)} {result}."


def _factor(value):
    return f"({number(value)})" if number(value).startswith("−") else number(value)


def _indices(name, taps):
    """Name the positions: "input 2", "inputs 2 to 4", "inputs 0, 2 and 4"."""
    words = [number(tap) for tap in taps]
    if len(words) == 1:
        return f"{name} {words[0]}"
    if taps[-1] - taps[0] == len(taps) - 1:
        return f"{name}s {words[0]} to {words[-1]}"
    return f"{name}s {', '.join(words[:-1])} and {words[-1]}"
