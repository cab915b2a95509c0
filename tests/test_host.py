"""The page's host: figures come to life when they are near, links restore a state, and whatever is wrong hurts nothing."""

import base64
import json
import random
import re
import shutil

import made_up
import numpy as np
import pytest

from convtools import Conv2D
from convtools.data import bump, line, photo
from convtools.photos import to_pixels
from convtools.stepper import Stepper

APP = ".ct-widget"
SPACER = '<div style="height: 3000px"></div>'
NTH = "n => [...document.querySelectorAll('figure')][n - 1]"
ORDER = """window.order = [];
new MutationObserver((changes) => changes.filter(({ target }) => target.matches(".ct-mounted")).forEach(({ target }) =>
  window.order.push([...document.querySelectorAll("figure")].indexOf(target) + 1),
)).observe(document, { subtree: true, attributeFilter: ["class"] });"""  # in which order they came to life
STATE = f"n => ({NTH})(n).querySelector('.ct-widget').stepper.state"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A page of ten steppers, far from each other: the third is a photo."""
    folder = tmp_path_factory.mktemp("host")
    steppers = [Stepper(bump(), [0, 1, 0], step=n % 3, controls=["weights"]) for n in range(10)]
    steppers[2] = Stepper(to_pixels(photo(64)), Conv2D(1, 3, input_shape=(64, 64, 3), seed=1))
    steppers[3] = Stepper(line(), [[0, 1, 0]] * 3, channel_names=["Grau – größer >>>>>> ??????"])
    made_up.write(folder, *map(made_up.still, steppers), between=SPACER)
    return folder


@pytest.fixture(params=["http", "file"])
def address(request, folder):
    """The page on a host below some path, or in a folder."""
    return made_up.HOST + "page.html" if request.param == "http" else (folder / "page.html").as_uri()


@pytest.fixture
def visit(chromium, folder):
    """Open an address; what the page complained of fails the test in the end, but for what is expected."""
    contexts = []

    def visit(address, *expected, **settings):
        context = chromium.new_context(reduced_motion="reduce", **settings)
        context.add_init_script(ORDER)
        made_up.serve(context, folder)
        page, complaints = made_up.opened(context, address)
        contexts.append((context, complaints, expected))
        return page

    yield visit
    for context, complaints, expected in contexts:
        context.close()
        assert len(complaints) == len(expected), complaints
        assert all(words in said for said, words in zip(complaints, expected, strict=True))


def mounted(page):
    return page.locator("figure").evaluate_all(
        "all => all.flatMap((figure, i) => figure.matches('.ct-mounted') ? [i + 1] : [])"
    )


def wait_for(page, n):
    page.wait_for_function(f"n => ({NTH})(n).matches('.ct-mounted')", arg=n)


def status(page, n):
    return page.evaluate(f"n => ({NTH})(n).querySelector('.ct-status').textContent", n)


def link(address, n, state):
    text = state if isinstance(state, str) else json.dumps(state)
    return f"{address}#stepper-{n}={base64.urlsafe_b64encode(text.encode()).decode().rstrip('=')}"


# ----------------------------------------------------------------- mounting


def test_what_is_seen_is_mounted_before_what_is_only_near(visit, tmp_path):
    figures = [made_up.still(Stepper(bump(), [0, 1, 0], step=n)) for n in range(4)]
    path = made_up.write(tmp_path, *figures, between='<div style="height: 500px"></div>')
    path.write_text(path.read_text("utf-8").replace('<script src="_static/steppers.js"></script>', ""), "utf-8")
    page = visit(path.as_uri())
    page.locator("figure").nth(2).scroll_into_view_if_needed()
    page.evaluate("scrollBy(0, 200)")
    page.add_script_tag(path=tmp_path / "_static" / "steppers.js")  # it comes late, to a reader who has scrolled
    wait_for(page, 2)  # one screen above
    assert page.evaluate("order")[:2] == [3, 2]


def test_figures_wait_until_they_are_near(visit, address):
    page = visit(address)
    wait_for(page, 1)
    page.wait_for_timeout(300)
    assert mounted(page) == [1]
    page.locator("figure").nth(5).scroll_into_view_if_needed()
    wait_for(page, 6)
    page.wait_for_timeout(300)
    assert mounted(page) == [1, 6]
    assert page.locator(".ct-live").count() == 2
    for n in range(10):
        page.locator("figure").nth(n).scroll_into_view_if_needed()
        wait_for(page, n + 1)
    assert page.locator(".ct-live").count() == 10
    assert page.locator("[id]").count() == 0, "an id could be there twice"


def test_a_figure_comes_to_life_before_it_is_seen(visit, address):
    page = visit(address, viewport={"width": 700, "height": 1500})
    wait_for(page, 1)
    page.evaluate(
        "scrollTo({ top: document.querySelectorAll('figure')[1].getBoundingClientRect().top - 2900, behavior: 'instant' })"
    )
    wait_for(page, 2)
    assert page.evaluate("document.querySelectorAll('figure')[1].getBoundingClientRect().top > innerHeight")


def test_without_an_observer_or_on_paper_the_stills_stay(visit, folder, chromium):
    context = chromium.new_context()
    context.add_init_script("delete window.IntersectionObserver")
    page, complaints = made_up.opened(context, (folder / "page.html").as_uri())
    page.wait_for_timeout(300)
    assert mounted(page) == []
    assert page.locator("figcaption").first.is_visible()
    assert complaints == []
    context.close()
    page = visit((folder / "page.html").as_uri())
    wait_for(page, 1)
    page.emulate_media(media="print")
    assert all(caption.is_visible() for caption in page.locator("figcaption").all())
    assert not any(live.is_visible() for live in page.locator(".ct-live").all())


def test_a_script_that_runs_twice_mounts_once(visit, address):
    page = visit(address)
    wait_for(page, 1)
    page.evaluate(
        "() => { const again = document.createElement('script'); again.src = document.scripts[0].src; document.body.append(again); }"
    )
    for n in (5, 2):
        page.locator("figure").nth(n - 1).scroll_into_view_if_needed()
        wait_for(page, n)
    page.wait_for_function("document.scripts.length === 2")
    count = "() => { window.mounts = 0; new MutationObserver((all) => { mounts += all.flatMap((one) => [...one.addedNodes]).length; }).observe(FIGURE, { childList: true }); }"
    page.evaluate(count.replace("FIGURE", f"({NTH})(5)"))
    page.evaluate("link => { location.hash = link; }", link("", 5, {"step": 4}))
    page.wait_for_function(f"({NTH})(5).querySelector('.ct-widget')?.stepper.state?.step === 4")
    page.wait_for_timeout(300)
    assert page.evaluate("mounts") == 1
    assert page.locator("figure").nth(4).locator(".ct-live").count() == 1
    assert page.locator(".ct-live").count() == 3


def test_a_broken_figure_keeps_its_still_and_hurts_no_other(visit, folder, tmp_path):
    shutil.copytree(folder / "_static", tmp_path / "_static")
    html = (folder / "page.html").read_text("utf-8").replace(SPACER, "")
    broken = html.replace('data-state="{', 'data-state="oh no {', 1).replace(
        'src="data:image/webp;base64,', 'src="data:image/webp;base64,AAAA', 1
    )
    (tmp_path / "page.html").write_text(broken, "utf-8")
    said = "This stepper could not be started."
    page = visit((tmp_path / "page.html").as_uri(), said, said)
    for n in (2, 4, 5, 10):
        page.locator("figure").nth(n - 1).scroll_into_view_if_needed()
        wait_for(page, n)
    assert mounted(page) == [2, 4, 5, 6, 7, 8, 9, 10]
    assert page.locator("figure").nth(0).locator("figcaption").is_visible()
    assert page.locator("figure").nth(2).locator("figcaption").is_visible()


# -------------------------------------------------------------------- links


def kept(state):
    return {name: state[name] for name in ("input", "layers", "layer", "filter", "step", "channel_names")}


@pytest.mark.parametrize("n", [3, 4, 7])
def test_a_link_restores_the_state_in_view_at_once(visit, address, n):
    page = visit(address)
    page.locator("figure").nth(n - 1).scroll_into_view_if_needed()
    wait_for(page, n)
    kernel = page.evaluate(f"n => ({STATE})(n).layers[0].kernel", n)
    kernel[0][0] = np.full_like(kernel[0][0], 0.1 + n).tolist()
    app = f"({NTH})(n).querySelector('.ct-widget').stepper"
    assert page.evaluate(f"([n, kernel]) => {app}.changeLayer({{ kernel, activation: 'relu' }})", [n, kernel])
    page.evaluate(f"n => {app}.change({{ step: 5 }})", n)
    made = page.evaluate(f"n => {app}.host.link({app}.state)", n)
    assert re.fullmatch(re.escape(address) + rf"#stepper-{n}=[\w-]+", made)
    assert len(made) < 4000

    page2 = visit(made)
    wait_for(page2, n)
    page2.wait_for_function(
        f"n => {{ const box = ({NTH})(n).getBoundingClientRect(); return box.top >= -1 && box.top < innerHeight / 2; }}",
        arg=n,
    )
    assert kept(page2.evaluate(STATE, n)) == kept(page.evaluate(STATE, n))
    assert page2.evaluate(f"({NTH})({n}).querySelector('.ct-status').textContent") == ""
    assert 1 not in mounted(page2)


def test_a_link_followed_in_the_open_page_changes_that_stepper_alone(visit, address):
    page = visit(address)
    wait_for(page, 1)
    page.evaluate(f"({NTH})(1).querySelector('.ct-widget').stepper.change({{ step: 2 }})")
    for n, step in (2, 4), (2, 5), (1, 3):
        page.evaluate("link => { location.href = link; }", link("", n, {"step": step}))
        page.wait_for_function(
            f"([n, step]) => ({NTH})(n).querySelector('.ct-widget')?.stepper.state?.step === step", arg=[n, step]
        )
        assert page.locator("figure").nth(n - 1).locator(".ct-live").count() == 1
    assert page.evaluate(STATE, 2)["step"] == 5
    page.go_back()
    page.wait_for_function(f"({STATE})(2).step === 5")
    page.evaluate("location.hash = '#elsewhere'")
    page.evaluate("location.hash = '#stepper-99=e30'")
    page.evaluate("location.hash = '#stepper-0=e30'")


REFUSED = {
    "not base64": "%%%",
    "not text": "_w",
    "not JSON": "e3s",
    "no state": "MQ",
    "null": "bnVsbA",
    "nothing": "",
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_malformed_link_is_refused_in_words(visit, address, kind):
    page = visit(f"{address}#stepper-4={REFUSED[kind]}")
    wait_for(page, 4)
    page.wait_for_function(f"({NTH})(4).querySelector('.ct-status').textContent")
    assert status(page, 4) == "Refused: the link is damaged. It is not followed."
    assert page.evaluate(STATE, 4)["input"] == line()[..., np.newaxis].tolist()


CONV = {
    "class_name": "Conv1D",
    "kernel": [[[1]]] * 3,
    "bias": [0],
    "strides": [1],
    "padding": "valid",
    "dilation_rate": [1],
}


@pytest.mark.parametrize(
    "state",
    [
        {"layers": []},
        {"layers": "many"},
        {"input": [[1]]},
        {"input": [[1], [1, 2], [3]]},
        {"input": [[0]] * 2000},
        {"step": -1},
        {"step": 0.5},
        {"step": 1e400},
        {"layer": 5},
        {"layers": [{**CONV, "kernel": [[[1]]] * 12}]},
        {"layers": [{**CONV, "kernel": [[["1"]]] * 3}]},
        {"layers": [{**CONV, "strides": [0]}]},
        {"layers": [CONV] * 5},
        {"layers": [{"class_name": "Dense"}]},
        {"channel_names": [1]},
    ],
)
def test_a_link_to_an_impossible_state_is_refused_in_words(visit, address, state):
    page = visit(link(address, 1, json.dumps(state).replace("Infinity", "1e400")))
    wait_for(page, 1)
    page.wait_for_function(f"({NTH})(1).querySelector('.ct-status').textContent")
    assert re.fullmatch(r"Refused: .+\. The link is not followed\.", status(page, 1))
    assert kept(page.evaluate(STATE, 1)) == kept(Stepper(bump(), [0, 1, 0]).state)


@pytest.mark.parametrize(
    "layer",
    [
        {"class_name": "Conv2D", "kernel": np.ones((3, 3, 1, 1)).tolist()},  # of another depth
        {"class_name": "MaxPooling2D", "pool_size": [65, 65]},  # larger than this photo
    ],
)
def test_a_link_that_does_not_fit_the_photo_is_refused(visit, address, layer):
    layer = {
        "bias": [0],
        "strides": [1, 1],
        "padding": "valid",
        "dilation_rate": [1, 1],
        "activation": None,
        "flip": False,
        **layer,
    }
    page = visit(link(address, 3, {"layers": [layer], "step": 0}))
    wait_for(page, 3)
    page.wait_for_function(f"({NTH})(3).querySelector('.ct-status').textContent")
    assert status(page, 3).endswith("The link is not followed.")
    assert np.shape(page.evaluate(STATE, 3)["layers"][0]["kernel"]) == (3, 3, 3, 1)


def test_a_link_brings_no_picture_no_controls_and_no_prototype(visit, address):
    state = '{"step": 2, "controls": ["share"], "input": "data:image/png;base64,AAAA", "question": "?", "__proto__": {"evil": 1}, "constructor": 1}'
    page = visit(link(address, 1, state))
    page.wait_for_function(f"({NTH})(1).querySelector('.ct-widget')?.stepper.state?.step === 2")
    state = page.evaluate(STATE, 1)
    assert state["input"] == [[value] for value in bump().tolist()]
    assert state["controls"] == ["weights"]
    assert page.evaluate("({}).evil === undefined && [].evil === undefined")
    nested = '{"layers": [{"__proto__": {"evil": 1}, "class_name": "ReLU"}], "step": 0}'
    page.evaluate("link => { location.href = link; }", link("", 1, nested))
    page.wait_for_function(
        f"({NTH})(1).querySelector('.ct-widget')?.stepper.state?.step === 0 || ({NTH})(1).querySelector('.ct-status')?.textContent"
    )
    assert page.evaluate("({}).evil === undefined")


def test_a_link_past_the_end_of_the_map_leads_to_its_end(visit, address):
    page = visit(link(address, 1, {"step": 99, "filter": 7}))
    page.wait_for_function(f"({NTH})(1).querySelector('.ct-widget')?.stepper.state?.step === 5")
    assert page.evaluate(STATE, 1)["filter"] == 0


def junk(rng, state):
    """A hash that is nothing, or nearly something."""
    good = link("", rng.choice([1, 1, 2, 3]), state).removeprefix("#")
    match rng.randrange(6):
        case 0:
            return "".join(
                chr(rng.choice([rng.randrange(33, 127), rng.randrange(160, 0xD7FF)])) for _ in range(rng.randrange(60))
            )
        case 1:
            return good[: rng.randrange(len(good))]
        case 2:
            at = rng.randrange(len(good))
            return good[:at] + chr(rng.randrange(33, 127)) + good[at + 1 :]
        case 3:
            return f"stepper-{rng.choice(['1', '-1', '1e9', '0x1', '9' * 400, ''])}={good.split('=')[1]}"
        case 4:
            text = json.dumps(state)
            at = rng.randrange(len(text))
            return link("", 1, text[:at] + rng.choice('{}[]",:0e-') + text[at + rng.randrange(3) :]).removeprefix("#")
        case _:
            value = rng.choice([None, True, -1, 1e300, "text", [], {}, [[]], [None], {"length": 3}, [[[[[[[1]]]]]]]])
            name = rng.choice(list(state))
            layers = [{**state["layers"][0], rng.choice(list(state["layers"][0])): value}]
            return link("", 1, {**state, **rng.choice([{name: value}, {"layers": layers}])}).removeprefix("#")


def test_thousands_of_junk_links_break_nothing(visit, folder):
    rng = random.Random(4)
    state = kept(Stepper(bump(), [0, 1, 0]).state)
    page = visit((folder / "page.html").as_uri())
    wait_for(page, 1)
    follow = """async (links) => {
        for (const link of links) {
            location.hash = link;
            await new Promise((next) => setTimeout(next));
        }
        location.hash = "";
    }"""
    page.evaluate(follow, [junk(rng, state) for _ in range(2000)])
    page.evaluate("link => { location.hash = link; }", link("", 1, {**state, "step": 5}))
    page.wait_for_function(f"({NTH})(1).querySelector('.ct-widget')?.stepper.state?.step === 5")
    assert page.locator("figure").nth(0).locator(".ct-live").count() == 1
    assert page.evaluate("Object.keys(Object.prototype).length") == 0


def test_a_link_that_is_too_long_is_not_made_and_not_followed(visit, address):
    page = visit(address)
    wait_for(page, 1)
    app = f"({NTH})(1).querySelector('.ct-widget').stepper"
    big = json.dumps([[[0.123456789] * 16] * 32] * 32)
    assert page.evaluate(f"input => {app}.host.link({{ ...{app}.state, input: JSON.parse(input) }})", big) == ""
    page.evaluate("link => { location.href = link; }", link("", 1, '{"step": 2}' + " " * 100_000))
    page.wait_for_function(f"({NTH})(1).querySelector('.ct-status').textContent")
    assert status(page, 1) == "Refused: the link is damaged. It is not followed."
