"""Layers of convolution and pooling: what they draw, learn and refuse."""

import copy
import pickle

import numpy as np
import pytest

import nn
import nn.functional as F
import tinygrad_np as tg


def test_first_weights_are_even_within_their_bounds():
    layer = nn.Conv2d(8, 64, 5, generator=np.random.default_rng(0))
    bound = 1 / np.sqrt(8 * 5 * 5)
    for values in (layer.weight.detach().numpy(), layer.bias.detach().numpy()):
        assert np.abs(values).max() <= bound
        assert np.std(values) == pytest.approx(bound / np.sqrt(3), rel=0.2)


def test_draws_follow_the_generator():
    first, same, other = (nn.Conv2d(2, 3, 3, generator=np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.weight.detach().numpy(), same.weight.detach().numpy())
    assert not np.array_equal(first.weight.detach().numpy(), other.weight.detach().numpy())
    tg.manual_seed(3)
    drawn = nn.Conv1d(2, 3, 3)
    tg.manual_seed(3)
    np.testing.assert_array_equal(drawn.bias.detach().numpy(), nn.Conv1d(2, 3, 3).bias.detach().numpy())


def test_dtype_copies_and_pickles():
    layer = nn.Conv2d(2, 3, (1, 2), dtype="float64", bias=False)
    x = tg.tensor(np.random.default_rng(0).normal(size=(2, 2, 3, 3)))
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        np.testing.assert_array_equal(other(x).detach().numpy(), layer(x).detach().numpy())
    assert layer(x).dtype == np.float64
    assert layer.bias is None


@pytest.mark.parametrize("capture", [False, True], ids=["eager", "captured"])
def test_a_small_network_learns_where_a_line_is(capture):
    """Rows or columns: no linear layer can tell which, as every pixel is as often lit in both."""
    rng = np.random.default_rng(0)
    images, classes = np.zeros((64, 1, 8, 8), np.float32), rng.integers(0, 2, 64)
    for image, upright, place in zip(images[:, 0], classes, rng.integers(0, 8, 64), strict=True):
        (image.T if upright else image)[place] = 1
    generator = np.random.default_rng(2)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, generator=generator),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(36, 2, generator=generator),
    )
    criterion, optimizer = nn.CrossEntropy(), nn.Adam(model.parameters(), lr=0.02)

    def step(x, y):
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    train = tg.jit(step) if capture else step
    losses = [train(tg.tensor(images), tg.tensor(classes)).item() for _ in range(100)]
    assert losses[-1] < 0.1 < losses[0]


@pytest.mark.parametrize("capture", [False, True], ids=["eager", "captured"])
def test_activations_in_place_after_convolution_and_pooling(capture):
    x, grads = tg.tensor(np.random.default_rng(0).normal(size=(2, 1, 8, 8))), []
    for inplace in (False, True):
        generator = np.random.default_rng(1)
        model = nn.Sequential(
            *(nn.Conv2d(1, 3, 3, generator=generator), nn.ReLU(inplace), nn.MaxPool2d(2), nn.ReLU(inplace)),
            *(nn.Conv2d(3, 2, 2, generator=generator), nn.AvgPool2d(2), nn.ReLU(inplace)),
        ).double()

        def step(x, model=model):
            model.zero_grad()
            (model(x) ** 2).sum().backward()

        call = tg.jit(step, exact=True) if capture else step
        for _ in range(4):
            call(x)
        grads.append([parameter.grad.tolist() for parameter in model.parameters()])
    assert grads[0] == grads[1]


def test_a_captured_step_goes_on_where_numbers_are_not_finite_any_more():
    x, w = tg.zeros(1, 1, 4, 4), tg.ones(1, 1, 1, 1, requires_grad=True)

    def step(x):
        w.grad = None
        y = tg.max_pool2d(tg.conv2d(nn.functional.dropout(x, 0.5), w), 2)
        y.sum().backward()
        return y.detach()

    captured = tg.jit(step)
    for number in (1.0, 2.0, 3.0, float("nan"), 4.0):
        seen = []
        for call in (step, captured):
            tg.manual_seed(0)
            seen.append((call(x.fill_(number)).numpy(), w.grad.numpy().copy()))
        for actual, expected in zip(*seen, strict=True):
            np.testing.assert_array_equal(actual, expected)


