// A figure with sliders that chooses among stored frames: nn_core/lab/sliders.py.
nnLab.start("explore", (root, { texts, tags, drawings, frames }) => {
  const box = root.querySelector(".lab-frame");
  const sliders = [...root.querySelectorAll("input")];
  const values = root.querySelectorAll(".lab-value");
  const [play, reset] = root.querySelectorAll("button");
  const starts = sliders.map((slider) => slider.value);
  const parser = new DOMParser();
  const said = root.querySelector("[aria-live]");
  let shown = null;
  let timer = null;

  // Replaces only what differs: drawing all the letters of a figure anew takes as long as the rest.
  const patch = (old, next) => {
    if (old.isEqualNode(next)) return;
    const [a, b] = [[...old.childNodes], [...next.childNodes]];
    const alike = a.length && a.length === b.length && old.cloneNode().isEqualNode(next.cloneNode());
    if (alike) a.forEach((child, i) => patch(child, b[i]));
    else old.replaceWith(next);
  };

  const show = () => {
    let k = 0;
    sliders.forEach((slider, i) => {
      const text = texts[i][slider.value];
      slider.setAttribute("aria-valuetext", text);
      values[i].textContent = text;
      k = k * texts[i].length + Number(slider.value);
    });
    if (frames[k] === shown) return;
    shown = frames[k];
    const svg = drawings[shown].map((tag) => tags[tag]).join("");
    const next = document.adoptNode(parser.parseFromString(svg, "image/svg+xml").documentElement);
    const alt = next.getAttribute("aria-label");
    box.firstElementChild.setAttribute("aria-label", alt);
    patch(box.firstElementChild, next);
    // Nobody wants to hear every frame that passes.
    if (timer === null) said.textContent = alt;
  };

  const stop = () => {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
  };

  const step = () => {
    sliders[0].value = Number(sliders[0].value) + 1;
    show();
    if (sliders[0].value === sliders[0].max) stop();
  };

  play.addEventListener("click", () => {
    if (timer !== null) return stop();
    play.textContent = "Pause";
    if (sliders[0].value === sliders[0].max) {
      sliders[0].value = 0;
      show();
    }
    timer = setInterval(step, 500);
  });

  reset.addEventListener("click", () => {
    stop();
    sliders.forEach((slider, i) => (slider.value = starts[i]));
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
