"""What a reader takes along computes what the page shows: programs in three libraries, pictures, links."""

import base64
import io
import json
import os
import re
import xml.etree.ElementTree as ElementTree
from functools import cache

os.environ["KERAS_BACKEND"] = "jax"

import made_up
import numpy as np
import pytest
import small_torch
from PIL import Image
from test_javascript import random_state

from convtools import Conv2D, MaxPooling1D, Sequential
from convtools import page as parts
from convtools.data import bump, grey_photo, line, photo
from convtools.maps import network
from convtools.photos import to_pixels
from convtools.stepper import Stepper
from convtools.words import number

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")  # Keras's own
SVG = "{http://www.w3.org/2000/svg}"
LANGUAGES = ["convtools", "keras", "torch"]
RNG = np.random.default_rng(8)
APP = "document.querySelector('.ct-widget').stepper"


def conv(channels):
    return Conv2D(2, 3, input_shape=(64, 64, channels), seed=1)


@cache
def states():
    some = (random_state(seed, most=seed % 4 + 1, dilate=seed % 3 + 1) for seed in range(800))
    return [state for state in some if state["layers"]]


@pytest.fixture(scope="module")
def code_for(chromium):
    """code_for(states, language, shapes): their programs."""
    page = chromium.new_page()
    load = "async (text) => { window.page = await import(URL.createObjectURL(new Blob([text], {type: 'text/javascript'}))); }"
    page.evaluate(load, parts.module("stepper"))

    def ask(states, language, shapes=None):
        script = "([states, language, shapes]) => JSON.parse(states).map((state, i) => page.codeFor(state, language, shapes?.[i]))"
        return page.evaluate(script, [json.dumps(states), language, shapes])

    yield ask
    page.close()


def run(program):
    """What it prints is what it calls `output`; return that."""
    printed = []
    names = {"print": printed.append}
    exec(compile(program, "program", "exec"), names)
    assert len(printed) == 1
    assert printed[0] is names["output"]
    return np.asarray(names["output"])


def expected_of(state, x=None):
    maps = network(state["layers"], state["input"] if x is None else x)[state["layer"] + 1]
    return maps[..., state["filter"]]


def assert_same(program, expected):
    try:
        came = run(program)
    except Exception as error:
        raise AssertionError(program) from error
    assert came.shape == expected.shape, program
    assert np.allclose(came, expected, rtol=1e-5, atol=1e-5 * max(1, np.abs(expected).max())), program


# ---------------------------------------------------------------- programs


def kind(layer):
    """What makes a difference in a program."""
    strides, dilation = (max(layer.get(name, [1])) > 1 for name in ("strides", "dilation_rate"))
    return layer["class_name"], layer.get("padding"), strides, dilation, layer.get("flip")


def test_the_states_are_of_every_kind():
    kinds = {kind(layer) for state in states() for layer in state["layers"]}
    assert {name for name, *_ in kinds} == {
        "Conv1D",
        "Conv2D",
        "ReLU",
        "MaxPooling1D",
        "MaxPooling2D",
        "AveragePooling1D",
        "AveragePooling2D",
    }
    assert (
        len([name for name, *_ in kinds if name.startswith("Conv")]) == (3 + 2) * 2 * 2 * 2
    )  # padding, strides, dilation, flip
    assert any(state["layer"] < len(state["layers"]) - 1 for state in states())


@pytest.mark.parametrize("language", ["convtools", "torch"])
def test_the_program_computes_the_map(code_for, monkeypatch, language):
    small_torch.install(monkeypatch)
    for state, program in zip(states(), code_for(states(), language), strict=True):
        assert_same(program, expected_of(state))


def test_the_keras_program_computes_the_map(code_for):
    """Compiling each takes its time: as many as cover every kind of layer."""
    chosen, seen = [state for state in states() if len(state["layers"]) == 4][:3], set()
    for state in sorted(states(), key=lambda state: len(state["layers"])):
        kinds = {kind(layer)[:4] for layer in state["layers"]}  # a flip is the same for all
        if not kinds <= seen:
            chosen.append(state)
            seen |= kinds
    for state, program in zip(chosen, code_for(chosen, "keras"), strict=True):
        assert_same(program, expected_of(state))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("depth", [1, 3])
