"""A stand-in for PyTorch, whose package is too large to install for these tests: what the page's programs call.

Written from PyTorch's documentation of each function, on NumPy and SciPy. It refuses what PyTorch refuses.
`install(monkeypatch)` lets `import torch` find it, where PyTorch itself is not there.
"""

import importlib.util
import sys
import types

import numpy as np
from scipy.signal import correlate


class Tensor:
    def __init__(self, values):
        self.values = np.asarray(values)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype)

    def __repr__(self):
        return f"tensor({self.values.tolist()})"

    def __getitem__(self, at):
        return Tensor(self.values[at])

    def __truediv__(self, other):
        return Tensor(self.values / other.values)

    def float(self):
        return Tensor(self.values.astype(np.float32))

    def reshape(self, *shape):
        return Tensor(self.values.reshape(shape))

    def movedim(self, source, destination):
        return Tensor(np.moveaxis(self.values, source, destination))

    def flip(self, *axes):
        return Tensor(np.flip(self.values, axes))


def pad(tensor, amounts, mode="constant", value=None):
    """From the last axis on: before, after, before, after, ..."""
    pairs = list(zip(amounts[::2], amounts[1::2], strict=True))[::-1]
    around = [(0, 0)] * (tensor.values.ndim - len(pairs)) + pairs
    return Tensor(np.pad(tensor.values, around, mode, constant_values=value or 0))


def relu(tensor):
    return Tensor(np.maximum(tensor.values, 0))


def each(value, axes):
    return (value,) * axes if isinstance(value, int) else value


def convolution(dimensions):
    def conv(tensor, weight, bias=None, stride=1, padding=0, dilation=1):
        x, kernel = tensor.values, weight.values  # (batch, channels, ...), (filters, channels, ...)
        assert x.ndim == kernel.ndim == dimensions + 2
        assert x.dtype == kernel.dtype == bias.values.dtype == np.float32
        assert x.shape[1] == kernel.shape[1]
        stride, dilation = each(stride, dimensions), each(dilation, dimensions)
        sizes = kernel.shape[2:]
        if padding == "same":
            if set(stride) != {1}:
                raise RuntimeError("padding='same' is not supported for strided convolutions")
            totals = [d * (k - 1) for k, d in zip(sizes, dilation, strict=True)]
            assert not any(total % 2 for total in totals), "PyTorch warns"
            x = np.pad(x, [(0, 0), (0, 0), *((total // 2, total - total // 2) for total in totals)])
        else:
            assert padding == 0
        spread = np.zeros((*kernel.shape[:2], *(d * (k - 1) + 1 for k, d in zip(sizes, dilation, strict=True))))
        spread[(slice(None), slice(None), *(slice(None, None, d) for d in dilation))] = kernel
        x = x.astype(np.float64)  # as the kernel is: given two types, SciPy reads memory that nobody has written
        maps = [correlate(x[0], one, "valid")[0] for one in spread]
        maps = np.stack(maps)[(slice(None), *(slice(None, None, s) for s in stride))]
        return Tensor((maps + bias.values.reshape(-1, *[1] * dimensions)).astype(np.float32)[np.newaxis])

    return conv


def pooling(dimensions, summary):
    def pool(tensor, kernel_size, stride=None):
        x, sizes = tensor.values, each(kernel_size, dimensions)
        axes = tuple(range(2, 2 + dimensions))
        windows = np.lib.stride_tricks.sliding_window_view(x, sizes, axes)
        windows = windows[
            (slice(None), slice(None), *(slice(None, None, s) for s in each(stride or sizes, dimensions)))
        ]
        return Tensor(summary(windows, axis=tuple(range(-dimensions, 0))))

    return pool


def install(monkeypatch):
    if importlib.util.find_spec("torch"):
        return
    torch, nn, functional = (types.ModuleType(name) for name in ("torch", "torch.nn", "torch.nn.functional"))
    torch.nn, nn.functional = nn, functional
    torch.tensor, torch.ones_like, torch.inf = Tensor, lambda tensor: Tensor(np.ones_like(tensor.values)), np.inf
    functional.pad, functional.relu = pad, relu
    for dimensions in 1, 2:
        setattr(functional, f"conv{dimensions}d", convolution(dimensions))
        setattr(functional, f"max_pool{dimensions}d", pooling(dimensions, np.max))
        setattr(functional, f"avg_pool{dimensions}d", pooling(dimensions, np.mean))
    for module in torch, nn, functional:
        monkeypatch.setitem(sys.modules, module.__name__, module)
