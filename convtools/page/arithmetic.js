// Arithmetic: pure functions on flat arrays, the same results as Python's `convtools.trace`.
// A tensor is {shape, data}: shape (length, channels) or (rows, columns, channels), data a Float64Array, last axis fastest.

const CONTROLS = ["play", "paint", "weights", "flip", "padding", "strides", "dilation", "activation", "shapes", "photo", "share"];

/** `value` as a whole number from 0 to count - 1. */
export const clamp = (value, count) => Math.max(0, Math.min(count - 1, Math.trunc(value) || 0));

const range = (count) => Array.from({ length: count }, (_, i) => i);

const multiply = (numbers) => numbers.reduce((all, value) => all * value, 1);

const add = (values) => values.reduce((total, value) => total + value, 0); // first to last, as Python does

const isConv = (layer) => layer.class_name.startsWith("Conv");

const isMax = (layer) => layer.class_name.startsWith("Max");

/** [2, 3] of [[0, 0, 0], [0, 0, 0]], by its first items, no deeper than 5. */
const dimensions = (list, depth = 5) => (Array.isArray(list) && depth ? [list.length, ...dimensions(list[0], depth - 1)] : []);

/** Nested numbers as a tensor. */
export function toTensor(nested) {
  return { shape: dimensions(nested), data: Float64Array.from(nested.flat(2)) };
}

/** Where the value at [row, column, channel] stands in the tensor's data. */
export const flatIndex = ({ shape }, at) => at.reduce((index, place, axis) => index * shape[axis] + place, 0);

/** The other way round: [row, column, channel] of an index into the data. */
export function placeOf({ shape }, index) {
  return shape.reduceRight(([rest, ...at], size) => [Math.floor(rest / size), rest % size, ...at], [index]).slice(1);
}

/** The kernel as it lies on the input: turned round along its spatial axes for a true convolution. */
export function effectiveKernel({ kernel, flip }) {
  if (!flip) return kernel;
  const turned = [...kernel].reverse();
  return dimensions(kernel).length === 3 ? turned : turned.map((row) => [...row].reverse());
}

/** One record for each spatial axis of a layer on an input of this shape: the only place where sizes are worked out. */
export function axes(layer, shape) {
  const widths = layer.pool_size ?? (layer.kernel ? dimensions(layer.kernel).slice(0, -2) : shape.map(() => 1));
  return shape.slice(0, -1).map((size, axis) => {
    const width = widths[axis];
    const stride = layer.strides?.[axis] ?? 1;
    const dilation = layer.dilation_rate?.[axis] ?? 1;
    const reach = (width - 1) * dilation + 1; // cells from the first covered to the last
    const causal = layer.padding === "causal";
    const same = layer.padding === "same" ? Math.max((Math.ceil(size / stride) - 1) * stride + reach - size, 0) : 0;
    const before = causal ? reach - 1 : Math.floor(same / 2); // an odd sum puts the extra zero after, as Keras does
    const after = causal ? 0 : same - before;
    const padded = before + size + after;
    return { size, width, stride, dilation, reach, before, after, padded, output: Math.floor((padded - reach) / stride) + 1 };
  });
}

const outputShape = (layer, shape) => [...axes(layer, shape).map((axis) => axis.output), isConv(layer) ? layer.bias.length : shape.at(-1)];

/** The shapes of the input and of every layer's output; of a photo, whose numbers are not in the state, give the shape. */
export function shapes({ input, layers }, shape = dimensions(input)) {
  return layers.reduce((all, layer) => [...all, outputShape(layer, all.at(-1))], [shape]);
}

/** The input indices under place `output` of an axis; below 0 or past the end is padding. */
const tapsAt = ({ width, stride, dilation, before }, output) => range(width).map((tap) => output * stride - before + tap * dilation);

const isInside = ({ size }, index) => index >= 0 && index < size;

const insideAt = (axis, output) => tapsAt(axis, output).filter((tap) => isInside(axis, tap));

