"""Rows of a table: shapes, gradients, the row for padding, limited norms, and what is refused."""

import numpy as np
import pytest

import nn
import nn.functional as F
import tinygrad_np as tg

RNG = np.random.default_rng(0)
W = RNG.normal(size=(5, 3))
INDICES = np.array([[3, 0, 3, 1], [2, 2, 3, 0]])


@pytest.mark.parametrize("shape", [(), (4,), (0,), (2, 3), (2, 1, 3, 2)])
def test_any_shape(shape):
    indices = RNG.integers(0, 5, shape)
    np.testing.assert_array_equal(F.embedding(tg.tensor(indices), tg.tensor(W)).numpy(), W[indices])
    np.testing.assert_array_equal(F.embedding(indices, tg.tensor(W)).numpy(), W[indices])


@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8"])
def test_any_integers(dtype):
    np.testing.assert_array_equal(F.embedding(tg.tensor(INDICES, dtype=dtype), tg.tensor(W)).numpy(), W[INDICES])


def test_gradients_are_added_up_over_the_places():
    w = tg.tensor(W, requires_grad=True)
    g = RNG.normal(size=(2, 4, 3))
    F.embedding(INDICES, w).backward(tg.tensor(g))
    expected = np.stack([g[row == INDICES].sum(0) for row in range(5)])
    np.testing.assert_allclose(w.grad.numpy(), expected, rtol=1e-12)
    assert tg.gradcheck(lambda w: F.embedding(INDICES, w) ** 2, [W], order=2)


@pytest.mark.parametrize("padding_idx", [3, -2])
def test_padding_is_not_learned(padding_idx):
    layer = nn.Embedding(5, 3, padding_idx=padding_idx)
    assert layer.weight[3].tolist() == [0, 0, 0]
    layer(tg.tensor(INDICES)).sum().backward()
    assert layer.weight.grad[:, 0].tolist() == [2, 1, 2, 0, 0]
    optimizer = nn.optim.SGD(layer.parameters(), 0.1)
    optimizer.step()
    assert layer.weight[3].tolist() == [0, 0, 0]


def test_long_rows_that_are_read_are_scaled_in_place():
    w = tg.tensor(W * [[1], [10], [0.01], [1], [10]], requires_grad=True)
    before = w.detach().numpy().copy()
    y = F.embedding([1, 2, 1], w, max_norm=0.5)
    norms = np.linalg.norm(w.detach().numpy(), axis=1)
    assert norms[1] == pytest.approx(0.5, rel=1e-6)
    np.testing.assert_array_equal(w.detach().numpy()[[0, 2, 3, 4]], before[[0, 2, 3, 4]])
    np.testing.assert_array_equal(y.detach().numpy(), w.detach().numpy()[[1, 2, 1]])
    y.sum().backward()
    assert w.grad[:, 0].tolist() == [0, 2, 1, 0, 0]


def test_draws_are_normal_and_follow_the_seed():
    rows = nn.Embedding(100, 100, generator=np.random.default_rng(0)).weight.detach().numpy()
    assert rows.mean() == pytest.approx(0, abs=0.05)
    assert rows.std() == pytest.approx(1, abs=0.05)
    again = nn.Embedding(100, 100, generator=np.random.default_rng(0)).weight.detach().numpy()
    np.testing.assert_array_equal(rows, again)


def test_given_rows_are_shared_and_frozen():
    rows = tg.tensor(W)
    layer = nn.Embedding.from_pretrained(rows)
    assert np.shares_memory(layer.weight.array, rows.array)
    assert not layer.weight.requires_grad
    assert nn.Embedding.from_pretrained(rows, freeze=False).weight.requires_grad
    assert (layer.num_embeddings, layer.embedding_dim) == (5, 3)


def test_it_learns_which_word_is_which():
    tg.manual_seed(0)
    model = nn.Sequential(nn.Embedding(6, 4), nn.Linear(4, 3))
    words, classes = np.arange(6), np.arange(6) % 3
    optimizer = nn.Adam(model.parameters(), 0.1)
    for _ in range(60):
        optimizer.zero_grad()
        nn.CrossEntropy()(model(tg.tensor(words)), tg.tensor(classes)).backward()
        optimizer.step()
    assert model(tg.tensor(words)).argmax(1).tolist() == classes.tolist()


@pytest.mark.parametrize("bad", [5, -1, 2**40])
def test_rows_that_are_not_there_are_named(bad):
    with pytest.raises(IndexError, match=f"row {bad} is not one of 5: they are numbered from 0 to 4"):
        nn.Embedding(5, 3)(tg.tensor([0, bad]))


def test_what_does_not_fit():
    with pytest.raises(TypeError, match=r"takes integers, not float32: convert with \.long\(\)"):
        nn.Embedding(5, 3)(tg.ones(2))
    with pytest.raises(TypeError, match="not bool"):
        F.embedding([True], tg.tensor(W))
    with pytest.raises(ValueError, match=r"shape \(V, D\), not \(3,\)"):
        F.embedding([0], tg.ones(3))
    for sizes in ((0, 3), (3, 0)):
        with pytest.raises(ValueError, match="positive sizes"):
            nn.Embedding(*sizes)
    for make in (lambda: nn.Embedding(5, 3, 5), lambda: F.embedding([0], tg.tensor(W), -6)):
        with pytest.raises(ValueError, match="is not one of 5 rows"):
            make()
    with pytest.raises(ValueError, match="is not one of 5 rows"):
        nn.Embedding.from_pretrained(tg.tensor(W), padding_idx=5)
    with pytest.raises(ValueError, match=r"shape \(V, D\), not \(3,\)"):
        nn.Embedding.from_pretrained(tg.ones(3))
