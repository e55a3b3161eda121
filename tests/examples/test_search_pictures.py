"""Pictures of a search hold its trials, and can be read: on matplotlib's objects, as drawn."""

from __future__ import annotations

import itertools
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

EXAMPLE = str(Path(__file__).resolve().parents[2] / "examples" / "mnist")
if EXAMPLE not in sys.path:
    sys.path.insert(0, EXAMPLE)

from application.plots import BLUE, GREY, ORANGE  # noqa: E402
from application.search.importance import importances  # noqa: E402
from application.search.pictures import PICTURES, plot_search  # noqa: E402
from application.search.space import Choices, Interval, Space  # noqa: E402
from application.search.trial import COMPLETE, DIVERGED, FAILED, PRUNED, RUNNING, Trial  # noqa: E402

pytest.importorskip("matplotlib", reason="pictures need matplotlib, which is not installed")

ACTIVATIONS, HIDDEN = ("relu", "tanh"), ((), (32,), (256, 128))
SPACE: Space = {
    "lr": Interval("lr", 0.001, 1.0, log=True),
    "activation": Choices("activation", ACTIVATIONS),
    "hidden": Choices("hidden", HIDDEN),
}
ACCURACIES = (0.81, 0.9, 0.85, 0.88, 0.95, 0.7)


def trial(number: int, state: str, accuracy: float, lr: float, activation: str, hidden: tuple[int, ...]) -> Trial:
    epochs = {COMPLETE: 3, PRUNED: 1}.get(state, 0)
    history = [{"epoch": e + 1, "validation_accuracy": accuracy - 0.1 * (epochs - 1 - e)} for e in range(epochs)]
    point = {"lr": lr, "activation": activation, "hidden": hidden}
    return Trial(number, point, state, history, ["out of luck"] if state == FAILED else [])


WHOLE = [
    trial(number, COMPLETE, ACCURACIES[number], 0.002 * 3**number, *pair)
    for number, pair in enumerate(itertools.product(ACTIVATIONS, HIDDEN))
]
BEST = WHOLE[4]
OTHERS = [
    trial(6, PRUNED, 0.5, 0.01, "relu", (32,)),
    trial(7, DIVERGED, 0.0, 0.9, "tanh", ()),
    trial(8, FAILED, 0.0, 0.9, "tanh", ()),
    trial(9, RUNNING, 0.0, 0.5, "relu", ()),
]
TRIALS = WHOLE + OTHERS


def drawn(name: str, space: Space = SPACE, trials: list[Trial] = TRIALS) -> Any:
    figure = PICTURES[name](space, trials, "mnist, grid search")
    figure.canvas.draw()
    return figure


def legend_of(figure: Any) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def words(texts: Any) -> list[str]:
    return [text.get_text() for text in texts]


def contrast(color: Any, other: Any) -> float:
    """Return the contrast of two colours, from 1 to 21, as the Web Content Accessibility Guidelines define it."""
    from matplotlib.colors import to_rgb

    lights = []
    for one in (color, other):
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(one)]
        lights.append(float(np.dot(parts, (0.2126, 0.7152, 0.0722))) + 0.05)
    return max(lights) / min(lights)


# ---- what each holds


def test_parameters_have_a_panel_each_with_all_trials() -> None:
    figure = drawn("parameters")
    assert [axes.get_xlabel() for axes in figure.axes] == list(SPACE)
    assert [axes.get_ylabel() for axes in figure.axes] == ["validation accuracy", "", ""]
    assert legend_of(figure) == ["trial", "pruned", "diverged", "best"]
    rates, activations, hidden = figure.axes
    assert rates.get_xscale() == "log"
    assert words(activations.get_xticklabels()) == list(ACTIVATIONS)
    assert words(hidden.get_xticklabels()) == ["none", "32", "256-128"]
    for axes, place in (
        (rates, lambda t: t.point["lr"]),
        (activations, lambda t: ACTIVATIONS.index(t.point["activation"])),
        (hidden, lambda t: HIDDEN.index(t.point["hidden"])),
    ):
        points = {group.get_label(): np.asarray(group.get_offsets()) for group in axes.collections}
        np.testing.assert_allclose(points["trial"], [(place(t), t.accuracy) for t in WHOLE])
        np.testing.assert_allclose(points["pruned"], [(place(OTHERS[0]), 0.5)])
        np.testing.assert_allclose(points["diverged"][:, 0], [place(OTHERS[1])])
        np.testing.assert_allclose(points["best"], [(place(BEST), 0.95)])


def test_trials_that_a_record_gave_back_are_drawn_as_those_of_this_process(tmp_path: Path) -> None:
    given_back = [
        Trial(each.number, each.point | {"hidden": list(each.point["hidden"])}, each.state, each.history, each.failures)
        for each in TRIALS
    ]
    assert len(plot_search(SPACE, given_back, "mnist, grid search", tmp_path)) == len(PICTURES)
    assert importances(SPACE, given_back) == importances(SPACE, TRIALS)


