// The stepper: what the reader does becomes a change of one state, and every part draws itself from it.
//
// The state is the same JSON as the traits of Python's `Stepper` (see convtools/state.py). The parts (stage, panels)
// are functions of `app`, below, that return {element, show(changed)}; `changed` is a set of names: traits,
// or "target", "selected", "mode" and "history", which live in the page alone.

const TRAITS = ["input", "layers", "layer", "filter", "step", "channel_names", "controls"];
const EDITING = ["paint", "weights", "flip", "padding", "strides", "dilation", "activation", "photo"];
const SPEEDS = { slow: 1600, normal: 800, fast: 300 }; // milliseconds a step
const NONE = [];

/** What anywidget and the page's host call: mounts in `el`, returns the clean-up. */
async function render({ model, el, host = {}, message = "" }) {
  const root = element("div", "ct-widget");
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "Convolution, step by step");
  const status = element("p", "ct-status");
  status.setAttribute("role", "status");
  const body = element("div", "ct-body");
  root.append(body, status);

  let quiet = false; // while several traits are set, one redraw at the end is enough
  let loading = null; // the photo that is being read
  let history = []; // what undo goes back to: {input, layers, layer, filter, step}
  let stroke; // edits with the same mark are undone together
  let first; // what reset goes back to
  let traced = null;
  let parts = [];
  let picture = null;

  const app = {
    model, host, root,
    state: null, tensors: null, photo: null, step: null, reached: 0,
    mode: "look", target: null, pinned: null, selected: null,
    shows: (name) => app.state.controls.includes(name),
    say(text) {
      status.textContent = text;
      if (text) status.hidden = false;
    },
    /** Every Step of the chosen layer and filter. */
    steps: () => (traced ??= trace(app.state, app.tensors)),
    get canUndo() {
      return history.length > 0;
    },
    /** Set some traits together, or say why not and what was kept. `mark`: joins edits into one step of undo. */
    change(partial, kept = "the last good state", { mark } = {}) {
      const next = settled({ ...app.state, ...partial });
      const refused = refusal(next, next.input === app.state.input ? app.photo?.shape : undefined);
      if (refused) {
        app.say(`${refused} Kept ${kept}.`);
        return false;
      }
      if (EDITED.some((name) => name in partial)) {
        if (mark === undefined || mark !== stroke) history.push(app.state);
        stroke = mark;
        app.say("");
      }
      write(next);
      return true;
    },
    changeLayer(settings, kept, options) {
      const layers = app.state.layers.map((layer, i) => (i === app.state.layer ? { ...layer, ...settings } : layer));
      return app.change({ layers }, kept, options);
    },
    undo() {
      if (history.length) write(history.pop());
      stroke = undefined;
    },
    reset() {
      history.push(app.state);
      stroke = undefined;
      app.say("");
      write(first);
    },
    setMode: (mode) => tell("mode", mode),
    point: (target) => String(JSON.stringify(target)) !== String(JSON.stringify(app.target)) && tell("target", target),
    /** Keep lit what is pointed at, or let go of it. */
    pin: (target) => tell("pinned", JSON.stringify(target) === JSON.stringify(app.pinned) ? null : target),
    select: (what) => tell("selected", what),
  };
  root.stepper = app; // for the console, and the tests

  function tell(name, value) {
    app[name] = value;
    show(new Set([name]));
  }

  function write(next) {
    quiet = true;
    for (const name of TRAITS) if (next[name] !== model.get(name)) model.set(name, next[name]);
    quiet = false;
    model.save_changes();
    refresh();
  }

  /** Take over what the model holds. The parts hear only what is new. */
  function refresh() {
    if (quiet) return;
    const next = settled(Object.fromEntries(TRAITS.map((name) => [name, model.get(name)])));
    const photo = typeof next.input === "string";
    if (photo && next.input !== app.photo?.source) return load(next);
    const refused = refusal(next, photo ? app.photo.shape : undefined);
    if (refused) {
      app.say(app.state ? `${refused} Kept the last good state.` : refused);
      return;
    }
    const old = app.state;
    const changed = new Set(TRAITS.filter((name) => next[name] !== old?.[name]));
    if (old && !changed.size) return;
    app.state = next;
    if (!photo) app.photo = null;
    first ??= next;
    if (changed.has("input") || changed.has("layers")) {
      const from = changed.has("input") ? 0 : next.layers.findIndex((layer, i) => layer !== old.layers[i]);
      app.tensors = network(next, photo ? app.photo : toTensor(next.input), from ? app.tensors : null, from);
      changed.add("history");
      app.pinned = null;
    }
    app.state = settled(next, app.tensors); // the map may have become smaller
    traced = null;
    app.step = traceStep(app.state, app.tensors, app.state.step);
    if (changed.has("layer") || changed.has("layers")) app.selected = stillThere(app.selected, app.state);
    // A map appears cell by cell at first; once the reader has changed something it answers as a whole.
    const whole = old && (changed.has("input") || changed.has("layers"));
    app.reached = whole ? app.step.count - 1 : Math.min(Math.max(app.reached, app.step.number), app.step.count - 1);
    show(changed);
  }

  /** Read the photo, then go on; the last good picture stays meanwhile. */
  function load(next) {
    if (next.input === loading) return undefined;
    loading = next.input;
    return loadPhoto(next.input, photoDepth(next)).then(
      (tensor) => {
        if (loading !== next.input) return;
        loading = null;
        app.photo = Object.assign(tensor, { source: next.input });
        refresh();
      },
      () => {
        loading = null;
        app.say("Refused: this picture cannot be read. Kept the last good one.");
      },
    );
  }

  function show(changed) {
    if (!app.state) return;
    const kind = stageKind(app.state);
    if (picture?.kind !== kind) build(kind);
    else parts.forEach((part) => part.show(changed));
  }

  /** Make all parts anew: the state is of another kind, so other cells or controls are needed. */
  function build(kind) {
    const focused = root.getRootNode().activeElement;
    const inside = body.contains(focused) ? { ...focused.dataset, label: focused.getAttribute("aria-label") } : null;
    parts.forEach((part) => part.remove?.());
    picture = (typeof app.state.input === "string" ? photoStage : stage)(app);
    picture.kind = kind;
    const on = (names, part) => (names.some(app.shows) ? [part(app)] : []);
    const above = on(["paint"], paintTools);
    const panels = [...on(["weights", "flip"], weightsPanel), ...on(["padding", "strides", "dilation", "activation"], settingsPanel)];
    const history = on(EDITING, historyTools);
    const below = [...on(["photo"], openFile), ...on(["share"], sharePanel)];
    const stepping = stepTools(app);
    parts = [picture, ...above, ...panels, ...history, stepping, ...below];
    const elements = (some) => some.map((part) => part.element);
    const editing = element("div", "ct-editing", ...elements(panels), ...elements(history));
    body.replaceChildren(
      ...elements(above), picture.element, ...(history.length ? [editing] : []), stepping.element,
      picture.words, stepping.spoken, picture.legend, ...elements(below),
    );
    status.hidden = !EDITING.concat("share").some(app.shows) && !status.textContent;
    parts.forEach((part) => part.show(new Set()));
    if (inside) restoreFocus(root, inside);
  }

  // Arrow keys step when the focus is on a button of the stepper, too.
  root.addEventListener("keydown", (event) => {
    const owns = event.target.closest("input, select, textarea, summary, [role=grid], [role=radiogroup], canvas, .ct-scroll[tabindex]");
    const by = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
    if (event.defaultPrevented || owns || by === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    app.change({ step: clamp(app.state.step + by, app.step.count) });
  });

  for (const name of TRAITS) model.on(`change:${name}`, refresh);
  el.append(root);
  await refresh();
  if (message) app.say(message);
  return () => {
    for (const name of TRAITS) model.off(`change:${name}`, refresh);
    parts.forEach((part) => part.remove?.());
    root.remove();
  };
}

