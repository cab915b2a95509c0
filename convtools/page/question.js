// Questions: what the reader answers in, what `convtools.check.verdict` says out, word for word.

/** The numbers of a text, parted by commas, semicolons, spaces or "and", whatever brackets are around them; or null. */
function readRow(text) {
  const words = text.replace(/[()[\]{}]/g, " ").replace(/\s*\/\s*/g, "/").split(/[\s,;]+/);
  const row = words.filter((word) => word && word !== "and").map(readNumber);
  return row.length && !row.includes(null) ? row : null;
}

function readAnswer(kind, text) {
  const row = readRow(text);
  if (kind === "numbers") return row;
  return readNumber(text) ?? (row?.length === 1 ? row[0] : row);
}

/** Python's `same`, for what can be answered in a page. */
function sameAnswer(a, b) {
  if ([a, b].some((value) => typeof value === "string")) return a === b;
  const [came, wanted] = [a, b].map((value) => [value].flat());
  const close = (n, i) => Math.abs(n - wanted[i]) <= 1e-5 + 1e-5 * Math.abs(wanted[i]);
  return Array.isArray(a) === Array.isArray(b) && came.length === wanted.length && came.every(close);
}

/** [the answer's state, what to say after the word for it]. */
function verdict({ answer, mistakes, hint, why }, value) {
  const mistake = mistakes.find(([wrong]) => sameAnswer(value, wrong));
  if (mistake) return ["wrong", mistake[1]];
  if (sameAnswer(value, answer)) return ["right", why];
  const count = [value].flat().length;
  let difference = "";
  if (Array.isArray(answer) && (value.length ?? -1) !== answer.length) {
    difference = `Numbers in your answer: ${count}, expected ${answer.length}. `;
  } else if (Array.isArray(value) && !Array.isArray(answer)) difference = `One number was expected, got a row of ${count}. `;
  return ["wrong", difference + hint];
}

/** Plain text as nodes, what stands between backticks as code. */
const withCode = (text) => text.split("`").map((part, n) => (n % 2 ? element("code", "", part) : part));

function worked({ kind, answer, why }) {
  const words = kind === "choice" ? answer : [answer].flat().map(number).join(", ");
  return `${words[0].toUpperCase()}${words.slice(1)}. ${why}`;
}

const behindClick = (name, text) => element("details", "", keepKeys(element("summary", "", name)), element("p", "", ...withCode(text)));

const HEADS = { right: ["✓ ", "Right. "], wrong: ["✗ ", "Not yet. "], unread: ["? ", ""] }; // sign, word

const EXPECTED = {
  number: "Type a number, such as −0.5.",
  numbers: "Type numbers, such as 1, 0, −2.",
  choice: "Choose an answer.",
};

/** What came, if anything, and what was expected. */
function unreadable(kind, text) {
  const came = text.trim();
  const short = came.length > 40 ? `${came.slice(0, 40)}…` : came;
  return `${came && `“${short}” cannot be read as ${kind === "number" ? "a number" : "numbers"}. `}${EXPECTED[kind]}`;
}

/** Mount a question in `el`, tied to `model` (get, set, save_changes, on, off); returns its clean-up. */
function render({ model, el }) {
  const record = Object.fromEntries(["question", "kind", "choices", "answer", "mistakes", "hint", "why"].map((key) => [key, model.get(key)]));
  const isChoice = record.kind === "choice";
  const asked = withCode(record.question);
  const inputs = (isChoice ? record.choices : [""]).map((value) =>
    control("input", isChoice ? "" : "ct-number", "answer", { type: isChoice ? "radio" : "text", value, name: "answer", autocomplete: "off" }));
  const [field] = inputs;
  const status = element("p", "ct-verdict");
  status.setAttribute("role", "status");

  const form = element("form", "ct-widget ct-question",
    isChoice
      ? element("fieldset", "", element("legend", "ct-asked", ...asked),
        ...inputs.map((input) => element("label", "ct-option", input, element("span", "", ...withCode(input.value)))))
      : element("label", "", element("span", "ct-asked", ...asked), field),
    Object.assign(button("Check"), { type: "submit" }), status, behindClick("Hint", record.hint), behindClick("Worked answer", worked(record)));
  form.setAttribute("aria-label", model.get("question").replaceAll("`", "")); // each form is a landmark with a name of its own
  el.append(form);

  function say(state, words) {
    const [sign, head] = HEADS[state];
    status.dataset.state = state;
    status.replaceChildren(unread("", sign), element("b", "", head), ...withCode(words));
  }

  const read = () => (isChoice ? inputs.find((input) => input.checked)?.value ?? null : readAnswer(record.kind, field.value));

  function show() {
    const value = model.get("value") ?? null;
    if (isChoice) for (const input of inputs) input.checked = input.value === value;
    else if (JSON.stringify(read()) !== JSON.stringify(value)) field.value = [value ?? []].flat().join(", ").replaceAll("-", "−");
    if (value !== null) return say(...verdict(record, value));
    status.dataset.state = "";
    return status.replaceChildren();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const value = read();
    if (value === null) return say("unread", isChoice ? EXPECTED.choice : unreadable(record.kind, field.value));
    model.set("value", value);
    model.save_changes();
    return show(); // the same answer once more is no change to the model
  });
  form.addEventListener("keydown", (event) => { // JupyterLab keeps Enter from sending a form by itself
    if (event.key !== "Enter" || !inputs.includes(event.target)) return;
    event.preventDefault();
    form.requestSubmit();
  });
  model.on("change:value", show);
  show();
  return () => {
    model.off("change:value", show);
    form.remove();
  };
}

export default { render };
