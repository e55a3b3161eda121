"""Files exchanged with PyTorch through safetensors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tinygrad_np as tg
from tinygrad_np.io import load, load_metadata, save

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")
safetensors_torch = pytest.importorskip("safetensors.torch", reason="safetensors, an extra, is the exchange")

DTYPES = ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_pytorch_reads_what_save_wrote(tmp_path: Path, dtype: str) -> None:
    array = (np.arange(12).reshape(3, 4) % 5 - 1).astype(dtype)
    save({"w": array.T, "part": tg.Tensor(array)[:, ::2], "n": np.asarray(array[0, 0])}, tmp_path / "x.safetensors")
    loaded = safetensors_torch.load_file(tmp_path / "x.safetensors")
    np.testing.assert_array_equal(loaded["w"].numpy(), array.T)
    np.testing.assert_array_equal(loaded["part"].numpy(), array[:, ::2])
    assert loaded["n"].shape == ()
    assert loaded["w"].dtype == getattr(torch, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_load_reads_what_pytorch_wrote(tmp_path: Path, dtype: str) -> None:
    tensor = (torch.arange(12).reshape(3, 4) % 5).to(getattr(torch, dtype))
    saved = {"w": tensor.T.contiguous(), "n": tensor[0, 1].clone()}
    safetensors_torch.save_file(saved, tmp_path / "x.safetensors", {"k": "v"})
    loaded = load(tmp_path / "x.safetensors")
    np.testing.assert_array_equal(loaded["w"].array, tensor.T.numpy())
    assert loaded["w"].dtype == dtype
    assert loaded["n"].shape == ()
    assert load_metadata(tmp_path / "x.safetensors") == {"k": "v"}


def test_a_dtype_that_numpy_lacks(tmp_path: Path) -> None:
    safetensors_torch.save_file({"w": torch.ones(2, dtype=torch.bfloat16)}, tmp_path / "x.safetensors")
    with pytest.raises(ValueError, match="bfloat16"):
        load(tmp_path / "x.safetensors")


def test_weights_of_a_model(tmp_path: Path) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    safetensors_torch.save_file(model.state_dict(), tmp_path / "torch.safetensors")
    weights = load(tmp_path / "torch.safetensors")
    assert set(weights) == {"0.weight", "0.bias", "2.weight", "2.bias"}
    for weight in weights.values():
        weight.array[...] += 1
    save(weights, tmp_path / "ours.safetensors")
    other = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    other.load_state_dict(safetensors_torch.load_file(tmp_path / "ours.safetensors"))
    for a, b in zip(model.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(a + 1, b, rtol=0, atol=0)
