// @ts-check
// Which exercises are solved, kept in the reader's browser: marks in a chapter, totals on the title page.

import { read, save, write } from "./storage.js";

const KEY = "nn_core/solved";
const PLACES = "nn_core/places"; // where the reader stopped: reading.js

/** The names of the solved exercises. */
function solved() {
  const names = read(KEY);
  return new Set(Array.isArray(names) ? names : []);
}

/** @param {Iterable<string>} names */
function mark(names) {
  const all = [...new Set(names)].sort();
  write(KEY, all.length ? all : null);
  show();
}

/**
 * Remembers the exercises that an output says are right.
 * @param {HTMLElement} output
 */
export function note(output) {
  /** @type {NodeListOf<HTMLElement>} */
  const right = output.querySelectorAll('[data-exercise][data-verdict="right"]');
  if (right.length) mark([...solved(), ...[...right].map((each) => each.dataset.exercise ?? "")]);
}

/**
 * Puts a few words at the end of an element, or none.
 * @param {Element} element
 * @param {string} words
 */
function put(element, words) {
  element.querySelector(":scope > .course-solved")?.remove();
  if (!words) return;
  const place = document.createElement("span");
  place.className = "course-solved";
  place.textContent = ` ${words}`;
  element.append(place);
}

/** Shows on this page what is solved. */
export function show() {
  const names = solved();
  const boxes = [...document.querySelectorAll(".exercise[id]")];
  for (const box of boxes) {
    const title = /** @type {Element} */ (box.querySelector(".admonition-title"));
    put(title, names.has(box.id) ? "✓ solved" : "");
  }
  const heading = boxes[0]?.parentElement?.closest("section")?.querySelector("h1, h2, h3");
  if (heading) {
    const count = boxes.filter((box) => names.has(box.id)).length;
    put(heading, count ? `${count} of ${boxes.length} solved` : "");
  }
  /** @type {HTMLElement | null} */
  const course = document.querySelector(".course-progress");
  if (course) showCourse ??= buildCourse(course);
  showCourse?.(names);
}

/** @type {((names: Set<string>) => void) | undefined} shows the progress over the course */
let showCourse;

/**
 * Builds what the title page says about the course.
 * @param {HTMLElement} place holds the names of all exercises, by the address of their chapter
 */
function buildCourse(place) {
  const data = /** @type {HTMLScriptElement} */ (place.querySelector("script"));
  /** @type {Record<string, string[]>} */
  const chapters = JSON.parse(data.textContent);
  const all = Object.values(chapters).flat();
  const total = document.createElement("p");
  const status = document.createElement("p");
  status.role = "status";
  const fromFile = nnLab.button("Import", async () => {
    status.textContent = await importFile(all);
  });
  const toFile = nnLab.button("Export", () =>
    save("solved-exercises.json", { solved: [...solved()] }),
  );
  const erase = nnLab.button("Erase", () => {
    const question =
      "Forget which exercises are solved, and where you stopped? An exported file can bring the exercises back.";
    if (!confirm(question)) return;
    write(PLACES, null);
    mark([]);
    status.textContent = "Forgotten.";
    fromFile.focus();
  });
  const buttons = document.createElement("p");
  buttons.append(fromFile, " ", toFile, " ", erase);
  place.append(total, buttons, status);

  return (/** @type {Set<string>} */ names) => {
    for (const [address, asked] of Object.entries(chapters)) {
      const card = document.querySelector(`.course-card a[href="${address}"]`)?.parentElement;
      const count = asked.filter((name) => names.has(name)).length;
      if (card) put(card, count ? `✓ ${count} of ${asked.length}` : "");
    }
    const count = all.filter((name) => names.has(name)).length;
    total.textContent = count
      ? `${count} of ${all.length} exercises solved. This is kept in your browser only.`
      : "The cards will show which exercises you have solved. This is kept in your browser only.";
    toFile.hidden = count === 0;
    erase.hidden = count === 0 && !read(PLACES);
  };
}

/**
 * Adds the solved exercises of a file that the reader chooses, and says what came of it.
 * @param {string[]} all the exercises of the course
 * @returns {Promise<string>}
 */
function importFile(all) {
  const input = document.createElement("input");
  input.type = "file";
  input.accept = ".json";
  return new Promise((resolve) => {
    input.onchange = async () => {
      const file = /** @type {FileList} */ (input.files)[0];
      const names = solvedIn(await file.text()).filter((name) => all.includes(name));
      if (names.length) mark([...solved(), ...names]);
      resolve(
        names.length
          ? `Read from ${file.name}: ${names.length} solved exercises.`
          : `${file.name} names no solved exercise of this course: choose a file that Export has written.`,
      );
    };
    input.click();
  });
}

/**
 * The names in a file of Export; none in another file.
 * @param {string} text
 * @returns {string[]}
 */
function solvedIn(text) {
  try {
    const { solved } = JSON.parse(text);
    return Array.isArray(solved) ? solved : [];
  } catch {
    return [];
  }
}
