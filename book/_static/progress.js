// @ts-check
// What the reader has read, solved and answered: noted while it happens, kept in the browser, marked in the page.

import { all, forget, lasts, put } from "./storage.js";

/**
 * An answer to a question. `box` counts up with each right answer; a question in the last box is not asked again.
 * @typedef {{ first: boolean, since: string, asked: string, box: number }} Answer
 */

const READ = "nn_core/read";
const SOLVED = "nn_core/solved";
const ANSWERS = "nn_core/answers";
const PLACES = "nn_core/places"; // where the reader stopped: reading.js

/** After how many days a question of each box is asked again. */
const DAYS = [1, 3, 7, 21];
/** How long the end of a section must be on the screen, in milliseconds, to have been read. */
const READING = 2000;

/** A day as it is kept, such as 2026-11-28: the Swedish form of a date.
 * @param {Date} date
 */
const dayOf = (date) => date.toLocaleDateString("sv");
export const today = () => dayOf(new Date());

/** The day on which each section was read, and each exercise solved; "" where the day is not known. */
export const read = () => /** @type {Record<string, string>} */ (all(READ));
export const solved = () => /** @type {Record<string, string>} */ (all(SOLVED));
export const answers = () => /** @type {Record<string, Answer>} */ (all(ANSWERS));

/**
 * The day from which a question is asked again, if it is.
 * @param {Answer} answer
 */
export function dueOn({ asked, box }) {
  if (box >= DAYS.length) return undefined;
  const day = new Date(`${asked}T12:00`);
  day.setDate(day.getDate() + DAYS[box]);
  return dayOf(day);
}

/**
 * Whether a question is to be asked now. An answer of a day to come was dated by a wrong clock.
 * @param {Answer} answer
 */
export function isDue(answer) {
  const due = dueOn(answer);
  return due !== undefined && (due <= today() || answer.asked > today());
}

/**
 * What a file may hold: any part of what is kept.
 * @typedef {{ read?: Record<string, string>, solved?: Record<string, string>, answers?: Record<string, Answer> }} Kept
 */

/**
 * Adds to what is kept, and shows it.
 * @param {Kept} kept
 */
export function add({ read, solved, answers }) {
  if (read) put(READ, read);
  if (solved) put(SOLVED, solved);
  if (answers) put(ANSWERS, answers);
  show();
}

/** Forgets all of it, and where the reader stopped. */
export function forgetAll() {
  for (const key of [READ, SOLVED, ANSWERS, PLACES]) forget(key);
  show();
}

// --- Noting it.

/**
 * Notes the exercises that an output says are right.
 * @param {HTMLElement} output
 */
export function note(output) {
  /** @type {NodeListOf<HTMLElement>} */
  const right = output.querySelectorAll('[data-exercise][data-verdict="right"]');
  const names = [...right].map((each) => each.dataset.exercise ?? "");
  const before = solved();
  const fresh = names.filter((name) => !(name in before));
  if (fresh.length) add({ solved: Object.fromEntries(fresh.map((name) => [name, today()])) });
}

/**
 * Notes an answer, if it is the first or the question is to be asked again.
 * @param {string} name
 * @param {boolean} right
 */
function answer(name, right) {
  const before = answers()[name];
  if (before && !isDue(before)) return;
  const known = before ? before.box + 1 : DAYS.length;
  const { first, since } = before ?? { first: right, since: today() };
  add({ answers: { [name]: { first, since, asked: today(), box: right ? known : 0 } } });
}

/** @param {Element} question */
const choicesOf = (question) => [...question.querySelectorAll("input")];

/**
 * Whether a question is answered rightly; undefined while right answers are still to be chosen.
 * @param {Element} question
 */
function verdictOf(question) {
  const choices = choicesOf(question);
  /** @param {Element} choice */
  const isRight = (choice) => choice.parentElement?.querySelector(".lab-right") !== null;
  if (choices.some((choice) => choice.checked && !isRight(choice))) return false;
  return choices.every((choice) => choice.checked || !isRight(choice)) || undefined;
}

