// @ts-check
// A figure with sliders that chooses among stored frames: nn_core/lab/sliders.py.

/** @typedef {{ texts: string[][], tags: string[], drawings: number[][], frames: number[] }} Frames */

nnLab.start("explore", (root, /** @type {Frames} */ { texts, tags, drawings, frames }) => {
  const [box] = root.getElementsByClassName("lab-frame");
  const sliders = [...root.getElementsByTagName("input")];
  const values = root.getElementsByClassName("lab-value");
  const [play, reset] = root.getElementsByTagName("button");
  const starts = sliders.map((slider) => slider.value);
  const parser = new DOMParser();
  const [said] = root.getElementsByClassName("lab-said");
  let shown = -1;
  let timer = 0;

  /**
   * Replaces only what differs: drawing all the letters of a figure anew takes as long as the rest.
   * @param {ChildNode} old
   * @param {ChildNode} next
   */
  const patch = (old, next) => {
    if (old.isEqualNode(next)) return;
    const [a, b] = [[...old.childNodes], [...next.childNodes]];
    const alike =
      a.length && a.length === b.length && old.cloneNode().isEqualNode(next.cloneNode());
    if (!alike) return old.replaceWith(next);
    for (const [i, child] of a.entries()) patch(child, b[i]);
  };

  const show = () => {
    let k = 0;
    for (const [i, slider] of sliders.entries()) {
      const text = texts[i][slider.valueAsNumber];
      slider.setAttribute("aria-valuetext", text);
      values[i].textContent = text;
      k = k * texts[i].length + slider.valueAsNumber;
    }
    if (frames[k] === shown) return;
    shown = frames[k];
    const svg = drawings[shown].map((tag) => tags[tag]).join("");
    const next = document.adoptNode(parser.parseFromString(svg, "image/svg+xml").documentElement);
    const alt = next.getAttribute("aria-label") ?? "";
    box.children[0].setAttribute("aria-label", alt);
    patch(box.children[0], next);
    // Nobody wants to hear every frame that passes.
    if (timer === 0) said.textContent = alt;
  };

  const stop = () => {
    clearInterval(timer);
    timer = 0;
    play.textContent = "Play";
  };

  const step = () => {
    sliders[0].valueAsNumber += 1;
    show();
    if (sliders[0].value === sliders[0].max) stop();
  };

  play.addEventListener("click", () => {
    if (timer !== 0) return stop();
    play.textContent = "Pause";
    if (sliders[0].value === sliders[0].max) {
      sliders[0].value = "0";
      show();
    }
    timer = setInterval(step, 500);
  });

  reset.addEventListener("click", () => {
    stop();
    for (const [i, slider] of sliders.entries()) slider.value = starts[i];
    show();
  });

  for (const slider of sliders) {
    slider.addEventListener("input", () => {
      stop();
      show();
    });
  }
  for (const control of [...sliders, play, reset]) control.disabled = false;
});