def test_the_heat_map_has_the_best_of_each_pair() -> None:
    space = {name: SPACE[name] for name in ("hidden", "activation")}
    worse = trial(10, COMPLETE, 0.2, 0.3, "tanh", (32,))  # the pair of the best
    figure = drawn("heat_map", space, [*TRIALS[:3], *TRIALS[4:], worse])  # one pair was not tried
    axes, bar = figure.axes
    assert bar.get_ylabel() == "best validation accuracy"
    (image,) = axes.images
    shown = np.ma.filled(image.get_array(), np.nan)
    expected = np.reshape(ACCURACIES, (2, 3)).copy()
    expected[1, 0] = np.nan
    labels = {"hidden": ["none", "32", "256-128"], "activation": list(ACTIVATIONS)}
    assert {axes.get_xlabel(), axes.get_ylabel()} == set(space)
    assert words(axes.get_xticklabels()) == labels[axes.get_xlabel()]
    assert words(axes.get_yticklabels()) == labels[axes.get_ylabel()]
    np.testing.assert_array_equal(shown, expected if axes.get_ylabel() == "activation" else expected.T)
    assert sorted(words(axes.texts)) == sorted(f"{value:.4f}" for value in expected[np.isfinite(expected)])


@pytest.mark.parametrize("spread", [0.3, 0.0003])
def test_what_the_heat_map_says_can_be_read_on_its_colours(spread: float) -> None:
    """Contrast of at least 4.5, which the guidelines ask of text; near the middle of the scale there is hardly more."""
    space: Space = {"lr": Choices("lr", (1.0, 0.1, 0.01)), "activation": Choices("activation", ACTIVATIONS)}
    pairs = itertools.product((1.0, 0.1, 0.01), ACTIVATIONS)
    many = [trial(n, COMPLETE, 0.5 + spread * n / 5, lr, activation, ()) for n, (lr, activation) in enumerate(pairs)]
    axes = drawn("heat_map", space, many).axes[0]
    (image,) = axes.images
    values = image.get_array()
    for text in axes.texts:
        column, row = (round(place) for place in text.get_position())
        assert contrast(text.get_color(), image.to_rgba(values[row, column])[:3]) > 4.5


def test_parallel_coordinates_have_a_line_a_trial() -> None:
    (axes,) = drawn("parallel_coordinates").axes
    lines = [line for line in axes.lines if len(line.get_xdata()) == len(SPACE) + 1]
    scales = [line for line in axes.lines if len(line.get_xdata()) == 2]
    assert len(lines) == len(WHOLE)
    assert [line.get_xdata()[0] for line in scales] == [0, 1, 2, 3]
    by_accuracy = sorted(WHOLE, key=lambda t: t.accuracy or 0.0)
    for line, one in zip(lines, by_accuracy, strict=True):
        rate, activation, hidden, accuracy = line.get_ydata()
        assert rate == pytest.approx(math.log(one.point["lr"] / 0.001) / math.log(1000))
        assert activation == pytest.approx(ACTIVATIONS.index(one.point["activation"]), abs=0.03)
        assert hidden == pytest.approx(HIDDEN.index(one.point["hidden"]) / 2, abs=0.03)
        assert accuracy == pytest.approx(((one.accuracy or 0.0) - 0.7) / 0.25)
    orange = [line for line in lines if line.get_color() == ORANGE]
    assert orange == [lines[-1]]
    assert orange[0].get_label() == "best, trial 4"
    assert {*SPACE, "validation accuracy", "relu", "tanh", "none", "32", "256-128", "0.7000", "0.9500"} <= set(
        words(axes.texts)
    )


def test_lines_of_trials_that_share_values_do_not_hide_each_other() -> None:
    space = {name: SPACE[name] for name in ("activation", "hidden")}
    same = [trial(number, COMPLETE, 0.5 + 0.1 * number, 0.1, "relu", (32,)) for number in range(4)]
    (axes,) = drawn("parallel_coordinates", space, same).axes
    lines = [line.get_ydata() for line in axes.lines if len(line.get_xdata()) == 3]
    assert len({tuple(line[:2]) for line in lines}) == 4


def test_good_trials_stand_out_from_the_paper() -> None:
    (axes,) = drawn("parallel_coordinates").axes
    lines = [line for line in axes.lines if len(line.get_xdata()) == len(SPACE) + 1]
    contrasts = [contrast(line.get_color()[:3], "white") for line in lines if line.get_color() != ORANGE]
    assert contrasts == sorted(contrasts)
    assert contrasts[-1] > 4.5


def test_importance_has_a_bar_each() -> None:
    (axes,) = drawn("importance").axes
    found = importances(SPACE, TRIALS)
    assert set(found) == set(SPACE)
    assert words(axes.get_yticklabels()) == list(found)
    assert [bar.get_width() for bar in axes.patches] == list(found.values())
    assert words(axes.texts) == [f"{value:.2f}" for value in found.values()]
    assert "part of the variance" in axes.get_xlabel()
    assert axes.yaxis_inverted()  # the greatest above


