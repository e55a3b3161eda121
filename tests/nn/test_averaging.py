"""The averaged copy of a model: what it holds after updates, what is saved of it, and what it refuses."""

import copy

import numpy as np
import pytest

import nn
import tinygrad_np as tg


class Counted(nn.Module):
    """A parameter, a floating buffer and a count."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(tg.zeros(3, 4))
        self.register_buffer("mean", tg.zeros(2))
        self.register_buffer("count", tg.tensor(0))

    def forward(self, x):
        return x @ self.weight.T

    def become(self, value: float) -> None:
        with tg.no_grad():
            self.weight.fill_(value)
            self.mean.fill_(-value)
            self.count.fill_(int(value))


def follow(average: nn.ExponentialMovingAverage, model: Counted, values: list[float]) -> list[float]:
    seen = []
    for value in values:
        model.become(value)
        average.update()
        seen.append(average.module.weight[0, 0].item())
        assert np.all(average.module.weight.numpy() == np.float32(seen[-1]))
        np.testing.assert_allclose(average.module.mean.numpy(), -seen[-1], rtol=1e-6)
        assert average.module.count.item() == int(value)
    return seen


def averages_of(values: list[float], keeps: list[float]) -> list[float]:
    average, seen = 0.0, []
    for value, keep in zip(values, keeps, strict=True):
        average = keep * average + (1 - keep) * value
        seen.append(average)
    return seen


VALUES = [3.0, 5.0, -1.0, 2.0, 8.0, 8.0]


def test_it_follows_by_the_formula():
    model = Counted()
    plain, warm = (nn.ExponentialMovingAverage(model, 0.3, warmup=warmup) for warmup in (False, True))
    np.testing.assert_allclose(follow(plain, model, VALUES), averages_of(VALUES, [0] + [0.3] * 5), rtol=1e-6)
    keeps = [0, 2 / 11, 3 / 12, 0.3, 0.3, 0.3]
    np.testing.assert_allclose(follow(warm, model, VALUES), averages_of(VALUES, keeps), rtol=1e-6)


def test_the_model_is_left_alone_and_the_copy_asks_for_no_gradient():
    model = nn.Sequential(nn.Linear(3, 2), nn.Dropout(0.5))
    model(tg.ones(1, 3)).sum().backward()
    average = nn.ExponentialMovingAverage(model)
    before = [p.detach().numpy().copy() for p in model.parameters()]
    for _ in range(3):
        average.update()
    assert model.training
    assert all(p.requires_grad and p.grad is not None for p in model.parameters())
    for parameter, value in zip(model.parameters(), before, strict=True):
        np.testing.assert_array_equal(parameter.detach().numpy(), value)
    assert not average.module.training
    assert not any(p.requires_grad or p.grad is not None for p in average.module.parameters())
    assert not average(tg.ones(1, 3)).requires_grad
    assert average(tg.ones(1, 3)).tolist() == average.module(tg.ones(1, 3)).tolist()


@pytest.mark.parametrize("decay", [0, 0.0, 1.0])
def test_the_ends_of_decay(decay):
    model = Counted()
    average = nn.ExponentialMovingAverage(model, decay, warmup=False)
    assert follow(average, model, [2.0, 7.0]) == [2.0, 7.0 if decay == 0 else 2.0]


def test_memory_order_of_weights_is_kept_and_large_ones_are_followed():
    model = nn.Linear(1500, 900)  # more than two blocks of the update
    average = nn.ExponentialMovingAverage(model, 0.5, warmup=False)
    assert average.module.weight.array.flags.f_contiguous
    average.update()
    first = model.weight.detach().numpy().copy()
    nn.init.normal_(model.weight)
    average.update()
    expected = (first + model.weight.detach().numpy()) / 2
    np.testing.assert_allclose(average.module.weight.numpy(), expected, rtol=1e-5, atol=1e-6)


def test_resuming_gives_the_same_bits():
    model, other = Counted(), Counted()
    average = nn.ExponentialMovingAverage(model, 0.9)
    follow(average, model, VALUES)
    state = {name: value.numpy().copy() for name, value in average.state_dict().items()}
    assert list(state) == ["n_averaged", "module.weight", "module.mean", "module.count"]
    resumed = nn.ExponentialMovingAverage(other, 0.9)
    resumed.load_state_dict(state)
    assert resumed.n_averaged.item() == len(VALUES)
    assert follow(average, model, [1.0, 4.0]) == follow(resumed, other, [1.0, 4.0])


def test_a_copy_follows_the_copied_model():
    model = Counted()
    average = copy.deepcopy(nn.ExponentialMovingAverage(model, 0.5))
    model.become(9.0)
    average.update()
    assert average.module.weight.tolist() == Counted().weight.tolist()


def test_changed_values_are_noticed_by_a_backward_pass_that_needs_them():
    model = Counted()
    average = nn.ExponentialMovingAverage(model)
    average.update()
    loss = average(tg.ones(1, 4, requires_grad=True)).sum()
    average.update()
    with pytest.raises(RuntimeError, match="in place"):
        loss.backward()


def test_bad_input():
    with pytest.raises(TypeError, match=r"takes an nn\.Module, not list"):
        nn.ExponentialMovingAverage([tg.ones(1)])
    for decay in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="decay must lie between 0 and 1, not be"):
            nn.ExponentialMovingAverage(Counted(), decay)
    model = Counted()
    average = nn.ExponentialMovingAverage(model)
    model.another = nn.Parameter([1.0])
    with pytest.raises(ValueError, match=r"average the model as it is now"):
        average.update()
    with pytest.raises(RuntimeError, match=r"module\.weight is missing"):
        average.load_state_dict({})
