// The scrubber: a recorded training run, moved through record by record. The state is that of convtools/scrubber.py.

const RUN = ["input", "kernels", "biases", "losses", "steps", "goal"];
const PHONE_WIDTH = 18.75; // rem: what a phone has room for
const PICTURE = 208; // pixels: the longer side of a picture without numbers
const SMALL = [0.1, 0.01, 0.001, 0.0001, 0.00001];

/** Python's `loss_in_words`: two decimals, below 0.1 two digits. */
function lossInWords(loss) {
  if (!loss || loss >= SMALL[0]) return number(loss);
  return loss < 0.000001 ? "below 0.000001" : loss.toFixed(2 + SMALL.filter((limit) => loss < limit).length);
}

/** Python's `sentence`. */
function recordInWords({ kernels, biases, losses, steps }, at) {
  const kernel = kernels[at];
  let words = `Training step ${steps[at]} of ${steps.at(-1)}. Loss ${lossInWords(losses[at])}, at first ${lossInWords(losses[0])}.`;
  if (Math.max(kernel.length, kernel[0].length) <= 3) {
    words += ` The filter's row${kernel.length > 1 ? "s" : ""}: ${kernel.map((row) => row.map(number).join(", ")).join("; ")}.`;
  }
  return biases.some(Boolean) ? `${words} Bias ${number(biases[at])}.` : words;
}

/** The map of every record. */
function mapsOf({ input, kernels, biases }) {
  const x = toTensor(input.map((row) => row.map((value) => [value])));
  const settings = { class_name: "Conv2D", strides: [1, 1], padding: "valid", dilation_rate: [1, 1], activation: null, flip: false };
  return kernels.map((kernel, at) => {
    const layer = { ...settings, kernel: kernel.map((row) => row.map((weight) => [[weight]])), bias: [biases[at]] };
    return network({ layers: [layer] }, x)[1].data;
  });
}

// ---- the filter and the pictures

/** A name and [rows, columns] of cells; `all`: every list of numbers that it is to show. */
function describePlane(name, [rows, columns], all) {
  let [least, most, whole] = [Infinity, -Infinity, true];
  for (const values of all) {
    for (const value of values) {
      least = Math.min(least, value);
      most = Math.max(most, value);
      whole &&= Math.abs(value - Math.round(value)) < 1e-9;
    }
  }
  const widest = (value) => breadth(number(whole ? value : Math.sign(value) * (Math.round(Math.abs(value)) + 0.25)));
  const digits = Math.max(widest(least), widest(most));
  const fits = rows <= 12 && columns * Math.max(1.75, digits * 0.48 + 0.25) <= PHONE_WIDTH;
  return { name, rows, columns, digits, fits, most: Math.max(-least, most) };
}

/** Cells with numbers. */
function drawTable({ name, rows, columns, digits }, limit) {
  const cells = range(rows * columns).map(() => emptyCell("td"));
  const made = table("ct-grid", name, [], range(rows).map((row) => cells.slice(row * columns, (row + 1) * columns)));
  return {
    element: element("div", "ct-plane", styled(made, { columns, digits })),
    show: (values) => cells.forEach((cell, i) => put(cell, values[i], limit)),
  };
}

/** Colours alone, where numbers have no room. */
function drawPicture({ name, rows, columns }, limit, pitch) {
  const cells = range(rows * columns).map(() => element("i"));
  const made = styled(element("div", "ct-mini", ...cells), { columns, pitch: `${pitch}px` });
  made.setAttribute("role", "img");
  return {
    element: element("div", "ct-plane", element("p", "ct-heading", unread("", name)), made),
    show(values) {
      cells.forEach((cell, i) => paint(cell, values[i], limit));
      const ends = [Math.min(...values), Math.max(...values)].map(number).join(" to ");
      made.setAttribute("aria-label", `${name}: ${rows} rows and ${columns} columns of values from ${ends}`);
    },
  };
}

