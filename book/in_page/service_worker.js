// @ts-check
// Keeps pages and Python for the time without a connection, and carries the reader's Stop to Python.

/**
 * The folder python/ as it was published: its version, and each file's size and hash.
 * @typedef {{ version: string, files: Record<string, { bytes: number, sha256: string }> }} Contents
 */

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const SITE = worker.registration.scope;
const PYTHON = `${SITE}python/`;
const CONTENTS = `${PYTHON}contents.json`;
// Sites of several courses may share an address, and with it the names of caches.
const PAGES_CACHE = `pages of ${SITE}`;
const PYTHON_CACHE = `python of ${SITE}`;
const LINKS = /(?: href=| src=| data-src=|@import )"([^"#]+)|url\(["']?([^"'()#]+)/g;
const PARTS = /\.(css|js|json|png|svg|webp)(\?|$)/;
const PAGES_AND_PARTS = /\.(html|css|js|json|png|svg|webp|woff2)(\?|$)/;

/** Keys of the Pythons that are to stop, until they have asked.
 * @type {Set<string>}
 */
const stops = new Set();

/** What python/ holds. It is renewed only when a page is opened, so that no page gets files of two releases.
 * @type {Promise<Contents> | undefined}
 */
let contents;

/** A damaged file may lie in the browser's own cache, so that is passed over after the first.
 * @type {RequestCache}
 */
let freshness = "no-cache";

/** Give what is kept under an address, if anything is.
 * @param {string} cache
 * @param {string} address
 * @param {CacheQueryOptions} options
 */
function kept(cache, address, options = {}) {
  const found = caches.match(address, { cacheName: cache, ignoreVary: true, ...options });
  return found.catch(() => undefined);
}

/** Keep a response, in place of what an old release has there. Where there is no room, all works on
 * as long as there is a connection.
 * @param {string} cache
 * @param {string} address
 * @param {Response} response
 */
async function keep(cache, address, response) {
  try {
    const all = await caches.open(cache);
    await all.put(address, response);
    if (!address.includes("?")) return;
    // Such an address names the release, but a file may have one without it, too.
    for (const { url } of await all.keys(address, { ignoreSearch: true }))
      if (url !== address && url.includes("?")) await all.delete(url);
  } catch (error) {
    console.info(`${address} is not kept: ${error}`);
  }
}

/** @returns {Promise<Contents>} */
async function keptContents() {
  const response = await kept(PYTHON_CACHE, CONTENTS);
  return response ? response.json() : { version: "", files: {} };
}

/** Read what python/ holds on the server now. Without a connection, give what it held.
 * @returns {Promise<Contents>}
 */
async function newContents() {
  const response = await fetch(CONTENTS, { cache: "no-cache" }).catch(() => undefined);
  if (!response?.ok) return keptContents();
  await keep(PYTHON_CACHE, CONTENTS, response.clone());
  return response.json();
}

/** Give what python/ holds for the pages that are open. */
async function currentContents() {
  contents ??= keptContents();
  if (!(await contents).version) contents = newContents();
  return contents;
}

/** Files are kept by their hash: of a new release, only what has changed is fetched.
 * @param {string} sha256
 */
const keyOf = (sha256) => `${PYTHON}kept/${sha256}`;

/** Fetch a file of python/. It is passed on as it comes, and breaks off at its end if it is damaged.
 * @param {string} name
 * @param {string} sha256
 */
async function fetchPython(name, sha256) {
  const response = await fetch(PYTHON + name, { cache: freshness });
  if (!response.ok || !response.body) return response;
  const { headers } = response;
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const parts = [];
  /** @type {TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>} */
  const check = new TransformStream({
    transform(part, controller) {
      parts.push(part);
      controller.enqueue(part);
    },
    async flush() {
      const file = new Blob(parts);
      const digest = new Uint8Array(
        await crypto.subtle.digest("SHA-256", await file.arrayBuffer()),
      );
      const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
      if (found !== sha256) {
        freshness = "reload";
        // Perhaps it is whole, and of a newer release.
        contents = newContents();
        throw new TypeError(`python/${name} did not arrive as contents.json describes it.`);
      }
      await keep(PYTHON_CACHE, keyOf(sha256), new Response(file, { headers }));
    },
  });
  return new Response(response.body.pipeThrough(check), { headers });
}

/** Answer with a file of python/.
 * @param {string} name
 */
async function answerPython(name) {
  try {
    const all = await currentContents();
    if (name === "contents.json" && all.version) return Response.json(all);
    const file = all.files[name];
    if (!file) return await fetch(PYTHON + name);
    return (await kept(PYTHON_CACHE, keyOf(file.sha256))) ?? (await fetchPython(name, file.sha256));
  } catch {
    const text = `python/${name} is not kept yet, and there is no connection.`;
    return new Response(text, { status: 503, statusText: "No connection" });
  }
}

/** Answer with a page or a file of pages: as it is on the server now, else as it is kept.
 * @param {FetchEvent} event
 */
