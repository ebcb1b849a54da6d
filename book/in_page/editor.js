// @ts-check
// The editor of a cell: CodeMirror, in the place and in the look of the cell's text. `make editor` bundles both.

import {
  acceptCompletion,
  autocompletion,
  completionKeymap,
  startCompletion,
} from "@codemirror/autocomplete";
import {
  defaultKeymap,
  history,
  historyKeymap,
  indentLess,
  indentMore,
} from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import {
  bracketMatching,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { tagHighlighter, tags } from "@lezer/highlight";

/** @typedef {import("@codemirror/autocomplete").CompletionContext} CompletionContext */
/** @typedef {{ from: number, to: number, matches: string[] }} Completions what could stand between two places of the source */
/**
 * @typedef {object} Options
 * @property {string} source
 * @property {string} label the name of the editor for screen readers
 * @property {() => void} onRun
 * @property {() => void} onRunAndNext
 * @property {(source: string) => void} onChange called when the reader has changed the source
 * @property {(source: string, cursor: number) => Promise<Completions | null>} complete null where Python cannot answer now
 */

// The classes of Pygments: so an editor has the colours of the page's code, light and dark.
const colours = tagHighlighter([
  { tag: [tags.keyword, tags.bool, tags.null], class: "k" },
  { tag: tags.operatorKeyword, class: "ow" },
  { tag: tags.operator, class: "o" },
  { tag: tags.comment, class: "c1" },
  { tag: tags.string, class: "s1" },
  { tag: tags.number, class: "mi" },
  { tag: tags.meta, class: "nd" },
  { tag: tags.name, class: "n" },
  { tag: tags.punctuation, class: "o" },
  { tag: [tags.bracket, tags.separator], class: "p" },
  {
    tag: [tags.definition(tags.className), tags.function(tags.definition(tags.variableName))],
    class: "nf",
  },
]);

// The box, the letters and the colours come from the <pre> around the editor.
const look = EditorView.theme({
  "&.cm-focused": { outline: "none" },
  ".cm-content": { caretColor: "currentColor", padding: "0" },
  ".cm-line": { padding: "0" },
  ".cm-scroller": { fontFamily: "inherit", lineHeight: "inherit" },
  ".cm-tooltip": {
    backgroundColor: "var(--pst-color-surface)",
    border: "1px solid var(--pst-color-text-muted)",
    color: "var(--pst-color-text-base)",
  },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--pst-color-primary)",
    color: "var(--pst-color-primary-text)",
  },
});

const HELP =
  "Shift and Enter run the cell. Tab completes a name, and indents elsewhere. Escape, then Tab, leaves the editor.";

/** All names in the code of the page: what can be said without Python. */
function namesOnPage() {
  const code = [...document.querySelectorAll(".cell_input pre")].map((pre) => pre.textContent);
  return [...new Set(code.join("\n").match(/[A-Za-z_]\w{2,}/g))];
}

/**
 * What completes the name before the cursor: what Python knows, else the names on the page.
 * @param {Options["complete"]} complete
 */
const names = (complete) => async (/** @type {CompletionContext} */ context) => {
  const answer = await complete(context.state.doc.toString(), context.pos);
  const begun = context.matchBefore(/\w*/);
  const from = answer?.from ?? begun?.from ?? context.pos;
  const matches = answer?.matches ?? namesOnPage().filter((name) => name !== begun?.text);
  return { from, options: matches.map((label) => ({ label })), validFor: /^[\w.]*$/ };
};

/** @type {import("@codemirror/view").Command} */
const completeOrIndent = (view) => {
  const { head, empty } = view.state.selection.main;
  const before = view.state.sliceDoc(Math.max(0, head - 1), head);
  return empty && /[\w.]/.test(before) ? startCompletion(view) : indentMore(view);
};

/**
 * Puts an editor in the place of a cell's text.
 * @param {HTMLElement} cell
 * @param {Options} options
 */
export async function edit(cell, { source, label, onRun, onRunAndNext, onChange, complete }) {
  const text = /** @type {HTMLPreElement} */ (cell.querySelector(".cell_input pre"));
  const asWritten = [...text.childNodes];
  const place = document.createElement("pre");
  place.className = "course-editor";
  const help = document.createElement("span");
  help.hidden = true;
  help.textContent = HELP;
  help.id = `${cell.id}-help`;
  let byReader = true;

  /** @type {(act: () => void) => () => boolean} */
  const key = (act) => () => {
    act();
    return true;
  };
  const view = new EditorView({
    doc: source,
    extensions: [
      keymap.of([
        { key: "Shift-Enter", run: key(onRunAndNext) },
        { key: "Mod-Enter", run: key(onRun) },
        { key: "Tab", run: acceptCompletion },
        { key: "Tab", run: completeOrIndent, shift: indentLess },
        ...completionKeymap,
        ...historyKeymap,
        ...defaultKeymap,
      ]),
      autocompletion({ activateOnTyping: false, icons: false, override: [names(complete)] }),
      bracketMatching(),
      history(),
      indentOnInput(),
      indentUnit.of("    "),
      EditorState.tabSize.of(4),
      python(),
      syntaxHighlighting(colours),
      look,
      // The header and the bar of the page lie over what scrolls below them.
      EditorView.scrollMargins.of(() => ({ top: 60, bottom: 60 })),
      // A box that scrolls is reached through what it holds, which says so with its tab stop.
      EditorView.contentAttributes.of({
        "aria-label": label,
        "aria-describedby": help.id,
        tabindex: "0",
      }),
      EditorView.updateListener.of((update) => {
        if (!update.docChanged) return;
        // The copy button reads the hidden text.
        text.textContent = view.state.doc.toString();
        if (!byReader) return;
        view.setTabFocusMode(false);
        onChange(text.textContent);
      }),
      // Who walks through the page with Tab passes by: it indents only for those who write here.
      EditorView.domEventHandlers({
        blur: (_, editor) => editor.setTabFocusMode(true),
        pointerdown: (_, editor) => editor.setTabFocusMode(false),
      }),
    ],
  });
  view.setTabFocusMode(true);
  place.append(view.dom);
  text.textContent = source;
  text.hidden = true;
  text.after(place, help);

  return {
    get: () => view.state.doc.toString(),
    /** @param {string} now */
    set(now) {
      byReader = false;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: now } });
      byReader = true;
    },
    focus() {
      view.focus();
      view.setTabFocusMode(false);
    },
    /** Shows the text again that the page came with. */
    destroy() {
      view.destroy();
      place.remove();
      help.remove();
      text.replaceChildren(...asWritten);
      text.hidden = false;
    },
  };
}
