// @ts-check
// "Your way" and the certificate: what is read, solved and answered, what is next, what is asked again, and the file of it.

import { add, answers, dueOn, forgetAll, isDue, isSafe, read, solved, today } from "./progress.js";
import { save } from "./storage.js";

/** @typedef {{ page: string, address: string, title: string, sections: [string, string][], exercises: [string, string][], questions: string[], minutes: number[] }} Chapter */
/** @typedef {import("./progress.js").Answer} Answer */
/** @typedef {import("./progress.js").Kept} Kept */

const { button, make } = nnLab;
/** How many questions come when the reader asks for more. */
const MORE = 5;
/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** @type {Chapter[]} */
const course = JSON.parse(byId("course").textContent ?? "");
const questions = /** @type {HTMLTemplateElement} */ (byId("questions")).content;

/** @type {(count: number, noun: string) => string} */
const some = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;
/** @param {string} day */
const spoken = (day) =>
  new Date(`${day}T12:00`).toLocaleDateString("en-GB", {
    day: "numeric",
    month: "long",
    year: "numeric",
  });

/** A chapter with what the reader has done in it.
 * @param {Chapter} chapter
 */
function doneIn({ page, sections, exercises, questions, ...rest }) {
  const seen = read();
  const done = solved();
  const given = answers();
  return {
    ...rest,
    sections: sections.map(([id, title]) => ({ id, title, day: seen[`${page}#${id}`] })),
    exercises: exercises.map(([id, title]) => ({ id, title, day: done[id] })),
    questions: questions.map((id) => ({ id, ...given[id] })),
  };
}
const isDone = (/** @type {{ day: string | undefined }} */ { day }) => day !== undefined;
const isOpen = (/** @type {{ day: string | undefined }} */ { day }) => day === undefined;
const isFirst = (/** @type {Partial<Answer>} */ { first }) => first === true;

// --- What is next, and the chapters.

/** Where the reader goes on: words and a link, the words of the link, and its address. */
function next() {
  const all = course.map(doneIn);
  const due = dueQuestions().length;
  if (due) return ["Answer again: ", some(due, "question"), "#review"];
  const begun = all.find((each) => each.sections.some(isDone) && each.sections.some(isOpen));
  const section = begun?.sections.find(isOpen);
  if (begun && section) {
    return [`Read on in ${begun.title}: `, section.title, `${begun.address}#${section.id}`];
  }
  const seen = all.find((each) => each.sections.every(isDone) && each.exercises.some(isOpen));
  const exercise = seen?.exercises.find(isOpen);
  if (seen && exercise) {
    return [`Solve in ${seen.title}: `, exercise.title, `${seen.address}#${exercise.id}`];
  }
  const unread = all.find((each) => each.sections.every(isOpen));
  if (unread) return ["Read the chapter ", unread.title, unread.address];
  return ["You have read and solved all of it. Take your ", "certificate", "../certificate.html"];
}

/** @param {HTMLElement} place */
function showNext(place) {
  const [words, link, address] = next();
  place.querySelector("p")?.replaceChildren(words, make("a", { href: address }, link), ".");
}

/** @param {HTMLElement} place */
function showChapters(place) {
  const all = course.map(doneIn);
  const counts = all.map(({ sections, exercises, questions }) => [
    [sections.filter(isDone).length, sections.length],
    [exercises.filter(isDone).length, exercises.length],
    [questions.filter(isFirst).length, questions.length],
  ]);
  const sums = [0, 1, 2].map((k) => [0, 1].map((n) => counts.reduce((a, b) => a + b[k][n], 0)));
  for (const [k, row] of [...place.querySelectorAll("tbody tr")].entries()) {
    for (const [n, [done, of]] of (counts[k] ?? sums).entries()) {
      const cell = row.children[n + 1];
      cell.textContent = of ? `${done === of ? "✓ " : ""}${done} of ${of}` : "";
      cell.classList.toggle("way-done", of > 0 && done === of);
    }
  }
}

// --- The review.

/** The names of the questions to ask now, in the order of the course. */
function dueQuestions() {
  const given = answers();
  return course.flatMap(({ questions }) => questions).filter((id) => given[id] && isDue(given[id]));
}

/** The day on which the next question is to be asked, if there is one. */
function nextDay() {
  const days = Object.values(answers()).map(dueOn);
  return days.filter((day) => day !== undefined).sort()[0];
}

