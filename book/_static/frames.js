// @ts-check
// Fetches the frames of a slider when the reader comes near it: book/_ext/frames.py.

const near = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      // Without a connection the page goes on showing its frame.
      bring(/** @type {HTMLScriptElement} */ (target.querySelector("script[data-src]"))).catch(() =>
        addEventListener("online", () => near.observe(target), { once: true }),
      );
    }
  },
  { rootMargin: "1500px 0px" },
);

/** @param {HTMLScriptElement} script */
async function bring(script) {
  const response = await fetch(script.dataset.src ?? "");
  if (!response.ok) throw new Error(response.statusText);
  script.textContent = await response.text();
  delete script.dataset.src;
  delete script.parentElement?.dataset.ready;
  nnLab.refresh();
}

for (const script of document.querySelectorAll("[data-lab] > script[data-src]")) {
  if (script.parentElement) near.observe(script.parentElement);
}

export {};
