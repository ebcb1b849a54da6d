// What the scripts of all elements share. Each calls nnLab.start(kind, build): build(root, data) is
// called once for every element of that kind on the page.
globalThis.nnLab ??= {
  start(kind, build) {
    const run = () => {
      for (const root of document.querySelectorAll(`[data-lab="${kind}"]:not([data-ready])`)) {
        root.dataset.ready = "";
        // JupyterLab would move to the next cell with an arrow key meant for the element.
        root.addEventListener("keydown", (event) => event.stopPropagation());
        build(root, JSON.parse(root.querySelector("script").textContent));
      }
    };
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", run);
    else run();
  },

  // nnLab.make("button", {class: "go", onclick: f}, "Go"): an HTML element. Names that begin with
  // "on" are listeners; text is never read as HTML.
  make(tag, attributes = {}, ...children) {
    return nnLab.fill(document.createElement(tag), attributes, children);
  },

  // The same for SVG.
  draw(tag, attributes = {}, ...children) {
    return nnLab.fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
  },

  fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  },
};
