// @ts-check
// Gives each cell of a page its Run button. What a first Run or edit needs is loaded only then.

/** @typedef {"run" | "edit" | "open"} Act what run.js can do */

var nnCells = (() => {
  const { button, make } = nnLab;
  const root = new URL(document.documentElement.dataset.content_root ?? "./", location.href);
  // A translation of the course lies in a folder of the site, and uses the same Python.
  const site = new URL(document.documentElement.dataset.site_root ?? root, location.href).href;
  const path = decodeURI((location.origin + location.pathname).slice(root.href.length));
  /** The name of the page, such as book/05_backpropagation. Slides have the cells of their chapter. */
  const page =
    document.documentElement.dataset.page ??
    path.replace(/\/$|^$/, "$&index").replace(/\.html$/, "");

  /**
   * The line under a cell's code that says what happens.
   * @param {Element} cell
   */
  function lineOf(cell) {
    const there = cell.querySelector(".run-line");
    if (there) return there;
    const input = cell.querySelector(".cell_input");
    const line = make("div", { class: "run-line" });
    (input?.closest(".cell > details") ?? input)?.after(line);
    return line;
  }

  /**
   * Empties the line under a cell. Whoever was there with the keyboard comes back to Run.
   * @param {Element} cell
   */
  function clear(cell) {
    const line = lineOf(cell);
    const wasThere = line.contains(document.activeElement);
    line.replaceChildren();
    if (wasThere) focusRun(cell);
  }

  /** @param {Element | null} cell */
  function focusRun(cell) {
    /** @type {HTMLElement | null | undefined} */
    const run = cell?.querySelector(".run-tools > button:last-of-type");
    run?.focus({ preventScroll: true });
  }

  /**
   * Says under a cell what went wrong.
   * @param {Element} cell
   * @param {string} sentence
   * @param {() => void} again
   */
  function fail(cell, sentence, again) {
    const line = lineOf(cell);
    const close = () => clear(cell);
    const retry = button("Try again", () => {
      close();
      again();
    });
    const text = make("span", { role: "alert" });
    line.replaceChildren(make("p", { class: "run-failed" }, text, retry, button("Close", close)));
    text.textContent = sentence;
  }

  let tries = 0;

  /**
   * Loads run.js and lets it do something with a cell.
   * @param {Act} what
   * @param {Element} cell
   */
  async function act(what, cell) {
    try {
      if (location.protocol === "file:") {
        throw new Error(
          "Python runs in a served page, and this one is opened as a file. In the folder of index.html, type python -m http.server, and open http://localhost:8000.",
        );
      }
      /** @type {typeof import("./run.js")} */
      let running;
      try {
        // A browser remembers that a script did not come, but not if the address differs.
        running = await import(`${site}python/run.js${tries ? `?${tries}` : ""}`);
      } catch {
        tries += 1;
        throw new Error("What runs cells did not arrive. Is there a connection?");
      }
      await running[what](cell);
    } catch (error) {
      fail(cell, /** @type {Error} */ (error).message, () => act(what, cell));
    }
  }

  /** Service workers, where there are any: in a frame of another site, asking for them is an error. */
  const services = (() => {
    try {
      return navigator.serviceWorker;
    } catch {
      return undefined;
    }
  })();

  /**
   * @param {Element} cell
   * @param {number} k
   */
  function equip(cell, k) {
    // A listener hears of which cell the buttons are.
    cell.setAttribute("role", "group");
    cell.setAttribute("aria-label", `Cell ${k + 1}`);
    const input = /** @type {HTMLElement | null} */ (cell.querySelector(".cell_input"));
    if (!input) return;
    const run = button("Run", () => act("run", cell));
    const tools = make("div", { class: "run-tools" }, run);
    // In a folded cell, the button stands beside the words that unfold it.
    (input.closest("details") ? cell : input).append(tools);
    const edit = button("Edit", () => act("edit", cell));
    edit.classList.add("run-edit");
    (input.closest("details") ? input : tools).prepend(edit);
    input.addEventListener("click", ({ target }) => {
      const code = /** @type {Element} */ (target).closest("pre");
      // Who has marked a piece of code wants to copy it.
      if (code && getSelection()?.isCollapsed) act("edit", cell);
    });
    cell.addEventListener("keydown", (event) => {
      const { key, shiftKey } = /** @type {KeyboardEvent} */ (event);
      if (key === "Enter" && shiftKey && !event.defaultPrevented) {
        event.preventDefault();
        act("run", cell);
      }
    });
  }

  const cells = document.querySelectorAll(".cell[id^='code-']");
  cells.forEach(equip);
  if (location.protocol !== "file:") {
    addEventListener("load", () => {
      // Where there is none, all works but Stop, and nothing without a connection.
      services?.register(`${site}service_worker.js`).catch(() => {});
    });
    try {
      if (localStorage.getItem(`nn_core/edited/${page}`)) act("open", cells[0]);
    } catch {
      // Storage is blocked, so nothing is kept.
    }
  }
  return { clear, fail, focusRun, lineOf, page, root: root.href, services, site };
})();
