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
 * @typedef {{ meant: Near, weight: number }} Term a word of the query, and how much of the query it makes
 */

const WORD = /[\p{L}\p{N}]+/gu;
const AT_ONCE = 20; // results that are shown, and that come when the reader wants more
// Words that say nothing of what is looked for, if others do.
const EMPTY = new Set(
  "a an and are can do does for from how i in is it my of on or the to versus vs what when which why with".split(
    " ",
  ),
);
const field = /** @type {HTMLInputElement} */ (document.querySelector("main [name=q]"));
const list = /** @type {HTMLElement} */ (document.querySelector("#search-results"));
const report = /** @type {HTMLElement} */ (document.querySelector("#search-status"));
const more = /** @type {HTMLButtonElement} */ (document.querySelector("#search-more"));
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
  const guessed = found.length === 0;
  const alike = guessed && word.length > 3;
  const all = alike ? [...known].filter((each) => differInOne(each, whole)) : found;
  const begun = found.includes(whole) ? 0.2 : 0.6; // of "adamw" where "adam" is a word
  return { guessed, meant: new Map(all.map((each) => [each, each === whole ? 1 : begun])) };
}

/** Say how well words answer to the query, from 0 to 1: all of it, in its order, is best. Rare
 * words are the most of a query, so "data augmentation" is answered a little by "augmentation".
 * @param {string[]} words
 * @param {Term[]} query
 */
function answers(words, query) {
  const of = words.map((word) => query.map(({ meant }) => meant.get(word) ?? 0));
  const best = query.map((_, k) => Math.max(0, ...of.map((each) => each[k])));
  const share = query.reduce((sum, { weight }, k) => sum + weight * best[k], 0);
  if (best.includes(0)) return share > 0.4 ? share ** 3 / 2 : 0;
  return of.some((_, at) => query.every((_, k) => of[at + k]?.[k])) ? share : share / 3;
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
 * @param {Near[]} words
 */
function find(places, words) {
  /** @param {Near} meant @param {Place} place */
  const has = (meant, { all }) => [...meant.keys()].some((word) => all.has(word));
  const rare = words.map((meant) =>
    Math.log(1 + places.length / (1 + places.filter((place) => has(meant, place)).length)),
  );
  const sum = rare.reduce((sum, each) => sum + each, 0);
  const query = words.map((meant, k) => ({ meant, weight: rare[k] / sum }));
  /** @type {Map<Page, number>} */
  const onPage = new Map();
  const found = places.map((place) => {
    const { label, names, terms, sentences, page } = place;
    const whole = words.every((meant) => has(meant, place));
    if (!whole && !words.some((meant) => has(meant, place))) return null;
    // The title is "8.7 Adam: both, and a good start": it counts most if nothing else stands in it.
    const titled = Math.max(
      ...[label.text, label.text.split(": ")[0].replace(/^[\d.]+ /, "")].map((text) => {
        const { words } = split(text);
        // The title of a page counts a little more than that of a section.
        return answers(words, query) * (1 + query.length / words.length) * (place.anchor ? 1 : 1.1);
      }),
    );
    // In the chapter "07 Initialization", "A rule for ReLU: He" is the initialization by He.
    const within = answers(split(`${label.text} ${page.label}`).words, query);
    const named = Math.max(titled, 0.9 * answers(names, query), 0.7 * within);
    const heading = named + answers(terms, query);
    // A place without some word of the query must be called after the others.
    if (!whole && heading === 0) return null;
    const hits = sentences.map(({ words }) => answers(words, query));
    const said = hits.reduce((sum, hit) => sum + hit, 0);
    onPage.set(page, (onPage.get(page) ?? 0) + said);
    const merits = hits.map((hit, k) => hit - demerit(sentences[k].text));
    return { place, sentence: sentences[merits.indexOf(Math.max(...merits))], heading, said };
  });
  return found
    .filter((each) => each !== null)
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
  const shown = list.childElementCount;
  const best = count > shown ? `. These are the best ${shown}` : "";
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
  const typed = asked.toLowerCase().match(WORD) ?? [];
  const full = typed.filter((word) => !EMPTY.has(word));
  const nearest = (full.length > 0 ? full : typed).map((word) => near(word, known));
  const query = nearest.map(({ meant }) => meant).filter((meant) => meant.size > 0);
  const enough = query.length > 0 && query.length >= nearest.length / 2;
  const found = enough ? find(places, query) : [];
  const guessed = nearest.some((each) => each.guessed);

  /** Shows some more results, of which the first gives its link. */
  const show = () => {
    const next = found.slice(list.childElementCount).slice(0, AT_ONCE);
    const items = next.map((each) => entry(each, query));
    list.append(...items);
    const left = found.length - list.childElementCount;
    more.hidden = left === 0;
    more.textContent = `Show ${Math.min(left, AT_ONCE)} more`;
    report.textContent = asked && announce(asked, found.length, guessed);
    return items[0]?.querySelector("a");
  };

  list.replaceChildren();
  show();
  more.onclick = () => show()?.focus();
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