/** The filter with its bias, the input, the map, and the map that is wanted. */
function drawRun(run) {
  const { input, kernels, biases, goal } = run;
  const size = dimensions(input);
  const maps = mapsOf(run);
  const weights = kernels.map((kernel) => kernel.flat());
  const mapSize = size.map((length, axis) => length - dimensions(kernels[0])[axis] + 1);
  const filter = describePlane("filter", dimensions(kernels[0]), weights);
  const wantedMap = goal ? [goal.flat()] : [];
  const ofMaps = describePlane("map", mapSize, [...maps, ...wantedMap]); // cells of one size, to compare
  const pictures = [describePlane("input", size, [input.flat()]), ofMaps, ...wantedMap.map(() => ({ ...ofMaps, name: "wanted" }))];
  // One scale for all of the run: a colour means the same number everywhere.
  const limit = roundedUp(Math.max(filter.most, ...pictures.map(({ most }) => most)) || 1);
  const drawn = (plane, fits) => (fits ? drawTable(plane, limit) : drawPicture(plane, limit, Math.max(3, clamp(PICTURE / Math.max(...size), 21))));
  const [first, x, map, wanted] = [drawn(filter, filter.fits), ...pictures.map((plane) => drawn(plane, pictures.every(({ fits }) => fits)))];
  const bias = biases.some(Boolean) ? reserved("ct-size", biases.map((value) => `bias ${number(value)}`)) : null;
  if (bias) first.element.append(bias.element);
  x.show(input.flat());
  wanted?.show(...wantedMap);
  const pair = element("div", "ct-planes", ...[map, wanted].filter(Boolean).map((plane) => plane.element));
  return {
    element: element("div", "ct-planes", first.element, x.element, pair),
    legend: drawLegend(limit, "ct-legend ct-rooted"),
    show(at) {
      first.show(weights[at]);
      map.show(maps[at]);
      bias?.show(`bias ${number(biases[at])}`);
    },
  };
}

// ---- the loss curve

/** {share: how high a loss stands, from 0 to 1, ticks: [[loss, text]], even: a step up is always as much}. */
function lossScale(losses) {
  const most = Math.max(...losses);
  const least = Math.min(...losses);
  if (most <= 20 * least || !most) {
    const end = roundedUp(most || 1);
    return { share: (loss) => loss / end, ticks: [0, end / 2, end].map((loss) => [loss, lossInWords(loss)]), even: true };
  }
  const power = (loss) => Math.log10(loss);
  const top = Math.ceil(power(most) - 1e-9);
  const positive = Math.min(...losses.filter((loss) => loss > 0));
  const low = Math.max(top - 9, Math.min(top - 1, Math.floor(power(positive) + 1e-9)));
  const text = (n) => (Math.abs(n) < 5 ? String(Number(`1e${n}`)) : `10${[...String(n)].map((sign) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[sign] ?? "⁻").join("")}`);
  const apart = Math.ceil((top - low) / 4); // no more than five lines
  const ticks = range(Math.floor((top - low) / apart) + 1).map((n) => top - n * apart);
  return {
    share: (loss) => Math.max(0, (loss ? power(loss) - low : 0) / (top - low)),
    ticks: ticks.map((n) => [10 ** n, text(n)]),
    even: false,
  };
}

function svg(tag, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** The loss over the steps. The drawing is stretched to its place, texts and dot are not. `go` is called with a record. */
function drawCurve({ losses, steps }, go) {
  const { share, ticks, even } = lossScale(losses);
  const across = steps.map((step) => (100 * (step - steps[0])) / (steps.at(-1) - steps[0])); // percent
  const down = losses.map((loss) => 100 * (1 - share(loss)));
  const level = (loss) => `${100 * (1 - share(loss))}`;
  const line = (className, points) => svg("polyline", { class: className, points: points.map((point) => point.join(" ")).join(" ") });
  const sofar = line("ct-sofar", []);
  const picture = svg("svg", { viewBox: "0 0 100 100", preserveAspectRatio: "none" },
    ...ticks.map(([loss]) => line("ct-rule", [[0, level(loss)], [100, level(loss)]])),
    line("ct-run", across.map((x, at) => [x, down[at]])), sofar);
  const dot = element("span", "ct-dot");
  const plot = element("div", "ct-plot", picture, dot);
  const names = ticks.map(([loss, text]) => {
    const made = element("span", "", text);
    made.style.top = `${level(loss)}%`;
    return made;
  });
  const axes = element("div", "ct-axes",
    styled(element("div", "ct-ticks", ...names), { digits: longest(ticks.map(([, text]) => text)) }), plot,
    element("div", "ct-span", element("span", "", String(steps[0])), element("span", "", "training step"), element("span", "", String(steps.at(-1)))));
  axes.setAttribute("role", "img");
  axes.setAttribute("aria-label", `Loss over the training steps ${steps[0]} to ${steps.at(-1)}: at first ${lossInWords(losses[0])}, `
    + `at last ${lossInWords(losses.at(-1))}${even ? "" : "; each line of the scale stands for a power of ten"}`);
  const said = reserved("ct-loss", losses.map((loss) => `Loss ${lossInWords(loss)}`));

  function point({ clientX }) {
    const { left, width } = plot.getBoundingClientRect();
    const wanted = (100 * (clientX - left)) / width;
    go(across.reduce((best, x, at) => (Math.abs(x - wanted) < Math.abs(across[best] - wanted) ? at : best), 0));
  }
  plot.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    plot.setPointerCapture(event.pointerId);
    point(event);
  });
  plot.addEventListener("pointermove", (event) => plot.hasPointerCapture(event.pointerId) && point(event));
  return {
    element: element("div", "ct-curve", said.element, axes),
    show(at) {
      said.show(`Loss ${lossInWords(losses[at])}`);
      sofar.setAttribute("points", across.slice(0, at + 1).map((x, i) => `${x} ${down[i]}`).join(" "));
      Object.assign(dot.style, { left: `${across[at]}%`, top: `${down[at]}%` });
    },
  };
}

