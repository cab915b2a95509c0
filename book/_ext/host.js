// Brings the steppers of a page to life: the same module that JupyterLab loads, without a kernel.
// The built file is this text followed by `mountSteppers("...")` with the text of convtools/stepper.js.

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

async function mount(figure, stepper) {
  const live = document.createElement("div");
  live.className = "ct-live";
  figure.append(live);
  try {
    await stepper.render({ model: modelOf(JSON.parse(figure.dataset.state)), el: live });
    figure.classList.add("ct-mounted"); // the style sheet now hides the still, except in print
  } catch (error) {
    live.remove(); // the still stays
    console.error("This stepper could not be started.", figure, error);
  }
}

async function mountSteppers(source) {
  // Browsers refuse to load a module from file://, but not one that is made from text.
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const { default: stepper } = await import(address);
  for (const figure of document.querySelectorAll("figure.ct-stepper[data-state]")) {
    if (!figure.querySelector(":scope > .ct-live")) await mount(figure, stepper);
  }
}
