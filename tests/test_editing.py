"""Editing in the page: painting, weights, presets and settings, by mouse, touch and keyboard, in a real browser."""

import base64
import io
import random

import numpy as np
import pytest
from PIL import Image

import convtools
from convtools import page as page_parts

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Editing</title><style>{}</style><body></body></html>"""
MOUNT = """async ([text, state]) => {
    window.stepper ??= (await import(URL.createObjectURL(new Blob([text], {type: "text/javascript"})))).default;
    const heard = {};
    window.model = {
        get: (key) => state[key],
        set(key, value) { state[key] = value; for (const answer of heard[`change:${key}`] ?? []) answer(); },
        on(event, answer) { (heard[event] ??= []).push(answer); },
        off(event, answer) { heard[event] = heard[event].filter((one) => one !== answer); },
        save_changes() {},
    };
    window.remove?.();
    const el = document.createElement("div");
    document.body.append(el);
    window.remove = await stepper.render({ model, el });
    window.app = el.firstChild.stepper;
}"""
EDITING = ["paint", "weights", "flip", "padding", "strides", "dilation", "activation"]
LINE = [[[0], [1], [0]]] * 3


def conv(kernel, bias=None, **settings):
    """A convolution as the state writes it; `kernel` has all its axes."""
    axes = np.ndim(kernel) - 2
    return {
        "class_name": f"Conv{axes}D", "kernel": np.array(kernel).tolist(), "bias": bias or [0] * np.shape(kernel)[-1],
        "strides": [1] * axes, "padding": "valid", "dilation_rate": [1] * axes, "activation": None, "flip": False,
        **settings,
    }  # fmt: skip


def photo(size):
    """A picture in the state's form: too many places for numbers."""
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (size, size, 3), np.uint8)).save(file, "png")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def state_of(x, *layers, **rest):
    x = x if isinstance(x, str) else np.array(x).tolist()
    first = {"layer": len(layers) - 1, "filter": 0, "step": 0, "channel_names": [], "controls": EDITING}
    return {"input": x, "layers": list(layers), **first, **rest}


def pool(name, size, axes):
    return {"class_name": name, "pool_size": [size] * axes, "strides": [size] * axes, "padding": "valid"}


def bump(**rest):
    return state_of([[0], [0], [0], [1], [1], [0], [0], [0]], conv([[[0]], [[1]], [[0]]]), **rest)


def image(**rest):
    x = np.zeros((8, 8, 1), int)
    x[:, 3:5] = 1
    return state_of(x, conv([[[[0]], [[1]], [[0]]]] * 3), **rest)


def colours(**rest):
    x = np.arange(75).reshape(5, 5, 3) % 7
    kernel = np.arange(54).reshape(3, 3, 3, 2) % 5 - 2
    return state_of(x, conv(kernel, [1, -1]), channel_names=["red", "green", "blue"], filter=1, **rest)


def stack(**rest):
    x = np.arange(12)[:, np.newaxis] % 5
    first = conv(np.array([[[-1, 1]], [[2, 0]], [[-1, 1]]]), [0, 1], padding="same")
    second = conv(np.ones((2, 2, 1), int))
    return state_of(x, first, {"class_name": "ReLU"}, pool("MaxPooling1D", 2, 1), second, **rest)


def map_of(state):
    """The output of the chosen layer by convtools: (places..., filters)."""
    y = np.array([state["input"]])
    for layer in state["layers"][: state["layer"] + 1]:
        make = getattr(convtools, layer["class_name"])
        if "kernel" in layer:
            kernel = np.array(layer["kernel"])
            axes = kernel.ndim - 2
            if layer["flip"]:
                kernel = np.flip(kernel, tuple(range(axes)))
            names = ("strides", "padding", "dilation_rate", "activation")
            settings = {name: tuple(v) if isinstance(v := layer[name], list) else v for name in names}
            one = make(kernel.shape[-1], kernel.shape[:axes], **settings, input_shape=y.shape[1:])
            one.set_weights([kernel, layer["bias"]])
        elif "pool_size" in layer:
            one = make(tuple(layer["pool_size"]), tuple(layer["strides"]), layer["padding"])
        else:
            one = make()
        y = one(y)
    return y[0]