def test_a_photos_program_takes_the_books(code_for, monkeypatch, language, depth):
    small_torch.install(monkeypatch)
    x = to_pixels(photo(64) if depth == 3 else grey_photo(64)[..., np.newaxis])
    state = Stepper(x, conv(depth), filter=1).state
    [program] = code_for([state], language, [x.shape])
    assert_same(program, expected_of(state, x / 255))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("depth", [1, 3])
def test_another_photos_program_takes_a_file(code_for, monkeypatch, tmp_path, language, depth):
    small_torch.install(monkeypatch)
    monkeypatch.chdir(tmp_path)
    x = RNG.integers(0, 256, (40, 60, depth), np.uint8)
    Image.fromarray(x[..., 0] if depth == 1 else x).save("photo.png")
    state = Stepper(x, conv(depth)).state
    [program] = code_for([state], language, [x.shape])
    assert "Put the name of your picture's file here." in program
    assert_same(program, expected_of(state, x / 255))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_program_reads_well(code_for, language):
    x = RNG.integers(-3, 4, (12, 12)).tolist()
    model = Sequential([Conv2D(2, 3, input_shape=(12, 12, 1), seed=3), Conv2D(3, (2, 3), strides=(2, 1), seed=4)])
    [program, other] = code_for([Stepper(bump(), [0, 1, 0]).state, Stepper(x, model).state], language)
    assert max(map(len, (program + other).splitlines())) <= 120
    assert "[0, 0, 0, 1, 1, 0, 0, 0]" in program
    assert "[0, 1, 0]" in program
    assert {
        "convtools": "Conv1D(1, 3, input_shape=(8, 1))",
        "keras": "keras.layers.Conv1D(1, 3)",
        "torch": "F.conv1d(maps, kernel, bias)",
    }[language] in program
    assert "layer 2 of 2 (Conv2D), filter 0" in other
    for row in x:
        assert str(row) in other


def test_no_digit_of_a_weight_is_lost(code_for):
    kernel = np.float32([1 / 3, 0.1, 16777215, 1e-30, -0.33333334, 123456.79, 0.12345679, *RNG.normal(size=200)])
    for start in range(0, len(kernel), 9):
        some = kernel[start : start + 9]
        [program] = code_for([Stepper(np.arange(10), some).state], "convtools")
        names = {"print": len}
        exec(program, names)
        assert np.array_equal(names["model"].get_weights()[0].ravel(), some), program


def test_what_keras_and_pytorch_refuse_is_said(code_for):
    state = Stepper(np.arange(20), [1, 2, 3], strides=2, dilation_rate=2, padding="causal", flip=True).state
    [ours], [keras], [torch] = (code_for([state], language) for language in LANGUAGES)
    assert "Keras refuses strides with a dilation" in keras
    assert 'F.pad(maps, (4, 0))  # padding "causal"' in torch
    for program, turned in (ours, "kernel[::-1]"), (keras, "kernel[::-1]"), (torch, "kernel.flip(0)"):
        assert turned in program
        assert "true convolution" in program


# ------------------------------------------------------ the panel on a page


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("share")


@pytest.fixture
def show(chromium, folder):
    """Open a page with one stepper, where the clipboard may be used or is not there."""
    contexts = []

    def show(stepper, clipboard=True):
        made_up.write(folder, made_up.still(stepper))
        context = chromium.new_context(reduced_motion="reduce", accept_downloads=True)
        contexts.append(context)
        made_up.serve(context, folder)
        if clipboard:
            context.grant_permissions(["clipboard-read", "clipboard-write"])
        else:
            context.add_init_script("delete Navigator.prototype.clipboard")
        page, complaints = made_up.opened(context, made_up.HOST + "page.html")
        page.locator(".ct-mounted").wait_for()
        page.get_by_text("Take it along").click()
        page.complaints = complaints
        return page

    yield show
    for context in contexts:
        context.close()


def say(page, words):
    page.locator(f".ct-status:text('{words}')").wait_for()
    assert page.complaints == []


def press(page, name):
    page.get_by_role("button", name=name).click()


def test_the_code_is_that_of_the_present_state(show):
    page = show(Stepper(bump(), [0, 1, 0], controls=["share", "weights"]))
    code = page.get_by_label("Program")
    assert "import keras" not in code.input_value()
    page.get_by_label("Code for").select_option("Keras")
    assert "import keras" in code.input_value()
    page.evaluate(f"{APP}.changeLayer({{ kernel: [[[7]], [[8]], [[9]]] }})")
    assert "[7, 8, 9]" in code.input_value()
    assert code.evaluate("code => code.readOnly")
    assert (
        page.locator(".ct-share :is(summary, select, textarea, button):not([data-lm-suppress-shortcuts])").count() == 0
    )
    press(page, "Copy code")
    say(page, "Code copied.")
    assert page.evaluate("navigator.clipboard.readText()").replace("\r\n", "\n") == code.input_value()


