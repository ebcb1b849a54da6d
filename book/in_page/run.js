// @ts-check
// Runs cells: what a cell needs from above, the line that says what happens, and the bar of the page.

import * as kept from "./kept.js";
import { Place } from "./outputs.js";
import * as progress from "./progress.js";
import * as python from "./python.js";

/** @typedef {{ id: string, source: string, tags: string[] }} Cell */
/** @typedef {{ target: Cell, box: Element, from: "needed" | "top" | "alone", skip: boolean, ended: boolean }} Job */
/** @typedef {typeof import("./editor.js")} Editors */
/** @typedef {Awaited<ReturnType<Editors["edit"]>>} Editor */

const { button, fail, lineOf, make, page, root } = nnCells;
const RESTARTED = "Python was restarted: run the cells again.";
const MEGABYTE = 1e6;

/** All code cells of the notebook, in its order, also those that the page hides. */
/** @type {Cell[]} */
const cells = await (await fetch(`${python.BASE}cells/${page}.json`)).json();

/** The text with which a cell ran in this Python, by its id. */
/** @type {Map<string, string>} */
const ran = new Map();
/** @type {Map<string, Editor>} */
const editors = new Map();
/** Editors that are being loaded. */
/** @type {Map<string, Promise<Editor>>} */
const opening = new Map();
/** @type {Job[]} */
const jobs = [];
/** What Python is doing. */
/** @type {Promise<unknown> | undefined} */
let running;

/** @param {Cell} cell */
const sourceOf = ({ id, source }) => editors.get(id)?.get() ?? source;
/** @param {Cell} cell */
const boxOf = ({ id }) => document.getElementById(`code-${id}`);
/** @param {Cell} cell */
const showsCode = (cell) => Boolean(boxOf(cell)?.querySelector(".cell_input"));
/** @param {Element} box */
function cellOf(box) {
  const cell = cells.find(({ id }) => box.id === `code-${id}`);
  if (!cell) throw new Error("The course was renewed since this page was opened: load it again.");
  return cell;
}
/** @type {(n: number) => string} */
const count = (n) => `${n} ${n === 1 ? "cell" : "cells"}`;

/**
 * What runs for a job: what is needed from above, the cell, and what the page shows below without its code.
 * @param {Job} job
 */
function planOf({ target, from }) {
  const place = cells.indexOf(target);
  const above = cells.slice(0, place);
  const next = cells.findIndex((cell, k) => k > place && showsCode(cell));
  const below = cells.slice(place + 1, next < 0 ? cells.length : next);
  const needed = above.filter((cell) => from === "top" || ran.get(cell.id) !== sourceOf(cell));
  return { above: from === "alone" ? [] : needed, below };
}

// --- the bar of the page

const told = make("span", { class: "run-state" });
const announced = make("span", { class: "visually-hidden", role: "status" });
const stopButton = button("Stop", stop);
const more = make(
  "details",
  { class: "run-more" },
  make("summary", {}, "More"),
  make(
    "div",
    {},
    button("Restart Python", () => restart(RESTARTED)),
    button("Put back the original", putBackAll),
    button("Download as notebook", download),
  ),
);
const bar = make(
  "section",
  { class: "run-bar", "aria-label": "Python in this page" },
  told,
  announced,
  button("Run all", runAll),
  stopButton,
  more,
);

/**
 * Says in the bar what Python does, and aloud what a listener must know.
 * @param {string} text
 * @param {string} [aloud]
 */
function tell(text, aloud) {
  told.textContent = text;
  if (aloud !== undefined) announced.textContent = aloud;
  stopButton.disabled = jobs.length === 0;
  if (!bar.isConnected) {
    document.querySelector(".bd-article-container, main")?.append(bar);
    for (const cell of cells) addMenu(cell);
  }
}

addEventListener("click", ({ target }) => {
  for (const menu of document.querySelectorAll("details.run-more[open]")) {
    const inside = /** @type {Element} */ (target).closest("summary");
    if (!inside || !menu.contains(inside)) menu.removeAttribute("open");
  }
});
addEventListener("keydown", ({ key }) => {
  const open = document.activeElement?.closest("details.run-more[open]");
  if (key !== "Escape" || !open) return;
  open.removeAttribute("open");
  open.querySelector("summary")?.focus();
});

/** @param {Cell} cell */
function addMenu(cell) {
  const box = boxOf(cell);
  const tools = box?.querySelector(".run-tools");
  if (!box || !tools) return;
  const name = make("summary", { "aria-label": "More" }, "⋯");
  const choices = make(
    "div",
    {},
    button("Run to here", () => enqueue(box, "top")),
    button("Run only this cell", () => enqueue(box, "alone")),
    button("Put back the original", () => putBack(cell)),
  );
  tools.append(make("details", { class: "run-more" }, name, choices));
}

