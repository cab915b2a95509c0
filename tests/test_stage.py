"""The stepper's picture in a real browser: what its cells say, what pointing lights, how the keys lead through it."""

import json

import numpy as np
import pytest

from convtools import AveragePooling1D, Conv1D, Conv2D, MaxPooling2D, ReLU
from convtools import page as page_parts
from convtools.maps import network
from convtools.stepper import Stepper
from convtools.trace import trace_state
from convtools.words import number

MOUNT = """async ([text, state]) => {
  window.stepper ??= await import(URL.createObjectURL(new Blob([text], {type: "text/javascript"})));
  const heard = new Map();
  const model = {
    get: (name) => state[name],
    set(name, value) { state[name] = value; heard.get(`change:${name}`)?.forEach((answer) => answer()); },
    on: (event, answer) => heard.set(event, [...(heard.get(event) ?? []), answer]),
    off: (event, answer) => heard.set(event, heard.get(event).filter((one) => one !== answer)),
    save_changes() {},
  };
  window.heard = heard;
  await window.unmount?.();
  window.unmount = await stepper.default.render({model, el: document.body});
  window.app = document.querySelector(".ct-widget").stepper;
}"""
HTML = "<!doctype html><html lang=en><meta name=viewport content='width=device-width'><style>{}</style><body></body>"


def conv(layer, kernel, bias=None):
    """The layer with these weights."""
    layer.set_weights([kernel, np.zeros(kernel.shape[-1]) if bias is None else bias])
    return layer


def kinds():
    """One state of each kind that is drawn in its own way."""
    rng = np.random.default_rng(seed=7)

    def whole(*shape):
        return rng.integers(-3, 4, shape).astype(np.float32)

    bump, names = [-1, 2, -1], ["red", "green", "blue"]
    deep = [
        conv(Conv2D(2, 3, input_shape=(10, 10, 1)), whole(3, 3, 1, 2)),
        ReLU(),
        MaxPooling2D(2),
        conv(Conv2D(3, 2, activation="relu", input_shape=(4, 4, 2)), whole(2, 2, 2, 3), [1, 0, -1]),
    ]
    long = [conv(Conv1D(2, 3, input_shape=(16, 3)), whole(3, 3, 2)), AveragePooling1D(2)]
    return {
        "line": Stepper([0, 0, 0, 1, 1, 0, 0, 0], bump, step=3),
        "line, same": Stepper(whole(8), bump, 1, padding="same", activation="relu", step=7),
        "line, even": Stepper(whole(8), [1, -1], strides=2),
        "line, dilated": Stepper(whole(9), bump, dilation_rate=2, flip=True),
        "line, channels": Stepper(whole(8, 2), whole(3, 2, 1), step=2, channel_names=["rain", "wind"]),
        "line, long": Stepper(whole(16), whole(11)),
        "line, filters": Stepper(whole(12), whole(3, 1, 4), filter=2),
        "line, edited": Stepper(whole(8), bump, 2, controls="all"),
        "planes": Stepper(whole(8, 8), whole(3, 3), 1, activation="relu", step=8),
        "planes, same": Stepper(whole(6, 5), whole(3, 2), padding="same", strides=(2, 1), dilation_rate=(1, 2)),
        "planes, large": Stepper(whole(9, 9), whole(5, 5), step=4),
        "planes, channels": Stepper(whole(6, 6, 3), whole(3, 3, 3, 1), 1, channel_names=names, step=5),
        "planes, filters": Stepper(whole(7, 7), whole(3, 3, 1, 8), filter=5, step=24, controls=["shapes"]),
        "planes, edited": Stepper(whole(6, 6, 3), whole(3, 3, 3, 1), channel_names=names, controls="all", flip=True),
        "stack": Stepper(whole(10, 10), deep, step=4, filter=1),
        "stack, middle": Stepper(whole(10, 10), deep, layer=0, filter=1, step=4, controls="all"),
        "stack, line": Stepper(whole(16, 3), long, step=2),
        "relu": Stepper(whole(5, 5, 1), ReLU(), step=7),
    }