def test_padding_with_elements_of_the_input():
    layer = nn.Conv1d(1, 1, 3, padding=1, padding_mode="circular", bias=False)
    nn.init.ones_(layer.weight)
    assert layer(tg.tensor([[1.0, 2.0, 4.0, 8.0]])).tolist() == [[11, 7, 14, 13]]


def test_integers_of_numpy_and_one_number_for_all_dimensions():
    layer = nn.Conv2d(np.int64(2), np.int64(4), np.int64(3), (np.int64(2),), padding=[1], groups=np.int64(2))
    assert repr(layer) == "Conv2d(2, 4, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), groups=2)"
    assert layer(tg.ones(1, 2, 5, 5)).shape == (1, 4, 3, 3)
    assert F.conv2d(tg.ones(1, 2, 5, 5), layer.weight, groups=np.int64(2)).shape == (1, 4, 3, 3)


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_no_images_are_padded_like_others(mode):
    layer = nn.Conv2d(1, 2, 3, padding=1, padding_mode=mode)
    y = layer(tg.ones(0, 1, 4, 4))
    y.sum().backward()
    assert y.shape == (0, 2, 4, 4)
    assert not layer.weight.grad.numpy().any()


def test_as_many_averages_as_are_wanted():
    x = tg.tensor([[[0.0, 2.0, 4.0, 6.0, 8.0]]])
    assert F.adaptive_avg_pool2d(x, (1, 1)).tolist() == [[[4]]]
    assert F.adaptive_avg_pool2d(x, (None, 2)).tolist() == [[[2, 6]]]
    assert F.adaptive_avg_pool2d(x, (2, 5)).tolist() == [[[0, 2, 4, 6, 8]] * 2]
    values = np.random.default_rng(0).normal(size=(2, 1, 3, 5))
    assert tg.gradcheck(lambda x: F.adaptive_avg_pool2d(x, 2), [values], order=2)


REFUSED = {
    "channels": (lambda: nn.Conv2d(0, 1, 3), ValueError, "in_channels must be 1 integer of 1 or more, not 0"),
    "channels of half": (lambda: nn.Conv2d(1, 1.5, 3), TypeError, "out_channels .* not 1.5"),
    "groups of text": (lambda: nn.Conv2d(1, 1, 3, groups="1"), TypeError, "groups .* not '1'"),
    "groups": (lambda: nn.Conv2d(3, 4, 3, groups=2), ValueError, "multiples of the groups"),
    "padding": (lambda: nn.Conv2d(1, 1, 3, padding="full"), ValueError, "'full'"),
    "same with a stride": (lambda: nn.Conv1d(1, 1, 3, 2, "same"), ValueError, "stride 1"),
    "padding mode": (lambda: nn.Conv2d(1, 1, 3, padding_mode="mirror"), ValueError, "'mirror'"),
    "device": (lambda: nn.Conv2d(1, 1, 3, device="cuda"), Exception, "cuda"),
    "input": (lambda: nn.Conv2d(1, 1, 3)(tg.ones(2, 2)), ValueError, "N, C, H, W"),
    "kernel": (lambda: nn.Conv2d(1, 1, (3, 3, 3)), ValueError, "kernel_size"),
    "kernel of half": (lambda: nn.Conv1d(1, 1, 2.5), TypeError, "kernel_size must be 1 integer .* not 2.5"),
    "kernel of truth": (lambda: nn.Conv2d(1, 1, True), TypeError, "kernel_size .* not True"),
    "stride of text": (lambda: nn.Conv2d(1, 1, 3, "2"), TypeError, "stride .* not '2'"),
    "no padding": (lambda: nn.Conv2d(1, 1, 3, padding=(1, -1)), ValueError, "padding .* of 0 or more"),
    "kernel 0": (lambda: nn.Conv2d(1, 1, 0), ValueError, "kernel_size"),
    "averages": (lambda: nn.AdaptiveAvgPool2d(0)(tg.ones(1, 2, 2)), ValueError, "positive"),
    "averages of half": (lambda: nn.AdaptiveAvgPool2d(0.5)(tg.ones(1, 2, 2)), TypeError, "0.5"),
    "averages of a row": (lambda: nn.AdaptiveAvgPool2d(1)(tg.ones(2)), ValueError, "C, H, W"),
}


@pytest.mark.parametrize(("call", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