/** [x, output of layer 0, output of layer 1, ...], activation included; from `known`, what stands before layer `from` is kept. */
export function network({ layers }, x, known = null, from = 0) {
  const tensors = known ? known.slice(0, from + 1) : [x];
  for (const layer of layers.slice(tensors.length - 1)) tensors.push(applied(layer, tensors.at(-1)));
  return tensors;
}

function applied(layer, x) {
  const shape = outputShape(layer, x.shape);
  const [across, down = axes({}, [1, 1])[0]] = axes(layer, x.shape).reverse(); // one dimension is one row of two
  const data = new Float64Array(multiply(shape));
  (isConv(layer) ? convolve : poolWindows)(layer, x, down, across, data);
  return { shape, data };
}

/** Row by row; every sum grows in the trace's order: by channel, row, column. Weights of 0 are left out. */
function convolve(layer, x, down, across, data) {
  const weights = effectiveKernel(layer).flat(3);
  const channels = x.shape.at(-1);
  const filters = layer.bias.length;
  const lines = paddedLines(x, across);
  for (let output = 0; output < down.output; output += 1) {
    const rows = tapsAt(down, output);
    for (let filter = 0; filter < filters; filter += 1) {
      const taps = [];
      const starts = []; // where in `lines` each of the taps stands for the first column
      for (let channel = 0; channel < channels; channel += 1) {
        for (let r = 0; r < down.width; r += 1) {
          for (let tap = 0; tap < across.width && isInside(down, rows[r]); tap += 1) {
            const weight = weights[((r * across.width + tap) * channels + channel) * filters + filter];
            if (!weight) continue;
            taps.push(weight);
            starts.push((channel * down.size + rows[r]) * across.padded + tap * across.dilation);
          }
        }
      }
      sumRow(taps, starts, lines, across, layer, filter, data.subarray(output * across.output * filters));
    }
  }
}

/** One row of one filter's map. (A function of its own is soon compiled: all the time goes here.) */
function sumRow(taps, starts, lines, { output, stride }, { bias, activation }, filter, data) {
  const least = activation === "relu" ? 0 : -Infinity;
  for (let column = 0; column < output; column += 1) {
    let sum = 0;
    for (let k = 0; k < taps.length; k += 1) sum += taps[k] * lines[starts[k] + column * stride];
    data[column * bias.length + filter] = Math.max(sum + bias[filter], least);
  }
}

const linesOf = new WeakMap(); // [before, padded, lines] by tensor: a photo stays while its filter is changed

/** The values of a channel's rows side by side, each row with its padding. */
function paddedLines(x, { size, before, padded }) {
  const { shape, data } = x;
  const [knownBefore, knownPadded, known] = linesOf.get(x) ?? [];
  if (knownBefore === before && knownPadded === padded) return known;
  const channels = shape.at(-1);
  const lines = new Float64Array((data.length / size) * padded);
  for (let channel = 0, to = before; channel < channels; channel += 1) {
    for (let from = channel; from < data.length; from += size * channels, to += padded) {
      for (let i = 0; i < size; i += 1) lines[to + i] = data[from + i * channels];
    }
  }
  linesOf.set(x, [before, padded, lines]);
  return lines;
}

/** The largest, or the mean, of each window's cells that lie inside, channel by channel; ReLU is the larger of 0 and its one cell. */
function poolWindows(layer, x, down, across, data) {
  const channels = x.shape.at(-1);
  const columns = range(across.output).map((place) => insideAt(across, place));
  const mean = layer.class_name.startsWith("Average");
  const least = isMax(layer) ? -Infinity : 0;
  let at = 0;
  for (const output of range(down.output)) {
    const tops = insideAt(down, output);
    for (const lefts of columns) {
      for (let channel = 0; channel < channels; channel += 1, at += 1) {
        let result = least;
        for (const row of tops) {
          for (const column of lefts) {
            const value = x.data[(row * across.size + column) * channels + channel];
            result = mean ? result + value : Math.max(result, value);
          }
        }
        data[at] = mean ? result / (tops.length * lefts.length) : result;
      }
    }
  }
}

