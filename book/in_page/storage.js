// @ts-check
// What pages keep in the reader's browser. Where it may not be kept there, it lasts until the page is left.

/** @type {Map<string, unknown>} */
const unstored = new Map();

/**
 * What was kept under a key; null if nothing was, or nothing that can be read.
 * @param {string} key
 * @returns {unknown}
 */
export function read(key) {
  if (unstored.has(key)) return unstored.get(key);
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

/**
 * Keeps a value, or with null forgets it. Says whether the value outlasts the page.
 * @param {string} key
 * @param {unknown} value
 */
export function write(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
    unstored.delete(key);
    return true;
  } catch {
    // The browser blocks storage for this site, or its room is used up.
    unstored.set(key, value);
    return false;
  }
}

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
