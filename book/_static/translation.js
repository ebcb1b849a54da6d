// @ts-check
// Words in the language of the page. Scripts, figures and checks speak English; this finds each of
// their texts among the messages, also where numbers and names were put in, and writes its translation.
// V8 runs the first part while the book is built: book/_ext/translation.py.

/**
 * @typedef {object} Translations
 * @property {Record<string, string>} texts
 * @property {[string, string][]} templates with fields, "{count} cells"
 * @property {string} point of decimal numbers
 * @property {string} groups what stands between groups of three digits
 * @property {string} percent the sign, with the space before it
 */

/** @param {Translations} words */
function nnTranslation(words) {
  const FIELD = /\{(\w+)\}/g;
  const NUMBER = /^([+−-]?)(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?( ?%)?$/;
  // What may stand around a message: marks, numbers of a list, the end of a sentence.
  const EDGES = /^((?:\d+\.\s)?[^\p{L}\p{N}`"“(…$\\{]*)([\s\S]*?)([.:,;!?…)*\s\uE000-\uF8FF]*)$/u;
  const PIECE = /(?<=[.?!:…,;)]\**)\s+/;
  // A template with fewer letters of its own, "{y} at {x}", needs fields that are known.
  const ENOUGH = 8;
  const MOST = 40; // pieces of a text; a longer one is no message of a few sentences

  const templates = words.templates
    .map(([text, translation]) => {
      const parts = text.split(FIELD);
      const names = parts.filter((_, k) => k % 2);
      const literals = parts.filter((_, k) => k % 2 === 0);
      const pattern = literals.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
      return {
        // A field holds no end of a sentence.
        pattern: new RegExp(`^${pattern.join("((?:(?![.?!] )[\\s\\S])*?)")}$`),
        names,
        translation,
        letters: literals.join("").replace(/[^\p{L}]/gu, "").length,
      };
    })
    .sort((a, b) => b.letters - a.letters);

  /** @param {string} text */
  const isWord = (text) => /\p{L}{2}/u.test(text);

  /** @param {string} text */
  function number(text) {
    const [, sign, whole, rest = "", percent] = text.match(NUMBER) ?? [];
    if (whole === undefined) return undefined;
    const decimals = rest.replace(".", words.point);
    return sign + whole.replaceAll(",", words.groups) + decimals + (percent ? words.percent : "");
  }

  /** @typedef {{ text: string, missing: string[] }} Translated with the pieces that are no messages */

  /** @type {Map<string, Translated>} */
  const known = new Map();

  /** @param {Translated | undefined} one @param {Translated} other */
  const better = (one, other) => (one && one.missing.length <= other.missing.length ? one : other);

  /** Finds a text among the messages, also with fields filled in. @param {string} text */
  function exact(text) {
    const localized = number(text);
    if (localized !== undefined) return { text: localized, missing: [] };
    if (Object.hasOwn(words.texts, text)) return { text: words.texts[text], missing: [] };
    /** @type {Translated | undefined} */
    let best;
    for (const { pattern, names, translation, letters } of templates) {
      const found = text.match(pattern);
      if (!found) continue;
      const values = new Map(names.map((name, k) => [name, translated(found[k + 1])]));
      const missing = [...values.values()].flatMap((value) => value.missing);
      if (letters < ENOUGH && missing.some(isWord)) continue;
      best = better(best, {
        text: translation.replace(FIELD, (_, name) => values.get(name)?.text ?? ""),
        missing,
      });
      if (!missing.length) break;
    }
    return best;
  }

  /** Finds a text, whatever stands around it. @param {string} text */
  function whole(text) {
    let best = exact(text);
    if (best && !best.missing.length) return best;
    const [, before, core, after] = text.match(EDGES) ?? [];
    if (!core) return best;
    for (const start of new Set(["", before])) {
      for (let kept = 0; kept <= after.length; kept += 1) {
        const inner = text.slice(start.length, text.length - kept);
        const found = inner === text ? undefined : exact(inner);
        if (!found) continue;
        const all = start + found.text + text.slice(text.length - kept || text.length);
        best = better(best, { text: all, missing: found.missing });
      }
    }
    return best;
  }

  /** Translates a text, or the longest runs of its pieces that are messages. @param {string} text */
  function inRuns(text) {
    const best = whole(text);
    const pieces = text.split(PIECE);
    if (best && !best.missing.length) return best;
    if (pieces.length < 2 || pieces.length > MOST) return best ?? { text, missing: [text] };
    /** @type {Translated} */
    const all = { text: "", missing: [] };
    for (let k = 0; k < pieces.length; ) {
      let end = pieces.length;
      let found;
      while (!found && end > k) {
        const run = pieces.slice(k, end).join(" ");
        found = run === text ? undefined : whole(run);
        if (found?.missing.length && end > k + 1) found = undefined;
        end -= 1;
      }
      found ??= { text: number(pieces[k]) ?? pieces[k], missing: [pieces[k]] };
      all.text += `${k ? " " : ""}${found.text}`;
      all.missing.push(...found.missing);
      k = end + 1;
    }
    return better(best, all);
  }

  /** @param {string} text @returns {Translated} */
  function translated(text) {
    let found = known.get(text);
    if (!found) {
      const isText = /\p{L}|\d/u.test(text) && !/^`[^`]*`$/.test(text);
      found = isText ? inRuns(text) : { text, missing: [] };
      if (known.size > 5000) known.clear(); // texts with numbers come without end
      known.set(text, found);
    }
    return found;
  }

  /** @param {string} text */
  function translate(text) {
    const line = text.trim().replace(/\s+/g, " ");
    const found = translated(line).text;
    return found === line ? text : text.match(/^\s*/)?.[0] + found + text.match(/\s*$/)?.[0];
  }

  /** Gives the pieces of a text for which there is no message. @param {string} text */
  function missing(text) {
    const found = translated(text.trim().replace(/\s+/g, " ")).missing;
    return found.filter(isWord);
  }

  return { translate, missing, number };
}

/** Translates what comes into the page from now on. @param {Translations} words */
function translatePage(words) {
  const { translate, number } = nnTranslation(words);
  const ATTRIBUTES = [
    "aria-label",
    "title",
    "alt",
    "placeholder",
    "aria-valuetext",
    "data-finding",
  ];
  const MARKS = /** @type {Record<string, string>} */ ({ STRONG: "**", EM: "*", CODE: "`" });
  // Code stays as it is, also in the editor, and so does a page that is not translated.
  const LEFT = "pre, script, style, textarea, .cm-editor, [lang=en]";

  /** @param {Node} node */
  const isInline = (node) => node.nodeType === Node.TEXT_NODE || node.nodeName in MARKS;

  /** Writes marks of Markdown where a run of text has elements. @param {Node[]} run */
  const marked = (run) =>
    run.map(
      (each) => `${MARKS[each.nodeName] ?? ""}${each.textContent}${MARKS[each.nodeName] ?? ""}`,
    );

  /** @param {string} text @returns {(Node | string)[]} */
  function unmarked(text) {
    return text.split(/(`[^`]*`|\*\*[^*]*\*\*|\*[^*]*\*)/).map((part) => {
      const name = Object.keys(MARKS).find((key) => part.length > 2 && part.startsWith(MARKS[key]));
      if (!name) return part;
      const element = document.createElement(name);
      element.textContent = part.slice(MARKS[name].length, -MARKS[name].length);
      return element;
    });
  }

  /** @param {Node[]} run of text and inline elements */
  function translateRun(run) {
    const before = marked(run).join("");
    if (!/\p{L}|\d/u.test(before)) return;
    const after = run[0].parentElement?.closest("svg")
      ? (number(before.trim()) ?? translate(before))
      : translate(before);
    if (after === before) return;
    if (run.length === 1 && run[0].nodeType === Node.TEXT_NODE) run[0].nodeValue = after;
    else {
      /** @type {ChildNode} */ (run[0]).before(...unmarked(after));
      for (const each of run) /** @type {ChildNode} */ (each).remove();
    }
  }

  /** @param {Node} node */
  function translateIn(node) {
    const element = node instanceof Element ? node : node.parentElement;
    if (!element || element.closest(LEFT)) return;
    if (!(node instanceof Element) || node.nodeName in MARKS) {
      const parent = node.parentElement;
      if (parent) translateIn(parent.nodeName in MARKS ? (parent.parentElement ?? parent) : parent);
      return;
    }
    for (const each of [element, ...element.querySelectorAll("*")]) {
      if (each.closest(LEFT) || each.nodeName in MARKS) continue;
      translateAttributes(each);
      /** @type {Node[]} */
      let run = [];
      for (const child of [...each.childNodes, null]) {
        if (child && isInline(child)) run.push(child);
        else if (run.length) {
          translateRun(run);
          run = [];
        }
      }
    }
  }

  /** @param {Element} element */
  function translateAttributes(element) {
    for (const name of ATTRIBUTES) {
      const value = element.getAttribute(name);
      const translation = value && translate(value);
      if (value && translation !== value) element.setAttribute(name, translation ?? "");
    }
  }

  new MutationObserver((records) => {
    for (const { type, target, addedNodes } of records) {
      if (type === "childList") addedNodes.forEach(translateIn);
      else if (type === "characterData") translateIn(target);
      else if (!(/** @type {Element} */ (target).closest(LEFT))) {
        translateAttributes(/** @type {Element} */ (target));
      }
    }
  }).observe(document.documentElement, {
    subtree: true,
    childList: true,
    characterData: true,
    attributeFilter: ATTRIBUTES,
  });
  const ask = window.confirm;
  window.confirm = (question) => ask.call(window, translate(question ?? ""));
  return translateIn;
}

// The second script of a translated page; the first, words.js, has set the words.
var nnTranslate =
  typeof document === "undefined"
    ? undefined
    : translatePage(
        /** @type {{ nnWords: Translations }} */ (/** @type {unknown} */ (globalThis)).nnWords,
      );