/** What `act` makes of the index at every combination of places along each axis, nested; NaN outside. */
function atAll(shape, places, act, index = 0, axis = 0) {
  const size = shape[axis];
  if (!size) return act(index);
  return places[axis].map((place) => atAll(shape, places, act, isInside({ size }, place) ? index * size + place : NaN, axis + 1));
}

const times = (some, others) => (Array.isArray(some) ? some.map((part, i) => times(part, others[i])) : some * others);

/** Step n of the chosen layer and filter. */
export const traceStep = (state, tensors, n) => trace(state, tensors, [n])[0];

/** These steps, or all, as Python's `Step`: the same names, plain lists in place of arrays. */
export function trace(state, tensors, numbers = null) {
  const layer = state.layers[state.layer];
  const [x, map] = tensors.slice(state.layer);
  const conv = isConv(layer);
  const sizes = axes(layer, x.shape);
  const channels = range(x.shape.at(-1));
  const filters = map.shape.at(-1);
  const filter = clamp(state.filter, filters);
  const ofFilter = (weights) => (Array.isArray(weights[0]) ? weights.map(ofFilter) : weights[filter]);
  const kernel = conv ? ofFilter(effectiveKernel(layer)) : null; // as it lies: turned if the layer flips
  const outside = conv ? 0 : null;

  const plane = { shape: map.shape.slice(0, -1) };
  const count = multiply(plane.shape);

  return (numbers ?? range(count)).map((n) => {
    const position = placeOf(plane, n);
    const taps = sizes.map((axis, i) => tapsAt(axis, position[i])); // input indices; below 0 or past the end is padding
    const window = atAll(x.shape, [...taps, conv ? channels : [filter]], (index) => x.data[index] ?? outside); // (size..., channels)
    const products = kernel && times(window, kernel);
    const perChannel = kernel && channels.map((k) => products.flat(sizes.length - 1).map((cell) => cell[k]));
    const output = map.data[n * filters + filter];
    return {
      number: n,
      count,
      position,
      taps,
      length: x.shape.slice(0, -1),
      window,
      padded: multiply(sizes.map((axis) => axis.width)) - multiply(sizes.map((axis, i) => insideAt(axis, position[i]).length)),
      filter: filters > 1 ? filter : null,
      channel_names: channels.map((k) => (state.layer ? null : state.channel_names?.[k]) ?? `channel ${k}`),
      operation: conv ? "sum" : layer.class_name === "ReLU" ? "relu" : isMax(layer) ? "max" : "average",
      layer: state.layer,
      layers: state.layers.length,
      class_name: layer.class_name,
      flipped: Boolean(layer.flip),
      field: state.layer ? sees(state, state.layer, position, tensors[0].shape)[0] : null, // the inputs it sees
      kernel,
      products,
      channel_sums: kernel && perChannel.map(add),
      row_sums: kernel && products.map((row) => add(row.flat())),
      bias: kernel && layer.bias[filter],
      activation: layer.activation ?? null,
      total: kernel ? add(perChannel.flat()) + layer.bias[filter] : output,
      output,
    };
  });
}

/** The box {first, last} in the input and in every map before that place `at` of `layer` sees, gaps included. */
export function sees(state, layer, at, shape = dimensions(state.input)) {
  const before = shapes({ layers: state.layers.slice(0, layer) }, shape);
  return before.reduceRight((boxes, size, k) => {
    const { first, last } = boxes[0] ?? { first: at, last: at };
    const sizes = axes(state.layers[k], size);
    return [{
      first: sizes.map((axis, i) => Math.max(0, first[i] * axis.stride - axis.before)),
      last: sizes.map((axis, i) => Math.min(axis.size, last[i] * axis.stride - axis.before + axis.reach) - 1),
    }, ...boxes];
  }, []);
}