const EDITED = ["input", "layers"];

/** What may be left out is filled in; with the tensors, layer, filter and step are kept inside their maps. */
function settled(state, tensors) {
  const layers = state.layers ?? NONE;
  const layer = clamp(state.layer ?? layers.length - 1, layers.length);
  const next = { ...state, layer, channel_names: state.channel_names ?? NONE, controls: state.controls ?? NONE };
  if (!tensors) return { ...next, filter: state.filter ?? 0, step: state.step ?? 0 };
  const { shape } = tensors[layer + 1];
  const places = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  return { ...next, filter: clamp(state.filter, shape.at(-1)), step: clamp(state.step, places) };
}

/** How many channels a photo is read with. */
const photoDepth = ({ layers }) => dimensions(layers?.find?.((layer) => layer?.kernel)?.kernel).at(-2) ?? 3;

/** The selected weight, if the chosen layer still has it. */
function stillThere(selected, { layers, layer, filter }) {
  const { kernel } = layers[layer];
  if (!selected || !kernel) return null;
  if (selected.part === "bias") return selected;
  return Number.isFinite(selected.at.reduce((part, i) => part?.[i], kernel)?.[filter]) ? selected : null;
}

/** Back, Forward, Play, the slider and the sentence. */
function stepTools(app) {
  const range = keepKeys(Object.assign(element("input", "ct-range"), { type: "range", min: 0, step: 1 }));
  const back = button(unread("ct-arrow", "←"), "Back");
  const forward = button("Forward", unread("ct-arrow", "→"));
  const count = unread("ct-count"); // the slider's value text says it
  const spoken = element("div", "ct-spoken");
  spoken.setAttribute("aria-live", "polite");
  spoken.setAttribute("aria-atomic", "true");
  const goBy = (steps) => {
    const next = app.state.step + steps;
    if (next >= 0 && next < app.step.count) app.change({ step: next });
  };
  const play = playTools(app, goBy, spoken);
  back.addEventListener("click", () => goBy(-1));
  forward.addEventListener("click", () => goBy(1));
  range.addEventListener("input", () => app.change({ step: Number(range.value) }));
  // The slider speaks for itself by its value text: without this every step would be said twice.
  range.addEventListener("focus", () => spoken.setAttribute("aria-live", "off"));
  range.addEventListener("blur", () => spoken.setAttribute("aria-live", "polite"));
  const caption = sentenceLine(app);
  spoken.append(caption.element);
  return {
    element: element("div", "ct-controls", back, forward, ...play.elements, labelled("ct-slide", "Step", range, count)),
    spoken,
    show(changed) {
      const { number: now, count: all } = app.step;
      range.max = all - 1;
      range.value = now;
      range.setAttribute("aria-valuetext", sentence(app.step));
      count.textContent = `${now + 1} of ${all}`;
      styled(count, { "count-digits": String(all).length });
      // Not `disabled`, which would drop the focus of whoever presses the button to the end.
      back.setAttribute("aria-disabled", now === 0);
      forward.setAttribute("aria-disabled", now === all - 1);
      caption.show(changed);
      play.show();
    },
    remove: play.stop,
  };
}

