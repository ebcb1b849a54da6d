// @ts-check
// Copies a formula as its TeX: what is selected of a page goes into the clipboard with dollar signs.

(() => {
  document.addEventListener("copy", (event) => {
    const selection = document.getSelection();
    if (!selection?.rangeCount || !event.clipboardData) return;
    const range = selection.getRangeAt(0).cloneRange();
    // Of a formula that is selected in part, all is meant.
    const first = formulaAt(range.startContainer);
    const last = formulaAt(range.endContainer);
    if (first) range.setStartBefore(first);
    if (last) range.setEndAfter(last);
    const part = document.createElement("div");
    part.append(range.cloneContents());
    const formulas = /** @type {NodeListOf<HTMLElement>} */ (part.querySelectorAll("[data-tex]"));
    if (!formulas.length) return;
    event.clipboardData.setData("text/html", part.innerHTML);
    for (const each of formulas) {
      const isBlock = each.localName === "div" || each.querySelector("math[display]");
      const marks = isBlock ? "$$" : "$";
      each.textContent = `${marks}${each.dataset.tex}${marks}`;
    }
    // Paragraphs and lines are told apart only in what is shown.
    part.style.cssText = "position: fixed; left: -99rem; width: 60rem";
    document.body.append(part);
    // biome-ignore lint/performance/useDomNodeTextContent: textContent has no lines
    event.clipboardData.setData("text/plain", part.innerText);
    part.remove();
    event.preventDefault();
  });

  /** @param {Node} node */
  function formulaAt(node) {
    const element = node instanceof Element ? node : node.parentElement;
    return element?.closest("[data-tex]");
  }
})();
