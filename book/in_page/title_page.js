// @ts-check
// The title page: a digit draws itself on the pad until the reader draws one, and each flies into the star.

(() => {
  const { make } = nnLab;
  const STEP = 80; // ms from one point of a stroke to the next
  const PAUSE = 2500; // ms that a finished digit stays on the pad
  const FLIGHT = 1100; // ms
  const PATIENCE = 700; // ms after a stroke, in which the next may begin
  const KEPT = 12; // digits of the reader in the star
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  /** @typedef {{ ring: number[], reach: number, temperature: number, colours: string[] }} Star as in book/_ext/pictures.py */
  /** @typedef {{ label: number, points: [number, number][], logits: number[][] }} Drawn a digit that draws itself, and what the network makes of it after each point but the first */
  /** @typedef {{ star: Star, drawn: Drawn[], labels: number[] }} Data */

  /**
   * Where the star has a digit: `x` and `y` from 0 to 1, and how far out in its arm, as in `place`
   * of book/_ext/pictures.py.
   * @param {ArrayLike<number>} logits
   * @param {Star} star
   */
  function placeOf(logits, { ring, reach, temperature }) {
    const largest = Math.max(...Array.from(logits));
    let [x, y, total] = [0, 0, 0];
    for (const [k, digit] of ring.entries()) {
      const angle = (2 * Math.PI * k) / ring.length + Math.PI / 2;
      const weight = Math.exp((logits[digit] - largest) / temperature);
      x += weight * Math.cos(angle);
      y -= weight * Math.sin(angle);
      total += weight;
    }
    [x, y] = [x / total, y / total];
    return { x: 0.5 + reach * x, y: 0.5 + reach * y, out: Math.hypot(x, y) };
  }

  /** @param {ArrayLike<number>} logits */
  const chancesOf = (logits) => nnNetwork.softmax(Float64Array.from(logits), logits.length);

  /**
   * Lets digits fly into the star.
   * @param {HTMLElement} sky holds the picture of the star
   * @param {Star} star
   */
  function buildSky(sky, star) {
    /** @type {HTMLCanvasElement | null} the digit that flew last */
    let last = null;
    /** The next digit is another one. */
    const another = () => {
      last = null;
    };
    /** Takes away the digits that drew themselves. */
    const empty = () => {
      for (const guest of sky.querySelectorAll(".course-star-guest")) guest.remove();
    };
    /**
     * @param {Picture} image
     * @param {ArrayLike<number>} logits
     * @param {Element} from the pad
     * @param {boolean} own whether the reader has drawn it
     */
    function fly(image, logits, from, own) {
      const digit = Array.from(logits).indexOf(Math.max(...Array.from(logits)));
      const { x, y, out } = placeOf(logits, star);
      const before = last?.getBoundingClientRect() ?? from.getBoundingClientRect();
      last?.remove();
      const canvas = make("canvas", {
        "aria-hidden": "true",
        class: own ? "course-star-own" : "course-star-guest",
        height: image.H,
        width: image.W,
      });
      canvas.style.left = `${100 * x}%`;
      canvas.style.top = `${100 * y}%`;
      const context = nnLab.contextOf(canvas);
      nnPad.print(canvas, image);
      context.globalCompositeOperation = "source-in";
      context.fillStyle = star.colours[digit];
      context.fillRect(0, 0, image.W, image.H);
      sky.append(canvas);
      last = canvas;
      const owned = sky.querySelectorAll(".course-star-own");
      if (owned.length > KEPT) owned[0].remove();
      const after = canvas.getBoundingClientRect();
      const [dx, dy] = [
        before.left + before.width / 2 - after.left - after.width / 2,
        before.top + before.height / 2 - after.top - after.height / 2,
      ];
      if (!still.matches) {
        const start = `translate(calc(${dx}px - 50%), calc(${dy}px - 50%)) scale(${before.width / after.width})`;
        canvas.animate(
          { transform: [start, "translate(-50%, -50%)"] },
          { duration: FLIGHT, easing: "cubic-bezier(0.5, 0, 0.2, 1)" },
        );
      }
      return { digit, out };
    }
    return { another, empty, fly };
  }

  /**
   * @param {number} digit
   * @param {number} out
   */
  const whereabouts = (digit, out) =>
    `In the star it lies towards the ${digit}, ${nnNetwork.percent(out, 0)} of the way to the tip.`;

  /**
   * @param {HTMLElement} root
   * @param {HTMLElement} sky
   * @param {Data} data
   */
  function build(root, sky, { star, drawn, labels }) {
    const { another, empty, fly } = buildSky(sky, star);
    const reading = nnPad.buildReading();
    const place = make("p", { class: "course-whereabouts", role: "status" });
    /** @type {MLP | undefined} what reads the reader's digits */
    let network;
    /** @type {Promise<void> | undefined} */
    let loading;
    /** @type {Drawn | null} the digit that draws itself */
    let self = null;
    /** How many of its points are drawn. */
    let count = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} the next step of a digit that draws itself, or the flight of the reader's */
    let timer;
    let taken = false; // whether the reader has taken the pad

    /** Loads the network. */
    function load() {
      loading ??= nnPad
        .bring()
        .then(() => {
          network = nnPad.unpack(nnDigits);
          pad.refresh();
        })
        .catch(() => {
          loading = undefined;
          pad.refresh();
        });
      return loading;
    }

    const pad = nnPad.buildPad(labels, load, (_ink, prepared, busy) => {
      if (self) {
        const logits = self.logits[count - 2];
        reading.show(chancesOf(logits), true);
        if (count === self.points.length && prepared) fly(prepared.image, logits, pad.pad, false);
        return;
      }
      clearTimeout(timer);
      if (!prepared) {
        another();
        place.textContent = "";
      }
      if (prepared && !network) {
        reading.verdict.textContent = loading
          ? "The network is on its way …"
          : "The network did not arrive: is there a connection? Draw again to try again.";
        return;
      }
      const logits =
        prepared && network ? network.forward(Float64Array.from(prepared.image.pixels)) : null;
      reading.show(logits && chancesOf(logits), busy);
      if (!prepared || !logits || busy) return;
      timer = setTimeout(() => {
        const { digit, out } = fly(prepared.image, logits, pad.pad, true);
        place.textContent = whereabouts(digit, out);
      }, PATIENCE);
    });

    /** The reader draws from now on. */
    function take() {
      if (taken) return;
      taken = true;
      self = null;
      clearTimeout(timer);
      another();
      empty();
      pad.clear.textContent = "Clear";
      reading.verdict.ariaLive = null;
      pad.change([]);
    }

    /** @param {number} which of the digits */
    function drawSelf(which) {
      if (which === 0) empty();
      another();
      self = drawn[which];
      count = still.matches ? self.points.length - 1 : 1;
      step(which);
    }

    /** @param {number} which */
    function step(which) {
      if (!self) return;
      const { points } = self;
      // Nobody sees it.
      if (root.getBoundingClientRect().bottom < 0) {
        timer = setTimeout(step, PAUSE, which);
        return;
      }
      count++;
      pad.change([{ points: points.slice(0, count), width: nnPad.PENS.medium, pointer: -1 }]);
      if (count < points.length) timer = setTimeout(step, STEP, which);
      else if (!still.matches) timer = setTimeout(drawSelf, PAUSE, (which + 1) % drawn.length);
    }

    const begin = () => {
      take();
      load();
    };
    root.append(pad.node, reading.node, place);
    pad.pad.addEventListener("pointerdown", begin, true);
    /** @param {Event} event */
    const choose = (event) => {
      const list = /** @type {HTMLSelectElement} */ (event.target);
      const { value } = list;
      begin();
      list.value = value; // The pad, when it was emptied, chose nothing.
    };
    pad.node.addEventListener("change", choose, true);
    pad.node.addEventListener("click", ({ target }) => target !== pad.pad && take(), true);
    pad.clear.textContent = "Stop";
    reading.verdict.ariaLive = "off";
    drawSelf(0);
  }

  const root = /** @type {HTMLElement} */ (document.querySelector(".course-pad"));
  const sky = /** @type {HTMLElement} */ (document.querySelector(".course-sky"));
  build(root, sky, JSON.parse(root.getElementsByTagName("script")[0].textContent));
})();
