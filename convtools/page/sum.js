// The sum of one step: its products, the total with the bias, then the activation. Long sums fold to subtotals.

const named = (name) => (["red", "green", "blue"].includes(name) ? `ct-${name}` : "");

/** Weights and windows as rows: one dimension is one row. */
const asRows = (step, list) => (step.taps.length === 1 ? [list] : list);

const countOf = (step) => step.window.flat(3).length;

/** Which parts the sum of this layer has; null: the picture itself shows it all. */
function drawSum(app) {
  const { step } = app;
  if (step.operation !== "sum") return writtenChoice(app);
  const several = step.channel_sums.length > 1;
  const small = step.taps.every((axis) => axis.length <= 3);
  if (step.taps.length === 2 && !several && small) return productTable(app, 0, true);
  if (step.taps.length === 1 && !several) return countOf(step) > 9 ? foldedSum(app, []) : null;
  return foldedSum(app, [addingLine(app)], countOf(step) > 9);
}

/** Subtotals, and all products behind a click. */
function foldedSum(app, parts, long = true) {
  const inside = element("div", "ct-products");
  const all = element("details", "ct-all", keepKeys(element("summary", "", `all ${countOf(app.step)} products`)), inside);
  let tables = null; // made when first asked for
  const open = () => {
    if (!all.open) return;
    tables ??= app.step.channel_names.map((_, channel) => productTable(app, channel, false));
    inside.replaceChildren(...tables.map((part) => part.element));
    tables.forEach((part) => part.show({ all: true }));
  };
  all.addEventListener("toggle", open);
  return {
    element: element("div", "", ...parts.map((part) => part.element), ...(long ? [all] : [])),
    show(now) {
      parts.forEach((part) => part.show(now));
      if (all.open) tables?.forEach((part) => part.show(now));
    },
  };
}

/** The line that adds the channels, or the rows of one: "red 2 + green −1 + bias 0 = 1". */
function addingLine(app) {
  const parts = (step) => { // [class, text]
    const several = step.channel_sums.length > 1;
    const names = several ? step.channel_names : step.taps[0].map((row) => `row ${number(row)}`);
    return [
      ...(several ? step.channel_sums : step.row_sums).flatMap((sum, k) => [
        ["ct-word", k ? " + " : ""], [`ct-word ${named(names[k])}`, headed(names[k])], ["", ` ${number(sum)}`],
      ]),
      ["ct-word", " + bias "], ["", number(step.bias)], ["ct-word", " = "], ["", number(step.total)],
      ...(step.activation === "relu" ? [["ct-word", ", after ReLU "], ["", number(step.output)]] : []),
    ];
  };
  const line = reserved("ct-adding");
  return {
    element: line.element,
    show(now) {
      if (now.all) line.reserve(app.steps().map((step) => parts(step).map(([, text]) => text).join("")));
      line.show(...parts(app.step).map((part) => element("span", ...part)));
    },
  };
}

/** The products of one channel in as many rows as the filter has, each with its subtotal; `whole`: then bias, total and ReLU. */
function productTable(app, channel, whole) {
  const { taps, kernel, activation, channel_names: names } = app.step;
  const flat = taps.length === 1;
  const headers = asRows(app.step, kernel).map(() => header("row", ""));
  const terms = asRows(app.step, kernel).map((row) => row.map(() => emptyCell("td", "ct-term")));
  const last = whole ? ["bias", "sum", ...(activation === "relu" ? ["ReLU"] : [])] : [];
  const results = [...headers, ...last].map(() => emptyCell("td", "ct-subtotal"));
  const several = names.length > 1;
  const caption = several ? names[channel] : "Products and their sum";
  const made = table(`ct-sum ${several ? `ct-titled ${named(names[channel])}` : ""}`, caption, [], [
    ...terms.map((row, r) => [headers[r], ...row, results[r]]),
    ...last.map((name, i) => [header("row", name), Object.assign(element("td"), { colSpan: terms[0].length }), results[headers.length + i]]),
  ]);
  if (whole) results[headers.length + 1].classList.add("ct-total");

  const rowName = (step, r) => (flat ? "products" : `row ${number(step.taps[0][r])}`);
  const term = (step, r, c) => product(asRows(step, step.window)[r][c][channel], asRows(step, step.kernel)[r][c][channel]);
  const rowSum = (step, r) => asRows(step, step.products)[r].reduce((sum, cell) => sum + cell[channel], 0);
  const shown = (step) => [
    ...headers.map((_, r) => `= ${number(rowSum(step, r))}`),
    ...[`+ ${factor(step.bias)}`, `= ${number(step.total)}`, `→ ${number(step.output)}`].slice(0, last.length),
  ];
  const box = scrollBox(caption, made);
  return {
    element: box,
    show(now) {
      const { step } = app;
      if (now.all) { // every column is as wide as the longest text that it will ever hold
        const steps = app.steps();
        const widths = terms[0].map((_, c) => longest(steps.flatMap((each) => terms.map((__, r) => term(each, r, c)))));
        terms[0].forEach((cell, c) => styled(cell, { term: widths[c] }));
        styled(made, {
          subtotal: longest(steps.flatMap(shown)),
          rowname: longest(steps.flatMap((each) => headers.map((_, r) => rowName(each, r)))),
        });
        box.classList.toggle("ct-narrow", whole && add(widths) < 20); // the sentence fits beside it
      }
      headers.forEach((head, r) => (head.textContent = rowName(step, r)));
      terms.forEach((row, r) => row.forEach((cell, c) => (cell.firstChild.data = term(step, r, c))));
      shown(step).forEach((text, i) => (results[i].firstChild.data = text));
    },
  };
}

/** Pooling and ReLU: "max(1, 0, 3, 2) = 3". */
function writtenChoice(app) {
  const written = (step) => {
    const values = step.window.flat(3).filter((value) => value !== null).map(number);
    const name = step.operation === "average" ? "mean" : "max";
    if (step.operation === "relu") values.unshift("0");
    return `${name}(${values.length > 9 ? `${values.length} values` : values.join(", ")}) = ${number(step.output)}`;
  };
  const line = reserved("ct-adding");
  return {
    element: line.element,
    show(now) {
      if (now.all) line.reserve(app.steps().map(written));
      line.show(written(app.step));
    },
  };
}
