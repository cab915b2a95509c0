// Drawing: the small parts of every picture. Elements are made once; `show` or `put` touches only what changed.
// Tables are real tables with captions and headers, so that they can be read by cell.

/** A header; `label` says more than its text: "row 2" where "2" is seen. */
function header(scope, text, label = "") {
  const made = Object.assign(element("th", "", text), { scope });
  if (label) made.setAttribute("aria-label", label);
  return made;
}

function table(className, caption, headings, rows) {
  const made = element("table", className, element("caption", "", caption));
  if (headings.length) made.append(element("thead", "", element("tr", "", ...headings)));
  made.append(element("tbody", "", ...rows.map((cells) => element("tr", "", ...cells))));
  return made;
}

/** A name and its controls, which the name labels. */
function labelled(className, name, ...controls) {
  return element("label", className, element("span", "", name), ...controls);
}

/** Hand numbers to the style sheet: {rows: 3} is --ct-rows. */
function styled(made, numbers) {
  for (const [name, value] of Object.entries(numbers)) {
    if (made.style.getPropertyValue(`--ct-${name}`) !== String(value)) made.style.setProperty(`--ct-${name}`, value);
  }
  return made;
}

const longest = (texts, size = (text) => text.length) => texts.reduce((most, text) => Math.max(most, size(text)), 1);

// ---- cells

/** Colour a cell by its value: `limit` is the end of the scale, 0 the page's own background. */
function paint(cell, value, limit) {
  // By the root: small values beside large ones can still be seen. The legend is drawn alike.
  styled(cell, { shade: `${Math.round(100 * Math.sqrt(Math.min(1, Math.abs(value) / limit)))}%` });
  cell.classList.toggle("ct-above", value > 0);
  cell.classList.toggle("ct-below", value < 0);
  return cell;
}

