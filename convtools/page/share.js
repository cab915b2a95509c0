// Take it along: the state as a program for one of three libraries, as a picture, as a link.

const LANGUAGES = { convtools: "convtools", keras: "Keras", torch: "PyTorch" };
const PHOTO_SIZES = [16, 32, 64, 128, 256, 512]; // those of convtools.data
const LONG = 68; // characters of nested numbers in one line

// ---- programs

const tuple = (values) => `(${values.join(", ")}${values.length === 1 ? "," : ""})`;

/** One number if all axes are alike, else a tuple: 2 or (2, 1). */
const setting = (values) => (new Set(values).size === 1 ? String(values[0]) : tuple(values));

/** As few digits as tell a number from its neighbours in float32, with which all three compute. */
const short = (value) => [6, 7, 8].map((digits) => Number(value.toPrecision(digits))).find((one) => Math.fround(one) === Math.fround(value)) ?? value;

/** Nested numbers as Python writes them; what would be too long a line is broken, after whole rows first. */
function literal(list) {
  const line = JSON.stringify(list, (_, part) => (typeof part === "number" ? short(part) : part)).replaceAll(",", ", ");
  if (line.length <= LONG) return line;
  const end = dimensions(list).length > 2 ? "]]," : "],";
  return `\n    ${line.replaceAll(`${end} `, `${end}\n     `).replace(/(.{40,80}?\],|.{70,}?,) /g, "$1\n     ")}\n`;
}

/** Numbers written without their last axes of one, which `reshape` brings back; `make` puts the call around. */
function array(nested, make, shape) {
  const length = dimensions(nested).findLastIndex((size) => size > 1) + 1 || 1;
  const bare = (part, depth) => (depth ? part.map((inner) => bare(inner, depth - 1)) : [part].flat(Infinity)[0]);
  return `${make(literal(bare(nested, length)))}${length === shape.length ? "" : `.reshape${tuple(shape)}`}`;
}

const several = (values) => values?.some((value) => value > 1);

/** [] or ["strides=2"]. */
const word = (name, values) => (several(values) ? [`${name}=${setting(values)}`] : []);

/** A photo's lines: the book's photo, if it has the size of one, or a file of the reader's. */
function photoCode([rows, columns, depth]) {
  const lines = [
    "# Put the name of your picture's file here.",
    `pixels = np.asarray(Image.open("photo.png").convert("${depth === 1 ? "L" : "RGB"}").resize((${columns}, ${rows}))) / 255`,
  ];
  const imports = ["import numpy as np", "from PIL import Image"];
  if (rows === columns && PHOTO_SIZES.includes(rows)) {
    const book = depth === 1 ? "grey_photo" : "photo";
    imports.push(`from convtools.data import ${book}`, "from convtools.photos import to_pixels");
    lines[1] = `# ${lines[1]}`;
    lines.push(`pixels = to_pixels(${book}(${rows})) / 255`);
  }
  return { imports, lines };
}

const places = (shape) => (shape.length === 2 ? "length" : "rows, columns");

/** A layer's kernel, by `make`. */
const kernelText = ({ kernel }, make) => `${array(kernel, make, dimensions(kernel))}  # (${places(dimensions(kernel).slice(1))}, channels, filters)`;

/** "layer 2 of 3 (Conv2D), filter 1": which map the program prints. */
function mapName({ layers, layer, filter }) {
  const { class_name: name } = layers[layer];
  return `${layers.length > 1 ? `layer ${layer + 1} of ${layers.length} (${name}), ` : ""}${isConv(layers[layer]) ? "filter" : "channel"} ${filter}`;
}

/**
 * A program in one of LANGUAGES that computes the map of the state's layer and filter as `output`, and prints it.
 * A photo's numbers are not in the state: give its shape.
 */
export function codeFor(state, language, shape = dimensions(state.input)) {
  const sizes = shapes(state, shape);
  const photo = typeof state.input === "string" ? photoCode(shape) : null;
  const values = (make) => (photo ? `${make("pixels")}.reshape${tuple([1, ...shape])}` : array(state.input, make, [1, ...shape]));
  const x = (make) => `x = ${values(make)}  # (batch, ${places(shape)}, channels)`;
  const write = language === "torch" ? torchCode : modelCode;
  const { imports, lines } = write(state, sizes, x, language);
  return [...new Set([...imports, ...(photo?.imports ?? [])]), "", ...(photo?.lines ?? []), ...lines, "print(output)", ""].join("\n");
}

