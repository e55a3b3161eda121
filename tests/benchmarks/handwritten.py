"""The two hand-written training steps that speed is measured against: ReLU layers, mean cross-entropy, plain SGD.

`plain` is what a careful person writes; `preallocated` reuses every buffer and keeps all parameters in one flat array.
Both take float32 arrays: x (N, C), y (N,) integers, layers [(weight (in, out), bias (out,)), ...], and return a
function without arguments that does one step in place and returns the loss. Time them and the framework's step in
separate processes, interleaved, with OPENBLAS_* cleared and the same number of threads.
"""

import numpy as np


def plain(x, y, layers, lr=0.01):
    layers = [[w.copy(), b.copy()] for w, b in layers]
    lr, rows, last = np.float32(lr), np.arange(len(x)), len(layers) - 1

    def step():
        inputs, h = [], x
        for i, (w, b) in enumerate(layers):
            inputs.append(h)
            h = h @ w + b
            if i < last:
                h = np.maximum(h, 0)
        z = h - h.max(1, keepdims=True)
        e = np.exp(z)
        total = e.sum(1, keepdims=True)
        loss = (np.log(total[:, 0]) - z[rows, y]).mean()
        g = e / total
        g[rows, y] -= 1
        g /= len(x)
        for i in range(last, -1, -1):
            w, b = layers[i]
            gw, gb = inputs[i].T @ g, g.sum(0)
            if i:
                g = (g @ w.T) * (inputs[i] > 0)
            w -= lr * gw
            b -= lr * gb
        return float(loss)

    return step


def preallocated(x, y, layers, lr=0.01):
    lr, rows, n = np.float32(lr), np.arange(len(x)), len(layers)
    scale = np.float32(1 / len(x))
    sizes = [w.shape[1] for w, _ in layers]
    h = [x] + [np.empty((len(x), s), np.float32) for s in sizes]
    g = [None] + [np.empty((len(x), s), np.float32) for s in sizes]
    mask = [None] + [np.empty((len(x), s), bool) for s in sizes]
    params = np.concatenate([np.concatenate([w.ravel(), b]) for w, b in layers])
    grads = np.empty_like(params)

    def views(flat):
        out, at = [], 0
        for w, b in layers:
            out.append((flat[at : at + w.size].reshape(w.shape), flat[at + w.size : at + w.size + b.size]))
            at += w.size + b.size
        return out

    weights, gradients = views(params), views(grads)

    def step():
        for i, (w, b) in enumerate(weights):
            np.matmul(h[i], w, out=h[i + 1])
            np.add(h[i + 1], b, out=h[i + 1])
            if i < n - 1:
                np.maximum(h[i + 1], 0, out=h[i + 1])
        z = h[n]
        z -= z.max(1, keepdims=True)
        e = np.exp(z, out=g[n])
        total = e.sum(1, keepdims=True)
        loss = (np.log(total[:, 0]) - z[rows, y]).mean()
        e /= total
        e[rows, y] -= 1
        e *= scale
        for i in range(n - 1, -1, -1):
            np.matmul(h[i].T, g[i + 1], out=gradients[i][0])
            np.add.reduce(g[i + 1], 0, out=gradients[i][1])
            if i:
                np.matmul(g[i + 1], weights[i][0].T, out=g[i])
                np.greater(h[i], 0, out=mask[i])
                np.multiply(g[i], mask[i], out=g[i])
        np.multiply(grads, lr, out=grads)
        np.subtract(params, grads, out=params)
        return float(loss)

    return step