/** The end of a scale: it stays while a number is dragged a little. */
function roundedUp(most) {
  const unit = 10 ** Math.floor(Math.log10(most));
  return unit * [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((part) => part * unit >= most * (1 - 1e-9));
}

/** Put a value in a cell. What it holds beside its text, as the frame, stays. */
function put(cell, value, limit) {
  const text = number(value);
  if (cell.firstChild.data !== text) cell.firstChild.data = text;
  return paint(cell, value, limit);
}

const emptyCell = (tag, className = "ct-cell") => element(tag, className, "");

/** A cell that one can point at: place `at` of a tensor, of the kernel as it lies, or the bias. */
function placeCell(kind, at, tensor) {
  const cell = emptyCell("td");
  if (kind === "tensor") Object.assign(cell.dataset, { tensor, at });
  else cell.dataset[kind] = at;
  return keepKeys(Object.assign(cell, { tabIndex: -1 }));
}

function padCell() {
  return put(emptyCell("td", "ct-cell ct-pad"), 0, 1);
}

/** The table as a grid of cells with one tab stop. */
function asGrid(made) {
  made.setAttribute("role", "grid");
  const first = made.querySelector("[data-tensor], [data-kernel], [data-bias]");
  if (first) first.tabIndex = 0;
  return made;
}

/** A grid with its indices; rows and columns count from -before. `cellAt(row, column)` makes a cell. */
function grid(caption, [down, across], cellAt) {
  const places = ({ padded, before = 0 }) => range(padded).map((i) => i - before);
  const cells = places(down).map((row) => places(across).map((column) => cellAt(row, column)));
  const made = table(
    "ct-grid", caption,
    [element("td"), ...places(across).map((column) => header("col", number(column), `column ${number(column)}`))],
    places(down).map((row, i) => [header("row", down.names?.[row] ?? number(row), down.names ? "" : `row ${number(row)}`), ...cells[i]]),
  );
  return { table: styled(asGrid(made), { columns: across.padded }), cells };
}

/** The frame around the window. It hangs in the first cell and slides, with what it carries, by whole cells. */
function slidingFrame(firstCell, ...carried) {
  const frame = element("span", "ct-window", ...carried);
  const track = unread("ct-track", frame); // as large as a cell: only a step slides it, not the page's width
  firstCell.classList.add("ct-origin");
  firstCell.append(track);
  let size = "";
  return {
    hide: (hidden) => (track.hidden = hidden),
    move(row, column, rows, columns) {
      track.style.transform = `translate(${100 * column}%, ${100 * row}%)`;
      if (size !== (size = `${rows} ${columns}`)) styled(frame, { rows, columns });
    },
  };
}

/** The map's cells in the order of the steps: dots until they are reached; then they stay, paler beyond the step. */
function mapCells(app) {
  const { shape } = app.tensors[1];
  const cells = range(app.step.count).map(() => placeCell("tensor", "", 1));
  let at = 0;
  let filled = -1;
  return {
    cells,
    show({ all, limit, byPlace }) {
      const { step, reached, state: { filter }, tensors: [, { data }] } = app;
      if (all || reached < filled) {
        byPlace.length = 0;
        cells.forEach((cell, n) => {
          byPlace[n * shape.at(-1) + filter] = cell;
          cell.dataset.at = [...(shape.length === 2 ? [n] : [Math.floor(n / shape[1]), n % shape[1]]), filter];
        });
        filled = -1;
      }
      const [low, high] = filled < 0 ? [0, cells.length - 1] : [Math.min(at, step.number), Math.max(at, step.number)];
      for (let n = low; n <= high; n += 1) {
        if (n <= reached && n > filled) put(cells[n], data[n * shape.at(-1) + filter], limit);
        else if (n > reached) paint(cells[n], 0, 1).firstChild.data = "·";
        cells[n].classList.toggle("ct-todo", n > reached);
        cells[n].classList.toggle("ct-later", n > step.number && n <= reached);
      }
      filled = reached;
      mark(cells[at], false);
      at = step.number;
      mark(cells[at], true);
    },
  };
}

/** Mark the output of the step; Tab comes to it first. */
function mark(cell, now) {
  cell.classList.toggle("ct-now", now);
  if (!now) return cell.removeAttribute("aria-current");
  cell.setAttribute("aria-current", "true");
  if (!cell.closest("table").querySelector(":focus")) stopAt(cell);
}

/** Make this cell its grid's tab stop. */
function stopAt(cell) {
  const before = cell.closest("table").querySelector("[tabindex='0']");
  if (before === cell) return;
  if (before) before.tabIndex = -1;
  cell.tabIndex = 0;
}

// ---- boxes that scroll sideways

function scrollBox(name, ...children) {
  const box = element("div", "ct-scroll", ...children);
  box.dataset.name = name;
  return box;
}

/** Say which boxes scroll, and make those a tab stop that hold none of their own; `then` is called after. */
function watchScrolling(roots, then) {
  const watch = new ResizeObserver((entries) => {
    for (const { target: box } of entries) {
      const scrolls = box.scrollWidth > box.clientWidth;
      box.classList.toggle("ct-scrolls", scrolls);
      if (box.querySelector("[role='grid']")) continue;
      for (const [name, value] of Object.entries({ tabindex: "0", role: "group", "aria-label": `${box.dataset.name}, scrolls sideways` })) {
        if (scrolls) box.setAttribute(name, value);
        else box.removeAttribute(name);
      }
    }
    if (entries.some(({ target }) => target.classList.contains("ct-scrolls"))) then();
  });
  return {
    watch: () => roots.forEach((root) => root.querySelectorAll(".ct-scroll").forEach((box) => watch.observe(box))),
    stop: () => watch.disconnect(),
  };
}

/** Bring the cells from `first` to `last` into view if their box scrolls sideways and they are out of it. */
function reveal(first, last) {
  const box = first.closest(".ct-scrolls");
  if (!box) return; // all of it is in view
  const [view, left, right] = [box, first, last].map((part) => part.getBoundingClientRect());
  const labels = first.parentElement.firstElementChild.offsetWidth;
  if (left.left >= view.left + labels && right.right <= view.right) return;
  box.scrollLeft += (left.left + right.right - labels - view.left - view.right) / 2;
}

// ---- texts

/** The room of a text in digits. */
const breadth = (text) => text.length + 0.35 * text.includes("−") - 0.5 * text.includes(".");

/** For each number of words the longest ones: a text that needs at least the room of every text like it. */
function roomiest(texts) {
  const most = new Map();
  for (const text of new Set(texts.map((text) => text.replace(/\d/g, "0")))) { // all digits are equally wide
    const words = text.split(" ");
    const kept = most.get(words.length) ?? words;
    most.set(words.length, words.map((word, i) => (breadth(word) > breadth(kept[i]) ? word : kept[i])));
  }
  return [...most.values()].map((words) => words.join(" "));
}

/** A text that changes, in the space of the longest of `texts`, so that nothing beside it ever moves. */
function reserved(className, texts = []) {
  const now = element("span", "ct-now-text");
  const made = element("span", `ct-reserved ${className}`);
  const reserve = (all) => {
    made.replaceChildren(now, ...roomiest(all).map((text) => {
      const ghost = element("span", "ct-ghost");
      ghost.dataset.text = text; // drawn by the style sheet: unseen, unread and not found by a search
      return ghost;
    }));
  };
  reserve(texts);
  return { element: made, reserve, show: (...text) => now.replaceChildren(...text) };
}

/** The scale; the stage's own colours go by the root of the value, so they get a legend that does, too. */
function drawLegend(limit, className = "ct-legend") {
  const made = element("div", className, ...[-limit, 0, limit].map((value) => element("span", "", number(value))));
  made.setAttribute("role", "img");
  made.setAttribute("aria-label", `Colours: blue down to ${number(-limit)}, the page at 0, orange up to ${number(limit)}`);
  return made;
}

/** What a set of changed traits means for a picture: `values`: any number in it; `all`: more than the step. */
function news(changed) {
  const first = changed.size === 0;
  const values = first || changed.has("input") || changed.has("layers");
  const layer = first || changed.has("layer");
  return { values, layer, all: values || layer || changed.has("filter") };
}
