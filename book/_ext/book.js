// The bar at the top, the contents, and what can be scrolled.

const KEY = "convolution-book-theme";
const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");
const button = document.querySelector("button.theme");
const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);

function show() {
  button.textContent = isDark() ? "☀" : "☾";
  button.title = isDark() ? "Light theme" : "Dark theme";
  button.setAttribute("aria-label", button.title);
  const paper = getComputedStyle(root).backgroundColor;
  for (const meta of document.querySelectorAll("meta[name='theme-color']")) meta.content = paper;
}

button.addEventListener("click", () => {
  const theme = isDark() ? "light" : "dark";
  const asSystem = system.matches === (theme === "dark"); // then there is nothing to keep
  if (asSystem) delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    if (asSystem) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {} // a reader who allows no storage: this page alone
  show();
});
system.addEventListener("change", show);
button.hidden = false;
show();

// The contents are a popover on a narrow page, and always there on a wide one.
const contents = document.querySelector(".contents");
const here = contents.querySelector("[aria-current]");
const close = () => contents.hidePopover?.();
const showHere = () => {
  if (here) contents.scrollTop = here.offsetTop - contents.clientHeight / 3;
};
contents.addEventListener("click", (event) => {
  if (event.target.closest("a")) close();
});
contents.addEventListener("toggle", showHere);
matchMedia("(min-width: 64rem)").addEventListener("change", close);
showHere();

// What scrolls sideways is a stop for the Tab key; what does not is none.
const frames = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
for (const frame of document.querySelectorAll("pre, .wide, div.math")) frames.observe(frame);

// A page that a search has found shows where it says the words: all of them, else one.
const sought = (new URLSearchParams(location.search).get("q") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
[sought.join(" "), ...sought].some((words) => {
  const texts = document.createTreeWalker(document.querySelector("article"), NodeFilter.SHOW_TEXT);
  while (words && texts.nextNode()) {
    const text = texts.currentNode;
    const at = text.data.toLowerCase().replace(/\s/g, " ").indexOf(words);
    if (at < 0 || !text.parentElement.checkVisibility?.()) continue;
    const part = text.parentElement.closest("p, li") ?? text.parentElement;
    part.scrollIntoView({ behavior: "instant" }); // to the top, where it stays when a stepper above comes to life
    getSelection().setBaseAndExtent(text, at, text, at + words.length);
    return true;
  }
});
