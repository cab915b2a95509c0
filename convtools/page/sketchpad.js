// The sketchpad: a digit drawn by the reader, what a small network gets of it, its maps and how sure it is.
// Ink is a Uint8Array of 32 x 32 cells, row by row; all its arithmetic is `convtools.sketchpad`'s, word for word.

const SIZE = 32; // cells along a side of the pad
const BLOCK = 4; // cells along a side of the block that one pixel counts
const PEN = 1.75; // the pen's radius in cells
const WIDE = 18; // columns that ink fills at most
const LEAST = 260; // cells of ink
const KEY_STEP = 2; // cells that an arrow key moves the pen by

const blankPad = () => new Uint8Array(SIZE * SIZE);

/** The [row, column] cells of the ink, and the other way round. */
const cellsOf = (ink) => range(SIZE * SIZE).filter((i) => ink[i]).map((i) => [Math.floor(i / SIZE), i % SIZE]);

function inkOf(cells) {
  const ink = blankPad();
  for (const [row, column] of cells) ink[row * SIZE + column] = 1;
  return ink;
}

/** Ink the cells that the round pen covers on its way between two [row, column] points. */
function ruled(ink, [row, column], [toRow, toColumn]) {
  const [down, across] = [toRow - row, toColumn - column];
  const length = down ** 2 + across ** 2 || 1;
  for (let i = 0; i < ink.length; i += 1) {
    const [y, x] = [Math.floor(i / SIZE) + 0.5 - row, (i % SIZE) + 0.5 - column];
    const along = Math.max(0, Math.min(1, (y * down + x * across) / length)); // the nearest point of the way
    if ((y - along * down) ** 2 + (x - along * across) ** 2 <= PEN ** 2) ink[i] = 1;
  }
}

/** The ink of whole strokes, as the cells of a list. */
export function drawn(strokes) {
  const ink = blankPad();
  for (const stroke of strokes) stroke.forEach((point, n) => ruled(ink, point, stroke[n + 1] ?? point));
  return cellsOf(ink);
}

/** What the network gets: the ink upright, as high as the pad, in the middle, thick enough, and counted in blocks; a tensor. */
export function blocks(cells) {
  const pixels = { shape: [SIZE / BLOCK, SIZE / BLOCK, 1], data: new Float64Array((SIZE / BLOCK) ** 2) };
  if (!cells.length) return pixels;
  const top = Math.min(...cells.map(([row]) => row));
  const bottom = Math.max(...cells.map(([row]) => row));
  const high = bottom - top + 1;
  const below = Math.max(high - 1, 1);
  const leftmost = (at) => Math.min(...cells.filter(([row]) => row === at).map(([, column]) => column));
  const lean = leftmost(top) - leftmost(bottom);
  const columns = cells.map(([row, column]) => column + Math.floor((2 * lean * (row - top) + below) / (2 * below))); // upright
  const left = Math.min(...columns);
  const wide = Math.max(...columns) - left + 1;
  const ink = new Uint8Array(high * wide);
  cells.forEach(([row], i) => (ink[(row - top) * wide + columns[i] - left] = 1));
  const width = Math.min(Math.max(Math.floor((2 * SIZE * wide + high) / (2 * high)), 1), WIDE); // halves are rounded up
  const start = Math.floor((SIZE - width) / 2);
  let box = blankPad();
  for (let row = 0; row < SIZE; row += 1) {
    const from = Math.floor(((2 * row + 1) * high) / (2 * SIZE)) * wide;
    for (let column = 0; column < width; column += 1) {
      box[row * SIZE + start + column] = ink[from + Math.floor(((2 * column + 1) * wide) / (2 * width))];
    }
  }
  for (let n = 0; n < 3 && add(box) < LEAST; n += 1) box = thicker(box);
  for (const [row, column] of cellsOf(box)) {
    pixels.data[Math.floor(row / BLOCK) * (SIZE / BLOCK) + Math.floor(column / BLOCK)] += 1 / BLOCK ** 2;
  }
  return pixels;
}

