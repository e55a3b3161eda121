"""The operations on shapes against PyTorch: the same line of code is run by both, and must give the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg
from against_torch import Call, assert_same_as_torch, parts

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")


def pad(m: Any, *arguments: Any) -> Any:
    return (torch.nn.functional if m is torch else tg).pad(*arguments)


# What users write, with `m` for the module; x has shape (2, 3, 4).
CALLS: dict[str, Call] = {
    "reshape": lambda m, x: m.reshape(x, (4, -1)),
    "x.reshape": lambda m, x: x.reshape(3, 8),
    "x.reshape tuple": lambda m, x: x.reshape((3, 8)),
    "x.reshape_as": lambda m, x: x.reshape_as(m.zeros(24)),
    "x.view": lambda m, x: x.view(-1, 4),
    "x.view_as": lambda m, x: x.view_as(m.zeros(6, 4)),
    "ravel": lambda m, x: m.ravel(x),
    "flatten": lambda m, x: m.flatten(x),
    "flatten from": lambda m, x: m.flatten(x, 1),
    "x.flatten to": lambda m, x: x.flatten(0, -2),
    "flatten 0-d": lambda m, x: m.flatten(x.sum()),
    "unflatten": lambda m, x: m.unflatten(x, -1, (2, -1)),
    "x.unflatten": lambda m, x: x.unflatten(2, (1, 4)),
    "squeeze": lambda m, x: m.squeeze(x[:, :1]),
    "squeeze dim": lambda m, x: m.squeeze(x[:, :1], 1),
    "squeeze long dim": lambda m, x: m.squeeze(x, 1),
    "squeeze dims": lambda m, x: m.squeeze(x[:1, :1], (0, 1, 2)),
    "x.squeeze": lambda m, x: x[..., :1].squeeze(-1),
    "squeeze 0-d": lambda m, x: m.squeeze(x.sum(), 0),
    "unsqueeze": lambda m, x: m.unsqueeze(x, 1),
    "x.unsqueeze": lambda m, x: x.unsqueeze(-1),
    "transpose": lambda m, x: m.transpose(x, 0, -1),
    "x.transpose": lambda m, x: x.transpose(1, 2),
    "transpose 0-d": lambda m, x: m.transpose(x.sum(), 0, -1),
    "swapaxes": lambda m, x: m.swapaxes(x, 0, 1),
    "x.swapdims": lambda m, x: x.swapdims(0, 1),
    "t": lambda m, x: m.t(x[0]),
    "x.T": lambda m, x: x[0].T,
    "x.mT": lambda m, x: x.mT,
    "permute": lambda m, x: m.permute(x, (2, 0, 1)),
    "x.permute": lambda m, x: x.permute(-1, 0, 1),
    "movedim": lambda m, x: m.movedim(x, 0, -1),
    "x.moveaxis": lambda m, x: x.moveaxis((0, 1), (2, 0)),
    "broadcast_to": lambda m, x: m.broadcast_to(x, (5, 2, 3, 4)),
    "x.expand": lambda m, x: x[:, :1].expand(5, -1, 3, -1),
    "x.expand_as": lambda m, x: x.sum(1, keepdim=True).expand_as(x),
    "broadcast_tensors": lambda m, x: m.broadcast_tensors(x, x[:, :, :1], x[0, 0]),
    "meshgrid": lambda m, x: m.meshgrid(x[0, 0], x[0, :, 0], indexing="ij"),
    "meshgrid xy": lambda m, x: m.meshgrid(x[0, 0], x[0, :, 0], indexing="xy"),
    "x.contiguous": lambda m, x: x.permute(2, 1, 0).contiguous(),
    "atleast_1d": lambda m, x: m.atleast_1d(x.sum()),
    "atleast_2d": lambda m, x: m.atleast_2d(x[0, 0]),
    "flip": lambda m, x: m.flip(x, (0, -1)),
    "x.flip": lambda m, x: x.flip(1),
    "fliplr": lambda m, x: m.fliplr(x),
    "flipud": lambda m, x: x.flipud(),
    "roll": lambda m, x: m.roll(x, 5),
    "roll dims": lambda m, x: m.roll(x, (1, -3), (0, 2)),
    "x.roll": lambda m, x: x.roll(2, -1),
    "rot90": lambda m, x: [m.rot90(x, k, (0, 2)) for k in range(-2, 5)],
    "x.rot90": lambda m, x: x.rot90(1, [2, 1]),
    "diagonal": lambda m, x: m.diagonal(x, 1, 1, 2),
    "x.diagonal": lambda m, x: x.diagonal(dim1=-1, dim2=0),
    "diag": lambda m, x: m.diag(x[0], -1),
    "diag of a vector": lambda m, x: m.diag(x[0, 0], 2),
    "diag_embed": lambda m, x: m.diag_embed(x, -1, 0, 2),
    "x.diag_embed": lambda m, x: x.diag_embed(),
    "tril": lambda m, x: m.tril(x, 1),
    "x.triu": lambda m, x: x.triu(-1),
    "cat": lambda m, x: m.cat([x, 2 * x, x[:1]]),
    "cat dim": lambda m, x: m.cat((x, x[..., :1]), dim=-1),
    "cat axis": lambda m, x: m.concatenate((x, x), axis=1),
    "cat with nothing": lambda m, x: m.cat([m.tensor(np.zeros(0, x.detach().numpy().dtype)), x], 1),
    "stack": lambda m, x: m.stack([x, x * x], dim=-1),
    "stack 0-d": lambda m, x: m.stack([x.sum(), x[0, 0, 0]]),
    "hstack": lambda m, x: m.hstack([x, x]),
    "hstack of vectors": lambda m, x: m.hstack([x[0, 0], x[0, :, 0], x.sum()]),
    "vstack": lambda m, x: m.vstack([x[0], x[1, 2]]),
    "split": lambda m, x: m.split(x, 3, dim=2),
    "split sizes": lambda m, x: x.split([1, 0, 2], 1),
    "split nothing": lambda m, x: m.split(x[:, :, :0], 2, 2),
    "chunk": lambda m, x: m.chunk(x, 3, -1),
    "x.chunk": lambda m, x: x.chunk(5),
    "tensor_split": lambda m, x: m.tensor_split(x, 3, dim=2),
    "tensor_split at": lambda m, x: x.tensor_split((1, 2, 9), 1),
    "tensor_split back": lambda m, x: x.tensor_split((2, -2, 1), 2),
    "unbind": lambda m, x: m.unbind(x, 1),
    "x.unbind": lambda m, x: x.unbind(),
    "iteration": lambda m, x: list(x),
    "tile": lambda m, x: m.tile(x, (2, 2)),
    "x.tile": lambda m, x: x.tile(2, 1, 1, 3),
    "x.repeat": lambda m, x: x.repeat(2, 1, 3),
    "x.repeat more": lambda m, x: x.repeat((3, 1, 1, 2)),
    "repeat_interleave": lambda m, x: m.repeat_interleave(x, 2),
    "repeat_interleave dim": lambda m, x: x.repeat_interleave(3, dim=1),
    "repeat_interleave counts": lambda m, x: m.repeat_interleave(x, m.tensor([2, 0, 1]), dim=1),
    "repeat_interleave one count": lambda m, x: m.repeat_interleave(x, m.tensor([2]), dim=0),
    "pad": lambda m, x: pad(m, x, (1, 2)),
    "pad value": lambda m, x: pad(m, x, (0, 1, 2, 0), "constant", 0.5),
    "pad cut": lambda m, x: pad(m, x, (-1, 2, 1, -2)),
    "pad reflect": lambda m, x: pad(m, x, (3, 1), "reflect"),
    "pad replicate": lambda m, x: pad(m, x, (1, 5), "replicate"),
    "pad circular": lambda m, x: pad(m, x, (4, 2), "circular"),
    "pad reflect 2": lambda m, x: pad(m, x, (3, 1, 2, 0), "reflect"),
    "pad replicate 2": lambda m, x: pad(m, x[None], (1, 2, 0, 4), "replicate"),
    "pad circular 2": lambda m, x: pad(m, x[None], (4, 2, 1, 3), "circular"),
}
X = np.random.default_rng(0).normal(size=(2, 3, 4))


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_values_and_gradients(call: Call, dtype: str) -> None:
    assert_same_as_torch(torch, call, X.astype(dtype))


PADS_INTEGERS = {key: call for key, call in CALLS.items() if key != "pad value"}  # which PyTorch rounds


@pytest.mark.parametrize("call", PADS_INTEGERS.values(), ids=PADS_INTEGERS)
@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8"])
def test_integers_keep_their_dtype(call: Call, dtype: str) -> None:
    x = np.arange(24).reshape(2, 3, 4).astype(dtype)
    try:
        expected = parts(call(torch, torch.tensor(x)))
    except (NotImplementedError, RuntimeError):  # PyTorch pads no integers by reflection
        call(tg, tg.tensor(x))
        return
    for a, e in zip(parts(call(tg, tg.tensor(x))), expected, strict=True):
        assert a.dtype == e.numpy().dtype
        np.testing.assert_array_equal(a.numpy(), e.numpy())


MIXED = [("float32", "int64"), ("float64", "float32"), ("uint8", "int8"), ("bool", "int32"), ("float32", "bool")]


@pytest.mark.parametrize("dtypes", MIXED, ids=str)
def test_joined_tensors_are_promoted(dtypes: tuple[str, str]) -> None:
    a, b = (np.ones((2, 2), dtype) for dtype in dtypes)
    for call in (lambda m: m.cat([m.tensor(a), m.tensor(b)]), lambda m: m.stack([m.tensor(a), m.tensor(b)])):
        assert call(tg).dtype == call(torch).numpy().dtype


FAILING: dict[str, Call] = {
    "reshape": lambda m, x: m.reshape(x, (5, 5)),
    "view": lambda m, x: x.transpose(0, 1).view(-1),
    "unflatten": lambda m, x: m.unflatten(x, 0, (3, -1)),
    "flatten": lambda m, x: m.flatten(x, 2, 1),
    "squeeze": lambda m, x: m.squeeze(x, 3),
    "unsqueeze": lambda m, x: m.unsqueeze(x, 5),
    "transpose": lambda m, x: m.transpose(x, 0, 3),
    "permute": lambda m, x: m.permute(x, (0, 1)),
    "permute twice": lambda m, x: m.permute(x, (0, 1, 1)),
    "movedim": lambda m, x: m.movedim(x, (0, 1), (0,)),
    "t": lambda m, x: m.t(x),
    "expand": lambda m, x: x.expand(3, 3, 4),
    "expand new": lambda m, x: x.expand(-1, 2, 3, 4),
    "flip": lambda m, x: m.flip(x, (0, 0)),
    "roll": lambda m, x: m.roll(x, (1, 2), (0,)),
    "diag": lambda m, x: m.diag(x),
    "diagonal": lambda m, x: m.diagonal(x, 0, 1, 1),
    "tril": lambda m, x: m.tril(x[0, 0]),
    "cat": lambda m, x: m.cat([x, x[:, :2]], 2),
    "cat of nothing": lambda m, x: m.cat([]),
    "stack": lambda m, x: m.stack([x, x[:1]]),
    "split": lambda m, x: m.split(x, [1, 1], 2),
    "split by 0": lambda m, x: m.split(x, 0),
    "chunk": lambda m, x: m.chunk(x, 0),
    "unbind": lambda m, x: m.unbind(x.sum()),
    "repeat": lambda m, x: x.repeat(2),
    "repeat_interleave": lambda m, x: m.repeat_interleave(x, m.tensor([1, 2]), dim=1),
    "meshgrid": lambda m, x: m.meshgrid(x, x, indexing="ij"),
    "pad odd": lambda m, x: pad(m, x, (1, 2, 3)),
    "pad many": lambda m, x: pad(m, x, (1,) * 8),
    "pad mode": lambda m, x: pad(m, x, (1, 1), "mirror"),
    "pad reflect": lambda m, x: pad(m, x, (4, 0), "reflect"),
    "pad circular": lambda m, x: pad(m, x, (5, 0), "circular"),
}


@pytest.mark.parametrize("call", FAILING.values(), ids=FAILING)
def test_both_refuse(call: Call) -> None:
    with pytest.raises((RuntimeError, IndexError, ValueError, NotImplementedError)):
        call(torch, torch.tensor(X))
    with pytest.raises((RuntimeError, IndexError, ValueError)):
        call(tg, tg.tensor(X))


COPIES = ["x.flip", "x.roll", "x.repeat", "x.tile", "cat", "stack", "tril", "diag", "pad", "x.rot90", "roll"]
VIEWS = ["x.reshape", "x.view", "ravel", "squeeze", "x.unsqueeze", "x.mT", "permute", "x.diagonal", "split", "unbind"]
VIEWS += ["chunk", "tensor_split at", "flatten from", "movedim", "iteration"]


@pytest.mark.parametrize("key", COPIES + VIEWS)
def test_views_and_copies_are_the_same(key: str) -> None:
    def base_after_a_write(m: Any) -> Any:
        x = m.tensor(X)
        parts(CALLS[key](m, x))[0].fill_(7.0)
        return x.numpy()

    expected = base_after_a_write(torch)
    np.testing.assert_array_equal(base_after_a_write(tg), expected)
    assert (expected == X).all() == (key in COPIES)


@pytest.mark.parametrize("key", VIEWS)
def test_gradients_through_a_write_into_a_view(key: str) -> None:
    def call(m: Any, x: Any) -> Any:
        y = x * 1.0
        views = CALLS[key](m, y)
        if isinstance(views, tuple | list) and m is torch:  # which forbids the write: by hand, what it means
            views = [CALLS[key](m, y.detach())[0]]
            place = m.arange(24).reshape(2, 3, 4)
            first = parts(CALLS[key](m, place))[0]
            scale = m.ones(24, dtype=y.dtype)
            scale[first.reshape(-1)] = 3.0
            y = y * scale.reshape(2, 3, 4)
        else:
            parts(views)[0].mul_(3.0)
        return (y * y, *parts(CALLS[key](m, y)))

    assert_same_as_torch(torch, call, X)
