// Several layers, or a pooling or ReLU alone: a column for each tensor, with what the chosen cell sees framed in all before it.

function drawStack(app) {
  const { state, tensors } = app;
  const flat = tensors[0].shape.length === 2;
  const cells = tensors.map(() => []);
  const frames = tensors.map(() => []); // in two dimensions one for each channel

  const columns = tensors.map((tensor, k) => {
    const { shape } = tensor;
    const channels = shape.at(-1);
    const layer = state.layers[k - 1];
    const names = range(channels).map((channel) => (k === 0 && state.channel_names[channel]) || `channel ${channel}`);
    const cellAt = (at) => (cells[k][flatIndex(tensor, at)] = placeCell("tensor", at, k));
    const title = k ? `${k} ${layer.class_name}${layer.activation === "relu" ? " + ReLU" : ""}` : "input";
    const grids = flat
      ? [grid(title, [{ padded: channels, names: channels > 1 ? names : [k ? "map" : "input"] }, { padded: shape[0] }], (channel, place) => cellAt([place, channel]))]
      : names.map((name, channel) => grid(channels > 1 ? name : title, shape.slice(0, 2).map((padded) => ({ padded })), (row, column) => cellAt([row, column, channel])));
    grids.forEach(({ table: made, cells: [[first]] }, channel) => {
      frames[k].push(slidingFrame(first));
      if (flat && channels > 1) made.classList.add("ct-named");
      if (!flat && k === 0 && named(names[channel])) made.classList.add(named(names[channel]));
      if (flat || channels === 1) made.caption.className = "ct-hidden"; // the heading says it
    });
    const heading = element("p", "ct-heading", title);
    const size = app.shows("shapes") ? [element("p", "ct-size", `(${shape.join(", ")})`)] : [];
    const made = element("div", "ct-column", heading, ...size, element("div", "ct-maps", ...grids.map((one) => scrollBox(title, one.table))));
    const side = !flat && channels > 2 ? 2 : 1; // maps beside each other
    return { element: styled(made, { side }), width: shape.at(-2) * side };
  });

  const lower = element("div", "ct-lower"); // the chosen layer's filters
  const made = element("div", `ct-stack ${flat ? "ct-flat" : ""}`, ...columns.map((column) => column.element));
  const widths = columns.map((column) => column.width);
  styled(made, { total: add(widths), widest: Math.max(...tensors.map(({ shape }) => shape.at(-2))), columns: widths.length });
  let parts = [];
  let chosen = null;
  return {
    element: element("div", "", made, lower),
    cells,
    show(now) {
      const { state: { layers, layer, filter }, step: { position } } = app;
      if (now.values) cells.forEach((all, k) => all.forEach((cell, i) => put(cell, app.tensors[k].data[i], now.limit)));
      if (now.layer) {
        const conv = isConv(layers[layer]);
        const bank = conv && layers[layer].bias.length > 1 ? drawBank(app, false) : null;
        const own = conv && app.shows("weights") ? drawKernel(app) : null;
        parts = [bank, own].filter(Boolean);
        lower.replaceChildren(...(bank ? [bank.element] : []), ...(own ? [element("div", "ct-own", ...own.slices, own.bias)] : []));
        columns.forEach((column, k) => column.element.classList.toggle("ct-chosen", k === layer + 1));
      }
      parts.forEach((part) => part.show(now.layer ? { ...now, values: true } : now));

      const boxes = sees(app.state, layer, position, app.tensors[0].shape);
      let channel = filter; // the only channel that is seen; null: all
      for (let k = tensors.length - 1; k >= 0; k -= 1) {
        if (k <= layer && isConv(layers[k])) channel = null;
        const box = boxes[k];
        const size = box?.first.map((first, axis) => box.last[axis] - first + 1);
        frames[k].forEach((frame, i) => {
          const shown = box && (flat || channel === null || channel === i);
          frame.hide(!shown);
          if (!shown) return;
          if (flat) frame.move(channel ?? 0, box.first[0], channel === null ? app.tensors[k].shape[1] : 1, size[0]);
          else frame.move(...box.first, ...size);
        });
      }
      const cell = cells[layer + 1][flatIndex(app.tensors[layer + 1], [...position, filter])];
      if (chosen !== cell) {
        if (chosen) mark(chosen, false);
        mark(cell, true);
        chosen = cell;
      }
      reveal(cell, cell);
    },
  };
}