/** Keras and convtools: the same words. */
function modelCode(state, sizes, x, language) {
  const keras = language === "keras";
  const place = keras ? "keras.layers." : "";
  const { layers, layer: chosen, filter } = state;
  const rows = []; // a layer of the model each
  const weights = [];
  let end = 0; // rows up to the chosen layer's
  layers.forEach((layer, k) => {
    const conv = isConv(layer);
    const { strides, padding, dilation_rate: dilation, activation } = layer;
    const cut = keras && conv && several(strides) && several(dilation);
    const words = [
      ...(conv ? [layer.bias.length, setting(dimensions(layer.kernel).slice(0, -2))] : []),
      ...(layer.pool_size ? [setting(layer.pool_size), `strides=${setting(strides)}`] : cut ? [] : word("strides", strides)),
      ...(padding && padding !== "valid" ? [`padding="${padding}"`] : []),
      ...word("dilation_rate", dilation),
      ...(activation ? [`activation="${activation}"`] : []),
      ...(!keras && k === 0 ? [`input_shape=${tuple(sizes[0])}`] : []),
    ];
    if (conv) {
      const [kernel, bias] = ["kernel", "bias"].map((name) => (layers.filter(isConv).length > 1 ? `${name}_${k}` : name));
      const turned = layer.flip ? `[${sizes[0].slice(1).fill("::-1").join(", ")}]` : "";
      weights.push(
        `${kernel} = ${kernelText(layer, (text) => `np.array(${text})`)}`,
        `${bias} = np.array(${literal(layer.bias)})`,
        `model.layers[${rows.length}].set_weights([${kernel}${turned}, ${bias}])${turned && "  # true convolution"}`,
      );
    }
    rows.push(`    ${place}${layer.class_name}(${words.join(", ")}),`);
    if (cut) {
      // With "same", the places kept begin where the strides' own, smaller padding would.
      const kept = axes(layer, sizes[k]).map((axis) => {
        const first = padding === "same" ? Math.floor((axis.reach - 1) / 2) - axis.before : 0;
        return `${first || ""}::${axis.stride}`;
      });
      rows.push(`    keras.layers.Lambda(lambda maps: maps[:, ${kept.join(", ")}]),  # Keras refuses strides with a dilation`);
    }
    if (k === chosen) end = rows.length;
  });
  const sequential = keras ? "keras.Sequential" : "Sequential";
  const names = new Set(layers.map((layer) => layer.class_name));
  const model = end < rows.length ? `${sequential}(model.layers[:${end}])` : "model";
  const maps = `${model}(x)`;
  return {
    imports: keras ? ["import keras", "import numpy as np"] : ["import numpy as np", `from convtools import ${[...names, "Sequential"].join(", ")}`],
    lines: [
      x((text) => `np.float32(${text})`), "",
      `model = ${sequential}([`, ...(keras ? [`    keras.Input(${tuple(sizes[0])}),`] : []), ...rows, "])", ...weights, "",
      `output = ${keras ? `np.array(${maps})` : maps}[0, ..., ${filter}]  # ${mapName(state)}`,
    ],
  };
}

