// The stage: the picture of one state, of the kind that its layers ask for, with its sum and legend.

/** States of one kind are drawn with the same cells; only then the stage is kept. */
export function stageKind({ input, layers, channel_names: names, controls }) {
  const settings = layers.map(({ kernel, bias, ...rest }) => ({ ...rest, shape: kernel && dimensions(kernel) }));
  return JSON.stringify([typeof input === "string" ? "photo" : dimensions(input), settings, names, controls]);
}

function stage(app) {
  const { layers } = app.state;
  const single = layers.length === 1 && isConv(layers[0]);
  const picture = (!single ? drawStack : app.step.taps.length === 1 ? drawLine : drawPlanes)(app);
  const bank = single && layers[0].bias.length > 1 ? drawBank(app, true) : null;
  const sizes = app.shows("shapes") ? shapesLine(app) : null;
  const made = element("div", "ct-stage", ...(sizes ? [sizes.element] : []), ...(bank ? [bank.element] : []), picture.element);
  made.classList.toggle("ct-deep", !single);
  made.classList.toggle("ct-editable", app.shows("paint") || app.shows("weights"));
  const words = element("div", "ct-words");
  const legend = element("div");
  const pointed = pointing(app, made, picture.cells);
  let sum = null;
  let limit = 0;
  let digits = 0;

  /** Scale and cell size are common to all that is drawn, so that it can be compared. Cells only grow: an edit should not make them jump. */
  function measure() {
    const values = [...app.tensors.flatMap(({ data }) => [...data]), ...app.state.layers.flatMap((layer) => (layer.kernel ? [...layer.kernel.flat(3), ...layer.bias] : []))];
    const end = roundedUp(values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1);
    if (end !== limit) legend.replaceChildren(drawLegend(end, "ct-legend ct-rooted"));
    limit = end;
    const room = Math.max(longest([...new Set(values)].map(number), breadth), picture.room?.() ?? 0);
    if (room > digits) styled(made, { digits: (digits = room) });
  }

  const scrolling = watchScrolling([made, words], () => picture.show({ ...news(new Set(["step"])), limit }));
  words.addEventListener("toggle", () => requestAnimationFrame(scrolling.watch), true); // details that open may hold wide tables
  return {
    element: made,
    words,
    legend,
    show(changed) {
      const now = news(changed);
      if (now.values) measure();
      if (now.layer) {
        sum = drawSum(app);
        words.replaceChildren(...(sum ? [sum.element] : []));
      }
      const moved = now.all || changed.has("step");
      if (moved) for (const part of [picture, bank, sizes, sum]) part?.show({ ...now, limit });
      if (now.all) words.classList.toggle("ct-beside", Boolean(words.querySelector(":scope > .ct-narrow")));
      pointed.show(changed);
      if (now.layer) scrolling.watch();
    },
    remove: scrolling.stop,
  };
}

/** "input (8, 8, 1) → kernel (3, 3, 1, 4), bias (4) → map (6, 6, 4)", of the chosen layer. */
function shapesLine(app) {
  const made = element("p", "ct-shapes");
  const shape = (list) => `(${list.join(", ")})`;
  return {
    element: made,
    show({ all }) {
      if (!all) return;
      const { layers, layer } = app.state;
      const { kernel, bias, pool_size: pool } = layers[layer];
      const between = kernel ? [`kernel ${shape(dimensions(kernel))}, bias (${bias.length})`] : pool ? [`window ${shape(pool)}`] : ["ReLU"];
      const parts = [`input ${shape(app.tensors[layer].shape)}`, ...between, `map ${shape(app.tensors[layer + 1].shape)}`];
      made.textContent = `${layers.length > 1 ? `Layer ${layer + 1}: ` : ""}${parts.join(" → ")}`;
    },
  };
}

/** Give the focus back to the cell or control that stood for the same before a rebuild, or to its nearest kin. */
function restoreFocus(root, { label, ...data }) {
  const quoted = (value) => `"${CSS.escape(value)}"`;
  const attribute = (name) => `data-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  delete data.lmSuppressShortcuts;
  const same = Object.entries(data).map(([name, value]) => `[${attribute(name)}=${quoted(value)}]`).join("");
  const kin = ["tensor", "kernel", "bias", "filter", "control"].find((name) => name in data);
  const found = [...root.querySelectorAll(same || "[aria-label]")].find((one) => (same && !label) || one.getAttribute("aria-label") === label)
    ?? (kin && root.querySelector(kin === "tensor" ? `[data-tensor=${quoted(data.tensor)}]` : `[data-${kin}]`));
  (found ?? root.querySelector("[tabindex='0']"))?.focus();
}
