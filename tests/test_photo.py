"""Photos in the page: read exactly, convolved as the layers do, moved over by pointer and keys, exchanged for a file."""

import base64
import io
import os
import re
import subprocess
import sys

import made_up
import numpy as np
import pytest
from PIL import Image

from convtools import AveragePooling2D, Conv2D, MaxPooling2D, ReLU, Sequential
from convtools.data import grey_photo, photo
from convtools.photos import to_pixels
from convtools.stepper import Stepper

RNG = np.random.default_rng(5)
RGB = ["red", "green", "blue"]
APP = "document.querySelector('.ct-widget').stepper"
LOAD = """async (text) => {
    window.page = await import(URL.createObjectURL(new Blob([text], {type: "text/javascript"})));
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("photos")


@pytest.fixture
def show(chromium, folder):
    """Open a page with one stepper; what it complained of fails the test in the end."""
    opened = []

    def show(stepper, **settings):
        path = made_up.write(folder, made_up.still(stepper))
        context = chromium.new_context(reduced_motion="reduce", **settings)
        page, complaints = made_up.opened(context, path.as_uri())
        page.locator(".ct-mounted").wait_for()
        opened.append((context, complaints))
        return page

    yield show
    for context, complaints in opened:
        context.close()
        assert complaints == []


def map_of(page, layer=-1):
    """What the page computed: float64 (rows, columns, filters)."""
    shape, data = page.evaluate(f"() => {{ const t = {APP}.tensors.at({layer}); return [t.shape, [...t.data]]; }}")
    return np.reshape(data, shape)


def pixels(page, selector):
    """The canvas as it is on the page: uint8 (rows, columns, 4)."""
    packed = page.locator(selector).evaluate("canvas => canvas.toDataURL('image/png').split(',')[1]")
    with Image.open(io.BytesIO(base64.b64decode(packed))) as image:
        return np.asarray(image.convert("RGBA"))


def colour(page, variable):
    script = "([name]) => { const p = document.querySelector('.ct-view'); p.style.color = `var(${name})`;"
    script += " const c = getComputedStyle(p).color; p.style.color = ''; return c.match(/\\d+/g).map(Number); }"
    return np.array(page.evaluate(script, [variable]))


# ---------------------------------------------------------------- reading


def test_the_grey_photo_is_the_same_on_every_kind_of_processor():
    """NumPy's matrix products are not, and the chapters keep pictures of it. (Seen where there is AVX-512.)"""
    code = "import hashlib; from convtools.data import grey_photo; print(hashlib.sha256(grey_photo(256)).hexdigest())"
    own = {name: value for name, value in os.environ.items() if name != "OPENBLAS_CORETYPE"}
    found = set()
    for env in own, own | {"OPENBLAS_CORETYPE": "Haswell"}:
        found.add(subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True).stdout)
    assert len(found) == 1


@pytest.mark.parametrize("kind", ["RGB", "L"])
@pytest.mark.parametrize("form", ["png", "webp"])
def test_a_photo_is_read_exactly(chromium, kind, form):
    from convtools import page as parts

    depth = {"RGB": 3, "L": 1}[kind]
    image = RNG.integers(0, 256, (37, 53, depth), np.uint8)
    image[:16, :16] = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)  # every value there is
    packed = io.BytesIO()
    Image.fromarray(image[..., 0] if depth == 1 else image).save(
        packed, form, **({"lossless": True} if form == "webp" else {})
    )
    address = made_up_address(packed.getvalue(), form)
    page = chromium.new_page()
    page.evaluate(LOAD, parts.module("stepper"))
    script = "([address, depth]) => page.loadPhoto(address, depth).then(({shape, data}) => [shape, [...data]])"
    shape, data = page.evaluate(script, [address, depth])
    page.close()
    with Image.open(packed) as opened:
        expected = np.asarray(opened.convert(kind)).reshape(image.shape)
    assert shape == list(image.shape)
    assert np.array_equal(expected, image)
    assert np.array_equal(np.reshape(data, shape), expected / 255)


def made_up_address(packed, form):
    return f"data:image/{form};base64,{base64.b64encode(packed).decode()}"


