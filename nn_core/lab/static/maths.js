// The formulas of nn_core under its own names, for one example at a time: a number, or a row of
// numbers. tests/browser/test_figures.py compares each with nn_core.
(() => {
  const dense_forward = (X, W, b) =>
    b.map((bias, k) => X.reduce((sum, x, d) => sum + x * W[d][k], bias));

  const identity_forward = (Z) => Z;
  const identity_backward = (dA, A) => dA;
  const relu_forward = (Z) => Math.max(Z, 0);
  const relu_backward = (dA, A) => (A > 0 ? dA : 0);
  const leaky_relu_forward = (Z, slope = 0.01) => (Z > 0 ? Z : slope * Z);
  const leaky_relu_backward = (dA, A, slope = 0.01) => (A > 0 ? dA : slope * dA);
  const sigmoid_forward = (Z) => (Math.tanh(Z / 2) + 1) / 2;
  const sigmoid_backward = (dA, A) => dA * A * (1 - A);
  const tanh_forward = (Z) => Math.tanh(Z);
  const tanh_backward = (dA, A) => dA * (1 - A * A);

  const softmax = (Z) => {
    const highest = Math.max(...Z);
    const E = Z.map((z) => Math.exp(z - highest));
    const total = E.reduce((sum, e) => sum + e);
    return E.map((e) => e / total);
  };

  // A loss gives [loss, gradient], as in nn_core; y is the number of the right class.
  const softmax_cross_entropy = (Z, y) => {
    const highest = Math.max(...Z);
    const total = Z.reduce((sum, z) => sum + Math.exp(z - highest), 0);
    return [Math.log(total) - (Z[y] - highest), softmax(Z).map((p, k) => p - (k === y))];
  };

  const mean_squared_error = (A, y) => {
    const D = A.map((a, k) => a - (k === y));
    return [D.reduce((sum, d) => sum + d * d, 0) / A.length, D.map((d) => (2 / A.length) * d)];
  };

  // Optimizers change theta, an array of numbers, in place.
  class SGD {
    constructor(lr) {
      this.lr = lr;
    }

    step(theta, grad) {
      grad.forEach((g, i) => { theta[i] -= this.lr * g; });
    }
  }

  class Momentum extends SGD {
    constructor(lr, beta = 0.9) {
      super(lr);
      Object.assign(this, {beta, v: []});
    }

    step(theta, grad) {
      this.v = grad.map((g, i) => this.beta * (this.v[i] ?? 0) + g);
      super.step(theta, this.v);
    }
  }

  // Where an optimizer leads: the start and the point after each step. gradient(theta) is the
  // slope that it follows.
  const descend = (optimizer, start, gradient, steps) => {
    const theta = [...start];
    const points = [start];
    while (points.length <= steps) {
      optimizer.step(theta, gradient(theta));
      points.push([...theta]);
    }
    return points;
  };

  nnLab.maths = {
    dense_forward,
    identity_forward, identity_backward,
    relu_forward, relu_backward,
    leaky_relu_forward, leaky_relu_backward,
    sigmoid_forward, sigmoid_backward,
    tanh_forward, tanh_backward,
    softmax, softmax_cross_entropy, mean_squared_error,
    SGD, Momentum, descend,
  };
})();