/**
 * What a target sees in the tensors before it and feeds in those after, as sets of indices into their data.
 * target: {tensor, at}, or a weight {kernel: [.., channel]} or {bias: true} of the chosen layer and filter.
 * A weight is named by where it lies (after a flip); it lights the inputs that it meets and the outputs that it feeds.
 * A cell's region is a box with gaps: the places along each axis, and the channels, independently of each other.
 */
export function lights(state, tensors, target) {
  const { layers, layer, filter } = state;
  const regions = []; // for each tensor that is lit: the places along each of its axes
  let kernel = null;
  if (target.at) {
    regions[target.tensor] = target.at.map((place) => [place]);
    for (let k = target.tensor; k > 0; k -= 1) regions[k - 1] = seen(layers[k - 1], tensors[k - 1].shape, regions[k]);
    for (let k = target.tensor; k < layers.length; k += 1) regions[k + 1] = fed(layers[k], tensors[k].shape, regions[k]);
  } else {
    const sizes = axes(layers[layer], tensors[layer].shape);
    const outputs = sizes.map((axis, i) => range(axis.output)
      .filter((output) => !target.kernel || isInside(axis, tapsAt(axis, output)[target.kernel[i]])));
    regions[layer + 1] = [...outputs, [filter]];
    if (target.kernel) {
      regions[layer] = [...sizes.map((axis, i) => outputs[i].map((output) => tapsAt(axis, output)[target.kernel[i]])), [target.kernel.at(-1)]];
      kernel = new Set([flatIndex({ shape: dimensions(layers[layer].kernel) }, target.kernel)]);
    }
  }
  const indices = ({ shape }, k) => (regions[k] ? new Set(atAll(shape, regions[k], (index) => index).flat(2)) : null);
  return { tensors: tensors.map(indices), kernel };
}

/** The places along each axis of a layer's input that a region of its output sees. */
function seen(layer, shape, region) {
  const places = axes(layer, shape).map((axis, i) => [...new Set(region[i].flatMap((output) => insideAt(axis, output)))]);
  return [...places, isConv(layer) ? range(shape.at(-1)) : region.at(-1)];
}

/** The places along each axis of a layer's output that a region of its input feeds. */
function fed(layer, shape, region) {
  const places = axes(layer, shape).map((axis, i) =>
    range(axis.output).filter((output) => tapsAt(axis, output).some((input) => region[i].includes(input))));
  return [...places, isConv(layer) ? range(layer.bias.length) : region.at(-1)];
}

/** Why this state cannot be shown, as a sentence; "" if it can. Takes any JSON; of a photo, give its shape if it is known. */
export function refusal(state, shape) {
  try {
    checkState(state ?? {}, shape);
    return "";
  } catch ({ message }) {
    return `Refused: ${message}.`;
  }
}

function need(fits, words) {
  if (!fits) throw new Error(words);
}

const must = (fits, name, be, came) => need(fits, `${name} must be ${be}, got ${inShort(came)}`);

const mustBeOneOf = (name, value, choices) => must(choices.includes(value), name, `one of ${choices.map(inShort).join(", ")}`, value);

function mustBeWhole(name, value, least, most = 2 ** 28) {
  must(Number.isInteger(value) && value >= least && value <= most, name, `a whole number from ${least} to ${most}`, value);
}

const mustHold = (name, list, shape) => must(holds(list, shape), name, `finite numbers of shape ${shape.join(" × ")} throughout`, list);

/** Is this a nested list of just this shape, of numbers within float32's range? */
function holds(list, [length, ...inner]) {
  if (length === undefined) return typeof list === "number" && Number.isFinite(Math.fround(list));
  return Array.isArray(list) && list.length === length && list.every((part) => holds(part, inner));
}

/** Any JSON value in a few words. */
function inShort(value) {
  if (Array.isArray(value)) return `a list of ${dimensions(value).join(" × ")}`;
  return Object(value) === value ? "a record" : String(value).slice(0, 30);
}

