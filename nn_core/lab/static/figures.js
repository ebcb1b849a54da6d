// @ts-check
// Figures that the reader moves. Each has controls, a drawing, a formula with its numbers, and a sentence
// that says what is seen. A change of a control draws the whole figure anew: that takes a few
// milliseconds, and no part has to follow another.

/** @typedef {{ left: number, top: number, width: number, height: number }} Box in pixels of the drawing */
/** @typedef {number | [at: number, name: string]} Tick */
/** @typedef {{ title: string, x: number[], y: number[], xTicks: Tick[], yTicks: Tick[], xLabel?: string }} Axes */
/** @typedef {(x: number, y: number) => void} Move */
/** @typedef {{ name: string, label: string, kind?: string }} Named */
/** @typedef {Named & { value: number, min: number, max: number, step: number, log?: boolean, digits?: number, say?: (value: number) => string }} Slider with `log`, it moves the power of ten */
/** @typedef {Named & { value: string, options: Record<string, string> }} Choice */
/** @typedef {Record<string, number>} Values of the sliders, by name */
/** @typedef {{ formula: string[], words: string }} Seen */

(() => {
  const { button, draw, make } = nnLab;
  const {
    ELEMENTWISE,
    OPTIMIZERS,
    denseForward,
    leakyRelu,
    meanSquaredError,
    number,
    softmax,
    softmaxCrossEntropy,
  } = nnNetwork;

  /**
   * Near 0 % and near 100 % a digit more shows a difference.
   * @param {number} p
   */
  const percent = (p) => nnNetwork.percent(p, p < 0.01 || p > 0.99 ? 2 : 1);
  /** @type {(p: number) => Tick} */
  const percentTick = (p) => [p, `${100 * p} %`];
  /** @param {number} v */
  const times = (v) => (v < 10 ? number(v, 1) : Math.round(v).toLocaleString("en"));

  // Around a pair of axes, in pixels: room for its title and the names of the ticks.
  const AROUND = { left: 42, right: 10, top: 28, bottom: 40 };
  /** @param {Box} box */
  const inside = (box) => [
    box.width - AROUND.left - AROUND.right,
    box.height - AROUND.top - AROUND.bottom,
  ];

  // A pair of axes in a box of the drawing, and what is drawn in them, given in units of the data.
  // Colours are classes: s0 to s4 are series, in the colours of palette.py, "you" is what the reader moves.
  class Plot {
    /**
     * @param {Box} box
     * @param {Axes} axes
     */
    constructor(box, { title, x, y, xTicks, yTicks, xLabel = "" }) {
      const [left, top] = [box.left + AROUND.left, box.top + AROUND.top];
      const [width, height] = inside(box);
      this.x = x;
      this.y = y;
      this.left = left;
      this.top = top;
      this.width = width;
      this.height = height;
      this.area = draw("svg", { width, height }); // an inner svg cuts off what lies outside of it
      this.front = draw("g");
      this.node = draw(
        "g",
        { transform: `translate(${left} ${top})` },
        draw("text", { class: "title", x: -AROUND.left, y: -12 }, title),
      );
      /** @type {(tick: Tick) => [number, string]} */
      const named = (tick) => (Array.isArray(tick) ? tick : [tick, number(tick, 0)]);
      for (const [v, name] of yTicks.map(named)) {
        this.node.append(
          draw("path", { class: "grid", d: `M0 ${this.py(v)}H${width}` }),
          draw("text", { class: "tick", x: -6, y: this.py(v) + 4, "text-anchor": "end" }, name),
        );
      }
      for (const [v, name] of xTicks.map(named)) {
        this.node.append(
          draw("path", { class: "axis", d: `M${this.px(v)} ${height}v4` }),
          draw(
            "text",
            { class: "tick", x: this.px(v), y: height + 17, "text-anchor": "middle" },
            name,
          ),
        );
      }
      this.node.append(
        draw("path", { class: "axis", d: `M0 ${height}H${width}` }),
        draw(
          "text",
          { class: "tick", x: width / 2, y: height + 34, "text-anchor": "middle" },
          xLabel,
        ),
        this.area,
        this.front,
      );
    }

    /**
     * The pixel of a value. Far outside the picture all places look the same, so that no number is too
     * large to be drawn.
     * @param {number} v
     */
    px(v) {
      return Math.max(
        -1e5,
        Math.min(1e5, ((v - this.x[0]) / (this.x[1] - this.x[0])) * this.width),
      );
    }

    /** @param {number} v */
    py(v) {
      return Math.max(
        -1e5,
        Math.min(1e5, ((this.y[1] - v) / (this.y[1] - this.y[0])) * this.height),
      );
    }

    /** @type {(points: number[][], kind: string) => void} */
    path(points, kind) {
      const d = points
        .map(([x, y]) => `${this.px(x).toFixed(2)} ${this.py(y).toFixed(2)}`)
        .join("L");
      this.area.append(draw("path", { class: kind, d: `M${d}` }));
    }

    /** @type {(f: (v: number) => number, kind: string) => void} */
    curve(f, kind) {
      const [low, high] = this.x;
      const steps = Math.ceil(this.width / 2);
      /** @param {number} k */
      const at = (k) => low + ((high - low) * k) / steps;
      this.path(
        Array.from({ length: steps + 1 }, (_, k) => [at(k), f(at(k))]),
        kind,
      );
    }

    /** @type {(x: number, y: number, kind: string, r?: number) => void} */
    dot(x, y, kind, r = 5) {
      if (y < this.y[0] || y > this.y[1]) return;
      this.front.append(
        draw("circle", { class: `dot ${kind}`, cx: this.px(x), cy: this.py(y), r }),
      );
    }

    /**
     * A label stays inside the axes, and turns to the side where there is room.
     * @param {number} x
     * @param {number} y
     * @param {string} text
     * @param {string} kind
     * @param {{ dx?: number, dy?: number, anchor?: string }} options
     */
    label(x, y, text, kind, { dx = 0, dy = 0, anchor = "start" } = {}) {
      const room = 7 * text.length;
      let across = this.px(x) + dx;
      if (anchor === "start" && across + room > this.width + 8) {
        [across, anchor] = [this.px(x) - dx, "end"];
      }
      const down = Math.max(10, Math.min(this.height - 4, this.py(y) + dy));
      this.front.append(
        draw("text", { class: `label ${kind}`, x: across, y: down, "text-anchor": anchor }, text),
      );
    }
  }

  // What a figure draws on: as wide as the page allows, in pixels, so that text keeps its size.
  class Board {
    height = 0;
    /** @type {Plot[]} */
    plots = [];
    /** @type {{ node: SVGElement, drag: Move }[]} */
    handles = [];

    /**
     * @param {number} width
     * @param {string} id
     */
    constructor(width, id) {
      this.width = width;
      this.id = id;
    }

    /**
     * Boxes side by side where there is room, else one below the other, each with a height of its own.
     * @param {number[]} shares
     * @param {number} height
     * @param {number[]} stacked
     */
    boxes(shares, height, stacked) {
      const gap = 16;
      const narrow = this.width < 540;
      const total = shares.reduce((sum, share) => sum + share);
      const free = this.width - gap * (shares.length - 1);
      let [left, top] = [0, 0];
      const boxes = shares.map((share, i) => {
        const box = narrow
          ? { left: 0, top, width: this.width, height: stacked[i] }
          : { left, top: 0, width: (free * share) / total, height };
        left += box.width + gap;
        top += box.height;
        return box;
      });
      this.height = narrow ? top : height;
      return boxes;
    }

    /** @type {(box: Box, axes: Axes) => Plot} */
    plot(box, axes) {
      const plot = new Plot(box, axes);
      this.plots.push(plot);
      return plot;
    }

    /**
     * A dot that can be dragged. move(x, y) is told where to, in units of the data. Sliders do the same
     * for the keyboard.
     * @param {Plot} plot
     * @param {number} x
     * @param {number} y
     * @param {Move} move
     */
    handle(plot, x, y, move) {
      const node = draw(
        "g",
        { class: "handle", transform: `translate(${plot.px(x)} ${plot.py(y)})` },
        draw("circle", { class: "reach", r: 20 }),
        draw("circle", { class: "dot you", r: 7 }),
      );
      plot.front.append(node);
      this.handles.push({
        node,
        drag: (px, py) =>
          move(
            plot.x[0] + ((px - plot.left) / plot.width) * (plot.x[1] - plot.x[0]),
            plot.y[1] - ((py - plot.top) / plot.height) * (plot.y[1] - plot.y[0]),
          ),
      });
    }
  }

  /** @type {(settings: Named, input: Node) => { node: HTMLElement, shown: HTMLElement }} */
  const labelled = ({ label, kind = "" }, input) => {
    const shown = make("span", { class: "lab-value", "aria-hidden": "true" });
    const node = make(
      "label",
      { class: `lab-control ${kind}` },
      make("span", {}, label),
      shown,
      input,
    );
    return { node, shown };
  };

  // Each control gives back(): a function that moves it by a share of the way to its start.

  /** @type {(settings: Choice, changed: () => void) => { node: HTMLElement, input: HTMLSelectElement, back: () => () => void }} */
  const choice = (settings, changed) => {
    const { name, value, options } = settings;
    const offered = Object.entries(options).map(([key, text]) =>
      make("option", { value: key }, text),
    );
    const input = make("select", { name, autocomplete: "off", oninput: changed }, ...offered);
    input.value = value;
    const back = () => () => {
      input.value = value;
    };
    return { node: labelled(settings, input).node, input, back };
  };

  /**
   * @param {Slider} settings
   * @param {() => void} changed
   */
  const slider = (settings, changed) => {
    const { name, value, min, max, step, log, digits = 2, say } = settings;
    const input = make("input", { name, type: "range", min, max, step, autocomplete: "off" });
    const { node, shown } = labelled(settings, input);
    const read = () =>
      log ? Number((10 ** Number(input.value)).toPrecision(3)) : Number(input.value);
    const tell = () => {
      shown.textContent = log ? read().toPrecision(3) : number(read(), digits);
      const meaning = say?.(read());
      const text = shown.textContent.replace("−", "minus ");
      input.setAttribute("aria-valuetext", meaning ? `${text}, ${meaning}` : text);
    };
    /** @param {number} position */
    const set = (position) => {
      input.value = String(position);
      tell();
    };
    set(value);
    input.addEventListener("input", () => {
      tell();
      changed();
    });
    const back = () => {
      const from = Number(input.value);
      return (/** @type {number} */ share) => set(from + share * (value - from));
    };
    return { name, node, read, set, back };
  };

  /**
   * "P_k" is written with a small k.
   * @param {string} text
   */
  const formula = (text) =>
    text.split(/_(\w)/).map((part, i) => (i % 2 ? make("sub", {}, part) : part));

  /**
   * @param {string} kind
   * @param {{ columns: number, controls: (Slider | Choice)[], paint: (values: Values, board: Board, set: (places: Values) => void, chosen: string) => Seen }} settings
   */
  const figure = (kind, { columns, controls, paint }) =>
    nnLab.start(kind, (root) => {
      // The page has the caption from the beginning.
      const [caption] = root.getElementsByTagName("figcaption");
      const title = caption.getElementsByClassName("lab-finding")[0].textContent;
      const id = `lab-${Math.random().toString(36).slice(2)}`; // for what refers to another, as url(#…)
      let board = new Board(0, id);
      let width = 0;
      let frame = 0;
      let told = 0;
      let dragged = -1;
      const redraw = () => {
        if (frame === 0) frame = requestAnimationFrame(show);
      };
      const parts = controls.map((settings) =>
        "options" in settings ? choice(settings, redraw) : slider(settings, redraw),
      );
      const sliders = parts.filter((part) => "read" in part);
      const [select] = parts.filter((part) => "input" in part);
      /** @param {Values} places */
      const set = (places) => {
        for (const { name, set } of sliders) if (name in places) set(places[name]);
        redraw();
      };

      const svg = draw("svg", { role: "img", "aria-label": title });
      const numbers = make("p", { class: "formula" });
      const words = make("p", { class: "words", "aria-live": "polite" });
      let sentence = "";
      const tell = () => {
        told = 0;
        if (words.textContent === sentence) return;
        words.textContent = sentence;
        svg.setAttribute("aria-label", `${title}. ${sentence}`);
      };

      const show = () => {
        frame = 0;
        if (width < 100) return; // folded away, or not laid out yet
        board = new Board(width, id);
        const values = Object.fromEntries(sliders.map(({ name, read }) => [name, read()]));
        const seen = paint(values, board, set, select?.input.value);
        svg.setAttribute("viewBox", `0 0 ${width} ${board.height}`);
        svg.setAttribute("height", String(board.height));
        svg.replaceChildren(...board.plots.map((plot) => plot.node));
        numbers.replaceChildren(...seen.formula.map((text) => make("span", {}, ...formula(text))));
        // A sentence that changes at every frame could be neither read nor heard.
        sentence = seen.words;
        if (!words.textContent) tell();
        if (told === 0) told = setTimeout(tell, 300);
      };

      /** @param {PointerEvent} event */
      const drag = (event) => {
        const box = svg.getBoundingClientRect();
        board.handles[dragged].drag(event.clientX - box.left, event.clientY - box.top);
      };
      svg.addEventListener("pointerdown", (event) => {
        dragged = board.handles.findIndex((handle) =>
          handle.node.contains(/** @type {Node} */ (event.target)),
        );
        if (dragged < 0) return;
        event.preventDefault();
        svg.setPointerCapture(event.pointerId);
      });
      svg.addEventListener("pointermove", (event) => {
        if (svg.hasPointerCapture(event.pointerId)) drag(event);
      });

      // Back to the start, in a quarter of a second, so that the eye can follow.
      const reset = () => {
        const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
        const moves = parts.map(({ back }) => back());
        const begun = performance.now();
        /** @param {number} now */
        const move = (now) => {
          const share = still ? 1 : Math.min(1, Math.max(0, now - begun) / 250);
          for (const part of moves) part(1 - (1 - share) ** 3);
          redraw();
          if (share < 1) requestAnimationFrame(move);
        };
        move(begun);
      };

      root.classList.add("lab-figure");
      caption.append(numbers, words);
      caption.before(
        svg,
        make(
          "div",
          { class: "lab-sliders", style: `--columns: ${columns}` },
          ...parts.map((part) => part.node),
        ),
        make("div", { class: "lab-buttons" }, button("Reset", reset)),
      );
      new ResizeObserver(() => {
        const now = Math.floor(svg.getBoundingClientRect().width);
        if (now !== width) {
          width = now;
          show();
        }
      }).observe(svg);
    });

  const SLOPE = 0.1; // of the leaky ReLU: at nn_core's 0.01 the eye sees no slope
  /** @typedef {ReturnType<typeof leakyRelu>} Elementwise */
  /** @type {Record<string, { text: string, y: number[], yTicks: Tick[], rule: string, derivativeRule: string, full: number, maths: Elementwise }>} */
  const ACTIVATIONS = {
    sigmoid: {
      text: "sigmoid",
      y: [-0.2, 1.2],
      yTicks: [0, [0.5, "0.5"], 1],
      rule: "A = 1 / (1 + exp(−Z))",
      derivativeRule: "dA/dZ = A (1 − A)",
      full: 1,
      maths: ELEMENTWISE.sigmoid,
    },
    tanh: {
      text: "tanh",
      y: [-1.4, 1.4],
      yTicks: [-1, 0, 1],
      rule: "A = tanh(Z)",
      derivativeRule: "dA/dZ = 1 − A²",
      full: 1,
      maths: ELEMENTWISE.tanh,
    },
    relu: {
      text: "ReLU",
      y: [-1.2, 6],
      yTicks: [0, 2, 4, 6],
      rule: "A = max(Z, 0)",
      derivativeRule: "dA/dZ = 1 where Z > 0, else 0",
      full: 6,
      maths: ELEMENTWISE.relu,
    },
    leaky_relu: {
      text: "leaky ReLU",
      y: [-1.2, 6],
      yTicks: [0, 2, 4, 6],
      rule: `A = Z where Z > 0, else ${SLOPE} Z`,
      derivativeRule: `dA/dZ = 1 where Z > 0, else ${SLOPE}`,
      full: 6,
      maths: leakyRelu(SLOPE),
    },
  };
  const ACTIVATION = {
    name: "activation",
    label: "activation",
    value: "sigmoid",
    options: Object.fromEntries(
      Object.entries(ACTIVATIONS).map(([name, { text }]) => [name, text]),
    ),
  };

  figure("neuron", {
    columns: 3,
    controls: [
      { name: "x1", label: "input x₁", min: -2, max: 2, step: 0.05, value: 1 },
      { name: "x2", label: "input x₂", min: -2, max: 2, step: 0.05, value: 0.5 },
      ACTIVATION,
      { name: "w1", label: "weight w₁", min: -2, max: 2, step: 0.05, value: 1.5 },
      { name: "w2", label: "weight w₂", min: -2, max: 2, step: 0.05, value: -1 },
      { name: "b", label: "bias b", min: -2, max: 2, step: 0.05, value: 0.5 },
    ],
    paint({ x1, x2, w1, w2, b }, board, set, chosen) {
      const { text, y, yTicks, full, maths } = ACTIVATIONS[chosen];
      const [Z] = denseForward([x1, x2], [w1, w2], [b]);
      const A = maths.value(Z);
      const square = Math.min(330, 0.46 * board.width);
      const [left, right] = board.boxes([square, board.width - square], square + 16, [250, 190]);

      const plane = board.plot(left, {
        title: "Output for every pair of inputs",
        xLabel: "x₁",
        x: [-2, 2],
        y: [-2, 2],
        xTicks: [-2, -1, 0, 1, 2],
        yTicks: [-2, -1, 0, 1, [2, "x₂ 2"]],
      });
      if (w1 || w2) {
        // The output changes in one direction only, that of the weights. So a colour gradient along
        // it, with the inputs for its coordinates, shows the output at every place.
        /** @param {number} z */
        const along = (z) => [(w1 * z) / (w1 * w1 + w2 * w2), (w2 * z) / (w1 * w1 + w2 * w2)];
        const reach = 2 * (Math.abs(w1) + Math.abs(w2));
        const [from, to, edge] = [along(-reach), along(reach), along(-b)];
        const stops = Array.from({ length: 81 }, (_, k) => {
          const a = maths.value(b + reach * (k / 40 - 1)) / full;
          const strength = 0.7 * Math.min(1, Math.abs(a));
          return draw("stop", {
            offset: k / 80,
            class: a < 0 ? "s1" : "s0",
            "stop-opacity": strength,
          });
        });
        plane.area.append(
          draw(
            "linearGradient",
            {
              id: board.id,
              gradientUnits: "userSpaceOnUse",
              x1: from[0],
              y1: from[1],
              x2: to[0],
              y2: to[1],
              gradientTransform: `translate(${plane.px(0)} ${plane.py(0)}) scale(${plane.width / 4} ${-plane.height / 4})`,
            },
            ...stops,
          ),
          draw("rect", { width: plane.width, height: plane.height, fill: `url(#${board.id})` }),
        );
        plane.path(
          [-99, 99].map((s) => [edge[0] - s * w2, edge[1] + s * w1]),
          "edge",
        );
        plane.path(
          [
            [0, 0],
            [w1, w2],
          ],
          "arrow",
        );
        plane.dot(w1, w2, "", 3);
        plane.label(w1, w2, "w", "", { dx: 7, dy: w2 < 0 ? 14 : -6 });
        if (Math.hypot(...edge) < 2) {
          plane.label(edge[0], edge[1], "Z = 0", "", { dx: 6, dy: -6 });
        }
      }
      board.handle(plane, x1, x2, (u, v) => set({ x1: u, x2: v }));

      const curve = board.plot(right, {
        title: `Output A of the ${text}`,
        xLabel: "weighted sum Z",
        x: [-10, 10],
        y,
        xTicks: [-10, -5, 0, 5, 10],
        yTicks,
      });
      curve.curve(maths.value, "line s0");
      curve.path(
        [
          [Z, y[0]],
          [Z, A],
          [-10, A],
        ],
        "guide",
      );
      curve.dot(Z, A, "you", 6);
      curve.label(Z, A, `A = ${number(A)}`, "strong", {
        dx: 11,
        dy: A > (y[0] + y[1]) / 2 ? 20 : -11,
      });

      const where =
        Z > 0
          ? "on the positive side of the line"
          : Z < 0
            ? "on the negative side of the line"
            : "on the line";
      const sum = `${number(x1 * w1)} + ${number(x2 * w2)} + ${number(b)}`.replaceAll("+ −", "− ");
      return {
        formula: [
          "Z = x_1 w_1 + x_2 w_2 + b",
          `Z = ${sum} = ${number(Z)}`,
          `A = ${text}(Z) = ${number(A)}`,
        ],
        words:
          w1 || w2
            ? `The inputs are ${where} Z = 0: their weighted sum is ${number(Z)}, ` +
              `and the ${text} makes ${number(A)} of it.`
            : `Both weights are zero, so the inputs make no difference: the output is ${number(A)} everywhere.`,
      };
    },
  });

  figure("activation", {
    columns: 2,
    controls: [
      { name: "Z", label: "weighted sum Z", min: -6, max: 6, step: 0.05, value: 1.5 },
      ACTIVATION,
    ],
    paint({ Z }, board, set, chosen) {
      const { text, rule, derivativeRule, y, yTicks, maths } = ACTIVATIONS[chosen];
      const A = maths.value(Z);
      const slope = maths.derivative(A);
      const [left, right] = board.boxes([1, 1], 270, [210, 190]);
      const across = { x: [-6, 6], xTicks: [-6, -3, 0, 3, 6], xLabel: "Z" };

      const curve = board.plot(left, { ...across, title: `A, what the ${text} gives`, y, yTicks });
      curve.curve(maths.value, "line s0");
      curve.path(
        [-2.5, 2.5].map((s) => [Z + s, A + s * slope]),
        "line thin s2",
      );
      curve.label(Z, A, `slope ${number(slope)}`, "s2", {
        dx: 14,
        dy: A > (y[0] + y[1]) / 2 ? 24 : -16,
      });
      board.handle(curve, Z, A, (u) => set({ Z: u }));

      const steepness = board.plot(right, {
        ...across,
        title: "dA/dZ, its slope",
        y: [-0.2, 1.2],
        yTicks: [0, [0.25, "0.25"], [0.5, "0.5"], 1],
      });
      steepness.curve((z) => maths.derivative(maths.value(z)), "line s2");
      steepness.path(
        [
          [Z, -0.2],
          [Z, slope],
        ],
        "guide",
      );
      steepness.label(Z, slope, number(slope), "s2", { dx: 14, dy: slope > 0.6 ? 20 : -10 });
      board.handle(steepness, Z, slope, (u) => set({ Z: u }));

      const passes =
        slope === 0
          ? "It is flat there: no gradient passes back, and nothing is learned."
          : slope === 1
            ? "It rises as fast as Z itself: a gradient passes back in full."
            : slope < 0.05
              ? `It is almost flat there: of a gradient, only ${percent(slope)} passes back.`
              : `Of a gradient, ${percent(slope)} passes back.`;
      return {
        formula: [`${rule} = ${number(A, 3)}`, `${derivativeRule}: ${number(slope, 3)}`],
        words: `At Z = ${number(Z)} the ${text} gives ${number(A)}. ${passes}`,
      };
    },
  });

  const DIGITS = ["1", "4", "7", "9"];
  figure("softmax", {
    columns: 5,
    controls: [
      ...[0.5, 1.5, 3, 2.5].map((value, k) => ({
        name: `Z${k}`,
        label: `score of ${DIGITS[k]}`,
        min: -5,
        max: 5,
        step: 0.05,
        value,
        kind: `s${k}`,
      })),
      {
        name: "T",
        label: "temperature",
        min: -1,
        max: 1,
        step: 0.02,
        value: 0,
        log: true,
        say: (T) => (T < 0.5 ? "cold" : T > 2 ? "hot" : ""),
      },
    ],
    paint({ T, ...scores }, board, set) {
      const Z = Object.values(scores);
      /** @param {number} t */
      const at = (t) => [
        ...softmax(
          Z.map((z) => z / t),
          Z.length,
        ),
      ];
      const [P, plain] = [at(T), at(1)];
      const [left, right] = board.boxes([1, 1], 280, [200, 190]);
      const up = { yTicks: [0, 0.25, 0.5, 0.75, 1].map(percentTick) };

      const bars = board.plot(left, {
        ...up,
        title: "Probability of each digit",
        xLabel: "dashed: at temperature 1",
        y: [0, 1.08],
        x: [0, 4],
        xTicks: DIGITS.map((digit, k) => [k + 0.5, digit]),
      });
      P.forEach((p, k) => {
        bars.area.append(
          draw("rect", {
            class: `bar s${k}`,
            x: bars.px(k + 0.15),
            y: bars.py(p),
            width: bars.px(0.7),
            height: bars.py(0) - bars.py(p),
          }),
        );
        bars.path(
          [
            [k + 0.06, plain[k]],
            [k + 0.94, plain[k]],
          ],
          "guide",
        );
        bars.label(k + 0.5, p, percent(p), `strong s${k}`, { dy: -6, anchor: "middle" });
      });

      const sweep = board.plot(right, {
        ...up,
        title: "The same at every temperature",
        xLabel: "temperature T",
        x: [-1, 1],
        y: [-0.12, 1.08],
        xTicks: [0.1, 0.3, 1, 3, 10].map((t) => [Math.log10(t), String(t)]),
      });
      for (const k of P.keys()) sweep.curve((power) => at(10 ** power)[k], `line s${k}`);
      sweep.path(
        [
          [Math.log10(T), -0.12],
          [Math.log10(T), 1.08],
        ],
        "guide",
      );
      P.forEach((p, k) => {
        sweep.dot(Math.log10(T), p, `s${k}`, 9);
        sweep.front.append(
          draw(
            "text",
            {
              class: "on",
              x: sweep.px(Math.log10(T)),
              y: sweep.py(p) + 4,
              "text-anchor": "middle",
            },
            DIGITS[k],
          ),
        );
      });
      board.handle(sweep, Math.log10(T), -0.12, (u) => set({ T: u }));

      const best = P.indexOf(Math.max(...P));
      const lead = `the ${DIGITS[best]} gets ${percent(P[best])}`;
      const even = Math.max(...P) - Math.min(...P) < 0.01;
      return {
        formula: [
          "P_k = exp(Z_k / T) / sum over j of exp(Z_j / T)",
          P.map((p, k) => `${DIGITS[k]}: ${percent(p)}`).join(" · "),
        ],
        words: even
          ? `All four get the same, ${percent(0.25)}, as near as makes no difference.`
          : T < 0.5
            ? `Cold: ${lead}. The colder, the more goes to the highest score.`
            : T > 2
              ? `Hot: ${lead}. The hotter, the closer all four come to ${percent(0.25)}.`
              : `At temperature ${T.toPrecision(3)} ${lead}. Another temperature changes how sure ` +
                "the answer is, never the order.",
      };
    },
  });

  // One output behind a sigmoid, and the right answer is 1. Cross-entropy is that of softmax over
  // the scores Z and 0, which is the same.
  const { value: sigmoid, derivative: sigmoidSlope } = ELEMENTWISE.sigmoid;
  /** @type {{ kind: string, loss: (Z: number) => number, dZ: (Z: number) => number }[]} */
  const LOSSES = [
    {
      kind: "s0", // mean squared error
      loss: (Z) => meanSquaredError([sigmoid(Z)], [0])[0],
      dZ: (Z) => {
        const A = sigmoid(Z);
        return meanSquaredError([A], [0])[1][0] * sigmoidSlope(A);
      },
    },
    {
      kind: "s2", // cross-entropy
      loss: (Z) => softmaxCrossEntropy([Z, 0], [0])[0],
      dZ: (Z) => softmaxCrossEntropy([Z, 0], [0])[1][0],
    },
  ];

  /**
   * Where an optimizer leads: the start and the point after each step.
   * @param {Optimizer} optimizer
   * @param {number[]} start
   * @param {(theta: Float64Array) => number[]} gradient
   */
  const descend = (optimizer, start, gradient) => {
    const theta = Float64Array.from(start);
    const points = [start];
    while (points.length <= STEPS) {
      optimizer.step(theta, gradient(theta));
      points.push([...theta]);
    }
    return points;
  };

  const STEPS = 100;
  figure("losses", {
    columns: 2,
    controls: [
      {
        name: "Z",
        label: "score Z",
        min: -8,
        max: 8,
        step: 0.05,
        value: -5,
        say: (Z) => `probability ${percent(sigmoid(Z))}`,
      },
      {
        name: "by",
        label: "seen from",
        value: "Z",
        options: { Z: "the score Z", A: "the probability A" },
      },
    ],
    paint({ Z }, board, set, by) {
      const A = sigmoid(Z);
      const boxes = board.boxes([1, 1, 1], 280, [180, 170, 180]);
      /** @param {number} a */
      const logit = (a) => Math.log(a) - Math.log(1 - a);
      // From the probability, what the sigmoid does to the gradient is taken back: dA = dZ / (A (1 - A)).
      /** @type {Omit<Axes, "title"> & { here: number, score: (v: number) => number, slope: (dZ: number, v: number) => number, to: (v: number) => Values }} */
      const seen =
        by === "Z"
          ? {
              here: Z,
              score: (z) => z,
              slope: (dZ) => dZ,
              to: (z) => ({ Z: z }),
              x: [-8, 8],
              xTicks: [-8, -4, 0, 4, 8],
              xLabel: "score Z",
              y: [-1.15, 0.15],
              yTicks: [-1, [-0.5, "−0.5"], 0],
            }
          : {
              here: A,
              score: logit,
              slope: (dZ, a) => dZ / (a * (1 - a)),
              to: (a) => ({ Z: logit(Math.max(1e-4, Math.min(1 - 1e-4, a))) }),
              x: [0, 1],
              xTicks: [0, [0.5, "0.5"], 1],
              xLabel: "probability A",
              y: [-11, 1.5],
              yTicks: [-10, -5, 0],
            };
      /** @param {number} v */
      const within = (v) => (by === "Z" ? v : Math.max(1e-6, Math.min(1 - 1e-6, v)));

      const loss = board.plot(boxes[0], {
        ...seen,
        title: "Loss",
        y: [-0.5, 8.5],
        yTicks: [0, 2, 4, 6, 8],
      });
      const slope = board.plot(boxes[1], { ...seen, title: `Gradient d${by}` });
      const learning = board.plot(boxes[2], {
        title: "Then it learns",
        x: [0, STEPS],
        y: [-0.08, 1.15],
        xTicks: [0, 50, 100],
        yTicks: [0, 0.5, 1].map(percentTick),
        xLabel: "steps, at learning rate 1",
      });
      const ends = LOSSES.map(({ kind, loss: f, dZ }) => {
        /** @param {number} v */
        const gradient = (v) => seen.slope(dZ(seen.score(within(v))), within(v));
        loss.curve((v) => f(seen.score(within(v))), `line ${kind}`);
        slope.curve(gradient, `line ${kind}`);
        loss.dot(seen.here, f(Z), kind);
        slope.dot(seen.here, gradient(seen.here), kind);
        for (const plot of [loss, slope]) {
          const [low, high] = plot.y;
          plot.path(
            [
              [seen.here, low],
              [seen.here, high],
            ],
            "guide",
          );
        }
        const path = descend(new OPTIMIZERS.SGD(1), [Z], ([z]) => [dZ(z)]);
        const learned = path.map(([z], t) => [t, sigmoid(z)]);
        learning.path(learned, `line ${kind}`);
        const last = learned[STEPS][1];
        return { loss: f(Z), slope: gradient(seen.here), dZ: dZ(Z), learned, last };
      });
      const [mse, ce] = ends;
      loss.label(seen.here, ce.loss, number(ce.loss), "s2 strong", { dx: 9, dy: -4 });
      const below = ce.loss - mse.loss < 1.2 ? 16 : -5;
      loss.label(seen.here, mse.loss, number(mse.loss), "s0 strong", { dx: 9, dy: below });
      slope.label(seen.here, mse.slope, number(mse.slope, 3), "s0 strong", { dx: 9, dy: -7 });
      slope.label(seen.here, ce.slope, number(ce.slope, 3), "s2 strong", { dx: 9, dy: 16 });
      learning.label(STEPS, ce.last, "cross-entropy", "s2", { anchor: "end", dy: -8 });
      // The other label stands below its curve: before the rise where that comes late, else after it.
      const rise = mse.learned.findIndex(([, a]) => a > 0.5);
      if (rise >= 0 && rise < STEPS / 2) {
        learning.label(rise, 0.45, "squared error", "s0", { dx: 10 });
      } else {
        const before = rise < 0 ? STEPS : rise - 6;
        learning.label(before, 0.06, "squared error", "s0", { anchor: "end", dy: -4 });
      }
      board.handle(loss, seen.here, loss.y[0], (v) => set(seen.to(v)));
      board.handle(slope, seen.here, slope.y[0], (v) => set(seen.to(v)));

      const words =
        by === "A"
          ? `Both gradients are there, ${number(mse.slope)} and ${number(ce.slope)}. On the way to the score ` +
            `they pass through the sigmoid, whose slope here is ${number(A * (1 - A), 4)}.`
          : A > 0.5
            ? "That is right already, and both gradients fade as the error does."
            : `The gradient of the squared error is ${times(ce.dZ / mse.dZ)} times smaller than that of ` +
              `cross-entropy. After ${STEPS} steps it has reached ${percent(mse.last)}, ` +
              `cross-entropy ${percent(ce.last)}.`;
      const gradients =
        by === "Z" ? ["dZ = 2 (A − 1) A (1 − A)", "dZ = A − 1"] : ["dA = 2 (A − 1)", "dA = −1 / A"];
      return {
        formula: [
          `mean squared error: (A − 1)², ${gradients[0]}`,
          `cross-entropy: −log A, ${gradients[1]}`,
        ],
        words: `The right answer starts at ${percent(A)}. ${words}`,
      };
    },
  });

  const START = [-8.5, 3];
  figure("valley", {
    columns: 4,
    controls: [
      {
        name: "lr",
        label: "learning rate",
        min: 0.001,
        max: 0.3,
        step: 0.001,
        value: 0.095,
        digits: 3,
      },
      { name: "beta", label: "momentum β", min: 0, max: 0.98, step: 0.01, value: 0 },
      { name: "c", label: "curvature across", min: 1, max: 30, step: 0.5, value: 20, digits: 1 },
      { name: "steps", label: "steps", min: 1, max: STEPS, step: 1, value: 30, digits: 0 },
    ],
    paint({ lr, beta, c, steps }, board) {
      /** @param {number[]} theta */
      const loss = ([u, v]) => (u * u + c * v * v) / 2;
      /** @type {(theta: Float64Array) => number[]} */
      const gradient = ([u, v]) => [u, c * v];
      const [left, right] = board.boxes([1.75, 1], 290, [230, 190]);
      const [width, height] = inside(left);
      const high = (10 * height) / width; // both axes have the same scale
      const valley = board.plot(left, {
        title: "Seen from above",
        x: [-10, 10],
        y: [-high, high],
        xTicks: [-10, -5, 0, 5, 10],
        yTicks: [-4, -2, 0, 2, [4, "θ₂ 4"]],
        xLabel: "θ₁",
      });
      for (let r = 30; r > 0; r -= 2) {
        valley.area.append(
          draw("ellipse", {
            class: "contour",
            cx: valley.px(0),
            cy: valley.py(0),
            rx: valley.px(r) - valley.px(0),
            ry: valley.py(0) - valley.py(r / Math.sqrt(c)),
          }),
        );
      }
      const fall = board.plot(right, {
        title: "Loss at each step",
        x: [0, STEPS],
        y: [-4.5, 3.5],
        xTicks: [0, 50, 100],
        xLabel: "steps",
        yTicks: [
          [-4, "0.0001"],
          [-2, "0.01"],
          [0, "1"],
          [2, "100"],
        ],
      });
      const plain = descend(new OPTIMIZERS.SGD(lr), START, gradient);
      const rolling = beta ? descend(new OPTIMIZERS.Momentum(lr, { beta }), START, gradient) : null;
      /** @type {(path: number[][], kind: string, thin: boolean) => void} */
      const show = (path, kind, thin) => {
        const level = path.map((theta, t) => [t, Math.log10(loss(theta))]);
        valley.path(path.slice(0, steps + 1), `line thin ${kind}`);
        fall.path(level, `line faint ${kind}`);
        fall.path(level.slice(0, steps + 1), `line ${thin ? "thin" : ""} ${kind}`);
        if (!thin) for (const [u, v] of path.slice(0, steps)) valley.dot(u, v, `step ${kind}`, 3);
        valley.dot(path[steps][0], path[steps][1], kind, thin ? 4 : 6);
        fall.dot(steps, level[steps][1], kind, thin ? 4 : 6);
      };
      show(plain, "s4", rolling !== null);
      if (rolling) show(rolling, "s2", false);
      valley.label(START[0], START[1], "start", "", { dy: -9 });
      const [text, kind] = rolling ? ["momentum", "s2"] : ["gradient descent", "s4"];
      fall.label(STEPS, fall.y[1], text, `${kind} strong`, { anchor: "end", dy: 12 });
      if (rolling)
        fall.label(STEPS, fall.y[1], "gradient descent", "s4", { anchor: "end", dy: 28 });

      // In a direction of curvature c, a step multiplies what is left by factors of size below 1 only
      // while lr c < 2 (1 + β). Across is the steeper direction here.
      /** @param {number} momentum */
      const diverges = (momentum) => lr * c > 2 * (1 + momentum) + 1e-9;
      /** @param {number[][]} path */
      const share = (path) => {
        const ratio = loss(path[steps]) / loss(START);
        return ratio < 1e-4 ? "less than 0.01\u00a0%" : percent(ratio);
      };
      const product = `learning rate × curvature is ${number(lr * c)}`;
      const bound = `2 (1 + β) = ${number(2 * (1 + beta))}`;
      const alone = diverges(0) ? "diverges" : `leaves ${share(plain)}`;
      const manner =
        lr * c > 1 ? "It zigzags across the valley" : "It slides down without a zigzag";
      return {
        formula: [
          `L = ½ (θ₁² + ${number(c, 1)} θ₂²), gradient g = (θ₁, ${number(c, 1)} θ₂)`,
          beta ? "v = β v + g, θ = θ − lr v" : "θ = θ − lr g",
        ],
        words: diverges(beta)
          ? `It diverges: ${product}, above ${bound}. Each step lands farther from the bottom.`
          : lr * c > 2 * (1 + beta) - 1e-9
            ? `It jumps from wall to wall and comes no closer: ${product}, which is the bound, ${bound}.`
            : rolling
              ? `With momentum, ${share(rolling)} of the loss is left after ${steps} steps. ` +
                `Gradient descent alone ${alone}.`
              : `${manner}. After ${steps} steps ${share(plain)} of the loss is left.`,
      };
    },
  });
})();
