// @ts-check
// The engine of all elements that compute: nn_core once more, in JavaScript. Formulas, shapes and names are
// those of layers.py, losses.py, initializers.py, network.py, regularization.py and optimizers.py. The
// optimizers also keep the order of operations; the other functions may add and multiply in another order.
// tests/browser/test_engine.py runs both side by side: they agree but for rounding.
//
// An array of shape (N, D) is a Float64Array of its N D entries, row by row, as NumPy stores it. A function
// finds N from the lengths of its arguments. Labels y (N,) are whole numbers from 0.

/** @typedef {ArrayLike<number>} Numbers */
/** @typedef {[fanIn: number, fanOut: number]} Shape */
/** @typedef {InstanceType<typeof nnNetwork.MLP>} MLP */
/** @typedef {InstanceType<typeof nnNetwork.Random>} Random */
/** @typedef {InstanceType<typeof nnNetwork.OPTIMIZERS.SGD>} Optimizer */
/** @typedef {{ forward: (Z: Numbers, K: number) => Float64Array, backward: (dA: Numbers, A: Numbers, K: number) => Float64Array }} Activation */
/** @typedef {(shape: Shape, rng: Random) => Float64Array} Initializer */
/** @typedef {Float64Array[] | null} Masks dropout masks, one for each hidden layer */