def test_what_is_no_photo_is_refused(chromium):
    from convtools import page as parts

    page = chromium.new_page()
    page.evaluate(LOAD, parts.module("stepper"))
    refused = page.evaluate("page.loadPhoto('data:image/png;base64,AAAA', 3).then(() => '', (error) => String(error))")
    page.close()
    assert "Error" in refused


# ------------------------------------------------------------- the numbers


def stack(*more):
    first = Conv2D(4, 3, padding="same", activation="relu", input_shape=(64, 64, 3), seed=1)
    return Sequential([first, MaxPooling2D(2), *more])


@pytest.mark.parametrize("size", [64, 256])
@pytest.mark.parametrize("depth", [1, 3])
def test_the_map_is_the_layers(show, size, depth):
    x = to_pixels(photo(size) if depth == 3 else grey_photo(size)[..., np.newaxis])
    layer = Conv2D(2, 3, seed=4, input_shape=x.shape)
    layer.set_weights([RNG.normal(size=(3, 3, depth, 2)), [0.5, -0.25]])
    page = show(Stepper(x, layer, controls=["weights"]))
    assert np.allclose(map_of(page), layer([x / 255])[0], atol=1e-5)
    kernel, bias = layer.get_weights()
    kernel[1, 2, 0, 0] = -3.5
    layer.set_weights([kernel, bias])
    assert page.evaluate(f"kernel => {APP}.changeLayer({{ kernel }})", kernel.tolist())
    assert np.allclose(map_of(page), layer([x / 255])[0], atol=1e-5)


def test_a_stack_is_the_models(show):
    x = to_pixels(photo(64))
    model = stack(Conv2D(2, 3, strides=2, seed=2), AveragePooling2D(2, strides=1, padding="same"))
    expected = model([x / 255])[0]
    page = show(Stepper(x, model, channel_names=RGB))
    assert np.allclose(map_of(page), expected, atol=1e-5)
    assert page.locator(".ct-photo-stage [type=radio]").count() == 4 + 4 + 2 + 2
    page.get_by_role("radio", name="layer 2, MaxPooling2D, channel 3").check()
    assert page.evaluate(f"[{APP}.state.layer, {APP}.state.filter]") == [1, 3]
    assert pixels(page, ".ct-map-view canvas").shape[:2] == (32, 32)


def test_the_canvases_show_photo_and_map(show):
    x = to_pixels(photo(64))
    kernel = np.stack([[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]] * 3, -1)
    page = show(Stepper(x, kernel))
    shown = pixels(page, ".ct-photo-view canvas")
    assert np.array_equal(shown[..., :3], x)
    assert (shown[..., 3] == 255).all()

    def check():
        shown = pixels(page, ".ct-map-view canvas").astype(float)
        values = map_of(page)[..., 0]
        limit = float(page.locator(".ct-legend span").last.text_content())
        part = np.sqrt(np.abs(values) / limit)
        assert part.max() > 0.7, "the scale is far too long"
        assert np.allclose(shown[..., 3], 255 * part, atol=3)
        strong = part > 0.4  # the browser keeps colours times alpha: pale ones are rounded
        for sign, name in (1, "--ct-high"), (-1, "--ct-low"):
            some = shown[strong & (np.sign(values) == sign)]
            assert len(some) > 50
            assert np.abs(some[:, :3] - colour(page, name)).max() <= 3

    check()
    before = colour(page, "--ct-low")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_function(
        f"() => getComputedStyle(document.querySelector('.ct-map-view canvas')).color !== 'rgb({', '.join(map(str, before))})'"
    )
    page.wait_for_timeout(100)
    check()
    kernel = -3 * kernel
    assert page.evaluate(f"kernel => {APP}.changeLayer({{ kernel }})", kernel[..., np.newaxis].tolist())
    check()


