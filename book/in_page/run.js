// @ts-check
// Runs cells: what a cell needs from above, the line that says what happens, and the bar of the page.

import * as progress from "../_static/progress.js";
import * as kept from "./kept.js";
import { Place } from "./outputs.js";
import * as python from "./python.js";

/** @typedef {{ id: string, source: string, short?: string }} Cell `short` trains less, where the cell takes long */
/** @typedef {{ target: Cell, box: Element, from: "needed" | "top" | "alone", skip: boolean, ended: boolean, seconds: number, spoken: string }} Job */
/** @typedef {typeof import("./editor.js")} Editors */
/** @typedef {Awaited<ReturnType<Editors["edit"]>>} Editor */

const { button, make } = nnLab;
const { clear, fail, focusRun, lineOf, page, root, site } = nnCells;
const RESTARTED = "Python was restarted: run the cells again.";
const MEGABYTE = 1e6;

/** All code cells of the notebook, in its order, also those that the page hides. */
/** @type {Cell[]} */
const cells = await (await fetch(`${python.BASE}cells/${page}.json`)).json();

/** The text with which a cell ran in this Python, by its id; null if a cell above has changed since. */
/** @type {Map<string, string | null>} */
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
/**
 * Whether a cell only imports, such as `check`: that is quick, so it is not skipped.
 * @param {Cell} cell
 */
const onlyImports = (cell) => /^((from|import) .*(\n|$)|\n)+$/.test(sourceOf(cell));
/**
 * Whether a cell is folded and shows a figure: it draws what the cell above it has computed.
 * @param {Cell} cell
 */
const draws = (cell) => Boolean(boxOf(cell)?.matches(".tag_hide-input:has(.cell_output figure)"));
/** @param {Cell} cell */
const isLong = ({ id, source, short }) =>
  short !== undefined && ran.get(id) !== source && sourceOf({ id, source }) === source;
/** @type {(n: number) => string} */
const count = (n) => `${n} ${n === 1 ? "cell" : "cells"}`;

/**
 * What runs for a job: what is needed from above, the cell, and what the page shows below, without its code or folded.
 * @param {Job} job
 */
function planOf({ target, from }) {
  const place = cells.indexOf(target);
  const above = cells.slice(0, place);
  const next = cells.findIndex((cell, k) => k > place && showsCode(cell) && !draws(cell));
  const below = cells.slice(place + 1, next < 0 ? cells.length : next);
  // What follows a change may depend on it.
  const changed = above.findIndex((cell) => ran.get(cell.id) !== sourceOf(cell));
  const needed = changed < 0 ? [] : above.slice(changed);
  return { above: { needed, top: above, alone: [] }[from], below };
}

/**
 * Notes that a cell ran. Where its text is another than before, what ran below shows what is past.
 * @param {Cell} cell
 * @param {string} source
 */
function note(cell, source) {
  if (ran.get(cell.id) !== source) {
    for (const { id } of cells.slice(cells.indexOf(cell) + 1)) if (ran.has(id)) ran.set(id, null);
  }
  ran.set(cell.id, source);
}

/**
 * Says how many cells below show what is past.
 * @param {Cell} target
 */
function pastBelow(target) {
  const below = cells.slice(cells.indexOf(target) + 1).filter(showsCode);
  const past = below.filter(({ id }) => ran.get(id) === null).length;
  return past ? ` ${count(past)} below ran before this and may be out of date.` : "";
}

// --- the bar of the page

const told = make("span", { class: "run-state" });
const announced = make("span", { class: "lab-unseen", role: "status" });
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
  // What is said again in other words only is not said twice.
  if (aloud !== undefined && aloud !== announced.textContent) announced.textContent = aloud;
  const hadFocus = document.activeElement === stopButton;
  stopButton.disabled = jobs.length === 0;
  if (hadFocus && stopButton.disabled) more.querySelector("summary")?.focus();
  if (!bar.isConnected) {
    document.querySelector("main")?.append(bar);
    for (const cell of cells) addMenu(cell);
  }
}