/** Listens to the questions of the page. Each counts once, by what is chosen first. */
function followAnswers() {
  /** @type {WeakSet<Element>} */
  const judged = new WeakSet();
  document.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLInputElement)) return;
    const question = target.closest(".lab-quiz fieldset");
    const right = question && verdictOf(question);
    if (!question || typeof right !== "boolean" || judged.has(question)) return;
    judged.add(question);
    answer(target.name, right);
  });
  // Until something is chosen, arrows only walk through the answers: else the second would be chosen by the way.
  document.addEventListener("keydown", (event) => {
    const { target, key } = event;
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
    if (!(target instanceof HTMLInputElement) || target.type !== "radio") return;
    const question = target.closest(".lab-quiz fieldset");
    const choices = question ? choicesOf(question) : [];
    if (!choices.length || choices.some((choice) => choice.checked)) return;
    event.preventDefault();
    choices[(choices.indexOf(target) + step + choices.length) % choices.length].focus();
  });
}

/** Notes each section of a chapter when its end has been on the screen for a while. */
function followReading() {
  const article = /** @type {HTMLElement} */ (document.querySelector(".bd-article"));
  if (!article.querySelector(".course-stop")) return; // no chapter
  const before = read();
  /** @type {Map<Element, number>} */
  const waiting = new Map();
  const observer = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      clearTimeout(waiting.get(target));
      if (!isIntersecting) continue;
      const look = () => {
        observer.unobserve(target);
        add({ read: { [nameOf(target.parentElement)]: today() } });
      };
      waiting.set(target, setTimeout(look, READING));
    }
  });
  /** @param {Element | null} section */
  const nameOf = (section) => `${article.dataset.page}#${section?.id}`;
  for (const section of article.querySelectorAll(":scope > section > section")) {
    const end = section.lastElementChild;
    if (end && !(nameOf(section) in before)) observer.observe(end);
  }
}

// --- Showing it.

/**
 * Puts a few words at the end of an element, or none.
 * @param {Element | null | undefined} element
 * @param {string} words
 */
function label(element, words) {
  element?.querySelector(":scope > .course-solved")?.remove();
  if (!element || !words) return;
  const place = document.createElement("span");
  place.className = "course-solved";
  place.textContent = ` ${words}`;
  element.append(place);
}

/**
 * The heading of the section that holds an element.
 * @param {Element | undefined} element
 */
const headingOver = (element) =>
  element?.parentElement?.closest("section")?.querySelector("h1, h2, h3");

/** Whether all that was noted outlasts the page. */
export const isSafe = () => [READ, SOLVED, ANSWERS].every(lasts);

/** Shows on this page what is kept, and tells way.js. */
function show() {
  const until = isSafe() ? "" : ", until you leave this page";
  const done = solved();
  const given = answers();
  const boxes = [...document.querySelectorAll(".exercise[id]")];
  for (const box of boxes) {
    label(box.querySelector(".admonition-title"), box.id in done ? `✓ solved${until}` : "");
  }
  const count = boxes.filter((box) => box.id in done).length;
  label(headingOver(boxes[0]), count ? `${count} of ${boxes.length} solved` : "");
  const questions = [...document.querySelectorAll(".cell .lab-quiz fieldset")];
  const known = questions
    .map((question) => given[question.querySelector("input")?.name ?? ""])
    .filter(Boolean);
  const first = known.filter((one) => one.first).length;
  const words = `${first} of ${questions.length} right the first time${until}`;
  label(headingOver(questions[0]?.closest(".lab-quiz") ?? undefined), known.length ? words : "");
  showCards(done);
  document.dispatchEvent(new Event("course:kept"));
}

/**
 * Marks the cards of the title page.
 * @param {Record<string, string>} done
 */
function showCards(done) {
  const place = document.querySelector(".course-progress");
  if (!place) return;
  /** @type {Record<string, string[]>} the names of all exercises, by the address of their chapter */
  const chapters = JSON.parse(place.querySelector("script")?.textContent ?? "{}");
  for (const [address, asked] of Object.entries(chapters)) {
    const card = document.querySelector(`.course-card a[href="${address}"]`)?.parentElement;
    const count = asked.filter((name) => name in done).length;
    label(card, count ? `✓ ${count} of ${asked.length}` : "");
  }
  const all = Object.values(chapters).flat();
  const count = all.filter((name) => name in done).length;
  const total = place.querySelector("p") ?? document.createElement("p");
  total.textContent = `${count} of ${all.length} exercises solved.`;
  total.hidden = count === 0;
  place.append(total);
}

followAnswers();
followReading();
show();
// What happens in another page is shown in this one.
addEventListener("storage", show);
