// A figure with sliders that chooses among stored frames: nn_core/lab/sliders.py.
nnLab.start("explore", (root, { texts, tags, drawings, frames }) => {
  const box = root.querySelector(".lab-frame");
  const sliders = [...root.querySelectorAll("input")];
  const values = root.querySelectorAll(".lab-value");
  const [play, reset] = root.querySelectorAll("button");
  const starts = sliders.map((slider) => slider.value);
  const parser = new DOMParser();
  let shown = null;
  let timer = null;

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
    const drawn = parser.parseFromString(svg, "image/svg+xml");
    box.replaceChildren(document.importNode(drawn.documentElement, true));
  };

  const stop = () => {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
    box.setAttribute("aria-live", "polite");
  };

  const step = () => {
    sliders[0].value = Number(sliders[0].value) + 1;
    show();
    if (sliders[0].value === sliders[0].max) stop();
  };

  play.addEventListener("click", () => {
    if (timer !== null) return stop();
    // Nobody wants to hear every frame that passes.
    box.setAttribute("aria-live", "off");
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
