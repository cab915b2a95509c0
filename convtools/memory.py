"""Memory for what is only needed on the way: kept from call to call, since fresh memory can cost more than the sums."""

import threading

import numpy as np

KEPT = 1 << 23  # numbers: 32 MiB; what is larger is given back
_own = threading.local()  # each thread has its own


def scratch(size):
    """Return a float32 array of `size` numbers, whatever they are. The next call gives out the same memory.

    >>> scratch(6).reshape(2, 3).shape
    (2, 3)
    """
    memory = getattr(_own, "memory", None)
    if memory is None or memory.size < size:
        memory = np.empty(size, np.float32)
        if size <= KEPT:
            _own.memory = memory
    return memory[:size]