KINDS = {name: stepper.state for name, stepper in kinds().items()}
every_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(scope="module")
def browser_page(chromium):
    page = chromium.new_page(reduced_motion="reduce")
    page.set_content(HTML.format(page_parts.style("stepper")))
    yield page
    page.close()


@pytest.fixture
def mounted(browser_page):
    """Mount a state in the page and return the page; what goes wrong in it fails the test."""
    wrong = []

    def note(error):
        wrong.append(str(error))

    browser_page.on("pageerror", note)

    def mount(state, width=900):
        browser_page.set_viewport_size({"width": width, "height": 900})
        browser_page.evaluate(MOUNT, [page_parts.module("stepper"), json.loads(json.dumps(state))])
        return browser_page

    yield mount
    browser_page.remove_listener("pageerror", note)
    assert wrong == []


CELLS = """() => Object.fromEntries([...document.querySelectorAll("[data-tensor], [data-kernel]")].map((cell) =>
  [cell.dataset.tensor ? `${cell.dataset.tensor}: ${cell.dataset.at}` : `weight: ${cell.dataset.kernel}`, cell.firstChild.data]))"""
TEXT = """(selector) => document.querySelector(selector)?.innerText ?? null"""


def maps_of(state):
    return [np.asarray(x) for x in network(state["layers"], np.array(state["input"], float))]


def expected_cells(state, step, reached):
    """What every drawn cell must say: of one convolution the chosen map, as far as it is reached; else all."""
    maps = maps_of(state)
    single = len(maps) == 2 and "kernel" in state["layers"][0]
    texts = {}
    for k, tensor in enumerate(maps):
        for at in np.ndindex(tensor.shape):
            if single and k and at[-1] != state["filter"]:
                continue
            place = np.ravel_multi_index(at[:-1], tensor.shape[:-1])
            dot = single and k and place > reached
            texts[f"{k}: {','.join(map(str, at))}"] = "·" if dot else number(tensor[at])
    if step.kernel is not None and ((step.kernel.ndim == 2 and single) or "weights" in state["controls"]):
        for at in np.ndindex(step.kernel.shape):
            texts[f"weight: {','.join(map(str, at))}"] = number(step.kernel[at])
    return texts


@every_kind
def test_cells_say_what_python_computes(mounted, kind):
    state = KINDS[kind]
    page = mounted(state)
    steps = trace_state(state)
    reached = state["step"]
    for n in state["step"], len(steps) - 1, 0, len(steps) // 2:
        page.evaluate("(step) => app.change({step})", n)
        reached = max(reached, n)
        assert page.evaluate(CELLS) == expected_cells(state, steps[n], reached)
        now = page.locator("td.ct-now").all()
        assert [cell.inner_text() for cell in now] == [number(steps[n].output)]


PAINT = """() => [...document.querySelectorAll("[data-tensor]")].map((cell) => [Number(cell.dataset.tensor),
  cell.dataset.at.split(",").map(Number), cell.style.getPropertyValue("--ct-shade"),
  ["above", "below", "later", "todo"].filter((name) => cell.matches(`.ct-${name}`))])"""


@every_kind
def test_colours_say_the_values_and_which_are_yet_to_come(mounted, kind):
    """The shade goes by the root of the value, the legend's ends being full."""
    state = KINDS[kind]
    page = mounted(state)
    maps = maps_of(state)
    single = len(maps) == 2 and "kernel" in state["layers"][0]
    count = page.evaluate("() => app.step.count")
    reached = state["step"]
    for now in state["step"], (state["step"] + count) // 2, 0:
        page.evaluate("(step) => app.change({step})", now)
        reached = max(reached, now)
        limit = float(page.locator(".ct-legend :last-child").inner_text())
        assert limit >= max(np.abs(tensor).max() for tensor in maps)
        for k, at, shade, names in page.evaluate(PAINT):
            place = np.ravel_multi_index(at[:-1], maps[k].shape[:-1]) if single and k else 0
            value = 0 if place > reached else maps[k][tuple(at)]
            assert shade == f"{int(100 * np.sqrt(abs(value) / limit) + 0.5)}%"
            expected = [["below"], [], ["above"]][int(np.sign(value)) + 1]
            later = [] if place <= now else ["later"] if place <= reached else ["todo"]
            assert names == expected + later


