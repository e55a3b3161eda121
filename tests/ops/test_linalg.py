"""What the table of cases cannot say about products of vectors, matrices and tensors."""

from __future__ import annotations

import string
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg

RNG = np.random.default_rng(3)
A, B, V, W = (RNG.standard_normal(shape) for shape in ((2, 3), (3, 4), (3,), (4,)))


def normal(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape)


# ---- matmul


@st.composite
def factors(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Return two arrays whose matrix product is defined."""
    length = st.integers(0, 3)
    rows, inner, columns = draw(length), draw(length), draw(length)
    batch = draw(st.lists(length, max_size=2))

    def leading() -> tuple[int, ...]:
        kept = batch[draw(st.integers(0, len(batch))) :]
        return tuple(1 if draw(st.booleans()) else n for n in kept)

    a = (inner,) if draw(st.booleans()) else (*leading(), rows, inner)
    b = (inner,) if draw(st.booleans()) else (*leading(), inner, columns)
    return normal(*a), normal(*b)


@given(factors())
def test_any_matrix_product_and_its_gradient(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    """The gradient is compared by the identity g . d(ab) = da . g_a + db . g_b for random directions."""
    a, b = (tg.tensor(x, requires_grad=True) for x in drawn)
    y = a @ b
    np.testing.assert_allclose(y.detach().numpy(), np.matmul(*drawn), rtol=1e-12, atol=1e-12)
    g, da, db = normal(*y.shape), normal(*a.shape), normal(*b.shape)
    ga, gb = tg.autograd.grad(y, (a, b), tg.tensor(g))
    assert (ga.shape, gb.shape) == (a.shape, b.shape)
    change = np.matmul(da, drawn[1]) + np.matmul(drawn[0], db)
    expected = np.sum(da * ga.numpy()) + np.sum(db * gb.numpy())
    np.testing.assert_allclose(np.sum(g * change), expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ((2, 3), (4, 5), "3 columns meet 4 rows"),
        ((3,), (4,), "3 columns meet 4 rows"),
        ((2, 2, 3), (4, 5), "3 columns meet 4 rows"),
        ((2, 5, 3), (3, 3, 2), "leading dimensions"),
        ((), (3,), "0-d"),
        ((3,), (), "0-d"),
    ],
)
def test_shapes_that_do_not_fit_are_named(a: tuple[int, ...], b: tuple[int, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        tg.matmul(tg.ones(a), tg.ones(b))
    assert str(error.value).startswith("matmul: ")
    assert str(a) in str(error.value)
    assert str(b) in str(error.value)


def test_a_batch_in_another_memory_order() -> None:
    x = np.asfortranarray(normal(4, 2, 3))
    np.testing.assert_allclose(tg.matmul(tg.tensor(x), tg.tensor(B)).numpy(), x @ B, rtol=1e-13)


def test_matmul_saves_only_what_the_gradient_reads() -> None:
    data, weight = tg.tensor(A), tg.tensor(B, requires_grad=True)
    y = data @ weight
    with tg.no_grad():
        weight.mul_(2)  # the gradient of the weight reads the data only
    y.sum().backward()
    np.testing.assert_allclose(weight.grad.numpy(), A.T @ np.ones((2, 4)))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("float32", "float64", "float64"),
        ("float32", "int64", "float32"),
        ("int32", "int64", "int64"),
        ("float16", "float32", "float32"),
    ],
)
def test_dtypes_are_promoted_and_gradients_come_back_in_their_own(a: str, b: str, expected: str) -> None:
    x = tg.ones(2, 3, dtype=a, requires_grad=a.startswith("f"))
    y = x @ tg.ones(3, 2, dtype=b)
    assert y.dtype == expected
    if x.requires_grad:
        y.sum().backward()
        assert x.grad.dtype == a


def test_operators_with_arrays() -> None:
    x = tg.tensor(A, requires_grad=True)
    for y in (x @ B, np.matmul(x, B)):
        assert y.requires_grad
        np.testing.assert_allclose(y.detach().numpy(), A @ B)
    y = B.T @ x.mT
    assert y.requires_grad
    np.testing.assert_allclose(y.detach().numpy(), B.T @ A.T)


# ---- products of certain dimensions


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("mm", ((3,), (3, 4))),
        ("mm", ((2, 3), (2, 3, 4))),
        ("bmm", ((2, 3), (3, 4))),
        ("mv", ((2, 3), (3, 1))),
        ("dot", ((2, 3), (3,))),
        ("outer", ((2, 3), (3,))),
    ],
)
def test_dimensions_are_checked(name: str, shapes: tuple[tuple[int, ...], ...]) -> None:
    with pytest.raises(ValueError, match=f"{name} needs operands of") as error:
        getattr(tg, name)(*map(tg.ones, shapes))
    assert all(str(shape) in str(error.value) for shape in shapes)


def test_bmm_needs_as_many_matrices() -> None:
    with pytest.raises(ValueError, match="1 and 4 matrices"):
        tg.bmm(tg.ones(1, 2, 3), tg.ones(4, 3, 2))


def test_trace_needs_a_matrix() -> None:
    with pytest.raises(ValueError, match="trace needs"):
        tg.trace(tg.ones(2, 2, 2))


def test_nan_does_not_count_where_beta_is_zero() -> None:
    nan = tg.tensor(float("nan"))
    np.testing.assert_array_equal(tg.addmm(nan, tg.ones(2, 3), tg.ones(3, 2), beta=0).numpy(), np.full((2, 2), 3.0))


NUMPY_CALLS: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = [
    (np.dot, (V, V), {}),
    (np.dot, (A, B), {}),
    (np.dot, (A, 2.0), {}),
    (np.dot, (np.float64(3.0), A), {}),
    (np.dot, (V, normal(2, 3, 4)), {}),
    (np.dot, (normal(5, 3), normal(2, 3, 4)), {}),
    (np.vdot, (A, A), {}),
    (np.vecdot, (A, V), {}),
    (np.inner, (A, V), {}),
    (np.inner, (A, normal(4, 3)), {}),
    (np.inner, (A, 2.0), {}),
    (np.outer, (A, W), {}),
    (np.kron, (A, B), {}),
    (np.kron, (V, B), {}),
    (np.kron, (B, V), {}),
    (np.trace, (A,), {}),
    (np.trace, (normal(2, 3, 4), 1, 2, 1), {}),
    (np.trace, (normal(2, 3, 4),), {"offset": -1, "axis1": 1, "axis2": 2}),
    (np.tensordot, (normal(2, 3, 4), normal(3, 4, 2)), {}),
    (np.tensordot, (normal(2, 3, 4), normal(4, 3)), {"axes": ([1, 2], [1, 0])}),
    (np.tensordot, (normal(2, 3), normal(4, 2)), {"axes": (0, 1)}),
    (np.tensordot, (V, W), {"axes": 0}),
]


@pytest.mark.parametrize(("function", "arguments", "words"), NUMPY_CALLS)
def test_numpys_products_of_tensors(function: Any, arguments: tuple[Any, ...], words: dict[str, Any]) -> None:
    tensors = [tg.Tensor(x, requires_grad=True) if isinstance(x, np.ndarray) else x for x in arguments]
    y = function(*tensors, **words)
    assert isinstance(y, tg.Tensor)
    np.testing.assert_allclose(y.detach().numpy(), function(*arguments, **words), rtol=1e-12, atol=1e-13)
    inputs = [x for x in tensors if isinstance(x, tg.Tensor)]
    others = {i: x for i, x in enumerate(tensors) if not isinstance(x, tg.Tensor)}

    def call(*given: Any) -> Any:
        given_iterator = iter(given)
        return function(*[others[i] if i in others else next(given_iterator) for i in range(len(tensors))], **words)

    assert tg.gradcheck(call, inputs, order=2)


def test_trace_of_integers_is_int64() -> None:
    assert tg.trace(tg.ones(2, 2, dtype="int32")).dtype == "int64"


def test_vecdot_along_another_dimension() -> None:
    x, y = normal(2, 3, 4), normal(2, 3, 4)
    np.testing.assert_allclose(tg.vecdot(tg.tensor(x), tg.tensor(y), dim=1).numpy(), (x * y).sum(1))


# ---- einsum


@st.composite
def equations(draw: st.DrawFn) -> tuple[str, list[np.ndarray]]:
    """Return an equation without broadcasting, and operands for it."""
    letters = st.sampled_from("abcd")
    terms = draw(st.lists(st.lists(letters, max_size=3), min_size=1, max_size=4))
    lengths = {c: draw(st.integers(1, 3)) for c in "abcd"}
    dots = draw(st.lists(st.integers(1, 2), max_size=2)) if draw(st.booleans()) else None
    names, operands = [], []
    for term in terms:
        shape = [lengths[c] for c in term]
        name = "".join(term)
        if dots is not None and draw(st.booleans()):
            place, kept = draw(st.integers(0, len(term))), draw(st.integers(0, len(dots)))
            shape[place:place] = dots[kept:]
            name = name[:place] + "..." + name[place:]
        names.append(name)
        operands.append(normal(*shape))
    left = ",".join(names)
    if draw(st.booleans()):
        used = sorted({c for term in terms for c in term})
        output = draw(st.permutations(used))[: draw(st.integers(0, len(used)))] if used else []
        left += "->" + ("..." if "..." in left else "") + "".join(output)
    return left, operands


@given(equations())
def test_any_equation_as_numpy(drawn: tuple[str, list[np.ndarray]]) -> None:
    equation, operands = drawn
    expected = np.einsum(equation, *operands)
    actual = tg.einsum(equation, *[tg.tensor(x) for x in operands])
    assert actual.shape == expected.shape
    np.testing.assert_allclose(actual.numpy(), expected, rtol=1e-10, atol=1e-10)


@given(equations())
def test_the_gradient_of_any_equation(drawn: tuple[str, list[np.ndarray]]) -> None:
    """An einsum is linear in each operand, so x . dx = y . g for each of them."""
    equation, operands = drawn
    tensors = [tg.tensor(x, requires_grad=True) for x in operands]
    y = tg.einsum(equation, *tensors)
    g = normal(*y.shape)
    for x, dx in zip(tensors, tg.autograd.grad(y, tensors, tg.tensor(g)), strict=True):
        assert dx.shape == x.shape
        product = np.sum(x.detach().numpy() * dx.numpy())
        np.testing.assert_allclose(product, np.sum(y.detach().numpy() * g), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    "call",
    [
        lambda m, a, b: m.einsum("ij,jk->ik", a, b),
        lambda m, a, b: m.einsum(" ij , jk -> ik ", a, b),
        lambda m, a, b: m.einsum("ij,jk", a, b),
        lambda m, a, b: m.einsum(a, [0, 1], b, [1, 2], [0, 2]),
        lambda m, a, b: m.einsum(a, [0, 1], b, [1, 2]),
        lambda m, a, b: m.einsum(a, [Ellipsis, 1], b, [1, 2], [Ellipsis, 2]),
        lambda m, a, b: m.einsum("ba", a) @ m.einsum("kj,lj->lk", a, b.swapaxes(0, 1)).swapaxes(0, 1),
    ],
)
def test_ways_to_write_an_einsum(call: Any) -> None:
    expected = call(np, A, B)
    for a, b in ((tg.tensor(A, requires_grad=True), tg.tensor(B)), (tg.tensor(A), tg.tensor(B, requires_grad=True))):
        for module in (tg, np):
            y = call(module, a, b)
            assert y.requires_grad
            np.testing.assert_allclose(y.detach().numpy(), expected, rtol=1e-12)


def test_operands_in_a_list_and_as_arrays() -> None:
    np.testing.assert_allclose(tg.einsum("ij,jk->ik", [tg.tensor(A), tg.tensor(B)]).numpy(), A @ B)
    np.testing.assert_allclose(tg.einsum("ij,jk->ik", A, B).numpy(), A @ B)
    np.testing.assert_allclose(np.einsum("ij,jk->ik", tg.tensor(A), B, optimize=True).numpy(), A @ B)


def test_an_ellipsis_that_the_output_leaves_out_is_summed() -> None:
    np.testing.assert_allclose(tg.einsum("...i->i", tg.tensor(A)).numpy(), A.sum(0))


@pytest.mark.parametrize("subscripts", ["ij->ij", "ij->ji", "ii->i"])
def test_a_result_never_shares_memory_with_its_operand(subscripts: str) -> None:
    x = tg.ones(3, 3)
    assert not np.may_share_memory(tg.einsum(subscripts, x).array, x.array)


@pytest.mark.parametrize(
    ("equation", "shapes", "message"),
    [
        ("ij,jk->ik", ((2, 3),), "is for 2 operands, not 1"),
        ("ijk->i", ((2, 3),), "'ijk' in 'ijk->i' is for an operand of 2 dimensions"),
        ("i->i", ((2, 3),), "'i' in 'i->i' is for an operand of 2 dimensions"),
        ("i...jk->i", ((2, 3),), "dimensions"),
        ("ij->k", ((2, 3),), "must name letters of the operands"),
        ("ij->ii", ((2, 3),), "each once"),
        ("i1->i", ((2, 3),), "more than letters"),
        ("i.j->i", ((2, 3, 4),), "more than letters"),
        ("......->", ((),), "dimensions"),
        ("ij,jk->ik", ((2, 3), (4, 5)), "letter j stands for lengths 3 and 4"),
        ("ii->i", ((2, 3),), "letter i stands for lengths 2 and 3"),
    ],
)
def test_equations_that_do_not_fit(equation: str, shapes: tuple[tuple[int, ...], ...], message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        tg.einsum(equation, *map(tg.ones, shapes))
    assert str(error.value).startswith("einsum: ")


def test_einsum_words_that_would_lose_the_gradient_are_refused() -> None:
    with pytest.raises(TypeError, match="out"):
        np.einsum("ij->i", tg.tensor(A), out=np.zeros(2))


def test_many_operands_are_multiplied_in_a_good_order() -> None:
    """From left to right the first intermediate result alone would have 10**12 elements."""
    long = tg.ones(10**6, dtype="float32")
    result = tg.einsum("i,j,i,j->", long, long, long, long)
    assert result.item() == pytest.approx(1e12, rel=1e-5)


def test_all_letters_are_at_hand() -> None:
    names = string.ascii_letters[:26]
    x = tg.ones((1,) * 26, requires_grad=True)
    y = tg.einsum(f"{names},{names}->{names[::-1]}", x, x)
    y.sum().backward()
    assert x.grad.numpy().item() == 2


# ---- tensordot


@pytest.mark.parametrize("dims", [0, 1, 2, ([0, 2], [2, 0]), ([-1], [0]), (1, -2), ((), ())], ids=str)
def test_tensordot_as_numpy(dims: Any) -> None:
    a, b = normal(3, 3, 3), normal(3, 3, 3)
    actual = tg.tensordot(tg.tensor(a), tg.tensor(b), dims).numpy()
    np.testing.assert_allclose(actual, np.tensordot(a, b, dims), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("dims", [3, -1, ([0, 1], [0]), ([0], [0])], ids=str)
def test_tensordot_dimensions_are_checked(dims: Any) -> None:
    with pytest.raises(ValueError, match=r"tensordot over .* of shapes? \(2, 3\)"):
        tg.tensordot(tg.ones(2, 3), tg.ones(3, 4), dims)


# ---- cost


def test_the_gradient_of_a_matrix_product_is_two_matrix_products(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two and no more, of the saved arrays themselves: nothing is copied on the way."""
    calls: list[tuple[np.ndarray, np.ndarray]] = []
    original = np.matmul

    def counted(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        calls.append((a, b))
        return original(a, b)

    x, w = tg.tensor(A, requires_grad=True), tg.tensor(B, requires_grad=True)
    y = x @ w
    monkeypatch.setattr(np, "matmul", counted)
    y.backward(tg.ones(2, 4, dtype="float64"))
    (_, wt), (xt, _) = calls
    assert np.shares_memory(wt, w.array)
    assert np.shares_memory(xt, x.array)
