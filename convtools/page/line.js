// One dimension, one layer: the rows stand in columns, the map's cells below the middle of their windows.

/** Cells of a row of which only some are filled at a time; focus and tab stop move along with what fills them. */
function movingCells(cells) {
  let now = []; // the places that are filled
  return (places, fill, empty) => {
    const stop = now.findIndex((place) => cells[place].tabIndex === 0);
    const focused = stop >= 0 && cells[now[stop]].matches(":focus");
    for (const place of now) if (!places.includes(place)) empty(cells[place]);
    places.forEach((place, i) => fill(cells[place], i));
    now = places;
    if (stop < 0) return;
    stopAt(cells[places[stop]]);
    if (focused) cells[places[stop]].focus({ preventScroll: true });
  };
}

const wipe = (cell) => {
  cell.className = "";
  cell.firstChild.data = "";
  delete cell.dataset.kernel;
  delete cell.dataset.bias;
};

function drawLine(app) {
  const { state: { layers: [layer] }, step: { channel_names: names, bias, flipped, activation, count } } = app;
  const [axis] = axes(layer, app.tensors[0].shape);
  const several = names.length > 1;
  // The middle of an even reach lies between two columns: then a cell is two halves wide.
  const halves = axis.reach % 2 ? 1 : 2;
  const wide = (cell) => Object.assign(cell, { colSpan: halves });
  const column = (className, span) => Object.assign(element("col", className), { span });
  const columns = () => element("colgroup", "", column("ct-label", 1), column(halves === 1 ? "ct-whole" : "ct-half", axis.padded * halves));
  const places = range(axis.padded).map((i) => i - axis.before);
  // Below the windows' middles: (reach - 1) / 2 columns are left free before, stride - 1 between.
  const edge = ((axis.reach - 1) / 2) * halves;
  const gap = (span) => (span ? [Object.assign(element("td"), { colSpan: span })] : []);
  const below = (cells) => [...gap(edge), ...cells.flatMap((cell, i) => [...gap(i && (axis.stride - 1) * halves), wide(cell)])];
  const blank = () => wide(Object.assign(emptyCell("td", ""), { tabIndex: -1 }));
  const inputs = []; // by their place in the data

  const parts = names.map((name, channel) => {
    const cells = places.map((place) => {
      if (!isInside(axis, place)) return wide(padCell());
      inputs[place * names.length + channel] = placeCell("tensor", [place, channel], 0);
      return wide(inputs[place * names.length + channel]);
    });
    const [filterRow, productRow] = [0, 1].map(() => places.map(blank));
    const sums = range(several ? count : 0).map(() => emptyCell("td", ""));
    const made = table(`ct-line ${several ? named(name) : ""}`, several ? `Input and filter, ${name}` : "Input and filter",
      [element("td"), ...places.map((place) => wide(header("col", number(place))))],
      [
        [header("row", several ? name : "input"), ...cells],
        [header("row", flipped ? "flipped filter" : "filter"), ...filterRow],
        [header("row", "products"), ...productRow],
        ...(several ? [[header("row", "sum"), ...below(sums)]] : []),
      ]);
    made.caption.after(columns());
    const frame = slidingFrame(cells[0]);
    const [moveWeights, moveProducts, moveSum] = [filterRow, productRow, sums].map(movingCells);
    return {
      table: asGrid(made),
      show({ limit }) {
        const { step } = app;
        const covered = step.taps[0].map((tap) => tap + axis.before);
        frame.move(0, covered[0], 1, axis.reach);
        moveWeights(covered, (cell, tap) => {
          cell.classList.add("ct-cell");
          keepKeys(cell).dataset.kernel = `${tap},${channel}`;
          put(cell, step.kernel[tap][channel], limit);
        }, wipe);
        moveProducts(covered, (cell, tap) => {
          cell.className = tap ? "ct-product ct-plus" : "ct-product";
          cell.firstChild.data = number(step.products[tap][channel]);
        }, wipe);
        if (several) moveSum([step.number], (cell) => {
          cell.className = "ct-partial";
          cell.firstChild.data = number(step.channel_sums[channel]);
        }, wipe);
        reveal(cells[covered[0]], cells[covered.at(-1)]);
      },
    };
  });

  const map = mapCells(app);
  const [totals, biases] = [0, 1].map(() => range(count).map(() => Object.assign(emptyCell("td", ""), { tabIndex: -1 })));
  const [moveTotal, moveBias] = [totals, biases].map(movingCells);
  const weights = app.shows("weights");
  const sumName = header("row", "");
  const result = table("ct-line ct-result", "Feature map", [
    element("td"), ...below(range(count).map((n) => header("col", number(n)))),
  ], [
    ...(weights ? [[header("row", "bias"), ...below(biases)]] : []),
    [sumName, ...below(totals)],
    [header("row", activation === "relu" ? "map (ReLU)" : "map"), ...below(map.cells)],
  ]);
  result.caption.after(columns());
  result.classList.toggle("ct-biased", weights);

  const box = scrollBox("Input, filter and map", ...parts.map((part) => part.table), asGrid(result));
  box.classList.add("ct-one");
  const cells = [inputs, []];
  return {
    element: styled(box, { across: axis.padded, dilation: axis.dilation }),
    cells,
    room: () => longest(app.steps().flatMap((step) => step.products.flat().map(number)), breadth) + 0.65, // for the plus before a product
    show(now) {
      const { step, tensors: [{ data }] } = app;
      if (now.values) {
        inputs.forEach((cell, i) => put(cell, data[i], now.limit));
        sumName.textContent = `${several ? "total" : "sum"}${step.bias && !weights ? " + bias" : ""}`;
      }
      parts.forEach((part) => part.show(now));
      if (weights) moveBias([step.number], (cell) => {
        cell.classList.add("ct-cell");
        keepKeys(cell).dataset.bias = "";
        put(cell, step.bias, now.limit);
      }, wipe);
      moveTotal([step.number], (cell) => {
        cell.className = "ct-total";
        cell.firstChild.data = number(step.total);
      }, wipe);
      map.show({ ...now, byPlace: cells[1] });
    },
  };
}