def test_learning_curves_have_a_line_a_trial_and_a_legend_beside_them() -> None:
    figure = drawn("learning_curves")
    (axes,) = figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("epoch", "validation accuracy")
    assert len(axes.lines) == len(WHOLE) + 1
    for line, one in zip(axes.lines, [*WHOLE, OTHERS[0]], strict=True):
        assert list(line.get_xdata()) == [epoch["epoch"] for epoch in one.history]
        assert list(line.get_ydata()) == [epoch["validation_accuracy"] for epoch in one.history]
    assert [line.get_color() for line in axes.lines] == [BLUE] * 4 + [ORANGE, BLUE, GREY]
    assert len({line.get_marker() for line in axes.lines}) == 3  # told apart without colours
    assert sorted(legend_of(figure)) == ["best", "pruned", "trial"]
    assert axes.get_legend() is None
    assert not figure.legends[0].get_window_extent().overlaps(axes.get_tightbbox())


# ---- that they can be read


def wide_space() -> tuple[Space, list[Trial]]:
    """Return many hyper-parameters with long values, and trials of them."""
    names = ("optimizer", "activation", "hidden", "init", "batch_size", "schedule")
    values: tuple[tuple[Any, ...], ...] = (
        ("sgd", "adam", "rmsprop"),
        ("leaky_relu", "published_sigmoid", "hardswish", "hardsigmoid"),
        ((2500, 2000, 1500, 1000, 500), (256, 128), ()),
        ("kaiming_uniform", "xavier_uniform"),
        (8, 16, 32, 64, 128, 256),
        ("constant", "cosine"),
    )
    lists = list(zip(names, values, strict=True))
    space: Space = {name: Choices(name, some) for name, some in lists}
    trials = []
    for number in range(24):
        point = {name: some[number * place % len(some)] for place, (name, some) in enumerate(lists, 1)}
        history = [{"epoch": e, "validation_accuracy": 0.5 + 0.01 * number + 0.02 * e} for e in (1, 2)]
        trials.append(Trial(number, point, COMPLETE, history))
    return space, trials


def labels_not_drawn(axes: Any) -> list[Any]:
    """Return the labels of ticks that are outside of what is shown, or all of them where the axes are off."""
    found = []
    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
            if not axes.axison or not low <= tick.get_loc() <= high:
                found += [tick.label1, tick.label2]
    return found


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("wide", [False, True], ids=["small", "wide"])
def test_texts_are_on_the_paper_and_beside_each_other(name: str, wide: bool) -> None:
    from matplotlib.text import Text

    figure = drawn(name, *(wide_space() if wide else (SPACE, TRIALS)))
    hidden = {text for axes in figure.axes for text in labels_not_drawn(axes)}
    shown = [t for t in figure.findobj(Text) if t not in hidden and t.get_visible() and t.get_text().strip()]
    assert len(shown) > 5
    boxes = []
    for text in shown:
        box = text.get_window_extent()
        assert min(box.x0, box.y0) >= -1, text
        assert max(box.x1 - figure.bbox.x1, box.y1 - figure.bbox.y1) <= 1, text
        if text.get_rotation() in (0, 90):  # boxes of slanted ones overlap where the letters do not
            boxes.append((text.get_text(), box))
    for (one, first), (other, second) in itertools.combinations(boxes, 2):
        assert not first.overlaps(second), f"{one!r} on {other!r}"


# ---- files


def test_all_are_written(tmp_path: Path) -> None:
    files = plot_search(SPACE, TRIALS, "title", tmp_path)
    assert files == [tmp_path / f"{name}.png" for name in PICTURES]
    assert set(tmp_path.iterdir()) == set(files)
    for file in files:
        content = file.read_bytes()
        assert content.startswith(b"\x89PNG\r\n\x1a\n")
        assert min(int.from_bytes(content[16:20]), int.from_bytes(content[20:24])) > 200


@pytest.mark.parametrize(
    ("space", "trials", "expected"),
    [
        (SPACE, [], []),
        (SPACE, OTHERS[1:], []),
        (SPACE, OTHERS, ["learning_curves"]),
        (SPACE, WHOLE[:1], ["parameters", "heat_map", "learning_curves"]),
        ({"lr": SPACE["lr"]}, TRIALS, ["parameters", "parallel_coordinates", "importance", "learning_curves"]),
    ],
    ids=["nothing", "nothing whole", "pruned only", "one", "one hyper-parameter"],
)
def test_what_there_is_not_is_not_drawn(
    space: Space, trials: list[Trial], expected: list[str], tmp_path: Path
) -> None:  # fmt: skip
    files = plot_search(space, trials, "title", tmp_path)
    assert files == [tmp_path / f"{name}.png" for name in expected]
    assert set(tmp_path.iterdir()) == set(files)