/** Ink the four neighbours of every inked cell, too. (The ink is far from the sides: it never goes on in the next row.) */
const thicker = (box) => box.map((inked, i) => inked || box[i - SIZE] || box[i + SIZE] || box[i - 1] || box[i + 1]);

/** {pixels, maps, chances}: what the network makes of the ink; chances are all 0 and the maps missing without any. */
export function readInk({ layers, kernel, bias }, cells) {
  const pixels = blocks(cells);
  if (!cells.length) return { pixels, maps: [], chances: bias.map(() => 0) };
  const [, ...maps] = network({ layers }, pixels);
  const { data } = maps.at(-1) ?? pixels;
  const scores = bias.map((start, unit) => data.reduce((sum, value, i) => sum + value * kernel[i][unit], 0) + start);
  const powers = scores.map((score) => Math.exp(score - Math.max(...scores)));
  return { pixels, maps, chances: powers.map((power) => power / add(powers)) };
}

const percent = (part) => `${Math.floor(100 * part + 0.5)}\u00a0%`;

/** What is likeliest, and what comes next. */
export function verdictOf(labels, chances) {
  const [best, second] = range(chances.length).sort((a, b) => chances[b] - chances[a]); // the first of equals stays first
  const [first, other] = [best, second].map((n) => `${labels[n]} (${percent(chances[n])})`);
  if (!chances[best]) return "Draw a digit.";
  if (chances[best] < 0.5) return `Not sure: ${first} or ${other}.`;
  return `Looks like ${/^[8aeio]/i.test(labels[best]) ? "an" : "a"} ${first}. Next: ${other}.`;
}

/** Paint a canvas of rows x columns cells; `shade(i)` is [opacity, colour] of the cell i. */
function paintShades(canvas, rows, columns, shade) {
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, columns, rows);
  for (let i = 0; i < rows * columns; i += 1) {
    [context.globalAlpha, context.fillStyle] = shade(i);
    if (context.globalAlpha) context.fillRect(i % columns, Math.floor(i / columns), 1, 1);
  }
}

const sizedCanvas = (height, width) => Object.assign(element("canvas", "ct-canvas"), { height, width });

/** The eight rows of what the network gets, as counts of 16. */
function pixelTable() {
  const cells = range(SIZE / BLOCK).map(() => range(SIZE / BLOCK).map(() => put(emptyCell("td"), 0, 1)));
  return {
    element: table("ct-got", `The network gets: ${SIZE / BLOCK} × ${SIZE / BLOCK} pixels`, [], cells),
    show: ({ data }) => cells.flat().forEach((cell, i) => put(cell, data[i] * BLOCK ** 2, BLOCK ** 2)),
  };
}

/** All maps that come out of a layer. */
function layerMaps({ class_name: name }, [rows, columns, count]) {
  const canvases = range(count).map(() => sizedCanvas(rows, columns));
  const words = `after ${name}: ${count} ${count > 1 ? "maps" : "map"} of ${rows} × ${columns}`;
  const pictures = element("div", "ct-sketch-maps", ...canvases);
  pictures.setAttribute("role", "img");
  pictures.setAttribute("aria-label", words);
  return {
    element: element("div", "", element("p", "ct-heading", words), pictures),
    show(map) {
      const { color, caretColor } = getComputedStyle(canvases[0]); // blue and orange of the theme
      const most = map ? Math.max(...map.data.map(Math.abs)) : 0;
      canvases.forEach((canvas, k) => paintShades(canvas, rows, columns, (i) => {
        const value = most && map.data[i * count + k] / most;
        return [Math.sqrt(Math.abs(value)), value < 0 ? color : caretColor];
      }));
    },
  };
}