// --- running

/**
 * Runs a cell, and first what it needs.
 * @param {Element} box
 */
export const run = (box) => enqueue(box, "needed");

/**
 * @param {Element} box
 * @param {Job["from"]} from
 */
async function enqueue(box, from) {
  jobs.push({ target: cellOf(box), box, from, skip: false, ended: false });
  box.classList.add("run-waits");
  if (jobs.length > 1) return;
  while (jobs.length) {
    await work(jobs[0]);
    jobs.shift();
  }
  tell(told.textContent);
}

/** Runs the page from the first cell to the last. */
function runAll() {
  const last = cells.findLast(showsCode);
  const box = last && boxOf(last);
  if (box) enqueue(box, "top");
}

/** @param {Job} job */
async function work(job) {
  const { target, box } = job;
  const line = lineOf(box);
  const close = () => {
    line.replaceChildren();
    box.classList.remove("run-waits");
  };
  if (job.ended) return close();
  try {
    if (!python.ready) await load(line);
    const { above, below } = planOf(job);
    for (const [k, cell] of above.entries()) {
      if (job.skip || job.ended) break;
      const first = job.from === "top" ? "from the top" : "first";
      const text = `Running the ${count(above.length)} above ${first}: ${k + 1} of ${above.length}`;
      const skip = button("Skip them", () => {
        job.skip = true;
      });
      if (!(await runCell(cell, job, line, text, skip))) endAll();
    }
    for (const cell of [target, ...below]) {
      if (!job.ended && !(await runCell(cell, job, line, "Running"))) endAll();
    }
    close();
  } catch (error) {
    close();
    endAll();
    if (!python.ready) ran.clear();
    const why = /** @type {Error} */ (error).message;
    // Who cancelled or restarted knows why.
    const isKnown = why === CANCELLED || why === RESTARTED;
    tell(why, isKnown ? why : "");
    if (!isKnown) fail(box, why, () => enqueue(box, job.from));
  }
}

/** Lets nothing run that waits: it would stand on what did not end well. */
function endAll() {
  for (const job of jobs) job.ended = true;
}

const CANCELLED = "Loading was cancelled.";

/**
 * Loads Python, and says how far it is.
 * @param {Element} line
 */
async function load(line) {
  const text = make("span", {}, "Loading Python");
  const bar = make("progress", { max: "1", "aria-label": "Loading Python" });
  line.replaceChildren(
    make(
      "p",
      { class: "run-chip" },
      text,
      bar,
      button("Cancel", () => python.end(CANCELLED)),
    ),
  );
  tell("Loading Python", "Loading Python");
  await python.start(({ text: what, loaded, total }) => {
    const [there, all] = [loaded, total].map((bytes) => Math.round(bytes / MEGABYTE));
    text.textContent = there < all ? `${what}: ${there} of ${all} MB` : what;
    told.textContent = text.textContent;
    if (total) bar.value = loaded / total;
  });
  tell("Python is ready.", "Python is ready.");
}

/**
 * Runs one cell. Gives whether what follows should run.
 * @param {Cell} cell
 * @param {Job} job
 * @param {Element} line
 * @param {string} text
 * @param {HTMLButtonElement[]} buttons
 */
async function runCell(cell, job, line, text, ...buttons) {
  const source = sourceOf(cell);
  let place = new Place(cell.id);
  const began = performance.now();
  const said = make("span", {}, text);
  line.replaceChildren(make("p", { class: "run-chip" }, said, ...buttons, button("Stop", stop)));
  const clock = setInterval(() => {
    const seconds = Math.round((performance.now() - began) / 1000);
    said.textContent = `${text}, ${seconds} s`;
  }, 1000);
  const box = boxOf(cell);
  box?.classList.add("run-busy");
  tell(text);
  try {
    const ending = python.run(cell.id, source, (output) => {
      if (output.output_type === "error" && !place.isVisible) {
        // The page has no place for this cell, so its error is told where the reader is.
        place = new Place(job.target.id);
      }
      place.add(output);
    });
    running = ending;
    const { status, seconds } = await ending;
    await place.end();
    progress.note(place.fresh);
    // Only this Python's; and an interrupted training is a training.
    if (status === "error") ran.delete(cell.id);
    else ran.set(cell.id, source);
    const where = cell === job.target ? "" : "a cell above: ";
    if (status === "ok")
      tell(seconds < 0.1 ? "Done." : `Done in ${seconds.toFixed(1)} s.`, "Done.");
    else if (status === "interrupted") tell("Stopped.", "Stopped.");
    else {
      const failed = `An error in ${where || "this cell"}`.replace(/: $/, "");
      tell(`${failed}.`, `${failed}.`);
      unfold(box);
      if (where) box?.scrollIntoView({ block: "center" });
    }
    if (cell === job.target) unfold(box);
    return status === "ok";
  } catch (error) {
    place.drop();
    throw error;
  } finally {
    clearInterval(clock);
    box?.classList.remove("run-busy");
  }
}