STEPPERS = {
    "line": lambda: Stepper(bump(), [0, 1, 0], padding="same", step=3),
    "channels": lambda: Stepper(RNG.integers(-2, 3, (9, 2)), RNG.integers(-2, 3, (3, 2, 2)), strides=2, step=2),
    "planes": lambda: Stepper(line(), RNG.integers(-2, 3, (3, 3)), padding="same", step=5),
    "colours": lambda: Stepper(
        RNG.random((6, 6, 3)), RNG.normal(size=(3, 3, 3)), channel_names=["red", "green", "<&>"], dilation_rate=2
    ),
    "stack": lambda: Stepper(
        line(), Sequential([Conv2D(2, 3, input_shape=(8, 8, 1), seed=1), Conv2D(1, 3, seed=2)]), step=6
    ),
    "pool": lambda: Stepper(bump(), MaxPooling1D(2), step=1),
    "photo": lambda: Stepper(to_pixels(photo(64)), conv(3), step=100),
}


@pytest.mark.parametrize("kind", STEPPERS)
def test_the_svg_shows_the_step_and_needs_nothing_else(show, kind):
    stepper = STEPPERS[kind]()
    stepper.controls = ["share"]
    page = show(stepper)
    root = ElementTree.fromstring(copied_svg(page))
    words = [text.text for text in root.iter(SVG + "text")]
    step = page.evaluate(f"{APP}.step")
    said = root.find(SVG + "title").text
    assert said.startswith(f"Step {step['number'] + 1} of")
    assert said in " ".join(words)
    for value in np.ravel(step["kernel"] or []) if kind != "stack" else []:  # that draws maps alone
        assert number(value) in words or f"×{number(value)}" in words
    assert number(step["output"]) in " ".join(words)
    if kind not in ("photo", "stack", "pool"):
        assert words.count("·") == step["count"] - step["number"] - 1
    assert len(list(root.iter(SVG + "image"))) == (4 if kind == "photo" else 0)  # photo, map, two small maps
    accents = [rect for rect in root.iter(SVG + "rect") if rect.get("stroke") == "#8a0f7c"]
    assert len(accents) >= 2, "the window and its output"
    fills = {rect.get("fill") for rect in root.iter(SVG + "rect")}
    assert len(fills) > 2, "no shades"
    if kind == "line":
        assert {"rgb(236,143,53)", "rgb(255,255,255)"} <= fills, "the ends of the scale"
    width, height = float(root.get("width")), float(root.get("height"))
    for part in root.iter(SVG + "rect"):
        assert float(part.get("x", 0)) + float(part.get("width")) <= width
        assert float(part.get("y", 0)) + float(part.get("height")) <= height
    svg = ElementTree.tostring(root, encoding="unicode")
    assert "var(" not in svg
    assert not re.search(r'https?:(?!//www.w3.org/)|href="(?!data:image/png)', svg)
    page.set_content(svg)
    beyond = "[...document.querySelectorAll('text')].filter(t => t.getBBox().x + t.getBBox().width > document.querySelector('svg').viewBox.baseVal.width)"
    assert page.evaluate(f"{beyond}.map(t => t.textContent)") == []


def copied_svg(page):
    press(page, "Copy SVG")
    say(page, "SVG copied.")
    return page.evaluate("navigator.clipboard.readText()")


@pytest.mark.parametrize("kind", ["planes", "photo"])
def test_the_picture_is_light_in_the_dark(show, kind):
    stepper = STEPPERS[kind]()
    stepper.controls = ["share"]
    page = show(stepper)
    light = ElementTree.fromstring(copied_svg(page))
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_timeout(300)
    dark = ElementTree.fromstring(copied_svg(page))
    for one, other in zip(light.iter(), dark.iter(), strict=True):
        if one.tag == SVG + "image":
            assert np.abs(pixels_of(one) - pixels_of(other)).max() < 8  # pale colours are rounded
        else:
            assert (one.attrib, one.text) == (other.attrib, other.text)


