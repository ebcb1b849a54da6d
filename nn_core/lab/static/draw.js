// The drawing pad. Ink becomes 28 x 28 pixels as in the last steps of nn_core.tools.photos, from where the ink is
// cut out, and the network reads those; its weights are in digits.js.
{
  const [SIDE, BOX] = [28, 20]; // pixels, as in nn_core.data and nn_core.tools.photos
  const PAGE = 14 * SIDE; // pixels of the pad
  const MIDDLE = SIDE / 2;
  const PENS = { thin: 12, medium: 26, thick: 44 }; // pixels of the pad

  const picture = (H, W) => ({ H, W, pixels: new Float32Array(H * W) });

  // As Python rounds: a half goes to the even neighbour.
  function round(x) {
    const near = Math.round(x);
    return near - x === 0.5 && near % 2 !== 0 ? near - 1 : near;
  }

  // ---- from ink to the network's input: nn_core.tools.photos

  // The part of the ink that holds all of it, and where that was; null without ink.
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

  // For each new pixel, which old ones it covers, and how much each of them counts.
  function areaWeights(old, count) {
    return Array.from({ length: count }, (_, i) => {
      const [start, end] = [i * (old / count), (i + 1) * (old / count)];
      const covered = [];
      for (let k = Math.floor(start); k < Math.min(end, old); k++) {
        covered.push([k, (Math.min(end, k + 1) - Math.max(start, k)) * (count / old)]);
      }
      return covered;
    });
  }

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

  function centre(digit) {
    let [mass, row, column] = [0, 0, 0];
    digit.pixels.forEach((value, k) => {
      mass += value;
      row += value * Math.floor(k / digit.W);
      column += value * (k % digit.W);
    });
    const place = (middle, n) => Math.min(Math.max(round(MIDDLE - middle / mass), 0), SIDE - n);
    const [top, left] = [place(row, digit.H), place(column, digit.W)];
    const image = picture(SIDE, SIDE);
    for (let r = 0; r < digit.H; r++) {
      const line = digit.pixels.subarray(r * digit.W, (r + 1) * digit.W);
      image.pixels.set(line, (top + r) * SIDE + left);
    }
    return image;
  }

  function prepare(ink) {
    const cut = cutOut(ink);
    if (!cut) return null;
    const digit = fitInto(cut, BOX);
    const most = Math.max(...digit.pixels);
    digit.pixels.forEach((value, k) => (digit.pixels[k] = value / most));
    return { cut, digit, image: centre(digit) };
  }

  // ---- the network: nn_core.network.MLP

  let stored;

  // The weights are made when they are first asked for, so that a page that nobody draws on does
  // not wait for them.
  function network() {
    if (stored) return stored;
    const { alphabet, step, W, b } = nnLab.digits;
    const level = new Int8Array(128);
    for (let k = 0; k < alphabet.length; k++) {
      level[alphabet.charCodeAt(k)] = k - (alphabet.length - 1) / 2;
    }
    const decode = (text, layer) => {
      const weights = new Float32Array(text.length);
      for (let k = 0; k < text.length; k++) weights[k] = step[layer] * level[text.charCodeAt(k)];
      return weights;
    };
    return (stored = { W: W.map(decode), b: b.map((values) => Float32Array.from(values)) });
  }

  // All that flows forward: the input, each hidden layer's output, then the logits.
  function activations(x) {
    const { W, b } = network();
    const A = [x];
    for (let layer = 0; layer < W.length; layer++) {
      const Z = b[layer].slice();
      for (let i = 0; i < A[layer].length; i++) {
        const a = A[layer][i];
        if (a === 0) continue; // most are: paper, and units that stay silent
        for (let j = 0, k = i * Z.length; j < Z.length; j++, k++) Z[j] += a * W[layer][k];
      }
      A.push(layer < W.length - 1 ? Z.map((z) => Math.max(z, 0)) : Z);
    }
    return A;
  }

  function softmax(Z) {
    const largest = Math.max(...Z);
    const powers = Array.from(Z, (z) => Math.exp(z - largest));
    const sum = powers.reduce((a, b) => a + b);
    return powers.map((power) => power / sum);
  }

  // ---- the page

  const percent = (share, digits = 1) => `${(100 * share).toFixed(digits)} %`;
  const named = (digit) => `${digit === 8 ? "an" : "a"} ${digit}`;

  function inWords(chances) {
    const [first, second] = [...chances.keys()].sort((a, b) => chances[b] - chances[a]);
    const answer = chances[first] >= 0.5 ? "The network reads" : "The network hesitates. Perhaps it is";
    const rest = `Next comes ${second}, with ${percent(chances[second])}.`;
    return `${answer} ${named(first)}, with ${percent(chances[first])}. ${rest}`;
  }

  function sheet(H, W, label) {
    return nnLab.make("canvas", { height: H, width: W, role: "img", "aria-label": label });
  }

  // Values from 0 to 1 become ink. The style sheet turns its black into white in the dark.
  function print(canvas, image, top = 0, left = 0) {
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (!image) return;
    const data = context.createImageData(image.W, image.H);
    image.pixels.forEach((value, k) => (data.data[4 * k + 3] = Math.round(255 * value)));
    context.putImageData(data, left, top);
  }

  function inkOf(context) {
    const ink = picture(PAGE, PAGE);
    const { data } = context.getImageData(0, 0, PAGE, PAGE);
    for (let k = 0; k < ink.pixels.length; k++) ink.pixels[k] = data[4 * k + 3] / 255;
    return ink;
  }

  // A mark is a stroke, or a test digit, each of whose pixels is a square on the pad.
  function paint(context, { points, width, pixels }) {
    if (pixels) {
      const { alphabet } = nnLab.digits;
      const size = PAGE / SIDE;
      for (let k = 0; k < pixels.length; k++) {
        context.fillStyle = `rgb(0 0 0 / ${alphabet.indexOf(pixels[k]) / (alphabet.length - 1)})`;
        context.fillRect(size * (k % SIDE), size * Math.floor(k / SIDE), size, size);
      }
      return;
    }
    context.strokeStyle = "black";
    context.lineWidth = width;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...points[0]);
    for (const point of points) context.lineTo(...point);
    context.stroke();
  }

  // The three steps of the preparation; gives a function that shows them.
  function buildSteps() {
    const { make } = nnLab;
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
        make("p", { class: "lab-draw-note" }, make("strong", {}, captions[k][0]), ` ${captions[k][1]}`),
      ),
    );
    const show = (ink, steps) => {
      print(sheets[0], ink);
      print(sheets[1], steps?.digit, (BOX - steps?.digit.H) >> 1, (BOX - steps?.digit.W) >> 1);
      print(sheets[2], steps?.image);
      if (!steps) return;
      const context = sheets[0].getContext("2d");
      context.lineWidth = 6;
      context.setLineDash([16, 10]);
      context.strokeRect(steps.cut.left, steps.cut.top, steps.cut.W, steps.cut.H);
    };
    return [make("div", { class: "lab-draw-steps" }, ...figures), show];
  }

  // Ten bars; gives a function that sets them.
  function buildBars() {
    const { make } = nnLab;
    const rows = Array.from({ length: 10 }, (_, digit) => {
      const [bar, value] = [make("span"), make("span", { class: "lab-draw-value" })];
      const track = make("span", { class: "lab-draw-track" }, bar);
      return { bar, value, item: make("li", {}, make("span", {}, `${digit}`), track, value) };
    });
    const show = (chances) => {
      const largest = chances ? Math.max(...chances) : 1;
      rows.forEach(({ bar, value, item }, digit) => {
        const chance = chances ? chances[digit] : 0;
        bar.style.width = percent(chance).replace(" ", "");
        value.textContent = chances ? percent(chance) : "";
        item.classList.toggle("lab-draw-best", chance === largest);
      });
    };
    const label = "Probability of each digit";
    return [make("ol", { "aria-label": label, class: "lab-draw-bars" }, ...rows.map((r) => r.item)), show];
  }

  // The hidden layers, to unfold; gives a function that shows what they pass on.
  function buildHidden(refresh) {
    const { make, digits } = nnLab;
    const layers = digits.sizes.slice(1, -1).map((units, k) => {
      const canvas = sheet(16, units / 16, `Hidden layer ${k + 1}`);
      return { canvas, caption: make("p", { class: "lab-draw-note" }) };
    });
    const figures = layers.map(({ canvas, caption }) => make("div", {}, canvas, caption));
    const details = make(
      "details",
      { ontoggle: refresh },
      make("summary", {}, "Look inside: the hidden units"),
      make("p", {}, "Each cell is a unit. The stronger its shade, the more it passes on."),
      make("div", { class: "lab-draw-hidden" }, ...figures),
    );
    const show = (A) => {
      if (!details.open) return;
      layers.forEach(({ canvas, caption }, k) => {
        const values = A ? A[k + 1] : new Float32Array(digits.sizes[k + 1]);
        const most = Math.max(...values) || 1;
        print(canvas, { H: canvas.height, W: canvas.width, pixels: values.map((a) => a / most) });
        const active = values.filter((a) => a > 0).length;
        caption.textContent = `Layer ${k + 1}: ${active} of ${values.length} units pass something on.`;
      });
    };
    return [details, show];
  }

  function build(root) {
    const { make, digits } = nnLab;
    let marks = [];
    let stroke = null; // the mark that is being drawn
    let waiting = false; // whether a frame is on its way

    const pad = sheet(PAGE, PAGE, "Drawing pad, for mouse, finger or pen");
    const context = pad.getContext("2d", { willReadFrequently: true });
    const verdict = make("p", { class: "lab-draw-verdict", role: "status" });
    const option = (value, text) => make("option", { value }, text);
    const pen = make("select", {}, ...Object.keys(PENS).map((name) => option(name, name)));
    pen.value = "medium";
    const examples = digits.examples.map(({ label }, k) => option(k, named(label)));
    const chooser = make(
      "select",
      {},
      option("", "…"),
      make("optgroup", { label: "From the test set" }, ...examples.slice(0, 10)),
      make("optgroup", { label: "Test digits it misreads" }, ...examples.slice(10)),
    );
    const [steps, showSteps] = buildSteps();
    const [bars, showBars] = buildBars();
    const [hidden, showHidden] = buildHidden(() => refresh());

    function refresh() {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => {
        waiting = false;
        render();
      });
    }

    function render() {
      context.clearRect(0, 0, PAGE, PAGE);
      for (const mark of marks) paint(context, mark);
      const ink = inkOf(context);
      const prepared = prepare(ink);
      const A = prepared && activations(prepared.image.pixels);
      const chances = A && softmax(A.at(-1));
      showSteps(ink, prepared);
      showBars(chances);
      showHidden(A);
      // A screen reader waits until the stroke is done.
      verdict.ariaBusy = stroke !== null;
      verdict.textContent = chances ? inWords(chances) : "Draw a digit from 0 to 9 into the square.";
    }

    function change(now) {
      marks = now;
      if (!marks.some((mark) => mark.pixels)) chooser.value = "";
      refresh();
    }

    function extend(event) {
      if (event.pointerId !== stroke?.pointer) return;
      const { left, top, width } = pad.getBoundingClientRect();
      // Between two frames a pointer may have been at many places.
      const events = event.getCoalescedEvents?.() ?? [];
      for (const { clientX, clientY } of events.length ? events : [event]) {
        stroke.points.push([((clientX - left) * PAGE) / width, ((clientY - top) * PAGE) / width]);
      }
      refresh();
    }

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
    chooser.addEventListener("change", () => {
      change(chooser.value ? [{ pixels: digits.examples[chooser.value].pixels }] : []);
    });

    const button = (text, onclick) => make("button", { type: "button", onclick }, text);
    const controls = make(
      "div",
      { class: "lab-draw-controls" },
      button("Undo", () => change(marks.slice(0, -1))),
      button("Clear", () => change([])),
      make("label", {}, "Pen ", pen),
      make("label", {}, "Show me ", chooser),
    );
    const { sizes, accuracy } = digits;
    const note =
      `The network has ${sizes.join("-")} units. It reads ${percent(accuracy.stored, 2)} of the 10,000 ` +
      `test digits. Before its weights were rounded to fit this page, it read ` +
      `${percent(accuracy.trained, 2)}.`;
    root.append(
      make(
        "div",
        { class: "lab-draw-main" },
        make("div", { class: "lab-draw-left" }, make("div", { class: "lab-draw-sheet" }, pad), controls),
        make("div", { class: "lab-draw-right" }, verdict, bars),
      ),
      steps,
      hidden,
      make("p", { class: "lab-draw-note" }, note),
    );
    render();
  }

  nnLab.pad = { activations, softmax, prepare };
  nnLab.start("draw", build);
}
