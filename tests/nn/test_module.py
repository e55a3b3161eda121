"""Modules: what they register, how it is found, changed, saved, copied and shown; and containers."""

import copy
import pickle
from collections import OrderedDict

import numpy as np
import pytest

import nn
import tinygrad_np as tg


class Block(nn.Module):
    """Two parameters, both kinds of buffers and a submodule, of which there can be two names for one."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter([1.0, 2.0])
        self.register_buffer("mean", tg.zeros(2))
        self.register_buffer("cache", tg.ones(3), persistent=False)
        self.inner = nn.Linear(2, 2)
        self.shift = nn.Parameter([0.5, 0.5])
        self.register_parameter("nothing", None)
        self.plain = tg.ones(1)

    def forward(self, x, *, twice=False):
        y = self.inner(x) * self.scale + self.shift
        return y * 2 if twice else y


def names(pairs):
    return [name for name, _ in pairs]


# ---- registration


def test_own_parameters_come_first_then_those_of_submodules():
    assert names(Block().named_parameters()) == ["scale", "shift", "inner.weight", "inner.bias"]
    assert names(Block().named_parameters(recurse=False)) == ["scale", "shift"]
    assert names(Block().named_parameters("net")) == ["net.scale", "net.shift", "net.inner.weight", "net.inner.bias"]


def test_buffers_are_those_registered():
    assert names(Block().named_buffers()) == ["mean", "cache"]
    assert [buffer.shape for buffer in Block().buffers()] == [(2,), (3,)]


def test_modules_and_children():
    net = nn.Sequential(Block(), nn.ReLU())
    assert names(net.named_modules()) == ["", "0", "0.inner", "1"]
    assert names(net.named_children()) == ["0", "1"]
    assert next(iter(net.modules())) is net
    assert list(net.children()) == [net[0], net[1]]


def test_what_is_shared_is_counted_once():
    layer = nn.Linear(2, 2)
    net = nn.Sequential(layer, nn.ReLU(), layer)
    assert names(net.named_parameters()) == ["0.weight", "0.bias"]
    assert len(list(net.parameters())) == 2
    assert names(net.named_modules()) == ["", "0", "1"]
    assert names(net.named_children()) == ["0", "1"]
    assert names(net.named_parameters(remove_duplicate=False)) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert list(net.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    tied = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    tied[1].weight = tied[0].weight
    assert names(tied.named_parameters()) == ["0.weight", "0.bias", "1.bias"]


def test_attributes_are_ordinary_ones():
    block = Block()
    assert vars(block)["scale"] is block.scale
    assert block.nothing is None
    with pytest.raises(AttributeError, match="'Block' object has no attribute 'missing'"):
        _ = block.missing


def test_assignment_keeps_or_changes_what_a_name_is():
    block = Block()
    block.scale = nn.Parameter([3.0])
    assert names(block.named_parameters(recurse=False)) == ["scale", "shift"]
    block.nothing = nn.Parameter([1.0])
    assert names(block.named_parameters(recurse=False)) == ["scale", "shift", "nothing"]
    block.mean = tg.ones(2)
    assert names(block.named_buffers()) == ["mean", "cache"]
    block.shift = nn.Linear(1, 1)
    assert names(block.named_children()) == ["inner", "shift"]
    block.inner = None
    assert names(block.named_children()) == ["shift"]
    del block.scale
    assert names(block.named_parameters(recurse=False)) == ["nothing"]
    assert not hasattr(block, "scale")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("scale", tg.ones(2), "'scale' of Block is a parameter and takes an nn.Parameter or None, not Tensor"),
        ("inner", 3, "'inner' of Block is a module and takes an nn.Module or None, not int"),
        ("mean", 3, "'mean' of Block is a buffer and takes a tensor or None, not int"),
    ],
)
def test_a_registered_name_takes_its_kind_only(name, value, message):
    block = Block()
    with pytest.raises(TypeError, match=message):
        setattr(block, name, value)
    assert list(block.state_dict()) == list(Block().state_dict())


@pytest.mark.parametrize("value", [nn.Parameter([1.0]), nn.ReLU()])
def test_assignment_before_init_says_what_to_do(value):
    class Hasty(nn.Module):
        def __init__(self) -> None:
            self.first = value

    with pytest.raises(AttributeError, match=r"Hasty got the (parameter|module) 'first' before super\(\).__init__\(\)"):
        Hasty()


def test_a_module_without_init_says_so():
    class Lazy(nn.Module):
        def __init__(self) -> None:
            pass

    with pytest.raises(AttributeError, match=r"super\(\).__init__\(\) was not called in Lazy"):
        list(Lazy().parameters())
    with pytest.raises(AttributeError, match="buffer 'mean' before"):
        Lazy().register_buffer("mean", tg.ones(1))


@pytest.mark.parametrize("name", ["", "a.b", "forward", "plain"])
@pytest.mark.parametrize("register", ["register_parameter", "register_buffer", "register_module", "add_module"])
def test_names_that_cannot_be_registered(register, name):
    with pytest.raises(KeyError, match="name"):
        getattr(Block(), register)(name, None)


@pytest.mark.parametrize("register", ["register_parameter", "register_buffer", "register_module"])
def test_values_and_names_of_the_wrong_type(register):
    with pytest.raises(TypeError, match=r"must be an? "):
        getattr(Block(), register)("fresh", 3)
    with pytest.raises(TypeError, match="must be a string"):
        getattr(Block(), register)(3, None)


def test_lookup_by_dotted_name():
    net = nn.Sequential(Block())
    assert net.get_submodule("") is net
    assert net.get_submodule("0.inner") is net[0].inner
    assert net.get_parameter("0.inner.weight") is net[0].inner.weight
    assert net.get_parameter("0.scale") is net[0].scale
    assert net.get_buffer("0.cache") is net[0].cache
    with pytest.raises(AttributeError, match=r"there is no module '0.outer': no 'outer' in Block"):
        net.get_submodule("0.outer")
    with pytest.raises(AttributeError, match=r"there is no parameter '0.mean': no 'mean' in Block"):
        net.get_parameter("0.mean")
    with pytest.raises(AttributeError, match="there is no buffer 'mean': no 'mean' in Sequential"):
        net.get_buffer("mean")


# ---- changes to all of it


def test_train_and_eval_go_through_all_modules():
    net = nn.Sequential(nn.Dropout(), nn.Sequential(nn.Dropout()))
    assert net.eval() is net
    assert not any(module.training for module in net.modules())
    net.train()
    assert all(module.training for module in net.modules())
    with pytest.raises(ValueError, match="True or False"):
        net.train("yes")


def test_train_can_be_overridden_below():
    class Frozen(nn.Dropout):
        def train(self, mode=True):
            return super().train(False)

    assert not nn.Sequential(Frozen()).train()[0].training


def test_apply_reaches_children_before_parents():
    seen = []
    net = nn.Sequential(nn.ReLU(), nn.Sequential(nn.Tanh()))
    assert net.apply(lambda module: seen.append(type(module).__name__)) is net
    assert seen == ["ReLU", "Tanh", "Sequential", "Sequential"]


def test_zero_grad():
    layer = nn.Linear(2, 1)
    layer(tg.ones(1, 2)).sum().backward()
    before = layer.weight.grad
    layer.zero_grad(set_to_none=False)
    assert layer.weight.grad is before
    assert before.tolist() == [[0.0, 0.0]]
    layer.zero_grad()
    assert layer.weight.grad is None
    layer.zero_grad(set_to_none=False)
    assert layer.weight.grad is None


def test_zero_grad_forgets_the_history_of_gradients():
    layer = nn.Linear(1, 1, bias=False)
    (layer(tg.ones(1, 1)) ** 2).sum().backward(create_graph=True)
    before = layer.weight.grad
    assert before.requires_grad
    layer.zero_grad(set_to_none=False)
    assert not layer.weight.grad.requires_grad
    assert before.item() != 0


def test_requires_grad_freezes_and_thaws():
    layer = nn.Linear(2, 1)
    assert layer.requires_grad_(False) is layer
    assert not layer(tg.ones(1, 2)).requires_grad
    assert layer.requires_grad_().weight.requires_grad


@pytest.mark.parametrize(
    "convert", [lambda m: m.double(), lambda m: m.to("float64"), lambda m: m.to(tg.zeros(1).double())]
)
def test_conversion_keeps_parameters_and_their_order_in_memory(convert):
    block = Block()
    block.register_buffer("count", tg.tensor(3))
    parameters = list(block.parameters())
    block(tg.ones(1, 2)).sum().backward()
    before = block.inner.weight.tolist()
    assert convert(block) is block
    assert all(old is new for old, new in zip(parameters, block.parameters(), strict=True))
    assert {str(p.dtype) for p in block.parameters()} == {str(p.grad.dtype) for p in block.parameters()} == {"float64"}
    assert str(block.mean.dtype) == "float64"
    assert str(block.count.dtype) == "int64"
    assert block.inner.weight.flags.f_contiguous
    assert block.inner.weight.tolist() == before
    block(tg.ones(1, 2).double()).sum().backward()
    assert block.float().scale.dtype == np.float32
    assert block.half().scale.dtype == np.float16
    assert block.cpu() is block


def test_conversions_that_cannot_be():
    with pytest.raises(TypeError, match="floating dtype only, not to int64"):
        Block().to("int64")
    with pytest.raises(RuntimeError, match="cuda"):
        Block().to("cuda")
    assert Block().to("cpu").scale.dtype == np.float32


# ---- hooks


def test_forward_hooks_see_and_replace():
    seen = []
    block = Block()
    x = tg.ones(1, 2)
    expected = block(x).detach()
    first = block.register_forward_hook(lambda module, args, output: seen.append((module, args, output)))
    second = block.register_forward_hook(lambda module, args, output: output * 2)
    result = block(x)
    assert seen[0][0] is block
    assert seen[0][1] == (x,)
    np.testing.assert_allclose(result.detach().numpy(), 2 * expected.numpy())
    first.remove()
    second.remove()
    second.remove()
    np.testing.assert_array_equal(block(x).detach().numpy(), expected.numpy())
    assert len(seen) == 1


def test_forward_pre_hooks_replace_arguments():
    double = nn.Identity()
    handle = double.register_forward_pre_hook(lambda module, args: args[0] * 2)
    assert double(tg.ones(1)).item() == 2
    double.register_forward_pre_hook(lambda module, args: (args[0] + 1,))
    assert double(tg.ones(1)).item() == 3
    handle.remove()
    assert double(tg.ones(1)).item() == 2


def test_hooks_in_order_prepended_and_with_keywords():
    calls = []
    block = Block()
    block.register_forward_hook(lambda module, args, output: calls.append("later"))
    block.register_forward_hook(lambda module, args, output: calls.append("first"), prepend=True)
    block.register_forward_hook(lambda module, args, kwargs, output: calls.append(kwargs), with_kwargs=True)
    block.register_forward_pre_hook(lambda module, args, kwargs: (args, {"twice": True}), with_kwargs=True)
    once = Block()
    once.load_state_dict(block.state_dict())
    x = tg.ones(1, 2)
    np.testing.assert_allclose(block(x).tolist(), (once(x) * 2).tolist())
    assert calls == ["first", "later", {"twice": True}]


@pytest.mark.parametrize("hooked", [0, 1])
def test_hooks_inside_a_sequence_see_what_their_module_sees(hooked):
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    x = tg.rand(4, 2)
    expected = [x.tolist(), net[0](x).tolist(), net[1](net[0](x)).tolist()]
    whole, seen = net(x).tolist(), []
    net[hooked].register_forward_hook(lambda module, args, output: seen.append((args[0].tolist(), output.tolist())))
    assert net(x).tolist() == whole
    assert seen == [(expected[hooked], expected[hooked + 1])]


def test_hooks_belong_to_one_module():
    hooked, other = nn.ReLU(), nn.ReLU()
    hooked.register_forward_hook(lambda module, args, output: output + 1)
    assert other(tg.zeros(1)).item() == 0
    assert hooked(tg.zeros(1)).item() == 1


# ---- state


def test_state_dict_shares_memory_and_leaves_out_what_is_not_saved():
    block = Block()
    state = block.state_dict()
    assert list(state) == ["scale", "shift", "mean", "inner.weight", "inner.bias"]
    for name in ("scale", "inner.bias"):
        assert np.shares_memory(state[name].numpy(), block.get_parameter(name).array)
    assert not any(tensor.requires_grad for tensor in state.values())
    assert block.state_dict(keep_vars=True)["scale"] is block.scale
    assert list(block.inner.state_dict(prefix="p.")) == ["p.weight", "p.bias"]


def test_load_copies_into_the_same_memory():
    source, target = Block(), Block().double()
    parameters = [(p, p.array) for p in target.parameters()]
    result = target.load_state_dict(source.state_dict())
    assert result == ([], [])
    assert (result.missing_keys, result.unexpected_keys) == ([], [])
    for parameter, array in parameters:
        assert parameter.array is array
    assert target.inner.weight.dtype == np.float64
    assert target.inner.weight.flags.f_contiguous
    assert target.inner.weight.tolist() == source.inner.weight.tolist()
    assert not np.shares_memory(target.inner.weight.array, source.inner.weight.array)


def test_load_takes_arrays():
    layer = nn.Linear(2, 1)
    layer.load_state_dict({"weight": np.array([[1.0, 2.0]]), "bias": np.array([3.0])})
    assert layer(tg.ones(1, 2)).item() == 6


def test_load_names_everything_that_does_not_fit_and_changes_nothing():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    before = {name: tensor.tolist() for name, tensor in net.state_dict().items()}
    shapes = {"0.weight": (2, 2), "0.bias": (3,), "1.weight": (2, 1), "2.bias": (1,), "x": (1,)}
    state = {name: tg.ones(shape) for name, shape in shapes.items()}
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict(state)
    message = str(caught.value)
    assert "does not fit Sequential" in message
    for part in (
        "1.bias is missing",
        "2.bias is unexpected",
        "x is unexpected",
        "0.bias has shape (3,) instead of (2,)",
        "1.weight has shape (2, 1) instead of (1, 2)",
    ):
        assert part in message
    assert {name: tensor.tolist() for name, tensor in net.state_dict().items()} == before


def test_load_not_strict_returns_the_keys_but_refuses_shapes():
    layer = nn.Linear(2, 1)
    result = layer.load_state_dict({"weight": tg.ones(1, 2), "more": tg.ones(1)}, strict=False)
    assert result == (["bias"], ["more"])
    assert layer.weight.tolist() == [[1.0, 1.0]]
    with pytest.raises(RuntimeError, match=r"weight has shape \(3,\)"):
        layer.load_state_dict({"weight": tg.ones(3)}, strict=False)


def test_a_load_is_noticed_by_a_graph_that_saved_the_old_values():
    layer = nn.Linear(2, 1)
    x = tg.ones(1, 2, requires_grad=True)
    loss = layer(x).sum()
    layer.load_state_dict(nn.Linear(2, 1).state_dict())
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda module: pickle.loads(pickle.dumps(module))])
def test_copies_are_equal_and_independent(copied):
    block = Block()
    block.inner.weight.requires_grad_(False)
    other = copied(block)
    assert list(other.state_dict()) == list(block.state_dict())
    assert names(other.named_buffers()) == ["mean", "cache"]
    assert isinstance(other.scale, nn.Parameter)
    assert [p.requires_grad for p in other.parameters()] == [True, True, False, True]
    assert other.inner.weight.flags.f_contiguous
    assert other.inner.weight is other.get_parameter("inner.weight")
    x = tg.ones(1, 2)
    assert other(x).tolist() == block(x).tolist()
    nn.init.zeros_(other.shift)
    assert block.shift.tolist() == [0.5, 0.5]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda module: pickle.loads(pickle.dumps(module))])
def test_copies_keep_sharing(copied):
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    net[1].weight = net[0].weight
    other = copied(net)
    assert other[0].weight is other[1].weight
    assert other[0].weight is not net[0].weight


# ---- parameters


def test_parameter():
    parameter = nn.Parameter(tg.ones(2))
    assert isinstance(parameter, tg.Tensor)
    assert parameter.requires_grad
    assert parameter.is_leaf
    assert not nn.Parameter([1.0], requires_grad=False).requires_grad
    assert type(parameter * 2) is tg.Tensor
    assert repr(parameter) == "Parameter containing:\ntensor([1., 1.], requires_grad=True)"
    with pytest.raises(TypeError, match="floating"):
        nn.Parameter([1])


# ---- how it is shown


def test_repr_of_nested_modules():
    class Pair(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.left = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
            self.right = nn.Identity()

        def extra_repr(self):
            return "kind='pair'"

    assert repr(Pair()) == (
        "Pair(\n"
        "  kind='pair'\n"
        "  (left): Sequential(\n"
        "    (0): Linear(in_features=2, out_features=3, bias=True)\n"
        "    (1): ReLU()\n"
        "  )\n"
        "  (right): Identity()\n"
        ")"
    )


# ---- containers


def test_sequential_applies_in_order():
    net = nn.Sequential(nn.Identity(), nn.ReLU())
    assert net(tg.tensor([-1.0, 1.0])).tolist() == [0.0, 1.0]
    assert nn.Sequential()(3) == 3


def test_sequential_by_name():
    net = nn.Sequential(OrderedDict(hidden=nn.Linear(2, 3), act=nn.ReLU()))
    assert list(net.state_dict()) == ["hidden.weight", "hidden.bias"]
    assert net.act is net[1]
    assert list(net[1:].state_dict()) == []
    assert list(net[:1].state_dict()) == ["hidden.weight", "hidden.bias"]


@pytest.mark.parametrize("kind", [lambda *modules: nn.Sequential(*modules), lambda *modules: nn.ModuleList(modules)])
def test_numbered_containers_are_like_lists(kind):
    a, b, c, d = (nn.Linear(1, n + 1) for n in range(4))
    net = kind(a, b)
    assert net.append(c) is net
    assert (len(net), list(net), net[0], net[-1]) == (3, [a, b, c], a, c)
    assert b in net
    assert d not in net
    net[1] = d
    assert list(net) == [a, d, c]
    assert list(net[::2]) == [a, c]
    assert type(net[1:]) is type(net)
    net.insert(1, b)
    assert list(net) == [a, b, d, c]
    assert names(net.named_children()) == ["0", "1", "2", "3"]
    assert net.pop() is c
    del net[0]
    assert list(net) == [b, d]
    assert list(net.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    del net[:]
    assert list(net.extend([a, c])) == [a, c]
    assert list(net + kind(b)) == [a, c, b]
    with pytest.raises(IndexError, match="there is no module 2 in"):
        net[2]
    with pytest.raises(TypeError, match=r"must be an nn\.Module"):
        net.append(3)


def test_module_list_shows_equal_neighbours_once():
    assert repr(nn.ModuleList([nn.ReLU(), nn.ReLU(), nn.Tanh()])) == (
        "ModuleList(\n  (0-1): 2 x ReLU()\n  (2): Tanh()\n)"
    )
    layers = nn.ModuleList()
    layers += [nn.ReLU()]
    assert len(layers) == 1


def test_containers_without_forward_say_so():
    for container in (nn.ModuleList(), nn.ModuleDict(), nn.Module()):
        with pytest.raises(NotImplementedError, match=f"{type(container).__name__} defines no forward"):
            container(tg.ones(1))


def test_module_dict():
    modules = nn.ModuleDict({"a": nn.ReLU(), "b": nn.Linear(1, 1)})
    assert list(modules) == list(modules.keys()) == ["a", "b"]
    assert "a" in modules
    assert len(modules) == 2
    assert list(modules.items()) == [("a", modules["a"]), ("b", modules["b"])]
    assert list(modules.values()) == [modules["a"], modules["b"]]
    assert list(modules.state_dict()) == ["b.weight", "b.bias"]
    modules["c"] = nn.Tanh()
    modules.update([("a", nn.Sigmoid())])
    assert repr(modules["a"]) == "Sigmoid()"
    assert repr(modules.pop("c")) == "Tanh()"
    del modules["a"]
    assert list(modules) == ["b"]
    with pytest.raises(KeyError, match="keys"):
        modules["keys"] = nn.ReLU()
    with pytest.raises(KeyError):
        modules["missing"]
    modules.clear()
    assert len(modules) == 0


@pytest.mark.parametrize("replaced", [0, 1])
def test_a_sequence_calls_the_forward_that_an_instance_was_given(replaced: int) -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    model[replaced].forward = lambda x: x * 0 - 7
    expected = [[0.0, 0.0]] if replaced == 0 else [[-7.0, -7.0]]
    assert model(tg.ones(1, 2)).tolist() == expected