def pixels_of(image):
    """On white, as int (rows, columns, 3)."""
    with Image.open(io.BytesIO(base64.b64decode(image.get("href").split(",")[1]))) as opened:
        over = Image.new("RGBA", opened.size, "white")
        over.alpha_composite(opened.convert("RGBA"))
        return np.asarray(over.convert("RGB")).astype(int)


def test_the_png_is_the_picture(show):
    page = show(Stepper(to_pixels(photo(64)), conv(3), controls=["share"]))
    shown = next(ElementTree.fromstring(copied_svg(page)).iter(SVG + "image"))
    press(page, "Copy PNG")
    say(page, "Picture copied.")
    read = """async () => {
        const [item] = await navigator.clipboard.read();
        const bytes = new Uint8Array(await (await item.getType("image/png")).arrayBuffer());
        return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    }"""
    with Image.open(io.BytesIO(base64.b64decode(page.evaluate(read)))) as image:
        assert image.format == "PNG"
        pixels = np.asarray(image.convert("RGB")).astype(int)
    assert (pixels[0, 0] == 255).all()
    x, y, width, height = (float(shown.get(name)) for name in ("x", "y", "width", "height"))
    rows, columns = (
        (2 * (start + size * (np.arange(64) + 0.5) / 64)).astype(int) for start, size in ((y, height), (x, width))
    )
    assert (pixels[np.ix_(rows, columns)] == to_pixels(photo(64))).all(
        axis=-1
    ).mean() > 0.98  # the rest lies under the frame


@pytest.mark.parametrize(
    ("name", "file"),
    [("Copy code", "convolution.py"), ("Copy SVG", "convolution.svg"), ("Copy PNG", "convolution.png")],
)
def test_without_a_clipboard_a_file_is_saved(show, tmp_path, name, file):
    page = show(Stepper(bump(), [0, 1, 0], controls=["share"]), clipboard=False)
    with page.expect_download() as download:
        press(page, name)
    say(page, f"The clipboard cannot be used here: saved as {file}.")
    assert download.value.suggested_filename == file
    saved = tmp_path / file
    download.value.save_as(saved)
    if file.endswith("py"):
        assert run(saved.read_text("utf-8")).tolist() == [0, 0, 1, 1, 0, 0]
    elif file.endswith("svg"):
        ElementTree.fromstring(saved.read_text("utf-8"))
    else:
        with Image.open(saved) as image:
            assert image.format == "PNG"


def test_a_link_is_copied_or_put_in_the_address_bar(show):
    stepper = Stepper(bump(), [0, 1, 0], controls=["share"])
    page = show(stepper)
    press(page, "Copy link")
    say(page, "Link copied.")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{made_up.HOST}page.html#stepper-1=")
    page = show(stepper, clipboard=False)
    press(page, "Copy link")
    say(page, "The clipboard cannot be used here: the link now stands in the address bar.")
    assert page.url == link


def test_a_link_has_no_photo_in_it_and_says_so_of_ones_own(show):
    page = show(Stepper(to_pixels(photo(64)), conv(3), controls=["share", "photo"]))
    press(page, "Copy link")
    say(page, "Link copied.")
    assert len(page.evaluate("navigator.clipboard.readText()")) < 2000
    packed = io.BytesIO()
    Image.fromarray(np.zeros((50, 50, 3), np.uint8)).save(packed, "png")
    page.locator("input[type=file]").set_input_files(
        {"name": "own.png", "mimeType": "image/png", "buffer": packed.getvalue()}
    )
    page.wait_for_function(f"{APP}.photo.shape[0] === 50")
    press(page, "Copy link")
    say(page, "Link without your own picture copied.")
    assert len(page.evaluate("navigator.clipboard.readText()")) < 2000


def test_without_a_host_there_is_no_link(chromium):
    page = chromium.new_page()
    page.set_content("<div id=el></div>")
    mount = """async ([text, state]) => {
        const {default: stepper} = await import(URL.createObjectURL(new Blob([text], {type: "text/javascript"})));
        const model = {get: (name) => state[name], set() {}, on() {}, off() {}, save_changes() {}};
        await stepper.render({model, el: document.getElementById("el")});
    }"""
    page.evaluate(mount, [parts.module("stepper"), Stepper(bump(), [0, 1, 0], controls=["share"]).state])
    page.get_by_text("Take it along").click()
    assert page.get_by_role("button", name="Copy SVG").is_visible()
    assert page.get_by_role("button", name="Copy link").count() == 0
    page.close()
