// Two dimensions, one layer: a plane for each channel with its slice of the filter, the map beside them.

function drawPlanes(app) {
  const { state: { layers: [layer] }, step: { channel_names: names, kernel } } = app;
  const sizes = axes(layer, app.tensors[0].shape);
  const [down, across] = sizes;
  const several = names.length > 1;
  const own = app.shows("weights") ? drawKernel(app) : null;
  const inputs = []; // by their place in the data

  const planes = names.map((name, channel) => {
    const { table: made, cells } = grid(several ? name : "input", sizes, (row, column) => {
      if (!isInside(down, row) || !isInside(across, column)) return padCell();
      const index = (row * across.size + column) * names.length + channel;
      inputs[index] = placeCell("tensor", [row, column, channel], 0);
      return inputs[index];
    });
    const spoken = element("span", "ct-hidden", "");
    made.caption.append(spoken);
    const weights = kernel.map((row, r) => row.map((_, c) => styled(emptyCell("span", "ct-weight"), { row: r * down.dilation, column: c * across.dilation })));
    const frame = slidingFrame(cells[0][0], ...weights.flat());
    const partial = element("p", "ct-partial");
    const parts = [scrollBox(several ? `Input, ${name}` : "Input", made), ...(several && own ? [own.slices[channel]] : []), ...(several ? [partial] : [])];
    return {
      element: element("div", `ct-plane ${several ? `ct-framed ${named(name)}` : ""}`, ...parts),
      show({ all }) {
        const { step } = app;
        if (all) {
          const texts = step.kernel.map((row) => row.map((weight) => number(weight[channel])));
          spoken.textContent = `, weights ${texts.map((row) => row.join(", ")).join("; ")}`;
          weights.forEach((row, r) => row.forEach((weight, c) => (weight.firstChild.data = `×${texts[r][c]}`)));
        }
        const [row, column] = step.taps.map((taps, axis) => taps[0] + sizes[axis].before);
        frame.move(row, column, down.reach, across.reach);
        if (several) partial.textContent = `${headed(name)} ${number(step.channel_sums[channel])}`;
        reveal(cells[row][column], cells[row][column + across.reach - 1]);
      },
    };
  });

  const map = mapCells(app);
  const output = sizes.map((axis) => ({ padded: axis.output }));
  const mapGrid = grid("map", output, (row, column) => map.cells[row * across.output + column]);
  const mapBox = element("div", "ct-plane ct-result", scrollBox("Feature map", mapGrid.table));
  const ownBox = own && element("div", "ct-plane ct-own", ...(several ? [] : own.slices), own.bias);
  const made = element("div", "ct-two", ...planes.map((plane) => plane.element), ...(own ? [ownBox] : []), mapBox);
  made.classList.toggle("ct-several", several);
  made.classList.toggle("ct-dilated", sizes.some((axis) => axis.dilation > 1));
  const cells = [inputs, []];
  return {
    element: styled(made, { across: Math.max(across.padded, across.output), both: across.padded + across.output + (own && !several ? across.width : 0) }),
    cells,
    show(now) {
      const { data } = app.tensors[0];
      if (now.values) {
        inputs.forEach((cell, i) => put(cell, data[i], now.limit));
        styled(made, { "weight-digits": longest(app.state.layers[0].kernel.flat(3).map(number)) + 1 }); // with its "×"
      }
      own?.show(now);
      planes.forEach((plane) => plane.show(now));
      map.show({ ...now, byPlace: cells[1] });
      const current = map.cells[app.step.number];
      reveal(current, current);
    },
  };
}
