// @ts-check
// The values of a line chart, at a point: by pointer, finger or keyboard. The drawing itself holds the
// scales of its axes and the names of its lines (nn_core/lab/axes.py), and the places of their points.

/** @typedef {{ name: string, at: [number, number], of: [number, number], log?: true, percent?: true }} Scale */
/** @typedef {{ name: string, colour: string, points: [number, number][] }} Line points in the drawing */

// A notebook runs this script once for each element, so the name must allow a second declaration.
var nnValues = (() => {
  const { make } = nnLab;

  /** @type {(scale: Scale, place: number) => number} */
  const valueAt = ({ at: [a, b], of: [low, high], log }, place) => {
    const share = (place - a) / (b - a);
    return log ? low * (high / low) ** share : low + share * (high - low);
  };

  /** As many digits as the axis lets one see. @type {(scale: Scale, value: number) => string} */
  const written = ({ of: [low, high], log, percent }, value) => {
    const seen = log ? Math.abs(value) : Math.abs(high - low);
    const digits = Math.max(0, 2 - Math.floor(Math.log10(seen)) - (percent ? 2 : 0));
    if (digits > 7) return value.toExponential(1).replaceAll("-", "−");
    const text = (percent ? 100 * value : value).toLocaleString("en", {
      maximumFractionDigits: percent ? Math.max(1, digits) : digits,
    });
    return `${text.replace("-", "−")}${percent ? " %" : ""}`;
  };

  /** @type {(axes: Element) => Line[]} */
  const linesOf = (axes) =>
    [...axes.querySelectorAll("[data-line]")].map((group) => {
      const path = /** @type {SVGPathElement} */ (group.querySelector("path"));
      const numbers = (path.getAttribute("d") ?? "").match(/-?[\d.]+/g)?.map(Number) ?? [];
      const points = Array.from({ length: numbers.length / 2 }, (_, k) => [
        numbers[2 * k],
        numbers[2 * k + 1],
      ]);
      return {
        name: group.getAttribute("data-line") ?? "",
        colour: path.style.stroke,
        points: /** @type {[number, number][]} */ (points),
      };
    });

  /** @type {(points: [number, number][], place: number) => [number, number]} */
  const nearest = (points, place) =>
    points.reduce((best, point) =>
      Math.abs(point[0] - place) < Math.abs(best[0] - place) ? point : best,
    );

  /**
   * Lets the values of one pair of axes be read. The drawing may be another at each reading.
   * @param {HTMLElement} box around the drawing
   * @param {number} k which axes of the drawing
   */
  const read = (box, k) => {
    const axes = () => box.querySelectorAll("[data-axes]")[k];
    /** @type {() => [Scale, Scale]} */
    const scales = () => JSON.parse(axes().getAttribute("data-axes") ?? "");
    const [x, y] = scales();
    const svg = /** @type {SVGSVGElement} */ (axes().closest("svg"));
    const { width } = svg.viewBox.baseVal;
    /** @type {number[]} */
    let places = [];
    const find = () => {
      const points = linesOf(axes()).flatMap(({ points }) => points);
      places = [...new Set(points.map(([at]) => at))].sort((a, b) => a - b);
      slider.max = String(places.length - 1);
    };

    const slider = make("input", {
      "aria-label": `Values${x.name && ` by ${x.name}`}`,
      autocomplete: "off",
      class: "lab-reader",
      min: 0,
      type: "range",
      value: 0,
    });
    const at = make("div", { class: "at" });
    const values = make("div", { "aria-hidden": "true", class: "values" });
    const dots = make("div");
    const node = make("div", { class: "lab-reading off" }, at, dots, values, slider);
    const place = () => {
      const drawn = /** @type {Element} */ (axes().closest("svg")).getBoundingClientRect();
      const from = box.getBoundingClientRect();
      const scale = drawn.width / width;
      node.style.left = `${drawn.left - from.left + box.scrollLeft + x.at[0] * scale}px`;
      node.style.top = `${drawn.top - from.top + y.at[1] * scale}px`;
      node.style.width = `${(x.at[1] - x.at[0]) * scale}px`;
      node.style.height = `${(y.at[0] - y.at[1]) * scale}px`;
    };

    const show = () => {
      place();
      const [x, y] = scales();
      find();
      const here = places[slider.valueAsNumber];
      /** @type {(p: number) => string} */
      const across = (p) => `${(100 * (p - x.at[0])) / (x.at[1] - x.at[0])}%`;
      /** @type {(p: number) => string} */
      const down = (p) => `${(100 * (p - y.at[1])) / (y.at[0] - y.at[1])}%`;
      const found = linesOf(axes())
        .filter(({ points }) => points.length > 0)
        .map((line) => ({ ...line, point: nearest(line.points, here) }))
        // A line that ends before has no value here.
        .filter(({ point }) => Math.abs(point[0] - here) < 0.02 * (x.at[1] - x.at[0]))
        .sort((a, b) => a.point[1] - b.point[1]);
      at.style.left = across(here);
      const where = `${x.name} ${written(x, valueAt(x, here))}`;
      dots.replaceChildren(
        ...found.map(({ colour, point }) =>
          make("div", {
            class: "dot",
            style: `background:${colour};left:${across(point[0])};top:${down(point[1])}`,
          }),
        ),
      );
      const rows = found.map(({ name, colour, point }) => ({
        name,
        colour,
        value: written(y, valueAt(y, point[1])),
      }));
      values.replaceChildren(
        make("span", {}, x.name),
        make("span", {}, written(x, valueAt(x, here))),
        ...rows.flatMap(({ name, colour, value }) => [
          make("span", {}, make("i", { style: `background:${colour}` }), name),
          make("strong", {}, value),
        ]),
      );
      // On the side where there is room.
      const left = here < (x.at[0] + x.at[1]) / 2;
      values.style.left = left ? `calc(${across(here)} + 12px)` : "auto";
      values.style.right = left ? "auto" : `calc(100% - ${across(here)} + 12px)`;
      slider.setAttribute(
        "aria-valuetext",
        `${where}: ${rows.map(({ name, value }) => `${name} ${value}`).join(", ")}`,
      );
      node.classList.remove("off");
    };
    const hide = () => node.classList.add("off");

    let pointer = 0; // where it is on the screen
    const follow = () => {
      const drawn = node.getBoundingClientRect();
      const here = x.at[0] + ((pointer - drawn.left) / drawn.width) * (x.at[1] - x.at[0]);
      find();
      const k = places.reduce(
        (best, p, i) => (Math.abs(p - here) < Math.abs(places[best] - here) ? i : best),
        0,
      );
      slider.valueAsNumber = k;
      show();
    };
    for (const type of /** @type {const} */ (["pointerdown", "pointermove"])) {
      slider.addEventListener(type, ({ clientX }) => {
        pointer = clientX;
        follow();
      });
    }
    slider.addEventListener("pointerleave", () => {
      if (document.activeElement !== slider) hide();
    });
    // Where the slider itself takes a press is no matter: points may lie at any distance.
    slider.addEventListener("input", () => (slider.matches(":active") ? follow() : show()));
    slider.addEventListener("focus", show);
    slider.addEventListener("blur", hide);
    slider.addEventListener("keydown", ({ key }) => {
      if (key === "Escape") hide();
    });
    // It also hears of the first layout, which comes late for what is far below on the page.
    new ResizeObserver(place).observe(box);
    box.append(node);
  };

  /** @param {HTMLElement} root a figure */
  const start = (root) => {
    const box = /** @type {HTMLElement | null} */ (root.querySelector(".lab-drawing"));
    if (box) for (const k of box.querySelectorAll("[data-axes]").keys()) read(box, k);
  };

  nnLab.start("plot", start);
  return { start };
})();
