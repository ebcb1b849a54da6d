// @ts-check
// What the reader has edited, by page and cell, and the notebook to download.

import { all, forget as forgetKey, put, save } from "../_static/storage.js";

/** @typedef {{ text: string, original: string }} Edit the reader's text, and the text of the course that it replaced */
/** @typedef {{ id: string, cell_type: string, source: string | string[], outputs?: unknown[], execution_count?: null }} Cell */
/** @typedef {{ cells: Cell[], metadata: object, nbformat: number, nbformat_minor: number }} Notebook */

/** @param {string} page */
const keyOf = (page) => `nn_core/edited/${page}`;

/**
 * The edited cells of a page.
 * @param {string} page
 */
const editsOf = (page) => /** @type {Record<string, Edit>} */ (all(keyOf(page)));

let told = false;

/**
 * What the reader has made of a cell, if anything.
 * @param {string} page
 * @param {string} cell
 * @returns {string | undefined}
 */
export const text = (page, cell) => editsOf(page)[cell]?.text;

/**
 * What the reader must know about an edited cell, if anything.
 * @param {string} page
 * @param {string} cell
 * @param {string} original the cell as the course has it now
 */
export function note(page, cell, original) {
  const edit = editsOf(page)[cell];
  if (!edit || edit.original === original) return "";
  return "The course has changed this cell since you edited it. Your text is kept: put back the original to see the new one.";
}

/**
 * Keeps what the reader has made of a cell. Gives what must be said about it: once that nothing lasts, if so.
 * @param {string} page
 * @param {string} cell
 * @param {string} now
 * @param {string} original
 */
export function keep(page, cell, now, original) {
  const edit = now === original ? null : { text: now, original };
  if (put(keyOf(page), { [cell]: edit }) || told) return "";
  told = true;
  return "This browser keeps nothing for this site: your edits last until you leave the page. Download the notebook to keep them.";
}

/**
 * Forgets what the reader has made of a page.
 * @param {string} page
 */
export const forget = (page) => forgetKey(keyOf(page));

/**
 * The notebook of a page, with the reader's code and without outputs.
 * @param {string} page
 * @param {string} root the address of the course in the language of the page
 * @param {string} site the address of the site
 */
async function notebookOf(page, root, site) {
  const source = await fetch(`${root}_sources/${page}.ipynb`);
  // The title page is no notebook, but has cells.
  const answer = source.status === 404 ? await fetch(`${site}python/cells/${page}.json`) : source;
  if (!answer.ok) throw new Error(`The server answers ${answer.status}.`);
  const found = await answer.json();
  /** @type {Notebook} */
  const notebook = Array.isArray(found)
    ? {
        cells: found.map(({ id, source }) => ({ cell_type: "code", id, source, metadata: {} })),
        metadata: { kernelspec: { name: "python3", display_name: "Python 3", language: "python" } },
        nbformat: 4,
        nbformat_minor: 5,
      }
    : found;
  for (const cell of notebook.cells) {
    if (cell.cell_type !== "code") continue;
    cell.source = text(page, cell.id) ?? cell.source;
    cell.outputs = [];
    cell.execution_count = null;
  }
  return notebook;
}

/**
 * Hands the reader the notebook of a page. Gives what went wrong in a sentence, or nothing.
 * @param {string} page
 * @param {string} root the address of the course in the language of the page
 * @param {string} site the address of the site
 */
export async function download(page, root, site) {
  try {
    save(`${page.slice(page.lastIndexOf("/") + 1)}.ipynb`, await notebookOf(page, root, site));
    return "";
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    return `The notebook of this page cannot be loaded: try again when you are connected. (${why})`;
  }
}
