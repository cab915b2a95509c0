// Photos: the picture and its map on canvases, the few pixels under the filter as numbers, and a file of the reader's own.

const LARGEST = 256; // pixels along the longer side of a reader's picture
const SMALL = 64; // pixels along the longer side of a small map
const SHADES = 4096; // from 0 to the end of the scale

/** Read a picture as a tensor (rows, columns, depth), pixel / 255; grey if depth is 1. */
export async function loadPhoto(address, depth) {
  const image = new Image();
  image.src = address;
  await image.decode();
  const { naturalWidth: columns, naturalHeight: rows } = image;
  const { data: pixels } = drawn(image, columns, rows).getImageData(0, 0, columns, rows);
  const data = new Float64Array(rows * columns * depth);
  const grey = (at) => Math.round(0.299 * pixels[at] + 0.587 * pixels[at + 1] + 0.114 * pixels[at + 2]); // ITU-R BT.601
  for (let i = 0; i < data.length; i += 1) data[i] = (depth === 1 ? grey(i * 4) : pixels[Math.floor(i / depth) * 4 + (i % depth)]) / 255;
  return { shape: [rows, columns, depth], data };
}

function drawn(image, columns, rows) {
  const canvas = Object.assign(document.createElement("canvas"), { width: columns, height: rows });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, columns, rows);
  return context;
}

/** A file as a PNG of at most LARGEST pixels along a side: its address and size. It stays on this machine. */
async function readPicture(file) {
  const image = await createImageBitmap(file);
  const scale = Math.min(1, LARGEST / Math.max(image.width, image.height));
  const [rows, columns] = [image.height, image.width].map((size) => Math.max(1, Math.round(size * scale)));
  const context = drawn(image, columns, rows);
  context.globalCompositeOperation = "destination-over"; // white below what is transparent
  context.fillStyle = "white";
  context.fillRect(0, 0, columns, rows);
  return { address: context.canvas.toDataURL(), size: [rows, columns] };
}

/** Lets the reader open a picture of his own in place of the photo. */
function openFile(app) {
  const input = keepKeys(Object.assign(element("input", "ct-file"), { type: "file", accept: "image/*" }));
  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (!file) return;
    try {
      const { address, size } = await readPicture(file);
      const refused = refusal({ ...app.state, input: address, step: 0 }, [...size, app.photo.shape[2]]);
      if (refused) app.say(`${refused} Kept the last photo.`);
      else if (app.change({ input: address, step: 0 })) app.say(`Opened ${file.name}.`);
    } catch {
      app.say(`Refused: ${file.name} cannot be read as a picture. Kept the last photo.`);
    }
    input.value = ""; // the same file can be chosen again
  });
  return { element: labelled("ct-open", "Open your own picture (it stays on this machine)", input), show() {} };
}

/** Colours from -limit to limit as 32-bit pixels, as `paint` shades cells: at 0 the page shows through. */
function paletteOf(low, high) {
  return Uint32Array.from({ length: 2 * SHADES + 1 }, (_, i) => {
    const [red, green, blue] = i < SHADES ? low : high;
    const alpha = Math.round(255 * Math.sqrt(Math.abs(i / SHADES - 1)));
    return (alpha << 24) | (blue << 16) | (green << 8) | red;
  });
}

/** Fit the canvas and let `fill` write the bytes of its pixels: red, green, blue, opacity. */
function paintPixels(canvas, height, width, fill) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const pixels = new ImageData(width, height);
  fill(pixels.data);
  canvas.getContext("2d").putImageData(pixels, 0, 0);
}

/** `every` leaves pixels out, for a small copy. */
function paintMap(canvas, { shape: [rows, columns, channels], data }, channel, limit, palette, every = 1) {
  const scale = SHADES / limit;
  paintPixels(canvas, Math.ceil(rows / every), Math.ceil(columns / every), ({ buffer }) => {
    const pixels = new Uint32Array(buffer);
    for (let row = 0, i = 0; row < rows; row += every) {
      for (let column = 0; column < columns; column += every, i += 1) {
        pixels[i] = palette[(data[(row * columns + column) * channels + channel] * scale + SHADES + 0.5) | 0];
      }
    }
  });
}

