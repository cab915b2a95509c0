// Pointing: a cell that is pointed at or focused lights what it sees and what it feeds; a click or Enter goes there or pins it.

const CELLS = "[data-tensor], [data-kernel], [data-bias]";

const numbersIn = (text) => text.split(",").map(Number);

/** What `lights` of the arithmetic calls a target. */
function targetOf({ dataset: { tensor, at, kernel } }) {
  if (tensor) return { tensor: Number(tensor), at: numbersIn(at) };
  return kernel ? { kernel: numbersIn(kernel) } : { bias: true };
}

/** Where a key leads from a cell of a grid, along cells that one can point at; null: nowhere. */
function neighbour(cell, key, far) {
  const row = cell.parentElement;
  const rows = [...cell.closest("table").rows];
  const stops = (cells) => cells.filter((one) => one?.matches(CELLS));
  const inRow = () => (far ? stops(rows.flatMap((one) => [...one.cells])) : stops([...row.cells]));
  const inColumn = (some) => stops(some.map((one) => one.cells[cell.cellIndex]));
  const here = [...row.cells].indexOf(cell);
  switch (key) {
    case "ArrowLeft": return stops([...row.cells].slice(0, here)).at(-1);
    case "ArrowRight": return stops([...row.cells].slice(here + 1))[0];
    case "ArrowUp": return inColumn(rows.slice(0, rows.indexOf(row))).at(-1);
    case "ArrowDown": return inColumn(rows.slice(rows.indexOf(row) + 1))[0];
    case "Home": return inRow()[0];
    case "End": return inRow().at(-1);
    default: return undefined;
  }
}

/** Let the reader point at the cells of `root`; `cells[k][i]` is the cell of place i in tensor k, if it is drawn. */
function pointing(app, root, cells) {
  const cellOf = (event) => (event.target instanceof Element ? event.target.closest(CELLS) : null);
  const focused = () => root.querySelector(":is([data-tensor], [data-kernel], [data-bias]):focus-visible");
  const isPainted = (cell) => app.mode === "paint" && cell.dataset.tensor === "0"; // then paintTools answers

  root.addEventListener("pointerover", (event) => {
    const cell = event.buttons && event.pointerType === "mouse" ? null : cellOf(event);
    if (cell) app.point(targetOf(cell));
  });
  root.addEventListener("pointerout", (event) => {
    if (!cellOf(event)) return;
    const cell = focused();
    app.point(cell ? targetOf(cell) : null);
  });
  root.addEventListener("focusin", (event) => {
    const cell = cellOf(event);
    if (!cell) return;
    stopAt(cell);
    app.point(targetOf(cell));
    selectWeight(cell);
  });
  root.addEventListener("focusout", (event) => cellOf(event) && app.point(null));
  root.addEventListener("click", (event) => {
    const cell = cellOf(event);
    if (cell) choose(cell);
  });
  root.addEventListener("keydown", (event) => {
    const cell = cellOf(event);
    if (!cell || event.altKey || event.metaKey) return;
    if (event.key === "Escape" && app.pinned) app.pin(null);
    else if (event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End") neighbour(cell, event.key, event.ctrlKey)?.focus();
    else if ((event.key === "Enter" || event.key === " ") && !isPainted(cell)) choose(cell);
    else return;
    event.preventDefault();
  });

  function selectWeight(cell) {
    if (!app.shows("weights") || cell.dataset.tensor) return;
    const { kernel } = targetOf(cell);
    app.select(kernel ? { part: "kernel", at: kernel } : { part: "bias" });
  }

  function choose(cell) {
    const target = targetOf(cell);
    if (!target.tensor) {
      if (!isPainted(cell)) app.pin(target);
      return selectWeight(cell);
    }
    const { shape } = app.tensors[target.tensor];
    const place = flatIndex({ shape: shape.slice(0, -1) }, target.at.slice(0, -1));
    return app.change({ layer: target.tensor - 1, filter: target.at.at(-1), step: place });
  }

  /** The cell of a target, if it is drawn. */
  function drawn(target) {
    if (!target) return null;
    if (target.at) return cells[target.tensor]?.[flatIndex(app.tensors[target.tensor] ?? { shape: [] }, target.at)];
    return root.querySelector(target.kernel ? `[data-kernel="${target.kernel}"]` : "[data-bias]");
  }

  let lit = [];
  let marked = [null, null]; // pinned and selected

  function light(target) {
    const now = [];
    if (drawn(target)) {
      const found = lights(app.state, app.tensors, target);
      found.tensors.forEach((places, k) => places?.forEach((i) => cells[k][i] && now.push(cells[k][i])));
      if (!target.at) now.push(drawn(target));
    }
    for (const cell of lit) cell.classList.remove("ct-lit");
    for (const cell of now) cell.classList.add("ct-lit");
    lit = now;
  }

  return {
    show(changed) {
      const target = app.target ?? app.pinned;
      const moving = target && !target.at; // weights lie elsewhere after a step
      if (changed.size === 0 || changed.has("target") || changed.has("pinned") || moving || news(changed).all) light(target);
      const now = [drawn(app.pinned), app.selected && drawn(app.selected.part === "bias" ? { bias: true } : { kernel: app.selected.at })];
      ["ct-pinned", "ct-selected"].forEach((name, i) => {
        if (marked[i] === now[i]) return;
        for (const [cell, on] of [[marked[i], false], [now[i], true]]) {
          cell?.classList.toggle(name, on);
          cell?.toggleAttribute("aria-selected", false);
        }
      });
      marked = now;
      for (const cell of marked) cell?.setAttribute("aria-selected", "true");
    },
  };
}