/** The sentence: first where the filter stands, then, larger, its sum; in the room of the longest. */
function sentenceLine(app) {
  const made = element("p", "ct-sentence");
  const halves = (step) => {
    const text = sentence(step);
    const end = text.indexOf(": ") + 1;
    return [text.slice(0, end), text.slice(end + 1)];
  };
  let lines = null;
  return {
    element: made,
    show(changed) {
      if (!lines || ["input", "layers", "layer", "filter", "channel_names"].some((name) => changed.has(name))) {
        const all = (app.photo ? [app.step] : app.steps()).map(halves);
        lines = ["ct-where", "ct-written"].map((name, i) => reserved(name, all.map((pair) => pair[i])));
        made.replaceChildren(lines[0].element, " ", lines[1].element);
      }
      halves(app.step).forEach((text, i) => lines[i].show(text));
    },
  };
}

/** Play and its speed; not there for readers who ask for no motion. */
function playTools(app, goBy, spoken) {
  if (!app.shows("play")) return { elements: [], show() {}, stop() {} };
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const play = button("Play");
  const speed = keepKeys(element("select", "ct-select", ...Object.keys(SPEEDS).map((name) => element("option", "", name))));
  speed.value = "normal";
  const choice = labelled("ct-speed", "Speed", speed);
  let timer = null;
  const stop = () => {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
    spoken.setAttribute("aria-live", "polite");
  };
  const start = () => {
    clearInterval(timer);
    timer = setInterval(() => {
      if (!app.root.isConnected) return stop();
      goBy(1);
      return app.step.number === app.step.count - 1 && stop();
    }, SPEEDS[speed.value]);
    play.textContent = "Pause";
    spoken.setAttribute("aria-live", "off"); // every step read out would lag behind
  };
  play.addEventListener("click", () => {
    if (timer) return stop();
    if (app.step.number === app.step.count - 1) app.change({ step: 0 });
    return start();
  });
  speed.addEventListener("change", () => timer && start());
  const obey = () => {
    play.hidden = choice.hidden = still.matches;
    if (still.matches) stop();
  };
  still.addEventListener("change", obey);
  obey();
  return {
    elements: [play, choice],
    show() {},
    stop() {
      stop();
      still.removeEventListener("change", obey);
    },
  };
}

/** Undo and reset of what the reader changed. */
function historyTools(app) {
  const undo = button("Undo");
  const reset = button("Reset");
  undo.addEventListener("click", () => app.undo());
  reset.addEventListener("click", () => app.reset());
  return {
    element: element("span", "ct-history", undo, reset),
    show: () => undo.setAttribute("aria-disabled", !app.canUndo),
  };
}

export default { render, refusal };
