"""Uses every control of a stepper in a page, whichever it has, and holds what the page then shows against Python.

Works in Playwright's pages and in those of tests/firefox.py. A control is whatever a reader can press or focus; for
the keyboard a grid of cells is one, and so is a group of radio buttons.
"""

import json
from functools import lru_cache

from convtools.maps import network
from convtools.state import values
from convtools.trace import trace_step
from convtools.words import number

RIG = r"""() => {
window.rig = {
  errors: [], // since the last look
  figure: (n) => document.querySelectorAll("figure.ct-stepper")[n],
  widget: (n) => rig.figure(n).querySelector(".ct-widget"),
  isSeen: (element) => element.checkVisibility({ visibilityProperty: true }) && element.getBoundingClientRect().width > 0,
  isLost: () => !document.activeElement || document.activeElement === document.body,
  text: (element) => [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data).join(""),
  cells: (grid) => [...grid.querySelectorAll("[data-tensor], [data-kernel], [data-bias]")],

  kind(element) {
    if (element.matches("input")) return element.type;
    if (element.matches(".ct-scroll")) return "scroll";
    return element.getAttribute("role") ?? element.localName;
  },

  // What tells a control from the others of its stepper, and stays when the state changes.
  name(element) {
    const label = element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ?? element.caption?.textContent
      ?? element.textContent;
    const own = element.dataset.control ?? label.replace(/[^a-z ]/gi, "").trim();
    return `${rig.kind(element)} ${own} ${element.type === "radio" ? element.value : ""}`.trim().toLowerCase();
  },

  // [[name, element]], each name once.
  controls(n) {
    const found = rig.widget(n).querySelectorAll(
      "button, input, select, textarea, summary, a[href], [role=grid], [tabindex='0']:not([role=grid] *)");
    const counts = new Map();
    return [...found].filter(rig.isSeen).map((element) => {
      const name = rig.name(element);
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      return [count > 1 ? `${name} #${count}` : name, element];
    });
  },

  find: (n, name) => new Map(rig.controls(n)).get(name),

  async frames(count) {
    for (let frame = 0; frame < count; frame += 1) await new Promise((next) => requestAnimationFrame(next));
  },

  async list(n) {
    await rig.frames(3); // what scrolls becomes a control only once it is laid out
    return rig.controls(n).map(([name, element]) => ({
      name,
      kind: rig.kind(element),
      group: element.type === "radio" ? element.name : "",
      chosen: element.type === "radio" && element.checked,
      idle: element.disabled || element.getAttribute("aria-disabled") === "true" || (element.type === "range" && element.min === element.max),
      cells: rig.cells(element).length,
      isColumn: element.matches("table") && [...element.rows].every((row) => row.querySelectorAll("[tabindex]").length < 2),
      answers: !element.closest(".ct-photo-stage"), // there a weight is chosen by the focus alone
      atEnd: element.localName === "select" ? element.selectedIndex === element.length - 1 : element.scrollLeft > 0,
    }));
  },

  // Where Tab stops: of the radio buttons of a group only at the chosen one.
  stops: async (n) => (await rig.list(n)).filter(({ group, chosen }) => !group || chosen),

  // Where to press an element, brought on screen; `covered` by what lies over it.
  spot(element, across) {
    element.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
    const box = element.getBoundingClientRect();
    const [x, y] = [box.left + box.width * across, box.top + box.height / 2];
    const hit = document.elementFromPoint(x, y);
    const ours = element.contains(hit) || [...element.labels ?? []].some((label) => label.contains(hit));
    return { x, y, covered: ours ? "" : hit?.outerHTML.slice(0, 200) ?? "the edge of the screen" };
  },

  // The same for a control, or for one cell of a grid, which is about to be pressed.
  place(n, name, cell, across) {
    const control = rig.find(n, name);
    const spot = rig.spot(cell === null ? control : rig.cells(control)[cell], across);
    rig.remember(n, false);
    return spot;
  },

  // The controls that something lies over, or that are off the page.
  outOfReach: (n) => rig.controls(n)
    .map(([name, control]) => [name, rig.spot(rig.kind(control) === "grid" ? rig.cells(control)[0] : control, 0.5).covered])
    .filter(([, covered]) => covered),

  // Which control of this stepper has the focus: its name, "" if none; null if the browser stops at a box that scrolls.
  focused(n) {
    const active = document.activeElement?.closest("[role=grid]") ?? document.activeElement;
    const name = rig.controls(n).find(([, element]) => element === active)?.[0];
    const scrolls = active.scrollWidth > active.clientWidth && !active.hasAttribute("tabindex");
    return name ?? (rig.widget(n).contains(active) && scrolls ? null : "");
  },

  // Start or end of this stepper, for Tab and Shift+Tab to go on from.
  standBefore(n) {
    const door = Object.assign(document.createElement("span"), { tabIndex: -1 });
    rig.figure(n).before(door);
    door.focus({ preventScroll: true });
    door.addEventListener("blur", () => door.remove());
  },

  // All that a reader could notice, and the state; without what comes and goes with the focus and with hovering,
  // unless `focus`.
  print(n, focus) {
    const root = rig.widget(n);
    const fields = [...root.querySelectorAll("input, select, textarea")].map((field) => [field.value, field.checked]);
    const scrolled = [...root.querySelectorAll("*")].map((box) => box.scrollLeft).filter(Boolean);
    const painted = [...root.querySelectorAll("canvas")].map((canvas) => canvas.width && canvas.toDataURL());
    const active = focus && root.contains(document.activeElement) ? { ...document.activeElement.dataset } : {};
    const html = focus ? root.outerHTML : root.outerHTML.replace(/ (tabindex|aria-live)="[^"]*"|\bct-lit\b/g, "");
    return JSON.stringify([html, fields, scrolled, painted, active, root.stepper.state]);
  },

  remember(n, focus) {
    rig.before = { print: rig.print(n, focus), focus, step: rig.widget(n).stepper.state.step };
  },

  // What is there once something has changed; null if nothing does.
  async answer(n) {
    for (const end = performance.now() + 10_000; performance.now() < end;) {
      if (rig.print(n, rig.before.focus) !== rig.before.print) return rig.look(n);
      await new Promise((next) => setTimeout(next, 10));
    }
    return null;
  },

  // What was pressed last, for the record.
  pressed: () => rig.target?.outerHTML.slice(0, 200) ?? "nothing",

  isPlaying: (n) => rig.find(n, "button play").textContent === "Pause",

  // Whether the step goes on by itself.
  async plays(n) {
    for (const end = performance.now() + 5000; performance.now() < end;) {
      if (rig.widget(n).stepper.state.step !== rig.before.step) return true;
      await new Promise((next) => setTimeout(next, 10));
    }
    return false;
  },

  look(n) {
    const root = rig.widget(n);
    const slider = root.querySelector(".ct-range:not([data-control])");
    const placeOf = (cell) => [Number(cell.dataset.tensor), cell.dataset.at.split(",").map(Number)];
    const cells = [...root.querySelectorAll("[data-tensor]")].filter(rig.isSeen);
    return {
      state: root.stepper.state,
      sentence: root.querySelector(".ct-sentence").textContent,
      spoken: slider.getAttribute("aria-valuetext"),
      value: Number(slider.value),
      max: Number(slider.max),
      cells: cells.map((cell) => [...placeOf(cell), rig.text(cell)]),
      current: [...root.querySelectorAll("[aria-current=true]")].map(placeOf),
      lost: rig.isLost(),
      errors: rig.errors.splice(0),
    };
  },

  // The first state again, with the step in the middle, where every control has something to do.
  restore(n) {
    const root = rig.widget(n);
    const app = root.stepper;
    root.first ??= { ...app.state, step: Math.floor(app.step.count / 2) };
    for (const fold of root.querySelectorAll("details")) fold.open = true;
    app.setMode("look");
    if (app.pinned) app.pin(null);
    app.change(root.first);
    app.select(null);
    app.say("");
  },

  // Something to undo; all stands where it stays once what it moved has been laid out.
  async stir(n) {
    const app = rig.widget(n).stepper;
    const more = (part) => (Array.isArray(part) ? [more(part[0]), ...part.slice(1)] : part + 1);
    const { bias } = app.state.layers[app.state.layer];
    if (bias) app.changeLayer({ bias: bias.map(more) });
    else app.change({ input: more(app.state.input) });
    await rig.frames(3);
  },

  select: (n, name) => rig.find(n, name).select(),

  // What the system's list of a select does when one chooses from it.
  choose(n, name) {
    const select = rig.find(n, name);
    select.selectedIndex = [...select.options].findIndex((option) => !option.selected && !option.disabled);
    for (const type of ["input", "change"]) select.dispatchEvent(new Event(type, { bubbles: true }));
  },
};
addEventListener("pointerdown", ({ target }) => (rig.target = target), true);
addEventListener("error", ({ error, message }) => rig.errors.push(error?.stack ?? message));
addEventListener("unhandledrejection", ({ reason }) => rig.errors.push(reason?.stack ?? String(reason)));
}"""


