"""The engine: what backward does, and refuses to do."""

from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest

import tinygrad_np as tg
from tinygrad_np.autograd import backward, grad
from tinygrad_np.primitive import primitive


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), requires_grad=True)


# ---- accumulation


def test_a_value_used_twice_gets_the_sum() -> None:
    x = leaf(3.0)
    (x * x + x).backward()
    assert x.grad.tolist() == [7.0]


def test_a_second_backward_adds_in_place_to_grad() -> None:
    x = leaf(1.0, 2.0)
    (x * 2).backward(tg.ones(2))
    kept = x.grad
    (x * 3).backward(tg.ones(2))
    assert x.grad is kept
    assert kept.tolist() == [5.0, 5.0]


def test_grad_does_not_alias_the_cotangent_given() -> None:
    x, g = leaf(1.0, 2.0), tg.ones(2)
    (x + 0).backward(g)
    x.backward(g)
    x.grad.zero_()
    assert g.tolist() == [1.0, 1.0]


def test_two_leaves_of_a_sum_do_not_share_a_gradient() -> None:
    a, b = leaf(1.0), leaf(2.0)
    (a + b).backward()
    a.grad.mul_(5)
    assert b.grad.tolist() == [1.0]


def test_many_uses_of_one_leaf() -> None:
    x = leaf(1.0)
    y = x * 1
    for _ in range(9):
        y = y + x
    y.backward()
    assert x.grad.tolist() == [10.0]


def test_a_zero_dimensional_leaf_used_thrice() -> None:
    x = tg.tensor(2.0, requires_grad=True)
    y = x * 1.0
    (y * y * y + y).backward()
    assert x.grad.item() == 13.0
    assert type(x.grad.array) is np.ndarray


def test_the_gradient_has_the_dtype_of_the_leaf() -> None:
    x = tg.ones(2, requires_grad=True)
    y = x.to("float64") * tg.ones(2, dtype="float64")
    y.backward(tg.ones(2, dtype="float64"))
    assert y.dtype == np.float64
    assert x.grad.dtype == np.float32


# ---- grad()


def test_grad_leaves_grad_alone_and_returns_a_tuple() -> None:
    x = leaf(2.0)
    (g,) = grad(x * x, x)
    assert g.tolist() == [4.0]
    assert x.grad is None


def test_grad_of_an_intermediate_result() -> None:
    x = leaf(2.0)
    y = x * x
    g_y, g_x = grad(y * 3, [y, x])
    assert (g_y.item(), g_x.item()) == (3.0, 12.0)


def test_grad_of_an_unused_input() -> None:
    x, other = leaf(1.0), leaf(1.0)
    with pytest.raises(RuntimeError, match="do not depend on input 1"):
        grad(x * 2, [x, other])
    assert grad(x * 2, [x, other], allow_unused=True)[1] is None


def test_grad_visits_only_what_it_needs() -> None:
    x, w = leaf(1.0), leaf(2.0)
    hidden = w.exp()
    seen: list[tg.Tensor] = []
    hidden.register_hook(seen.append)
    grad(x * hidden, x)
    assert seen == []


def test_third_derivative() -> None:
    x = tg.tensor(2.0, dtype="float64", requires_grad=True)
    y = x**4
    for expected in (32.0, 48.0, 48.0, 24.0):
        (y,) = grad(y, x, create_graph=True)
        assert y.item() == pytest.approx(expected)


def test_gradient_of_a_gradient_through_backward() -> None:
    x = leaf(3.0)
    (x**3).backward(create_graph=True)
    assert x.grad.requires_grad
    first = x.grad
    x.grad = None
    (first * 2).backward()
    assert x.grad.tolist() == [36.0]


def test_create_graph_works_inside_no_grad_as_in_pytorch() -> None:
    x = leaf(3.0)
    y = x * x
    with tg.no_grad():
        (g,) = grad(y, x, create_graph=True)
    assert g.requires_grad


# ---- refusals


def test_backward_of_several_elements_needs_a_gradient() -> None:
    with pytest.raises(RuntimeError, match=r"shape \(2,\) needs a gradient"):
        (leaf(1.0, 2.0) * 2).backward()


def test_backward_of_a_constant() -> None:
    with pytest.raises(RuntimeError, match="does not require grad"):
        tg.ones(1).backward()


