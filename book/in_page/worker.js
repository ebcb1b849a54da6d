// @ts-check
// Python in a thread of its own: loads it, and does what the page asks for.

/**
 * @typedef {{ type: "start", base: string, stopKey?: string }} Start
 * @typedef {{ type: "run", run: number, source: string }} Run
 * @typedef {{ type: "complete", request: number, source: string, cursor: number }} Complete
 * @typedef {{ type: "call", request: number, key: string, positions: number[] }} Call
 * @typedef {{ files: Record<string, { bytes: number }> }} Contents
 * @typedef {object} Shell The functions of shell.py.
 * @property {(source: string, post: (output: string) => void) => string} run
 * @property {(source: string, cursor: number) => string} complete
 * @property {(key: string, positions: string) => string} call
 * @property {() => void} post_if_due
 * @typedef {object} Pyodide What of Pyodide is used here.
 * @property {(source: string) => string} runPython
 * @property {(name: string) => Shell} pyimport
 * @property {(buffer: object) => void} setInterruptBuffer
 * @property {(archive: Uint8Array, format: string, options: { extractDir: string }) => void} unpackArchive
 * @property {{ mkdirTree(path: string): void, writeFile(path: string, data: Uint8Array): void }} FS
 */

const MS_BETWEEN_LOOKS = 200;
const MS_BETWEEN_PROGRESS = 100;

/** @type {(message: object) => void} */
const post = (message) => postMessage(message);

/** @type {Contents["files"]} */
let files = {};
let loaded = 0;
let total = 0;
let told = 0;

/** @param {string} text */
function tell(text) {
  told = performance.now();
  post({ type: "progress", text, loaded, total });
}

/** @param {number} bytes */
function count(bytes) {
  loaded += bytes;
  if (total && performance.now() - told > MS_BETWEEN_PROGRESS) tell("Loading Python");
}

/** What went wrong first, in one sentence. */
let failure = "";
const ownFetch = fetch;

/**
 * Fetches as the browser does, counts the bytes and remembers what does not come.
 * @param {RequestInfo | URL} address
 * @param {RequestInit} [options]
 */
async function fetchAndCount(address, options) {
  const path = new URL(address instanceof Request ? address.url : address).pathname;
  const name = path.slice(path.lastIndexOf("/") + 1);
  /** @param {unknown} error */
  const fail = (error) => {
    // The browser does not say whether it was the connection or the hash.
    failure ||= `The file ${name} did not arrive whole: is there a connection?`;
    return error;
  };
  /** @type {Response} */
  let response;
  try {
    response = await ownFetch(address, options);
  } catch (error) {
    throw fail(error);
  }
  if (!response.ok || !response.body) {
    failure ||= `The file ${name} could not be loaded (the server answers ${response.status}).`;
    throw new Error(failure);
  }
  const headers = new Headers(response.headers);
  if (name.endsWith(".wasm")) {
    // The browser keeps compiled code only for a response as it came, so it is counted at once.
    if (headers.get("Content-Type") === "application/wasm") {
      count(files[name].bytes);
      return response;
    }
    headers.set("Content-Type", "application/wasm"); // which simple servers do not know
  }
  const reader = response.body.getReader();
  const counted = new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        count(value.byteLength);
        controller.enqueue(value);
      } catch (error) {
        controller.error(fail(error));
      }
    },
  });
  return new Response(counted, { headers });
}

/** @param {string} address */
const fetchBytes = async (address) =>
  new Uint8Array(await (await fetchAndCount(address)).arrayBuffer());

/**
 * Imports a module of Pyodide, whose ending .mjs simple servers do not know as that of a script.
 * @param {string} address
 */
async function importFetched(address) {
  const code = await (await fetchAndCount(address)).text();
  return import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
}

/**
 * What Python reads to learn whether it should stop. While it runs, it reads item 0 again and again:
 * 2 means Ctrl-C. When Python has understood, it writes 0. It would be a shared memory if the page
 * and its worker could have one; that takes headers which simple servers do not send.
 */
class StopButton {
  /** @param {string} [address] where to ask */
  constructor(address) {
    this.address = address;
    this.due = Infinity;
    this.answers = false; // as long as no service worker is there
    this.request = new XMLHttpRequest();
  }

  /** Asks whether the reader has pressed Stop since the last question. */
  ask() {
    if (!this.address) return false;
    this.request.open("GET", this.address, false);
    try {
      this.request.send();
    } catch {}
    this.answers = this.request.status === 200;
    return this.answers && this.request.responseText === "stop";
  }

  /**
   * Lets the button work while Python does something.
   * @template Result
   * @param {() => Result} work
   */
  during(work) {
    this.ask(); // Who pressed it when nothing ran did not mean what runs now.
    this.due = performance.now() + MS_BETWEEN_LOOKS;
    try {
      return work();
    } finally {
      this.due = Infinity;
    }
  }

  get 0() {
    if (performance.now() < this.due) return 0;
    this.due = Infinity; // Python reads this number in the next line, too.
    shell.post_if_due();
    const pressed = this.answers && this.ask();
    this.due = performance.now() + MS_BETWEEN_LOOKS;
    return pressed ? 2 : 0;
  }

  set 0(_) {}
}

