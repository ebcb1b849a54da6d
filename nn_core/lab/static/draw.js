// @ts-check
// The drawing pad. Ink becomes 28 x 28 pixels as in the last steps of nn_core.tools.photos, from where the ink is
// cut out. The network reads these pixels; its weights are in the data of the element, or in digits.js,
// which weighs more than all the rest of a page: a page of the book fetches it for a reader who comes near.

/** @typedef {{ H: number, W: number, pixels: Float32Array }} Picture with float32, as in NumPy, so that halves round alike */
/** @typedef {Picture & { top: number, left: number }} Cut the part of a picture that begins at this row and column */
/** @typedef {{ cut: Cut, digit: Picture, image: Picture }} Prepared the steps from ink to the network's input */
/** @typedef {{ points: [number, number][], width: number, pointer: number }} Stroke */
/** @typedef {{ sizes: number[], alphabet: string, step: number[], W: string[], b: number[][] }} Packed a network, as nn_core.lab.weights writes it */
/** @typedef {Stroke | { pixels: string }} Mark a stroke, or a test digit, each of whose pixels is a square on the pad */

// A notebook runs this script once for each element, so the name must allow a second declaration.
var nnPad = (() => {
  const { button, contextOf, make } = nnLab;
  const { number, percent } = nnNetwork;
  const [SIDE, BOX] = [28, 20]; // pixels, as in nn_core.data and nn_core.tools.photos
  const PAGE = 14 * SIDE; // pixels of the pad
  const MIDDLE = SIDE / 2;
  /** @type {Record<string, number>} */
  const PENS = { thin: 12, medium: 26, thick: 44 }; // pixels of the pad

  /** @type {(H: number, W: number) => Picture} */
  const picture = (H, W) => ({ H, W, pixels: new Float32Array(H * W) });

  /**
   * As Python rounds: a half goes to the even neighbour.
   * @param {number} x
   */
  function round(x) {
    const near = Math.round(x);
    return near - x === 0.5 && near % 2 !== 0 ? near - 1 : near;
  }

  // --- from ink to the network's input: nn_core.tools.photos

  /**
   * The part of a picture that holds all the ink, or null without ink.
   * @param {Picture} ink
   * @returns {Cut | null}
   */
  function cutOut(ink) {
    let [top, bottom, left, right] = [ink.H, -1, ink.W, -1];
    for (let r = 0, k = 0; r < ink.H; r++) {
      for (let c = 0; c < ink.W; c++, k++) {
        if (ink.pixels[k] === 0) continue;
        if (r < top) top = r;
        bottom = r;
        if (c < left) left = c;
        if (c > right) right = c;
      }
    }
    if (bottom < 0) return null;
    const cut = picture(bottom + 1 - top, right + 1 - left);
    for (let r = 0; r < cut.H; r++) {
      const start = (top + r) * ink.W + left;
      cut.pixels.set(ink.pixels.subarray(start, start + cut.W), r * cut.W);
    }
    return { ...cut, top, left };
  }

  /**
   * For each new pixel the old pixels that it covers, each with its weight.
   * @param {number} old
   * @param {number} count
   */
  function areaWeights(old, count) {
    return Array.from({ length: count }, (_, i) => {
      const [start, end] = [i * (old / count), (i + 1) * (old / count)];
      /** @type {[number, number][]} */
      const covered = [];
      for (let k = Math.floor(start); k < Math.min(end, old); k++) {
        covered.push([k, (Math.min(end, k + 1) - Math.max(start, k)) * (count / old)]);
      }
      return covered;
    });
  }

  /**
   * The picture in new pixels, its longer side `side`. Each pixel is the mean of the area it covers.
   * @param {Picture} image
   * @param {number} side
   */
  function fitInto(image, side) {
    const scale = side / Math.max(image.H, image.W);
    const [h, w] = [image.H, image.W].map((n) => Math.max(1, round(n * scale)));
    const [down, across] = [areaWeights(image.H, h), areaWeights(image.W, w)];
    const fitted = picture(h, w);
    const row = new Float32Array(image.W);
    for (let i = 0; i < h; i++) {
      row.fill(0);
      for (const [r, weight] of down[i]) {
        for (let c = 0; c < image.W; c++) row[c] += weight * image.pixels[r * image.W + c];
      }
      for (let j = 0; j < w; j++) {
        for (const [c, weight] of across[j]) fitted.pixels[i * w + j] += weight * row[c];
      }
    }
    return fitted;
  }

  /**
   * The digit in 28 x 28 pixels, its centre of mass in the middle.
   * @param {Picture} digit
   */
  function centre(digit) {
    let [mass, row, column] = [0, 0, 0];
    digit.pixels.forEach((value, k) => {
      mass += value;
      row += value * Math.floor(k / digit.W);
      column += value * (k % digit.W);
    });
    /** @type {(middle: number, n: number) => number} */
    const place = (middle, n) => Math.min(Math.max(round(MIDDLE - middle / mass), 0), SIDE - n);
    const [top, left] = [place(row, digit.H), place(column, digit.W)];
    const image = picture(SIDE, SIDE);
    for (let r = 0; r < digit.H; r++) {
      const line = digit.pixels.subarray(r * digit.W, (r + 1) * digit.W);
      image.pixels.set(line, (top + r) * SIDE + left);
    }
    return image;
  }

  /**
   * The steps from ink to the network's input; null without ink.
   * @param {Picture} ink
   * @returns {Prepared | null}
   */
  function prepare(ink) {
    const cut = cutOut(ink);
    if (!cut) return null;
    const digit = fitInto(cut, BOX);
    const most = Math.max(...digit.pixels);
    for (let k = 0; k < digit.pixels.length; k++) digit.pixels[k] /= most;
    return { cut, digit, image: centre(digit) };
  }

  // --- the network

  // In a notebook digits.js stands before this script. A page of the book says where it is.
  const address = document.currentScript?.dataset.src;
  /** @type {Promise<unknown> | undefined} */
  let arriving;

  /** Brings digits.js, once. */
  const bring = () => {
    arriving ??= new Promise((resolve, reject) => {
      if (!address) return resolve(undefined);
      document.head.append(make("script", { src: address, onload: resolve, onerror: reject }));
    }).catch((error) => {
      arriving = undefined;
      throw error;
    });
    return arriving;
  };

  /**
   * As nn_core.lab.weights does.
   * @param {Packed} packed
   */
  function unpack({ sizes, alphabet, step, W, b }) {
    const network = new nnNetwork.MLP(sizes, new nnNetwork.Random(0), { initializer: "zeros" });
    const level = new Int8Array(128);
    for (let k = 0; k < alphabet.length; k++) {
      level[alphabet.charCodeAt(k)] = k - (alphabet.length - 1) / 2;
    }
    for (const [layer, weights] of network.W.entries()) {
      for (let k = 0; k < weights.length; k++) {
        weights[k] = step[layer] * level[W[layer].charCodeAt(k)];
      }
      network.b[layer].set(b[layer]);
    }
    return network;
  }

  // --- the page

  /** @type {Mark[]} what was drawn last: a new pad begins with it, so that networks can be compared */
  let drawn = [];

  /** @param {number} digit */
  const named = (digit) => `${digit === 8 ? "an" : "a"} ${digit}`;

  /** @param {Float64Array} chances */
  function inWords(chances) {
    const [first, second] = [...chances.keys()].sort((a, b) => chances[b] - chances[a]);
    const answer =
      chances[first] >= 0.5 ? "The network reads" : "The network hesitates. Perhaps it is";
    const rest = `Next comes ${second}, with ${percent(chances[second])}.`;
    return `${answer} ${named(first)}, with ${percent(chances[first])}. ${rest}`;
  }

  /** @type {(H: number, W: number, label: string) => HTMLCanvasElement} */
  function sheet(H, W, label) {
    return make("canvas", { height: H, width: W, role: "img", "aria-label": label });
  }

  /**
   * Values from 0 to 1 become ink. The style sheet turns its black into white in the dark.
   * @param {HTMLCanvasElement} canvas
   * @param {Picture | null} image
   */
  function print(canvas, image, top = 0, left = 0) {
    const context = contextOf(canvas);
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (!image) return;
    const data = context.createImageData(image.W, image.H);
    const { pixels } = image;
    for (let k = 0; k < pixels.length; k++) data.data[4 * k + 3] = Math.round(255 * pixels[k]);
    context.putImageData(data, left, top);
  }

  /** @param {CanvasRenderingContext2D} context */
  function inkOf(context) {
    const ink = picture(PAGE, PAGE);
    const { data } = context.getImageData(0, 0, PAGE, PAGE);
    for (let k = 0; k < ink.pixels.length; k++) ink.pixels[k] = data[4 * k + 3] / 255;
    return ink;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Mark} mark
   */
  function paint(context, mark) {
    if ("pixels" in mark) {
      const { pixels } = mark;
      const { alphabet } = nnDigits;
      const size = PAGE / SIDE;
      for (let k = 0; k < pixels.length; k++) {
        context.fillStyle = `rgb(0 0 0 / ${alphabet.indexOf(pixels[k]) / (alphabet.length - 1)})`;
        context.fillRect(size * (k % SIDE), size * Math.floor(k / SIDE), size, size);
      }
      return;
    }
    context.strokeStyle = "black";
    context.lineWidth = mark.width;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...mark.points[0]);
    for (const point of mark.points) context.lineTo(...point);
    context.stroke();
  }

  /** The three steps of the preparation, and a function that shows them. */
  function buildSteps() {
    const sheets = [
      sheet(PAGE, PAGE, "Your drawing, with a box around its ink"),
      sheet(BOX, BOX, "The ink in the box, in 20 by 20 pixels"),
      sheet(SIDE, SIDE, "The digit in 28 by 28 pixels, as the network sees it"),
    ];
    const captions = [
      ["1. Cut out.", "The box around your ink."],
      ["2. Fitted into 20 × 20.", "Each pixel is the mean of the area it covers."],
      ["3. Centred in 28 × 28", "by its centre of mass. This is all the network sees."],
    ];
    const figures = sheets.map((canvas, k) =>
      make(
        "div",
        {},
        make("div", { class: "lab-draw-sheet" }, canvas),
        make(
          "p",
          { class: "lab-draw-note" },
          make("strong", {}, captions[k][0]),
          ` ${captions[k][1]}`,
        ),
      ),
    );
    /** @type {(ink: Picture, steps: Prepared | null) => void} */
    const show = (ink, steps) => {
      print(sheets[0], ink);
      print(sheets[1], null);
      print(sheets[2], null);
      if (!steps) return;
      print(sheets[1], steps.digit, (BOX - steps.digit.H) >> 1, (BOX - steps.digit.W) >> 1);
      print(sheets[2], steps.image);
      const context = contextOf(sheets[0]);
      context.lineWidth = 6;
      context.setLineDash([16, 10]);
      context.strokeRect(steps.cut.left, steps.cut.top, steps.cut.W, steps.cut.H);
    };
    return { node: make("div", { class: "lab-draw-steps" }, ...figures), show };
  }

  /** Ten bars, and a function that sets them. */
  function buildBars() {
    const rows = Array.from({ length: 10 }, (_, digit) => {
      const [bar, value] = [make("span"), make("span", { class: "lab-draw-value" })];
      const track = make("span", { class: "lab-draw-track" }, bar);
      return { bar, value, item: make("li", {}, make("span", {}, `${digit}`), track, value) };
    });
    /** @type {(chances: Float64Array | null) => void} */
    const show = (chances) => {
      const largest = chances ? Math.max(...chances) : 1;
      for (const [digit, { bar, value, item }] of rows.entries()) {
        const chance = chances ? chances[digit] : 0;
        bar.style.width = `${number(100 * chance, 1)}%`;
        value.textContent = chances ? percent(chance) : "";
        item.classList.toggle("lab-draw-best", chance === largest);
      }
    };
    const attributes = { "aria-label": "Probability of each digit", class: "lab-draw-bars" };
    return { node: make("ol", attributes, ...rows.map(({ item }) => item)), show };
  }

  /**
   * The hidden layers, to unfold, and a function that shows what they pass on.
   * @param {number[]} sizes
   * @param {() => void} refresh
   */
  function buildHidden(sizes, refresh) {
    const layers = sizes.slice(1, -1).map((units, k) => {
      const canvas = sheet(16, Math.ceil(units / 16), `Hidden layer ${k + 1}`);
      return { canvas, caption: make("p", { class: "lab-draw-note" }) };
    });
    const figures = layers.map(({ canvas, caption }) => make("div", {}, canvas, caption));
    const node = make(
      "details",
      { ontoggle: refresh, hidden: layers.length === 0 },
      make("summary", {}, "Look inside: the hidden units"),
      make("p", {}, "Each cell is a unit. The stronger its shade, the more it passes on."),
      make("div", { class: "lab-draw-hidden" }, ...figures),
    );
    /** @type {(A: Float64Array[] | null) => void} */
    const show = (A) => {
      if (!node.open) return;
      for (const [k, { canvas, caption }] of layers.entries()) {
        const values = A ? A[k + 1] : new Float64Array(sizes[k + 1]);
        const most = Math.max(...values) || 1;
        const pixels = Float32Array.from(values, (a) => a / most);
        print(canvas, { H: canvas.height, W: canvas.width, pixels });
        const active = values.filter((a) => a > 0).length;
        caption.textContent = `Layer ${k + 1}: ${active} of ${values.length} units pass something on.`;
      }
    };
    return { node, show };
  }

  /**
   * The pad and its controls. In the next frame after a change it calls `show`.
   * @param {number[]} labels of the digits to choose from: ten of the test set, then misread ones
   * @param {() => unknown} load gives what to wait for before `nnDigits` is there
   * @param {(ink: Picture, prepared: Prepared | null, busy: boolean) => void} show
   */
  function buildPad(labels, load, show) {
    /** @type {Mark[]} */
    let marks = [...drawn];
    /** @type {Stroke | null} the mark that is being drawn */
    let stroke = null;
    let waiting = false; // whether a frame is on its way

    const pad = sheet(PAGE, PAGE, "Drawing pad, for mouse, finger or pen");
    const context = contextOf(pad, { willReadFrequently: true });
    /** @type {(value: string | number, text: string) => HTMLOptionElement} */
    const option = (value, text) => make("option", { value }, text);
    const pen = make("select", {}, ...Object.keys(PENS).map((name) => option(name, name)));
    pen.value = "medium";
    const offered = labels.map((label, k) => option(k, named(label)));
    const chooser = make(
      "select",
      {},
      option("", "…"),
      make("optgroup", { label: "From the test set" }, ...offered.slice(0, 10)),
      make("optgroup", { label: "Test digits it misreads" }, ...offered.slice(10)),
    );

    function refresh() {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => {
        waiting = false;
        render();
      });
    }

    function render() {
      drawn = marks;
      context.clearRect(0, 0, PAGE, PAGE);
      for (const mark of marks) paint(context, mark);
      const ink = inkOf(context);
      show(ink, prepare(ink), stroke !== null);
    }

    /** @param {Mark[]} now */
    function change(now) {
      marks = now;
      if (!marks.some((mark) => "pixels" in mark)) chooser.value = "";
      refresh();
    }

    /** @param {PointerEvent} event */
    function extend(event) {
      if (!stroke || event.pointerId !== stroke.pointer) return;
      const { left, top, width } = pad.getBoundingClientRect();
      // Between two frames a pointer may have been at many places.
      const events = event.getCoalescedEvents?.() ?? [];
      for (const { clientX, clientY } of events.length ? events : [event]) {
        stroke.points.push([((clientX - left) * PAGE) / width, ((clientY - top) * PAGE) / width]);
      }
      refresh();
    }

    /** @param {PointerEvent} event */
    function finish(event) {
      if (event.pointerId !== stroke?.pointer) return;
      stroke = null;
      refresh();
    }

    pad.addEventListener("pointerdown", (event) => {
      if (stroke || event.button !== 0) return;
      event.preventDefault();
      pad.setPointerCapture(event.pointerId);
      stroke = { points: [], width: PENS[pen.value], pointer: event.pointerId };
      marks.push(stroke);
      extend(event);
    });
    pad.addEventListener("pointermove", extend);
    pad.addEventListener("pointerup", finish);
    pad.addEventListener("pointercancel", finish);
    chooser.addEventListener("change", async () => {
      await load();
      if (typeof nnDigits === "undefined") {
        chooser.value = ""; // They did not arrive, and the reading says so.
        return;
      }
      change(chooser.value ? [{ pixels: nnDigits.examples[Number(chooser.value)].pixels }] : []);
    });

    const clear = button("Clear", () => change([]));
    const controls = make(
      "div",
      { class: "lab-draw-controls" },
      button("Undo", () => change(marks.slice(0, -1))),
      clear,
      make("label", {}, "Pen ", pen),
      make("label", {}, "Show me ", chooser),
    );
    const node = make(
      "div",
      { class: "lab-draw-left" },
      make("div", { class: "lab-draw-sheet" }, pad),
      controls,
    );
    return { node, pad, clear, change, refresh, render };
  }

  /** What the network reads: words and bars, and a function that shows it. */
  function buildReading() {
    const verdict = make("p", { class: "lab-draw-verdict", role: "status" });
    const bars = buildBars();
    /** @type {(chances: Float64Array | null, busy: boolean) => void} */
    const show = (chances, busy) => {
      bars.show(chances);
      // A screen reader waits until the stroke is done.
      verdict.ariaBusy = String(busy);
      verdict.textContent = chances
        ? inWords(chances)
        : "Draw a digit from 0 to 9 into the square.";
    };
    return { node: make("div", { class: "lab-draw-right" }, verdict, bars.node), verdict, show };
  }

  /**
   * @param {HTMLElement} root
   * @param {Packed | null} given the network that reads, if it is not the one of digits.js
   */
  function build(root, given) {
    const { examples, accuracy } = nnDigits;
    const { sizes } = given ?? nnDigits;
    /** @type {MLP | undefined} */
    let network;
    /** The network is made when it first reads: the page does not wait for it before. */
    const reader = () => {
      network ??= unpack(given ?? nnDigits);
      return network;
    };
    const steps = buildSteps();
    const reading = buildReading();
    const hidden = buildHidden(sizes, () => pad.refresh());
    const labels = examples.map(({ label }) => label);
    const pad = buildPad(
      labels,
      () => undefined,
      (ink, prepared, busy) => {
        const A = prepared && reader().activations(Float64Array.from(prepared.image.pixels));
        steps.show(ink, prepared);
        reading.show(A && reader().outputOf(A[A.length - 1]), busy);
        hidden.show(A);
      },
    );
    const rates =
      `It reads ${percent(accuracy.stored, 2)} of the 10,000 test digits. Before its weights were ` +
      `rounded to fit this page, it read ${percent(accuracy.trained, 2)}.`;
    const note = `The network has ${sizes.join("-")} units.${given ? "" : ` ${rates}`}`;
    root.append(
      make("div", { class: "lab-draw-main" }, pad.node, reading.node),
      steps.node,
      hidden.node,
      make("p", { class: "lab-draw-note" }, note),
    );
    pad.render();
  }

  /**
   * Builds a pad when the reader comes near.
   * @param {HTMLElement} root
   * @param {Packed | null} given
   */
  function wait(root, given) {
    const note = make("p", { class: "lab-draw-note", role: "status" });
    root.append(note);
    const watch = new IntersectionObserver(
      async (seen) => {
        if (!seen.some(({ isIntersecting }) => isIntersecting)) return;
        watch.disconnect();
        try {
          await bring();
          note.remove();
          build(root, given);
        } catch {
          note.textContent = "The network of this pad did not arrive: is there a connection?";
          addEventListener("online", () => watch.observe(root), { once: true });
        }
      },
      { rootMargin: "1500px 0px" },
    );
    watch.observe(root);
  }

  nnLab.start("draw", address ? wait : build);
  return { PENS, bring, buildPad, buildReading, prepare, print, unpack };
})();