/** A bar for each label; the longest has a sign and a frame, too. */
function chanceBars(labels) {
  const rows = labels.map((label) => {
    const bar = unread("ct-bar");
    const text = element("span", "");
    return { bar, text, cells: [header("row", label), element("td", "", bar), element("td", "", text, unread("ct-most-sign", "◀"))] };
  });
  const made = styled(table("ct-chances", "Probabilities", [], rows.map(({ cells }) => cells)), { label: longest(labels) });
  return {
    element: made,
    show(chances) {
      const best = chances.indexOf(Math.max(...chances));
      rows.forEach(({ bar, text, cells }, n) => {
        styled(bar, { share: chances[n] });
        text.textContent = chances[best] ? percent(chances[n]) : "·";
        cells[0].parentElement.classList.toggle("ct-most", n === best && chances[n] > 0);
      });
    },
  };
}

/** Mount a sketchpad in `el`, tied to `model` (get, set, save_changes, on, off); returns its clean-up. */
function render({ model, el }) {
  const [labels, examples, layers, kernel, bias] = ["labels", "examples", "layers", "kernel", "bias"].map((key) => model.get(key));
  let ink = inkOf(model.get("ink"));
  const past = []; // the ink before each change
  let stroke = null; // {before, at}: the pen is down
  let cursor = [SIZE / 2 - 1, SIZE / 2 - 1]; // the cell of the keys' pen

  const canvas = sizedCanvas(SIZE, SIZE);
  const pen = unread("ct-pen");
  const pad = keepKeys(element("div", "ct-sketch", canvas, pen));
  const hint = element("p", "ct-size", "Draw with finger or mouse. With keys: the arrows move the pen, Space puts it down or lifts it, Backspace clears.");
  const where = element("p", "ct-hidden"); // where the keys' pen is, for those who do not see it
  const said = element("p", "ct-reading");
  for (const line of [where, said]) line.setAttribute("aria-live", "polite");
  hint.id = `ct-sketch-${Math.random().toString(36).slice(2)}`;
  pad.tabIndex = 0;
  for (const [name, value] of Object.entries({ role: "application", "aria-label": "Pad to draw on", "aria-describedby": hint.id })) {
    pad.setAttribute(name, value);
  }
  const [undo, clear] = ["Undo", "Clear"].map((name) => button(name));
  const tries = examples.map(([name, strokes]) => [button(`Try ${/^[8aeio]/i.test(name) ? "an" : "a"} ${name}`), strokes]);
  const got = pixelTable();
  const maps = shapes({ layers }, [SIZE / BLOCK, SIZE / BLOCK, 1]).slice(1).map((shape, k) => layerMaps(layers[k], shape));
  const bars = chanceBars(labels);
  const note = "Your ink is set upright, stretched to the form of the digits the network knows, and counted in blocks of 4 × 4 cells, 0 to 16. In the maps orange is above 0, blue below.";
  const root = element("div", "ct-widget ct-sketchpad",
    element("div", "ct-sketching", pad, hint, where, element("div", "ct-controls", undo, clear),
      element("div", "ct-controls", ...tries.map(([made]) => made))),
    element("div", "ct-judging", said, bars.element),
    element("div", "ct-inside", got.element, ...maps.map((one) => one.element), element("p", "ct-size", note)));
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "Sketchpad");
  el.append(root);

  /** Everything but the sentence, which waits for the end of a stroke. */
  function show() {
    const { color } = getComputedStyle(canvas);
    const read = readInk({ layers, kernel, bias }, cellsOf(ink));
    got.show(read.pixels);
    bars.show(read.chances);
    undo.ariaDisabled = String(!past.length);
    clear.ariaDisabled = String(!ink.includes(1));
    pad.classList.toggle("ct-down", Boolean(stroke));
    pen.style.translate = `${(100 * (cursor[1] - 1.5)) / BLOCK}% ${(100 * (cursor[0] - 1.5)) / BLOCK}%`;
    if (!color) return read; // not in the page yet
    paintShades(canvas, SIZE, SIZE, (i) => [ink[i], color]);
    maps.forEach((one, k) => one.show(read.maps[k]));
    return read;
  }

  function say() {
    said.textContent = verdictOf(labels, show().chances);
  }

  /** Keep what the ink was before, tell Python what it is now, and read it. */
  function keep(before) {
    past.push(before);
    model.set("ink", cellsOf(ink));
    model.save_changes();
    say();
  }

  function lay(next) {
    lift();
    const before = ink;
    ink = next;
    if (String(before) !== String(ink)) keep(before);
  }

  function putDown(at) {
    lift();
    stroke = { before: ink.slice(), at };
    moveTo(at);
  }

  function moveTo(at) {
    ruled(ink, stroke.at, at);
    stroke.at = at;
    show();
  }

  function lift() {
    if (!stroke) return;
    const { before } = stroke;
    stroke = null;
    if (String(before) !== String(ink)) keep(before);
    else say();
  }

  function goBack() {
    lift();
    if (!past.length) return;
    ink = past.pop();
    model.set("ink", cellsOf(ink));
    model.save_changes();
    say();
  }

  const wipe = () => lay(blankPad());
  undo.addEventListener("click", goBack);
  clear.addEventListener("click", wipe);
  for (const [made, strokes] of tries) made.addEventListener("click", () => lay(inkOf(drawn(strokes))));

  const pointOf = ({ clientX, clientY }) => {
    const box = canvas.getBoundingClientRect();
    return [((clientY - box.top) / box.height) * SIZE, ((clientX - box.left) / box.width) * SIZE];
  };
  pad.addEventListener("pointerdown", (event) => {
    if (event.button || !event.isPrimary) return;
    event.preventDefault(); // no text is selected
    pad.setPointerCapture(event.pointerId);
    pad.focus({ preventScroll: true });
    putDown(pointOf(event));
  });
  pad.addEventListener("pointermove", (event) => {
    if (!pad.hasPointerCapture(event.pointerId) || !stroke) return;
    const all = event.getCoalescedEvents?.() ?? [];
    for (const one of all.length ? all : [event]) moveTo(pointOf(one));
  });
  pad.addEventListener("lostpointercapture", lift); // the finger left, or something took it away
  pad.addEventListener("blur", lift);
  pad.addEventListener("keydown", (event) => {
    const { key } = event;
    if (event.altKey || event.metaKey || (event.ctrlKey && key !== "z")) return;
    const moved = {
      ArrowUp: [-KEY_STEP, 0], ArrowDown: [KEY_STEP, 0], ArrowLeft: [0, -KEY_STEP], ArrowRight: [0, KEY_STEP],
    }[key];
    const middle = () => cursor.map((place) => place + 0.5);
    if (moved) {
      cursor = cursor.map((place, axis) => clamp(place + moved[axis], SIZE));
      if (stroke) moveTo(middle());
      else show();
    } else if (key === " " || key === "Enter") {
      if (event.repeat) return event.preventDefault();
      if (stroke) lift();
      else putDown(middle());
    } else if (key === "Escape") lift();
    else if (key === "Backspace" || key === "Delete") wipe();
    else if (event.ctrlKey) goBack();
    else return undefined;
    event.preventDefault();
    if (moved || key === " " || key === "Enter") where.textContent = `Row ${cursor[0]}, column ${cursor[1]}, pen ${stroke ? "down" : "up"}.`;
    return undefined;
  });

  function hear() {
    const next = inkOf(model.get("ink"));
    if (stroke || String(next) === String(ink)) return;
    past.push(ink);
    ink = next;
    say();
  }
  model.on("change:ink", hear);
  root.addEventListener("transitionend", show); // the theme's colours changed
  const arrival = new ResizeObserver(show);
  arrival.observe(canvas);
  say();
  return () => {
    arrival.disconnect();
    model.off("change:ink", hear);
    root.remove();
  };
}

export default { render };
