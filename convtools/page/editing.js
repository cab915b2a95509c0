// Editing: painting the input, changing weights and bias, choosing settings.

/** [[1, 2], [3, 4]] with 5 at [1, 0]; all that is not on the way is shared. */
const replaced = (nested, [first, ...rest], value) =>
  nested.map((part, i) => (i !== first ? part : rest.length ? replaced(part, rest, value) : value));

const valueAt = (nested, at) => at.reduce((part, i) => part[i], nested);

/** "row 0, column 1", or "3" in one dimension. */
const placeWords = ([row, column]) => (column === undefined ? String(row) : `row ${row}, column ${column}`);

/** As short as float32, which Python keeps, tells it from its neighbours: "0.1", not "0.10000000149011612". */
function writeNumber(value) {
  const short = Number(value.toPrecision(7));
  return String(Math.fround(short) === Math.fround(value) ? short : value).replace("-", "−");
}

/**
 * A slider and a field for one number. set(value, mark, cell) answers false if it was refused: `mark` joins the
 * values of one drag, `cell` is the dataset of the cell where the number was typed, to which the focus returns.
 * A number can be begun on a cell, too, which cellOf(target) finds.
 */
function numberControl(app, name, cellOf, set) {
  const off = new AbortController();
  const until = { signal: off.signal };
  const range = control("input", "ct-range", `${name} range`, { type: "range", step: 0.25 });
  const field = control("input", "ct-number", `${name} number`, { type: "text", autocomplete: "off" });
  const label = labelled("ct-slide", "", range);
  let shown = {};
  let mark;
  let cell;

  function write() {
    range.max = shown.reach;
    range.min = -shown.reach;
    range.value = shown.value;
    range.setAttribute("aria-valuetext", number(shown.value));
    field.value = writeNumber(shown.value);
    field.removeAttribute("aria-invalid");
  }

  /** True if the field now says what holds. */
  function take() {
    if (!cell && field.value === writeNumber(shown.value)) return true;
    const value = readNumber(field.value);
    const usable = value !== null && Number.isFinite(Math.fround(value));
    const said = field.value.trim();
    if (!usable) app.say(`Refused: ${said ? `“${said}”` : "an empty field"} cannot be used as a number. Kept ${writeNumber(shown.value)}.`);
    if (usable && set(value, undefined, cell)) {
      write();
      return true;
    }
    field.setAttribute("aria-invalid", "true");
    return false;
  }

  range.addEventListener("input", () => {
    mark ??= {};
    if (!set(Number(range.value), mark)) write();
  });
  range.addEventListener("change", () => (mark = undefined));
  field.addEventListener("keydown", (event) => {
    if (!["Enter", "Escape"].includes(event.key)) return;
    event.preventDefault();
    if (event.key === "Escape") write();
    else if (!take()) return;
    const back = cell;
    cell = null;
    if (back) restoreFocus(app.root, back);
  });
  field.addEventListener("blur", () => {
    take();
    cell = null;
  }, until); // a field that is taken away while it is edited loses the focus, too
  app.root.addEventListener("keydown", (event) => {
    const from = cellOf(event.target);
    if (!from || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !/^[-−.,\d]$/.test(event.key)) return;
    event.preventDefault();
    cell = { ...from.dataset };
    field.focus();
    field.value = event.key;
  }, until);

  return {
    element: element("div", "ct-value", label, field),
    until,
    /** A text that waits to be mended stays until another number is to be shown. */
    show(title, value) {
      if (title === shown.title && value === shown.value) return;
      // While one number is dragged its scale only grows: the thumb must not jump.
      const reach = Math.max(title === shown.title ? shown.reach : 4, Math.ceil(Math.abs(value)));
      shown = { title, value, reach };
      label.firstChild.textContent = title;
      field.setAttribute("aria-label", `${title}, number`);
      write();
    },
    remove: () => off.abort(),
  };
}

/** Controls of the chosen layer: "Weights" or, where there are several layers, "Weights of layer 2 (Conv2D)". */
function layerGroup(app, name, ...children) {
  const legend = element("legend");
  return {
    element: element("fieldset", "ct-group", legend, ...children),
    show() {
      const { layers, layer } = app.state;
      legend.textContent = layers.length > 1 ? `${name} of layer ${layer + 1} (${layers[layer].class_name})` : name;
    },
  };
}

/** A select of any values; set(value) answers false if it was refused. */
function choice(name, set) {
  const select = control("select", "ct-select", name.toLowerCase());
  let offered = new Map(); // text: value; what has no value cannot be chosen
  let chosen = "";
  select.addEventListener("change", () => {
    if (!set(offered.get(select.value))) select.value = chosen;
  });
  return {
    element: labelled("ct-choice", name, select),
    show(options, now) {
      if (String([...options.keys()]) !== String([...offered.keys()])) {
        select.replaceChildren(...[...options].map(([text, value]) => Object.assign(element("option", "", text), { disabled: value === undefined })));
      }
      offered = options;
      chosen = select.value = now;
    },
  };
}

