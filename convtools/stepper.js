// The stepper: a filter slides over its input, one output cell at a time.
//
// One ES module without imports, for JupyterLab (anywidget) and for the built page alike.
// Three parts that can be read alone: arithmetic (pure functions on plain arrays), drawing
// (state in, elements out), interaction (events in, state out).
//
// The state, the same JSON as the traits of Python's `Stepper`:
//   input          (length, channels) or (rows, columns, channels)
//   layers         one {kernel, bias, strides, padding, dilation_rate, activation}; the kernel's
//                  shape is (width, channels, filters) or (rows, columns, channels, filters)
//   filter, step   which filter, and which place of it; both count from 0
//   channel_names  one text for each channel, or []

// ---------------------------------------------------------------- arithmetic

const TRAITS = ["input", "layers", "filter", "step", "channel_names"];

const clamp = (value, count) => Math.max(0, Math.min(count - 1, Math.trunc(value) || 0));

const add = (values) => values.reduce((total, value) => total + value, 0); // first to last, as Python does

/** [2, 3] of [[0, 0, 0], [0, 0, 0]]; trusts that the list is not ragged. */
const dimensions = (list) => (Array.isArray(list) ? [list.length, ...dimensions(list[0])] : []);

/** The same with every item looked at: null if ragged, empty or not of finite numbers. */
function checkedShape(list) {
  if (!Array.isArray(list)) return Number.isFinite(list) ? [] : null;
  const [first, ...others] = list.map(checkedShape);
  return first && others.every((shape) => String(shape) === String(first)) ? [list.length, ...first] : null;
}

