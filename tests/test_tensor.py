"""Tensor: conversions, printing, copies, dtype rules."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg

# ---- making


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1.5, "float32"),
        (2, "int64"),
        (True, "bool"),
        ([1, 2.5], "float32"),
        ([[1, 2], [3, 4]], "int64"),
        (np.float64(1), "float64"),
        ([np.float64(1)], "float64"),
        (np.ones(2, "float16"), "float16"),
        (np.ones(2, "uint8"), "uint8"),
        ([], "float32"),
    ],
)
def test_dtype_of_new_tensors(data: object, dtype: str) -> None:
    assert tg.tensor(data).dtype == dtype


def test_tensor_copies_and_from_numpy_shares() -> None:
    array = np.zeros(2)
    copied, shared = tg.tensor(array), tg.from_numpy(array)
    array[0] = 1
    assert copied.tolist() == [0, 0]
    assert shared.tolist() == [1, 0]


def test_tensors_within_lists() -> None:
    assert tg.tensor([tg.tensor(1.0), tg.tensor(2.0)]).tolist() == [1, 2]


@pytest.mark.parametrize("bad", ["text", [1, "a"], np.array(["a"]), 1j, np.ones(1, complex), None])
def test_what_cannot_be_a_tensor(bad: object) -> None:
    with pytest.raises(TypeError, match="dtype"):
        tg.tensor(bad)


def test_ragged_data() -> None:
    with pytest.raises(ValueError, match="equal lengths"):
        tg.tensor([[1, 2], [3]])


def test_only_floats_require_grad() -> None:
    with pytest.raises(TypeError, match="only floating"):
        tg.tensor([1], requires_grad=True)


def test_from_numpy_of_a_list() -> None:
    with pytest.raises(TypeError, match="use tensor"):
        tg.from_numpy([1])


def test_creation_functions() -> None:
    assert tg.zeros(2, 3).shape == tg.zeros((2, 3)).shape == tg.zeros([2, 3]).shape == (2, 3)
    assert tg.full((2,), 1.5).dtype == np.float32
    assert tg.full((2,), True).dtype == np.bool_
    assert tg.eye(2, 3).tolist() == [[1, 0, 0], [0, 1, 0]]
    assert tg.arange(5).dtype == np.int64
    assert tg.arange(0, 1, 0.25).tolist() == [0, 0.25, 0.5, 0.75]
    assert tg.linspace(0, 1, 5).dtype == np.float32
    assert tg.zeros_like(tg.ones(2, dtype="float64")).dtype == np.float64
    assert tg.ones_like(tg.tensor([1, 2]), dtype="float32").tolist() == [1, 1]
    assert tg.full_like(tg.ones(2), 3).tolist() == [3, 3]
    assert tg.empty_like(tg.ones(2, 2)).shape == (2, 2)
    assert tg.zeros(2, requires_grad=True).requires_grad


def test_default_dtype() -> None:
    try:
        tg.set_default_dtype("float64")
        assert tg.tensor(1.0).dtype == tg.zeros(1).dtype == np.float64
    finally:
        tg.set_default_dtype("float32")
    with pytest.raises(TypeError, match="must be floating"):
        tg.set_default_dtype("int64")


# ---- promotion


@pytest.mark.parametrize(
    ("a", "b", "dtype"),
    [
        (tg.ones(2), 1.5, "float32"),
        (tg.ones(2), tg.tensor(1.0, dtype="float64"), "float32"),
        (tg.ones(2), tg.ones(1, dtype="float64"), "float64"),
        (tg.tensor([1]), 1.5, "float32"),
        (tg.tensor([1]), tg.tensor(1.0, dtype="float64"), "float64"),
        (tg.tensor([1]), 2, "int64"),
        (tg.tensor([True]), 2, "int64"),
        (tg.tensor([1], dtype="uint8"), tg.tensor([1], dtype="int8"), "int16"),
        (tg.tensor([1]), tg.ones(1, dtype="float16"), "float16"),
        (tg.ones(2), np.float64(2), "float32"),
        (tg.ones(2), np.ones(2), "float64"),
    ],
)
def test_promotion_both_ways(a: tg.Tensor, b: object, dtype: str) -> None:
    assert (a * b).dtype == dtype
    assert (b * a).dtype == dtype


def test_division_and_float_functions_of_integers() -> None:
    assert (tg.tensor([1]) / 2).dtype == np.float32
    assert tg.exp(tg.tensor([1])).dtype == np.float32
    assert (tg.tensor([5]) // 2).dtype == np.int64
    assert tg.floor(tg.tensor([5])).dtype == np.int64
    assert tg.abs(tg.tensor([-5])).tolist() == [5]


def test_mixed_dtypes_keep_each_gradients_dtype() -> None:
    a, b = tg.ones(2, requires_grad=True), tg.ones(2, dtype="float64", requires_grad=True)
    (a * b).backward(tg.ones(2, dtype="float64"))
    assert (a.grad.dtype, b.grad.dtype) == (np.float32, np.float64)


# ---- operators


def test_reflected_operators() -> None:
    x = tg.tensor([2.0, 4.0])
    assert (1 + x).tolist() == [3, 5]
    assert (1 - x).tolist() == [-1, -3]
    assert (8 / x).tolist() == [4, 2]
    assert (2**x).tolist() == [4, 16]
    assert (9 // x).tolist() == [4, 2]
    assert (9 % x).tolist() == [1, 1]


def test_arrays_beside_tensors() -> None:
    x = tg.ones(2, requires_grad=True)
    for y in (np.array([2.0, 3.0], "float32") * x, x * np.array([2.0, 3.0], "float32")):
        assert isinstance(y, tg.Tensor)
        assert y.requires_grad


def test_comparisons_give_boolean_tensors() -> None:
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    for y in (x == 1, x != 1, x < 2, x <= 2, x > 1, x >= 1, 1 < x):  # noqa: SIM300  (the reflected operator)
        assert y.dtype == np.bool_
        assert not y.requires_grad
    assert (x == None) is False  # noqa: E711  (that is what is tested)


def test_integer_operators() -> None:
    x = tg.tensor([5, 2])
    assert (x & 1).tolist() == [1, 0]
    assert (x | 8).tolist() == [13, 10]
    assert (x ^ 1).tolist() == [4, 3]
    assert (~x).tolist() == [-6, -3]
    assert (x << 1).tolist() == [10, 4]
    assert (1 << x).tolist() == [32, 4]


def test_an_unknown_operand() -> None:
    with pytest.raises(TypeError):
        tg.ones(1) + "a"


def test_shapes_that_do_not_broadcast_are_named() -> None:
    with pytest.raises(ValueError, match=r"add: .*input shapes \(2,\), \(3,\)"):
        tg.ones(2) + tg.ones(3)


# ---- to Python and NumPy


def test_numbers() -> None:
    assert float(tg.tensor(1.5)) == 1.5
    assert int(tg.tensor([3])) == 3
    assert bool(tg.tensor([True]))
    assert [0, 1, 2][tg.tensor(1)] == 1
    assert tg.tensor(2.0).item() == 2.0
    assert f"{tg.tensor(2.0):.2f}" == "2.00"
    with pytest.raises(ValueError, match=r"shape \(2,\)"):
        tg.ones(2).item()
    with pytest.raises(ValueError, match="ambiguous"):
        bool(tg.ones(2))
    with pytest.raises(TypeError, match="integer tensors"):
        [0, 1][tg.tensor(1.0)]


def test_length_and_iteration() -> None:
    x = tg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    assert len(x) == 2
    rows = list(x)
    assert rows[1].tolist() == [3, 4]
    rows[1].backward(tg.ones(2))
    assert x.grad.tolist() == [[0, 0], [1, 1]]
    for action in (len, list):
        with pytest.raises(TypeError, match="0-d"):
            action(tg.tensor(1.0))
    assert 3.0 in x
    assert 5.0 not in x


def test_numpy_shares_memory_and_refuses_to_lose_a_gradient() -> None:
    x = tg.zeros(2)
    x.numpy()[0] = 1
    assert x.tolist() == [1, 0]
    x.requires_grad_()
    for action in (x.numpy, lambda: np.asarray(x)):
        with pytest.raises(RuntimeError, match="lose the gradient"):
            action()
    assert x.detach().numpy().tolist() == [1, 0]


def test_asarray() -> None:
    x = tg.ones(2)
    assert np.asarray(x) is x.array
    assert np.array(x) is not x.array
    assert np.asarray(x, "float64").dtype == np.float64
    with pytest.raises(ValueError, match="without a copy"):
        np.array(x, "float64", copy=False)


def test_to() -> None:
    x = tg.ones(2, requires_grad=True)
    assert x.to("float32") is x
    assert x.to("cpu") is x.cpu() is x
    assert x.to(tg.ones(1, dtype="float64")).dtype == np.float64
    assert x.to("cpu", "float64").dtype == np.float64
    assert x.to("float32", copy=True) is not x
    assert (x.double().dtype, x.half().dtype, x.long().dtype, x.bool().dtype) == ("float64", "float16", "int64", "bool")
    x.double().backward(tg.ones(2, dtype="float64"))
    assert x.grad.dtype == np.float32
    with pytest.raises(RuntimeError, match="everything runs on cpu"):
        x.to("cuda:0")


def test_size_and_friends() -> None:
    x = tg.zeros(2, 3)
    assert x.size() == x.shape == (2, 3)
    assert x.size(1) == x.size(-1) == 3
    assert (x.numel(), x.ndim, x.dim(), x.nbytes, x.element_size()) == (6, 2, 2, 24, 4)
    assert x.is_contiguous()
    assert x.is_floating_point()
    assert x.device == "cpu"


# ---- printing


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (tg.tensor([1.0, 2.5]), "tensor([1. , 2.5])"),
        (tg.tensor(3), "tensor(3)"),
        (tg.tensor([1.0], dtype="float64"), "tensor([1.], dtype=float64)"),
        (tg.tensor([1], dtype="int32"), "tensor([1], dtype=int32)"),
        (tg.tensor([True]), "tensor([ True])"),
        (tg.tensor([1.0], requires_grad=True), "tensor([1.], requires_grad=True)"),
        (tg.tensor([1.0], requires_grad=True) * 2, "tensor([2.], grad_fn=<multiply>)"),
        (tg.zeros(0), "tensor([], dtype=float32)"),
        (tg.zeros(0, 3), "tensor([], size=(0, 3), dtype=float32)"),
    ],
)
def test_repr(x: tg.Tensor, text: str) -> None:
    assert repr(x) == text


def test_grad_fn_and_is_leaf() -> None:
    x = tg.ones(1, requires_grad=True)
    y = x * 2
    assert x.is_leaf
    assert x.grad_fn is None
    assert not y.is_leaf
    assert repr(y.grad_fn) == "<multiply>"
    assert tg.ones(1).is_leaf
    assert y.detach().is_leaf


# ---- the place in the graph


def test_requires_grad_of_an_intermediate_result_cannot_be_switched_off() -> None:
    y = tg.ones(1, requires_grad=True) * 2
    with pytest.raises(RuntimeError, match="leaves only"):
        y.requires_grad = False


def test_detach_shares_memory_and_version() -> None:
    x = tg.ones(1, requires_grad=True)
    y = x * 1
    z = y * y
    y.detach().zero_()
    assert y.tolist() == [0]
    with pytest.raises(RuntimeError, match="changed in place"):
        z.backward()


def test_setting_grad() -> None:
    x = tg.ones(2, requires_grad=True)
    x.grad = tg.zeros(2)
    assert x.grad.tolist() == [0, 0]
    with pytest.raises(ValueError, match=r"shape \(3,\).*does not fit"):
        x.grad = tg.zeros(3)
    with pytest.raises(RuntimeError, match="only a leaf"):
        tg.ones(2).grad = tg.zeros(2)


def test_data_replaces_the_memory() -> None:
    x = tg.ones(2, requires_grad=True)
    x.data = tg.zeros(3)
    (x * 2).backward(tg.ones(3))
    assert x.grad.shape == (3,)
    x.data -= 1
    assert x.tolist() == [-1, -1, -1]


MAKERS: dict[str, tuple[Any, ...]] = {
    "tensor": ([1.0],),
    "as_tensor": ([1.0],),
    "full": ((2,), 7),
    "zeros": (2,),
    "ones": (2,),
    "empty": (2,),
    "eye": (2,),
    "arange": (3,),
    "linspace": (0, 1, 3),
    "logspace": (0, 1, 3),
    "zeros_like": (np.ones(2),),
    "ones_like": (np.ones(2),),
    "empty_like": (np.ones(2),),
    "full_like": (np.ones(2), 7),
    "rand": (2,),
    "randn": (2,),
    "randint": (5, (2,)),
    "randperm": (3,),
    "rand_like": (np.ones(2),),
    "randn_like": (np.ones(2),),
    "randint_like": (np.ones(2), 5),
}


@pytest.mark.parametrize("name", MAKERS)
def test_functions_that_make_tensors_take_the_one_device(name: str) -> None:
    make = getattr(tg, name)
    expected = make(*MAKERS[name])
    made = make(*MAKERS[name], device="cpu")
    assert (made.shape, made.dtype, made.device) == (expected.shape, expected.dtype, "cpu")
    with pytest.raises(RuntimeError, match="device cuda:0 is not there"):
        make(*MAKERS[name], device="cuda:0")


@pytest.mark.parametrize("data", [tg.zeros(3), tg.zeros(2, dtype="float64")])
def test_data_of_a_result_with_a_history_keeps_its_form(data: tg.Tensor) -> None:
    y = tg.ones(2, requires_grad=True) * 2
    y.data = tg.zeros(2)
    assert (y * y).tolist() == [0, 0]
    with pytest.raises(RuntimeError, match=r"must keep shape \(2,\) and dtype float32"):
        y.data = data
    z = y.detach()
    z.data = data
    assert z.shape == data.shape


def test_tensors_hash_by_identity() -> None:
    x, y = tg.ones(1), tg.ones(1)
    assert len({x: 1, y: 2}) == 2


# ---- copies


def test_pickle_keeps_values_dtype_and_requires_grad() -> None:
    x = tg.tensor([[1.0, 2.0]], dtype="float64", requires_grad=True)
    y = pickle.loads(pickle.dumps(x))
    assert y.tolist() == x.tolist()
    assert y.dtype == np.float64
    assert y.requires_grad
    assert pickle.loads(pickle.dumps(x * 2)).is_leaf


def test_deepcopy_of_leaves_only() -> None:
    x = tg.ones(2, requires_grad=True)
    (x * 2).backward(tg.ones(2))
    y = copy.deepcopy(x)
    y.grad.zero_()
    with tg.no_grad():
        y.zero_()
    assert x.tolist() == [1, 1]
    assert x.grad.tolist() == [2, 2]
    with pytest.raises(RuntimeError, match="leaves can be deep-copied"):
        copy.deepcopy(x * 2)


def test_copy_shares_memory_and_history() -> None:
    x = tg.ones(2, requires_grad=True)
    y = copy.copy(x * 2)
    y.backward(tg.ones(2))
    assert x.grad.tolist() == [2, 2]


def test_clone_is_differentiated() -> None:
    x = tg.ones(2, requires_grad=True)
    y = x.clone()
    y.mul_(3)
    y.backward(tg.ones(2))
    assert x.grad.tolist() == [3, 3]
    assert x.tolist() == [1, 1]


# ---- random numbers


def test_manual_seed_repeats_every_kind_of_draw() -> None:
    def draws() -> list[list[float]]:
        tg.manual_seed(3)
        return [
            f.tolist()
            for f in (tg.rand(2), tg.randn(2), tg.randint(9, (2,)), tg.randperm(3), tg.bernoulli(tg.full((3,), 0.5)))
        ]

    assert draws() == draws()


def test_explicit_generators_leave_the_default_alone() -> None:
    tg.manual_seed(0)
    expected = tg.rand(1).item()
    tg.manual_seed(0)
    generator = np.random.default_rng(5)
    first = tg.randn(2, generator=generator)
    assert tg.rand(1).item() == expected
    assert first.tolist() == tg.randn(2, generator=np.random.default_rng(5)).tolist()


def test_generator_state_can_be_restored() -> None:
    state = tg.get_rng_state()
    first = tg.rand(3).tolist()
    tg.set_rng_state(state)
    assert tg.rand(3).tolist() == first


def test_a_seed_of_several_numbers() -> None:
    tg.manual_seed((1, 2, 3))
    a = tg.rand(2).tolist()
    tg.manual_seed((1, 2, 4))
    assert tg.rand(2).tolist() != a


def test_ranges_and_refusals_of_random_numbers() -> None:
    assert set(tg.randint(2, 4, (100,)).tolist()) == {2, 3}
    assert sorted(tg.randperm(5).tolist()) == [0, 1, 2, 3, 4]
    assert tg.rand(2, dtype="float16").dtype == np.float16
    assert tg.rand_like(tg.ones(2, dtype="float64")).dtype == np.float64
    assert tg.randint_like(tg.ones(5), 3).dtype == np.float32
    assert tg.normal(0.0, 1.0, (3,)).dtype == np.float32
    for action in (
        lambda: tg.randint(5, 5, (1,)),
        lambda: tg.bernoulli(tg.tensor([1.5])),
        lambda: tg.normal(0.0, -1.0, (1,)),
    ):
        with pytest.raises(ValueError, match="needs"):
            action()
    with pytest.raises(TypeError, match="floating"):
        tg.rand(1, dtype="int64")


# ---- properties


@given(st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=8))
def test_a_list_comes_back_as_it_was(values: list[float]) -> None:
    assert tg.tensor(values).tolist() == values
