// @ts-check
// "Train it here": a network with two inputs that learns while you watch. The maths is in network.js,
// settings and training in session.js. This file draws both.

/** @typedef {{ layer: number, unit: number, from?: number }} Where a unit; with `from`, the weight from that unit before it */

(() => {
  const { ANEW, AT_ONCE, SETTINGS, Session, read, write } = nnSession;
  const { button, contextOf, draw, make } = nnLab;
  const { number, percent } = nnNetwork;
  const CLASSES = ["orange", "blue"];
  const PARTS = /** @type {const} */ (["test", "train"]);
  const RGB = [
    [0xd5, 0x5e, 0x00],
    [0x00, 0x72, 0xb2],
  ];

  // Options that have a better name than the one in the address.
  /** @type {Record<string, string>} */
  const WORDS = {
    blobs: "two blobs",
    xor: "XOR",
    cross_entropy: "cross-entropy",
    mean_squared_error: "squared error",
  };

  // --- pictures of what is computed: blue where it is above zero, orange where below, clear at zero,
  // so that the colour of the page shows through, light or dark

  const EDGE = 2.5; // each input runs from -EDGE to EDGE
  const SIZE = 64; // pixels on a side, which the browser blends into each other
  const GRID = new Float64Array(2 * SIZE * SIZE);
  for (let n = 0; n < SIZE * SIZE; n++) {
    GRID[2 * n] = EDGE * (((n % SIZE) + 0.5) / (SIZE / 2) - 1);
    GRID[2 * n + 1] = -EDGE * ((Math.floor(n / SIZE) + 0.5) / (SIZE / 2) - 1);
  }
  const image = new ImageData(SIZE, SIZE);
  const pixels = new Uint32Array(image.data.buffer);
  // Colours for the values -1 to 1.
  const PALETTE = Uint32Array.from({ length: 255 }, (_, i) => {
    const [red, green, blue] = RGB[i < 127 ? 0 : 1];
    return new Uint32Array(
      new Uint8ClampedArray([red, green, blue, 1.6 * Math.abs(i - 127)]).buffer,
    )[0];
  });

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {(n: number) => number} value
   */
  function paint(canvas, value) {
    for (let n = 0; n < pixels.length; n++) {
      pixels[n] = PALETTE[127 + Math.round(127 * Math.max(-1, Math.min(1, value(n))))];
    }
    contextOf(canvas).putImageData(image, 0, 0);
  }

  /** @param {Attributes} attributes */
  const picture = (attributes) => make("canvas", { width: SIZE, height: SIZE, ...attributes });

  /**
   * What is drawn of a unit, as a function of the pixel. An output has the colour of its class.
   * @type {(A: Float64Array[], layer: number, unit: number) => (n: number) => number}
   */
  function pictureOf(A, layer, unit) {
    const K = A[layer].length / (SIZE * SIZE);
    if (layer === 0) return (n) => A[0][2 * n + unit] / EDGE;
    if (layer === A.length - 1) return (n) => A[layer][K * n + unit] * (unit ? 1 : -1);
    return (n) => A[layer][K * n + unit];
  }

  // --- words

  /** @type {(network: MLP, layer: number, unit: number) => string} */
  function nameOf(network, layer, unit) {
    if (layer === 0) return `input ${unit + 1}`;
    return layer === network.W.length
      ? `output “${CLASSES[unit]}”`
      : `hidden unit ${layer}.${unit + 1}`;
  }

  /** @type {(network: MLP, layer: number, unit: number) => string} */
  function weightsOf(network, layer, unit) {
    if (layer === 0) return "what the network is given";
    const column = network.W[layer - 1].filter((_, i) => i % network.sizes[layer] === unit);
    const last = column.length - 1;
    const from =
      nameOf(network, layer - 1, 0) + (last ? ` to ${nameOf(network, layer - 1, last)}` : "");
    const weights = Array.from(column, (w) => number(w)).join(", ");
    return `bias ${number(network.b[layer - 1][unit])}; weights, from ${from}: ${weights}`;
  }

  // --- the network: a button with its picture for each unit, a line for each weight

  /** @type {Record<string, [number, number]>} */
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  /**
   * The network, and a function that draws it anew. point(where) is told what the reader points at.
   * @param {MLP} network
   * @param {(where: Where) => void} point
   */
  function diagram(network, point) {
    const columns = network.sizes.length;
    /** @param {number} layer */
    const x = (layer) => (100 * (layer + 0.5)) / columns;
    /** @type {(layer: number, unit: number) => number} */
    const y = (layer, unit) => 50 + 12 * (unit - (network.sizes[layer] - 1) / 2);
    const svg = draw("svg", {
      viewBox: "0 0 100 100",
      preserveAspectRatio: "none",
      "aria-hidden": "true",
    });
    const lines = network.shapes.map(([fanIn, fanOut], layer) =>
      Array.from({ length: fanIn * fanOut }, (_, i) => {
        const [from, unit] = [Math.floor(i / fanOut), i % fanOut];
        const ends = { x1: x(layer), y1: y(layer, from), x2: x(layer + 1), y2: y(layer + 1, unit) };
        const line = draw("line", ends);
        // A broad line that is not seen is easier to hit.
        const where = { layer: layer + 1, unit, from };
        svg.append(
          line,
          draw("line", { ...ends, class: "target", onpointerenter: () => point(where) }),
        );
        return line;
      }),
    );
    const units = network.sizes.map((size, layer) =>
      Array.from({ length: size }, (_, unit) => {
        const canvas = picture({ "aria-hidden": "true" });
        const button = make(
          "button",
          {
            type: "button",
            class: layer === columns - 1 ? `unit ${CLASSES[unit]}` : "unit",
            style: `left: ${x(layer)}%; top: ${y(layer, unit)}%`,
            // One stop for the Tab key; from there the arrow keys lead through the network.
            tabindex: layer === 0 && unit === 0 ? 0 : -1,
            onpointerenter: () => point({ layer, unit }),
            onfocus: () => {
              const name = nameOf(network, layer, unit);
              button.setAttribute("aria-label", `${name}: ${weightsOf(network, layer, unit)}`);
              point({ layer, unit });
            },
            onkeydown: (/** @type {KeyboardEvent} */ event) => move(event, layer, unit),
          },
          canvas,
        );
        button.setAttribute("aria-label", nameOf(network, layer, unit));
        return { button, canvas };
      }),
    );

    /** @type {(event: KeyboardEvent, layer: number, unit: number) => void} */
    function move(event, layer, unit) {
      if (!(event.key in ARROWS)) return;
      event.preventDefault();
      const [across, down] = ARROWS[event.key];
      const column = units[Math.max(0, Math.min(columns - 1, layer + across))];
      const next = column[Math.max(0, Math.min(column.length - 1, unit + down))];
      units[layer][unit].button.tabIndex = -1;
      next.button.tabIndex = 0;
      next.button.focus();
    }

    const titles = network.sizes.map((_, layer) =>
      make(
        "span",
        {},
        layer === 0 ? "inputs" : layer === columns - 1 ? "outputs" : `hidden ${layer}`,
      ),
    );
    return {
      parts: [
        make("div", { class: "titles" }, ...titles),
        make("div", { class: "units" }, svg, ...units.flat().map(({ button }) => button)),
      ],
      /** @param {Float64Array[]} A */
      update(A) {
        for (const [layer, column] of units.entries()) {
          for (const [unit, { canvas }] of column.entries()) {
            paint(canvas, pictureOf(A, layer, unit));
          }
        }
        for (const [layer, W] of network.W.entries()) {
          for (const [i, w] of W.entries()) {
            const line = lines[layer][i];
            line.setAttribute("class", w > 0 ? "above" : w < 0 ? "below" : "zero");
            // From half a pixel to 8, so that the largest weights do not bury the rest.
            line.setAttribute(
              "stroke-width",
              (0.5 + 7.5 / (1 + 3 / Math.abs(w)) || 0.5).toFixed(2),
            );
          }
        }
      },
    };
  }

  // --- the data, drawn over the picture of the answer

  /** @param {Session} session */
  function dots(session) {
    const viewBox = `${-EDGE} ${-EDGE} ${2 * EDGE} ${2 * EDGE}`;
    const svg = draw("svg", { viewBox, "aria-hidden": "true" });
    for (const part of PARTS) {
      const { X, y } = session[part];
      for (const [n, label] of y.entries()) {
        const place = { cx: X[2 * n], cy: -X[2 * n + 1], r: part === "train" ? 0.06 : 0.05 };
        svg.append(draw("circle", { ...place, class: `${part} ${CLASSES[label]}` }));
      }
    }
    return svg;
  }

  // --- the loss curves

  const WIDE = 320;
  const HIGH = 150;

  function curves() {
    const paths = {
      train: draw("path", { class: "train" }),
      test: draw("path", { class: "test" }),
    };
    const top = draw("text", { x: 0, y: 12 });
    const last = draw("text", { x: WIDE, y: HIGH - 2, "text-anchor": "end" });
    const svg = draw(
      "svg",
      { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img" },
      draw("path", { class: "axis", d: `M36 6V${HIGH - 18}H${WIDE}` }),
      top,
      last,
      draw("text", { x: 0, y: HIGH - 15 }, "0"),
      draw("text", { x: 36, y: HIGH - 2 }, "epoch 0"),
      paths.train,
      paths.test,
    );
    return {
      svg,
      /** @param {Session} session */
      update({ history }) {
        const values = history.flatMap(({ train, test }) => [train, test]).filter(Number.isFinite);
        // One leap must not flatten all the rest.
        const highest = Math.min(
          Math.max(...values),
          3 * Math.max(history[0].train, history[0].test),
        );
        const time = Math.max(1, history[history.length - 1].time);
        for (const part of PARTS) {
          const places = history
            .filter((entry) => Number.isFinite(entry[part]))
            .map((entry) => {
              const height = Math.min(1, entry[part] / highest);
              const x = 36 + ((WIDE - 36) * entry.time) / time;
              return `${x.toFixed(1)} ${(HIGH - 18 - (HIGH - 24) * height).toFixed(1)}`;
            });
          paths[part].setAttribute("d", `M${places.join("L")}`);
        }
        top.textContent = number(highest);
        last.textContent = number(time, time % 1 ? 1 : 0);
      },
      /**
       * Says the losses to those who cannot see the curves.
       * @param {Session} session
       */
      tell({ history, train, test }) {
        const [from, to] = [history[0], { train: train.loss, test: test.loss }];
        svg.setAttribute(
          "aria-label",
          "Loss, epoch by epoch: " +
            `on training points from ${number(from.train, 3)} to ${number(to.train, 3)}, ` +
            `on test points from ${number(from.test, 3)} to ${number(to.test, 3)}.`,
        );
      },
    };
  }

  // --- the element

  nnLab.start("playground", (root) => {
    // In a frame, as some notebooks use, the address is not the reader's.
    const addressed = window === window.top;
    /** @type {Record<string, string>} */
    let settings;
    /** @type {Session} */
    let session;
    /** @type {ReturnType<typeof diagram>} */
    let net;
    /** @type {Float64Array} what the network answers for each pixel */
    let P;
    let running = false;
    /** @type {Where | null} */
    let pointed = null;
    let told = 0;

    const run = button("Run", () => (running ? pause() : go()));
    const toolbar = make(
      "div",
      { class: "tools" },
      run,
      button("One step", () => take(() => session.step())),
      button("One epoch", () => take(() => session.epoch())),
      button("Reset", () => start()),
      button("New seed", () => change("seed", String(Math.floor(1e6 * Math.random())))),
    );
    const counter = make("p", { class: "counter" });
    const status = make("p", { class: "status", role: "status" });

    const network = make("div", {
      class: "network",
      role: "group",
      "aria-label": "The network",
      onpointerleave: () => point(null),
      onfocusout: () => point(null),
    });
    const readout = make("p", { class: "readout" });
    const canvas = picture({ role: "img" });
    const square = make("div", { class: "square" }, canvas);
    const caption = make("figcaption", {});
    const curve = curves();
    const cells = {
      train: [make("td"), make("td")],
      test: [make("td"), make("td")],
    };
    const table = make(
      "table",
      {},
      make(
        "thead",
        {},
        make(
          "tr",
          {},
          make("td"),
          make("th", { scope: "col" }, "loss"),
          make("th", { scope: "col" }, "accuracy"),
        ),
      ),
      make(
        "tbody",
        {},
        make(
          "tr",
          {},
          make("th", { scope: "row", class: "train" }, "training points ●"),
          ...cells.train,
        ),
        make("tr", {}, make("th", { scope: "row", class: "test" }, "test points ○"), ...cells.test),
      ),
    );

    /** @type {Record<string, HTMLSelectElement>} */
    const selects = {};
    /** @type {Record<string, HTMLElement>} */
    const labels = {};
    /** @type {(title: string, group: typeof ANEW) => HTMLElement} */
    const fields = (title, group) =>
      make(
        "fieldset",
        {},
        make("legend", {}, title),
        ...Object.entries(group).map(([name, [label, options]]) => {
          selects[name] = make(
            "select",
            { name, onchange: () => change(name, selects[name].value) },
            ...options.map((value) => make("option", { value }, WORDS[value] ?? value)),
          );
          labels[name] = make("label", {}, make("span", {}, label), selects[name]);
          return labels[name];
        }),
      );

    root.append(
      make("div", { class: "bar" }, toolbar, counter),
      status,
      make(
        "div",
        { class: "stage" },
        make("div", {}, network, readout),
        make("figure", {}, square, caption),
      ),
      make("div", { class: "results" }, curve.svg, table),
      fields("Data and network: a change starts anew", ANEW),
      fields("Training: a change acts at once", AT_ONCE),
    );

    /** Shows what the reader chose. */
    function show() {
      for (const [name, select] of Object.entries(selects)) select.value = settings[name];
      for (const layer of [1, 2, 3]) {
        labels[`units${layer}`].hidden = layer > Number(settings.layers);
      }
      labels.l2.children[0].textContent =
        settings.optimizer === "AdamW" ? "weight decay" : SETTINGS.l2[0];
    }

    /** Writes the settings into the address. Where nothing differs from the start, it names none. */
    function keep() {
      const address = write(settings);
      history.replaceState(null, "", address ? `#${address}` : location.pathname + location.search);
    }

    /** @type {(name: string, value: string) => void} */
    function change(name, value) {
      settings[name] = value;
      if (addressed) keep();
      show();
      if (name in AT_ONCE) session.tune(settings);
      else start();
    }

    /** Reads the settings from the address, and says which of them are not offered. */
    function load() {
      // Other addresses lead to a heading of the page.
      const address = addressed && location.hash.includes("=") ? location.hash.slice(1) : "";
      const [asked, refused] = read(address);
      settings = asked;
      show();
      start();
      if (refused.length === 0) return;
      keep();
      const named = refused.join(" and ").slice(0, 200);
      status.textContent = `The link asks for ${named}, which is not offered here. The usual setting stands in its place.`;
    }

    function start() {
      pause();
      session = new Session(settings);
      pointed = null;
      net = diagram(session.network, point);
      network.replaceChildren(...net.parts);
      square.replaceChildren(canvas, dots(session));
      render();
      tell("Ready. ");
    }

    /** @param {Where | null} where */
    function point(where) {
      pointed = where;
      if (!running) render();
    }

    /** @param {() => void} action */
    function take(action) {
      pause();
      action();
      session.measure();
      render();
      tell();
    }

    function go() {
      running = true;
      run.textContent = "Pause";
      told = performance.now();
      requestAnimationFrame(frame);
    }

    function pause() {
      if (running) tell("Paused. ");
      running = false;
      run.textContent = "Run";
    }

    /**
     * One epoch for each picture.
     * @param {number} now
     */
    function frame(now) {
      if (!running) return;
      session.epoch();
      session.measure();
      render();
      if (!session.finite) pause();
      // Often enough to follow by ear, not so often that it never ends.
      else if (now - told > 5000) tell();
      if (running) requestAnimationFrame(frame);
    }

    function render() {
      const A = session.network.activations(GRID);
      const last = A.length - 1;
      P = session.network.outputOf(A[last]);
      A[last] = P;
      net.update(A);
      if (pointed && pointed.from === undefined) {
        const { layer, unit } = pointed;
        paint(canvas, pictureOf(A, layer, unit));
        caption.textContent = `What ${nameOf(session.network, layer, unit)} gives, for all inputs.`;
      } else {
        paint(canvas, (n) => P[2 * n + 1] - P[2 * n]);
        caption.textContent =
          "What the network answers, for all inputs: input 1 to the right, input 2 upwards.";
      }
      readout.textContent = describe();
      curve.update(session);
      for (const part of PARTS) {
        cells[part][0].textContent = number(session[part].loss, 3);
        cells[part][1].textContent = percent(session[part].accuracy);
      }
      counter.textContent = `epoch ${session.epochs} · step ${session.steps}`;
    }

    function describe() {
      if (pointed === null) return "Point at a unit or a line to read its numbers.";
      const { layer, unit, from } = pointed;
      const name = nameOf(session.network, layer, unit);
      if (from === undefined) return `${name}: ${weightsOf(session.network, layer, unit)}`;
      const w = session.network.W[layer - 1][from * session.network.sizes[layer] + unit];
      return `weight from ${nameOf(session.network, layer - 1, from)} to ${name}: ${number(w)}`;
    }

    /** Says the state to those who do not see the pictures: now and then, not at each picture. */
    function tell(before = "") {
      told = performance.now();
      const { train, test, epochs } = session;
      const blue = P.filter((p, i) => i % 2 && p > P[i - 1]).length / pixels.length;
      canvas.setAttribute(
        "aria-label",
        `Decision boundary. The network answers blue on ${percent(blue)} of the picture, orange on the ` +
          `rest. It is right for ${percent(train.accuracy)} of the training points and ` +
          `${percent(test.accuracy)} of the test points.`,
      );
      curve.tell(session);
      status.textContent = session.finite
        ? `${before}Epoch ${epochs}: loss ${number(train.loss, 3)}, test accuracy ${percent(test.accuracy)}.`
        : "The weights have grown beyond all numbers: the steps were too large. Lower the rate, then reset.";
    }

    load();
    if (!addressed) return;
    addEventListener("popstate", () => {
      if (location.hash && !location.hash.includes("=")) return;
      load();
      if (!location.hash) return;
      root.scrollIntoView({ block: "start" });
      run.focus({ preventScroll: true });
    });
  });
})();
