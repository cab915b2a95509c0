// The filters of one layer: a bank of small pictures to choose from, and the chosen one as cells with its bias.

let banks = 0; // radios of one name belong together in the whole page

/** A small picture of rows x columns cells without numbers. */
function miniature(rows, columns, room) {
  const cells = range(rows * columns).map(() => element("i"));
  const pitch = Math.max(2, Math.min(10, Math.floor(room / Math.max(rows, columns))));
  return { element: styled(unread("ct-mini", ...cells), { columns, pitch: `${pitch}px` }), cells };
}

/** All filters as a radio group; `maps`: with their maps, whole. */
function drawBank(app, maps) {
  const index = app.state.layer;
  const [channels, filters] = dimensions(app.state.layers[index].kernel).slice(-2);
  const spatial = app.step.taps.map((axis) => axis.length);
  const flat = spatial.length === 1;
  const { shape } = app.tensors[index + 1];
  banks += 1;
  const name = `ct-filters-${banks}`;
  const cards = range(filters).map((filter) => {
    const radio = keepKeys(Object.assign(element("input"), { type: "radio", name, value: filter }));
    radio.dataset.filter = filter;
    // One dimension: a row for each channel; two: a picture for each.
    const slices = flat ? [miniature(channels, spatial[0], 40)] : range(channels).map(() => miniature(...spatial, channels > 4 ? 16 : 32));
    const map = maps && miniature(flat ? 1 : shape[0], shape.at(-2), 60);
    const card = element("label", "ct-filter", element("span", "", radio, `filter ${filter}`),
      unread("ct-slices", ...slices.map((slice) => slice.element)), ...(map ? [map.element] : []));
    return { card, radio, slices, map };
  });
  const made = element("div", "ct-filters", ...cards.map(({ card }) => card));
  made.setAttribute("role", "radiogroup");
  made.setAttribute("aria-label", "Filter");
  made.addEventListener("change", (event) => app.change({ filter: Number(event.target.value) }));
  let at = 0;
  return {
    element: made,
    show({ values, all, limit }) {
      const { state, step } = app;
      const { data } = app.tensors[index + 1];
      const weights = values && effectiveKernel(state.layers[index]).flat(flat ? 1 : 2); // (taps, channels, filters)
      const most = weights && (Math.max(...weights.flat().map(Math.abs)) || 1);
      cards.forEach(({ card, radio, slices, map }, filter) => {
        if (all) {
          radio.checked = filter === state.filter;
          card.classList.toggle("ct-chosen", radio.checked);
        }
        // The filters' own scale: beside large values they would be too pale to be told apart.
        if (weights && flat) weights.forEach((weight, i) => paint(slices[0].cells[(i % channels) * spatial[0] + Math.floor(i / channels)], weight[filter], most));
        else if (weights) weights.forEach((weight, i) => paint(slices[i % channels].cells[Math.floor(i / channels)], weight[filter], most));
        if (!map) return;
        if (values) map.cells.forEach((cell, n) => paint(cell, data[n * filters + filter], limit));
        map.cells[at].classList.remove("ct-here");
        map.cells[step.number].classList.add("ct-here");
      });
      at = step.number;
    },
  };
}

/** The chosen filter as it lies, a grid for each channel (in one dimension one grid, a row for each), and its bias. */
function drawKernel(app) {
  const { channel_names: names, taps, flipped } = app.step;
  const several = names.length > 1;
  const title = flipped ? "flipped filter" : "filter";
  const cells = [];
  const cell = (at) => {
    cells.push([placeCell("kernel", at), at]);
    return cells.at(-1)[0];
  };
  const [down, across] = [taps[0], taps.at(-1)].map((axis) => ({ padded: axis.length }));
  const made = taps.length === 1
    ? [grid(title, [{ padded: names.length, names: several ? names : ["weight"] }, across], (channel, tap) => cell([tap, channel]))]
    : names.map((name, channel) => grid(several ? `${title}, ${name}` : title, [down, across], (row, column) => cell([row, column, channel])));
  const bias = placeCell("bias", "");
  const biasTable = table("ct-grid ct-bias", "bias", [], [[element("td"), bias]]);
  return {
    slices: made.map((slice, k) => {
      if (taps.length === 1) slice.table.classList.add("ct-named");
      const box = scrollBox(title, slice.table);
      box.classList.add("ct-kernel", ...[taps.length > 1 && named(names[k])].filter(Boolean));
      return box;
    }),
    bias: element("div", "ct-kernel", styled(asGrid(biasTable), { columns: 1 })),
    show({ all, limit }) {
      if (!all) return;
      for (const [weight, at] of cells) put(weight, at.reduce((part, i) => part[i], app.step.kernel), limit);
      put(bias, app.step.bias, limit);
    },
  };
}