@every_kind
def test_the_sum_says_products_total_bias_and_activation(mounted, kind):
    state = KINDS[kind]
    page = mounted(state)
    for step in trace_state(state)[:: max(1, len(trace_state(state)) // 5)]:
        page.evaluate("(step) => app.change({step})", step.number)
        shown = " ".join(page.evaluate("() => document.querySelector('.ct-body').innerText").split())
        if step.operation != "sum":
            assert f") = {number(step.output)}" in shown
            continue
        details = page.locator(".ct-all")
        products = int(np.size(step.products))
        several = step.products.shape[-1] > 1
        assert details.count() == (
            products > 9 and (step.products.ndim == 2 or several or max(step.products.shape) > 3)
        )
        if details.count():
            assert details.locator("summary").inner_text() == f"all {products} products"
            details.evaluate("(part) => (part.open = true)")
            page.wait_for_selector(".ct-all .ct-term", state="attached")
            terms = page.locator(".ct-all .ct-term").all_inner_texts()
        else:
            terms = page.locator(".ct-term").all_inner_texts()
        if terms:
            by_channel = np.moveaxis(step.products, -1, 0).ravel()
            assert [evaluated(term) for term in terms] == pytest.approx(by_channel.tolist())
            rows = np.moveaxis(step.products, -1, 0).sum(axis=-1).ravel()
            results = [f"= {number(v)}" for v in rows]
            if not details.count():
                bias = f"({number(step.bias)})" if step.bias < 0 else number(step.bias)
                results += [f"+ {bias}", f"= {number(step.total)}"] + [f"→ {number(step.output)}"] * bool(
                    step.activation
                )
            assert page.locator(".ct-subtotal").all_inner_texts() == results
        if step.products.ndim == 2:
            columns = page.locator(".ct-product").all_inner_texts()
            assert columns == [number(v) for v in step.products.T.ravel()] or state["layer"] or len(state["layers"]) > 1
        if several:
            names = [f"{name}:" if name[-1].isdigit() else name for name in step.channel_names]
            names = [f"{name} {number(v)}" for name, v in zip(names, step.channel_sums, strict=True)]
            relu = f", after ReLU {number(step.output)}" if step.activation else ""
            assert f"{' + '.join(names)} + bias {number(step.bias)} = {number(step.total)}{relu}" in shown


def evaluated(term):
    """The value of "2·(−1)"."""
    first, second = term.replace("−", "-").replace("(", "").replace(")", "").split("·")
    return float(first) * float(second)


POINT = """async (selector) => {
  const cell = document.querySelector(selector);
  cell.dispatchEvent(new PointerEvent("pointerover", {bubbles: true}));
  const nameOf = ({dataset}) => dataset.tensor ? `${dataset.tensor}: ${dataset.at}` : dataset.kernel ? `weight: ${dataset.kernel}` : "bias";
  const lit = [...document.querySelectorAll(".ct-lit")].map(nameOf);
  const {tensors} = stepper.lights(app.state, app.tensors, app.target);
  const wanted = tensors.flatMap((places, k) => [...(places ?? [])].map((i) => `${k}: ${stepper.placeOf(app.tensors[k], i)}`));
  cell.dispatchEvent(new PointerEvent("pointerout", {bubbles: true}));
  const drawn = new Set([...document.querySelectorAll("[data-tensor]")].map(nameOf));
  return {
    lit: lit.sort(), wanted: [...wanted.filter((name) => drawn.has(name)), ...(cell.dataset.tensor ? [] : [nameOf(cell)])].sort(),
    after: document.querySelectorAll(".ct-lit").length,
  };
}"""


@every_kind
def test_pointing_lights_what_a_cell_sees_and_feeds(mounted, kind):
    page = mounted(KINDS[kind])
    cells = page.locator("[data-tensor], [data-kernel], [data-bias]").evaluate_all(
        """(all) => all.map(({dataset: {tensor, at, kernel}}) =>
             tensor ? `[data-tensor="${tensor}"][data-at="${at}"]` : kernel ? `[data-kernel="${kernel}"]` : "[data-bias]")"""
    )
    for selector in [*cells[:: max(1, len(cells) // 25)], cells[-1]]:
        came = page.evaluate(POINT, selector)
        assert came["lit"] == came["wanted"] != [], selector
        assert came["after"] == 0


def test_a_pinned_cell_stays_lit(mounted):
    page = mounted(KINDS["planes"])
    pixel = page.locator('[data-tensor="0"][data-at="2,3,0"]')
    pixel.click()
    assert pixel.get_attribute("aria-selected") == "true"
    lit = page.locator(".ct-lit").count()
    assert lit == 1 + 9
    page.mouse.move(1, 1)
    page.get_by_role("slider", name="Step").focus()
    page.evaluate("() => app.change({step: 20})")
    assert page.locator(".ct-lit").count() == lit
    pixel.focus()
    page.keyboard.press("Escape")
    assert pixel.get_attribute("aria-selected") is None
    page.get_by_role("slider", name="Step").focus()
    assert page.locator(".ct-lit").count() == 0
    for key in "Enter", "Enter":
        pixel.press(key)
    assert page.evaluate("() => app.pinned") is None


@pytest.mark.parametrize("kind", ["line", "planes", "stack"])
def test_a_click_on_a_map_goes_there(mounted, kind):
    page = mounted(KINDS[kind])
    last = len(KINDS[kind]["layers"])
    cell = page.locator(f'[data-tensor="{last}"]').last
    cell.click()
    assert page.evaluate("() => [app.state.layer, app.state.step]") == [
        last - 1,
        page.evaluate("() => app.step.count - 1"),
    ]
    assert "ct-now" in cell.get_attribute("class")
    if last > 1:
        page.locator('[data-tensor="1"][data-at="2,3,1"]').click()
        assert page.evaluate("() => [app.state.layer, app.state.filter, app.state.step]") == [0, 1, 2 * 8 + 3]


@every_kind
def test_each_grid_is_one_tab_stop(mounted, kind):
    page = mounted(KINDS[kind])
    stops = page.locator("[role=grid]").evaluate_all(
        "(all) => all.map((one) => one.querySelectorAll('[tabindex=\"0\"]').length)"
    )
    assert set(stops) == {1}
    page.evaluate("() => app.change({step: app.step.count - 1})")
    assert set(stops) == {1}
    reached = set()
    page.evaluate("() => document.activeElement.blur()")
    for _ in range(80):
        page.keyboard.press("Tab")
        inside = page.evaluate(
            "() => [...document.querySelectorAll('[role=grid]')].findIndex((one) => one.contains(document.activeElement))"
        )
        if inside < 0 and page.evaluate("() => document.activeElement === document.body"):
            break
        reached.add(inside)
    assert set(range(len(stops))) <= reached


def at(page):
    return page.evaluate("() => document.activeElement.dataset.at")


def test_arrow_keys_lead_through_a_grid(mounted):
    page = mounted(KINDS["planes"])
    page.locator('[data-tensor="0"][tabindex="0"]').focus()
    assert at(page) == "0,0,0"
    for key, place in [
        ("ArrowRight", "0,1,0"), ("ArrowDown", "1,1,0"), ("ArrowLeft", "1,0,0"), ("ArrowLeft", "1,0,0"),
        ("End", "1,7,0"), ("ArrowRight", "1,7,0"), ("ArrowUp", "0,7,0"), ("ArrowUp", "0,7,0"),
        ("Control+End", "7,7,0"), ("Home", "7,0,0"), ("Control+Home", "0,0,0"),
    ]:  # fmt: skip
        page.keyboard.press(key)
        assert at(page) == place, key
    page.locator('[data-tensor="1"][tabindex="0"]').focus()
    assert at(page) == "1,2,0", "the map's tab stop is the place of the step"
    page.keyboard.press("Control+End")
    page.keyboard.press("Enter")
    assert page.evaluate("() => app.state.step") == 35
    assert at(page) == "5,5,0"


def test_arrow_keys_lead_along_the_line_and_down_to_its_filter(mounted):
    page = mounted(KINDS["line"])
    page.locator('[data-tensor="0"][data-at="4,0"]').focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("() => document.activeElement.dataset.kernel") == "1,0"
    page.evaluate("() => app.change({step: 0})")
    assert page.evaluate("() => document.activeElement.dataset.kernel") == "1,0", "the focus moves with the filter"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("() => document.activeElement.dataset.kernel") == "2,0"
    page.keyboard.press("ArrowUp")
    assert at(page) == "2,0"


def test_a_focused_weight_is_selected_if_weights_may_be_changed(mounted):
    page = mounted(KINDS["planes, edited"])
    page.locator('[data-kernel="1,2,1"]').focus()
    assert page.evaluate("() => app.selected") == {"part": "kernel", "at": [1, 2, 1]}
    page.locator("[data-bias]").click()
    assert page.evaluate("() => app.selected") == {"part": "bias"}
    assert page.locator(".ct-selected").count() == 1
    page = mounted(KINDS["line"])
    page.locator('[data-kernel="1,0"]').focus()
    assert page.evaluate("() => app.selected") is None


@pytest.mark.parametrize("kind", ["line, edited", "planes", "planes, filters", "stack"])
def test_edited_values_keep_their_cells(mounted, kind):
    state = KINDS[kind]
    page = mounted(state)
    page.evaluate("() => { window.cells = [...document.querySelectorAll('[data-tensor]')]; cells[5].focus(); }")
    edited = np.array(state["input"], float)
    edited.flat[5], edited.flat[7] = 9.25, -4
    page.evaluate("(input) => app.change({input})", edited.tolist())
    assert page.evaluate("() => cells.every((cell) => cell.isConnected) && cells[5] === document.activeElement")
    now = {**state, "input": edited.tolist()}
    steps = trace_state(now)
    assert page.evaluate(CELLS) == expected_cells(now, steps[state["step"]], len(steps))
    page.evaluate("() => { window.first = document.querySelector('.ct-stage'); }")
    weights = [
        {**layer, **({"kernel": (np.array(layer["kernel"]) * 2).tolist()} if "kernel" in layer else {})}
        for layer in state["layers"]
    ]
    page.evaluate("(layers) => app.change({layers})", weights)
    assert page.evaluate("() => first.isConnected && cells[5] === document.activeElement")
    now["layers"] = weights
    steps = trace_state(now)
    assert page.evaluate(CELLS) == expected_cells(now, steps[state["step"]], len(steps))


def test_the_focus_survives_another_layout(mounted):
    page = mounted(KINDS["line, edited"])
    page.locator('[data-tensor="0"][data-at="6,0"]').focus()
    page.evaluate("() => app.changeLayer({padding: 'same'})")
    assert at(page) == "6,0"
    page.locator('[data-tensor="1"][data-at="7,0"]').focus()
    page.evaluate("() => app.changeLayer({padding: 'valid'})")
    assert page.evaluate("() => document.activeElement.dataset.tensor") == "1", (
        "a cell that is gone: another of its kind"
    )


@pytest.mark.parametrize("kind", ["line, filters", "planes, filters", "stack"])
def test_the_bank_is_a_radio_group(mounted, kind):
    state = KINDS[kind]
    page = mounted(state)
    group = page.get_by_role("radiogroup", name="Filter")
    filters = np.shape(state["layers"][-1]["kernel"])[-1]
    assert group.get_by_role("radio").count() == filters
    assert group.get_by_role("radio", name=f"filter {state['filter']}", exact=True).is_checked()
    group.get_by_role("radio", name=f"filter {state['filter']}", exact=True).focus()
    page.keyboard.press("ArrowLeft")
    chosen = state["filter"] - 1
    assert page.evaluate("() => app.state.filter") == chosen
    now = {**state, "filter": chosen}
    assert page.evaluate(CELLS) == expected_cells(now, trace_state(now)[state["step"]], state["step"])
    assert page.evaluate("() => document.activeElement.type") == "radio"
    group.get_by_text(f"filter {filters - 1}").click()
    assert page.evaluate("() => app.state.filter") == filters - 1


MINIATURES = """() => [...document.querySelectorAll(".ct-filter")].map((card) => {
  const [maps] = [...card.querySelectorAll(":scope > .ct-mini")];
  const sign = (cell) => cell.classList.contains("ct-above") - cell.classList.contains("ct-below");
  return {
    weights: [...card.querySelectorAll(".ct-slices i")].map(sign),
    map: maps && [...maps.children].map(sign),
    here: maps && [...maps.children].findIndex((cell) => cell.classList.contains("ct-here")),
  };
})"""


@pytest.mark.parametrize("kind", ["line, filters", "planes, filters", "stack"])
def test_the_bank_shows_every_filter_and_its_map(mounted, kind):
    state = KINDS[kind]
    page = mounted(state)
    kernel, outputs = np.array(state["layers"][-1]["kernel"]), maps_of(state)[-1]
    for step in 5, 8, 0:
        page.evaluate("(step) => app.change({step})", step)
        for filter, shown in enumerate(page.evaluate(MINIATURES)):
            weights = np.sign(np.moveaxis(kernel[..., filter], -1, 0)).astype(int)
            assert shown["weights"] == weights.ravel().tolist()
            if kind == "stack":  # its maps are drawn large
                assert shown["map"] is None
                continue
            assert shown["map"] == np.sign(outputs[..., filter]).astype(int).ravel().tolist()
            assert shown["here"] == step


@pytest.mark.parametrize("width", [360, 768, 1280])
@every_kind
def test_nothing_moves_while_stepping_and_nothing_overflows(mounted, kind, width):
    page = mounted(KINDS[kind], width)
    page.wait_for_timeout(50)
    boxes = page.evaluate(
        """async () => {
          const seen = new Set();
          for (let step = 0; step < app.step.count; step += 1) {
            app.change({step});
            const tight = [...document.querySelectorAll(".ct-now-text")].filter((text) => text.scrollHeight > text.clientHeight + 1);
            if (tight.length) throw new Error(`no room for ${tight[0].textContent}`);
            seen.add(JSON.stringify([...document.querySelectorAll(".ct-body > *, .ct-stage table, .ct-column")].map((part) => {
              const {top, width, height} = part.getBoundingClientRect();
              return [top + scrollY, width, height];
            })));
          }
          return [...seen];
        }"""
    )
    assert len(boxes) == 1
    assert page.evaluate("() => document.scrollingElement.scrollWidth") <= width
    least = page.evaluate(
        """() => Math.min(...[...document.querySelectorAll("[data-tensor], [data-kernel], [data-bias], .ct-filter, summary")]
             .filter((part) => part.offsetWidth).flatMap((part) => [part.offsetWidth, part.offsetHeight]))"""
    )
    assert least >= 24


@pytest.mark.parametrize("kind", ["line", "planes", "planes, channels", "stack"])
def test_the_frame_lies_around_the_window(mounted, kind):
    state = KINDS[kind]
    page = mounted(state)
    for step in trace_state(state)[::3]:
        page.evaluate("(step) => app.change({step})", step.number)
        deepest = page.evaluate("() => document.querySelectorAll('.ct-column').length") > 0
        first = step.field["first"] if isinstance(step.field, dict) else [taps[0] for taps in step.taps]
        last = step.field["last"] if isinstance(step.field, dict) else [taps[-1] for taps in step.taps]
        if deepest:
            first, last = page.evaluate("() => { const {first, last} = app.step.field; return [first, last]; }")
        corners = [f'[data-tensor="0"][data-at="{",".join(map(str, [*place, 0]))}"]' for place in (first, last)]
        frame = page.locator(".ct-stage .ct-window").first.bounding_box()
        start, end = (page.locator(corner).bounding_box() for corner in corners)
        assert frame["x"] == pytest.approx(start["x"], abs=2)
        assert frame["y"] == pytest.approx(start["y"], abs=2)
        assert frame["x"] + frame["width"] == pytest.approx(end["x"] + end["width"], abs=2)
        assert frame["y"] + frame["height"] == pytest.approx(end["y"] + end["height"], abs=2)


def test_shapes_are_said_in_keras_order(mounted):
    page = mounted(KINDS["planes, filters"])
    assert page.evaluate(TEXT, ".ct-shapes") == "input (7, 7, 1) → kernel (3, 3, 1, 8), bias (8) → map (5, 5, 8)"
    page = mounted(KINDS["stack, middle"])
    assert page.locator(".ct-size").all_inner_texts() == [
        "(10, 10, 1)",
        "(8, 8, 2)",
        "(8, 8, 2)",
        "(4, 4, 2)",
        "(3, 3, 3)",
    ]
    assert page.locator(".ct-heading").all_inner_texts() == [
        "input",
        "1 Conv2D",
        "2 ReLU",
        "3 MaxPooling2D",
        "4 Conv2D + ReLU",
    ]


CONTRAST = """() => {
  const parse = (text) => { // color(srgb r g b), oklab and rgb(): a pixel says it as bytes
    const canvas = document.createElement("canvas").getContext("2d");
    canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (text) => parse(text).slice(0, 3).map((byte) => byte / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  return Math.min(...[...document.querySelectorAll(".ct-stage .ct-cell")].map((cell) => {
    const {color, backgroundColor} = getComputedStyle(cell);
    const [a, b] = [light(color), light(backgroundColor)].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  }));
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["line, same", "planes, edited", "stack"])
def test_digits_can_be_read_on_every_shade(mounted, kind, theme):
    page = mounted(KINDS[kind])
    page.evaluate("(theme) => document.documentElement.setAttribute('data-theme', theme)", theme)
    page.evaluate(
        "(theme) => { document.body.style.background = 'Canvas'; document.documentElement.style.colorScheme = theme; }",
        theme,
    )
    page.evaluate("() => app.change({step: app.step.count >> 1})")
    assert page.evaluate(CONTRAST) >= 4.5
    page.evaluate(
        "() => { document.documentElement.removeAttribute('data-theme'); document.documentElement.style = ''; }"
    )


@pytest.fixture
def player(chromium):
    """A page with the bump, which may play; its clock goes when the test says so."""
    page = chromium.new_page(reduced_motion="no-preference")
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    page.set_content(HTML.format(page_parts.style("stepper")))
    state = Stepper([0, 0, 0, 1, 1, 0, 0, 0], [0, 1, 0], controls=["play"]).state
    page.evaluate(MOUNT, [page_parts.module("stepper"), state])
    yield page
    page.close()


STEP = "() => app.state.step"


def test_play_steps_to_the_end_and_begins_again(player):
    play, pause = (player.get_by_role("button", name=name) for name in ("Play", "Pause"))
    live = player.locator(".ct-spoken")
    play.click()
    assert live.get_attribute("aria-live") == "off", "every step read out would lag behind"
    for step in range(1, 6):
        player.clock.run_for(800)
        assert player.evaluate(STEP) == step
    assert live.get_attribute("aria-live") == "polite"
    player.clock.run_for(5000)
    assert player.evaluate(STEP) == 5
    play.click()
    assert player.evaluate(STEP) == 0
    for speed, time, step in ("fast", 300, 1), ("slow", 1600, 2), ("normal", 800, 3):
        player.get_by_role("combobox", name="Speed").select_option(speed)
        player.clock.run_for(time - 1)
        assert player.evaluate(STEP) == step - 1
        player.clock.run_for(1)
        assert player.evaluate(STEP) == step
    pause.click()
    assert live.get_attribute("aria-live") == "polite"
    player.clock.run_for(5000)
    assert player.evaluate(STEP) == 3


def test_play_stops_when_motion_is_no_longer_wanted(player):
    player.get_by_role("button", name="Play").click()
    player.emulate_media(reduced_motion="reduce")
    player.wait_for_function("() => document.querySelector('.ct-play').hidden")
    assert not player.locator(".ct-play").is_visible()
    player.clock.run_for(5000)
    assert player.evaluate(STEP) == 0


def test_play_stops_when_all_is_drawn_anew(player):
    player.get_by_role("button", name="Play").click()
    player.evaluate("() => app.changeLayer({ padding: 'same' })")
    player.clock.run_for(5000)
    assert player.evaluate(STEP) == 0
    assert player.get_by_role("button", name="Play").is_visible()


def test_nothing_is_left_when_the_view_goes(player):
    assert player.evaluate("() => [...heard.values()].flat().length") == 7, "a listener for each trait"
    player.get_by_role("button", name="Play").click()
    player.evaluate("() => unmount()")
    assert player.evaluate("() => [[...heard.values()].flat().length, document.body.childElementCount]") == [0, 0]
    player.clock.run_for(5000)
    assert player.evaluate(STEP) == 0