class Widget:
    """A stepper on a page, as a reader meets it, and what it holds."""

    def __init__(self, page, state):
        self.page = page
        page.evaluate(MOUNT, [page_parts.module("stepper"), state])
        self.first = self.state

    @property
    def state(self):
        names = "['input', 'layers', 'layer', 'filter', 'step', 'channel_names', 'controls']"
        return self.page.evaluate(f"Object.fromEntries({names}.map((name) => [name, model.get(name)]))")

    @property
    def input(self):
        return np.array(self.state["input"])

    @property
    def layer(self):
        state = self.state
        return state["layers"][state["layer"]]

    @property
    def said(self):
        return self.page.locator("[role=status]").inner_text()

    @property
    def focused(self):
        return self.page.evaluate("({...document.activeElement.dataset})")

    def get(self, role, name):
        return self.page.get_by_role(role, name=name, exact=True)

    def cell(self, *at):
        return self.page.locator(f'[data-tensor="0"][data-at="{",".join(map(str, at))}"]')

    def weight(self, *at):
        return self.page.locator(f'[data-kernel="{",".join(map(str, at))}"]').first

    @property
    def bias(self):
        return self.page.locator("[data-bias]").first

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def middle(self, cell):
        cell.scroll_into_view_if_needed()
        box = cell.bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def paint(self):
        self.get("checkbox", "Paint").check()

    def undo(self):
        self.get("button", "Undo").click()

    def check(self):
        """The page's map is the one of its state."""
        state = self.state
        shape, data = self.page.evaluate("(k) => [app.tensors[k].shape, [...app.tensors[k].data]]", state["layer"] + 1)
        expected = map_of(state)
        assert tuple(shape) == expected.shape
        np.testing.assert_allclose(np.reshape(data, shape), expected, rtol=1e-4, atol=1e-4)


@pytest.fixture(scope="module")
def mount(chromium):
    """mount(state, width=..., **context) -> Widget; fails if the page met an error."""
    pages, errors = {}, []

    def made(state, width=1280, **options):
        key = (width, *options)
        if key not in pages:
            page = chromium.new_context(viewport={"width": width, "height": 900}, **options).new_page()
            page.on("pageerror", lambda error: errors.append(error.stack))
            # Once: after a second time Chromium captures no pointer.
            page.set_content(PAGE.format(page_parts.style("stepper")))
            pages[key] = page
        return Widget(pages[key], state)

    yield made
    for page in pages.values():
        page.context.close()
    assert errors == []


# ---- painting


def test_a_click_paints_and_a_second_click_paints_zero(mount):
    widget = mount(image())
    widget.cell(2, 1, 0).click()
    assert widget.state == widget.first, "the pointer looks before it is told to paint"
    widget.paint()
    widget.cell(2, 1, 0).click()
    assert widget.input[2, 1, 0] == 1
    assert widget.input.sum() == 17
    widget.check()
    widget.cell(2, 1, 0).click()
    widget.cell(0, 3, 0).click()
    assert widget.input[2, 1, 0] == widget.input[0, 3, 0] == 0
    widget.undo()
    widget.undo()
    widget.undo()
    assert widget.state == widget.first
    widget.check()
    widget.get("checkbox", "Paint").uncheck()
    widget.cell(2, 1, 0).click()
    assert widget.state == widget.first


@pytest.mark.parametrize("steps", [1, 7])
def test_a_stroke_leaves_no_cell_out_and_is_one_step_of_undo(mount, steps):
    widget = mount(image())
    widget.paint()
    start, end = widget.middle(widget.cell(1, 0, 0)), widget.middle(widget.cell(1, 7, 0))
    widget.page.mouse.move(*start)
    widget.page.mouse.down()
    widget.page.mouse.move(*end, steps=steps)
    widget.page.mouse.up()
    assert widget.input[1, :, 0].tolist() == [1] * 8
    assert widget.input.sum() == 22
    widget.page.mouse.move(*widget.middle(widget.cell(5, 1, 0)))  # the button is up
    assert widget.input.sum() == 22
    widget.undo()
    assert widget.state == widget.first


def test_the_start_of_a_stroke_decides_whether_it_wipes(mount):
    widget = mount(image())
    widget.paint()
    widget.page.mouse.move(*widget.middle(widget.cell(6, 3, 0)))
    widget.page.mouse.down()
    widget.page.mouse.move(*widget.middle(widget.cell(6, 6, 0)), steps=3)
    widget.page.mouse.up()
    assert widget.input[6, :, 0].tolist() == [0] * 8


@pytest.mark.parametrize(("button", "kind"), [("right", "mouse"), ("left", "pen")])
def test_a_pen_paints_and_the_right_button_does_not(mount, button, kind):
    widget = mount(image())
    widget.paint()
    x, y = widget.middle(widget.cell(0, 0, 0))
    client = widget.page.context.new_cdp_session(widget.page)
    for event in ("mousePressed", "mouseReleased"):
        client.send("Input.dispatchMouseEvent", {"type": event, "x": x, "y": y, "button": button, "clickCount": 1, "pointerType": kind})  # fmt: skip
    assert widget.input[0, 0, 0] == (kind == "pen")