/** PyTorch: channels first, weights as (filters, channels, ...), padding and strides by hand where it has none. */
function torchCode(state, sizes, x) {
  const d = sizes[0].length - 1;
  const tensor = (text) => `torch.tensor(${text}).float()`;
  const lines = [x(tensor), "maps = x.movedim(-1, 1)  # PyTorch: channels first"];
  state.layers.forEach((layer, k) => {
    lines.push("");
    const along = axes(layer, sizes[k]);
    const pads = along.flatMap((axis) => [axis.after, axis.before]).reverse(); // the last axis first: before, after
    const padded = (value) => `F.pad(${value}, ${tuple(pads)}`;
    const isPadded = pads.some(Boolean);
    if (isConv(layer)) {
      const words = ["maps", "kernel", "bias", ...word("stride", layer.strides), ...word("dilation", layer.dilation_rate)];
      lines.push(
        `kernel = ${kernelText(layer, tensor)}`,
        ...(layer.flip ? [`kernel = kernel.flip(${range(d).join(", ")})  # true convolution`] : []),
        "kernel = kernel.movedim((-1, -2), (0, 1))  # PyTorch: (filters, channels, ...)",
        `bias = ${tensor(literal(layer.bias))}`,
        ...(isPadded ? [`maps = ${padded("maps")})  # padding "${layer.padding}"`] : []),
        `maps = F.conv${d}d(${words.join(", ")})`,
        ...(layer.activation ? ["maps = F.relu(maps)"] : []),
      );
    } else if (layer.class_name === "ReLU") lines.push("maps = F.relu(maps)");
    else {
      const largest = isMax(layer);
      const call = (value) => `F.${largest ? "max" : "avg"}_pool${d}d(${value}, ${setting(layer.pool_size)}, stride=${setting(layer.strides)})`;
      if (isPadded && largest) lines.push(`maps = ${padded("maps")}, value=-torch.inf)  # padding does not count`);
      if (isPadded && !largest) lines.push(`inside = ${padded("torch.ones_like(maps)")})  # padding does not count`, `maps = ${call(`${padded("maps")})`)} / ${call("inside")}`);
      else lines.push(`maps = ${call("maps")}`);
    }
    if (k === state.layer) lines.push(`output = maps[0, ${state.filter}]  # ${mapName(state)}`);
  });
  return { imports: ["import torch", "import torch.nn.functional as F"], lines: [...lines, ""] };
}

// ---- pictures: light, whatever the theme, and complete in themselves

const INK = { low: [91, 159, 220], high: [236, 143, 53], accent: "#8a0f7c", text: "#14171c", line: "#b5b8bd" };
const EDGE = 16; // px around a picture

const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

const tag = (name, attributes, inside = "") =>
  `<${name} ${Object.entries(attributes).map(([key, value]) => `${key}="${escaped(String(value))}"`).join(" ")}>${inside}</${name}>`;

/** A cell's colours: its shade on white, as `paint` has it, and its outline. */
function cellInk(cell) {
  const ends = cell.matches(".ct-below") ? INK.low : INK.high;
  const part = cell.matches(".ct-above, .ct-below") ? parseFloat(cell.style.getPropertyValue("--ct-shade")) / (cell.matches(".ct-later") ? 300 : 100) : 0;
  const accent = cell.matches(".ct-now, .ct-lit, .ct-pinned");
  return {
    fill: `rgb(${ends.map((end) => Math.round(255 + (end - 255) * part))})`,
    stroke: accent ? INK.accent : INK.line,
    "stroke-width": accent ? 3 : 1,
    ...(cell.matches(".ct-pad") ? { "stroke-dasharray": "3 2" } : {}),
  };
}

