"""`Sequential` remembers a stack of linear layers: whatever is changed in them is seen all the same."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn
import tinygrad_np as tg


def model() -> Any:
    tg.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    network(tg.ones(1, 4))  # from now on it remembers
    return network


def one_by_one(network: Any, x: Any) -> np.ndarray:
    for module in network:
        x = module(x)
    return x.detach().numpy()


def replace_layer(network: Any) -> None:
    network[0] = nn.Linear(4, 3)


def replace_weight(network: Any) -> None:
    network[2].weight = nn.Parameter(tg.full((2, 3), 0.5))


def drop_bias(network: Any) -> None:
    network[2].bias = None


def shadow_forward(network: Any) -> None:
    network[1].forward = lambda x: x * 3


def hook_layer(network: Any) -> None:
    network[2].register_forward_hook(lambda module, args, output: output + 1)


def hook_activation(network: Any) -> None:
    network[1].register_forward_pre_hook(lambda module, args: (args[0] * 2,))


def delete_layer(network: Any) -> None:
    del network[1]


def insert_layer(network: Any) -> None:
    network.insert(1, nn.Tanh())


def append_layer(network: Any) -> None:
    network.append(nn.ReLU())


def load(network: Any) -> None:
    network.load_state_dict({name: x * 2 for name, x in network.state_dict().items()})


def convert(network: Any) -> None:
    network.double()


CHANGES = [
    replace_layer,
    replace_weight,
    drop_bias,
    shadow_forward,
    hook_layer,
    hook_activation,
    delete_layer,
    insert_layer,
    append_layer,
    load,
    convert,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize(
    "how", [lambda x: x, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["", "copy", "pickle"]
)
def test_a_change_is_seen(change: Callable[[Any], None], how: Callable[[Any], Any]) -> None:
    network = how(model())
    x = tg.tensor(np.linspace(-1, 1, 20, dtype=np.float32).reshape(5, 4))
    before = network(x).detach().numpy()
    change(network)
    x = x.to(network[0].weight.dtype)
    after = network(x).detach().numpy()
    np.testing.assert_allclose(after, one_by_one(network, x), rtol=1e-6, atol=1e-7)
    if change not in (convert, append_layer):
        assert not np.allclose(after, before)


def test_a_removed_hook_is_forgotten() -> None:
    network, x = model(), tg.ones(1, 4)
    before = network(x).tolist()
    handle = network[0].register_forward_hook(lambda module, args, output: output + 1)
    assert network(x).tolist() != before
    handle.remove()
    assert network(x).tolist() == before


def test_a_copy_has_its_own_parameters() -> None:
    network, x = model(), tg.ones(1, 4)
    other = copy.deepcopy(network)
    before = network(x).tolist()
    with tg.no_grad():
        other[0].weight.mul_(0)
    assert network(x).tolist() == before != other(x).tolist()