function checkState({ input, layers, layer, filter, step, channel_names: names = [], controls = [] }, photoShape) {
  mustBeWhole("the number of layers", dimensions(layers)[0], 1, 4);
  const photo = typeof input === "string";
  let shape = photo ? checkPhoto(input, layers, photoShape) : checkInput(input);
  mustBeOneOf("the number of channel_names", dimensions(names)[0], [0, shape.at(-1)]);
  must(names.every((name) => typeof name === "string"), "channel_names", "texts", names);
  let work = 0;
  for (const one of layers) {
    const depth = shape.at(-1);
    shape = checkLayer(one ?? {}, shape);
    if (isConv(one)) work += multiply([...shape, ...dimensions(one.kernel).slice(0, -2), depth]);
  }
  if (photoShape || !photo) mustBeWhole("the number of multiplications", work, 0);
  mustBeWhole("layer", layer, 0, layers.length - 1);
  mustBeWhole("filter", filter, 0); // it and step may lie past the end of a map that became smaller:
  mustBeWhole("step", step, 0); // who shows them clamps them
  mustBeWhole("the number of controls", dimensions(controls)[0], 0);
  for (const one of controls) mustBeOneOf("a control", one, CONTROLS.filter((name) => name !== (photo ? "paint" : "photo")));
}

function checkInput(input) {
  const shape = dimensions(input);
  mustBeWhole("the number of the input's axes", shape.length, 2, 3);
  mustBeWhole("the number of places", multiply(shape.slice(0, -1)), 1, 1024);
  mustBeWhole("the number of channels", shape.at(-1), 1, 16);
  mustHold("the input", input, shape);
  return shape;
}

/** A photo's numbers are not in the state: without its shape it is taken for one that fits. */
function checkPhoto(input, layers, shape = [512, 512, photoDepth({ layers }) === 1 ? 1 : 3]) {
  mustBeOneOf("a photo", input.split(",")[0], ["data:image/png;base64", "data:image/webp;base64"]);
  for (const size of shape.slice(0, 2)) mustBeWhole("the number of rows or columns", size, 1, 512);
  return shape;
}

/** Check one layer on an input of this shape; returns the shape that comes out. */
function checkLayer(layer, shape) {
  const rank = shape.length - 1;
  const { class_name: name, kernel, bias, padding, activation, flip } = layer;
  mustBeOneOf("class_name", name, ["ReLU", ...["Conv", "MaxPooling", "AveragePooling"].map((kind) => `${kind}${rank}D`)]);
  const conv = isConv(layer);
  const settings = conv ? ["kernel", "bias", "dilation_rate", "activation", "flip"] : ["pool_size"];
  const known = ["class_name", ...(name === "ReLU" ? [] : ["strides", "padding", ...settings])];
  for (const key of Object.keys(layer)) mustBeOneOf(`a setting of ${name}`, key, known);
  if (name === "ReLU") return shape;
  for (const [setting, most] of [["strides"], conv ? ["dilation_rate", 32] : ["pool_size", 11]]) {
    mustHold(setting, layer[setting], [rank]);
    for (const size of layer[setting]) mustBeWhole(setting, size, 1, most);
  }
  if (conv) {
    const widths = dimensions(kernel).slice(0, rank);
    const [filters] = dimensions(bias);
    for (const width of widths) mustBeWhole("the filter's width", width, 1, 11);
    mustBeWhole("the number of filters", filters, 1, 16);
    mustHold("bias", bias, [filters]);
    mustHold("kernel", kernel, [...widths, shape.at(-1), filters]);
    mustBeOneOf("activation", activation, [null, "relu"]);
    mustBeOneOf("flip", flip, [true, false]);
  }
  mustBeOneOf("padding", padding, ["valid", "same", ...(name === "Conv1D" ? ["causal"] : [])]);
  for (const { width, reach, padded, size } of axes(layer, shape)) {
    const dilated = reach > width ? ` (dilated to ${reach})` : "";
    need(padded >= reach, `a ${kernel ? "filter" : "window"} of width ${width}${dilated} does not fit an input of length ${size}`);
  }
  return outputShape(layer, shape);
}
