// @ts-check
// Puts what a cell gives into the place of what it gave before.

import { BASE } from "./python.js";

/** @typedef {import("./python.js").Output} Output */
/** @typedef {{ render: (tex: string, place: Element, options: object) => void }} Temml */

const { make } = nnLab;
const { focusRun } = nnCells;
const SAID = "nn_core_said"; // marks a paragraph of the book
const STATIC = new URL("../_static/", BASE).href;
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours of a terminal begin with one
const ANSI = /\x1b\[[0-9;]*[A-Za-z]/g;
const OVERWRITTEN = /[^\n]*\r(?=[^\r\n])/g; // what a progress bar has written before, in its line

const CONTROLS = "a[href], button, input, select, summary, textarea";

/** @type {Promise<Record<string, string[][]>> | undefined} */
let kinds;

/** @type {Promise<unknown> | undefined} */
let setter;

/** @param {string | string[] | object | undefined} text a notebook may hold lines one by one */
const whole = (text) => (Array.isArray(text) ? text.join("") : String(text ?? ""));

/**
 * @param {string} kind
 * @param {string} text
 */
function pre(kind, text) {
  const box = make("pre", {});
  box.textContent = text;
  const classes = `output ${kind} highlight-myst-ansi notranslate`;
  return make("div", { class: classes }, make("div", { class: "highlight" }, box));
}

/** @param {Output} output */
function drawError({ ename = "", evalue = "", traceback = [] }) {
  const [own = "", ...library] = traceback.map((part) => part.replace(ANSI, "").trimEnd());
  const box = pre("traceback", own || `${ename}: ${evalue}`);
  if (library.length) {
    const inside = make("pre", {});
    inside.textContent = library.join("\n");
    box.append(
      make("details", {}, make("summary", {}, "In the libraries that were called"), inside),
    );
  }
  return box;
}

/**
 * @param {string} html
 * @param {string} tag
 */
function drawHTML(html, tag = "text_html") {
  const box = make("div", { class: `output ${tag}` });
  box.innerHTML = html;
  // A script that is written as text does not run.
  for (const script of box.querySelectorAll("script:not([type$=json])")) {
    const attributes = Object.fromEntries(
      [...script.attributes].map((each) => [each.name, each.value]),
    );
    script.replaceWith(make("script", attributes, script.textContent));
  }
  return box;
}

/**
 * Draws an output in the best of its forms.
 * @param {Output} output
 */
function draw(output) {
  if (output.output_type === "stream") return pre("stream", "");
  if (output.output_type === "error") return drawError(output);
  const data = output.data ?? {};
  if (data["text/html"]) return drawHTML(whole(data["text/html"]));
  if (data["image/svg+xml"]) return drawHTML(whole(data["image/svg+xml"]), "image_svg");
  for (const mime of ["image/png", "image/jpeg", "image/gif"]) {
    if (data[mime]) {
      const image = {
        src: `data:${mime};base64,${whole(data[mime])}`,
        alt: whole(data["text/plain"]),
      };
      return make("div", { class: "output image_png" }, make("img", image));
    }
  }
  if (data["text/latex"]) {
    const formula = make("span", { class: "lab-formula" });
    formula.textContent = whole(data["text/latex"]).replace(/^\$\$?([\s\S]*?)\$?\$$/, "\\[$1\\]");
    return make("div", { class: "output text_latex" }, formula);
  }
  return pre("text_plain", whole(data["text/plain"]).replace(ANSI, ""));
}

/** @returns {Promise<Record<string, string[][]>>} */
async function fetchKinds() {
  try {
    return await (await fetch(`${BASE}kinds.json`)).json();
  } catch {
    kinds = undefined; // The next output asks again.
    throw new Error("The file kinds.json did not arrive whole: is there a connection?");
  }
}

/** @param {string} address */
function load(address) {
  const isScript = address.endsWith(".js");
  for (const element of document.querySelectorAll("script[src], link[href], style[data-sheet]")) {
    const there = ["src", "href", "data-sheet"]
      .map((name) => element.getAttribute(name))
      .find(Boolean);
    if (new URL(there ?? "", document.baseURI).href.split("?")[0] === address) return undefined;
  }
  const element = isScript
    ? make("script", { src: address })
    : make("link", { rel: "stylesheet", href: address });
  return new Promise((resolve) => {
    element.addEventListener("load", resolve);
    element.addEventListener("error", resolve);
    document.head.append(element);
  });
}

/**
 * Sets formulas as the build of the book does: book/_ext/formulas.py.
 * @param {Element} box
 */
async function setFormulas(box) {
  const formulas = /** @type {NodeListOf<HTMLElement>} */ (box.querySelectorAll(".lab-formula"));
  if (!formulas.length) return;
  load(`${STATIC}formulas.css`);
  setter ??= load(`${BASE}temml.min.js`);
  await setter;
  const { temml } = /** @type {{ temml?: Temml }} */ (globalThis);
  for (const each of formulas) {
    const [, mark, tex] = each.textContent.match(/^\\([[(])([\s\S]*)\\[\])]$/) ?? [];
    if (!temml || !tex) continue; // The formula stays readable as TeX.
    each.className = "math";
    each.dataset.tex = tex;
    temml.render(tex, each, { displayMode: mark === "[" });
  }
}

/**
 * Fills elements of nn_core.lab, which come without their scripts and styles, and formulas.
 * @param {Element} box
 */
async function finish(box) {
  const found = /** @type {NodeListOf<HTMLElement>} */ (box.querySelectorAll("[data-lab]"));
  if (found.length) {
    kinds ??= fetchKinds();
    for (const { dataset } of found) {
      const [scripts, styles] = (await kinds)[dataset.lab ?? ""];
      for (const name of styles) load(`${STATIC}${name}.css`);
      for (const name of scripts) await load(`${STATIC}${name}.js`);
      if (scripts.length) nnLab.refresh();
    }
  }
  await setFormulas(box);
}

/**
 * Keeps quizzes, hints and solutions, since the reader may have answered or opened them. They do not
 * depend on what was computed.
 * @param {Element} fresh
 * @param {Element | null | undefined} old
 */
function keepFolds(fresh, old) {
  // In a translated page, the old ones have been translated.
  if (typeof nnTranslate === "function") nnTranslate(fresh);
  for (const element of fresh.querySelectorAll("[data-lab]:has(> :is(details, fieldset))")) {
    const name = `[data-lab][aria-label="${element.getAttribute("aria-label")}"]`;
    const same = old?.querySelector(`${name}:has(> :is(details, fieldset))`);
    if (same) element.replaceWith(same);
  }
}

/**
 * Lets links of a paragraph, which are those of a notebook, lead to pages.
 * @param {Element} box
 * @param {Element} old
 */
function mendLinks(box, old) {
  const before = new Map(
    [...old.querySelectorAll("a")].map((link) => [link.textContent, link.href]),
  );
  for (const link of box.querySelectorAll("a")) {
    const address = link.getAttribute("href") ?? "";
    const [, page, cell] = address.match(/^(.*)\.ipynb(?:#cell-id=([\w-]+))?$/) ?? [];
    const known = before.get(link.textContent);
    if (known) link.href = known;
    else if (address.endsWith("references.bib")) link.removeAttribute("href");
    else if (page) {
      const name = page.split("/").pop();
      // docutils writes ids so.
      const id = cell && `#cell-${name}-${cell}`.toLowerCase().replaceAll("_", "-");
      link.href = `${page}.html${id ?? ""}`;
    }
  }
}

/**
 * Remembers which control of a box has the keyboard. Gives a function that hands it to the same one of another box.
 * @param {Element | null | undefined} old
 */
function focusOf(old) {
  const controls = old ? [...old.querySelectorAll(CONTROLS)] : [];
  const place = controls.indexOf(/** @type {Element} */ (document.activeElement));
  return (/** @type {Element} */ box, /** @type {Element | null} */ cell) => {
    // The browser gives the keyboard of what is gone to the page as a whole.
    if (place < 0 || document.activeElement !== document.body) return;
    const control = /** @type {HTMLElement | undefined} */ (box.querySelectorAll(CONTROLS)[place]);
    if (control) control.focus({ preventScroll: true });
    else focusRun(cell);
  };
}

/** The outputs of one run of a cell. The old ones stay until the first new one, and their height until the end. */
export class Place {
  /** @param {string} id */
  constructor(id) {
    this.cell = document.getElementById(`code-${id}`);
    this.saidBox = document.getElementById(`said-${id}`);
    this.fresh = make("div", { class: "cell_output docutils container" });
    /** @type {Element[]} */
    this.said = [];
    /** @type {{ name?: string, text: string, box: Element } | undefined} */
    this.stream = undefined;
    this.clearNext = false;
    /** @type {Promise<void>[]} */
    this.finishing = [];
    this.old = this.cell?.querySelector(":scope .cell_output");
    this.old?.classList.add("run-stale");
    /** The numbers that the book gave to the figures of this cell. */
    this.numbers = [...(this.old?.querySelectorAll(".lab-number") ?? [])];
    this.focus = focusOf(null);
  }

  /** Whether the reader can see what this cell gives. */
  get isVisible() {
    return Boolean(this.cell);
  }

  /** Puts the new outputs into the place of the old. */
  show() {
    if (this.fresh.isConnected || !this.cell) return;
    if (this.old) {
      this.fresh.style.minHeight = `${this.old.getBoundingClientRect().height}px`;
      this.old.replaceWith(this.fresh);
    } else {
      const input = this.cell.querySelector(".cell_input");
      const folded = this.cell.querySelector(":scope > details:not(.above-input)");
      if (folded && input) folded.append(this.fresh);
      else this.cell.append(this.fresh);
    }
  }

  /** @param {Output} output */
  add(output) {
    if (output.output_type === "clear_output") {
      if (output.wait) this.clearNext = true;
      else this.clear();
      return;
    }
    if (!this.fresh.isConnected) this.focus = focusOf(this.old);
    const display = output.transient?.display_id ?? "";
    if (output.output_type.startsWith("update_display")) {
      for (const shown of document.querySelectorAll(`[data-display="${CSS.escape(display)}"]`)) {
        shown.replaceChildren(...draw(output).childNodes);
        this.finishing.push(finish(shown));
      }
      return;
    }
    if (this.clearNext) this.clear();
    if (output.output_type === "stream") {
      this.write(output);
      return;
    }
    this.stream = undefined;
    const box = draw(output);
    if (display) box.dataset.display = display; // a later output may change it
    if (this.saidBox && output.metadata?.[SAID]) {
      this.said.push(...box.children);
      return;
    }
    keepFolds(box, this.old);
    for (const caption of box.getElementsByTagName("figcaption")) {
      const number = this.numbers.shift();
      if (number) caption.prepend(number.cloneNode(true), " ");
    }
    this.fresh.append(box);
    this.show();
    if (box.isConnected) this.finishing.push(finish(box));
  }

  /** @param {Output} output */
  write({ name, text }) {
    if (!this.stream || this.stream.name !== name) {
      const box = draw({ output_type: "stream" });
      if (name === "stderr") box.classList.replace("stream", "stderr");
      this.fresh.append(box);
      this.stream = { name, text: "", box };
    }
    const { stream } = this;
    stream.text = (stream.text + whole(text).replace(ANSI, "")).replace(OVERWRITTEN, "");
    /** @type {Element} */ (stream.box.querySelector("pre")).textContent = stream.text;
    this.show();
  }

  clear() {
    this.clearNext = false;
    this.stream = undefined;
    this.fresh.replaceChildren();
  }

  /** Ends the run: nothing of the old outputs is left. */
  async end() {
    if (this.saidBox && this.said.length) {
      for (const part of this.said) mendLinks(part, this.saidBox);
      const focus = focusOf(this.saidBox);
      this.saidBox.replaceChildren(...this.said);
      this.finishing.push(finish(this.saidBox));
      focus(this.saidBox, this.cell);
    }
    await Promise.all(this.finishing);
    this.focus(this.fresh, this.cell);
    if (this.fresh.isConnected) this.fresh.style.minHeight = "";
    else this.old?.remove();
    if (!this.fresh.hasChildNodes()) this.fresh.remove();
  }

  /** What a listener must hear of the outputs. Regions that have just come do not speak themselves. */
  get spoken() {
    const parts = [...this.fresh.querySelectorAll("[data-verdict]")];
    return parts.map((part) => part.textContent.trim()).join(" ");
  }

  /** Ends a run that Python did not end: what is there stays. */
  drop() {
    this.old?.classList.remove("run-stale");
    this.fresh.style.minHeight = "";
  }
}
