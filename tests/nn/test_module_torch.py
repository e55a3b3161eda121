"""Modules against PyTorch's: names, order, what is shown, and weights that move both ways."""

from collections import OrderedDict

import numpy as np
import pytest

import nn
import tinygrad_np as tg

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")


def network(library):
    """Return the same network from `nn` or `torch.nn`."""
    shared = library.Linear(8, 8)
    return library.Sequential(
        OrderedDict(
            flat=library.Flatten(),
            hidden=library.Sequential(library.Linear(12, 8), library.ReLU(), shared, library.Tanh(), shared),
            heads=library.ModuleDict({"a": library.Linear(8, 3), "b": library.Linear(8, 2, bias=False)}),
            more=library.ModuleList([library.Linear(2, 2), library.Linear(2, 2), library.Identity()]),
            dropped=library.Dropout(0.25),
        )
    )


@pytest.mark.parametrize("method", ["named_parameters", "named_modules", "named_children", "named_buffers"])
def test_names_and_their_order(method):
    ours, theirs = ([name for name, _ in getattr(network(library), method)()] for library in (nn, torch.nn))
    assert ours == theirs


@pytest.mark.parametrize("method", ["named_parameters", "named_modules"])
def test_names_with_duplicates(method):
    ours, theirs = (
        [name for name, _ in getattr(network(library), method)(prefix="p", remove_duplicate=False)]
        for library in (nn, torch.nn)
    )
    assert ours == theirs


def test_state_dict_keys_and_shapes():
    ours, theirs = (network(library).state_dict() for library in (nn, torch.nn))
    assert list(ours) == list(theirs)
    assert [tuple(tensor.shape) for tensor in ours.values()] == [tuple(tensor.shape) for tensor in theirs.values()]


def test_repr():
    assert repr(network(nn)) == repr(network(torch.nn))


@pytest.mark.parametrize(
    "make",
    [
        lambda library: library.Sequential(),
        lambda library: library.Linear(2, 3, bias=False),
        lambda library: library.Unflatten(1, (2, 3)),
        lambda library: library.Flatten(2),
        lambda library: library.Dropout(inplace=True),
        lambda library: library.Identity(3),
        lambda library: library.ModuleList(),
        lambda library: library.ModuleDict({"x": library.MSELoss(), "y": library.NLLLoss()}),
        lambda library: library.BCEWithLogitsLoss(),
    ],
)
def test_repr_of_single_modules(make):
    assert repr(make(nn)) == repr(make(torch.nn))


def test_weights_move_both_ways():
    ours = nn.Sequential(nn.Flatten(), nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 2)).eval()
    library = torch.nn
    theirs = library.Sequential(library.Flatten(), library.Linear(6, 4), library.Tanh(), library.Linear(4, 2))
    x = np.random.default_rng(0).normal(size=(5, 2, 3)).astype("float32")
    ours.load_state_dict({name: tensor.numpy() for name, tensor in theirs.state_dict().items()})
    expected = theirs(torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(ours(tg.tensor(x)).detach().numpy(), expected, rtol=1e-5, atol=1e-6)
    fresh = nn.Sequential(nn.Flatten(), nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 2))
    state = {name: torch.from_numpy(np.ascontiguousarray(t.numpy())) for name, t in fresh.state_dict().items()}
    theirs.load_state_dict(state)
    expected = theirs(torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(fresh(tg.tensor(x)).detach().numpy(), expected, rtol=1e-5, atol=1e-6)


def test_order_after_reassignment():
    def names(library, parameter):
        module = library.Module()
        module.a = None
        module.b = library.Parameter(parameter)
        module.a = library.Parameter(parameter)
        module.c = library.Identity()
        module.b = None
        module.b = library.Parameter(parameter)
        module.c = library.Parameter(parameter)
        module.register_buffer("d", None)
        del module.a
        module.a = library.Parameter(parameter)
        return list(module.state_dict()), [name for name, _ in module.named_parameters()]

    assert names(nn, tg.ones(1)) == names(torch.nn, torch.ones(1))


def test_hooks_are_called_alike():
    def trace(library, x):
        calls = []
        net = library.Sequential(library.Identity(), library.ReLU())
        for module in net.modules():
            name = type(module).__name__
            module.register_forward_hook(lambda m, args, output, name=name: calls.append((name, "after")))
            module.register_forward_hook(lambda m, args, output: output + 1, prepend=True)
            module.register_forward_pre_hook(lambda m, args, name=name: calls.append((name, "before")))
        return calls, net(x).tolist()

    assert trace(nn, tg.tensor([-1.0, 1.0])) == trace(torch.nn, torch.tensor([-1.0, 1.0]))


def test_gradients_of_a_network():
    ours, library = network(nn), torch.nn
    theirs = network(library)
    theirs.load_state_dict({name: torch.from_numpy(np.array(t.numpy())) for name, t in ours.state_dict().items()})
    x = np.random.default_rng(0).normal(size=(5, 12)).astype("float32")

    def run(net, x):
        y = net.heads["a"](net.hidden(net.flat(x)))
        (y * y).sum().backward()
        return y

    y, expected = run(ours, tg.tensor(x)), run(theirs, torch.from_numpy(x))
    np.testing.assert_allclose(y.detach().numpy(), expected.detach().numpy(), rtol=1e-5, atol=1e-6)
    for (name, ours_parameter), theirs_parameter in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert (ours_parameter.grad is None) == (theirs_parameter.grad is None), name
        if ours_parameter.grad is not None:
            actual, wanted = ours_parameter.grad.numpy(), theirs_parameter.grad.numpy()
            np.testing.assert_allclose(actual, wanted, rtol=1e-4, atol=1e-5, err_msg=name)