/** @type {Shell} */
let shell;
/** @type {StopButton} */
let stopButton;

/**
 * Loads Python and everything that cells import.
 * @param {Start} message
 */
async function start({ base, stopKey }) {
  const began = performance.now();
  const address = (/** @type {string} */ name) => new URL(name, base).href;
  const contents = await fetchAndCount(address("contents.json"));
  ({ files } = await contents.json().catch((error) => {
    failure = "The file contents.json did not arrive whole: is there a connection?";
    throw error;
  }));
  const digits = Object.keys(files).filter((name) => name.startsWith("mnist/"));
  const own = ["nn_core.zip", "shell.py", ...digits];
  const packages = Object.keys(files).filter((name) => name.endsWith(".whl"));
  const modules = ["pyodide.mjs", "pyodide.asm.mjs"];
  const core = [...modules, "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json"];
  for (const name of [...own, ...packages, ...core]) total += files[name].bytes;
  loaded = 0;
  tell("Loading Python");
  globalThis.fetch = fetchAndCount;
  const compiled = watchCompilation();
  /** @type {[{ loadPyodide: (options: object) => Promise<Pyodide> }, { default: object }]} */
  const [{ loadPyodide }, { default: createPyodideModule }] = /** @type {*} */ (
    await Promise.all(modules.map((name) => importFetched(address(name))))
  );
  const names = packages.map((name) => name.split("-")[0]);
  const [pyodide, memory, [library, program, ...images]] = await Promise.all([
    loadPyodide({ indexURL: base, packages: names, createPyodideModule }),
    compiled,
    Promise.all(own.map((name) => fetchBytes(address(name)))),
  ]);
  globalThis.fetch = ownFetch;
  if (failure) throw new Error(failure);
  tell("Starting Python");

  const folder = pyodide.runPython("import sysconfig; sysconfig.get_path('purelib')");
  pyodide.unpackArchive(library, "zip", { extractDir: folder });
  pyodide.FS.writeFile(`${folder}/shell.py`, program);
  pyodide.FS.mkdirTree(`${folder}/nn_core/mnist`);
  for (const [k, name] of digits.entries()) {
    pyodide.FS.writeFile(`${folder}/nn_core/${name}`, images[k]);
  }

  const { quicken } = await import(address("matmul.js"));
  const kernel = await quicken(pyodide, memory);
  // Each look at a name of Python's makes a new object, so all are looked up once.
  const { run, complete, call, post_if_due } = pyodide.pyimport("shell");
  shell = { run, complete, call, post_if_due };
  stopButton = new StopButton(stopKey && address(`stop?key=${encodeURIComponent(stopKey)}`));
  pyodide.setInterruptBuffer(stopButton);
  post({ type: "ready", seconds: (performance.now() - began) / 1000, kernel });
}

/**
 * Lets Pyodide compile Python, and finds two things that Pyodide does not tell: Python's memory, and
 * why Python could not be compiled or given memory.
 */
function watchCompilation() {
  const { instantiateStreaming } = WebAssembly;
  /** @type {PromiseWithResolvers<WebAssembly.Memory | undefined>} */
  const { promise, resolve, reject } = Promise.withResolvers();
  WebAssembly.instantiateStreaming = async (source, imports) => {
    try {
      const result = await instantiateStreaming(source, imports);
      const exported = Object.values(result.instance.exports);
      resolve(exported.find((value) => value instanceof WebAssembly.Memory));
      return result;
    } catch (error) {
      if (error instanceof WebAssembly.CompileError) {
        failure ||= `Python cannot be compiled: its file did not arrive whole, or this browser is too old for it (${error.message}).`;
      }
      if (error instanceof RangeError) {
        failure ||= `There is not enough memory for Python: close other pages, and try again (${error.message}).`;
      }
      reject(error);
      throw error;
    } finally {
      WebAssembly.instantiateStreaming = instantiateStreaming;
    }
  };
  return promise;
}

/** @param {Start | Run | Complete | Call} message */
async function act(message) {
  switch (message.type) {
    case "start":
      await start(message);
      break;
    case "run": {
      const { run, source } = message;
      const began = performance.now();
      const status = stopButton.during(() =>
        shell.run(source, (output) => post({ type: "output", run, output: JSON.parse(output) })),
      );
      post({ type: "done", run, status, seconds: (performance.now() - began) / 1000 });
      break;
    }
    case "complete": {
      const { request, source, cursor } = message;
      post({ type: "completions", request, ...JSON.parse(shell.complete(source, cursor)) });
      break;
    }
    case "call": {
      const { request, key, positions } = message;
      const html = stopButton.during(() => shell.call(key, JSON.stringify(positions)));
      post({ type: "answer", request, html });
    }
  }
}

addEventListener("message", async ({ data }) => {
  try {
    await act(data);
  } catch (error) {
    // Errors of cells do not come here: this is Python itself, for which there was no memory, say.
    const what = data.type === "start" ? "Python could not be started" : "Python has broken down";
    // The last line of what Python says names the error.
    const why = String(error).trim().split("\n").at(-1);
    post({ type: "failed", text: failure || `${what} (${why}).` });
  }
});

export {}; // makes this file a module, with names of its own