function paintPhoto(canvas, { shape: [rows, columns, depth], data }) {
  paintPixels(canvas, rows, columns, (bytes) => bytes.forEach((_, i) => {
    const channel = Math.min(i % 4, depth - 1); // grey has one for all three colours
    bytes[i] = i % 4 === 3 ? 255 : data[Math.floor(i / 4) * depth + channel] * 255;
  }));
}

/** The end of a layer's scale: its own, so that no map is pale; pixels and weights beyond it have its full colour. */
function limitOf({ data }) {
  let most = 0;
  for (let i = 0; i < data.length; i += 1) most = Math.max(most, Math.abs(data[i]));
  return roundedUp(most || 1);
}

/** For each axis: the place's window on the photo starts at `start + place * jump` and is `reach` pixels long. */
function fieldOnPhoto({ layers, layer }, tensors) {
  const fields = [0, 1].map(() => ({ start: 0, jump: 1, reach: 1 }));
  layers.slice(0, layer + 1).forEach((one, k) => axes(one, tensors[k].shape).forEach((axis, i) => {
    fields[i].start -= axis.before * fields[i].jump;
    fields[i].reach += (axis.reach - 1) * fields[i].jump;
    fields[i].jump *= axis.stride;
  }));
  return fields;
}

/** A canvas with a frame on it; where one presses or drags, `go(row, column)` gets the fraction of its height and width. */
function view(className, go) {
  const canvas = element("canvas", "ct-canvas");
  const frame = unread("ct-photo-frame");
  const made = element("div", `ct-view ${className}`, canvas, frame);
  const follow = (event) => {
    const box = canvas.getBoundingClientRect();
    go((event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width);
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    canvas.setPointerCapture(event.pointerId);
    follow(event);
  });
  canvas.addEventListener("pointermove", (event) => canvas.hasPointerCapture(event.pointerId) && follow(event));
  return {
    element: made,
    canvas,
    /** Put the frame around the pixels from [row, column] on, `rows` and `columns` of them, of a picture of this shape. */
    place([row, column], [rows, columns], shape) {
      const [down, across] = shape.map((size) => 100 / size);
      Object.assign(frame.style, {
        top: `${row * down}%`, left: `${column * across}%`, height: `${rows * down}%`, width: `${columns * across}%`,
      });
    },
  };
}

