// @ts-check
// Cuts the document that join.js has made into the pages of an EPUB.

/** What a style sheet says of a drawing that a script has made; an e-reader does not have the sheet. */
const DRAWN =
  "fill stroke stroke-width stroke-dasharray fill-opacity stroke-opacity stop-color paint-order";

/**
 * Gives each chapter as XHTML, and where the lines of the contents lead.
 * @returns {{ files: { name: string, title: string, body: string, holds: string }[], contents: { label: string, href: string, level: number }[] }}
 */
function cutBook() {
  const articles = [...document.querySelectorAll(".bd-article")];
  /** @param {Element} article */
  const fileOf = (article) => `${article.id.replace("--top", "")}.xhtml`;
  /** @param {HTMLAnchorElement} link */
  const hrefOf = (link) => {
    const target = document.getElementById(link.hash.slice(1));
    const article = target?.closest(".bd-article");
    if (!article) return "";
    return target === article ? fileOf(article) : `${fileOf(article)}${link.hash}`;
  };
  /** @type {NodeListOf<HTMLAnchorElement>} */
  const lines = document.querySelectorAll(".pdf-contents a");
  const contents = [...lines].map((line) => ({
    label: line.firstElementChild?.textContent ?? "",
    href: hrefOf(line),
    level: line.matches(".pdf-level-1") ? 1 : 2,
  }));
  /** @type {NodeListOf<HTMLAnchorElement>} */
  const links = document.querySelectorAll(".bd-article a[href^='#']");
  for (const link of links) link.setAttribute("href", hrefOf(link));
  for (const link of document.querySelectorAll(".pdf-answer a")) link.textContent = "Answer";
  for (const svg of document.querySelectorAll("svg")) {
    svg.style.fontSize = getComputedStyle(svg).fontSize;
    /** @type {NodeListOf<SVGElement>} */
    const drawn = svg.querySelectorAll(":scope:is(.lab-figure svg) *");
    for (const each of drawn) {
      const seen = getComputedStyle(each);
      for (const name of DRAWN.split(" "))
        each.style.setProperty(name, seen.getPropertyValue(name));
      each.style.fontSize = seen.fontSize;
    }
  }
  for (const each of document.querySelectorAll(
    "button, select, input, article script, .lab-said",
  )) {
    each.remove();
  }
  for (const label of document.querySelectorAll("label")) label.removeAttribute("for");
  // EPUB has the attributes of MathML 3.
  for (const each of document.querySelectorAll("math :not(mstyle)")) {
    each.removeAttribute("scriptlevel");
  }
  const files = articles.map((article) => ({
    name: fileOf(article),
    title: article.querySelector("h1")?.textContent?.trim() ?? "",
    body: new XMLSerializer().serializeToString(article),
    holds:
      `${article.querySelector("svg") ? "svg" : ""} ${article.querySelector("math") ? "mathml" : ""}`.trim(),
  }));
  return { files, contents };
}
