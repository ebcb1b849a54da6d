// @ts-check
// A figure with sliders that chooses among stored frames, or asks for each, a kernel or the page's Python:
// nn_core/lab/sliders.py.

/** @typedef {{ tags: string[], drawings: number[][], frames: number[] }} Stored */
/** @typedef {{ wire: string }} Asked */
/** @typedef {{ call: string }} Called */
/** @typedef {{ texts: string[][] } & (Stored | Asked | Called)} Source */
/** @typedef {{ call: (key: string, positions: number[]) => Promise<string> }} Cells of book/in_page/run.js */
/** @typedef {{ move: () => void, isBusy: () => boolean }} Moves */

nnLab.start("explore", (root, /** @type {Source} */ source) => {
  const [view] = root.getElementsByClassName("lab-view");
  const sliders = [...root.getElementsByTagName("input")];
  const values = root.getElementsByClassName("lab-value");
  const [play, reset] = root.getElementsByTagName("button");
  const [advice] = root.getElementsByClassName("lab-advice");
  const [finding] = root.getElementsByClassName("lab-finding");
  const [said] = root.getElementsByClassName("lab-said");
  const starts = sliders.map((slider) => slider.value);
  const help = advice.textContent;
  let timer = 0;
  let late = 0;

  /**
   * Replaces only what differs: drawing all the letters of a figure anew takes as long as the rest.
   * @param {Element} old
   * @param {Element} next
   */
  const patch = (old, next) => {
    if (old.isEqualNode(next)) return;
    if (!old.cloneNode().isEqualNode(next.cloneNode())) return old.replaceWith(next);
    const [a, b] = /** @type {Element[][]} */ ([[...old.childNodes], [...next.childNodes]]);
    if (a.length !== b.length) return old.replaceChildren(...b);
    // Text has no children, and is replaced above.
    for (const [i, child] of a.entries()) patch(child, b[i]);
  };

  /** @type {(next: Element) => void} */
  const show = (next) => {
    const [svg] = next.getElementsByTagName("svg");
    const alt = svg?.getAttribute("aria-label") ?? "";
    view.getElementsByTagName("svg")[0]?.setAttribute("aria-label", alt);
    patch(view, next);
    finding.textContent = svg?.getAttribute("data-finding") ?? "";
    // Nobody wants to hear every frame that passes.
    if (timer === 0) said.textContent = [finding.textContent, alt].filter(Boolean).join(". ");
  };

  /** @type {(on: boolean) => void} */
  const turn = (on) => {
    for (const control of [...sliders, play, reset]) control.disabled = !on;
  };

  const label = () => {
    for (const [i, slider] of sliders.entries()) {
      const text = source.texts[i][slider.valueAsNumber];
      slider.setAttribute("aria-valuetext", text);
      values[i].textContent = text;
    }
  };

  const stop = () => {
    clearInterval(timer);
    timer = 0;
    play.textContent = "Play";
  };

  /** @param {string} text for when the answer takes long */
  const wait = (text) => {
    root.classList.add("lab-busy");
    clearTimeout(late);
    late = setTimeout(() => {
      advice.textContent = text;
    }, 3000);
  };

  /** @type {(text: string | null) => void} */
  const rest = (text) => {
    clearTimeout(late);
    root.classList.remove("lab-busy");
    advice.textContent = text;
  };

  /** Nobody draws frames any more: says what to do. */
  const die = () => {
    stop();
    turn(false);
    rest(help);
  };

  const { move, isBusy } =
    "wire" in source ? ask(source) : "call" in source ? call(source) : choose(source);

  /** @type {(source: Stored & Source) => Moves} */
  function choose({ texts, tags, drawings, frames }) {
    const parser = new DOMParser();
    let shown = -1;
    turn(true);
    return {
      isBusy: () => false,
      move: () => {
        const k = sliders.reduce((k, slider, i) => k * texts[i].length + slider.valueAsNumber, 0);
        if (frames[k] === shown) return;
        shown = frames[k];
        const svg = drawings[shown].map((tag) => tags[tag]).join("");
        const next = /** @type {Element} */ (view.cloneNode());
        next.append(view.children[0].cloneNode());
        next.children[0].append(parser.parseFromString(svg, "image/svg+xml").documentElement);
        show(next);
      },
    };
  }

  /**
   * While the page's Python draws, a slider may pass many positions. Then only the newest is drawn.
   * @type {(source: Called) => Moves}
   */
  function call({ call: key }) {
    const { nnCells } = /** @type {typeof globalThis & { nnCells: Cells }} */ (globalThis);
    let busy = false;
    let moved = false;
    turn(true);
    rest("");

    const draw = async () => {
      busy = true;
      wait("Still at work.");
      try {
        while (moved) {
          moved = false;
          const template = document.createElement("template");
          template.innerHTML = await nnCells.call(
            key,
            sliders.map((slider) => slider.valueAsNumber),
          );
          const next = template.content.firstElementChild;
          if (!next) return die();
          show(next);
        }
        rest("");
      } catch {
        die();
      } finally {
        busy = false;
      }
    };

    return {
      isBusy: () => busy,
      move: () => {
        moved = true;
        if (!busy) draw();
      },
    };
  }

  /**
   * What the kernel is asked, and what it answers, stands in two widgets that are shown nowhere.
   * @type {(source: Asked) => Moves}
   */
  function ask({ wire }) {
    /** @type {HTMLInputElement | null} */
    let input = null;
    let asked = "";

    /** @type {(wired: Element) => void} */
    const receive = (wired) => {
      if (wired.classList.contains("jupyter-widgets-disconnected")) {
        asked = "";
        return die();
      }
      turn(true);
      const template = wired.querySelector("template");
      const answered = template?.dataset.answers ?? "";
      if (template) {
        show(
          /** @type {Element} */ (document.importNode(template.content, true).firstElementChild),
        );
        if (asked && asked !== answered) return;
        // After the page was loaded anew, the sliders are where they were left.
        const positions = answered.split(" ")[0].split(",");
        for (const [i, value] of positions.entries()) sliders[i].value = value;
        label();
      }
      if (asked === "" || asked === answered) {
        asked = "";
        rest("");
      }
    };

    const connect = () => {
      const wired = document.querySelector(`.${wire}:has(input):has(.widget-html-content)`);
      if (!wired) return;
      watch.disconnect();
      input = wired.querySelector("input");
      new MutationObserver(() => receive(wired)).observe(wired, {
        attributeFilter: ["class"],
        childList: true,
        subtree: true,
      });
      receive(wired);
    };
    const watch = new MutationObserver(connect);
    watch.observe(document.body, { childList: true, subtree: true });
    connect();

    return {
      isBusy: () => asked !== "",
      move: () => {
        if (!input) return;
        // With the time, so that no two questions are the same: each is answered.
        asked = `${sliders.map((slider) => slider.value)} ${Date.now()}`;
        input.value = asked;
        input.dispatchEvent(new Event("change", { bubbles: true }));
        wait("Still at work. If the kernel was restarted, run this cell.");
      },
    };
  }

  const go = () => {
    label();
    move();
  };

  const step = () => {
    if (isBusy()) return;
    sliders[0].valueAsNumber += 1;
    go();
    if (sliders[0].value === sliders[0].max) stop();
  };

  play.addEventListener("click", () => {
    if (timer !== 0) return stop();
    play.textContent = "Pause";
    if (sliders[0].value === sliders[0].max) {
      sliders[0].value = "0";
      go();
    }
    timer = setInterval(step, 500);
  });

  reset.addEventListener("click", () => {
    stop();
    for (const [i, slider] of sliders.entries()) slider.value = starts[i];
    go();
  });

  for (const slider of sliders) {
    slider.addEventListener("input", () => {
      stop();
      go();
    });
  }

  nnValues.start(root);
});
