"""The stepper: a filter that the reader moves over its input, in the notebook and in the published page."""

from contextlib import contextmanager

import anywidget
import numpy as np
import traitlets

from convtools import page
from convtools.layer import Layer, as_float32
from convtools.maps import network
from convtools.photos import from_text
from convtools.sequential import Sequential
from convtools.settings import described, with_kernel
from convtools.shapes import whole_number
from convtools.state import STATE, checked, values
from convtools.still import still
from convtools.trace import filter_dimensions


class _Part(traitlets.TraitType):
    """A trait of the state: nothing changes before all of the new state is checked."""

    def set(self, stepper, value):
        if stepper._held is None and value is getattr(stepper, self.name):
            return  # traitlets sets everything a second time when a change is complete
        with stepper.hold_trait_notifications():
            stepper._held[self.name] = value

    def put(self, stepper, value):
        super().set(stepper, value)


class _Output(traitlets.TraitType):
    """A trait that follows from the others."""

    def set(self, stepper, value):
        if value is not getattr(stepper, self.name):
            raise AttributeError(f"{self.name} follows from input and layers. Change one of these.")

    def put(self, stepper, value):
        super().set(stepper, value)


class Stepper(anywidget.AnyWidget):
    """A slider that puts the filter on one place after another and writes out the sum.

    x and kernel: numbers, with the settings of `convtools.trace.trace`. Or kernel is a layer (convolution,
    pooling, ReLU), a list of up to four, or a Sequential of them, which bring their own weights and settings;
    x then is one sample, with its channels or of one channel. More than 1024 places must be a photo:
    (rows, columns[, 1 or 3]) up to 512 x 512, uint8 or from 0 to 1; it is rounded to eight bits a channel.
    layer, filter, step: where it starts, from 0: the layer whose output is stepped through (None: the last), its
    channel, and the place.
    controls: what the reader may do besides: "all", or a list of "play", "paint" (the input), "weights" (kernel and
    bias), "flip", "padding", "strides", "dilation", "activation", "shapes", "photo" (open an own one), "share".

    Traits, both ways between Python and the page: `step`, `filter`, `layer` (int), `input` (a nested list with
    channels, or a photo as text), `layers` (dicts as in `convtools.settings`), `channel_names`, `controls`. In
    Python alone: `kernel`, float32 (size..., channels, filters), as it is written, of the chosen layer, None if it
    has none; setting it changes that layer. `output`, float32, the map of the chosen layer and filter, (length,) or
    (rows, columns), follows. All can be observed.

    Errors: `ValueError` or `TypeError`, at the making and at every change; a refused change changes nothing. What
    is not set but must move stays inside: a step in a smaller map, a filter in a smaller bank. To change several
    things at once set them in a `with stepper.hold_trait_notifications():`, or set `state`.
    The page computes by itself, so it needs no kernel.

    >>> stepper = Stepper([0, 0, 0, 1, 1, 0, 0, 0], [0, 1, 0])
    >>> stepper.output
    array([0., 0., 1., 1., 0., 0.], dtype=float32)
    >>> stepper.kernel = [0, 0, 0, 1]
    >>> stepper.output
    array([1., 1., 0., 0., 0.], dtype=float32)
    """

    _esm = page.module("stepper")
    _css = page.style("stepper")
    _held = None  # the changes to be checked as one: {name: value}
    _maps = ()  # the input and what comes out of each layer, float64
    input = _Part(None).tag(sync=True)
    layers = _Part(None).tag(sync=True)
    layer = _Part(None).tag(sync=True)
    filter = _Part(None).tag(sync=True)
    step = _Part(None).tag(sync=True)
    channel_names = _Part(None).tag(sync=True)
    controls = _Part(None).tag(sync=True)
    kernel = _Part(None)
    output = _Output(None)

    def __init__(
        self, x, kernel, bias=0, strides=1, padding="valid", dilation_rate=1, activation=None, flip=False,
        layer=None, filter=0, step=0, channel_names=None, controls=(),
    ):  # fmt: skip
        settings = {"bias": bias, "strides": strides, "padding": padding, "dilation_rate": dilation_rate}
        layers = _layers(x, kernel, {**settings, "activation": activation, "flip": flip})
        start = {"layer": len(layers) - 1 if layer is None else layer, "filter": filter, "step": step}
        rest = {"channel_names": channel_names, "controls": controls}
        self._take(checked({"input": x, "layers": layers, **start, **rest}))
        super().__init__()

    @property
    def state(self):
        """All that the published page keeps, a JSON-ready dict; set it, or some of it, to change it as one."""
        return {name: getattr(self, name) for name in STATE}

    @state.setter
    def state(self, new):
        unknown = [name for name in new if name not in STATE]
        if unknown:
            raise ValueError(f"A state has {', '.join(STATE)}, got {unknown[0]!r}. Leave it out.")
        with self.hold_trait_notifications():
            self._held.update(new)

    @contextmanager
    def hold_trait_notifications(self):
        """Change several traits in a `with`: when it ends they are checked as one, and only then changed.

        >>> stepper = Stepper([3, 4], [2])
        >>> with stepper.hold_trait_notifications():
        ...     stepper.input, stepper.step = [3, 4, 5], 2
        >>> stepper
        Stepper(input (3, 1), kernel (1, 1, 1), step 2)
        """
        if self._held is not None:
            yield
            return
        self._held = {}
        try:
            with self.hold_sync(), super().hold_trait_notifications():  # one message to the page
                yield
                held, self._held = self._held, None
                if held:
                    self._change(held)
        finally:
            self._held = None

    def set_state(self, sync_data):
        """Take what the page sends, as one; if it is refused, send the last good state back.

        >>> stepper = Stepper([3, 4], [2])
        >>> stepper.set_state({"input": [[3], [4], [5]], "step": 2})
        >>> stepper.step
        2
        """
        try:
            super().set_state(sync_data)
        except (TypeError, ValueError):
            self.send_state([name for name in STATE if name in sync_data])
            raise

    def _change(self, new):
        """Check the state with what is new in it, and take it."""
        state = {**self.state, **new}
        if "kernel" in new:
            if "layers" in new:
                raise ValueError("layers and kernel cannot change together, got both. Write the kernel into layers.")
            number = min(whole_number("layer", state["layer"], smallest=0), len(self.layers) - 1)
            state["layers"] = with_kernel(self.layers, number, state.pop("kernel"))
        self._take(checked(state, free=set(STATE) - new.keys()))

    def _take(self, state):
        """Set all traits to a checked state, and those that follow from it."""
        changed = {name: value for name, value in state.items() if value != getattr(self, name)}
        if changed.keys() & {"input", "layers"}:
            self._maps = network(state["layers"], values(state))
        layer = state["layers"][state["layer"]]
        with np.errstate(over="ignore"):  # a sum may be too large for float32
            arrays = {
                "kernel": np.array(layer["kernel"], np.float32) if "kernel" in layer else None,
                "output": self._maps[state["layer"] + 1][..., state["filter"]].astype(np.float32),
            }
        for name, array in arrays.items():
            if not np.array_equal(array, getattr(self, name)):
                changed[name] = array
        for name, value in changed.items():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
            self.traits()[name].put(self, value)

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs)
        return {**data, "text/html": still(self.state, self._maps)}, metadata

    def __repr__(self):
        x = f"{'photo' if isinstance(self.input, str) else 'input'} {self._maps[0].shape}"
        if len(self.layers) == 1 and self.kernel is not None:
            return f"Stepper({x}, kernel {self.kernel.shape}, step {self.step})"
        names = ", ".join(layer["class_name"] for layer in self.layers)
        return f"Stepper({x}, {names}, layer {self.layer}, step {self.step})"


def _layers(x, kernel, settings):
    """Return the dicts of the layers that `kernel` stands for: layers of convtools, or numbers with settings."""
    model = kernel.layers if isinstance(kernel, Sequential) else [kernel] if isinstance(kernel, Layer) else kernel
    if isinstance(kernel, Sequential) or (
        isinstance(model, (list, tuple)) and any(isinstance(part, Layer) for part in model)
    ):
        extra = [name for name, value in settings.items() if np.ndim(value) or value != DEFAULTS[name]]
        if extra:
            raise TypeError(
                f"A layer brings its own {extra[0]}, got {extra[0]} besides. Set it where you make the layer."
            )
        return [described(layer) for layer in model]
    shape = from_text(x).shape if isinstance(x, str) and x.startswith("data:") else as_float32("x", x).shape
    dimensions = filter_dimensions(shape, as_float32("kernel", kernel).shape)
    return [{"class_name": f"Conv{dimensions}D", "kernel": kernel, **settings}]


DEFAULTS = {"bias": 0, "strides": 1, "padding": "valid", "dilation_rate": 1, "activation": None, "flip": False}
