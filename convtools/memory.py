"""Memory for what is only needed on the way: kept from call to call, since fresh memory can cost more than the sums."""

import threading
from math import prod

import numpy as np

KEPT = 1 << 23  # numbers: 32 MiB; what is larger is given back
_own = threading.local()  # each thread has its own


def scratch(*shapes):
    """Return float32 arrays of these shapes, with anything in them. The next call gives out the same memory.

    >>> first, second = scratch((2, 3), (4,))
    >>> first.shape, second.shape
    ((2, 3), (4,))
    """
    sizes = [prod(shape) for shape in shapes]
    memory = getattr(_own, "memory", None)
    if memory is None or memory.size < sum(sizes):
        memory = np.empty(sum(sizes), np.float32)
        if memory.size <= KEPT:
            _own.memory = memory
    arrays, first = [], 0
    for shape, size in zip(shapes, sizes, strict=True):
        arrays.append(memory[first : first + size].reshape(shape))
        first += size
    return arrays
