// A multilayer perceptron that trains in the page: nn_core once more, in JavaScript. Shapes and formulas
// are those of layers.py, losses.py, initializers.py, network.py, regularization.py and optimizers.py,
// and so are names, in JavaScript's spelling. The order of operations is not: Adam, for one, is written
// here as in its paper, whose v is s there. tests/browser/test_playground.py trains both side by side;
// they agree but for rounding.
//
// An array of shape (N, D) is a Float64Array of its N D entries, row by row, as NumPy stores it. N is
// found from the lengths of what a function is given. Labels y (N,) are whole numbers from 0.
globalThis.nnNetwork ??= (() => {
  // --- layers

  // Z = X W + b, with X (N, D), W (D, K), b (K,): Z is (N, K).
  function denseForward(X, W, b) {
    const K = b.length;
    const D = W.length / K;
    const N = X.length / D;
    const Z = new Float64Array(N * K);
    for (let n = 0; n < N; n++) {
      for (let k = 0; k < K; k++) {
        let z = b[k];
        for (let d = 0; d < D; d++) z += X[n * D + d] * W[d * K + k];
        Z[n * K + k] = z;
      }
    }
    return Z;
  }

  // dW = Xᵀ dZ and db = sum over n of dZ[n], written into dW and db; gives dX = dZ Wᵀ.
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

  // The place of the largest of the K scores that begin at `start`.
  function largestOf(Z, start, K) {
    let place = start;
    for (let k = start + 1; k < start + K; k++) if (Z[k] > Z[place]) place = k;
    return place;
  }

  // P[n, k] = exp(Z[n, k]) / sum over j of exp(Z[n, j]). The largest score of a row is subtracted
  // first, which changes nothing in the result and keeps exp from overflowing.
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

  // dZ[n, k] = P[n, k] (dP[n, k] - sum over j of dP[n, j] P[n, j])
  function softmaxBackward(dP, P, K) {
    const dZ = new Float64Array(P.length);
    for (let start = 0; start < P.length; start += K) {
      let sum = 0;
      for (let k = start; k < start + K; k++) sum += dP[k] * P[k];
      for (let k = start; k < start + K; k++) dZ[k] = P[k] * (dP[k] - sum);
    }
    return dZ;
  }

  // Forward and backward of a function that takes each entry alone, its derivative read from its output.
  const elementwise = (f, derivative) => ({
    forward(Z) {
      const A = new Float64Array(Z.length);
      for (let i = 0; i < A.length; i++) A[i] = f(Z[i]);
      return A;
    },
    backward(dA, A) {
      const dZ = new Float64Array(A.length);
      for (let i = 0; i < dZ.length; i++) dZ[i] = dA[i] * derivative(A[i]);
      return dZ;
    },
  });

  const SLOPE = 0.01; // of leaky ReLU, below zero

  const ACTIVATIONS = {
    identity: elementwise((z) => z, () => 1),
    leaky_relu: elementwise((z) => (z > 0 ? z : SLOPE * z), (a) => (a > 0 ? 1 : SLOPE)),
    relu: elementwise((z) => Math.max(z, 0), (a) => (a > 0 ? 1 : 0)),
    sigmoid: elementwise((z) => (1 + Math.tanh(z / 2)) / 2, (a) => a * (1 - a)),
    softmax: { forward: softmax, backward: softmaxBackward },
    tanh: elementwise(Math.tanh, (a) => 1 - a * a),
  };

  // 1 / (1 - rate) with probability 1 - rate, else 0: inverted dropout.
  function dropoutMask(size, rate, rng) {
    return new Float64Array(size).map(() => (rng.random() >= rate ? 1 / (1 - rate) : 0));
  }

  // --- losses, each with its gradient: [loss, dZ] for scores Z, [loss, dA] for outputs A

  // loss = -1/N sum over n of log P[n, y[n]] with P = softmax(Z), and dZ = (P - Y) / N. The logarithm
  // is taken as Z - log(sum(exp(Z))), so that no probability is rounded to zero before it.
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

  // loss = 1/(N K) sum over n, k of (A[n, k] - Y[n, k])^2, and dA = 2/(N K) (A - Y).
  function meanSquaredError(A, y) {
    const K = A.length / y.length;
    const dA = A.slice();
    y.forEach((label, n) => (dA[n * K + label] -= 1));
    const loss = dA.reduce((sum, da) => sum + da * da, 0) / A.length;
    return [loss, dA.map((da) => (2 / A.length) * da)];
  }

  // --- initializers: weights for a layer of the shape [fanIn, fanOut]

  const normal = (deviation) => (shape, rng) =>
    new Float64Array(shape[0] * shape[1]).map(() => rng.normal(0, deviation(...shape)));
  const uniform = (limit) => (shape, rng) =>
    new Float64Array(shape[0] * shape[1]).map(() => rng.uniform(-limit(...shape), limit(...shape)));

  const INITIALIZERS = {
    zeros: (shape) => new Float64Array(shape[0] * shape[1]),
    small_normal: normal(() => 0.01),
    uniform: uniform(() => 0.5),
    glorot_normal: normal((fanIn, fanOut) => Math.sqrt(2 / (fanIn + fanOut))),
    glorot_uniform: uniform((fanIn, fanOut) => Math.sqrt(6 / (fanIn + fanOut))),
    he_normal: normal((fanIn) => Math.sqrt(2 / fanIn)),
    he_uniform: uniform((fanIn) => Math.sqrt(6 / fanIn)),
  };

  // --- the network

  // All parameters lie in one flat vector theta, all gradients in another, grad. W[layer] and b[layer]
  // are views into theta, dW[layer] and db[layer] into grad.
  class MLP {
    constructor(sizes, rng, options = {}) {
      const { activation = "relu", output = "softmax", loss = "cross_entropy" } = options;
      const { initializer = "he_normal" } = options;
      Object.assign(this, { sizes, activation, output, loss });
      this.shapes = sizes.slice(1).map((fanOut, layer) => [sizes[layer], fanOut]);
      const count = this.shapes.reduce((sum, [fanIn, fanOut]) => sum + (fanIn + 1) * fanOut, 0);
      this.theta = new Float64Array(count);
      this.grad = new Float64Array(count);
      [this.W, this.b] = this.views(this.theta);
      [this.dW, this.db] = this.views(this.grad);
      this.W.forEach((W, layer) => W.set(INITIALIZERS[initializer](this.shapes[layer], rng)));
    }

    views(flat) {
      const weights = [];
      const biases = [];
      let start = 0;
      for (const [fanIn, fanOut] of this.shapes) {
        const middle = start + fanIn * fanOut;
        weights.push(flat.subarray(start, middle));
        biases.push(flat.subarray(middle, middle + fanOut));
        start = middle + fanOut;
      }
      return [weights, biases];
    }

    // Which entries of theta are weights rather than biases: 1 or 0 for each.
    get isWeight() {
      const mask = new Float64Array(this.theta.length);
      for (const W of this.views(mask)[0]) W.fill(1);
      return mask;
    }

    // All that flows forward: the input, each hidden layer's output, then the logits. With masks, one
    // per hidden layer, each hidden output is multiplied by its mask before it goes on.
    activations(X, masks = null) {
      const { forward } = ACTIVATIONS[this.activation];
      const A = [X];
      this.W.forEach((W, layer) => {
        const Z = denseForward(drop(A[layer], masks, layer), W, this.b[layer]);
        A.push(layer < this.W.length - 1 ? forward(Z) : Z);
      });
      return A;
    }

    // One mask per hidden layer for a batch of N examples.
    dropoutMasks(N, rate, rng) {
      return this.sizes.slice(1, -1).map((size) => dropoutMask(N * size, rate, rng));
    }

    // The logits Z (N, K).
    forward(X) {
      return this.activations(X).at(-1);
    }

    // What the last activation makes of the logits, with softmax the probabilities, (N, K).
    outputOf(Z) {
      return ACTIVATIONS[this.output].forward(Z, this.sizes.at(-1));
    }

    // [loss, dZ] for logits Z and labels y.
    lossOf(Z, y) {
      if (this.loss === "cross_entropy") return softmaxCrossEntropy(Z, y);
      const A = this.outputOf(Z);
      const [loss, dA] = meanSquaredError(A, y);
      return [loss, ACTIVATIONS[this.output].backward(dA, A, this.sizes.at(-1))];
    }

    // The loss of a batch; its gradient is left in grad (backpropagation).
    lossAndGrad(X, y, masks = null) {
      const { backward } = ACTIVATIONS[this.activation];
      const A = this.activations(X, masks);
      let [loss, dZ] = this.lossOf(A.pop(), y);
      for (let layer = this.W.length - 1; layer >= 0; layer--) {
        const input = drop(A[layer], masks, layer);
        const dA = denseBackward(dZ, input, this.W[layer], this.dW[layer], this.db[layer]);
        if (layer > 0) dZ = backward(drop(dA, masks, layer), A[layer]);
      }
      return loss;
    }

    // The class with the largest output for each example, (N,).
    predict(X) {
      const Z = this.forward(X);
      const K = this.sizes.at(-1);
      return Array.from({ length: Z.length / K }, (_, n) => largestOf(Z, n * K, K) - n * K);
    }
  }

  // Multiply what enters a layer by its dropout mask; the first layer's input has none.
  function drop(A, masks, layer) {
    return masks === null || layer === 0 ? A : A.map((a, i) => a * masks[layer - 1][i]);
  }

  // --- regularization

  // strength/2 sum over all weights of W^2. Its gradient, strength W, is added to dW in place.
  function l2Penalty(weights, gradients, strength) {
    let penalty = 0;
    weights.forEach((W, layer) => {
      for (let i = 0; i < W.length; i++) {
        penalty += (strength / 2) * W[i] * W[i];
        gradients[layer][i] += strength * W[i];
      }
    });
    return penalty;
  }

  // --- optimizers: step(theta, grad) moves theta in place. Each says in which direction a parameter
  // goes, given its gradient g; i is its place in the vectors that the method remembers.

  class SGD {
    static moments = [];

    constructor(lr) {
      this.lr = lr;
      this.t = 0;
    }

    step(theta, grad) {
      this.t += 1;
      for (const name of this.constructor.moments) this[name] ??= new Float64Array(theta.length);
      for (let i = 0; i < theta.length; i++) theta[i] -= this.lr * this.direction(grad[i], i);
    }

    direction(g) {
      return g;
    }
  }

  class Momentum extends SGD {
    static moments = ["v"];
    beta = 0.9;

    direction(g, i) {
      this.v[i] = this.beta * this.v[i] + g;
      return this.v[i];
    }
  }

  class Nesterov extends Momentum {
    direction(g, i) {
      return g + this.beta * super.direction(g, i);
    }
  }

  class AdaGrad extends SGD {
    static moments = ["s"];
    epsilon = 1e-10;

    direction(g, i) {
      this.s[i] += g * g;
      return g / (Math.sqrt(this.s[i]) + this.epsilon);
    }
  }

  class RMSProp extends SGD {
    static moments = ["s"];
    beta = 0.99;
    epsilon = 1e-8;

    direction(g, i) {
      this.s[i] = this.beta * this.s[i] + (1 - this.beta) * g * g;
      return g / (Math.sqrt(this.s[i]) + this.epsilon);
    }
  }

  class Adam extends SGD {
    static moments = ["m", "v"];
    beta1 = 0.9;
    beta2 = 0.999;
    epsilon = 1e-8;

    direction(g, i) {
      this.m[i] = this.beta1 * this.m[i] + (1 - this.beta1) * g;
      this.v[i] = this.beta2 * this.v[i] + (1 - this.beta2) * g * g;
      const mHat = this.m[i] / (1 - this.beta1 ** this.t);
      const vHat = this.v[i] / (1 - this.beta2 ** this.t);
      return mHat / (Math.sqrt(vHat) + this.epsilon);
    }
  }

  // First theta = theta - lr decay theta where weights is 1, usually network.isWeight; then Adam.
  class AdamW extends Adam {
    constructor(lr, decay, weights) {
      super(lr);
      this.decay = decay;
      this.weights = weights;
    }

    step(theta, grad) {
      const share = this.lr * this.decay;
      for (let i = 0; i < theta.length; i++) theta[i] -= share * theta[i] * this.weights[i];
      super.step(theta, grad);
    }
  }

  const OPTIMIZERS = { SGD, Momentum, Nesterov, AdaGrad, RMSProp, Adam, AdamW };

  // --- training

  // One step, as in training.fit: the loss of the batch, penalty included.
  function trainStep(network, optimizer, X, y, { masks = null, l2 = 0 } = {}) {
    const loss = network.lossAndGrad(X, y, masks);
    const penalty = l2Penalty(network.W, network.dW, l2);
    optimizer.step(network.theta, network.grad);
    return loss + penalty;
  }

  // Walk once through all examples in a fresh random order, a few at a time.
  function* minibatches(X, y, batchSize, rng) {
    const D = X.length / y.length;
    const order = rng.permutation(y.length);
    for (let start = 0; start < order.length; start += batchSize) {
      const batch = order.slice(start, start + batchSize);
      const rows = new Float64Array(batch.length * D);
      batch.forEach((n, row) => rows.set(X.subarray(n * D, (n + 1) * D), row * D));
      yield [rows, batch.map((n) => y[n])];
    }
  }

  // --- chance

  // The generator mulberry32, which has 32 bits of state: enough for a page, and the same numbers from
  // the same seed in every browser.
  class Random {
    constructor(seed) {
      this.state = seed >>> 0;
    }

    // From 0 to below 1.
    random() {
      this.state = (this.state + 0x6d2b79f5) >>> 0;
      let z = this.state;
      z = Math.imul(z ^ (z >>> 15), z | 1);
      z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
      return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
    }

    uniform(low, high) {
      return low + (high - low) * this.random();
    }

    // Box and Muller: a random direction, and a radius whose square falls off exponentially.
    normal(mean, deviation) {
      const radius = Math.sqrt(-2 * Math.log(1 - this.random()));
      return mean + deviation * radius * Math.cos(2 * Math.PI * this.random());
    }

    permutation(n) {
      const order = Array.from({ length: n }, (_, i) => i);
      for (let i = n - 1; i > 0; i--) {
        const j = Math.floor((i + 1) * this.random());
        [order[i], order[j]] = [order[j], order[i]];
      }
      return order;
    }
  }

  return { INITIALIZERS, MLP, OPTIMIZERS, Random, dropoutMask, minibatches, trainStep };
})();