/**
 * Lets the reader see the outputs of a folded cell.
 * @param {Element | null} box
 */
function unfold(box) {
  const fold = box?.querySelector(".cell_output")?.closest("details");
  if (fold) fold.open = true;
}

/** Stops what runs, and what waits. */
async function stop() {
  endAll();
  if (!python.ready) python.end(CANCELLED);
  else if (running && !(await python.stop(running))) restart(RESTARTED);
}

/** @param {string} why */
function restart(why) {
  endAll();
  ran.clear();
  python.end(why);
  tell(why, why);
}

// --- editing

/** @param {Element} box */
async function openCell(box) {
  const cell = cellOf(box);
  const change = (/** @type {string} */ text) => {
    box.classList.toggle("run-edited", text !== cell.source);
    const warning = kept.keep(page, cell.id, text, cell.source);
    if (warning) tell(warning, warning);
  };
  /** @type {Editors} */
  const editing = await import(`${python.BASE}editor.min.js`).catch(() => {
    throw new Error("The editor did not arrive. Is there a connection?");
  });
  const editor = await editing.edit(/** @type {HTMLElement} */ (box), {
    source: kept.text(page, cell.id) ?? cell.source,
    label: "Code",
    onRun: () => run(box),
    onRunAndNext: () => {
      run(box);
      goOn(cell);
    },
    onChange: change,
    complete: python.complete,
  });
  editors.set(cell.id, editor);
  const note = kept.note(page, cell.id, cell.source);
  if (note) lineOf(box).replaceChildren(make("p", { class: "run-failed" }, note));
  box.classList.toggle("run-edited", editor.get() !== cell.source);
  return editor;
}

/**
 * Gives the editor of a cell: one, however often the reader clicks until it is there.
 * @param {Element} box
 */
function editorOf(box) {
  const { id } = cellOf(box);
  const there = editors.get(id) ?? opening.get(id);
  if (there) return there;
  const coming = openCell(box).finally(() => opening.delete(id));
  opening.set(id, coming);
  return coming;
}

/**
 * Opens the editor of a cell.
 * @param {Element} box
 */
export async function edit(box) {
  const there = editors.get(cellOf(box).id);
  if (there && box.contains(document.activeElement?.closest(".cm-editor") ?? null)) return;
  (await editorOf(box)).focus();
}

/** Opens the editors of all cells that the reader has edited before. */
export async function open() {
  for (const cell of cells) {
    const box = boxOf(cell);
    if (box && kept.text(page, cell.id) !== undefined) await editorOf(box);
  }
}

// What is edited in another tab with this page is edited here, too: else the last would win.
addEventListener("storage", () => {
  for (const cell of cells) {
    const editor = editors.get(cell.id);
    const text = kept.text(page, cell.id) ?? cell.source;
    if (!editor || editor.get() === text) continue;
    editor.set(text);
    boxOf(cell)?.classList.toggle("run-edited", text !== cell.source);
  }
  open();
});

/**
 * Goes on to the next cell with code.
 * @param {Cell} cell
 */
function goOn(cell) {
  const next = cells.find((each, k) => k > cells.indexOf(cell) && showsCode(each));
  const tools = next && boxOf(next)?.querySelector(".run-tools button:last-of-type");
  /** @type {HTMLElement | undefined} */ (tools ?? undefined)?.focus();
}

/** @param {Cell} cell */
function putBack(cell) {
  editors.get(cell.id)?.destroy();
  editors.delete(cell.id);
  kept.keep(page, cell.id, cell.source, cell.source);
  boxOf(cell)?.classList.remove("run-edited");
}

function putBackAll() {
  if (!confirm("Put back all cells of this page as the course has them?")) return;
  cells.forEach(putBack);
  kept.forget(page);
  tell("All cells are as the course has them.", "All cells are as the course has them.");
}

async function download() {
  const why = await kept.download(page, root);
  if (why) tell(why, why);
}

Object.assign(nnCells, { call: python.call });
