// @ts-check
// What the scripts of all elements share.

/** @typedef {string | number | boolean | null | undefined | ((event: never) => void)} Attribute */
/** @typedef {Record<string, Attribute>} Attributes */

// A notebook runs this script once for each element, so the name must allow a second declaration.
var nnLab = (() => {
  /** @type {(() => void)[]} each fills the new elements of a kind */
  const fillers = [];

  /** Fills the elements that were added to the page after its scripts ran. */
  const refresh = () => {
    for (const fill of fillers) fill();
  };

  /**
   * Calls build(root, data) for every element of a kind on the page, once.
   * @template Data
   * @param {string} kind
   * @param {(root: HTMLElement, data: Data) => void} build
   */
  function start(kind, build) {
    const run = () => {
      /** @type {NodeListOf<HTMLElement>} */
      const roots = document.querySelectorAll(`[data-lab="${kind}"]:not([data-ready])`);
      for (const root of roots) {
        root.dataset.ready = "";
        // JupyterLab takes no key for a shortcut that is pressed on an element with this mark. The mark
        // must be on that element itself: JupyterLab finds most shortcuts before a mark around it.
        root.addEventListener("focusin", ({ target }) => {
          /** @type {Element} */ (target).setAttribute("data-lm-suppress-shortcuts", "true");
        });
        build(root, JSON.parse(root.getElementsByTagName("script")[0].textContent));
      }
    };
    fillers.push(run);
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", run);
    else run();
  }

  /**
   * @template {Element} Made
   * @param {Made} element
   * @param {Attributes} attributes
   * @param {(Node | string)[]} children
   */
  function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") {
        element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
      } else if (value !== null && value !== undefined && value !== false) {
        element.setAttribute(name, String(value));
      }
    }
    element.append(...children);
    return element;
  }

  /**
   * make("button", {class: "go", onclick: f}, "Go"): an HTML element. A function is a listener. Text is
   * never read as HTML.
   * @template {keyof HTMLElementTagNameMap} Tag
   * @param {Tag} tag
   * @param {Attributes} attributes
   * @param {(Node | string)[]} children
   */
  function make(tag, attributes = {}, ...children) {
    return fill(document.createElement(tag), attributes, children);
  }

  /**
   * The same for SVG.
   * @template {keyof SVGElementTagNameMap} Tag
   * @param {Tag} tag
   * @param {Attributes} attributes
   * @param {(Node | string)[]} children
   */
  function draw(tag, attributes = {}, ...children) {
    return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
  }

  /** @type {(text: string, onclick: () => void) => HTMLButtonElement} */
  const button = (text, onclick) => make("button", { type: "button", onclick }, text);

  /**
   * What draws on a canvas.
   * @param {HTMLCanvasElement} canvas
   * @param {CanvasRenderingContext2DSettings} [settings]
   */
  function contextOf(canvas, settings) {
    return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", settings));
  }

  return { button, contextOf, draw, make, refresh, start };
})();