/** @param {HTMLElement} place */
function buildReview(place) {
  const status = /** @type {HTMLElement} */ (place.querySelector("[role=status]"));
  const asked = /** @type {HTMLElement} */ (place.querySelector(".lab-quiz"));
  /** @type {Set<string>} */
  const there = new Set();
  const fresh = () =>
    course
      .flatMap(({ questions }) => questions)
      .filter((id) => !(id in answers()) && !there.has(id));
  const more = button("Ask me new questions", () => {
    const ids = fresh().slice(0, MORE);
    ids.forEach(ask);
    more.hidden = fresh().length === 0;
    asked.querySelector(`[name="${ids[0]}"]`)?.closest("fieldset")?.querySelector("input")?.focus();
  });
  asked.after(make("p", {}, more));

  /** @param {string} id */
  function ask(id) {
    const chapter = course.find(({ questions }) => questions.includes(id));
    const question = questions.querySelector(`[name="${id}"]`)?.closest("fieldset");
    if (!chapter || !question || there.has(id)) return;
    there.add(id);
    const link = make("a", { href: chapter.address }, chapter.title);
    asked.append(
      make("p", { class: "way-from" }, "From ", link),
      document.importNode(question, true),
    );
  }

  return () => {
    const due = dueQuestions();
    due.forEach(ask);
    const day = nextDay();
    const later = day ? `The next one comes on ${spoken(day)}.` : "None waits to be asked again.";
    const words = due.length
      ? `${some(due.length, "question")} to answer now.`
      : `Nothing to repeat today. ${later}`;
    if (status.textContent !== words) status.textContent = words;
    more.hidden = fresh().length === 0;
  };
}

// --- The file.

const isDay = (/** @type {unknown} */ day) => /^(\d{4}-\d\d-\d\d)?$/.test(String(day));
const isAnswer = (/** @type {any} */ { first, since, asked, box }) =>
  typeof first === "boolean" && isDay(since) && isDay(asked) && Number.isInteger(box) && box >= 0;

/**
 * What a file of Export holds of this course; undefined if it is no such file.
 * @param {string} text
 * @returns {Required<Kept> | undefined}
 */
function kept(text) {
  const known = {
    read: new Set(course.flatMap(({ page, sections }) => sections.map(([id]) => `${page}#${id}`))),
    solved: new Set(course.flatMap(({ exercises }) => exercises.map(([id]) => id))),
    answers: new Set(course.flatMap(({ questions }) => questions)),
  };
  /** @type {(entries: object, names: Set<string>, isSound: (value: any) => boolean) => any} */
  const sound = (entries, names, isSound) => {
    const all = Object.entries(entries ?? {}).filter(([name]) => names.has(name));
    if (!all.every(([, value]) => isSound(value))) throw new TypeError();
    return Object.fromEntries(all);
  };
  try {
    const found = JSON.parse(text);
    // Before there were dates, a file held the names of the solved exercises.
    if (Array.isArray(found.solved))
      found.solved = Object.fromEntries(
        found.solved.map((/** @type {string} */ name) => [name, ""]),
      );
    return {
      read: sound(found.read, known.read, isDay),
      solved: sound(found.solved, known.solved, isDay),
      answers: sound(found.answers, known.answers, isAnswer),
    };
  } catch {
    return undefined;
  }
}

/**
 * Adds what a file holds: of two days the earlier that is known, of two answers the one given last.
 * @param {File} file
 */
async function take(file) {
  const found = kept(await file.text());
  const counts = Object.values(found ?? {}).map((entries) => Object.keys(entries).length);
  if (!found || !counts.some(Boolean)) {
    return `${file.name} is no file of this course: choose one that Export has written. Nothing was changed.`;
  }
  /** @type {(theirs: Record<string, string>, ours: Record<string, string>) => Record<string, string>} */
  const earlier = (theirs, ours) =>
    Object.fromEntries(
      Object.entries(theirs).map(([name, day]) => [
        name,
        [day, ours[name]].filter(Boolean).sort()[0] ?? "",
      ]),
    );
  const ours = answers();
  const later = Object.entries(found.answers).filter(
    ([name, { asked }]) => !(ours[name]?.asked >= asked),
  );
  add({
    read: earlier(found.read, read()),
    solved: earlier(found.solved, solved()),
    answers: Object.fromEntries(later),
  });
  const [sections, exercises, questions] = counts;
  return `Read from ${file.name}: ${some(sections, "section")}, ${some(exercises, "exercise")}, ${some(questions, "answer")}.`;
}

