// @ts-check
// Python as the page sees it: a worker that starts, runs cells, stops and restarts.

/**
 * @typedef {{ output_type: string, name?: string, text?: string | string[], data?: Record<string, string | object>,
 *   metadata?: Record<string, string | boolean | object>, transient?: { display_id?: string },
 *   ename?: string, evalue?: string, traceback?: string[], wait?: boolean }} Output as in a notebook file
 * @typedef {{ text: string, loaded: number, total: number }} Progress
 * @typedef {{ run: number, status: "ok" | "error" | "interrupted", seconds: number }} Done
 * @typedef {{ from: number, to: number, matches: string[] }} Completions
 * @typedef {{ html: string }} Answer
 * @typedef {{ resolve: (message: object) => void, reject: (error: Error) => void, onOutput?: (output: Output) => void }} Waiting
 */

export const BASE = new URL(".", import.meta.url).href;
const PATIENCE = 3000; // milliseconds in which Python should stop

/** @type {Worker | undefined} */
let worker;
/** @type {Promise<object> | undefined} */
let started;
let stopKey = "";
let last = 0;
/** Who waits for an answer, by the number of the request; 0 is the start. */
/** @type {Map<number, Waiting>} */
const waiting = new Map();
/** @type {(progress: Progress) => void} */
let onProgress = () => {};

/** Whether cells can run at once. */
export let ready = false;

/**
 * Starts Python, unless it has been started.
 * @param {(progress: Progress) => void} tell
 */
export function start(tell) {
  onProgress = tell;
  if (started) return started;
  if (typeof WebAssembly !== "object") {
    throw new Error(
      "This browser has no WebAssembly, which Python needs: take a newer one, or allow it in the settings.",
    );
  }
  // Without a service worker a server would be asked in vain, five times a second.
  stopKey = nnCells.services?.controller ? crypto.randomUUID() : "";
  worker = new Worker(`${BASE}worker.js`, { type: "module" });
  worker.onmessage = ({ data }) => hear(data);
  worker.onerror = (event) => {
    event.preventDefault();
    end(`Python has ended: ${event.message || "the file worker.js did not arrive"}.`);
  };
  started = request(0, { type: "start", base: BASE, stopKey });
  return started;
}

/**
 * @param {number} number
 * @param {object} message
 * @param {(output: Output) => void} [onOutput]
 * @returns {Promise<object>}
 */
function request(number, message, onOutput) {
  return new Promise((resolve, reject) => {
    waiting.set(number, { resolve, reject, onOutput });
    worker?.postMessage(message);
  });
}

/** @param {{ type: string, run?: number, request?: number, output: Output } & Progress} message */
function hear(message) {
  const number = message.run ?? message.request ?? 0;
  const asked = waiting.get(number);
  if (message.type === "progress") onProgress(message);
  else if (message.type === "output") asked?.onOutput?.(message.output);
  else if (message.type === "failed") end(message.text);
  else {
    if (message.type === "ready") {
      ready = true;
      // Who has run Python wants it, and the other chapters, without a connection too.
      nnCells.services?.ready.then(({ active }) => active?.postMessage({ type: "keep" }));
    }
    waiting.delete(number);
    asked?.resolve(message);
  }
}

/**
 * Ends Python. Who waits for it is told why.
 * @param {string} why
 */
export function end(why) {
  worker?.terminate();
  worker = started = undefined;
  ready = false;
  const all = [...waiting.values()];
  waiting.clear();
  for (const { reject } of all) reject(new Error(why));
}

/**
 * @param {string} source
 * @param {(output: Output) => void} onOutput
 */
export async function run(source, onOutput) {
  const number = ++last;
  return /** @type {Done} */ (
    await request(number, { type: "run", run: number, source }, onOutput)
  );
}

/**
 * Presses Ctrl-C. Gives whether Python is still there.
 * @param {Promise<unknown>} running what should end
 */
export async function stop(running) {
  const carrier = nnCells.services?.controller;
  if (!carrier || !stopKey) return false;
  carrier.postMessage({ type: "stop", key: stopKey });
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, "late"));
  return (await Promise.race([running, late])) !== "late";
}

/**
 * Which names could stand here; nothing while Python cannot answer.
 * @param {string} source
 * @param {number} cursor
 */
export async function complete(source, cursor) {
  if (!ready || waiting.size) return null;
  const number = ++last;
  return /** @type {Completions} */ (
    await request(number, { type: "complete", request: number, source, cursor })
  );
}

/**
 * Draws a frame of the sliders with this key.
 * @param {string} key
 * @param {number[]} positions
 */
export async function call(key, positions) {
  if (!ready) throw new Error("Run this cell to move the sliders.");
  const number = ++last;
  const answer = await request(number, { type: "call", request: number, key, positions });
  return /** @type {Answer} */ (answer).html;
}
