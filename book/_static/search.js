// @ts-check
// Finds sections of the course, and shows them with a sentence of each. The index is loaded when
// the reader types.

/**
 * A page, as book/_ext/search.py writes it: each place has its anchor, its label, the label of the
 * section around it, what else it is called, what it defines, and its sentences.
 * @typedef {{ address: string, label: string, counts: number,
 *   places: [string, string, string, string, string, ...string[]][] }} Page
 * @typedef {{ text: string, words: string[] }} Words
 * @typedef {{ page: Page, anchor: string, label: Words, below: string, names: string[],
 *   terms: string[], sentences: Words[], all: Set<string> }} Place
 * @typedef {Map<string, number>} Near the words that a word of the query may mean, and how much each counts
 */

const WORD = /[\p{L}\p{N}]+/gu;
const SHOWN = 20;
const field = /** @type {HTMLInputElement} */ (document.querySelector("main [name=q]"));
const list = /** @type {HTMLElement} */ (document.querySelector("#search-results"));
const report = /** @type {HTMLElement} */ (document.querySelector("#search-status"));
const root = document.documentElement.dataset.content_root ?? "./";

/** Take the ending off a word, so that "overfit" is "overfitting" and "optimizers" is "optimizer".
 * @param {string} word
 */
function stem(word) {
  const single = word
    .replace(/ies$/, "y")
    .replace(/(s|x|z|ch|sh)es$/, "$1")
    .replace(/([^aius])s$/, "$1");
  const bare = single.replace(/(?<=.{5})(ation|er)$|(?<=.{4})(ing|ed)$|(?<=.{3})e$/, "");
  return bare === single ? bare : bare.replace(/([bdgmnprt])\1$/, "$1");
}

/** @param {string} text @returns {Words} */
function split(text) {
  return { text, words: (text.toLowerCase().match(WORD) ?? []).map(stem) };
}

/** Whether one letter is missing, too many, wrong or in the place of the next.
 * @param {string} a
 * @param {string} b
 */
function differInOne(a, b) {
  let k = 0;
  while (k < a.length && a[k] === b[k]) k += 1;
  const [here, there] = [a.slice(k), b.slice(k)];
  return (
    here.slice(1) === there.slice(1) ||
    here.slice(1) === there ||
    here === there.slice(1) ||
    (here.slice(2) === there.slice(2) && here[0] === there[1] && here[1] === there[0])
  );
}

/** @param {Page} page @returns {Place[]} */
function placesOf(page) {
  return page.places.map(([anchor, label, below, names, terms, ...sentences]) => {
    const texts = [page.label, label, names, terms, ...sentences].map(split);
    const [, ofLabel, ofNames, ofTerms, ...ofSentences] = texts;
    return {
      ...{ page, anchor, below, label: ofLabel, names: ofNames.words, terms: ofTerms.words },
      ...{ sentences: ofSentences, all: new Set(texts.flatMap(({ words }) => words)) },
    };
  });
}