/** @param {HTMLElement} place */
function buildFiles(place) {
  const status = make("p", { role: "status" });
  const input = make("input", {
    type: "file",
    accept: ".json",
    hidden: "",
    "aria-label": "File to import",
  });
  input.addEventListener("change", async () => {
    const file = input.files?.[0];
    if (file) status.textContent = await take(file);
    input.value = "";
  });
  const fromFile = button("Import", () => input.click());
  const toFile = button("Export", () =>
    save("your-way.json", { read: read(), solved: solved(), answers: answers() }),
  );
  const erase = button("Delete all", () => {
    const question =
      "Delete what you have read, solved and answered, and where you stopped? A file of Export can bring it back, but for where you stopped.";
    if (!confirm(question)) return;
    forgetAll();
    status.textContent = "Deleted.";
    fromFile.focus();
  });
  const unsafe = make(
    "p",
    { hidden: "" },
    "This browser keeps nothing for this site, or has no room left: what you see lasts until you leave this page. Export keeps it.",
  );
  place.append(unsafe, make("p", {}, toFile, " ", fromFile, " ", erase, input), status);
  return () => {
    const isEmpty = [read(), solved(), answers()].every((each) => Object.keys(each).length === 0);
    toFile.disabled = erase.disabled = isEmpty;
    unsafe.hidden = isSafe();
  };
}

// --- The certificate.

/** @param {number[]} minutes */
const hours = (minutes) => Math.max(Math.round(minutes.reduce((a, b) => a + b, 0) / 30) / 2, 0.5);

/** @param {HTMLElement} place */
function buildCertificate(place) {
  const name = make("input", { type: "text", autocomplete: "name", maxlength: "60" });
  const holder = make("p", { class: "way-name", "aria-live": "off" });
  const body = make("div", {});
  const form = make(
    "p",
    { class: "way-screen" },
    make("label", {}, "Your name ", name),
    " ",
    button("Print", () => print()),
  );
  name.addEventListener("input", () => {
    holder.textContent = name.value;
  });
  const paper = make("div", { class: "way-certificate" }, holder, body);
  const none = make(
    "p",
    {},
    "There is no certificate yet. Solve an exercise, or answer a question of a quiz rightly the first time, and come back.",
  );

  return () => {
    const all = course.map(doneIn);
    const exercises = all.flatMap((each) => each.exercises);
    const questions = all.flatMap((each) => each.questions);
    const [count, right] = [exercises.filter(isDone).length, questions.filter(isFirst).length];
    if (!count && !right) return place.replaceChildren(none);
    // What a chapter states for reading counts by the sections, what it states for the exercises by those solved.
    const spent = all.map(({ minutes: [reading = 0, solving = 0], sections, exercises }) => {
      const share = exercises.length ? exercises.filter(isDone).length / exercises.length : 0;
      return (reading * sections.filter(isDone).length) / sections.length + solving * share;
    });
    const parts = all.flatMap(({ title, exercises, questions }) => {
      const done = exercises.filter(isDone);
      const known = questions.filter(isFirst);
      if (!done.length && !known.length) return [];
      const items = done.map(({ title, day }) =>
        make("li", {}, title, day ? make("span", {}, ` ${day}`) : ""),
      );
      const day = known
        .map(({ since }) => since ?? "")
        .sort()
        .at(-1);
      if (known.length)
        items.push(
          make(
            "li",
            {},
            `Quiz: ${known.length} of ${questions.length}`,
            make("span", {}, ` ${day}`),
          ),
        );
      return [make("section", {}, make("h2", {}, title), make("ul", {}, ...items))];
    });
    body.replaceChildren(
      make(
        "p",
        {},
        `has solved ${count} of the ${exercises.length} exercises of the course “A neural network from scratch, in NumPy”, and answered ${right} of its ${questions.length} quiz questions rightly the first time. The chapters state ${hours(spent)} hours for what was read and solved.`,
      ),
      make("div", { class: "way-list" }, ...parts),
      make(
        "p",
        { class: "way-honest" },
        `Written on ${spoken(today())} by the reader’s own browser, from what it has kept there. Nobody has verified it: neither who worked, nor how.`,
      ),
    );
    if (!paper.isConnected) place.replaceChildren(form, paper);
  };
}

/** @type {Record<string, (place: HTMLElement) => () => void>} */
const BUILD = {
  next: (place) => () => showNext(place),
  chapters: (place) => () => showChapters(place),
  review: buildReview,
  files: buildFiles,
  certificate: buildCertificate,
};
/** @type {NodeListOf<HTMLElement>} */
const places = document.querySelectorAll(".course-way");
const updates = [...places].map((place) => BUILD[place.dataset.part ?? ""](place));
const update = () => {
  for (const each of updates) each();
};
document.addEventListener("course:kept", update);
// The day may have changed since the reader looked.
document.addEventListener("visibilitychange", update);
update();