# What stands for each control that a state may allow. ("shapes" is a text.)
OFFERED = {
    "play": "button play",
    "paint": "checkbox paint",
    "weights": "text weight number",
    "flip": "checkbox flip",
    "padding": "select padding",
    "strides": "select strides",
    "dilation": "select dilation",
    "activation": "select activation",
    "photo": "file ",
    "share": "button copy code",
}
SETTINGS = {"padding": "padding", "strides": "strides", "dilation": "dilation_rate", "activation": "activation"}
NEED_A_CHANGE = ("button undo", "button reset")


def steppers(page):
    """The steppers of the page that is open."""
    page.evaluate(RIG)
    count = page.evaluate("document.querySelectorAll('figure.ct-stepper').length")
    return [Stepper(page, index) for index in range(count)]


@lru_cache(maxsize=256)
def computed(layers, x):
    """What comes out of every layer, by Python: (places..., channels). layers, x: JSON."""
    state = {"layers": json.loads(layers), "input": json.loads(x)}
    return network(state["layers"], values(state))


class Stepper:
    """One stepper of a page, by its number in it."""

    def __init__(self, page, index):
        self.page, self.index = page, index

    def ask(self, what, *arguments):
        """What one of the rig's functions answers about this stepper."""
        # As text: Playwright takes its time over large values.
        call = "async ([what, n, rest]) => JSON.stringify(await rig[what](n, ...rest) ?? null)"
        return json.loads(self.page.evaluate(call, [what, self.index, list(arguments)]))

    def answered(self, after):
        """Something must have changed, the focus be somewhere, and Python make of the page's state what is shown."""
        seen = self.ask("answer")
        assert seen, f"stepper {self.index}: {after} does nothing; pressed last: {self.ask('pressed')}"
        state = seen["state"]
        where = f"stepper {self.index} after {after}: {json.dumps(state)[:3000]}"
        maps = computed(json.dumps(state["layers"]), json.dumps(state["input"]))
        step = trace_step(state, maps=maps)
        assert not seen["errors"], f"{seen['errors']}: {where}"
        assert not seen["lost"], f"the focus is lost: {where}"
        assert (seen["sentence"], seen["spoken"]) == (step.sentence, step.sentence), where
        assert (seen["value"], seen["max"]) == (step.number, step.count - 1), where
        here = [state["layer"] + 1, [*step.position, state["filter"]]]
        assert seen["current"] == ([here] if seen["cells"] else []), where
        for tensor, place, text in seen["cells"]:
            unreached = "·" if tensor else ""
            assert text in (number(maps[tensor][tuple(place)]), unreached), f"tensor {tensor} at {place}: {where}"

    def offers(self):
        """The allowed controls that are there; and those that should be: allowed, and the layer has such a setting."""
        state = self.ask("look")["state"]
        names = [control["name"] for control in self.ask("list")]
        layer = state["layers"][state["layer"]]
        there = {control for control, name in OFFERED.items() if any(it.startswith(name) for it in names)}
        fits = {control for control in OFFERED if SETTINGS.get(control, "class_name") in layer}
        if "kernel" not in layer:
            fits -= {"weights", "flip"}
        return there, fits & set(state["controls"])

    # ------------------------------------------------------------ by pointer

    def use_by_pointer(self, press):
        """Press every control, `press(x, y)` being a click or a tap. Returns their names."""
        self.ask("restore")
        controls = self.ask("list")
        for control in controls:
            if control["name"] in NEED_A_CHANGE:
                self.ask("stir")
            elif control["idle"] or control["chosen"]:
                continue
            self._use_by_pointer(control, press)
            self.ask("restore")
        return [control["name"] for control in controls]

    def _use_by_pointer(self, control, press):
        name, kind = control["name"], control["kind"]

        def pressed(across=0.5, cell=None):
            at = self.ask("place", name, cell, across)
            assert not at["covered"], f"stepper {self.index}: {name} lies under {at['covered']}"
            press(at["x"], at["y"])

        if kind == "range":
            for across in 0.95, 0.05:
                pressed(across)
                self.answered(f"{name} at {across}")
        elif kind == "grid":
            for cell in sorted({0, control["cells"] - 1}):
                pressed(cell=cell)
                self.answered(f"cell {cell} of {name}")
        elif kind == "text":
            pressed()
            self._write(name, "2.5")
        elif kind == "select":
            self.ask("place", name, None, 0.5)  # its list is the system's, out of a page's reach
            self.ask("choose", name)
            self.answered(name)
        elif kind not in ("file", "scroll", "textarea"):  # the system's chooser, a box that scrolls, a text to read
            pressed()
            self.answered(name)
            if name == "button play":
                self._see_it_play(pressed)

    def _write(self, name, text):
        self.ask("select", name)
        self.ask("remember", True)
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")
        self.answered(f"{text} in {name}")

    def _see_it_play(self, pause):
        assert self.ask("plays"), f"stepper {self.index}: Play does not step"
        if self.ask("isPlaying"):  # else it has come to the end
            pause()
        assert not self.ask("isPlaying"), f"stepper {self.index}: Play does not stop"

    # ----------------------------------------------------- by keyboard alone

    def use_by_keyboard(self):
        """Go through the stepper by Tab, use each control by its keys, leave it, and go back. Returns the names."""
        self.ask("restore")
        stops = self.ask("stops")
        names = [control["name"] for control in stops]
        self.ask("standBefore")
        for control in stops:
            assert self._tab("Tab") == control["name"], f"stepper {self.index}: not in Tab's way"
            if not control["idle"] or control["name"] in NEED_A_CHANGE:
                self._use_by_keyboard(control)
                self.ask("restore")
            assert self.ask("focused") == control["name"], f"stepper {self.index}: the focus is elsewhere"
        there = self._tab("Tab")
        back = [self._tab("Shift+Tab") for _ in [*names, "out"]]
        assert [there, *back] == ["", *reversed(names), ""], f"stepper {self.index}: Tab's way out and back"
        return names

    def _tab(self, key):
        """Where Tab leads. Firefox stops also at each box that scrolls sideways, before what is in it."""
        self.page.keyboard.press(key)
        name = self.ask("focused")
        return self._tab(key) if name is None else name

    def _use_by_keyboard(self, control):
        name, kind = control["name"], control["kind"]

        def pressed(*keys):
            for key in keys:
                self.ask("remember", True)
                self.page.keyboard.press(key)
                self.answered(f"{key} on {name}")

        if kind == "button":
            for key in "Enter", " ":
                self.ask("restore")
                if name in NEED_A_CHANGE:
                    self.ask("stir")
                pressed(key)
                if name == "button play":
                    self._see_it_play(lambda: self.page.keyboard.press("Enter"))
        elif kind == "checkbox":
            pressed(" ", " ")
        elif kind == "radio":
            pressed("ArrowDown", "ArrowUp")
        elif kind == "range":
            pressed("ArrowLeft", "End", "Home", "ArrowRight")
        elif kind == "select":
            pressed(*(["Home"] if control["atEnd"] else ["End"]))
        elif kind == "text":
            self._write(name, "2.5")
        elif kind == "summary":
            pressed("Enter", "Enter")
        elif kind == "grid":
            self.page.keyboard.press("Control+Home")
            if control["answers"]:
                pressed("Enter")
            if control["cells"] > 1:
                pressed("Control+End", "ArrowUp" if control["isColumn"] else "ArrowLeft")
        elif kind == "application":
            pressed("ArrowRight", "ArrowDown", "Home", "Control+End", "PageUp")
        elif kind == "scroll":
            pressed("ArrowLeft" if control["atEnd"] else "ArrowRight")
