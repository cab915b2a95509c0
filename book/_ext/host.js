// Brings the widgets of a page to life: the same modules that JupyterLab loads, without a kernel.
// The built file is this text followed by `mountAll({...})` with the modules of convtools/page, each as a function.
// (Browsers refuse to load a module from file://.)
// A figure waits until it is about to come into view; a link to a state, #stepper-2=..., mounts its stepper at once.

const LINKED = ["input", "layers", "layer", "filter", "step", "channel_names"]; // what a link may set
const LONGEST = 100_000; // characters

function modelOf(state) {
  // As much of anywidget's model as a stepper needs: values, and who wants to hear of their change.
  const listeners = new Map();
  return {
    get: (key) => state[key],
    set(key, value) {
      state[key] = value;
      for (const listener of [...(listeners.get(`change:${key}`) ?? [])]) listener();
    },
    on(event, listener) {
      if (!listeners.has(event)) listeners.set(event, new Set());
      listeners.get(event).add(listener);
    },
    off(event, listener) {
      listeners.get(event)?.delete(listener);
    },
    save_changes() {}, // there is no Python to tell
  };
}

/** The state as base64url of its JSON, without the pixels of a photo; "" if that is too long for a link. */
function pack(state) {
  const kept = LINKED.filter((name) => name !== "input" || typeof state.input !== "string");
  const bytes = new TextEncoder().encode(JSON.stringify(Object.fromEntries(kept.map((name) => [name, state[name]]))));
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return text.length > LONGEST ? "" : text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** What such a text sets; throws if it is anything else. */
function unpack(text) {
  if (text.length > LONGEST) throw new Error("too long");
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  const state = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  if (typeof state !== "object" || state === null) throw new Error("no state");
  const kept = LINKED.filter((name) => Object.hasOwn(state, name) && (name !== "input" || Array.isArray(state.input)));
  return Object.fromEntries(kept.map((name) => [name, state[name]]));
}

/** Mounts every figure with a state once, each when it is near; `modules`: functions that return what they export. */
async function mountAll(modules) {
  const all = [...document.querySelectorAll(Object.keys(modules).map((name) => `figure.ct-${name}[data-state]`))];
  const steppers = all.filter((figure) => figure.matches(".ct-stepper")); // links count these, from 1
  const figures = all.filter((figure) => !figure.classList.contains("ct-hosted")); // the script may run twice
  if (!figures.length || !window.IntersectionObserver) return; // the stills stay
  for (const figure of figures) figure.classList.add("ct-hosted");
  const widgets = {};
  const widgetOf = (figure) => {
    const name = Object.keys(modules).find((one) => figure.matches(`.ct-${one}`));
    return (widgets[name] ??= modules[name]());
  };
  const cleanUps = new Map();
  const waiting = []; // figures that are near

  /** [state, message]: the figure's own state, or what a link makes of it if that can be shown. */
  async function stateOf(figure, link, refusal) {
    const own = JSON.parse(figure.dataset.state);
    let shape; // of a photo, which only its picture knows
    if (own.input === "#photo") {
      const photo = figure.querySelector("img.ct-photo");
      own.input = photo.src;
      await photo.decode();
      shape = [photo.naturalHeight, photo.naturalWidth, own.layers[0].kernel?.[0][0].length ?? 3];
    }
    if (link === null) return [own, ""];
    try {
      const linked = { ...own, ...unpack(link) };
      const refused = refusal(linked, shape);
      return refused ? [own, `${refused} The link is not followed.`] : [linked, ""];
    } catch {
      return [own, "Refused: the link is damaged. It is not followed."];
    }
  }

  async function mount(figure, link = null) {
    if (link === null && figure.querySelector(":scope > .ct-live")) return;
    cleanUps.get(figure)?.();
    figure.querySelector(":scope > .ct-live")?.remove();
    const live = document.createElement("div");
    live.className = "ct-live";
    figure.append(live);
    try {
      const widget = widgetOf(figure);
      const [state, message] = await stateOf(figure, link, widget.refusal);
      const host = {
        link(now) {
          const text = pack(now);
          return text && `${location.href.split("#")[0]}#stepper-${steppers.indexOf(figure) + 1}=${text}`;
        },
      };
      cleanUps.set(figure, await widget.render({ model: modelOf(state), el: live, host, message }));
      figure.classList.add("ct-mounted"); // the style sheet now hides the still, except in print
    } catch (error) {
      live.remove(); // the still stays
      figure.classList.remove("ct-mounted");
      console.error("This stepper could not be started.", figure, error);
    }
  }

  let last = Promise.resolve(); // one after the other
  const inTurn = (job) => (last = last.then(job));

  /** Mount what is seen first; before the others let the page be drawn. */
  async function mountNext() {
    const isSeen = (figure) => {
      const { top, bottom } = figure.getBoundingClientRect();
      return top < innerHeight && bottom > 0;
    };
    if (!waiting.some(isSeen)) await new Promise((next) => requestAnimationFrame(() => setTimeout(next)));
    const [next] = waiting.splice(Math.max(0, waiting.findIndex(isSeen)), 1);
    await mount(next);
  }

  async function followLink() {
    const [, n, link] = /^#stepper-(\d+)=(.*)$/s.exec(location.hash) ?? [];
    const figure = steppers[n - 1];
    if (!figures.includes(figure)) return;
    await inTurn(() => mount(figure, link));
    figure.scrollIntoView();
  }

  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      waiting.push(target);
      inTurn(mountNext);
    }
  }, { rootMargin: "100% 0%" }); // one screen above and below
  window.addEventListener("hashchange", followLink);
  await followLink(); // before anything is mounted that is soon out of view
  for (const figure of figures) near.observe(figure);
}
