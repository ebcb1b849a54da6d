// @ts-check
// What the playground draws of a run: the pictures of what is computed, the network, the data, the curves.

/** @typedef {{ layer: number, unit: number, from?: number }} Where a unit; with `from`, the weight from that unit before it */

// A notebook runs this script once for each element, so the name must allow a second declaration.
var nnPictures = (() => {
  const { EDGE, INPUTS, inputsOf } = nnSession;
  const { contextOf, draw, make } = nnLab;
  const { number } = nnNetwork;
  const CLASSES = ["orange", "blue"];
  const PARTS = /** @type {const} */ (["test", "train"]);
  const RGB = [
    [0xd5, 0x5e, 0x00],
    [0x00, 0x72, 0xb2],
  ];

  // --- pictures of what is computed: blue where it is above zero, orange where below, clear at zero,
  // so that the colour of the page shows through, light or dark

  const SIZE = 64; // pixels on a side, which the browser blends into each other
  /** The place of each pixel. */
  const PLACES = new Float64Array(2 * SIZE * SIZE);
  for (let n = 0; n < SIZE * SIZE; n++) {
    PLACES[2 * n] = EDGE * (((n % SIZE) + 0.5) / (SIZE / 2) - 1);
    PLACES[2 * n + 1] = -EDGE * ((Math.floor(n / SIZE) + 0.5) / (SIZE / 2) - 1);
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
   * @param {boolean} discrete whether only the sign is shown
   */
  function paint(canvas, value, discrete) {
    for (let n = 0; n < pixels.length; n++) {
      const v = discrete ? Math.sign(value(n)) : Math.max(-1, Math.min(1, value(n)));
      pixels[n] = PALETTE[127 + Math.round(127 * v)];
    }
    contextOf(canvas).putImageData(image, 0, 0);
  }

  /** @param {Attributes} attributes */
  const picture = (attributes) => make("canvas", { width: SIZE, height: SIZE, ...attributes });

  /**
   * What is drawn of a unit, as a function of the pixel. An output has the colour of its class.
   * @type {(session: Session, A: Float64Array[], layer: number, unit: number) => (n: number) => number}
   */
  function pictureOf(session, A, layer, unit) {
    const K = A[layer].length / pixels.length;
    const most = layer === 0 ? INPUTS[inputsOf(session.settings)[unit]][2] : 1;
    const sign = layer === A.length - 1 && !session.regression && unit === 0 ? -1 : 1;
    const [values, factor] = [A[layer], sign / most];
    return (n) => factor * values[K * n + unit];
  }

  /** What the network answers: near -1 orange, near 1 blue. */
  /** @type {(session: Session, A: Float64Array[]) => (n: number) => number} */
  function answerOf({ regression }, A) {
    const P = A[A.length - 1];
    return regression ? (n) => P[n] : (n) => P[2 * n + 1] - P[2 * n];
  }

  // --- words

  /** @type {(session: Session, layer: number, unit: number) => string} */
  function nameOf({ network, regression, settings }, layer, unit) {
    if (layer === 0) return INPUTS[inputsOf(settings)[unit]][0];
    if (layer < network.W.length) return `hidden unit ${layer}.${unit + 1}`;
    return regression ? "output" : `output “${CLASSES[unit]}”`;
  }

  /** @type {(session: Session, layer: number, unit: number) => string} */
  function weightsOf(session, layer, unit) {
    if (layer === 0) return "what the network is given";
    const { network } = session;
    const column = network.W[layer - 1].filter((_, i) => i % network.sizes[layer] === unit);
    const last = column.length - 1;
    const from =
      nameOf(session, layer - 1, 0) + (last ? ` to ${nameOf(session, layer - 1, last)}` : "");
    const weights = Array.from(column, (w) => number(w)).join(", ");
    return `bias ${number(network.b[layer - 1][unit])}; weights, from ${from}: ${weights}`;
  }

  // --- the network: a button with its picture for each unit, a line for each weight

  /** @type {Record<string, [number, number]>} */
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  /**
   * The network, and a function that draws it anew. point(where) is told what the reader points at,
   * choose(where) what the reader presses.
   * @param {Session} session
   * @param {(where: Where) => void} point
   * @param {(where: Where) => void} choose
   */
  function diagram(session, point, choose) {
    const { network } = session;
    const columns = network.sizes.length;
    /** @param {number} layer */
    const x = (layer) => (100 * (layer + 0.5)) / columns;
    const rows = Math.max(5, ...network.sizes);
    /** @type {(layer: number, unit: number) => number} */
    const y = (layer, unit) => 50 + (100 / rows) * (unit - (network.sizes[layer] - 1) / 2);
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
          draw("line", {
            ...ends,
            class: "target",
            onpointerenter: () => point(where),
            onclick: () => choose(where),
          }),
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
            class: `unit ${layer === columns - 1 && !session.regression ? CLASSES[unit] : ""}`,
            style: `left: ${x(layer)}%; top: ${y(layer, unit)}%`,
            // One stop for the Tab key; from there the arrow keys lead through the network.
            tabindex: layer === 0 && unit === 0 ? 0 : -1,
            onpointerenter: () => point({ layer, unit }),
            onfocus: () => {
              const name = nameOf(session, layer, unit);
              button.setAttribute("aria-label", `${name}: ${weightsOf(session, layer, unit)}`);
              point({ layer, unit });
            },
            onclick: () => choose({ layer, unit }),
            onkeydown: (/** @type {KeyboardEvent} */ event) => move(event, layer, unit),
          },
          canvas,
          ...(layer === 0 ? [make("span", {}, nameOf(session, layer, unit))] : []),
        );
        button.setAttribute("aria-label", nameOf(session, layer, unit));
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
        make(
          "div",
          { class: "units", style: `--rows: ${rows}` },
          svg,
          ...units.flat().map(({ button }) => button),
        ),
      ],
      /** @type {(layer: number, unit: number) => void} */
      focus: (layer, unit) => units[layer][unit].button.focus({ preventScroll: true }),
      /** @type {(A: Float64Array[], discrete: boolean) => void} */
      update(A, discrete) {
        for (const [layer, column] of units.entries()) {
          for (const [unit, { canvas }] of column.entries()) {
            paint(canvas, pictureOf(session, A, layer, unit), discrete);
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
      const { places, y } = session[part];
      for (const [n, value] of y.entries()) {
        const place = {
          cx: places[2 * n],
          cy: -places[2 * n + 1],
          r: part === "train" ? 0.06 : 0.045,
        };
        const blue = session.regression ? value > 0 : value === 1;
        // A number has the colour of its class, the paler the nearer to zero.
        const strength = session.regression ? Math.min(1, Math.abs(value)) : 1;
        const style = `--strength: ${(100 * strength).toFixed()}%`;
        if (part === "test") svg.append(draw("circle", { ...place, class: "ring" }));
        svg.append(draw("circle", { ...place, style, class: `${part} ${CLASSES[Number(blue)]}` }));
      }
    }
    return svg;
  }

  // --- the loss curves

  const WIDE = 320;
  const HIGH = 130;

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

  return {
    PARTS,
    PLACES,
    answerOf,
    curves,
    diagram,
    dots,
    nameOf,
    paint,
    picture,
    pictureOf,
    weightsOf,
  };
})();
