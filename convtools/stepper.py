"""The stepper: a filter that the reader moves over its input, in the notebook and in the published page."""

from pathlib import Path

import anywidget
import numpy as np
import traitlets

from convtools.shapes import whole_number
from convtools.still import still
from convtools.trace import check_channel_names, finite, full_shapes, layer_for, trace

STATE = ("input", "layers", "filter", "step", "channel_names")


class Stepper(anywidget.AnyWidget):
    """A slider that puts the filter on one place after another and writes out the sum.

    x, kernel and the settings are those of `convtools.trace.trace`; with several filters the reader chooses
    one. step: the place it starts at, from 0; filter: the filter it starts with.

    Traits, both ways between Python and the page: `step` and `filter` (int), `input` (a nested list
    (length, channels) or (rows, columns, channels)), `layers` (a list of one dict: kernel with all its axes,
    bias, strides, padding, dilation_rate, activation) and `channel_names`.
    The page computes by itself, so it needs no kernel. Errors: `ValueError` or `TypeError` as `trace`, at the
    making and at every change; a refused change leaves the last good state.

    >>> Stepper([0, 0, 0, 1, 1, 0, 0, 0], [0, 1, 0]).output
    array([0., 0., 1., 1., 0., 0.], dtype=float32)
    """

    _esm = Path(__file__).parent / "stepper.js"
    _css = Path(__file__).parent / "stepper.css"
    # Not `Any`, which lets None pass by the checks below.
    input = traitlets.TraitType(None).tag(sync=True)
    layers = traitlets.TraitType(None).tag(sync=True)
    filter = traitlets.TraitType(0).tag(sync=True)
    step = traitlets.TraitType(0).tag(sync=True)
    channel_names = traitlets.TraitType(None).tag(sync=True)

    def __init__(
        self, x, kernel, bias=0, strides=1, padding="valid", dilation_rate=1, activation=None,
        filter=0, step=0, channel_names=None,
    ):  # fmt: skip
        x, kernel = full_shapes(x, kernel)
        settings = {"strides": strides, "padding": padding, "dilation_rate": dilation_rate, "activation": activation}
        layer = {"kernel": kernel, "bias": bias, **settings}
        names = check_channel_names(channel_names, x.shape[-1])
        state = {"input": x, "layers": [layer], "filter": filter, "step": step, "channel_names": names}
        super().__init__(**_checked(state))

    @property
    def state(self):
        """All traits as a JSON-ready dict: what the published page keeps."""
        return {name: getattr(self, name) for name in STATE}

    @property
    def kernel(self):
        """The kernel with all its axes, float32: (kernel size..., channels, filters)."""
        return np.array(self.layers[0]["kernel"], np.float32)

    @property
    def output(self):
        """The whole map of the chosen filter, float32: (length,) or (rows, columns)."""
        settings = dict(self.layers[0])
        layer = layer_for(*full_shapes(self.input, settings.pop("kernel")), **settings)
        return layer([self.input])[0, ..., self.filter]

    @traitlets.validate(*STATE)
    def _check(self, proposal):
        """Let in only what makes a good state together with the other traits."""
        name = proposal["trait"].name
        if self.layers is None or self.input is None:  # being made, from a state that was checked as a whole
            return proposal["value"]
        rest = self.state if name == "step" else {**self.state, "step": 0}
        return _checked({**rest, name: proposal["value"]})[name]

    @traitlets.observe("input", "layers")
    def _keep_step(self, change):
        """Stay inside the map when it became smaller."""
        if change["old"] is not None:
            self.step = min(self.step, self.output.size - 1)

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs)
        return {**data, "text/html": still(self.state, trace_state(self.state))}, metadata

    def __repr__(self):
        x, kernel = np.shape(self.input), np.shape(self.layers[0]["kernel"])
        return f"Stepper(input {x}, kernel {kernel}, step {self.step})"


def _checked(state):
    """Return the state with full shapes and JSON's own types, or say what is wrong with it."""
    layers = state["layers"]
    one = isinstance(layers, (list, tuple)) and len(layers) == 1
    if not one or not isinstance(layers[0], dict) or "kernel" not in layers[0]:
        raise ValueError(
            f"layers must be a list of one layer, a dict with its kernel, got {layers!r}. "
            f"Use one Stepper for each layer."
        )
    settings = dict(layers[0])
    x, kernel = full_shapes(state["input"], settings.pop("kernel"))
    layer = layer_for(x, kernel, **settings)
    names = check_channel_names(state["channel_names"], x.shape[-1])
    filter, step = whole_number("filter", state["filter"], smallest=0), whole_number("step", state["step"], smallest=0)
    for name, value, count in (
        ("filter", filter, layer.filters),
        ("step", step, int(np.prod(layer.output_shape[:-1]))),
    ):
        if value >= count:
            raise ValueError(f"{name} must be at most {count - 1}, got {value}. There are {count}, counted from 0.")
    return {
        "input": _plain(x),
        "layers": [
            {
                "kernel": _plain(kernel),
                "bias": _plain(finite("bias", layer.bias)),
                "strides": list(layer.strides),
                "padding": layer.padding,
                "dilation_rate": list(layer.dilation_rate),
                "activation": None if layer.activation == "linear" else layer.activation,
            }
        ],
        "filter": filter,
        "step": step,
        "channel_names": list(names),
    }


def trace_state(state):
    """Return the trace of a stepper's state, a list of Steps: what the page must show at each position.

    >>> len(trace_state(Stepper([0, 1, 1, 0], [1, 1]).state))
    3
    """
    settings = dict(state["layers"][0])
    several = np.shape(settings["kernel"])[-1] > 1
    return trace(
        state["input"],
        **settings,
        filter=state["filter"] if several else None,
        channel_names=state["channel_names"] or None,
    )


def _plain(array):
    """Return nested lists, whole numbers as ints: the shortest JSON."""
    if array.ndim:
        return [_plain(part) for part in array]
    return int(array) if array == int(array) else float(array)