def touch(widget, *places):
    client = widget.page.context.new_cdp_session(widget.page)
    for n, (x, y) in enumerate(places):
        client.send("Input.dispatchTouchEvent", {"type": "touchMove" if n else "touchStart", "touchPoints": [{"x": x, "y": y}]})  # fmt: skip
        widget.page.wait_for_timeout(30)
    # The finger rests before it leaves: after a swift stroke Chromium takes the next tap for one that stops a fling.
    widget.page.wait_for_timeout(200)
    client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    widget.page.wait_for_timeout(100)


@pytest.fixture
def phone(mount):
    widget = mount(image(), width=360, has_touch=True)
    widget.page.evaluate("document.body.style.height = '3000px'; scrollTo(0, 0)")
    widget.page.get_by_text("Paint", exact=True).tap()
    assert widget.page.evaluate("app.mode") == "paint"
    return widget


def test_a_finger_paints_on_the_cells(phone):
    phone.cell(0, 0, 0).tap()
    assert phone.input[0, 0, 0] == 1
    places = [phone.middle(phone.cell(row, 6, 0)) for row in (7, 5, 3, 1)]
    scroll = phone.page.evaluate("scrollY")
    touch(phone, *places)
    assert phone.input[1:, 6, 0].tolist() == [1] * 7
    assert phone.page.evaluate("scrollY") == scroll
    phone.get("button", "Undo").tap()
    phone.get("button", "Undo").tap()
    assert phone.state == phone.first


def test_a_finger_beside_the_cells_scrolls_the_page(phone):
    x, y = phone.middle(phone.page.locator(".ct-sentence"))
    before = phone.page.evaluate("scrollY")
    touch(phone, (x, y), (x, y - 60), (x, y - 120), (x, y - 200))
    assert phone.page.evaluate("scrollY") > before + 50
    assert phone.state == phone.first


def test_in_look_mode_a_finger_on_the_cells_scrolls_the_page(phone):
    phone.page.get_by_text("Paint", exact=True).tap()
    x, y = phone.middle(phone.cell(7, 3, 0))
    before = phone.page.evaluate("scrollY")
    touch(phone, (x, y), (x, y - 50), (x, y - 100), (x, y - 150))
    assert phone.page.evaluate("scrollY") > before + 50
    assert phone.state["input"] == phone.first["input"]


def test_painting_by_keyboard(mount):
    widget = mount(image())
    widget.paint()
    widget.cell(2, 1, 0).focus()
    widget.press("Enter")
    assert widget.input[2, 1, 0] == 1
    assert widget.said == "Input row 2, column 1 is now 1."
    assert widget.focused["at"] == "2,1,0"
    widget.press(" ")
    assert widget.input[2, 1, 0] == 0
    assert widget.said == "Input row 2, column 1 is now 0."
    widget.undo()
    assert widget.input[2, 1, 0] == 1
    widget.check()


@pytest.mark.parametrize(("keys", "value"), [("7", 7), ("-2.5", -2.5), (".5", 0.5), ("12", 12), ("1", 1)])
def test_a_number_typed_on_a_cell_goes_into_it(mount, keys, value):
    widget = mount(bump())
    widget.paint()
    widget.cell(6, 0).focus()
    widget.press(*keys)
    assert widget.focused["control"] == "brush number"
    assert widget.get("textbox", "Paint with, number").input_value() == keys
    assert widget.state == widget.first, "nothing changes before Enter"
    widget.press("Enter")
    assert widget.focused["at"] == "6,0"
    assert widget.input[6, 0] == value
    assert widget.get("slider", "Paint with").input_value() == str(value)
    widget.check()
    widget.undo()
    assert widget.state == widget.first


def test_escape_leaves_the_cell_as_it_was(mount):
    widget = mount(bump())
    widget.paint()
    widget.cell(6, 0).focus()
    widget.press("7", "Escape")
    assert widget.focused["at"] == "6,0"
    assert widget.state == widget.first
    assert widget.get("textbox", "Paint with, number").input_value() == "1"
    widget.press("Enter")
    assert widget.input[6, 0] == 1, "the value to paint with is still 1"