/** @returns {Promise<Place[]>} */
function load() {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${root}search_index.js`;
    script.onerror = reject;
    script.onload = () => {
      const pages = /** @type {{ searchIndex?: Page[] }} */ (window).searchIndex ?? [];
      resolve(pages.flatMap(placesOf));
    };
    document.head.append(script);
  });
}

/** Give the words of the course that a word of the query may mean.
 * @param {string} word
 * @param {Set<string>} known
 */
function near(word, known) {
  const whole = stem(word);
  const found = [...known].filter((each) => each.startsWith(word) || each === whole);
  const guessed = found.length === 0 && word.length > 3;
  const all = guessed ? [...known].filter((each) => differInOne(each, whole)) : found;
  const begun = found.includes(whole) ? 0.2 : 0.6; // of "adamw" where "adam" is a word
  return { guessed, meant: new Map(all.map((each) => [each, each === whole ? 1 : begun])) };
}

/** Say how well words answer to the query, from 0 to 1: all of it, in its order, is best.
 * @param {string[]} words
 * @param {Near[]} query
 */
function answers(words, query) {
  if (!query.every((meant) => words.some((word) => meant.has(word)))) return 0;
  const of = words.map((word) => query.map((meant) => meant.get(word) ?? 0));
  const best = query.map((_, k) => Math.max(...of.map((each) => each[k])));
  const together = of.some((_, at) => query.every((_, k) => of[at + k]?.[k]));
  const mean = best.reduce((sum, each) => sum + each, 0) / query.length;
  return together ? mean : mean / 3;
}

/** Say how ill a text serves as an excerpt. Dots in it say that it is no whole sentence.
 * @param {string} text
 */
const demerit = (text) =>
  (text.includes("…") ? 0.5 : 0) + (text.endsWith(":") || text.length < 40 ? 0.2 : 0);

/** @param {number} count */
const few = (count) => Math.log2(1 + count);

/** Find the places that answer to a query, the best first: a section that is called so or that
 * defines the word, then one that says it often, in a chapter that says it often.
 * @param {Place[]} places
 * @param {Near[]} query
 */
function find(places, query) {
  /** @type {Map<Page, number>} */
  const onPage = new Map();
  const all = places.filter((place) =>
    query.every((meant) => [...meant.keys()].some((word) => place.all.has(word))),
  );
  const found = all.map((place) => {
    const { label, names, terms, sentences, page } = place;
    // The title is "8.7 Adam: both, and a good start": it counts most if nothing else stands in it.
    const titled = Math.max(
      ...[label.text, label.text.split(": ")[0].replace(/^[\d.]+ /, "")].map((text) => {
        const { words } = split(text);
        return answers(words, query) * (1 + query.length / words.length);
      }),
    );
    const heading = Math.max(titled, 0.9 * answers(names, query)) + answers(terms, query);
    const hits = sentences.map(({ words }) => answers(words, query));
    const said = hits.reduce((sum, hit) => sum + hit, 0);
    onPage.set(page, (onPage.get(page) ?? 0) + said);
    const merits = hits.map((hit, k) => hit - demerit(sentences[k].text));
    return { place, sentence: sentences[merits.indexOf(Math.max(...merits))], heading, said };
  });
  return found
    .map((each) => {
      const { page } = each.place;
      const score = 10 * each.heading + 1.5 * few(each.said) + few(onPage.get(page) ?? 0) / 2;
      return { ...each, score: page.counts * score };
    })
    .sort((a, b) => b.score - a.score);
}

/** Write a text into an element, and mark what was looked for.
 * @param {HTMLElement} element
 * @param {string} text
 * @param {Near[]} query
 */
function write(element, text, query) {
  let end = 0;
  for (const { 0: word, index } of text.matchAll(WORD)) {
    if (!query.some((meant) => meant.has(stem(word.toLowerCase())))) continue;
    const mark = document.createElement("mark");
    mark.textContent = word;
    element.append(text.slice(end, index), mark);
    end = index + word.length;
  }
  element.append(text.slice(end));
  return element;
}

/** @param {ReturnType<typeof find>[number]} found @param {Near[]} query */
function entry({ place, sentence }, query) {
  const [item, link, around, text] = ["li", "a", "p", "p"].map((tag) =>
    document.createElement(tag),
  );
  const { page, anchor, label, below } = place;
  link.setAttribute("href", root + page.address + (anchor && `#${anchor}`));
  item.append(write(link, label.text, query));
  around.className = "search-around";
  around.textContent = anchor && [page.label, below].filter(Boolean).join(" › ");
  item.append(
    ...(anchor ? [around] : []),
    ...(sentence ? [write(text, sentence.text, query)] : []),
  );
  return item;
}

/** Say what was found.
 * @param {string} asked
 * @param {number} count
 * @param {boolean} guessed
 */
function announce(asked, count, guessed) {
  if (count === 0) return `Nothing found for “${asked}”. Try fewer words, or another word for it.`;
  const places = count === 1 ? "One place" : `${count} places`;
  const best = count > SHOWN ? `. These are the best ${SHOWN}` : "";
  return guessed
    ? `Nothing is written “${asked}”. ${places} with nearly the same${best}.`
    : `${places} for “${asked}”${best}.`;
}

/** @type {Promise<Place[]> | undefined} */
let loading;

async function search() {
  const asked = field.value.trim();
  const address = new URL(location.href);
  address.search = asked && String(new URLSearchParams({ q: asked }));
  history.replaceState(null, "", address);
  loading ??= load();
  const places = await loading;
  if (asked !== field.value.trim()) return; // The reader has typed on.
  const known = new Set(places.flatMap(({ all }) => [...all]));
  const words = asked.toLowerCase().match(WORD) ?? [];
  const nearest = words.map((word) => near(word, known));
  const query = nearest.map(({ meant }) => meant);
  const found = words.length > 0 ? find(places, query) : [];
  const guessed = nearest.some((each) => each.guessed);
  list.replaceChildren(...found.slice(0, SHOWN).map((each) => entry(each, query)));
  report.textContent = asked && announce(asked, found.length, guessed);
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let pause;

/** Search when the reader pauses, so that a screen reader does not announce each letter. */
function searchSoon() {
  clearTimeout(pause);
  pause = setTimeout(searchNow, 200);
}

function searchNow() {
  clearTimeout(pause);
  search().catch(() => {
    loading = undefined;
    report.textContent = "The search could not be loaded. Is there a connection?";
  });
}

field.value = new URLSearchParams(location.search).get("q") ?? "";
if (field.value) searchNow();
field.addEventListener("input", searchSoon);
field.form?.addEventListener("submit", (event) => {
  event.preventDefault();
  searchNow();
});