def test_a_gradient_of_another_shape() -> None:
    with pytest.raises(RuntimeError, match=r"shape \(3,\) but the tensor \(2,\)"):
        (leaf(1.0, 2.0) * 2).backward(tg.ones(3))


def test_backward_twice_through_saved_values() -> None:
    y = leaf(1.0).exp()
    y.backward()
    with pytest.raises(RuntimeError, match=r"graph of exp was already freed.*retain_graph"):
        y.backward()


def test_backward_twice_with_retain_graph() -> None:
    x = leaf(0.0)
    y = x.exp()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [2.0]


def test_backward_twice_where_nothing_was_saved() -> None:
    x = leaf(1.0)
    y = x + 1
    y.backward()
    y.backward()
    assert x.grad.tolist() == [2.0]


# ---- values changed in place


def test_changing_an_input_that_was_not_saved_is_fine() -> None:
    x = leaf(1.0)
    y = x * 2
    z = y + 2
    y.mul_(3)
    z.backward()
    assert x.grad.tolist() == [2.0]


def test_changing_an_input_where_only_the_output_was_saved_is_fine() -> None:
    x = leaf(0.0)
    y = x * 1
    z = y.exp()
    y += 1
    z.backward()
    assert x.grad.tolist() == [1.0]


def test_changing_a_saved_output_raises() -> None:
    z = leaf(0.0).exp()
    z += 1
    with pytest.raises(RuntimeError, match="that exp saved for its derivative was changed in place"):
        z.backward()


def test_changing_a_saved_input_raises_even_through_a_view() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    z = y * y
    y.reshape(2, 1)[0, 0] = 5
    with pytest.raises(RuntimeError, match="multiply saved"):
        z.backward(tg.ones(2))


def test_changing_a_saved_leaf_under_no_grad_raises() -> None:
    w, x = leaf(2.0), leaf(3.0)
    y = w * x
    with tg.no_grad():
        w += 1
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


# ---- hooks


def test_hooks_see_and_replace_the_gradient() -> None:
    x = leaf(1.0)
    y = x * 2
    seen: list[float] = []
    y.register_hook(lambda g: seen.append(g.item()))
    handle = y.register_hook(lambda g: g * 10)
    (y * 3).backward(retain_graph=True)
    assert seen == [3.0]
    assert x.grad.tolist() == [60.0]
    handle.remove()
    handle.remove()
    x.grad = None
    (y * 3).backward()
    assert x.grad.tolist() == [6.0]


def test_a_hook_on_a_leaf_sees_the_sum_once() -> None:
    x = leaf(1.0)
    seen: list[float] = []
    x.register_hook(lambda g: seen.append(g.item()))
    (x * 2 + x * 3).backward()
    assert seen == [5.0]


def test_what_a_hook_keeps_is_not_changed_later() -> None:
    x = leaf(1.0)
    kept: list[tg.Tensor] = []
    handle = x.register_hook(kept.append)
    (x * 2).backward()
    handle.remove()
    (x * 2).backward()
    assert kept[0].tolist() == [2.0]


def test_a_hook_that_returns_another_shape() -> None:
    x = leaf(1.0)
    x.register_hook(lambda g: tg.ones(2))
    with pytest.raises(RuntimeError, match="gradient's shape"):
        (x * 2).backward()


def test_retain_grad() -> None:
    x = leaf(1.0)
    y = x * 2
    assert y.grad is None
    y.retain_grad()
    (y * 3).backward()
    assert y.grad.tolist() == [3.0]


def test_hooks_and_retain_grad_need_a_gradient() -> None:
    for method in (tg.ones(1).retain_grad, lambda: tg.ones(1).register_hook(print)):
        with pytest.raises(RuntimeError, match="requires grad"):
            method()


def test_backward_into_chosen_inputs() -> None:
    a, b = leaf(1.0), leaf(2.0)
    y = a * b
    y.backward(inputs=[a])
    assert a.grad.tolist() == [2.0]
    assert b.grad is None


# ---- modes


@pytest.mark.parametrize("order", ["C", "F"])
def test_gradients_lie_in_memory_as_they_were_computed(order: str) -> None:
    """Hooks, `retain_grad`, `grad` and given cotangents copy them; an update that mixes two orders takes far longer."""
    seen: list[tg.Tensor] = []
    cotangent = tg.from_numpy(np.ones((3, 4), order=order))
    x = tg.from_numpy(np.ones((3, 4), order=order)).requires_grad_()
    x.register_hook(lambda g: seen.append(g))
    y = x * 2
    y.retain_grad()
    (y * 3).backward(cotangent)
    (alone,) = tg.autograd.grad(x * 2, x, cotangent)
    assert all(g.array.flags[order] for g in (x.grad, y.grad, seen[0], alone))