def test_the_numbers_are_those_under_the_filter(show):
    x = to_pixels(photo(64))
    page = show(
        Stepper(
            x,
            RNG.integers(-2, 3, (3, 3, 3, 1)),
            bias=[2],
            padding="same",
            activation="relu",
            channel_names=RGB,
            step=100,
        )
    )
    for step in (0, 100, 64 * 63 + 63):
        page.evaluate(f"step => {APP}.change({{ step }})", step)
        now = page.evaluate(f"{APP}.step")
        tables = page.locator(".ct-numbers table").evaluate_all(
            "all => all.map(t => [t.caption.textContent, [...t.rows].map(r => [...r.cells].map(c => c.textContent))])"
        )
        expected = []
        for channel, name in enumerate(RGB):
            for title, values in (name, now["window"]), (f"weights, {name}", now["kernel"]):
                expected.append([title, [[written(cell[channel]) for cell in row] for row in values]])
        assert tables == [*expected, ["bias", [["2"]]]]
        sums = page.locator(".ct-partial").all_text_contents()
        assert sums == [f"= {written(value)}" for value in now["channel_sums"]]
        assert (
            page.locator(".ct-numbers .ct-total").text_content()
            == f"= {written(now['total'])}, ReLU {written(now['output'])}"
        )
        assert page.locator(".ct-numbers .ct-pad").count() == 3 * now["padded"]


def written(value):
    from convtools.words import number

    return number(value)


# ------------------------------------------------------------- moving about


def position(page):
    return page.evaluate(f"{APP}.step.position")


def test_keys_move_the_window(show):
    page = show(Stepper(to_pixels(photo(64)), np.ones((3, 3, 3)), strides=2, step=0))
    view = page.get_by_role("application")
    view.focus()
    for key, place in [
        ("ArrowLeft", [0, 0]), ("ArrowUp", [0, 0]), ("ArrowRight", [0, 1]), ("ArrowDown", [1, 1]), ("PageDown", [11, 1]),
        ("End", [11, 30]), ("ArrowRight", [11, 30]), ("Home", [11, 0]), ("PageDown", [21, 0]), ("PageDown", [30, 0]),
        ("PageUp", [20, 0]), ("Control+End", [30, 30]), ("ArrowDown", [30, 30]), ("Control+Home", [0, 0]),
    ]:  # fmt: skip
        page.keyboard.press(key)
        assert position(page) == place, key
    assert view.evaluate("view => view === document.activeElement")
    assert page.evaluate("scrollY") == 0


@pytest.mark.parametrize(
    "settings", [{}, {"strides": 3}, {"padding": "same"}, {"padding": "same", "strides": 2}, {"dilation_rate": 4}]
)
def test_the_pointer_brings_the_middle_of_the_window(show, settings):
    page = show(Stepper(to_pixels(photo(64)), np.ones((3, 3, 3)), **settings))
    box = page.locator(".ct-photo-view canvas").bounding_box()
    for row, column in (32, 10), (3, 60), (50, 50):
        page.mouse.click(box["x"] + (column + 0.5) / 64 * box["width"], box["y"] + (row + 0.5) / 64 * box["height"])
        middles = [(taps[0] + taps[-1]) / 2 for taps in page.evaluate(f"{APP}.step.taps")]
        stride = settings.get("strides", 1)
        assert np.abs(np.subtract(middles, (row, column))).max() <= max(stride / 2, 0.5) + 0.01 or row in (3, 50)
        frame = page.locator(".ct-photo-view .ct-photo-frame").bounding_box()
        first, last = np.array(page.evaluate(f"{APP}.step.taps"))[:, [0, -1]].T
        scale = box["width"] / 64
        assert frame["x"] - box["x"] == pytest.approx(first[1] * scale, abs=0.6)
        assert frame["y"] - box["y"] == pytest.approx(first[0] * scale, abs=0.6)
        assert frame["height"] == pytest.approx((last[0] - first[0] + 1) * scale, abs=0.6)
        check_map_frame(page)


def check_map_frame(page):
    canvas, frame = (page.locator(f".ct-map-view {part}").bounding_box() for part in ("canvas", ".ct-photo-frame"))
    (rows, columns, _), (row, column) = page.evaluate(f"[{APP}.tensors.at(-1).shape, {APP}.step.position]")
    assert frame["x"] - canvas["x"] == pytest.approx(column / columns * canvas["width"], abs=0.6)
    assert frame["y"] - canvas["y"] == pytest.approx(row / rows * canvas["height"], abs=0.6)
    assert frame["width"] == pytest.approx(canvas["width"] / columns, abs=0.6)