/** Whether the pointer paints, and with which value. */
function paintTools(app) {
  app.brush ??= 1;
  const mode = control("input", "", "paint", { type: "checkbox" });
  mode.addEventListener("change", () => app.setMode(mode.checked ? "paint" : "look"));
  const clear = button("Clear");
  const cellFrom = (target) => app.mode === "paint" && target?.closest?.('[data-tensor="0"]');
  const brush = numberControl(app, "brush", cellFrom, (value, mark, cell) => {
    if (cell && !dab(cell, value)) return false;
    app.brush = value;
    show();
    return true;
  });
  const listen = (type, answer) => app.root.addEventListener(type, answer, brush.until);
  const brushFor = (cell) => (valueAt(app.state.input, numbersIn(cell.at)) === app.brush ? 0 : app.brush);

  /** Paint the cell with this dataset. */
  function dab(cell, value, mark) {
    const at = numbersIn(cell.at);
    const old = valueAt(app.state.input, at);
    return old === value || app.change({ input: replaced(app.state.input, at, value) }, number(old), { mark });
  }

  let stroke; // {value, x, y}
  function follow({ clientX: x, clientY: y }) {
    const [dx, dy] = [x - stroke.x, y - stroke.y];
    const parts = Math.ceil(Math.hypot(dx, dy) / 8) || 1; // px: no cell of a fast stroke is left out
    for (let part = 1; part <= parts; part += 1) {
      const cell = cellFrom(app.root.getRootNode().elementFromPoint(stroke.x + (dx * part) / parts, stroke.y + (dy * part) / parts));
      if (!cell || !app.root.contains(cell)) continue;
      dab(cell.dataset, stroke.value, stroke);
      app.point(targetOf(cell));
    }
    Object.assign(stroke, { x, y });
  }
  listen("pointerdown", (event) => {
    const cell = cellFrom(event.target);
    if (!cell || event.button || !event.isPrimary) return;
    event.preventDefault();
    app.root.setPointerCapture(event.pointerId); // the cells may be drawn anew under the finger
    cell.focus({ preventScroll: true });
    stroke = { value: brushFor(cell.dataset), x: event.clientX, y: event.clientY };
    follow(event);
  });
  listen("pointermove", (event) => app.root.hasPointerCapture(event.pointerId) && follow(event));
  listen("keydown", (event) => {
    const cell = cellFrom(event.target);
    if (!cell || event.defaultPrevented || (event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    const place = placeWords(numbersIn(cell.dataset.at).slice(0, -1));
    if (dab(cell.dataset, brushFor(cell.dataset))) app.say(`Input ${place} is now ${cell.firstChild.data}.`);
  });
  clear.addEventListener("click", () => {
    const zeros = (part) => (Array.isArray(part) ? part.map(zeros) : 0);
    app.change({ input: zeros(app.state.input) });
  });

  function show() {
    mode.checked = app.mode === "paint";
    app.root.classList.toggle("ct-painting", mode.checked);
    brush.show("Paint with", app.brush);
  }
  return { element: element("div", "ct-controls", element("label", "ct-option", mode, "Paint"), brush.element, clear), show, remove: brush.remove };
}

// For kernels of one size, row by row.
const PRESETS = {
  3: [["bump", [-1, 2, -1]], ["Sobel’s slope", [-1, 0, 1]], ["Laplacian", [1, -2, 1]], ["sharpen", [-1, 3, -1]]],
  "3,3": [
    ["vertical line", [0, 1, 0, 0, 1, 0, 0, 1, 0]],
    ["horizontal line", [0, 0, 0, 1, 1, 1, 0, 0, 0]],
    ["bump", [-1, 2, -1, -1, 2, -1, -1, 2, -1]],
    ["Sobel, left to right", [-1, 0, 1, -2, 0, 2, -1, 0, 1]],
    ["Sobel, top to bottom", [-1, -2, -1, 0, 0, 0, 1, 2, 1]],
    ["Laplacian", [0, 1, 0, 1, -4, 1, 0, 1, 0]],
    ["sharpen", [0, -1, 0, -1, 5, -1, 0, -1, 0]],
  ],
};

/** What fits this layer's kernel, as [name, weights of one channel row by row]. */
function presetsFor({ kernel, flip }) {
  const shape = dimensions(kernel);
  const [sizes, channels] = [shape.slice(0, -2), shape.at(-2)];
  const count = multiply(sizes);
  // The weight over the place that padding "same" centres an even filter on, too.
  const middle = sizes.reduce((index, size) => index * size + ((size - (flip ? 0 : 1)) >> 1), 0);
  const fitting = [
    ["identity", range(count).map((i) => Number(i === middle))],
    ...(count > 1 ? [["blur", Array(count).fill(1 / count)]] : []),
    ...(PRESETS[sizes] ?? []),
  ];
  // Weights that add up to 1 keep the brightness; over several channels they share it.
  return fitting.map(([name, values]) => [name, values.map((value) => (Math.abs(add(values) - 1) < 1e-9 ? value / channels : value))]);
}

/** The kernel with these weights, row by row, in every channel of one filter. */
function withPreset(kernel, filter, values) {
  const left = [...values];
  const filled = (part) => {
    if (Array.isArray(part[0][0])) return part.map(filled);
    const value = left.shift();
    return part.map((weights) => replaced(weights, [filter], value));
  };
  return filled(kernel);
}

/** The chosen weight or bias as slider and number, whole filters, and which way round the filter lies. */
function weightsPanel(app) {
  const layer = () => app.state.layers[app.state.layer];
  const weight = numberControl(app, "weight", (target) => app.shows("weights") && target.closest("[data-kernel], [data-bias]"), (value, mark) => {
    const [name, ...at] = chosen().at;
    return app.changeLayer({ [name]: replaced(layer()[name], at, value) }, writeNumber(valueAt(layer()[name], at)), { mark });
  });
  const preset = choice("Preset", (kernel) =>
    app.changeLayer({ kernel, bias: replaced(layer().bias, [app.state.filter], 0) }));
  const flip = control("input", "", "flip", { type: "checkbox" });
  flip.addEventListener("change", () => app.changeLayer({ flip: flip.checked }));
  const turn = element("label", "ct-option", flip, "Flip the filter (true convolution)");
  const none = element("p");
  const made = layerGroup(app, "Weights", none, element("div", "ct-row", weight.element, preset.element, turn));

  /** The selected weight, the first if there is none: its name, and where it stands in the layer. */
  function chosen() {
    const { filter } = app.state;
    const { kernel, bias, flip: flipped } = layer();
    const which = bias.length > 1 ? `, filter ${filter}` : "";
    if (app.selected?.part === "bias") return { title: `Bias${which}`, at: ["bias", filter] };
    const sizes = dimensions(kernel).slice(0, -2);
    const lying = app.selected?.at ?? [...sizes, 0].fill(0);
    const names = app.step.channel_names;
    const channel = names.length > 1 ? `, ${names[lying.at(-1)]}` : "";
    const written = lying.map((i, axis) => (flipped && axis < sizes.length ? sizes[axis] - 1 - i : i));
    const place = multiply(sizes) > 1 ? ` ${placeWords(lying.slice(0, -1))}` : "";
    return { title: `Weight${place}${channel}${which}`, at: ["kernel", ...written, filter] };
  }

  return {
    element: made.element,
    show(changed) {
      if (!news(changed).all && !changed.has("selected")) return;
      const { kernel, class_name: name, flip: flipped } = layer();
      made.show();
      none.hidden = Boolean(kernel);
      none.textContent = `${name} has no weights.`;
      weight.element.hidden = preset.element.hidden = !kernel || !app.shows("weights");
      turn.hidden = !kernel || !app.shows("flip");
      if (!kernel) return;
      const { title, at } = chosen();
      weight.show(title, valueAt(layer(), at));
      const options = presetsFor(layer()).map(([text, values]) => [text, withPreset(kernel, app.state.filter, values)]);
      const inFloat32 = (weights) => String(weights.flat(3).map(Math.fround)); // as Python keeps them
      const weights = inFloat32(kernel);
      const own = ["own weights"];
      const [now] = options.find(([, values]) => inFloat32(values) === weights) ?? own;
      preset.show(new Map([own, ...options]), now);
      flip.checked = Boolean(flipped);
    },
    remove: weight.remove,
  };
}

/** A setting's value in its select: the same for both axes is one number, else "2, 1". */
function settingText(value) {
  if (Array.isArray(value)) return [...new Set(value)].length === 1 ? String(value[0]) : value.join(", ");
  return value === "relu" ? "ReLU" : value ?? "none";
}

/** Padding, strides, dilation and activation of the chosen layer, as far as it has them. */
function settingsPanel(app) {
  const layer = () => app.state.layers[app.state.layer];
  const shown = ["Padding", "Strides", "Dilation", "Activation"].filter((title) => app.shows(title.toLowerCase())).map((title) => {
    const name = title === "Dilation" ? "dilation_rate" : title.toLowerCase();
    return { name, ...choice(title, (value) => app.changeLayer({ [name]: value }, settingText(layer()[name]))) };
  });
  const made = layerGroup(app, "Settings", element("div", "ct-row", ...shown.map((one) => one.element)));
  return {
    element: made.element,
    show() {
      made.show();
      for (const one of shown) {
        const now = layer()[one.name];
        one.element.hidden = now === undefined;
        if (one.element.hidden) continue;
        const values = {
          padding: ["valid", "same", ...(layer().class_name === "Conv1D" ? ["causal"] : [])],
          activation: [null, "relu"],
        }[one.name] ?? range(6).map((i) => now.map(() => i + 1));
        one.show(new Map([...values, now].map((value) => [settingText(value), value])), settingText(now));
      }
      made.element.hidden = shown.every((one) => one.element.hidden);
    },
  };
}
