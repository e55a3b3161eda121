"""The averaged copy of a model against PyTorch's."""

import numpy as np
import pytest

import nn
import tinygrad_np as tg

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")


@pytest.mark.parametrize("decay", [0.999, 0.5, 0.0])
def test_averages_and_keys(decay):
    swa = torch.optim.swa_utils
    theirs = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3), torch.nn.Linear(3, 2)).double()
    ours = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2)).double()
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    expected = swa.AveragedModel(theirs, multi_avg_fn=swa.get_ema_multi_avg_fn(decay), use_buffers=True)
    average = nn.ExponentialMovingAverage(ours, decay, warmup=False)
    rng = np.random.default_rng(0)
    optimizers = nn.optim.SGD(ours.parameters(), 0.1), torch.optim.SGD(theirs.parameters(), 0.1)
    for _ in range(5):
        x = rng.normal(size=(6, 4))
        for optimizer, loss in zip(optimizers, (ours(tg.tensor(x)), theirs(torch.tensor(x))), strict=True):
            optimizer.zero_grad()
            (loss * loss).sum().backward()
            optimizer.step()
        average.update()
        expected.update_parameters(theirs)
        assert list(average.state_dict()) == list(expected.state_dict())
        for name, value in expected.state_dict().items():
            if "num_batches" in name:  # PyTorch rounds averages of counts; here they are copied
                value = theirs[1].num_batches_tracked
            np.testing.assert_allclose(average.state_dict()[name].numpy(), value.numpy(), rtol=1e-9, atol=1e-12)
