// The bar at the top: light or dark, and contents that close when a place in this page was chosen.

const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");
const button = document.querySelector("button.theme");
const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);

function show() {
  button.textContent = isDark() ? "☀" : "☾";
  button.title = isDark() ? "Light theme" : "Dark theme";
  button.setAttribute("aria-label", button.title);
}

button.addEventListener("click", () => {
  const theme = isDark() ? "light" : "dark";
  const asSystem = system.matches === (theme === "dark"); // then there is nothing to keep
  if (asSystem) delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    if (asSystem) localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {} // a reader who allows no storage: this page alone
  show();
});
system.addEventListener("change", show);
button.hidden = false;
show();

const contents = document.querySelector(".contents");
contents.addEventListener("click", (event) => {
  if (event.target.closest("a") && contents.matches(":popover-open")) contents.hidePopover();
});
