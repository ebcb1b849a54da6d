// The colours of the page, light or dark. This stands in the head of each page, so that the first
// frame has them: what the reader has chosen, else what the system has. Paper is light.
const asksForDark = matchMedia("(prefers-color-scheme: dark)");
const onPaper = matchMedia("print");

/** What the reader has chosen: auto, light or dark. */
function chosenScheme() {
  try {
    return localStorage.getItem("mode") || "auto";
  } catch {
    return "auto"; // a browser may refuse to keep anything
  }
}

function showScheme() {
  const chosen = chosenScheme();
  const system = asksForDark.matches ? "dark" : "light";
  const screen = chosen === "auto" ? system : chosen;
  document.documentElement.dataset.theme = onPaper.matches ? "light" : screen;
}

showScheme();
asksForDark.addEventListener("change", showScheme);
onPaper.addEventListener("change", showScheme);