/** The stage of a photo: the picture, its map, the bank of all maps, and the numbers under the filter. */
function photoStage(app) {
  const map = () => app.tensors[app.state.layer + 1];
  const field = () => fieldOnPhoto(app.state, app.tensors);
  const goTo = ([row, column], { layer, filter } = app.state) => {
    const [rows, columns] = app.tensors[layer + 1].shape;
    app.change({ layer, filter, step: clamp(row, rows) * columns + clamp(column, columns) });
  };
  /** The place of a map whose window's middle is next to a point of the photo, in pixels. */
  const nearest = (fields, point) => fields.map(({ start, jump, reach }, i) => Math.round((point[i] - start - reach / 2) / jump));
  const photo = view("ct-photo-view", (row, column) => goTo(nearest(field(), [row * app.photo.shape[0], column * app.photo.shape[1]])));
  const result = view("ct-map-view", (row, column) => goTo([row * map().shape[0], column * map().shape[1]]));
  keepKeys(photo.element).tabIndex = 0;
  photo.element.setAttribute("role", "application");
  result.canvas.setAttribute("role", "img");
  photo.element.addEventListener("keydown", (event) => {
    const [row, column] = app.step.position;
    const [rows, columns] = map().shape;
    const far = event.ctrlKey;
    const to = {
      ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
      PageUp: [row - 10, column], PageDown: [row + 10, column], Home: [far ? 0 : row, 0], End: [far ? rows - 1 : row, columns - 1],
    }[event.key];
    if (!to || event.altKey || event.metaKey) return;
    event.preventDefault();
    goTo(to);
  });

  const bank = mapBank(app, (chosen) => {
    const middle = field().map(({ start, jump, reach }, i) => start + app.step.position[i] * jump + reach / 2);
    goTo(nearest(fieldOnPhoto({ ...app.state, ...chosen }, app.tensors), middle), chosen);
  });
  const numbers = element("div", "ct-numbers");
  const cellOf = ({ target }) => target.closest(CELLS);
  numbers.addEventListener("focusin", (event) => {
    const cell = cellOf(event);
    if (!cell) return;
    stopAt(cell);
    const { kernel } = targetOf(cell);
    app.select(kernel ? { part: "kernel", at: kernel } : { part: "bias" });
  });
  numbers.addEventListener("keydown", (event) => {
    if (!cellOf(event) || event.altKey || event.metaKey || !/^(Arrow.*|Home|End)$/.test(event.key)) return;
    event.preventDefault();
    neighbour(cellOf(event), event.key, event.ctrlKey)?.focus();
  });
  const legend = element("div");
  const sizes = app.shows("shapes") ? shapesLine(app) : null;
  let palette;
  let limits = []; // of every layer
  let end; // of the legend
  let tables;

  /** The colours are the theme's: taken when the canvas comes into the page, and again when they change or it is resized. */
  function adapt() {
    const { color, caretColor } = getComputedStyle(result.canvas);
    if (!color) return;
    palette = paletteOf(...[color, caretColor].map((text) => text.match(/[\d.]+/g).map(Number)));
    repaint();
  }
  result.canvas.addEventListener("transitionend", adapt);
  const arrival = new ResizeObserver(adapt);
  arrival.observe(result.canvas);

  function repaint() {
    if (!palette) return;
    paintMap(result.canvas, map(), app.state.filter, limits[app.state.layer], palette);
    bank.paint(limits, palette);
  }

  return {
    element: element("div", "ct-photo-stage", ...(sizes ? [sizes.element] : []), element("div", "ct-views", photo.element, result.element), bank.element,
      numbers),
    words: element("div"),
    legend,
    show(changed) {
      const { all } = news(changed);
      const [rows, columns] = app.photo.shape;
      if (!changed.size || changed.has("input")) {
        paintPhoto(photo.canvas, app.photo);
        photo.element.setAttribute("aria-label", `Photo, ${rows} rows, ${columns} columns; arrow keys move the filter`);
      }
      if (all) {
        limits = app.tensors.slice(1).map(limitOf);
        if (end !== limits[app.state.layer]) legend.replaceChildren(drawLegend((end = limits[app.state.layer]), "ct-legend ct-rooted"));
        bank.show();
        sizes?.show({ all: true });
        const [height, width] = map().shape;
        const [down, across] = field().map(({ jump }) => jump);
        styled(result.element, { width: (width * across) / columns, ratio: (width * across) / (height * down) });
        styled(this.element, { columns });
        result.canvas.setAttribute("aria-label", `Feature map, ${height} rows, ${width} columns`);
        repaint();
      } else if (!changed.has("step") && !changed.has("selected")) return;
      const fields = field();
      photo.place(fields.map(({ start, jump }, i) => start + app.step.position[i] * jump), fields.map(({ reach }) => reach), app.photo.shape);
      result.place(app.step.position, [1, 1], map().shape);
      if (!tables?.fits(app.step)) {
        tables = numberTables(app);
        numbers.replaceChildren(...tables.elements);
      }
      tables.show(app.step, limits[app.state.layer]);
    },
    remove: () => arrival.disconnect(),
  };
}