def test_no_grad_as_context_decorator_and_bare_decorator() -> None:
    x = leaf(1.0)

    @tg.no_grad()
    def called() -> tg.Tensor:
        return x * 2

    @tg.no_grad
    def bare() -> tg.Tensor:
        return x * 2

    with tg.no_grad():
        assert not (x * 2).requires_grad
        with tg.enable_grad():
            assert (x * 2).requires_grad
        assert not tg.is_grad_enabled()
    assert not called().requires_grad
    assert not bare().requires_grad
    assert tg.is_grad_enabled()


def test_no_grad_ends_with_an_exception() -> None:
    with pytest.raises(KeyError), tg.no_grad():
        raise KeyError
    assert tg.is_grad_enabled()


def test_set_grad_enabled() -> None:
    with tg.set_grad_enabled(False):
        assert not tg.is_grad_enabled()
    assert tg.is_grad_enabled()


def test_no_grad_holds_for_its_thread_alone() -> None:
    inside: list[bool] = []
    with tg.no_grad():
        thread = threading.Thread(target=lambda: inside.append(tg.is_grad_enabled()))
        thread.start()
        thread.join()
    assert inside == [True]


def test_two_threads_go_back_through_one_graph() -> None:
    x = tg.ones(1000, requires_grad=True)
    y = x * 2
    for _ in range(50):
        y = y + x * 1
    results: list[np.ndarray] = []

    def work() -> None:
        for _ in range(5):
            results.append(grad(y, x, tg.ones(1000), retain_graph=True)[0].numpy())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 20
    assert all((g == 52).all() for g in results)


# ---- size and memory


def test_a_long_chain_is_differentiated_and_freed_without_recursion() -> None:
    x = leaf(1.0)
    y = x
    for _ in range(100_000):
        y = y + x
    y.backward()
    assert x.grad.tolist() == [100_001.0]
    del y


def test_a_step_leaves_nothing_for_the_garbage_collector() -> None:
    w = tg.rand(4, 3, requires_grad=True)
    b = tg.zeros(4, requires_grad=True)
    x, target = tg.rand(5, 3), tg.tensor([0, 1, 2, 3, 0])

    def step() -> None:
        hidden = tg.tanh(tg.linear(x, w, b))
        view = hidden.reshape(20)
        loss = tg.softmax_cross_entropy(view.reshape(5, 4), target)
        hidden.register_hook(lambda g: None)
        hidden.retain_grad()
        loss.backward()
        with tg.no_grad():
            w.sub_(w.grad * 0.1)
        w.grad = b.grad = None

    step()
    gc.collect()
    gc.disable()
    try:
        step()
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_the_graph_does_not_keep_its_result_alive() -> None:
    y = leaf(1.0).exp()
    reference = weakref.ref(y)
    z = y * 2
    del y
    assert reference() is None
    z.backward()


def test_backward_frees_what_was_saved() -> None:
    x = leaf(1.0)
    y = x.exp()
    saved = weakref.ref(y.grad_fn.output)
    z = y * 1
    del y
    assert saved() is not None
    z.backward()
    assert saved() is None


# ---- defining operations


def test_a_rule_with_an_unknown_name_is_refused() -> None:
    @primitive()
    def strange(x):  # type: ignore[no-untyped-def]
        return x

    with pytest.raises(TypeError, match="must take g first"):
        strange.defvjp(lambda g, z: g)


def test_two_primitives_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="named exp already"):

        @primitive()
        def exp(x):  # type: ignore[no-untyped-def]
            return x


def test_a_number_of_rules_that_does_not_fit() -> None:
    @primitive()
    def odd(a, b):  # type: ignore[no-untyped-def]
        return a + b

    with pytest.raises(TypeError, match="one rule each"):
        odd.defvjp(lambda g: g)


def test_several_roots() -> None:
    x = leaf(2.0)
    backward([x * x, x * 3], [tg.ones(1), tg.ones(1)])
    assert x.grad.tolist() == [7.0]
    with pytest.raises(RuntimeError, match="as many cotangents"):
        backward([x * x], [tg.ones(1), tg.ones(1)])