def test_the_value_to_paint_with_is_set_by_slider_and_field(mount):
    widget = mount(image())
    widget.paint()
    slider, field = widget.get("slider", "Paint with"), widget.get("textbox", "Paint with, number")
    slider.focus()
    widget.press("ArrowRight", "ArrowRight")
    assert field.input_value() == "1.5"
    widget.cell(0, 0, 0).click()
    assert widget.input[0, 0, 0] == 1.5
    field.fill("−9")
    field.press("Enter")
    assert (slider.get_attribute("min"), slider.input_value()) == ("-9", "-9")
    widget.cell(0, 1, 0).click()
    assert widget.input[0, 1, 0] == -9
    widget.get("combobox", "Padding").select_option("same")  # the stage is another one now
    assert field.input_value() == "−9"
    widget.cell(0, 2, 0).click()
    assert widget.input[0, 2, 0] == -9
    widget.check()


def test_clear_makes_every_input_zero(mount):
    widget = mount(colours())
    widget.get("button", "Clear").click()
    assert not widget.input.any()
    assert widget.input.shape == (5, 5, 3)
    widget.check()
    widget.undo()
    assert widget.state == widget.first


def test_only_the_painted_channel_changes(mount):
    widget = mount(colours())
    widget.paint()
    widget.cell(1, 2, 1).click()
    changed = np.argwhere(widget.input != np.array(widget.first["input"]))
    assert changed.tolist() == [[1, 2, 1]]


# ---- weights


def test_a_weight_is_named_and_changed_by_slider(mount):
    widget = mount(colours())
    widget.weight(0, 1, 2).click()
    slider = widget.get("slider", "Weight row 0, column 1, blue, filter 1")
    before = widget.layer["kernel"][0][1][2][1]
    assert slider.input_value() == str(before)
    slider.focus()
    widget.press("ArrowRight")
    assert widget.layer["kernel"][0][1][2][1] == before + 0.25
    widget.press("ArrowLeft", "ArrowLeft")
    assert widget.layer["kernel"][0][1][2][1] == before - 0.25
    widget.check()
    for _ in range(3):
        widget.undo()
    assert widget.state == widget.first


def test_dragging_the_slider_is_one_step_of_undo(mount):
    widget = mount(bump())
    widget.weight(1, 0).click()
    box = widget.get("slider", "Weight 1").bounding_box()
    middle = box["y"] + box["height"] / 2
    widget.page.mouse.move(box["x"] + box["width"] * 5 / 8, middle)
    widget.page.mouse.down()
    widget.page.mouse.move(box["x"] + box["width"] - 2, middle, steps=9)
    assert widget.layer["kernel"] == [[[0]], [[4]], [[0]]]
    widget.page.mouse.up()
    widget.check()
    widget.undo()
    assert widget.state == widget.first


def test_the_bias_is_a_number_like_the_weights(mount):
    widget = mount(colours())
    widget.bias.click()
    field = widget.get("textbox", "Bias, filter 1, number")
    assert field.input_value() == "−1"
    field.fill("2.5")
    field.press("Enter")
    assert widget.layer["bias"] == [1, 2.5]
    assert widget.focused["control"] == "weight number", "it was not typed on the cell"
    widget.check()
    widget.undo()
    assert widget.state == widget.first


def test_a_number_typed_on_a_weight_goes_into_it(mount):
    widget = mount(bump())
    widget.weight(2, 0).focus()
    widget.press("-", "3")
    assert widget.focused["control"] == "weight number"
    widget.press("Enter")
    assert widget.focused["kernel"] == "2,0"
    assert widget.layer["kernel"] == [[[0]], [[1]], [[-3]]]
    widget.press("5", "Escape")
    assert widget.focused["kernel"] == "2,0"
    assert widget.layer["kernel"] == [[[0]], [[1]], [[-3]]]
    widget.bias.focus()
    widget.press("4", "Enter")
    assert "bias" in widget.focused
    assert widget.layer["bias"] == [4]
    widget.check()