/** All maps of all layers, small, as a group of radio buttons. */
function mapBank(app, choose) {
  const made = element("div");
  made.setAttribute("role", "radiogroup");
  made.setAttribute("aria-label", "Feature maps");
  banks += 1;
  const name = `ct-filters-${banks}`;
  let maps = []; // {layer, filter, radio, canvas, card}

  function rebuild() {
    const several = app.state.layers.length > 1;
    maps = [];
    made.replaceChildren(...app.state.layers.flatMap((layer, at) => [
      ...(several ? [unread("ct-size", layer.class_name)] : []),
      element("div", "ct-filters", ...range(app.tensors[at + 1].shape[2]).map((filter) => {
        const radio = keepKeys(Object.assign(element("input"), { type: "radio", name }));
        radio.addEventListener("change", () => choose({ layer: at, filter }));
        const canvas = element("canvas", "ct-canvas");
        const which = several ? element("span", "ct-hidden", `layer ${at + 1}, ${layer.class_name}, `) : "";
        const card = element("label", "ct-filter", element("span", "", radio, which, `${isConv(layer) ? "filter" : "channel"} ${filter}`), canvas);
        maps.push({ layer: at, filter, radio, canvas, card });
        return card;
      })),
    ]));
  }

  return {
    element: made,
    show() {
      const count = app.tensors.slice(1).reduce((all, { shape }) => all + shape[2], 0);
      if (count !== maps.length) rebuild();
      made.hidden = count === 1;
      for (const { layer, filter, radio, card } of maps) {
        radio.checked = layer === app.state.layer && filter === app.state.filter;
        card.classList.toggle("ct-chosen", radio.checked);
      }
    },
    paint(limits, palette) {
      if (maps.length === 1) return;
      for (const { layer, filter, canvas } of maps) {
        const tensor = app.tensors[layer + 1];
        paintMap(canvas, tensor, filter, limits[layer], palette, Math.ceil(Math.max(...tensor.shape.slice(0, 2)) / SMALL));
      }
    },
  };
}

/** What lies under the filter and the filter as it lies, number by number, for each channel, with its sum; then bias and total. */
function numberTables(app) {
  const { layer, filter } = app.state;
  const { window, kernel, channel_names: names } = app.step;
  const shape = String(dimensions(window));
  const editable = Boolean(kernel) && app.shows("weights");
  const weightCell = (kind, at) => (editable ? placeCell(kind, at) : emptyCell("td"));
  const weightTable = (caption, cells) => {
    const made = table("ct-table", caption, [], cells);
    return editable ? asGrid(made) : made;
  };
  const parts = window[0][0].map((_, k) => {
    const name = names.length > 1 ? names[kernel ? k : filter] : "";
    const cells = window.map((row) => row.map(() => emptyCell("td")));
    const values = table("ct-table", name || (layer ? "input" : "pixels"), [], cells);
    if (!kernel) return { element: element("div", "ct-part", values), cells };
    const weights = kernel.map((row, r) => row.map((__, c) => weightCell("kernel", [r, c, k])));
    const sum = element("span", "ct-partial");
    return { element: element("div", `ct-part ${named(name)}`, values, unread("", "×"), weightTable(name ? `weights, ${name}` : "weights", weights), sum), cells, weights, sum };
  });
  const bias = kernel && weightCell("bias", "0");
  const total = element("span", "ct-total");
  const before = bias ? [unread("", "+"), weightTable("bias", [[bias]])] : [];
  return {
    elements: [...parts.map((part) => part.element), element("div", "ct-part", ...before, total)],
    fits: (step) => app.state.layer === layer && (kernel || app.state.filter === filter) && String(dimensions(step.window)) === shape,
    show(step, limit) {
      const isInside = (r, c) => [r, c].every((tap, axis) => step.taps[axis][tap] >= 0 && step.taps[axis][tap] < step.length[axis]);
      const { part, at } = app.selected ?? {};
      parts.forEach(({ cells, weights, sum }, k) => {
        cells.forEach((row, r) => row.forEach((cell, c) => {
          put(cell, step.window[r][c][k] ?? 0, limit).classList.toggle("ct-pad", !isInside(r, c));
          if (!weights) return;
          put(weights[r][c], step.kernel[r][c][k], limit);
          if (editable) weights[r][c].ariaSelected = part === "kernel" && String(at) === weights[r][c].dataset.kernel;
        }));
        if (sum) sum.textContent = `= ${number(step.channel_sums[k])}`;
      });
      if (bias) put(bias, step.bias, limit);
      if (editable) bias.ariaSelected = part === "bias";
      const after = step.activation === "relu" ? `, ReLU ${number(step.output)}` : "";
      const [name, value] = { sum: ["=", step.total], max: ["largest", step.output], average: ["mean", step.output], relu: ["ReLU", step.output] }[step.operation];
      total.textContent = `${name} ${number(value)}${after}`;
    },
  };
}
