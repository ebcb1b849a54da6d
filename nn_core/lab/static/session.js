// @ts-check
// A training run of the playground: its settings, the points to learn from, and the run itself. A run
// follows from the settings at its start and the list of what was changed later, each with the step after
// which it was changed. The address names both, so it shows everyone the same run.

/** @typedef {Record<string, string>} Settings */
/** @typedef {{ step: number, name: string, value: string }} Change after so many steps, a setting or a weight gets another value */
/** @typedef {InstanceType<typeof nnSession.Session>} Session */
/** @typedef {{ places: Float64Array, X: Float64Array, y: number[], loss: number, accuracy: number }} Part training or test points, what the network is given of them, and how they are read */

// A notebook runs this script once for each element, so the name must allow a second declaration.
var nnSession = (() => {
  const { INITIALIZERS, MLP, OPTIMIZERS, Random, trainStep } = nnNetwork;

  // --- inputs: what the network may be given of a place, and how far from zero that comes in the picture

  const EDGE = 2.5; // the picture shows places from -EDGE to EDGE
  /** @type {Record<string, [label: string, of: (x1: number, x2: number) => number, most: number]>} */
  const INPUTS = {
    x1: ["x₁", (x1) => x1, EDGE],
    x2: ["x₂", (_, x2) => x2, EDGE],
    x1x1: ["x₁²", (x1) => x1 * x1, EDGE * EDGE],
    x2x2: ["x₂²", (_, x2) => x2 * x2, EDGE * EDGE],
    x1x2: ["x₁·x₂", (x1, x2) => x1 * x2, EDGE * EDGE],
    sinx1: ["sin x₁", (x1) => Math.sin(x1), 1],
    sinx2: ["sin x₂", (_, x2) => Math.sin(x2), 1],
  };

  // --- settings, each with its label, its options and the one to start with

  /** @typedef {Record<string, [label: string, options: string[], start: string]>} Offer */

  const UNITS = ["1", "2", "3", "4", "5", "6", "7", "8"];
  const STRENGTHS = ["0", "0.0001", "0.001", "0.003", "0.01", "0.03", "0.1"];
  const ON_OFF = ["on", "off"];
  /** @type {Offer} */
  const ANEW = {
    data: ["data set", ["blobs", "circles", "xor", "spiral", "plane", "hills"], "circles"],
    noise: ["noise", ["0", "0.1", "0.2", "0.3", "0.5"], "0.1"],
    points: ["training points", ["20", "50", "100", "200"], "200"],
    layers: ["hidden layers", ["0", "1", "2", "3"], "1"],
    units1: ["units 1", UNITS, "4"],
    units2: ["units 2", UNITS, "4"],
    units3: ["units 3", UNITS, "4"],
    activation: ["activation", ["relu", "leaky_relu", "sigmoid", "tanh", "identity"], "tanh"],
    init: ["initialization", Object.keys(INITIALIZERS), "glorot_normal"],
    loss: ["loss", ["cross_entropy", "mean_squared_error"], "cross_entropy"],
  };
  for (const [name, [label]] of Object.entries(INPUTS)) {
    ANEW[name] = [label, ON_OFF, name === "x1" || name === "x2" ? "on" : "off"];
  }
  // These may change while it trains. A change acts from the next step on.
  /** @type {Offer} */
  const AT_ONCE = {
    optimizer: ["optimizer", Object.keys(OPTIMIZERS), "SGD"],
    lr: ["learning rate", ["0.001", "0.003", "0.01", "0.03", "0.1", "0.3", "1", "3", "10"], "0.1"],
    batch: ["batch size", ["1", "5", "10", "20", "50", "all"], "10"],
    l1: ["L1 strength", STRENGTHS, "0"],
    l2: ["L2 strength", STRENGTHS, "0"],
    dropout: ["dropout", ["0", "0.1", "0.2", "0.3", "0.5"], "0"],
  };
  // These only change what is seen of a run.
  /** @type {Offer} */
  const VIEW = {
    speed: ["speed", ["1", "5", "20", "100", "epochs"], "epochs"],
    discrete: ["two colours only", ON_OFF, "off"],
  };
  const SETTINGS = { ...ANEW, ...AT_ONCE, ...VIEW };
  // What a link for a class may hide: settings, some of them together, and more.
  /** @type {Record<string, string>} */
  const CONTROLS = {};
  for (const [name, [label]] of Object.entries(SETTINGS)) {
    if (controlOf(name) === name) CONTROLS[name] = label;
  }
  Object.assign(CONTROLS, {
    units: "units",
    inputs: "inputs",
    step: "One step, One epoch",
    seed: "New seed",
    weights: "changing weights",
  });
  /** @param {string} name */
  function controlOf(name) {
    if (Object.hasOwn(INPUTS, name)) return "inputs";
    return name.startsWith("units") ? "units" : name;
  }
  /** @type {Settings} */
  const START = { seed: "1", hide: "" };
  for (const [name, [, , start]] of Object.entries(SETTINGS)) START[name] = start;

  /** @type {(name: string, value: string) => boolean} */
  function isOffered(name, value) {
    if (name === "seed") return /^\d{1,6}$/.test(value);
    if (name === "hide")
      return value.split(".").every((control) => Object.hasOwn(CONTROLS, control));
    return Object.hasOwn(SETTINGS, name) && SETTINGS[name][1].includes(value);
  }

  /** @type {(settings: Settings) => boolean} */
  const isRegression = ({ data }) => Object.hasOwn(TARGETS, data);

  /** @param {Settings} settings */
  const inputsOf = (settings) => Object.keys(INPUTS).filter((name) => settings[name] === "on");

  /**
   * The units of each layer.
   * @param {Settings} settings
   */
  function sizesOf(settings) {
    const { layers, units1, units2, units3 } = settings;
    const hidden = [units1, units2, units3].slice(0, Number(layers)).map(Number);
    return [inputsOf(settings).length, ...hidden, isRegression(settings) ? 1 : 2];
  }

  // --- weights by name: w1.2.3 leads into layer 1, from unit 2 before it to unit 3; b1.3 is that unit's bias

  /** @type {(layer: number, unit: number, from?: number) => string} */
  const weightName = (layer, unit, from) =>
    from === undefined ? `b${layer}.${unit + 1}` : `w${layer}.${from + 1}.${unit + 1}`;

  /**
   * The layer, and where in its weights or biases the number stands, or null if the network has none such.
   * @type {(name: string, sizes: number[]) => { kind: "W" | "b", layer: number, place: number } | null}
   */
  function placeOf(name, sizes) {
    const [, kind, ...numbers] = /^([wb])(\d)\.(\d)(?:\.(\d))?$/.exec(name) ?? [];
    const [layer, from, unit] = (kind === "b" ? [numbers[0], "1", numbers[1]] : numbers).map(
      Number,
    );
    if (!(layer >= 1 && layer < sizes.length && unit >= 1 && unit <= sizes[layer])) return null;
    if (!(from >= 1 && from <= sizes[layer - 1])) return null;
    if (kind === "b") return { kind, layer: layer - 1, place: unit - 1 };
    return { kind: "W", layer: layer - 1, place: (from - 1) * sizes[layer] + unit - 1 };
  }

  // --- addresses

  /**
   * The settings that data=xor&lr=0.3 asks for, what changes on the way (then=100-lr-0.1: after 100 steps),
   * and what of it is not offered.
   * @param {string} address
   * @returns {[Settings, Change[], string[]]}
   */
  function read(address) {
    const settings = { ...START };
    const changes = [];
    const refused = [];
    for (const [name, value] of new URLSearchParams(address)) {
      if (name === "then") changes.push(value);
      else if (isOffered(name, value)) settings[name] = value;
      else refused.push(`${name}=${value}`);
    }
    if (inputsOf(settings).length === 0) {
      refused.push("no input");
      settings.x1 = settings.x2 = "on";
    }
    const sizes = sizesOf(settings);
    const understood = changes.flatMap((text) => {
      const [, step, name, value] = /^(\d{1,7})-([\w.]+?)-(.+)$/.exec(text) ?? [];
      const offered = Object.hasOwn(AT_ONCE, name)
        ? isOffered(name, value)
        : name && placeOf(name, sizes) && /^-?\d{1,2}(\.\d{1,2})?$/.test(value);
      if (offered) return [{ step: Number(step), name, value }];
      refused.push(`then=${text}`);
      return [];
    });
    return [settings, understood.sort((a, b) => a.step - b.step), refused];
  }

  /**
   * The address of settings, those that differ from the start, and of the changes.
   * @param {Settings} settings
   * @param {Change[]} changes
   */
  function write(settings, changes) {
    return new URLSearchParams([
      ...Object.entries(settings).filter(([name, value]) => value !== START[name]),
      ...changes.map(({ step, name, value }) => ["then", `${step}-${name}-${value}`]),
    ]).toString();
  }

  // --- data: where a point of class 0 or 1 lies before the noise, less than about 3 from the middle

  /** @type {(radius: number, angle: number) => number[]} */
  const around = (radius, angle) => [radius * Math.cos(angle), radius * Math.sin(angle)];
  /** @type {Record<string, (label: number, rng: Random) => number[]>} */
  const SETS = {
    blobs: (label, rng) => [0, 0].map(() => rng.normal(label ? 1.1 : -1.1, 0.4)),
    circles(label, rng) {
      const radius = label ? rng.uniform(0, 0.9) : rng.uniform(1.4, 2.1);
      return around(radius, rng.uniform(0, 2 * Math.PI));
    },
    xor(label, rng) {
      const x = rng.uniform(0.1, 2) * (rng.random() < 0.5 ? -1 : 1);
      return [x, rng.uniform(0.1, 2) * Math.sign(x) * (label ? 1 : -1)];
    },
    spiral(label, rng) {
      const way = rng.uniform(0.1, 1);
      return around(2.2 * way, 3 * Math.PI * way + Math.PI * label);
    },
  };

  // For regression: the number that belongs to a place, from about -1 to 1, before the noise.
  const HILLS = [-1.4, 0, 1.4].flatMap((x, i) => [-1.3, 1.3].map((y, j) => [x, y, (i + j) % 2]));
  /** @type {Record<string, (x1: number, x2: number) => number>} */
  const TARGETS = {
    plane: (x1, x2) => (x1 + x2) / 4.4,
    hills: (x1, x2) =>
      HILLS.reduce(
        (sum, [x, y, up]) => sum + (up ? 1 : -1) * Math.exp(-2 * ((x1 - x) ** 2 + (x2 - y) ** 2)),
        0,
      ),
  };

  /**
   * What the network is given of each place.
   * @param {Float64Array} places
   * @param {Settings} settings
   */
  function given(places, settings) {
    const names = inputsOf(settings);
    const D = names.length;
    const X = new Float64Array((places.length / 2) * D);
    for (const [d, name] of names.entries()) {
      const of = INPUTS[name][1];
      for (let n = 0; 2 * n < places.length; n++)
        X[n * D + d] = of(places[2 * n], places[2 * n + 1]);
    }
    return X;
  }

  /**
   * @param {Settings} settings
   * @param {number} N
   * @param {Random} rng
   * @returns {Part}
   */
  function sample(settings, N, rng) {
    const noise = Number(settings.noise);
    const places = new Float64Array(2 * N);
    const y = Array.from({ length: N }, (_, n) => n % 2);
    for (let n = 0; n < N; n++) {
      if (isRegression(settings)) {
        const [x1, x2] = [rng.uniform(-2.2, 2.2), rng.uniform(-2.2, 2.2)];
        places.set([x1, x2], 2 * n);
        y[n] = TARGETS[settings.data](x1, x2) + rng.normal(0, noise);
      } else {
        const place = SETS[settings.data](y[n], rng);
        places.set(
          place.map((x) => x + rng.normal(0, noise)),
          2 * n,
        );
      }
    }
    return { places, X: given(places, settings), y, loss: NaN, accuracy: NaN };
  }

  // --- the run

  class Session {
    steps = 0;
    epochs = 0;
    /** The order in which this epoch shows the examples, and how many it has shown. */
    order = /** @type {number[]} */ ([]);
    seen = 0;
    /** How many of the changes have been made. */
    made = 0;
    /** @type {{ time: number, train: number, test: number }[]} */
    history = [];
    /** Between two entries of the history, in epochs. */
    gap = 0;
    optimizer = new OPTIMIZERS.SGD(0);

    /**
     * @param {Settings} settings
     * @param {Change[]} changes
     */
    constructor(settings, changes = []) {
      this.start = { ...settings };
      this.settings = { ...settings };
      this.changes = [...changes];
      this.regression = isRegression(settings);
      const chance = new Random(Number(settings.seed));
      this.test = sample(settings, 200, chance);
      this.train = sample(settings, Number(settings.points), chance);
      // A generator of its own lets a network start the same on any data.
      this.rng = new Random(~Number(settings.seed));
      const { activation, init, loss } = settings;
      const [output, distance] = this.regression
        ? ["identity", "squared_distance"]
        : [loss === "cross_entropy" ? "softmax" : "sigmoid", loss];
      this.network = new MLP(sizesOf(settings), this.rng, {
        activation,
        loss: distance,
        initializer: init,
        output,
      });
      this.makeChanges();
      this.measure();
    }

    /** Makes the changes whose step has come. */
    makeChanges() {
      for (; this.changes[this.made]?.step <= this.steps; this.made++) {
        const { name, value } = this.changes[this.made];
        const place = placeOf(name, this.network.sizes);
        if (place) this.network[place.kind][place.layer][place.place] = Number(value);
        else this.settings[name] = value;
      }
    }

    /**
     * The reader changes a weight, or a setting that needs no new start. What a link would have changed
     * later is then forgotten: from here on, the reader decides.
     * @type {(name: string, value: string) => void}
     */
    change(name, value) {
      const isView = Object.hasOwn(VIEW, name);
      if (!isView) {
        // Only the last of several values at the same step has an effect.
        this.changes = this.changes
          .slice(0, this.made)
          .filter((one) => one.step !== this.steps || one.name !== name);
        this.made = this.changes.length;
      }
      if (isView || (this.steps === 0 && Object.hasOwn(AT_ONCE, name))) {
        this.start[name] = this.settings[name] = value;
      } else {
        this.changes.push({ step: this.steps, name, value });
        this.makeChanges();
      }
    }

    /** The address of this run. */
    get address() {
      return write(this.start, this.changes);
    }

    /** Takes the settings as they now stand. */
    tune() {
      const { lr, l2, optimizer } = this.settings;
      const Method = OPTIMIZERS[/** @type {keyof typeof OPTIMIZERS} */ (optimizer)];
      if (this.optimizer.constructor !== Method) {
        // Only AdamW takes more than a rate.
        this.optimizer = new Method(0, { decay: 0, weights: this.network.isWeight });
      }
      this.optimizer.lr = Number(lr);
      if (this.optimizer instanceof OPTIMIZERS.AdamW) this.optimizer.decay = Number(l2);
    }

    step() {
      this.tune();
      const N = this.train.y.length;
      const D = this.train.X.length / N;
      const { batch, dropout, l1, l2, optimizer } = this.settings;
      if (this.seen === 0) this.order = this.rng.permutation(N);
      const chosen = this.order.slice(this.seen, this.seen + (batch === "all" ? N : Number(batch)));
      const X = new Float64Array(chosen.length * D);
      for (const [row, n] of chosen.entries())
        X.set(this.train.X.subarray(n * D, (n + 1) * D), row * D);
      const rate = Number(dropout);
      trainStep(
        this.network,
        this.optimizer,
        X,
        chosen.map((n) => this.train.y[n]),
        {
          masks: rate ? this.network.dropoutMasks(chosen.length, rate, this.rng) : null,
          l1: Number(l1),
          // AdamW shrinks weights in its own way, with the same number.
          l2: optimizer === "AdamW" ? 0 : Number(l2),
        },
      );
      this.steps += 1;
      this.seen += chosen.length;
      if (this.seen === N) {
        this.epochs += 1;
        this.seen = 0;
      }
      this.makeChanges();
    }

    epoch() {
      const last = this.epochs;
      while (this.epochs === last) this.step();
    }

    measure() {
      for (const part of [this.train, this.test]) {
        [part.loss] = this.network.lossOf(this.network.forward(part.X), part.y);
        if (this.regression) continue;
        const said = this.network.predict(part.X);
        part.accuracy = part.y.filter((label, n) => said[n] === label).length / part.y.length;
      }
      const time = this.epochs + this.seen / this.train.y.length;
      const last = this.history.at(-1);
      if (last && time - last.time < this.gap) return;
      this.history.push({ time, train: this.train.loss, test: this.test.loss });
      // A curve needs some hundred points: when there are too many, every second one goes.
      if (this.history.length > 600) {
        this.history = this.history.filter((_, i) => i % 2 === 0);
        this.gap = time / 300;
      }
    }

    get finite() {
      return Number.isFinite(this.train.loss) && this.network.theta.every(Number.isFinite);
    }
  }

  return {
    ANEW,
    AT_ONCE,
    CONTROLS,
    EDGE,
    INPUTS,
    SETTINGS,
    Session,
    VIEW,
    controlOf,
    given,
    inputsOf,
    placeOf,
    read,
    weightName,
  };
})();
