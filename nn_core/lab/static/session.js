// @ts-check
// A training run of the playground: its settings, the points to learn from, and the run itself. A run
// follows from its settings alone: an address that names them shows everyone the same run, as long as
// nobody changes a setting on the way. The address does not say when a setting was changed.

/** @typedef {Record<string, string>} Settings */
/** @typedef {InstanceType<typeof nnSession.Session>} Session */
/** @typedef {{ X: Float64Array, y: number[], loss: number, accuracy: number }} Part training or test points, and how they are read */

// A notebook runs this script once for each element, so the name must allow a second declaration.
var nnSession = (() => {
  const { INITIALIZERS, MLP, OPTIMIZERS, Random, minibatches, trainStep } = nnNetwork;

  // --- settings, each with its label, its options and the one to start with

  /** @typedef {Record<string, [label: string, options: string[], start: string]>} Offer */

  const UNITS = ["1", "2", "3", "4", "5", "6", "7", "8"];
  /** @type {Offer} */
  const ANEW = {
    data: ["data set", ["blobs", "circles", "xor", "spiral"], "circles"],
    noise: ["noise", ["0", "0.1", "0.2", "0.3", "0.5"], "0.1"],
    points: ["training points", ["20", "50", "100", "200"], "200"],
    layers: ["hidden layers", ["0", "1", "2", "3"], "1"],
    units1: ["units in layer 1", UNITS, "4"],
    units2: ["units in layer 2", UNITS, "4"],
    units3: ["units in layer 3", UNITS, "4"],
    activation: ["activation", ["relu", "leaky_relu", "sigmoid", "tanh", "identity"], "tanh"],
    init: ["initialization", Object.keys(INITIALIZERS), "glorot_normal"],
    loss: ["loss", ["cross_entropy", "mean_squared_error"], "cross_entropy"],
  };
  // These may change while it trains: the batch size from the next epoch on, the others from the next step.
  /** @type {Offer} */
  const AT_ONCE = {
    optimizer: ["optimizer", Object.keys(OPTIMIZERS), "SGD"],
    lr: ["learning rate", ["0.001", "0.003", "0.01", "0.03", "0.1", "0.3", "1", "3", "10"], "0.1"],
    batch: ["batch size", ["1", "5", "10", "20", "50", "all"], "10"],
    l2: ["L2 strength", ["0", "0.0001", "0.001", "0.003", "0.01", "0.03", "0.1"], "0"],
    dropout: ["dropout", ["0", "0.1", "0.2", "0.3", "0.5"], "0"],
  };
  const SETTINGS = { ...ANEW, ...AT_ONCE };
  /** @type {Settings} */
  const START = { seed: "1" };
  for (const [name, [, , start]] of Object.entries(SETTINGS)) START[name] = start;

  /** @type {(name: string, value: string) => boolean} */
  const isOffered = (name, value) =>
    name === "seed"
      ? /^\d{1,6}$/.test(value)
      : Object.hasOwn(SETTINGS, name) && SETTINGS[name][1].includes(value);

  /**
   * The settings that data=xor&lr=0.3 asks for, and what of it is not offered.
   * @param {string} address
   * @returns {[Settings, string[]]}
   */
  function read(address) {
    const settings = { ...START };
    const refused = [];
    for (const [name, value] of new URLSearchParams(address)) {
      if (isOffered(name, value)) settings[name] = value;
      else refused.push(`${name}=${value}`);
    }
    return [settings, refused];
  }

  /**
   * The address of settings: those that differ from the start.
   * @param {Settings} settings
   */
  function write(settings) {
    const changed = Object.entries(settings).filter(([name, value]) => value !== START[name]);
    return new URLSearchParams(changed).toString();
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

  /**
   * @param {string} set
   * @param {number} N
   * @param {number} noise
   * @param {Random} rng
   * @returns {Part}
   */
  function sample(set, N, noise, rng) {
    const X = new Float64Array(2 * N);
    const y = Array.from({ length: N }, (_, n) => n % 2);
    for (let n = 0; n < N; n++) {
      X.set(
        SETS[set](y[n], rng).map((x) => x + rng.normal(0, noise)),
        2 * n,
      );
    }
    return { X, y, loss: NaN, accuracy: NaN };
  }

  // --- the run

  class Session {
    steps = 0;
    epochs = 0;
    /** How many examples of this epoch the network has seen. */
    seen = 0;
    /** @type {{ time: number, train: number, test: number }[]} */
    history = [];
    /** Between two entries of the history, in epochs. */
    gap = 0;
    /** @type {Iterator<[Float64Array, number[]]> | null} */
    batches = null;
    // What tune() sets.
    optimizer = new OPTIMIZERS.SGD(0);
    l2 = 0;
    dropout = 0;
    batch = 0;

    /** @param {Settings} settings */
    constructor(settings) {
      const { data, points, activation, init, loss, layers, units1, units2, units3, seed } =
        settings;
      const chance = new Random(Number(seed));
      this.test = sample(data, 200, Number(settings.noise), chance);
      this.train = sample(data, Number(points), Number(settings.noise), chance);
      // A generator of its own lets a network start the same on any data.
      this.rng = new Random(~Number(seed));
      const hidden = [units1, units2, units3].slice(0, Number(layers)).map(Number);
      this.network = new MLP([2, ...hidden, 2], this.rng, {
        activation,
        loss,
        initializer: init,
        output: loss === "cross_entropy" ? "softmax" : "sigmoid",
      });
      this.tune(settings);
      this.measure();
    }

    /**
     * Takes what may change while it trains; step() asks for the batch size when an epoch begins.
     * @param {Settings} settings
     */
    tune(settings) {
      const [lr, l2] = [Number(settings.lr), Number(settings.l2)];
      const Method = OPTIMIZERS[/** @type {keyof typeof OPTIMIZERS} */ (settings.optimizer)];
      if (this.optimizer.constructor !== Method) {
        // Only AdamW takes more than a rate.
        this.optimizer = new Method(lr, { decay: l2, weights: this.network.isWeight });
      }
      this.optimizer.lr = lr;
      this.l2 = l2;
      // One number for the two ways to shrink weights: AdamW has its own.
      if (this.optimizer instanceof OPTIMIZERS.AdamW) {
        this.optimizer.decay = l2;
        this.l2 = 0;
      }
      this.dropout = Number(settings.dropout);
      this.batch = settings.batch === "all" ? this.train.y.length : Number(settings.batch);
    }

    step() {
      this.batches ??= minibatches(this.train.X, this.train.y, this.batch, this.rng);
      const [X, y] = this.batches.next().value;
      const masks = this.dropout
        ? this.network.dropoutMasks(y.length, this.dropout, this.rng)
        : null;
      trainStep(this.network, this.optimizer, X, y, { masks, l2: this.l2 });
      this.steps += 1;
      this.seen += y.length;
      if (this.seen === this.train.y.length) {
        this.epochs += 1;
        this.seen = 0;
        this.batches = null;
      }
    }

    epoch() {
      const last = this.epochs;
      while (this.epochs === last) this.step();
    }

    measure() {
      for (const part of [this.train, this.test]) {
        [part.loss] = this.network.lossOf(this.network.forward(part.X), part.y);
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

  return { ANEW, AT_ONCE, SETTINGS, Session, read, write };
})();