def test_the_first_step_is_framed(show):
    page = show(Stepper(to_pixels(photo(64)), np.ones((3, 3, 3)), step=62 * 30 + 20))
    assert position(page) == [30, 20]
    check_map_frame(page)


def test_the_window_is_dragged_and_the_map_is_a_place_to_click(show):
    page = show(Stepper(to_pixels(photo(64)), np.ones((3, 3, 3))))
    box = page.locator(".ct-photo-view canvas").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    assert position(page) == [0, 0]
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert position(page) == [31, 31]
    page.mouse.move(box["x"] + 2 * box["width"], box["y"] - 50)
    page.mouse.up()
    assert position(page) == [0, 61]
    box = page.locator(".ct-map-view canvas").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 10.5 / 62, box["y"] + box["height"] * 20.5 / 62)
    assert position(page) == [20, 10]


def test_another_map_keeps_the_place_on_the_photo(show):
    page = show(Stepper(to_pixels(photo(64)), stack(ReLU())))
    page.evaluate(f"{APP}.change({{ step: 10 * 32 + 20 }})")
    before = page.evaluate(f"{APP}.step.field")
    page.get_by_role("radio", name="layer 1, Conv2D, filter 2").check()
    now = page.evaluate(f"{APP}.step.taps")
    for first, last, taps in zip(before["first"], before["last"], now, strict=True):
        assert first <= taps[0]
        assert taps[-1] <= last


def test_a_weight_is_selected(show):
    page = show(Stepper(to_pixels(photo(64)), np.ones((3, 3, 3)), controls=["weights"], channel_names=RGB))
    page.locator('[data-kernel="1,2,1"]').click()
    assert page.evaluate(f"{APP}.selected") == {"part": "kernel", "at": [1, 2, 1]}
    page.keyboard.press("ArrowUp")
    assert page.evaluate(f"{APP}.selected.at") == [0, 2, 1]
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    assert page.evaluate(f"{APP}.selected.at") == [0, 0, 1]
    assert page.locator(".ct-numbers [aria-selected=true]").get_attribute("data-kernel") == "0,0,1"
    assert page.locator(".ct-numbers table").locator("[tabindex='0']").count() == 4, "one tab stop for each grid"
    page.locator("[data-bias]").focus()
    assert page.evaluate(f"{APP}.selected") == {"part": "bias"}


# ------------------------------------------------------------- one's own file


def save(folder, image, name="own.png"):
    Image.fromarray(image).save(folder / name)
    return folder / name


@pytest.mark.parametrize("depth", [1, 3])
def test_an_own_file_takes_the_photos_place(show, tmp_path, depth):
    x = to_pixels(photo(64) if depth == 3 else grey_photo(64)[..., np.newaxis])
    layer = Conv2D(1, 3, seed=1, input_shape=(64, 64, depth))
    page = show(Stepper(x, layer, controls=["photo", "weights"]))
    own = RNG.integers(0, 256, (48, 96, 3), np.uint8)
    page.locator("input[type=file]").set_input_files(save(tmp_path, own))
    page.locator(".ct-status:text('Opened own.png')").wait_for()
    page.wait_for_function(f"{APP}.photo.shape[0] === 48")
    expected = own if depth == 3 else np.floor(own @ [0.299, 0.587, 0.114] + 0.5)[..., np.newaxis]
    came = page.evaluate(f"[{APP}.photo.shape, [...{APP}.photo.data]]")
    came = np.reshape(came[1], came[0]) * 255
    assert np.abs(came - expected).max() < (1e-9 if depth == 3 else 1.001)  # a half may be rounded down
    assert np.allclose(map_of(page), layer([came / 255])[0], atol=1e-5)
    page.get_by_role("button", name="Undo").click()
    page.wait_for_function(f"{APP}.photo.shape[0] === 64")


