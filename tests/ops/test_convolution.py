"""Convolution and pooling of images: parts of the matrix of windows, memory, what is refused."""

import itertools

import numpy as np
import pytest

import tinygrad_np as tg
from tinygrad_np.ops import convolution
from tinygrad_np.ops.windows import Windows

RNG = np.random.default_rng(0)
INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize("positions", [1, 2, 3, 7, 11, 100])
@pytest.mark.parametrize("options", [{}, {"stride": (1, 2), "padding": 1}, {"dilation": 2, "groups": 2}])
def test_parts_of_any_size_give_the_same(monkeypatch, positions, options):
    x, w = RNG.normal(size=(2, 4, 7, 8)), RNG.normal(size=(6, 4 // options.get("groups", 1), 3, 2))

    def results():
        leaves = [tg.tensor(x, requires_grad=True), tg.tensor(w, requires_grad=True)]
        y = tg.conv2d(*leaves, None, **options)
        return [y, *tg.autograd.grad((y * y).sum(), leaves)]

    expected = results()
    monkeypatch.setattr(convolution, "COLUMNS", positions * len(x))
    for actual, e in zip(results(), expected, strict=True):
        np.testing.assert_allclose(actual.detach().numpy(), e.detach().numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("most", [1, 3, 4, 9, 10**9])
def test_parts_hold_every_position_once(monkeypatch, most):
    monkeypatch.setattr(convolution, "COLUMNS", most)
    count, batch, found = (5, 4), 3, []
    for first, size, columns in convolution._parts(6, count, batch):
        rows, places = (range(start, start + n) for start, n in zip(first, size, strict=True))
        found += [(row * count[1] + place) * batch for row, place in itertools.product(rows, places)]
        assert (columns.start, columns.stop) == (found[-size[0] * size[1]], found[-1] + batch)
    assert found == list(range(0, 5 * 4 * 3, batch))


def test_the_batch_comes_last_in_memory():
    layers = [
        lambda x: tg.conv2d(x, tg.ones(3, 2, 3, 3), tg.ones(3)),
        lambda x: tg.max_pool2d(tg.conv2d(x, tg.ones(3, 2, 3, 3)), 2),
        lambda x: tg.avg_pool2d(tg.conv2d(x, tg.ones(3, 2, 3, 3)), 2),
    ]
    for layer in layers:
        y = layer(tg.ones(5, 2, 6, 6)).array
        assert y.transpose(1, 2, 3, 0).flags.c_contiguous


def test_largest_of_equal_elements_and_nan():
    x = tg.tensor([[[2.0, 2.0, 1.0, NAN], [2.0, 2.0, 3.0, 0.0], [NAN, 1.0, 0.0, NAN], [5.0, NAN, NAN, 4.0]]])
    x.requires_grad_()
    y, places = tg.max_pool2d(x, 2, return_indices=True)
    y.backward(tg.ones(1, 2, 2))
    np.testing.assert_array_equal(y.detach().numpy(), [[[2, NAN], [NAN, NAN]]])
    assert places.tolist() == [[[0, 3], [13, 14]]]  # of several nan the last
    assert x.grad.tolist() == [[[1, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0], [0, 1, 1, 0]]]


@pytest.mark.parametrize("number", [INF, -INF, NAN])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_gradient_that_is_not_finite_goes_to_the_largest_element_alone(number, stride):
    x = tg.tensor([[[4.0, 1.0, 2.0], [1.0, 0.0, 1.0], [2.0, 1.0, 0.0]]], requires_grad=True)
    y = tg.max_pool2d(x, 2, stride)
    (g,) = tg.autograd.grad(y, x, tg.full(y.shape, number), create_graph=True)
    expected = np.zeros((1, 3, 3))
    expected[(x.detach().numpy() > 1) if stride == 1 else (x.detach().numpy() == 4)] = number
    if stride == 1:
        expected[0, 1, 1:] = [0, number]  # the largest of the last window
    np.testing.assert_array_equal(g.detach().numpy(), expected)


def test_what_comes_out_may_be_written_to():
    x = tg.tensor(RNG.normal(size=(2, 1, 4, 4)), requires_grad=True)
    for create_graph in (False, True):
        grads = [
            tg.autograd.grad((relu(tg.max_pool2d(x, 2)) ** 2).sum(), x, create_graph=create_graph)[0].tolist()
            for relu in (tg.relu, lambda y: y.relu_())
        ]
        assert grads[0] == grads[1]


def test_padding_is_never_the_largest():
    x = tg.full((1, 2, 2), -5.0)
    np.testing.assert_array_equal(tg.max_pool2d(x, 2, 2, 1).numpy(), np.full((1, 2, 2), -5))
    assert tg.max_pool2d(tg.tensor([[[-3, -2]]]), (1, 2), 1, (0, 1)).tolist() == [[[-3, -2, -2]]]
    x = tg.tensor([[[-INF, -INF, -INF, 1.0]]], requires_grad=True)
    y, places = tg.max_pool2d(x, (1, 2), 2, (0, 1), return_indices=True)
    assert (y.tolist(), places.tolist()) == ([[[-INF, -INF, 1]]], [[[0, 1, 3]]])
    y.backward(tg.ones(1, 1, 3))
    assert x.grad.tolist() == [[[1, 1, 0, 1]]]


def test_windows_that_reach_beyond_the_end():
    x = tg.arange(5.0).reshape(1, 1, 5)
    assert tg.max_pool2d(x, (1, 2)).tolist() == [[[1, 3]]]
    assert tg.max_pool2d(x, (1, 2), ceil_mode=True).tolist() == [[[1, 3, 4]]]
    assert tg.avg_pool2d(x, (1, 2), ceil_mode=True).tolist() == [[[0.5, 2.5, 4]]]
    assert tg.avg_pool2d(x, (1, 2), padding=(0, 1)).tolist() == [[[0, 1.5, 3.5]]]
    assert tg.avg_pool2d(x, (1, 2), padding=(0, 1), count_include_pad=False).tolist() == [[[0, 1.5, 3.5]]]
    assert tg.avg_pool2d(x, (1, 2), divisor_override=1).tolist() == [[[1, 5]]]


def test_third_derivatives():
    x, w = RNG.normal(size=(1, 1, 3, 3)), RNG.normal(size=(1, 1, 2, 2))
    assert tg.gradcheck(lambda x, w: tg.conv2d(x, w).exp(), [x, w], order=3)
    assert tg.gradcheck(lambda x: tg.max_pool2d(x, 2, 1).exp(), [x], order=3)


def test_integers_and_numbers_of_another_precision():
    assert tg.conv1d(tg.tensor([[1, 2, 4]]), tg.tensor([[[1, 1]]])).tolist() == [[3, 6]]
    assert tg.conv1d(tg.tensor([[1.0, 2.0]]), tg.tensor(np.ones((1, 1, 2)))).dtype == np.float64
    assert tg.avg_pool2d(tg.tensor([[[1, 2]]]), (1, 2)).tolist() == [[[1.5]]]


def test_windows_count_and_overlap():
    assert Windows((3, 2), (2, 1), ((1, 1), (0, 0)), (1, 2)).positions((5, 5)) == (3, 3)
    assert Windows((2, 2), (2, 2)).disjoint()
    assert not Windows((2, 2), (2, 2), dilation=(1, 2)).disjoint()


X, W = tg.ones(1, 2, 4, 5), tg.ones(3, 2, 3, 3)
REFUSED = {
    "dimensions of the input": (lambda: tg.conv2d(tg.ones(4, 5), W), ValueError, r"shape \(4, 5\)"),
    "dimensions of the weight": (lambda: tg.conv2d(X, tg.ones(3, 2, 3)), ValueError, "weight"),
    "sequences": (lambda: tg.conv1d(X, tg.ones(3, 2, 3)), ValueError, "N, C, L"),
    "channels": (lambda: tg.conv2d(tg.ones(1, 3, 4, 5), W), ValueError, r"2 \* 1 channels, not 3"),
    "groups": (lambda: tg.conv2d(X, W, groups=2), ValueError, "multiple"),
    "no groups": (lambda: tg.conv2d(X, W, groups=0), ValueError, "groups"),
    "bias": (lambda: tg.conv2d(X, W, tg.ones(2)), ValueError, r"bias must have shape \(3,\)"),
    "stride 0": (lambda: tg.conv2d(X, W, stride=0), ValueError, "stride"),
    "three strides": (lambda: tg.conv2d(X, W, stride=(1, 1, 1)), ValueError, "stride"),
    "stride of half": (lambda: tg.conv2d(X, W, stride=0.5), TypeError, "stride"),
    "dilation": (lambda: tg.conv2d(X, W, dilation=(1, 0)), ValueError, "dilation"),
    "padding": (lambda: tg.conv2d(X, W, padding=-1), ValueError, "padding"),
    "unknown padding": (lambda: tg.conv2d(X, W, padding="full"), ValueError, "'full'"),
    "same with a stride": (lambda: tg.conv2d(X, W, stride=2, padding="same"), ValueError, "stride 1"),
    "too small": (lambda: tg.conv2d(X, W, dilation=2), ValueError, "smaller than the kernel"),
    "empty kernel": (lambda: tg.conv2d(X, tg.ones(3, 2, 0, 3)), ValueError, "one element"),
    "pooling of a matrix": (lambda: tg.max_pool2d(tg.ones(4, 5), 2), ValueError, r"not shape \(4, 5\)"),
    "window 0": (lambda: tg.max_pool2d(X, 0), ValueError, "kernel_size"),
    "window too large": (lambda: tg.avg_pool2d(X, 5), ValueError, "smaller"),
    "window of text": (lambda: tg.avg_pool2d(X, "2"), TypeError, "kernel_size"),
    "padding of a window": (lambda: tg.max_pool2d(X, 2, padding=2), ValueError, "half of kernel_size"),
    "padding of a dilated window": (lambda: tg.max_pool2d(X, 3, padding=2, dilation=2), ValueError, "half of"),
    "divisor": (lambda: tg.avg_pool2d(X, 2, divisor_override=0), ValueError, "divisor_override"),
}


@pytest.mark.parametrize(("call", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
