// Words: numbers and steps as sentences, the same as Python's `convtools.words`.

/** "1, 4 and 2". */
const inWords = (values) => values.map(number).join(", ").replace(/, ([^,]*)$/, " and $1");

/** "input 2", "inputs 2 to 4", "inputs 0, 2 and 4". */
function indices(name, taps) {
  const [first, last] = [taps[0], taps.at(-1)].map(number);
  if (taps.length === 1) return `${name} ${first}`;
  return `${name}s ${taps.at(-1) - taps[0] === taps.length - 1 ? `${first} to ${last}` : inWords(taps)}`;
}

/** "inputs 2 to 4", or "rows 1 to 3, columns 1 to 3". */
const placesInWords = ([rows, columns]) => (columns ? `${indices("row", rows)}, ${indices("column", columns)}` : indices("input", rows));

const factor = (value) => (number(value).startsWith("−") ? `(${number(value)})` : number(value));

const product = (value, weight) => `${factor(value)}·${factor(weight)}`;

const MOST_TERMS = 9; // longer sums are told by their parts

/** The step in words: for the screen reader, the slider's value text, the caption and the tests. */
export const sentence = (step) => `${whereInWords(step)}: ${resultInWords(step)}${fieldInWords(step)}`;

/** "Step 8 of 36, row 1, column 1. Rows 1 to 3, columns 1 to 3". */
function whereInWords({ number: n, count, layer, layers, class_name: name, filter, position, operation, taps, padded, flipped }) {
  const [row, column] = position;
  const conv = operation === "sum";
  let words = `Step ${n + 1} of ${count}`;
  if (layers > 1) words += ` in layer ${layer + 1} of ${layers} (${name})`;
  if (filter !== null) words += `, ${conv ? "filter" : "channel"} ${filter}`;
  if (taps[1]) words += `, row ${row}, column ${column}`;
  if (operation === "relu") return taps[1] ? words : `${words}. Input ${row}`;
  const places = placesInWords(taps);
  if (!taps[1]) words += `. The ${flipped ? "flipped " : ""}${conv ? "filter" : "window"} covers ${places}`;
  else words += flipped ? `. Flipped filter on ${places}` : `. ${places.replace("r", "R")}`;
  if (!padded) return words;
  const all = multiply(taps.map((axis) => axis.length)) === padded;
  return `${words} (${all ? "all" : padded} of them padding${conv ? "" : ", left out"})`;
}

/** "row sums 0, 1, 0; with bias 0 the output is 1." */
function resultInWords(step) {
  const output = number(step.output);
  if (step.operation === "sum") return sumInWords(step, output);
  const values = step.window.flat(2).filter((value) => value !== null);
  if (step.operation === "relu") return `${number(values[0])} ${values[0] < 0 ? "becomes" : "stays"} ${output}.`;
  const which = values.length > MOST_TERMS ? `${values.length} values` : inWords(values);
  return `the ${step.operation === "max" ? "largest" : "mean"} of ${which} is ${output}.`;
}

/** "red", but "channel 0:", as a number follows. */
const headed = (name) => (/\d$/.test(name) ? `${name}:` : name);

function sumInWords(step, output) {
  const { window, kernel, products, channel_sums: sums, row_sums: rowSums, channel_names: names, bias, total, taps } = step;
  const relu = step.activation === "relu";
  const alone = taps.length === 1 && sums.length === 1;
  if (alone && products.length <= MOST_TERMS) {
    const terms = window.map((value, tap) => product(value[0], kernel[tap][0])).join(" + ");
    return `${terms}${bias ? ` + bias ${number(bias)}` : ""} = ${number(total)}${relu ? `; ReLU gives ${output}` : ""}.`;
  }
  let parts = `row sum${rowSums.length > 1 ? "s" : ""} ${rowSums.map(number).join(", ")}`;
  if (alone) parts = `${products.length} products add up to ${number(sums[0])}`;
  else if (sums.length > 1) parts = sums.map((sum, k) => `${headed(names[k])} ${number(sum)}`).join(", ");
  const end = relu ? `the sum is ${number(total)} and ReLU gives ${output}` : `the output is ${output}`;
  return `${parts}; with bias ${number(bias)} ${end}.`;
}

/** " It sees 5 × 5 inputs: rows 0 to 4, columns 1 to 5.", if other layers stand before. */
function fieldInWords({ field }) {
  if (!field) return "";
  const places = field.first.map((first, axis) => range(field.last[axis] - first + 1).map((i) => first + i));
  const sizes = places.map((axis) => axis.length);
  return ` It sees ${sizes.join(" × ")} input${multiply(sizes) === 1 ? "" : "s"}: ${placesInWords(places)}.`;
}