@pytest.mark.parametrize(("size", "fitted"), [((1024, 512), (256, 128)), ((300, 900), (85, 256)), ((40, 60), (40, 60))])
def test_a_large_file_is_made_to_fit(show, tmp_path, size, fitted):
    page = show(Stepper(to_pixels(photo(64)), np.ones((3, 3, 3)), controls=["photo"]))
    ramp = np.zeros((*size, 3), np.uint8)
    ramp[..., 0] = np.linspace(0, 255, size[1])
    page.locator("input[type=file]").set_input_files(save(tmp_path, ramp))
    page.wait_for_function(f"{APP}.photo.shape[0] === {fitted[0]}")
    shape, data = page.evaluate(f"[{APP}.photo.shape, [...{APP}.photo.data]]")
    assert shape == [*fitted, 3]
    assert np.abs(np.reshape(data, shape)[..., 0] - np.linspace(0, 1, fitted[1])).max() < 0.02


def test_what_is_transparent_becomes_white(show, tmp_path):
    page = show(Stepper(to_pixels(photo(64)), np.ones((3, 3, 3)), controls=["photo"]))
    image = np.zeros((40, 50, 4), np.uint8)
    page.locator("input[type=file]").set_input_files(save(tmp_path, image))
    page.wait_for_function(f"{APP}.photo.shape[0] === 40")
    assert page.evaluate(f"{APP}.photo.data.every((value) => value === 1)")


@pytest.mark.parametrize(
    ("name", "content"), [("broken.png", b"\x89PNG\r\n\x1a\nnothing"), ("words.txt", b"hello"), ("empty.png", b"")]
)
def test_a_file_that_is_no_picture_is_refused(show, tmp_path, name, content):
    page = show(Stepper(to_pixels(photo(64)), np.ones((3, 3, 3)), controls=["photo"]))
    (tmp_path / name).write_bytes(content)
    page.locator("input[type=file]").set_input_files(tmp_path / name)
    page.locator(f".ct-status:text('{name}')").wait_for()
    assert page.locator(".ct-status").text_content() == (
        f"Refused: {name} cannot be read as a picture. Kept the last photo."
    )
    assert page.evaluate(f"{APP}.photo.shape") == [64, 64, 3]
    page.locator("input[type=file]").set_input_files(save(tmp_path, np.zeros((44, 44, 3), np.uint8)))
    page.wait_for_function(f"{APP}.photo.shape[0] === 44")


def test_a_file_too_small_for_the_filter_is_refused(show, tmp_path):
    page = show(Stepper(to_pixels(photo(64)), np.ones((5, 5, 3)), controls=["photo"]))
    page.locator("input[type=file]").set_input_files(save(tmp_path, np.zeros((3, 90, 3), np.uint8)))
    page.locator(".ct-status:text('does not fit')").wait_for()
    assert page.evaluate(f"{APP}.photo.shape") == [64, 64, 3]
    assert page.evaluate(f"{APP}.state.input === {APP}.model.get('input')"), "the model keeps what was refused"


def test_nothing_leaves_the_machine(show, tmp_path):
    page = show(Stepper(to_pixels(photo(64)), np.ones((3, 3, 3)), controls=["photo"]))
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator("input[type=file]").set_input_files(save(tmp_path, np.zeros((44, 44, 3), np.uint8)))
    page.wait_for_function(f"{APP}.photo.shape[0] === 44")
    assert [url for url in asked if not re.match("blob:|data:", url)] == []


# ------------------------------------------------------------- how it lies


@pytest.mark.parametrize("width", [360, 768])
def test_it_fits_and_stays_put(show, width):
    page = show(
        Stepper(to_pixels(photo(256)), RNG.normal(size=(3, 3, 3, 3)), channel_names=RGB, controls="all"),
        viewport={"width": width, "height": 800},
    )
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    wide = page.evaluate(
        "[...document.querySelectorAll('.ct-photo-stage *')].filter(e => e.getBoundingClientRect().right > innerWidth && !e.closest('.ct-numbers')).length"
    )
    assert wide == 0
    places = "[...document.querySelectorAll('.ct-widget *')].filter(e => !e.closest('.ct-photo-frame, .ct-sentence, .ct-status')).map(e => { const b = e.getBoundingClientRect(); return [b.x, b.y, b.width, b.height]; })"
    before = page.evaluate(places)
    page.locator(".ct-photo-view").focus()
    for key in ("PageDown", "End", "PageDown"):
        page.keyboard.press(key)
    assert page.evaluate(places) == before
