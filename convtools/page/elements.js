// Elements and numbers: what the stepper and the questions have in common.

function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/** For the eye alone. */
function unread(className, ...children) {
  const made = element("span", className, ...children);
  made.setAttribute("aria-hidden", "true");
  return made;
}

/** A button of a name and an arrow, which is not read out. */
function button(...parts) {
  const [name] = parts.filter((part) => typeof part === "string");
  const made = element("button", `ct-button ct-${name.toLowerCase().replace(/\W+/g, "-")}`, ...parts);
  made.dataset.control = name.toLowerCase();
  return keepKeys(Object.assign(made, { type: "button" }));
}

/** Else JupyterLab takes the arrow keys and Enter from whatever has the focus, for its cells. */
function keepKeys(control) {
  control.dataset.lmSuppressShortcuts = "true";
  return control;
}

/** A control with a name by which it is found again after a rebuild. */
function control(tag, className, name, settings) {
  const made = keepKeys(Object.assign(element(tag, className), settings));
  made.dataset.control = name;
  return made;
}

/** 3 is "3", -0.125 is "−0.13": whole ones plain, others with two decimals, a real minus sign, never "−0". */
export function number(value) {
  const text = Math.abs(value - Math.round(value)) < 1e-9 ? String(BigInt(Math.round(value))) : value.toFixed(2);
  return text.replace("-", Number(text) ? "−" : "");
}

/** The number that a text writes ("−3", "0.5", "0,5", "1/3", "18,496"), or null. */
function readNumber(text) {
  const tidy = text.trim().replace(/[−–]/g, "-");
  const grouped = /^[-+]?[1-9]\d{0,2}([\s,]\d{3})+$/.test(tidy);
  const plain = grouped ? tidy.replace(/[\s,]/g, "") : tidy.replace(",", ".");
  const [, sign, top, bottom = 1] = /^([-+]?)\s*(\d+\.?\d*|\.\d+)(?:\s*\/\s*(\d+))?$/.exec(plain) ?? [];
  const value = (sign === "-" ? -1 : 1) * (top / bottom);
  return Math.abs(value) < 1e300 ? value : null; // no text, NaN and 1/0 are not less
}
