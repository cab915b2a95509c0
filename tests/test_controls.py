"""Every control of every stepper in the built book, in Chromium: by mouse, by keyboard alone, by touch, and to the ear.

Each of the three uses every control at a size of its own, in Firefox at another (tests/test_firefox.py). No listener
asks for the size or the colours: for the rest it is enough that nothing lies over a control.
"""

import pytest
from controls import steppers
from pages import CHAPTERS, DESK, PHONE, TABLET, opened


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_control_by_mouse(chromium, server, name):
    with opened(chromium, f"{name}.html", server, viewport=DESK, reduced_motion="no-preference") as page:
        for stepper in steppers(page):
            stepper.use_by_pointer(page.mouse.click)


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_control_by_touch(chromium, server, name):
    with opened(chromium, f"{name}.html", server, viewport=PHONE, has_touch=True, color_scheme="dark") as page:
        for stepper in steppers(page):
            stepper.use_by_pointer(page.touchscreen.tap)


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_control_by_keyboard_alone(chromium, server, name):
    with opened(chromium, f"{name}.html", server, viewport=TABLET) as page:
        for stepper in steppers(page):
            stepper.use_by_keyboard()


# Colours do not hang on the size, nor the layout on the colours: each is here once at least.
@pytest.mark.parametrize(
    ("size", "scheme"), [(PHONE, "dark"), (TABLET, "light"), (DESK, "dark")], ids=["phone", "tablet", "desk"]
)
@pytest.mark.parametrize("name", CHAPTERS)
def test_all_that_is_allowed_is_there_in_reach(chromium, server, name, size, scheme):
    settings = {"viewport": size, "color_scheme": scheme, "reduced_motion": "no-preference"}
    with opened(chromium, f"{name}.html", server, **settings) as page:
        for stepper in steppers(page):
            stepper.ask("restore")  # opens what is folded
            there, expected = stepper.offers()
            assert there == expected
            assert stepper.ask("outOfReach") == []


def test_nothing_can_play_for_readers_who_want_no_motion(chromium, server):
    with opened(chromium, "book/1-convolution.html", server, reduced_motion="reduce") as page:
        offers = [stepper.offers() for stepper in steppers(page)]
        assert any("play" in allowed for _, allowed in offers)
        assert not any("play" in there for there, _ in offers)


# What a screen reader has to say of the bump: first what stands there, then what is new at each step.
BUMP = """\
group Convolution, step by step
grid Input and filter
row 0 1 2 3 4 5 6 7
row input 0 0 0 1 1 0 0 0
row filter 0 1 0
row products {products}
grid Feature map
row 0 1 2 3 4 5
row sum {sum}
row map {map}
button Back{first}
button Forward{last}
slider Step
polite {sentence}
image Colours: blue down to −1, the page at 0, orange up to 1
""".splitlines()
STEPS = [  # products, sum, map, sentence
    ("0 + 0 + 0", "0", "0 · · · · ·", "Step 1 of 6. The filter covers inputs 0 to 2: 0·0 + 0·1 + 0·0 = 0."),
    ("0 + 0 + 0", "0", "0 0 · · · ·", "Step 2 of 6. The filter covers inputs 1 to 3: 0·0 + 0·1 + 1·0 = 0."),
    ("0 + 1 + 0", "1", "0 0 1 · · ·", "Step 3 of 6. The filter covers inputs 2 to 4: 0·0 + 1·1 + 1·0 = 1."),
    ("0 + 1 + 0", "1", "0 0 1 1 · ·", "Step 4 of 6. The filter covers inputs 3 to 5: 1·0 + 1·1 + 0·0 = 1."),
    ("0 + 0 + 0", "0", "0 0 1 1 0 ·", "Step 5 of 6. The filter covers inputs 4 to 6: 1·0 + 0·1 + 0·0 = 0."),
    ("0 + 0 + 0", "0", "0 0 1 1 0 0", "Step 6 of 6. The filter covers inputs 5 to 7: 0·0 + 0·1 + 0·0 = 0."),
]


def spoken(page, widget):
    """What Chromium's accessibility tree holds of a stepper, in its order: a line for each part that is read as one."""
    devtools = page.context.new_cdp_session(page)
    nodes = {node["nodeId"]: node for node in devtools.send("Accessibility.getFullAXTree")["nodes"]}
    document = devtools.send("DOM.getDocument")["root"]["nodeId"]
    found = devtools.send("DOM.querySelector", {"nodeId": document, "selector": widget})
    backend = devtools.send("DOM.describeNode", found)["node"]["backendNodeId"]
    devtools.detach()
    lines = []

    def text(node):
        inside = [text(nodes[child]) for child in node["childIds"] if child in nodes]
        return " ".join(filter(None, inside)) if inside else node.get("name", {}).get("value", "")

    def read(node):
        role, name = node["role"]["value"], node.get("name", {}).get("value", "")
        states = {entry["name"]: entry["value"].get("value") for entry in node.get("properties", [])}
        if states.get("live") and not node["ignored"]:
            lines.append(f"{states['live']} {text(node)}")
            return
        if not node["ignored"] and role in ("group", "grid", "row", "button", "slider", "image"):
            lines.append(f"{role} {name}" + (", disabled" if states.get("disabled") else ""))
        for child in node["childIds"]:
            if child in nodes:
                read(nodes[child])

    read(next(node for node in nodes.values() if node.get("backendDOMNodeId") == backend))
    return lines


def test_a_screen_reader_hears_the_bump_step_by_step(chromium, server):
    with opened(chromium, "book/2-bump.html", server) as page:
        widget = "figure.ct-stepper .ct-widget"
        slider = page.locator(widget).first.get_by_role("slider", name="Step")
        forward = page.locator(widget).first.get_by_role("button", name="Forward")
        for number, (products, total, filled, sentence) in enumerate(STEPS):
            ends = {"first": ", disabled" * (number == 0), "last": ", disabled" * (number == len(STEPS) - 1)}
            values = {"products": products, "sum": total, "map": filled, "sentence": sentence, **ends}
            assert spoken(page, widget) == [line.format(**values) for line in BUMP]
            assert slider.get_attribute("aria-valuetext") == sentence
            forward.press("Enter")
