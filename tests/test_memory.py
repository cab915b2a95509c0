"""Memory that is used again: not by two threads at once, not for ever if it is large, never seen in a result."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from convtools import Conv2D, memory
from convtools.memory import scratch


def test_the_memory_is_that_of_the_last_call():
    array = scratch(10)
    array[...] = np.arange(10)
    assert (array.dtype, array.shape) == (np.float32, (10,))
    assert scratch(4).tolist() == [0, 1, 2, 3]
    assert scratch(0).size == 0


def test_what_is_very_large_is_given_back(monkeypatch):
    monkeypatch.setattr(memory, "KEPT", 1000)
    monkeypatch.setattr(memory, "_own", threading.local())
    assert scratch(1001).size == 1001
    assert not hasattr(memory._own, "memory")
    scratch(1000)
    assert memory._own.memory.size == 1000


@pytest.mark.parametrize(("channels", "filters"), [(3, 5), (32, 32)], ids=["direct", "wide"])
def test_threads_do_not_disturb_each_other(channels, filters):
    layer = Conv2D(filters, 3, input_shape=(24, 24, channels), seed=7)
    samples = np.random.default_rng(seed=7).normal(size=(8, 4, 24, 24, channels)).astype(np.float32)

    def work(x):
        output = layer(x)
        at_input, of_weights = layer.backward(x, output, output)
        return [output, at_input, *of_weights]

    expected = [work(x) for x in samples]
    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(4) as pool:
            for came, wanted in zip(pool.map(work, [*samples] * 10), expected * 10, strict=True):
                assert all(np.array_equal(one, other) for one, other in zip(came, wanted, strict=True))
    finally:
        sys.setswitchinterval(switch)


def test_a_result_is_never_scratch():
    layer = Conv2D(2, 3, input_shape=(9, 9, 1), seed=7)
    x = np.ones((1, 9, 9, 1), np.float32)
    kept = [layer(x), *layer.backward(x, layer(x), layer(x))[1]]
    before = [array.copy() for array in kept]
    scratch(100_000)[...] = np.nan
    assert all(np.array_equal(one, other) for one, other in zip(kept, before, strict=True))
