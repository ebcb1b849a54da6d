// The colours of the page, light or dark. This stands in the head of each page, so that the first
// frame has them: what the reader has chosen, else what the system has. Paper is light.
const asksForDark = matchMedia("(prefers-color-scheme: dark)");
const onPaper = matchMedia("print");
let chosenScheme = "auto"; // or light, or dark
try {
  const kept = localStorage.getItem("nn_core/scheme");
  if (kept === "light" || kept === "dark") chosenScheme = kept;
} catch {
  // A browser may refuse to keep anything.
}

function showScheme() {
  const system = asksForDark.matches ? "dark" : "light";
  const screen = chosenScheme === "auto" ? system : chosenScheme;
  document.documentElement.dataset.theme = onPaper.matches ? "light" : screen;
}

showScheme();
asksForDark.addEventListener("change", showScheme);
onPaper.addEventListener("change", showScheme);