async function answerPage(event) {
  const { request } = event;
  const opens = request.mode === "navigate";
  const address = opens ? withoutQuery(request.url) : request.url;
  try {
    // A page in the browser's own cache may be older than what python/ holds.
    const response = await fetch(request, opens ? { cache: "no-cache" } : {});
    if (response.status === 200 && !response.redirected)
      event.waitUntil(keep(PAGES_CACHE, address, response.clone()));
    return response;
  } catch (error) {
    const copy =
      (await kept(PAGES_CACHE, address)) ??
      // If the connection broke before the new style sheet came, the last one is better than none.
      (await kept(PAGES_CACHE, address, { ignoreSearch: true }));
    if (copy) return copy;
    throw error;
  }
}

/** @param {string} address */
function withoutQuery(address) {
  const { origin, pathname } = new URL(address);
  return origin + pathname;
}

/** Keep a page and what it links to, and give the addresses of all that.
 * @param {string} start the address of the page
 * @param {RegExp} chosen which of the links are followed
 * @param {RequestCache} cache
 */
async function keepPages(start, chosen, cache) {
  const pages = await caches.open(PAGES_CACHE);
  const addresses = new Set([withoutQuery(start)]);
  // The set grows while it is gone through: each page adds those to which it links.
  for (const address of addresses) {
    const response = await fetch(address, { cache });
    if (response.status !== 200 || response.redirected) continue;
    const hasLinks = /\.html$|\.css/.test(address);
    const text = hasLinks ? await response.clone().text() : "";
    await pages.put(address, response);
    for (const [, link, part] of text.matchAll(LINKS)) {
      const { href } = new URL(link ?? part, address);
      if (href.startsWith(SITE) && chosen.test(href)) addresses.add(href);
    }
  }
  return addresses;
}

/** Keep all of python/ and all pages, and forget what no page uses any more.
 * @param {string} start the address of a page, from which all others are reached
 */
async function keepAll(start) {
  const all = await currentContents();
  const complete = await kept(PAGES_CACHE, CONTENTS);
  if (!all.version || (complete && (await complete.json()).version === all.version)) return;

  // Nothing reads the files of an old release any more, and the new ones may need their room.
  const python = await caches.open(PYTHON_CACHE);
  const hashes = new Set(Object.values(all.files).map(({ sha256 }) => keyOf(sha256)));
  for (const { url } of await python.keys())
    if (url !== CONTENTS && !hashes.has(url)) await python.delete(url);
  for (const [name, { sha256 }] of Object.entries(all.files)) {
    if (await python.match(keyOf(sha256))) continue;
    await (await fetchPython(name, sha256)).arrayBuffer();
    if (!(await python.match(keyOf(sha256)))) throw new Error(`${name} found no room.`);
  }

  const addresses = await keepPages(start, PAGES_AND_PARTS, "no-cache");
  const pages = await caches.open(PAGES_CACHE);
  for (const { url } of await pages.keys())
    if (/\?|\.html$/.test(url) && !addresses.has(url)) await pages.delete(url);
  await pages.put(CONTENTS, Response.json(all));
}

/** Look for a new release if Python was run before, and keep all of it if all of the last was kept.
 * @param {FetchEvent} event
 */
function lookForRelease(event) {
  contents = keptContents().then((found) => (found.version ? newContents() : found));
  event.waitUntil(
    kept(PAGES_CACHE, CONTENTS).then(
      (complete) => complete && inTurn(() => keepAll(event.request.url)),
    ),
  );
}

/** Answer for the pages that are open, and keep them: they came before this could see them come. */
async function beginWithOpenPages() {
  await worker.clients.claim();
  // The browser's own cache has just got all this.
  for (const { url } of await worker.clients.matchAll({ type: "window" }))
    await inTurn(() => keepPages(url, PARTS, "default"));
}

/** What is being kept.
 * @type {Promise<unknown>}
 */
let keeping = Promise.resolve();

/** Keep something after what is being kept, so that nothing is fetched twice.
 * @param {() => Promise<unknown>} act
 */
function inTurn(act) {
  // Storage may be full, and the connection may break: then less is kept, and no more than that.
  keeping = keeping
    .then(act)
    .catch((error) => console.info(`Not all is kept for the time without a connection: ${error}`));
  return keeping;
}

worker.addEventListener("install", () => worker.skipWaiting());
worker.addEventListener("activate", (event) => event.waitUntil(beginWithOpenPages()));

worker.addEventListener("message", (event) => {
  if (event.data.type === "stop") stops.add(event.data.key);
  const { source } = event;
  if (event.data.type === "keep" && source instanceof WindowClient)
    event.waitUntil(inTurn(() => keepAll(source.url)));
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const isOurs = request.url.startsWith(SITE) && request.method === "GET";
  if (!isOurs || request.headers.has("Range")) return;
  if (url.href.startsWith(`${PYTHON}stop?`)) {
    const key = url.searchParams.get("key") ?? "";
    event.respondWith(new Response(stops.delete(key) ? "stop" : "go"));
  } else if (request.url.startsWith(PYTHON)) {
    event.respondWith(answerPython(withoutQuery(request.url).slice(PYTHON.length)));
  } else {
    if (request.mode === "navigate") lookForRelease(event);
    event.respondWith(answerPage(event));
  }
});