// ---- the controls

/** Mount a scrubber in `el`, tied to `model` (get, set, save_changes, on, off); returns its clean-up. */
function render({ model, el }) {
  const run = Object.fromEntries(RUN.map((name) => [name, model.get(name)]));
  const { losses, steps } = run;
  const count = losses.length;
  const texts = losses.map((_, at) => recordInWords(run, at));
  const now = () => clamp(model.get("at"), count);

  const planes = drawRun(run);
  const curve = drawCurve(run, (at) => choose(at));
  const back = button(unread("ct-arrow", "←"), "Back");
  const forward = button("Forward", unread("ct-arrow", "→"));
  const play = button("Play");
  const slider = control("input", "ct-range", "record", { type: "range", min: 0, max: count - 1, step: 1 });
  const where = styled(unread("ct-count"), { "count-digits": String(steps.at(-1)).length }); // the value text says it
  const said = reserved("", texts);
  const spoken = element("p", "ct-spoken", said.element);
  spoken.setAttribute("aria-atomic", "true");
  const root = element("div", "ct-widget ct-scrubber", planes.element, curve.element,
    element("div", "ct-controls", back, forward, play, labelled("ct-slide", "Training step", slider, where)), spoken, planes.legend);
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "A filter in training, record by record");

  function show() {
    const at = now();
    planes.show(at);
    curve.show(at);
    said.show(texts[at]);
    slider.value = at;
    slider.setAttribute("aria-valuetext", texts[at]);
    where.textContent = `${steps[at]} of ${steps.at(-1)}`;
    // Not `disabled`, which would drop the focus of whoever presses the button to the end.
    back.setAttribute("aria-disabled", at === 0);
    forward.setAttribute("aria-disabled", at === count - 1);
  }

  function set(at) {
    const next = Math.max(0, Math.min(count - 1, at));
    if (next === now()) return;
    model.set("at", next);
    model.save_changes();
  }

  let timer = null;
  // The slider speaks for itself by its value text, and while it plays every record read out would lag behind.
  const hush = () => spoken.setAttribute("aria-live", timer || slider.matches(":focus") ? "off" : "polite");
  const stop = () => {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
    hush();
  };
  /** The reader goes to a record. */
  const choose = (at) => {
    stop();
    set(at);
  };
  const start = () => {
    if (now() === count - 1) set(0);
    timer = setInterval(() => {
      if (!root.isConnected) return stop();
      set(now() + 1);
      return now() === count - 1 && stop();
    }, Math.max(80, Math.min(800, 8000 / count)));
    play.textContent = "Pause";
    hush();
  };

  const motion = matchMedia("(prefers-reduced-motion: reduce)");
  const obey = () => {
    play.hidden = motion.matches;
    if (motion.matches) stop();
  };
  motion.addEventListener("change", obey);
  play.addEventListener("click", () => (timer ? stop() : start()));
  back.addEventListener("click", () => choose(now() - 1));
  forward.addEventListener("click", () => choose(now() + 1));
  slider.addEventListener("input", () => choose(Number(slider.value)));
  for (const event of ["focus", "blur"]) slider.addEventListener(event, hush);
  root.addEventListener("keydown", (event) => { // on a button, too
    const by = { ArrowLeft: -1, ArrowRight: 1, Home: -count, End: count }[event.key];
    if (event.target === slider || by === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    choose(now() + by);
  });

  model.on("change:at", show);
  el.append(root);
  stop();
  obey();
  show();
  return () => {
    stop();
    motion.removeEventListener("change", obey);
    model.off("change:at", show);
    root.remove();
  };
}

export default { render };