for (const type of ["click", "focusin"]) {
  addEventListener(type, ({ target }) => {
    for (const menu of document.querySelectorAll("details.run-more[open]")) {
      // A choice closes its menu; walking through it does not.
      const place = /** @type {Element} */ (target).closest(
        type === "click" ? "summary" : "details",
      );
      if (place && menu.contains(place)) continue;
      const hadFocus = menu.contains(document.activeElement);
      menu.removeAttribute("open");
      if (hadFocus) menu.querySelector("summary")?.focus();
    }
  });
}
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
    ...(cell.short === undefined ? [] : [button("Use the shortened form", () => shorten(cell))]),
    button("Put back the original", () => {
      putBack(cell);
      const text = "The cell is as the course has it: run it to see what it gives.";
      tell(text, text);
    }),
  );
  // The other buttons stay under the pointer.
  tools.prepend(make("details", { class: "run-more" }, name, choices));
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
  const target = cellOf(box);
  jobs.push({ target, box, from, skip: false, ended: false, seconds: 0, spoken: "" });
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
  const close = () => {
    clear(box);
    box.classList.remove("run-waits");
  };
  if (job.ended) return close();
  // The buttons stay while cells come and go: who has reached one with the keyboard keeps it.
  const said = make("span", {});
  const halt = button("Stop", stop);
  lineOf(box).replaceChildren(make("p", { class: "run-chip" }, said, halt));
  try {
    if (!python.ready) await load(said, halt);
    const { above, below } = planOf(job);
    const long = [...above, target].filter(isLong);
    if (long.length && !isAnswered) await ask(long, said, halt);
    if (job.ended) return close();
    const first = job.from === "top" ? "from the top" : "first";
    const all = `Running the ${count(above.length)} above ${first}`;
    const skip = button("Skip them", () => {
      job.skip = true;
      if (document.activeElement === skip) halt.focus();
      skip.disabled = true;
      skip.textContent = "Skipping after this one";
    });
    if (above.length) halt.before(skip);
    tell(told.textContent, above.length ? all : "Running");
    for (const [k, cell] of above.entries()) {
      if (job.ended) break;
      if (job.skip && !onlyImports(cell)) continue;
      if (!(await runCell(cell, job, said, `${all}: ${k + 1} of ${above.length}`))) {
        close();
        endAll();
        // An error, and no Stop.
        if (!ran.has(cell.id)) blame(cell, job);
        return;
      }
    }
    if (document.activeElement === skip) halt.focus();
    skip.remove();
    for (const cell of [target, ...below]) {
      if (job.ended) return close();
      if (!(await runCell(cell, job, said, "Running"))) {
        endAll();
        return close();
      }
    }
    const took = job.seconds < 0.1 ? "Done." : `Done in ${job.seconds.toFixed(1)} s.`;
    const past = pastBelow(target);
    tell(took + past, `Done. ${job.spoken}`.trim() + past);
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

/** Whether the reader has said, in this page, how long cells are to run. */
let isAnswered = false;
/** What ends the question, while it is asked. */
/** @type {((answered: boolean) => void) | undefined} */
let endQuestion;

/**
 * Asks whether long cells are to run in their shortened form, and lets the reader see it in their editors.
 * @param {Cell[]} long
 * @param {Element} said
 * @param {HTMLElement} halt
 */
async function ask(long, said, halt) {
  const text = `${count(long.length)} of this page can take minutes here.`;
  const full = button("Run in full", () => endQuestion?.(true));
  const shortened = button("Run a shortened form", async () => {
    for (const cell of long) await shorten(cell);
    endQuestion?.(true);
  });
  said.textContent = text;
  halt.before(full, shortened);
  tell(text, `${text} Run in full, or run a shortened form?`);
  isAnswered = await new Promise((resolve) => {
    endQuestion = resolve;
  });
  endQuestion = undefined;
  if (document.activeElement === full || document.activeElement === shortened) halt.focus();
  full.remove();
  shortened.remove();
}

/** Lets nothing run that waits: it would stand on what did not end well. */
function endAll() {
  for (const job of jobs) job.ended = true;
  endQuestion?.(false);
}

/**
 * Says under a cell that one above has an error, where the page shows that one.
 * @param {Cell} cell
 * @param {Job} job
 */
function blame(cell, { box }) {
  const above = boxOf(cell);
  if (!above) return;
  const why = make("span", { role: "alert" });
  const show = button("Show it", () => {
    above.scrollIntoView({ block: "center" });
    focusRun(above);
  });
  const alone = button("Run only this cell", () => enqueue(box, "alone"));
  lineOf(box).replaceChildren(make("p", { class: "run-failed" }, why, show, alone));
  why.textContent = "A cell above ended with an error, so this one did not run.";
}

const CANCELLED = "Loading was cancelled.";

/**
 * Loads Python, and says how far it is.
 * @param {Element} said
 * @param {Element} halt the button that cancels
 */
async function load(said, halt) {
  const bar = make("progress", { max: "1", "aria-label": "Loading Python" });
  said.textContent = "Loading Python";
  halt.textContent = "Cancel";
  halt.before(bar);
  tell("Loading Python");
  await python.start(({ text, loaded, total }) => {
    const [there, all] = [loaded, total].map((bytes) => Math.round(bytes / MEGABYTE));
    said.textContent = there < all ? `${text}: ${there} of ${all} MB` : text;
    // A live region speaks of what changes in it, so not yet when the bar has just come.
    tell(said.textContent, "Loading Python");
    if (total) bar.value = loaded / total;
  });
  bar.remove();
  halt.textContent = "Stop";
  tell("Python is ready.");
}

/**
 * Runs one cell. Gives whether what follows should run.
 * @param {Cell} cell
 * @param {Job} job
 * @param {Element} said
 * @param {string} text
 */
async function runCell(cell, job, said, text) {
  const source = sourceOf(cell);
  let place = new Place(cell.id);
  const began = performance.now();
  said.textContent = text;
  const clock = setInterval(() => {
    const seconds = Math.round((performance.now() - began) / 1000);
    said.textContent = `${text}, ${seconds} s`;
  }, 1000);
  const box = boxOf(cell);
  box?.classList.add("run-busy");
  tell(text);
  let error = "";
  try {
    const ending = python.run(source, (output) => {
      if (output.output_type === "error" && !place.isVisible) {
        // The page has no place for this cell, so its error is told where the reader is.
        place = new Place(job.target.id);
      }
      if (output.output_type === "error") error = `${output.ename}: ${output.evalue}`;
      place.add(output);
    });
    running = ending;
    const { status, seconds } = await ending;
    await place.end();
    progress.note(place.fresh);
    // What follows may use a training that was interrupted.
    if (status === "error") ran.delete(cell.id);
    else note(cell, source);
    if (status === "ok") job.seconds += seconds;
    else if (status === "interrupted") tell("Stopped.", "Stopped.");
    else {
      const before = cells.indexOf(cell) < cells.indexOf(job.target);
      const failed = `An error in ${before ? "a cell above" : "this cell"}.`;
      tell(failed, `${failed} ${error}`);
      unfold(box);
    }
    if (cell === job.target) {
      unfold(box);
      job.spoken = place.spoken;
    }
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
  const isAsking = endQuestion !== undefined;
  endAll();
  if (isAsking) tell("Stopped.", "Stopped.");
  else if (!python.ready) python.end(CANCELLED);
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

/**
 * Keeps what has become of a cell's text, and marks the cell.
 * @param {Element} box
 * @param {Cell} cell
 * @param {string} text
 */
function keepText(box, cell, text) {
  box.classList.toggle("run-edited", text !== cell.source);
  const warning = kept.keep(page, cell.id, text, cell.source);
  if (warning) tell(warning, warning);
}

/** @param {Element} box */
async function openCell(box) {
  const cell = cellOf(box);
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
    onChange: (text) => keepText(box, cell, text),
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
  const tools = next && boxOf(next)?.querySelector(".run-tools > button:last-of-type");
  /** @type {HTMLElement | undefined} */ (tools ?? undefined)?.focus();
}

/**
 * Puts the shortened form of a cell into its editor, where the reader sees it and can put back the original.
 * @param {Cell} cell
 */
async function shorten(cell) {
  const box = boxOf(cell);
  if (!box || cell.short === undefined) return;
  try {
    (await editorOf(box)).set(cell.short);
    keepText(box, cell, cell.short);
  } catch (error) {
    fail(box, /** @type {Error} */ (error).message, () => shorten(cell));
  }
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
  const why = await kept.download(page, root, site);
  if (why) tell(why, why);
}

Object.assign(nnCells, { call: python.call });
