// @ts-check
// What pages keep in the reader's browser: records of names and values. What cannot be written lasts until the page is
// left. Only what is new is written, over what is there by then, so that two open pages lose nothing of each other.

/** @typedef {Record<string, unknown>} Entries a value of null stands for none */

/** What could not be written yet, by its key.
 * @type {Map<string, Entries>}
 */
const unwritten = new Map();

/**
 * @param {string} key
 * @returns {Entries}
 */
function written(key) {
  try {
    const value = JSON.parse(localStorage.getItem(key) ?? "{}");
    // Before there were dates, the solved exercises were a list of names.
    if (Array.isArray(value)) return Object.fromEntries(value.map((name) => [name, ""]));
    return typeof value === "object" ? (value ?? {}) : {};
  } catch {
    return {}; // The browser blocks storage for this site, or what is there cannot be read.
  }
}

/**
 * What is kept under a key.
 * @param {string} key
 * @returns {Entries}
 */
export function all(key) {
  const entries = { ...written(key), ...unwritten.get(key) };
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== null));
}

/**
 * Adds entries to what is kept under a key, or takes them away. Says whether that outlasts the page.
 * @param {string} key
 * @param {Entries} entries
 */
export function put(key, entries) {
  unwritten.set(key, { ...unwritten.get(key), ...entries });
  const now = all(key);
  try {
    if (Object.keys(now).length) localStorage.setItem(key, JSON.stringify(now));
    else localStorage.removeItem(key);
    unwritten.delete(key);
    return true;
  } catch {
    return false; // The browser blocks storage for this site, or its room is used up.
  }
}

/**
 * Forgets all that is kept under a key.
 * @param {string} key
 */
export function forget(key) {
  unwritten.delete(key);
  try {
    localStorage.removeItem(key);
  } catch {
    // Where storage is blocked, nothing was written.
  }
}

/**
 * Whether what is kept under a key outlasts the page.
 * @param {string} key
 */
export const lasts = (key) => !unwritten.has(key);

/**
 * Hands the reader a file.
 * @param {string} name
 * @param {unknown} value written as JSON
 */
export function save(name, value) {
  const file = new Blob([`${JSON.stringify(value, null, 1)}\n`], { type: "application/json" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