// A notebook runs this script once for each element, so the name must allow a second declaration.
var nnNetwork = (() => {
  // --- layers

  /**
   * Z = X W + b, with X (N, D), W (D, K), b (K,): Z is (N, K).
   * @param {Numbers} X
   * @param {Numbers} W
   * @param {Numbers} b
   */
  function denseForward(X, W, b) {
    const K = b.length;
    const D = W.length / K;
    const N = X.length / D;
    const Z = new Float64Array(N * K);
    for (let n = 0; n < N; n++) {
      Z.set(b, n * K);
      for (let d = 0; d < D; d++) {
        const x = X[n * D + d];
        if (x === 0) continue; // most pixels are paper, and many units are silent
        for (let k = 0; k < K; k++) Z[n * K + k] += x * W[d * K + k];
      }
    }
    return Z;
  }

  /**
   * dW = Xᵀ dZ and db = sum over n of dZ[n], written into dW and db; gives dX = dZ Wᵀ.
   * @param {Numbers} dZ
   * @param {Numbers} X
   * @param {Numbers} W
   * @param {Float64Array} dW
   * @param {Float64Array} db
   */
  function denseBackward(dZ, X, W, dW, db) {
    const K = db.length;
    const D = W.length / K;
    const N = X.length / D;
    const dX = new Float64Array(X.length);
    dW.fill(0);
    db.fill(0);
    for (let n = 0; n < N; n++) {
      for (let k = 0; k < K; k++) {
        const dz = dZ[n * K + k];
        db[k] += dz;
        for (let d = 0; d < D; d++) {
          dW[d * K + k] += X[n * D + d] * dz;
          dX[n * D + d] += dz * W[d * K + k];
        }
      }
    }
    return dX;
  }

  /**
   * The place of the largest of the K scores that begin at `start`.
   * @param {Numbers} Z
   * @param {number} start
   * @param {number} K
   */
  function largestOf(Z, start, K) {
    let place = start;
    for (let k = start + 1; k < start + K; k++) if (Z[k] > Z[place]) place = k;
    return place;
  }

  /**
   * P[n, k] = exp(Z[n, k]) / sum over j of exp(Z[n, j]). The largest score of a row is subtracted first.
   * The result stays the same, and exp does not overflow.
   * @param {Numbers} Z
   * @param {number} K
   */
  function softmax(Z, K) {
    const P = new Float64Array(Z.length);
    for (let start = 0; start < Z.length; start += K) {
      const largest = Z[largestOf(Z, start, K)];
      let total = 0;
      for (let k = start; k < start + K; k++) total += P[k] = Math.exp(Z[k] - largest);
      for (let k = start; k < start + K; k++) P[k] /= total;
    }
    return P;
  }

  /**
   * dZ[n, k] = P[n, k] (dP[n, k] - sum over j of dP[n, j] P[n, j])
   * @type {Activation["backward"]}
   */
  function softmaxBackward(dP, P, K) {
    const dZ = new Float64Array(P.length);
    for (let start = 0; start < P.length; start += K) {
      let sum = 0;
      for (let k = start; k < start + K; k++) sum += dP[k] * P[k];
      for (let k = start; k < start + K; k++) dZ[k] = P[k] * (dP[k] - sum);
    }
    return dZ;
  }

  /**
   * An activation that takes each entry alone. Its derivative is a function of its output.
   * @param {(z: number) => number} value
   * @param {(a: number) => number} derivative
   */
  const elementwise = (value, derivative) => ({
    value,
    derivative,
    /** @param {Numbers} Z */
    forward: (Z) => Float64Array.from(Z, value),
    /** @type {(dA: Numbers, A: Numbers) => Float64Array} */
    backward: (dA, A) => Float64Array.from(dA, (da, i) => da * derivative(A[i])),
  });

  /** `slope` is the slope below zero. */
  const leakyRelu = (slope = 0.01) =>
    elementwise(
      (z) => (z > 0 ? z : slope * z),
      (a) => (a > 0 ? 1 : slope),
    );

  const ELEMENTWISE = {
    identity: elementwise(
      (z) => z,
      () => 1,
    ),
    leaky_relu: leakyRelu(),
    relu: elementwise(
      (z) => Math.max(z, 0),
      (a) => (a > 0 ? 1 : 0),
    ),
    sigmoid: elementwise(
      (z) => (1 + Math.tanh(z / 2)) / 2,
      (a) => a * (1 - a),
    ),
    tanh: elementwise(Math.tanh, (a) => 1 - a * a),
  };

  /** @type {Record<string, Activation>} */
  const ACTIVATIONS = { ...ELEMENTWISE, softmax: { forward: softmax, backward: softmaxBackward } };

  /**
   * 1 / (1 - rate) with probability 1 - rate, else 0: inverted dropout.
   * @param {number} size
   * @param {number} rate
   * @param {Random} rng
   */
  function dropoutMask(size, rate, rng) {
    return new Float64Array(size).map(() => (rng.random() >= rate ? 1 / (1 - rate) : 0));
  }

  // --- losses, each with its gradient: [loss, dZ] for scores Z, [loss, dA] for outputs A

  /**
   * loss = -1/N sum over n of log P[n, y[n]] with P = softmax(Z), and dZ = (P - Y) / N. The logarithm
   * is Z - log(sum(exp(Z))), so that no probability is rounded to zero before it.
   * @param {Numbers} Z
   * @param {number[]} y
   * @returns {[number, Float64Array]}
   */
  function softmaxCrossEntropy(Z, y) {
    const N = y.length;
    const K = Z.length / N;
    const dZ = softmax(Z, K);
    let loss = 0;
    for (let n = 0; n < N; n++) {
      const largest = Z[largestOf(Z, n * K, K)];
      let total = 0;
      for (let k = n * K; k < (n + 1) * K; k++) total += Math.exp(Z[k] - largest);
      loss += Math.log(total) - (Z[n * K + y[n]] - largest);
      dZ[n * K + y[n]] -= 1;
    }
    return [loss / N, dZ.map((dz) => dz / N)];
  }

  /**
   * loss = 1/(N K) sum over n, k of (A[n, k] - Y[n, k])^2, and dA = 2/(N K) (A - Y), for targets Y (N, K).
   * @param {Numbers} A
   * @param {Numbers} Y
   * @returns {[number, Float64Array]}
   */
  function squaredDistance(A, Y) {
    const distance = Float64Array.from(A, (a, i) => a - Y[i]);
    const loss = distance.reduce((sum, d) => sum + d * d, 0) / A.length;
    return [loss, distance.map((d) => (2 / A.length) * d)];
  }

  /**
   * The same for labels y (N,): Y is 1 at the label, else 0.
   * @param {Numbers} A
   * @param {number[]} y
   */
  function meanSquaredError(A, y) {
    const K = A.length / y.length;
    const Y = new Float64Array(A.length);
    for (let n = 0; n < y.length; n++) Y[n * K + y[n]] = 1;
    return squaredDistance(A, Y);
  }

  // --- initializers

  /** @type {(deviation: (...shape: Shape) => number) => Initializer} */
  const normal = (deviation) => (shape, rng) =>
    new Float64Array(shape[0] * shape[1]).map(() => rng.normal(0, deviation(...shape)));
  /** @type {(limit: (...shape: Shape) => number) => Initializer} */
  const uniform = (limit) => (shape, rng) =>
    new Float64Array(shape[0] * shape[1]).map(() => rng.uniform(-limit(...shape), limit(...shape)));

  /** @type {Record<string, Initializer>} */
  const INITIALIZERS = {
    zeros: ([fanIn, fanOut]) => new Float64Array(fanIn * fanOut),
    small_normal: normal(() => 0.01),
    uniform: uniform(() => 0.5),
    glorot_normal: normal((fanIn, fanOut) => Math.sqrt(2 / (fanIn + fanOut))),
    glorot_uniform: uniform((fanIn, fanOut) => Math.sqrt(6 / (fanIn + fanOut))),
    he_normal: normal((fanIn) => Math.sqrt(2 / fanIn)),
    he_uniform: uniform((fanIn) => Math.sqrt(6 / fanIn)),
  };

  // --- the network

  /**
   * Multiplies what enters a layer by its dropout mask; the first layer's input has none.
   * @param {Float64Array} A
   * @param {Masks} masks
   * @param {number} layer
   */
  function drop(A, masks, layer) {
    return masks === null || layer === 0 ? A : A.map((a, i) => a * masks[layer - 1][i]);
  }

  // All parameters lie in one flat vector theta, all gradients in another, grad. W[layer] and b[layer]
  // are views into theta, dW[layer] and db[layer] into grad.
  class MLP {
    /**
     * @param {number[]} sizes
     * @param {Random} rng
     * @param {{ activation?: string, output?: string, loss?: string, initializer?: string }} options
     */
    constructor(sizes, rng, options = {}) {
      const { initializer = "he_normal" } = options;
      this.sizes = sizes;
      this.activation = options.activation ?? "relu";
      this.output = options.output ?? "softmax";
      this.loss = options.loss ?? "cross_entropy";
      this.shapes = sizes
        .slice(1)
        .map((fanOut, layer) => /** @type {Shape} */ ([sizes[layer], fanOut]));
      const count = this.shapes.reduce((sum, [fanIn, fanOut]) => sum + (fanIn + 1) * fanOut, 0);
      this.theta = new Float64Array(count);
      this.grad = new Float64Array(count);
      const parameters = this.views(this.theta);
      const gradients = this.views(this.grad);
      this.W = parameters.W;
      this.b = parameters.b;
      this.dW = gradients.W;
      this.db = gradients.b;
      for (const [layer, W] of this.W.entries())
        W.set(INITIALIZERS[initializer](this.shapes[layer], rng));
    }

    /** @param {Float64Array} flat */
    views(flat) {
      const W = [];
      const b = [];
      let start = 0;
      for (const [fanIn, fanOut] of this.shapes) {
        const middle = start + fanIn * fanOut;
        W.push(flat.subarray(start, middle));
        b.push(flat.subarray(middle, middle + fanOut));
        start = middle + fanOut;
      }
      return { W, b };
    }

    /** 1 for each entry of theta that is a weight, 0 for each bias. */
    get isWeight() {
      const mask = new Float64Array(this.theta.length);
      for (const W of this.views(mask).W) W.fill(1);
      return mask;
    }

    /**
     * All that flows forward: the input, each hidden layer's output, then the logits. Masks multiply the
     * hidden outputs on their way to the next layer.
     * @param {Float64Array} X
     * @param {Masks} masks
     */
    activations(X, masks = null) {
      const { forward } = ACTIVATIONS[this.activation];
      const A = [X];
      for (const [layer, W] of this.W.entries()) {
        const Z = denseForward(drop(A[layer], masks, layer), W, this.b[layer]);
        A.push(layer < this.W.length - 1 ? forward(Z, this.sizes[layer + 1]) : Z);
      }
      return A;
    }

    /**
     * One mask per hidden layer for a batch of N examples.
     * @param {number} N
     * @param {number} rate
     * @param {Random} rng
     */
    dropoutMasks(N, rate, rng) {
      return this.sizes.slice(1, -1).map((size) => dropoutMask(N * size, rate, rng));
    }

    /**
     * The logits Z (N, K).
     * @param {Float64Array} X
     */
    forward(X) {
      return this.activations(X)[this.W.length];
    }

    /**
     * What the last activation makes of the logits, with softmax the probabilities, (N, K).
     * @param {Numbers} Z
     */
    outputOf(Z) {
      return ACTIVATIONS[this.output].forward(Z, this.sizes[this.W.length]);
    }

    /**
     * [loss, dZ] for logits Z and labels y. With the loss "squared_distance", y holds the targets: nn_core
     * only learns labels.
     * @param {Numbers} Z
     * @param {number[]} y
     * @returns {[number, Float64Array]}
     */
    lossOf(Z, y) {
      if (this.loss === "cross_entropy") return softmaxCrossEntropy(Z, y);
      const A = this.outputOf(Z);
      const distance = this.loss === "mean_squared_error" ? meanSquaredError : squaredDistance;
      const [loss, dA] = distance(A, y);
      return [loss, ACTIVATIONS[this.output].backward(dA, A, this.sizes[this.W.length])];
    }

    /**
     * The loss of a batch. Backpropagation writes its gradient into grad.
     * @param {Float64Array} X
     * @param {number[]} y
     * @param {Masks} masks
     */
    lossAndGrad(X, y, masks = null) {
      const { backward } = ACTIVATIONS[this.activation];
      const A = this.activations(X, masks);
      let [loss, dZ] = this.lossOf(A[this.W.length], y);
      for (let layer = this.W.length - 1; layer >= 0; layer--) {
        const input = drop(A[layer], masks, layer);
        const dA = denseBackward(dZ, input, this.W[layer], this.dW[layer], this.db[layer]);
        if (layer > 0) dZ = backward(drop(dA, masks, layer), A[layer], this.sizes[layer]);
      }
      return loss;
    }

    /**
     * The class with the largest output for each example, (N,).
     * @param {Float64Array} X
     */
    predict(X) {
      const Z = this.forward(X);
      const K = this.sizes[this.W.length];
      return Array.from({ length: Z.length / K }, (_, n) => largestOf(Z, n * K, K) - n * K);
    }
  }

  // --- regularization

  /**
   * strength/2 sum over all weights of W^2. Adds its gradient, strength W, to the gradients in place.
   * @param {Float64Array[]} weights
   * @param {Float64Array[]} gradients
   * @param {number} strength
   */
  function l2Penalty(weights, gradients, strength) {
    let penalty = 0;
    for (const [layer, W] of weights.entries()) {
      for (let i = 0; i < W.length; i++) {
        penalty += (strength / 2) * W[i] * W[i];
        gradients[layer][i] += strength * W[i];
      }
    }
    return penalty;
  }

  /**
   * strength sum over all weights of |W|. Adds its gradient, strength sign(W), to the gradients in place.
   * @type {typeof l2Penalty}
   */
  function l1Penalty(weights, gradients, strength) {
    let penalty = 0;
    for (const [layer, W] of weights.entries()) {
      for (let i = 0; i < W.length; i++) {
        penalty += strength * Math.abs(W[i]);
        gradients[layer][i] += strength * Math.sign(W[i]);
      }
    }
    return penalty;
  }

  // --- optimizers: step(theta, grad) moves theta in place. move() is given the vectors of `state`, too.

  /** Plain gradient descent: theta = theta - lr g. */
  class SGD {
    /** How many vectors the method remembers. */
    moments = 0;
    /** @type {Float64Array[]} */
    state = [];
    t = 0;

    /** @param {number} lr */
    constructor(lr) {
      this.lr = lr;
    }

    /** @type {(theta: Float64Array, grad: Numbers) => void} */
    step(theta, grad) {
      this.t += 1;
      while (this.state.length < this.moments) this.state.push(new Float64Array(theta.length));
      this.move(theta, grad, ...this.state);
    }

    /** @type {(theta: Float64Array, g: Numbers, ...state: Float64Array[]) => void} */
    move(theta, g) {
      for (let i = 0; i < g.length; i++) theta[i] -= this.lr * g[i];
    }
  }

  /** v = beta v + g, theta = theta - lr v. */
  class Momentum extends SGD {
    moments = 1;

    /**
     * @param {number} lr
     * @param {{ beta?: number }} options
     */
    constructor(lr, { beta = 0.9 } = {}) {
      super(lr);
      this.beta = beta;
    }

    /** @type {SGD["move"]} */
    move(theta, g, v) {
      for (let i = 0; i < g.length; i++) {
        v[i] = this.beta * v[i] + g[i];
        theta[i] -= this.lr * v[i];
      }
    }
  }

  /** v = beta v + g, theta = theta - lr (g + beta v). */
  class Nesterov extends Momentum {
    /** @type {SGD["move"]} */
    move(theta, g, v) {
      for (let i = 0; i < g.length; i++) {
        v[i] = this.beta * v[i] + g[i];
        theta[i] -= this.lr * (g[i] + this.beta * v[i]);
      }
    }
  }

  /** s = s + g^2, theta = theta - lr g / (sqrt(s) + epsilon). */
  class AdaGrad extends SGD {
    moments = 1;
    epsilon = 1e-10;

    /** @type {SGD["move"]} */
    move(theta, g, s) {
      for (let i = 0; i < g.length; i++) {
        s[i] += g[i] * g[i];
        theta[i] -= this.lr * (g[i] / (Math.sqrt(s[i]) + this.epsilon));
      }
    }
  }

  /** s = beta s + (1 - beta) g^2, theta = theta - lr g / (sqrt(s) + epsilon). */
  class RMSProp extends SGD {
    moments = 1;
    beta = 0.99;
    epsilon = 1e-8;

    /** @type {SGD["move"]} */
    move(theta, g, s) {
      for (let i = 0; i < g.length; i++) {
        s[i] = this.beta * s[i] + (1 - this.beta) * (g[i] * g[i]);
        theta[i] -= this.lr * (g[i] / (Math.sqrt(s[i]) + this.epsilon));
      }
    }
  }

  /** The paper's m is (1 - beta1) m here, its v is (1 - beta2) s: nn_core.Adam says why. */
  class Adam extends SGD {
    moments = 2;
    beta1 = 0.9;
    beta2 = 0.999;
    epsilon = 1e-8;

    /** @type {SGD["move"]} */
    move(theta, g, m, s) {
      const root = Math.sqrt((1 - this.beta2) / (1 - this.beta2 ** this.t));
      const lr = (this.lr * (1 - this.beta1)) / (1 - this.beta1 ** this.t) / root;
      for (let i = 0; i < g.length; i++) {
        m[i] = this.beta1 * m[i] + g[i];
        s[i] = this.beta2 * s[i] + g[i] * g[i];
        theta[i] -= lr * (m[i] / (Math.sqrt(s[i]) + this.epsilon / root));
      }
    }
  }

  /** First theta = theta - lr decay theta where weights is 1, usually network.isWeight; then Adam. */
  class AdamW extends Adam {
    /**
     * @param {number} lr
     * @param {{ decay: number, weights: Float64Array }} options
     */
    constructor(lr, { decay, weights }) {
      super(lr);
      this.decay = decay;
      this.weights = weights;
    }

    /** @type {SGD["step"]} */
    step(theta, grad) {
      const share = this.lr * this.decay;
      for (let i = 0; i < theta.length; i++) theta[i] -= share * (theta[i] * this.weights[i]);
      super.step(theta, grad);
    }
  }

  const OPTIMIZERS = { SGD, Momentum, Nesterov, AdaGrad, RMSProp, Adam, AdamW };

  // --- training

  /**
   * One step, as in training.fit: the loss of the batch, penalty included.
   * @param {MLP} network
   * @param {SGD} optimizer
   * @param {Float64Array} X
   * @param {number[]} y
   * @param {{ masks?: Masks, l1?: number, l2?: number }} options
   */
  function trainStep(network, optimizer, X, y, { masks = null, l1 = 0, l2 = 0 } = {}) {
    let loss = network.lossAndGrad(X, y, masks);
    loss += l1Penalty(network.W, network.dW, l1);
    loss += l2Penalty(network.W, network.dW, l2);
    optimizer.step(network.theta, network.grad);
    return loss;
  }

  // --- chance

  // The generator mulberry32, which has 32 bits of state: enough for a page. The same seed gives the same
  // numbers in every browser.
  class Random {
    /** @param {number} seed */
    constructor(seed) {
      this.state = seed >>> 0;
    }

    /** From 0 to below 1. */
    random() {
      this.state = (this.state + 0x6d2b79f5) >>> 0;
      let z = this.state;
      z = Math.imul(z ^ (z >>> 15), z | 1);
      z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
      return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
    }

    /** @type {(low: number, high: number) => number} */
    uniform(low, high) {
      return low + (high - low) * this.random();
    }

    /**
     * Box and Muller: a random direction, and a radius whose square falls off exponentially.
     * @type {(mean: number, deviation: number) => number}
     */
    normal(mean, deviation) {
      const radius = Math.sqrt(-2 * Math.log(1 - this.random()));
      return mean + deviation * radius * Math.cos(2 * Math.PI * this.random());
    }

    /** @param {number} n */
    permutation(n) {
      const order = Array.from({ length: n }, (_, i) => i);
      for (let i = n - 1; i > 0; i--) {
        const j = Math.floor((i + 1) * this.random());
        [order[i], order[j]] = [order[j], order[i]];
      }
      return order;
    }
  }

  // --- numbers as text

  /**
   * A fixed count of digits after the point. The minus is as wide as a plus, and zero has none.
   * @param {number} x
   */
  function number(x, digits = 2) {
    const text = x.toFixed(digits);
    return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
  }

  /**
   * A share in percent. A line of text does not end before the sign.
   * @param {number} share
   */
  const percent = (share, digits = 1) => `${number(100 * share, digits)}\u00a0%`;

  return {
    ELEMENTWISE,
    INITIALIZERS,
    MLP,
    OPTIMIZERS,
    Random,
    denseForward,
    dropoutMask,
    leakyRelu,
    meanSquaredError,
    number,
    percent,
    softmax,
    softmaxCrossEntropy,
    squaredDistance,
    trainStep,
  };
})();