/** The stage as it is drawn, with the sentence below: the text of an SVG that needs nothing else. */
export function pictureOf(app) {
  const stage = app.root.querySelector(".ct-stage, .ct-photo-stage");
  const origin = stage.getBoundingClientRect();
  const parts = [];
  let width = 420;
  const within = (box, inset = 0) => {
    width = Math.max(width, box.right - origin.left + 2 * EDGE);
    return {
      x: box.left - origin.left + EDGE + inset, y: box.top - origin.top + EDGE + inset,
      width: box.width - 2 * inset, height: box.height - 2 * inset,
    };
  };
  const each = (selector, draw) => {
    for (const one of stage.querySelectorAll(selector)) if (one.checkVisibility()) parts.push(draw(one, one.getBoundingClientRect()));
  };
  each("canvas", (canvas, box) => tag("image", { ...within(box), href: inLight(canvas), style: "image-rendering:pixelated" }));
  each(".ct-cell, .ct-mini i", (cell, box) => tag("rect", { ...within(box, box.height / 18), rx: box.height / 9, ...cellInk(cell) }));
  // Around a few pixels of a photo the frame is wider than they are, else it is overlooked.
  each(".ct-window, .ct-photo-frame", (frame, box) =>
    tag("rect", { ...within(box, Math.min(0, box.width / 2 - 12)), rx: 4, fill: "none", stroke: INK.accent, "stroke-width": 3 }));
  const texts = document.createTreeWalker(stage, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { currentNode: node } = texts;
    const { fontSize, fontWeight, clipPath } = getComputedStyle(node.parentElement);
    if (!node.data.trim() || clipPath !== "none" || !node.parentElement.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const { x, y, width: wide, height } = within(range.getBoundingClientRect());
    parts.push(tag("text", { x: x + wide / 2, y: y + height * 0.78, "text-anchor": "middle", "font-size": fontSize, "font-weight": fontWeight }, escaped(node.data.trim())));
  }
  const said = sentence(app.step);
  const lines = said.match(new RegExp(`\\S.{1,${Math.floor((width - 2 * EDGE) / 8)}}(?= |$)`, "g"));
  const bottom = origin.height + 2 * EDGE;
  lines.forEach((line, i) => parts.push(tag("text", { x: EDGE, y: bottom + 16 + i * 20, "font-size": 14 }, escaped(line))));
  const height = bottom + lines.length * 20 + EDGE;
  return tag("svg", { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}`, "font-family": getComputedStyle(stage).fontFamily, fill: INK.text },
    `<title>${escaped(said)}</title>${tag("rect", { width, height, fill: "#fff" })}${parts.join("")}`);
}

/** A canvas as the address of a PNG; a map, whose colours are the theme's, in those for light. */
function inLight(canvas) {
  if (canvas.closest(".ct-photo-view")) return canvas.toDataURL();
  const { width, height } = canvas;
  const context = drawn(canvas, width, height);
  const pixels = context.getImageData(0, 0, width, height);
  for (let i = 0; i < pixels.data.length; i += 4) pixels.data.set(pixels.data[i] < pixels.data[i + 2] ? INK.low : INK.high, i); // blue or orange
  context.putImageData(pixels, 0, 0);
  return context.canvas.toDataURL();
}

/** The picture as a PNG, two pixels for each of the SVG's. */
async function pngOf(svg) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const { canvas } = drawn(image, image.width * 2, image.height * 2);
  return new Promise((done) => canvas.toBlob(done));
}

// ---- the panel

/** Put a blob, or the promise of one, in the clipboard; where that is missing or refuses, `instead(blob)` says what it did. */
async function copy(app, what, type, blob, instead) {
  try {
    await navigator.clipboard.write([new ClipboardItem({ [type]: blob })]);
    app.say(`${what} copied.`);
  } catch {
    app.say(`The clipboard cannot be used here: ${instead(await blob)}.`);
  }
}

const saved = (download) => (blob) => {
  const link = Object.assign(element("a"), { href: URL.createObjectURL(blob), download });
  link.click();
  return `saved as ${download}`;
};

/** The program, the picture and the link, behind a click. */
function sharePanel(app) {
  app.firstInput ??= app.state.input;
  const select = keepKeys(element("select", "ct-select", ...Object.entries(LANGUAGES).map(([value, text]) => new Option(text, value))));
  const code = keepKeys(Object.assign(element("textarea", "ct-select ct-code"), { readOnly: true, rows: 14, spellcheck: false, wrap: "off", ariaLabel: "Program" }));
  const action = (name, act) => {
    const made = button(name);
    made.addEventListener("click", act);
    return made;
  };
  const copyText = (what, words, instead) => copy(app, what, "text/plain", new Blob([words], { type: "text/plain" }), instead);
  const copyCode = action("Copy code", () => copyText("Code", code.value, saved("convolution.py")));
  // An SVG is copied as text: few programs take it as a picture.
  const copySvg = action("Copy SVG", () => copyText("SVG", pictureOf(app), saved("convolution.svg")));
  const copyPng = action("Copy PNG", () => copy(app, "Picture", "image/png", pngOf(pictureOf(app)), saved("convolution.png")));
  const copyLink = action("Copy link", () => {
    const link = app.host.link(app.state);
    if (!link) return app.say("This state is too long for a link.");
    const own = app.photo && app.state.input !== app.firstInput ? " without your own picture" : "";
    return copyText(`Link${own}`, link, () => {
      history.replaceState(null, "", link);
      return `the link${own} now stands in the address bar`;
    });
  });
  copyLink.hidden = !app.host?.link;
  const made = element("details", "ct-share", keepKeys(element("summary", "", "Take it along")),
    element("div", "ct-row", labelled("ct-open", "Code for", select), copyCode), code, element("div", "ct-row", copySvg, copyPng, copyLink));

  function show() {
    if (made.open) code.value = codeFor(app.state, select.value, app.tensors[0].shape);
  }
  made.addEventListener("toggle", show);
  select.addEventListener("change", show);
  return { element: made, show };
}