/** 3 is "3", -0.125 is "−0.13": whole ones plain, others with two decimals, a real minus sign, never "−0". */
export function number(value) {
  const text = Math.abs(value - Math.round(value)) < 1e-9 ? String(Math.round(value)) : value.toFixed(2);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

/** One record for each axis, the only place where sizes are worked out. */
export function axes({ input, layers: [layer] }) {
  const widths = dimensions(layer.kernel).slice(0, -2);
  return widths.map((width, axis) => {
    const size = dimensions(input)[axis];
    const stride = layer.strides[axis];
    const dilation = layer.dilation_rate[axis];
    const reach = (width - 1) * dilation + 1; // cells from the first covered to the last
    let before = 0;
    let after = 0;
    if (layer.padding === "causal") before = reach - 1;
    if (layer.padding === "same") {
      const total = Math.max((Math.ceil(size / stride) - 1) * stride + reach - size, 0);
      before = Math.floor(total / 2); // an odd total puts the extra zero after, as Keras does
      after = total - before;
    }
    const padded = before + size + after;
    return { size, width, stride, dilation, reach, before, after, padded, output: Math.floor((padded - reach) / stride) + 1 };
  });
}

/** Why this state cannot be shown, as a sentence; "" if it can. */
export function refusal(state) {
  const input = checkedShape(state.input);
  const layer = state.layers?.[0];
  const kernel = checkedShape(layer?.kernel);
  if (!input || ![2, 3].includes(input.length)) {
    return "Refused: the input must be finite numbers of shape (length, channels) or (rows, columns, channels).";
  }
  if (!kernel || kernel.length !== input.length + 1) {
    const wanted = input.length === 2 ? "(width, channels, filters)" : "(rows, columns, channels, filters)";
    return `Refused: for this input the kernel must be finite numbers of shape ${wanted}.`;
  }
  if (kernel.at(-2) !== input.at(-1)) {
    return `Refused: a filter of depth ${kernel.at(-2)} does not fit an input of depth ${input.at(-1)} (channels).`;
  }
  if (String(checkedShape(layer.bias)) !== String([kernel.at(-1)])) return "Refused: bias must hold one number for each filter.";
  if (!["valid", "same", ...(input.length === 2 ? ["causal"] : [])].includes(layer.padding)) {
    return `Refused: padding must be valid, same or, in one dimension, causal, got ${layer.padding}.`;
  }
  if (![null, undefined, "relu"].includes(layer.activation)) return `Refused: the activation must be relu or none, got ${layer.activation}.`;
  for (const name of ["strides", "dilation_rate"]) {
    const fits = layer[name]?.length === input.length - 1 && layer[name].every((n) => Number.isInteger(n) && n > 0);
    if (!fits) return `Refused: ${name} must hold a whole number from 1 on for each axis.`;
  }
  for (const axis of axes(state)) {
    if (axis.padded >= axis.reach) continue;
    const dilated = axis.reach > axis.width ? ` (dilated to ${axis.reach})` : "";
    return `Refused: a filter of width ${axis.width}${dilated} does not fit an input of length ${axis.size}.`;
  }
  return "";
}

/** The map's size along each axis: [6] or [6, 6]. */
export const outputSize = (state) => axes(state).map((axis) => axis.output);

/** Step n as Python's `Step`: the same names, plain lists in place of arrays. */
export function traceStep(state, n, sizes = axes(state)) {
  const layer = state.layers[0];
  const flat = sizes.length === 1; // one dimension is computed as one row of two
  const channels = dimensions(state.input).at(-1);
  const filters = layer.bias.length;
  const chosen = clamp(state.filter, filters);
  const position = [];
  let rest = n;
  for (const axis of [...sizes].reverse()) {
    position.unshift(rest % axis.output); // row by row: the last axis runs fastest
    rest = Math.floor(rest / axis.output);
  }
  const taps = sizes.map(({ width, stride, dilation, before }, axis) =>
    Array.from({ length: width }, (_, tap) => position[axis] * stride - before + tap * dilation));
  const padding = Array(channels).fill(0); // what lies under the filter outside the input
  const rows = flat ? [state.input] : taps[0].map((row) => state.input[row] ?? []);
  const window = rows.map((row) => taps.at(-1).map((column) => row[column] ?? padding)); // (rows, columns, channels)
  const kernel = (flat ? [layer.kernel] : layer.kernel).map((row) =>
    row.map((cell) => cell.map((weights) => weights[chosen])));
  const products = window.map((row, r) => row.map((cell, c) => cell.map((value, k) => value * kernel[r][c][k])));
  const perChannel = padding.map((_, k) => products.flat().map((cell) => cell[k]));
  const bias = layer.bias[chosen];
  const total = add(perChannel.flat()) + bias;
  const unrow = (list) => (flat ? list[0] : list);
  return {
    number: n,
    count: sizes.reduce((count, axis) => count * axis.output, 1),
    position,
    taps, // input indices for each axis; below 0 or past the end is padding
    length: sizes.map((axis) => axis.size),
    window: unrow(window), // (kernel size..., channels), like kernel and products
    kernel: unrow(kernel),
    products: unrow(products),
    channel_sums: perChannel.map(add),
    row_sums: unrow(products).map((row) => add(row.flat())),
    padded: taps.reduce((all, axis) => all * axis.length, 1)
      - taps.reduce((inside, axis, i) => inside * axis.filter((tap) => tap >= 0 && tap < sizes[i].size).length, 1),
    bias,
    activation: layer.activation ?? null,
    total,
    output: layer.activation === "relu" ? Math.max(total, 0) : total,
    filter: filters > 1 ? chosen : null,
    channel_names: channelNames(state),
  };
}

/** Every step, left to right, top to bottom. */
export function trace(state) {
  const sizes = axes(state);
  const count = sizes.reduce((product, axis) => product * axis.output, 1);
  return Array.from({ length: count }, (_, n) => traceStep(state, n, sizes));
}

/** The chosen filter's map: (length) or (rows, columns). */
export function featureMap(state) {
  const outputs = trace(state).map((step) => step.output);
  const [rows, columns] = outputSize(state);
  if (columns === undefined) return outputs;
  return Array.from({ length: rows }, (_, row) => outputs.slice(row * columns, (row + 1) * columns));
}

function channelNames({ input, channel_names: names }) {
  return Array.from({ length: dimensions(input).at(-1) }, (_, k) => names?.[k] ?? `channel ${k}`);
}

function indices(name, taps) {
  const words = taps.map(number);
  if (words.length === 1) return `${name} ${words[0]}`;
  const together = taps.at(-1) - taps[0] === taps.length - 1;
  return `${name}s ${together ? `${words[0]} to ${words.at(-1)}` : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`}`;
}

const factor = (value) => (number(value).startsWith("−") ? `(${number(value)})` : number(value));

const product = (value, weight) => `${factor(value)}·${factor(weight)}`;

/** The step in words: for the screen reader, the slider's value text, the caption and the tests. */
export function sentence(step) {
  const covered = step.taps.reduce((all, axis) => all * axis.length, 1);
  const padding = step.padded ? ` (${step.padded === covered ? "all" : step.padded} of them padding)` : "";
  const filter = step.filter === null ? "" : `, filter ${step.filter}`;
  const start = `Step ${step.number + 1} of ${step.count}${filter}`;
  const bias = number(step.bias);
  const [total, output] = [number(step.total), number(step.output)];
  const relu = step.activation === "relu";
  const several = step.channel_sums.length > 1;
  let where;
  if (step.taps.length === 1) {
    where = `${start}. The filter covers ${indices("input", step.taps[0])}${padding}`;
    if (!several) {
      const sum = step.window.map((value, tap) => product(value[0], step.kernel[tap][0])).join(" + ");
      return `${where}: ${sum}${step.bias ? ` + bias ${bias}` : ""} = ${total}${relu ? `; ReLU gives ${output}` : ""}.`;
    }
  } else {
    const [row, column] = step.position;
    const [rows, columns] = [indices("Row", step.taps[0]), indices("column", step.taps[1])];
    where = `${start}, row ${row}, column ${column}. ${rows}, ${columns}${padding}`;
  }
  const parts = several
    ? step.channel_sums.map((sum, k) => `${step.channel_names[k]} ${number(sum)}`).join(", ")
    : `row sum${step.row_sums.length > 1 ? "s" : ""} ${step.row_sums.map(number).join(", ")}`;
  const end = relu ? `the sum is ${total} and ReLU gives ${output}` : `the output is ${output}`;
  return `${where}: ${parts}; with bias ${bias} ${end}.`;
}

// ------------------------------------------------------------------- drawing
// Each function returns its element and, where something changes, show(step, ...), which touches
// only that. Tables are real tables with captions and headers, so that they can be read by cell.

function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/** For the eye alone. */
function unread(className, ...children) {
  const made = element("span", className, ...children);
  made.setAttribute("aria-hidden", "true");
  return made;
}

const header = (scope, text) => Object.assign(element("th", "", text), { scope });

function table(className, caption, headings, rows) {
  const made = element("table", className, element("caption", "", caption));
  if (headings.length) made.append(element("thead", "", element("tr", "", ...headings)));
  made.append(element("tbody", "", ...rows.map((cells) => element("tr", "", ...cells))));
  return made;
}

const longest = (texts) => texts.reduce((most, text) => Math.max(most, text.length), 1);

/** Hand numbers to the style sheet: {rows: 3} is --ct-rows. */
function styled(made, numbers) {
  for (const [name, value] of Object.entries(numbers)) made.style.setProperty(`--ct-${name}`, value);
  return made;
}

/** Colour a cell by its value: `limit` is the end of the scale, 0 the page's own background. */
function paint(cell, value, limit) {
  cell.classList.toggle("ct-above", value > 0);
  cell.classList.toggle("ct-below", value < 0);
  cell.style.setProperty("--ct-shade", `${Math.round(100 * Math.min(1, Math.abs(value) / limit))}%`);
  return cell;
}

const valueCell = (tag, value, limit) => paint(element(tag, "ct-cell", number(value)), value, limit);

/** A text that changes, in the space of the longest of `texts`, so that nothing beside it ever moves. */
function reserved(className, texts) {
  const now = element("span", "ct-now-text");
  const made = element("span", `ct-reserved ${className}`, now);
  // All digits are equally wide: a pattern of the text takes the room of every text like it.
  for (const pattern of new Set(texts.map((text) => text.replace(/\d/g, "0")))) {
    const ghost = element("span", "ct-ghost");
    ghost.dataset.text = pattern; // drawn by the style sheet: unseen, unread and not found by a search
    made.append(ghost);
  }
  return { element: made, show: (...text) => now.replaceChildren(...text) };
}

/** The frame around the window. It hangs in the first cell and slides, with what it carries, by whole cells. */
function slidingFrame(firstCell, rows, columns, ...carried) {
  const frame = styled(unread("ct-window", ...carried), { rows, columns });
  firstCell.classList.add("ct-origin");
  firstCell.append(frame);
  return (row, column) => {
    // In parts of its own size, which do not change with the page's width: only a step slides.
    frame.style.transform = `translate(${(100 * column) / columns}%, ${(100 * row) / rows}%)`;
  };
}

/** The map's cells in the order of the steps: dots at first; once filled they stay, paler beyond the step. */
function mapCells(steps, limit) {
  const cells = steps.map(() => element("td", "ct-cell ct-todo", "·"));
  let at = 0;
  return {
    cells,
    show(step, reached) {
      cells[at].classList.remove("ct-now");
      for (let n = Math.min(at, step.number); n <= Math.max(at, step.number, reached); n += 1) {
        if (n <= reached && cells[n].classList.contains("ct-todo")) {
          cells[n].textContent = number(steps[n].output);
          paint(cells[n], steps[n].output, limit).classList.remove("ct-todo");
        }
        cells[n].classList.toggle("ct-later", n > step.number && n <= reached);
      }
      at = step.number;
      cells[at].classList.add("ct-now");
    },
  };
}

function scrollBox(name, ...children) {
  const box = element("div", "ct-scroll", ...children);
  box.dataset.name = name;
  return box;
}

/** Bring the cells from `first` to `last` into view if their box scrolls sideways and they are out of it. */
function reveal(first, last) {
  const box = first.closest(".ct-scroll");
  if (!box.hasAttribute("tabindex")) return; // all of it is in view
  const [view, left, right] = [box, first, last].map((part) => part.getBoundingClientRect());
  const labels = first.parentElement.firstElementChild.offsetWidth;
  if (left.left >= view.left + labels && right.right <= view.right) return;
  box.scrollLeft += (left.left + right.right - labels - view.left - view.right) / 2;
}

const named = (name) => (["red", "green", "blue"].includes(name) ? `ct-${name}` : "");

/** The line that adds the channels: "red 2 + green −1 + bias 0 = 1". */
function addingLine(steps) {
  const parts = (step) => [ // [class, text]
    ...step.channel_sums.flatMap((sum, k) => [
      ["ct-word", k ? " + " : ""], [`ct-word ${named(step.channel_names[k])}`, step.channel_names[k]], ["", ` ${number(sum)}`],
    ]),
    ["ct-word", " + bias "], ["", number(step.bias)], ["ct-word", " = "], ["", number(step.total)],
    ...(step.activation === "relu" ? [["ct-word", ", after ReLU "], ["", number(step.output)]] : []),
  ];
  const line = reserved("ct-adding", steps.map((step) => parts(step).map(([, text]) => text).join("")));
  return { element: line.element, show: (step) => line.show(...parts(step).map((part) => element("span", ...part))) };
}

/** One dimension: the rows stand in columns, the map's cells below the middle of their windows. */
function drawLine(state, steps, limit) {
  const [axis] = axes(state);
  const names = channelNames(state);
  const several = names.length > 1;
  // The middle of an even reach lies between two columns: then a cell is two halves wide.
  const halves = axis.reach % 2 ? 1 : 2;
  const wide = (cell) => Object.assign(cell, { colSpan: halves });
  const column = (className, span) => Object.assign(element("col", className), { span });
  const columns = () => element("colgroup", "", column("ct-label", 1), column(halves === 1 ? "ct-whole" : "ct-half", axis.padded * halves));
  const places = Array.from({ length: axis.padded }, (_, i) => i - axis.before);
  // Below the windows' middles: (reach - 1) / 2 columns are left free before, stride - 1 between.
  const edge = ((axis.reach - 1) / 2) * halves;
  const gap = (span) => (span ? [Object.assign(element("td"), { colSpan: span })] : []);
  const below = (cells) => [...gap(edge), ...cells.flatMap((cell, i) => [...gap(i && (axis.stride - 1) * halves), wide(cell)])];

  const parts = names.map((name, channel) => {
    const cells = places.map((place) => {
      const inside = place >= 0 && place < axis.size;
      const cell = wide(valueCell("td", inside ? state.input[place][channel] : 0, limit));
      if (!inside) cell.classList.add("ct-pad");
      return cell;
    });
    const weights = steps[0].kernel.map((weight) => valueCell("span", weight[channel], limit));
    const products = weights.map((_, tap) => element("span", `ct-product ${tap ? "ct-plus" : ""}`));
    const [filterRow, productRow] = [0, 1].map(() => places.map(() => wide(element("td"))));
    const sums = steps.map(() => element("td"));
    const partial = element("span", "ct-partial");
    const made = table(`ct-line ${several ? named(name) : ""}`, several ? `Input and filter, ${name}` : "Input and filter",
      [element("td"), ...places.map((place) => wide(header("col", number(place))))],
      [
        [header("row", several ? name : "input"), ...cells],
        [header("row", "filter"), ...filterRow],
        [header("row", "products"), ...productRow],
        ...(several ? [[header("row", "sum"), ...below(sums)]] : []),
      ]);
    made.querySelector("caption").after(columns());
    const moveFrame = slidingFrame(cells[0], 1, axis.reach);
    return {
      table: made,
      show(step) {
        const covered = step.taps[0].map((tap) => tap + axis.before);
        moveFrame(0, covered[0]);
        covered.forEach((place, tap) => {
          products[tap].textContent = number(step.products[tap][channel]);
          filterRow[place].append(weights[tap]);
          productRow[place].append(products[tap]);
        });
        partial.textContent = number(step.channel_sums[channel]);
        sums[step.number].append(partial);
        reveal(cells[covered[0]], cells[covered.at(-1)]);
      },
    };
  });

  const map = mapCells(steps, limit);
  const totals = steps.map(() => element("td"));
  const total = element("span", "ct-total");
  const relu = steps[0].activation === "relu";
  const result = table("ct-line ct-result", "Feature map", [
    element("td"), ...below(steps.map((_, n) => header("col", number(n)))),
  ], [
    [header("row", `${several ? "total" : "sum"}${steps[0].bias ? " + bias" : ""}`), ...below(totals)],
    [header("row", relu ? "map (ReLU)" : "map"), ...below(map.cells)],
  ]);
  result.querySelector("caption").after(columns());

  const adding = several ? addingLine(steps) : null;
  const box = scrollBox("Input, filter and map", ...parts.map((part) => part.table), result);
  box.classList.add("ct-one");
  return {
    element: styled(box, { across: axis.padded, dilation: axis.dilation }),
    words: adding ? [adding.element] : [],
    show(step, reached) {
      parts.forEach((part) => part.show(step));
      total.textContent = number(step.total);
      totals[step.number].append(total);
      map.show(step, reached);
      adding?.show(step);
    },
  };
}

/** A grid with its indices; rows and columns count from -before. `cellAt(row, column)` makes a cell. */
function grid(caption, [down, across], cellAt) {
  const places = ({ padded, before }) => Array.from({ length: padded }, (_, i) => i - before);
  const cells = places(down).map((row) => places(across).map((column) => cellAt(row, column)));
  const made = table("ct-grid", caption, [element("td"), ...places(across).map((column) => header("col", number(column)))],
    cells.map((row, i) => [header("row", number(i - down.before)), ...row]));
  return { table: styled(made, { columns: across.padded }), cells };
}

/** Two dimensions: a plane for each channel, the map beside them, the sum below. */
function drawPlanes(state, steps, limit) {
  const sizes = axes(state);
  const [down, across] = sizes;
  const names = channelNames(state);
  const several = names.length > 1;

  const planes = names.map((name, channel) => {
    const { table: made, cells } = grid(several ? name : "input", sizes, (row, column) => {
      const value = state.input[row]?.[column]?.[channel];
      const cell = valueCell("td", value ?? 0, limit);
      if (value === undefined) cell.classList.add("ct-pad");
      return cell;
    });
    const weights = steps[0].kernel.map((row) => row.map((weight) => number(weight[channel])));
    made.caption.append(element("span", "ct-hidden", `, weights ${weights.map((row) => row.join(", ")).join("; ")}`));
    const moveFrame = slidingFrame(cells[0][0], down.reach, across.reach, ...weights.flatMap((row, r) =>
      row.map((weight, c) => styled(element("span", "ct-weight", `×${weight}`), { row: r * down.dilation, column: c * across.dilation }))));
    const partial = element("p", "ct-partial");
    const box = scrollBox(several ? `Input, ${name}` : "Input", made);
    return {
      element: element("div", `ct-plane ${several ? `ct-framed ${named(name)}` : ""}`, box, ...(several ? [partial] : [])),
      show(step) {
        const [row, column] = step.taps.map((taps, axis) => taps[0] + sizes[axis].before);
        moveFrame(row, column);
        if (several) partial.textContent = `${name} ${number(step.channel_sums[channel])}`;
        reveal(cells[row][column], cells[row][column + across.reach - 1]);
      },
    };
  });

  const map = mapCells(steps, limit);
  const output = sizes.map((axis) => ({ padded: axis.output, before: 0 }));
  const mapGrid = grid("map", output, (row, column) => map.cells[row * across.output + column]);
  const mapBox = element("div", "ct-plane ct-result", scrollBox("Feature map", mapGrid.table));

  const sum = several ? addingLine(steps) : sumTable(steps);
  const made = element("div", "ct-two", ...planes.map((plane) => plane.element), mapBox);
  made.classList.toggle("ct-several", several);
  made.classList.toggle("ct-dilated", sizes.some((axis) => axis.dilation > 1));
  return {
    element: styled(made, { across: across.padded, both: across.padded + across.output }),
    words: [sum.element],
    show(step, reached) {
      planes.forEach((plane) => plane.show(step));
      map.show(step, reached);
      reveal(map.cells[step.number], map.cells[step.number]);
      sum.show(step);
    },
  };
}

/** The sum of one plane in as many rows as the filter has, each with its subtotal; then bias, total and ReLU. */
function sumTable(steps) {
  const { kernel, taps, activation } = steps[0];
  const headers = taps[0].map(() => header("row", ""));
  const terms = kernel.map((row) => row.map(() => element("td", "ct-term")));
  const last = ["bias", "sum", ...(activation === "relu" ? ["ReLU"] : [])];
  const results = [...headers, ...last].map(() => element("td", "ct-subtotal"));
  const made = table("ct-sum", "Products and their sum", [], [
    ...terms.map((row, r) => [headers[r], ...row, results[r]]),
    ...last.map((name, i) => [header("row", name), Object.assign(element("td"), { colSpan: taps[1].length }), results[headers.length + i]]),
  ]);
  results[headers.length + 1].classList.add("ct-total");
  const shown = (step) => [...step.row_sums.map((sum) => `= ${number(sum)}`), `+ ${factor(step.bias)}`, `= ${number(step.total)}`,
    `→ ${number(step.output)}`].slice(0, results.length);
  const term = (step, r, c) => product(step.window[r][c][0], step.kernel[r][c][0]);
  // Every column is as wide as the longest text that it will ever hold.
  terms[0].forEach((cell, c) => styled(cell, { term: longest(steps.flatMap((step) => kernel.map((_, r) => term(step, r, c)))) }));
  styled(made, {
    subtotal: longest(steps.flatMap(shown)),
    rowname: longest(steps.flatMap((step) => step.taps[0].map((row) => `row ${number(row)}`))),
  });
  return {
    element: scrollBox("Products and their sum", made),
    show(step) {
      headers.forEach((head, r) => (head.textContent = `row ${number(step.taps[0][r])}`));
      terms.forEach((row, r) => row.forEach((cell, c) => (cell.textContent = term(step, r, c))));
      shown(step).forEach((text, i) => (results[i].textContent = text));
    },
  };
}

/** The sentence below the picture: first where the filter stands, then, larger, its sum. */
function drawCaption(steps) {
  const words = (step) => {
    const text = sentence(step);
    const end = text.indexOf(": ") + 1;
    return [text.slice(0, end), text.slice(end + 1)];
  };
  const [where, sum] = ["ct-where", "ct-written"].map((name, i) => reserved(name, steps.map((step) => words(step)[i])));
  const made = element("p", "ct-sentence", where.element, " ", sum.element);
  return { element: made, show: (step) => words(step).forEach((text, i) => [where, sum][i].show(text)) };
}

function drawLegend(limit) {
  const made = element("div", "ct-legend", ...[-limit, 0, limit].map((value) => element("span", "", number(value))));
  made.setAttribute("role", "img");
  made.setAttribute("aria-label", `Colours: blue down to ${number(-limit)}, the page at 0, orange up to ${number(limit)}`);
  return made;
}

/** The whole picture of a state that is not refused: its elements, its steps and show(n, reached). */
function draw(state) {
  const steps = trace(state);
  const line = steps[0].taps.length === 1;
  // All filters share one scale and one cell size, so that they can be compared.
  const outputs = state.layers[0].bias.flatMap((_, filter) => trace({ ...state, filter }).map((step) => step.output));
  const values = [...state.input.flat(2), ...state.layers[0].kernel.flat(3), ...outputs];
  const limit = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  // The longest text in a cell; a product needs room for the "+" before it, too.
  const texts = [...values.map(number), ...(line ? steps.flatMap((step) => step.products.flat().map((v) => `+${number(v)}`)) : [])];
  const picture = (line ? drawLine : drawPlanes)(state, steps, limit);
  const caption = drawCaption(steps);
  return {
    element: styled(picture.element, { digits: longest(texts) }),
    words: picture.words,
    caption: caption.element,
    legend: drawLegend(limit),
    steps,
    show(n, reached) {
      picture.show(steps[n], reached);
      caption.show(steps[n]);
    },
  };
}

// --------------------------------------------------------------- interaction

/** A button of a name and an arrow, which is not read out. */
function button(...parts) {
  const [name] = parts.filter((part) => typeof part === "string");
  return Object.assign(element("button", `ct-button ct-${name.toLowerCase()}`, ...parts), { type: "button" });
}

function labelled(className, name, ...controls) {
  return element("label", className, element("span", "", name), ...controls);
}

/** Mount a stepper in `el`, tied to `model` (get, set, save_changes, on, off); returns its clean-up. */
function render({ model, el }) {
  const range = Object.assign(element("input", "ct-range"), { type: "range", min: 0, step: 1 });
  const back = button(unread("ct-arrow", "←"), "Back");
  const forward = button("Forward", unread("ct-arrow", "→"));
  const select = element("select", "ct-select");
  const choice = labelled("ct-choice", "Filter", select);
  const count = unread("ct-count"); // the slider's value text says it
  // Else JupyterLab takes the arrow keys and Enter from whatever has the focus, for its cells.
  for (const control of [range, back, forward, select]) control.dataset.lmSuppressShortcuts = "true";
  const controls = element("div", "ct-controls", choice, back, forward, labelled("ct-slide", "Step", range, count));
  const [stage, words, legend] = [0, 1, 2].map(() => element("div"));
  const spoken = element("div", "ct-spoken");
  spoken.setAttribute("aria-live", "polite");
  spoken.setAttribute("aria-atomic", "true");
  const root = element("div", "ct-widget", stage, controls, words, spoken, legend);
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "Convolution, step by step");
  el.append(root);

  let picture = null; // null while the state is refused
  let reached = 0; // the furthest step so far: the map is filled up to here
  const state = () => Object.fromEntries(TRAITS.map((name) => [name, model.get(name)]));

  function redraw() {
    if (!picture) return;
    const step = picture.steps[clamp(model.get("step"), picture.steps.length)];
    reached = Math.max(reached, step.number);
    picture.show(step.number, reached);
    range.value = step.number;
    range.setAttribute("aria-valuetext", sentence(step));
    count.textContent = `${step.number + 1} of ${step.count}`;
    // Not `disabled`, which would drop the focus of whoever presses the button to the end.
    back.setAttribute("aria-disabled", step.number === 0);
    forward.setAttribute("aria-disabled", step.number === step.count - 1);
  }

  function rebuild() {
    const now = state();
    const refused = refusal(now);
    controls.hidden = refused !== "";
    picture = refused ? null : draw(now);
    stage.replaceChildren(...(picture ? [picture.element] : []));
    words.replaceChildren(...(picture ? picture.words : []));
    legend.replaceChildren(...(picture ? [picture.legend] : []));
    spoken.replaceChildren(picture ? picture.caption : element("p", "ct-refused", refused));
    if (!picture) return;
    const filters = now.layers[0].bias.length;
    choice.hidden = filters === 1;
    if (select.length !== filters) {
      select.replaceChildren(...now.layers[0].bias.map((_, filter) => element("option", "", String(filter))));
    }
    select.value = String(clamp(now.filter, filters));
    range.max = picture.steps.length - 1;
    styled(root, { "count-digits": String(picture.steps.length).length });
    reached = Math.min(reached, picture.steps.length - 1);
    redraw();
    scrolling.disconnect();
    root.querySelectorAll(".ct-scroll").forEach((box) => scrolling.observe(box));
  }

  function restart() {
    reached = 0; // another input or filter makes another map: it starts from dots
    rebuild();
  }

  function change(name, value) {
    model.set(name, value); // the model answers with change:name, which draws
    model.save_changes();
  }

  // A box that scrolls sideways must be reachable by keyboard; one that does not is no tab stop.
  const scrolling = new ResizeObserver((entries) => {
    for (const { target: box } of entries) {
      const scrolls = box.scrollWidth > box.clientWidth;
      for (const [name, value] of Object.entries({ tabindex: "0", role: "group", "aria-label": `${box.dataset.name}, scrolls sideways` })) {
        if (scrolls) box.setAttribute(name, value);
        else box.removeAttribute(name);
      }
    }
    redraw(); // bring the window into view
  });

  function goBy(steps) {
    const next = Number(range.value) + steps;
    if (picture && next >= 0 && next < picture.steps.length) change("step", next);
  }

  back.addEventListener("click", () => goBy(-1));
  forward.addEventListener("click", () => goBy(1));
  range.addEventListener("input", () => goBy(0));
  select.addEventListener("change", () => change("filter", Number(select.value)));
  // The slider speaks for itself by its value text: without this every step would be said twice.
  range.addEventListener("focus", () => spoken.setAttribute("aria-live", "off"));
  range.addEventListener("blur", () => spoken.setAttribute("aria-live", "polite"));

  const heard = { step: redraw, filter: rebuild, input: restart, layers: restart, channel_names: rebuild };
  for (const [name, answer] of Object.entries(heard)) model.on(`change:${name}`, answer);
  rebuild();
  return () => {
    for (const [name, answer] of Object.entries(heard)) model.off(`change:${name}`, answer);
    scrolling.disconnect();
    root.remove();
  };
}

export default { render };