@pytest.mark.parametrize(
    ("typed", "value"),
    [("0,5", 0.5), ("−3", -3), ("-3", -3), (" 2 ", 2), ("+1", 1), (".25", 0.25), ("7.", 7), ("1/4", 0.25), ("100000", 1e5)],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(mount, typed, value):
    widget = mount(bump())
    widget.weight(0, 0).click()
    field = widget.get("textbox", "Weight 0, number")
    field.fill(typed)
    field.press("Enter")
    assert widget.layer["kernel"][0][0][0] == value
    assert float(widget.get("slider", "Weight 0").get_attribute("max")) >= value
    assert field.get_attribute("aria-invalid") is None
    widget.check()
    widget.undo()
    assert widget.state == widget.first


NONSENSE = ["abc", "", "  ", "1e999", "NaN", "Infinity", "١", "--3", "1.2.3", "0x10", "9" * 60, "1/0", "💥"]


@pytest.mark.parametrize("typed", NONSENSE)
def test_what_is_no_number_is_refused_and_left_for_mending(mount, typed):
    widget = mount(bump())
    for cell, name in ((widget.weight(1, 0), "Weight 1"), (None, "Paint with")):
        if cell:
            cell.click()
        good = widget.state
        field = widget.get("textbox", f"{name}, number")
        field.fill(typed)
        field.press("Enter")
        said = typed.strip()
        assert widget.said.startswith(f"Refused: “{said}” " if said else "Refused: an empty field ")
        assert widget.said.endswith("Kept 1.")
        assert widget.state == good
        assert field.input_value() == typed
        assert field.get_attribute("aria-invalid") == "true"
        field.press("Tab")
        assert field.input_value() == typed, "left for mending"
        field.press("Escape")
        assert field.input_value() == "1"
        assert field.get_attribute("aria-invalid") is None
        field.fill("2")
        field.press("Tab")
        assert field.input_value() == "2"
    assert widget.layer["kernel"][1][0][0] == 2


def test_leaving_the_field_for_another_weight_writes_into_the_first(mount):
    widget = mount(bump())
    widget.weight(0, 0).click()
    widget.get("textbox", "Weight 0, number").fill("5")
    widget.weight(2, 0).click()
    assert widget.layer["kernel"] == [[[5]], [[1]], [[0]]]
    assert widget.get("textbox", "Weight 2, number").input_value() == "0"


def test_a_changed_state_shows_at_once_and_keeps_the_focus(mount):
    widget = mount(bump())
    widget.weight(1, 0).click()
    field = widget.get("textbox", "Weight 1, number")
    field.focus()
    layer = {**widget.layer, "kernel": [[[0]], [[0.10000000149011612]], [[0]]]}
    widget.page.evaluate("(layer) => model.set('layers', [layer])", layer)
    assert field.input_value() == "0.1"
    assert widget.focused["control"] == "weight number"
    widget.press("Enter")
    assert widget.layer == layer, "what was not edited is not rounded"


# ---- presets

ONE = {
    "identity": [0, 1, 0],
    "blur": [1 / 3, 1 / 3, 1 / 3],
    "bump": [-1, 2, -1],
    "Sobel’s slope": [-1, 0, 1],
    "Laplacian": [1, -2, 1],
    "sharpen": [-1, 3, -1],
}
TWO = {
    "identity": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    "blur": [[1 / 9, 1 / 9, 1 / 9], [1 / 9, 1 / 9, 1 / 9], [1 / 9, 1 / 9, 1 / 9]],
    "vertical line": [[0, 1, 0], [0, 1, 0], [0, 1, 0]],
    "horizontal line": [[0, 0, 0], [1, 1, 1], [0, 0, 0]],
    "bump": [[-1, 2, -1], [-1, 2, -1], [-1, 2, -1]],
    "Sobel, left to right": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "Sobel, top to bottom": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "Laplacian": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
}


def offered(widget, name="Preset"):
    return widget.get("combobox", name).locator("option").all_inner_texts()


def choose(widget, name):
    widget.get("combobox", "Preset").select_option(name)


def chosen(widget, name="Preset"):
    return widget.get("combobox", name).locator("option:checked").inner_text()


@pytest.mark.parametrize(("make", "presets"), [(bump, ONE), (image, TWO)])
def test_every_preset_is_the_kernel_stated(mount, make, presets):
    widget = mount(make())
    assert offered(widget) == ["own weights", *presets]
    for name, kernel in presets.items():
        choose(widget, name)
        assert np.array(widget.layer["kernel"])[..., 0, 0].tolist() == kernel, name
        assert widget.layer["bias"] == [0]
        assert chosen(widget) == name
        widget.check()


def test_in_several_channels_a_preset_keeps_the_brightness(mount):
    widget = mount(colours())
    other = np.array(widget.layer["kernel"])[..., 0]
    for name, kernel in TWO.items():
        choose(widget, name)
        share = 3 if name in ("identity", "blur", "sharpen") else 1  # these add up to 1
        now = np.array(widget.layer["kernel"])
        for channel in range(3):
            np.testing.assert_allclose(now[:, :, channel, 1], np.array(kernel) / share, rtol=1e-12)
        np.testing.assert_array_equal(now[..., 0], other, "the other filter stays")
        assert widget.layer["bias"] == [1, 0]
        assert chosen(widget) == name
        widget.check()
    for _ in TWO:
        widget.undo()
    assert widget.state == widget.first


@pytest.mark.parametrize(
    ("shape", "identity"),
    [((1,), [1]), ((4,), [0, 1, 0, 0]), ((5,), [0, 0, 1, 0, 0]), ((2, 3), [[0, 1, 0], [0, 0, 0]]), ((1, 1), [[1]])],
)
@pytest.mark.parametrize("flip", [False, True])
def test_other_sizes_have_identity_and_blur(mount, shape, identity, flip):
    x = np.arange(7.0) if len(shape) == 1 else np.arange(42.0).reshape(6, 7)
    widget = mount(state_of(x[..., np.newaxis], conv(np.full((*shape, 1, 1), 7), padding="same", flip=flip)))
    blur = ["blur"] if np.prod(shape) > 1 else []  # of one cell it is the identity
    assert offered(widget) == ["own weights", "identity", *blur]
    assert chosen(widget) == "own weights"
    choose(widget, "identity")
    lying = np.array(widget.layer["kernel"])[..., 0, 0]
    assert (np.flip(lying) if flip else lying).tolist() == identity
    np.testing.assert_array_equal(map_of(widget.state)[..., 0], x)
    if blur:
        choose(widget, "blur")
        np.testing.assert_allclose(np.array(widget.layer["kernel"])[..., 0, 0], np.ones(shape) / np.prod(shape))
        widget.check()


def test_a_custom_number_makes_the_weights_own(mount):
    widget = mount(image())
    assert chosen(widget) == "vertical line"
    widget.weight(0, 0, 0).focus()
    widget.press("2", "Enter")
    assert chosen(widget) == "own weights"
    widget.undo()
    assert chosen(widget) == "vertical line"


def test_a_preset_is_known_in_float32(mount):
    widget = mount(image())
    choose(widget, "blur")
    layer = widget.layer
    layer["kernel"] = np.array(layer["kernel"], np.float32).tolist()
    widget.page.evaluate("(layer) => model.set('layers', [layer])", layer)
    assert chosen(widget) == "blur"


def test_presets_by_keyboard(mount):
    widget = mount(bump())
    widget.get("combobox", "Preset").focus()
    widget.press("L")
    assert widget.layer["kernel"] == [[[1]], [[-2]], [[1]]]
    widget.press("ArrowUp")
    assert widget.layer["kernel"] == [[[-1]], [[0]], [[1]]]
    assert widget.focused["control"] == "preset"
    widget.check()


# ---- flip


def test_the_flipped_filter_lies_turned_round(mount):
    x = np.random.default_rng(0).integers(0, 9, (6, 6, 1))
    widget = mount(state_of(x, conv(np.arange(9).reshape(3, 3, 1, 1))))
    box = widget.get("checkbox", "Flip the filter (true convolution)")
    box.check()
    assert widget.layer["flip"] is True
    assert widget.layer["kernel"] == widget.first["layers"][0]["kernel"], "as written"
    widget.check()
    widget.weight(0, 1, 0).click()  # as it lies: the number written in row 2, column 1
    field = widget.get("textbox", "Weight row 0, column 1, number")
    assert field.input_value() == "7"
    field.fill("-7")
    field.press("Enter")
    assert widget.layer["kernel"][2][1] == [[-7]]
    widget.check()
    box.focus()
    widget.press(" ")
    assert widget.layer["flip"] is False
    assert widget.focused["control"] == "flip"
    assert field.input_value() == "1"
    for _ in range(3):
        widget.undo()
    assert widget.state == widget.first
    assert not box.is_checked()


# ---- settings

SETTINGS = [("Padding", "padding", "same", "same"), ("Strides", "strides", "2", [2, 2]), ("Dilation", "dilation_rate", "3", [3, 3]),
            ("Activation", "activation", "ReLU", "relu")]  # fmt: skip


@pytest.mark.parametrize(("label", "name", "option", "value"), SETTINGS)
def test_a_setting_is_chosen_by_mouse_and_by_keyboard(mount, label, name, option, value):
    widget = mount(image())
    select = widget.get("combobox", label)
    select.select_option(option)
    assert widget.layer[name] == value
    widget.check()
    widget.undo()
    assert widget.state == widget.first
    select.focus()
    widget.press(option[0])
    assert widget.layer[name] == value
    assert widget.focused["control"] == label.lower(), "the focus stays though the stage is another one"
    widget.check()
    widget.undo()
    assert widget.state == widget.first


@pytest.mark.parametrize(("make", "layer"), [(image, 0), (stack, 2)])
def test_causal_padding_is_for_convolutions_of_sequences(mount, make, layer):
    widget = mount(make(layer=layer))
    assert offered(widget, "Padding") == ["valid", "same"]


def test_the_settings_of_a_sequence(mount):
    widget = mount(bump())
    assert offered(widget, "Padding") == ["valid", "same", "causal"]
    widget.get("combobox", "Padding").select_option("causal")
    widget.get("combobox", "Strides").select_option("3")
    assert (widget.layer["padding"], widget.layer["strides"]) == ("causal", [3])
    widget.check()


def test_an_impossible_setting_is_refused_in_words(mount):
    widget = mount(bump())
    widget.get("combobox", "Dilation").select_option("3")
    good = widget.state
    widget.get("combobox", "Dilation").select_option("6")
    assert widget.said.startswith("Refused: ")
    assert "does not fit an input of length 8" in widget.said
    assert widget.said.endswith("Kept 3.")
    assert widget.state == good
    assert chosen(widget, "Dilation") == "3"
    widget.check()
    widget.get("combobox", "Dilation").select_option("2")
    assert widget.said == ""


def test_padding_that_must_stay_is_kept(mount):
    state = state_of(np.arange(4)[:, np.newaxis], conv(np.ones((6, 1, 1), int), padding="same"))
    widget = mount(state)
    widget.get("combobox", "Padding").select_option("valid")
    assert widget.said.endswith("Kept same.")
    assert chosen(widget, "Padding") == "same"
    assert widget.state == widget.first


def test_strides_that_differ_are_shown_and_can_be_chosen_again(mount):
    state = image()
    state["layers"][0]["strides"] = [2, 1]
    widget = mount(state)
    select = widget.get("combobox", "Strides")
    assert chosen(widget, "Strides") == "2, 1"
    select.select_option("3")
    assert widget.layer["strides"] == [3, 3]
    widget.undo()
    assert chosen(widget, "Strides") == "2, 1"
    widget.check()


def test_only_what_is_switched_on_is_there(mount):
    widget = mount(image(controls=["strides"]))
    assert widget.page.get_by_role("combobox").count() == 1
    assert not widget.page.get_by_role("checkbox").count()
    widget = mount(image(controls=["flip"]))
    assert widget.get("checkbox", "Flip the filter (true convolution)").is_visible()
    assert not widget.page.get_by_role("textbox").count()
    widget = mount(image(controls=["paint"]))
    assert not widget.get("checkbox", "Paint").is_checked()
    assert not widget.page.get_by_role("combobox").count()


def test_the_filter_on_a_photo_is_edited_alike(mount):
    widget = mount(state_of(photo(40), conv(np.ones((3, 3, 3, 1)) / 27), controls=EDITING[1:]))
    widget.get("combobox", "Preset").wait_for()
    assert chosen(widget) == "blur"
    choose(widget, "Sobel, left to right")
    assert widget.layer["kernel"][1] == [[[-2]] * 3, [[0]] * 3, [[2]] * 3]
    widget.weight(1, 2, 0).focus()
    widget.press("5", "Enter")
    assert widget.focused["kernel"] == "1,2,0"
    assert widget.layer["kernel"][1] == [[[-2]] * 3, [[0]] * 3, [[5], [2], [2]]]
    widget.get("combobox", "Strides").select_option("2")
    assert widget.layer["strides"] == [2, 2]
    assert chosen(widget) == "own weights"


# ---- stacks


def test_a_stack_edits_the_chosen_layer(mount):
    widget = mount(stack())
    assert widget.page.get_by_role("group", name="Weights of layer 4 (Conv1D)").is_visible()
    widget.weight(1, 0).focus()
    widget.press("-", "2", "Enter")
    assert widget.state["layers"][3]["kernel"] == [[[1], [1]], [[-2], [1]]]
    widget.check()
    widget.page.evaluate("app.change({ layer: 0, filter: 1, step: 0 })")
    widget.weight(0, 0).focus()
    widget.press("6", "Enter")
    assert widget.state["layers"][0]["kernel"][0] == [[-1, 6]]
    widget.check()


@pytest.mark.parametrize(("layer", "name"), [(1, "ReLU"), (2, "MaxPooling1D")])
def test_a_layer_without_weights_says_so(mount, layer, name):
    widget = mount(stack(layer=layer))
    group = widget.page.get_by_role("group", name=f"Weights of layer {layer + 1} ({name})")
    assert f"{name} has no weights." in group.inner_text()
    assert not group.get_by_role("slider").count()
    settings = widget.page.get_by_role("group", name=f"Settings of layer {layer + 1} ({name})")
    assert settings.count() == (layer == 2)
    if layer == 2:
        assert settings.get_by_role("combobox").count() == 2  # padding and strides
        widget.get("combobox", "Strides").select_option("1")
        widget.get("combobox", "Padding").select_option("same")
        assert widget.state["layers"][2] == {**widget.first["layers"][2], "strides": [1], "padding": "same"}
        widget.check()


# ---- all of it


def random_edit(widget, chance):
    """One thing that a reader may do."""
    at = [chance.randrange(n) for n in widget.input.shape]
    layer = widget.layer
    kind = chance.choice(["paint", "type", "weight", "bias", "preset", "flip", "setting", "undo", "clear", "drag"])
    if kind == "paint":
        widget.paint()
        widget.cell(*at).click()
    elif kind == "type":
        widget.paint()
        widget.cell(*at).focus()
        widget.press(*str(chance.randint(-9, 9)), "Enter")
    elif kind == "drag":
        widget.paint()
        widget.page.mouse.move(*widget.middle(widget.cell(*at)))
        widget.page.mouse.down()
        widget.page.mouse.move(*widget.middle(widget.cell(*(chance.randrange(n) for n in widget.input.shape))), steps=2)
        widget.page.mouse.up()
    elif kind in ("weight", "bias") and "kernel" in layer:
        spot = [chance.randrange(n) for n in np.shape(layer["kernel"])[:-1]]
        (widget.weight(*spot) if kind == "weight" else widget.bias).focus()
        widget.press(*str(chance.choice([-3, -0.5, 0.25, 2, 6])), "Enter")
    elif kind == "preset" and "kernel" in layer:
        widget.page.locator("[data-control=preset]").select_option(chance.choice(offered(widget)[1:]))
    elif kind == "flip" and "kernel" in layer:
        widget.page.locator("[data-control=flip]").click()
    elif kind == "setting":
        name = chance.choice(["padding", "strides", "dilation", "activation"])
        select = widget.page.locator(f"[data-control={name}]")
        select.select_option(chance.choice(select.locator("option").all_inner_texts()))
    elif kind == "undo" and widget.page.evaluate("app.canUndo"):
        widget.undo()
    elif kind == "clear" and chance.random() < 0.2:
        widget.get("button", "Clear").click()


@pytest.mark.parametrize("make", [bump, image, colours, stack])
@pytest.mark.parametrize("seed", range(3))
def test_after_any_edits_the_map_is_convtools_and_reset_brings_back_the_first_state(mount, make, seed):
    widget = mount(make())
    chance = random.Random(f"{make.__name__} {seed}")
    for _ in range(12):
        random_edit(widget, chance)
        widget.check()
    widget.get("button", "Reset").click()
    assert widget.state == widget.first
    widget.check()


@pytest.mark.parametrize("width", [360, 768, 1280])
@pytest.mark.parametrize("make", [bump, colours, stack])
def test_controls_are_large_enough_for_fingers_and_stay_inside_the_page(mount, make, width):
    widget = mount(make(), width=width)
    assert widget.page.evaluate("document.documentElement.scrollWidth") <= width
    controls = "[...document.querySelectorAll('[data-control]')].map((c) => c.closest('.ct-option') ?? c).filter((c) => c.checkVisibility())"
    for name, w, h, right in widget.page.evaluate(f"{controls}.map((c) => {{ const b = c.getBoundingClientRect(); return [c.outerHTML.slice(0, 90), b.width, b.height, b.right]; }})"):  # fmt: skip
        assert h >= 44, name
        assert w >= 44, name
        assert right <= width, name


def test_every_control_keeps_its_keys_from_the_notebook(mount):
    widget = mount(colours())
    controls = widget.page.locator("input, select, button")
    assert controls.count() >= 14
    assert {c.get_attribute("data-lm-suppress-shortcuts") for c in controls.all()} == {"true"}


def test_a_removed_stepper_listens_no_more(mount):
    widget = mount(bump())
    widget.paint()
    for option in ("same", "causal", "valid"):  # the tools are made anew each time
        widget.get("combobox", "Padding").select_option(option)
    widget.cell(0, 0).click()
    assert widget.input[0, 0] == 1, "painted once, not once for each"
    field = widget.get("textbox", "Weight 0, number")
    field.fill("3")
    layers = widget.state["layers"]
    layers[0]["padding"] = "same"
    widget.page.evaluate("(layers) => model.set('layers', layers)", layers)  # takes the field away while it is edited
    assert widget.state["layers"] == layers
