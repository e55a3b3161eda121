"""Searches kept by Optuna: its samplers and pruners, its storages, stopped and gone on with."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from search_command import SMALL, ends, search, stop_after, trials
from train_command import write_images

WITHOUT = "studies of Optuna need optuna, which is not installed"
LISTS = ["--learning_rates", "0.1", "0.01", "1e30", "--batch_sizes", "8", "32"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("optuna", reason=WITHOUT)
    return write_images(tmp_path_factory.mktemp("data") / "rows")


def test_killed_again_and_again_it_ends_as_with_the_own_journal(data: Path, tmp_path: Path) -> None:
    arguments = ["--dataset", data, *SMALL, "--loss", "mse", "--output-activation", "identity", *LISTS]
    assert search(*arguments, "--record", "journal", "--output", tmp_path / "journal").returncode == 0
    arguments += ["--record", "optuna", "--output", tmp_path / "optuna"]
    first = stop_after(1, signal.SIGKILL, *arguments)
    second = stop_after(2, signal.SIGKILL, *arguments)
    with (tmp_path / "optuna" / "optuna.log").open("a") as file:
        file.write('{"op_code":5,"work')  # killed while it wrote
    last = search(*arguments)
    assert last.returncode == 0, last.stderr
    assert last.stderr == ""
    assert ends(first) + ends(second) + ends(last) <= 6
    assert trials(tmp_path / "optuna") == trials(tmp_path / "journal")
    study = load_study(tmp_path / "optuna")
    assert [trial.state.name for trial in study.trials] == ["COMPLETE"] * 6
    assert study.best_value == max(trial["accuracy"] for trial in trials(tmp_path / "journal"))
    assert ends(search(*arguments)) == 0


def load_study(folder: Path):  # type: ignore[no-untyped-def]
    import optuna
    from optuna.storages.journal import JournalFileBackend

    storage = optuna.storages.JournalStorage(JournalFileBackend(str(folder / "optuna.log")))
    return optuna.load_study(study_name=folder.name, storage=storage)


def test_tpe_goes_on_and_repeats_no_point(data: Path, tmp_path: Path) -> None:
    options = ["--dataset", data, *SMALL, "--strategy", "tpe", "--learning_rates", "0.001:1:log"]
    options += ["--hidden_sizes", "4", "8-4", "--output", tmp_path / "search"]
    options.remove("--hidden")
    options.remove("8")
    assert search(*options, "--trials", 3).returncode == 0
    result = search(*options, "--trials", 6)
    assert result.returncode == 0, result.stderr
    assert ends(result) == 3
    assert len({trial["lr"] for trial in trials(tmp_path / "search")}) == 6


def test_tpe_ends_when_all_points_are_known(data: Path, tmp_path: Path) -> None:
    options = [*LISTS[:3], "--strategy", "tpe", "--trials", 9, "--storage", f"sqlite:///{tmp_path / 'study.db'}"]
    pytest.importorskip("sqlalchemy", reason="a database needs SQLAlchemy, which comes with Optuna")
    result = search("--dataset", data, *SMALL, *options, "--output", tmp_path / "search")
    assert result.returncode == 0, result.stderr
    assert sorted(trial["lr"] for trial in trials(tmp_path / "search")) == [0.01, 0.1]
    assert (tmp_path / "study.db").stat().st_size > 0


@pytest.mark.parametrize("pruner", ["median", "hyperband"])
def test_bad_trials_are_pruned(pruner: str, data: Path, tmp_path: Path) -> None:
    rates = ["0.1", "0.2", "0.05", "0.08", "0.15", "0.09", "1e-6", "2e-6", "3e-6", "4e-6"]
    options = ["--dataset", data, *SMALL, "--epochs", 9, "--pruner", pruner, "--learning_rates", *rates]
    result = search(*options, "--output", tmp_path / "search")
    assert result.returncode == 0, result.stderr
    found = trials(tmp_path / "search")
    pruned = [trial for trial in found if trial["state"] == "pruned"]
    assert pruned
    assert all(0 < len(trial["history"]) < 9 for trial in pruned)
    assert all(len(trial["history"]) == 9 for trial in found if trial["state"] == "complete")
    assert {trial["lr"] for trial in pruned} & {1e-6, 2e-6, 3e-6, 4e-6}
    assert "pruned after epoch" in result.stdout
    best = json.loads((tmp_path / "search" / "trials.json").read_text())["best_trial"]
    assert found[best]["lr"] >= 0.05


def test_an_epoch_at_a_time_has_the_bits_of_all_at_once(data: Path, tmp_path: Path) -> None:
    options = ["--dataset", data, *SMALL, "--epochs", 3, "--learning_rates", "0.1", "0.2", "--dropout", 0.2]
    for pruner in ("none", "median"):
        assert search(*options, "--pruner", pruner, "--output", tmp_path / pruner).returncode == 0
    assert trials(tmp_path / "none") == trials(tmp_path / "median")


@pytest.mark.parametrize(
    "options", [["--strategy", "tpe"], ["--pruner", "median"], ["--storage", "sqlite://"], ["--record", "optuna"]]
)
def test_without_optuna_it_says_what_to_install(options: list[str], data: Path, tmp_path: Path) -> None:
    arguments = ["--dataset", data, *SMALL, *LISTS, *options, "--output", tmp_path / "search"]
    result = search(*arguments, blocked=("optuna", "matplotlib"))
    assert result.returncode == 2
    assert result.stderr.splitlines() == [result.stderr.strip()]
    assert "need the package Optuna: pip install optuna" in result.stderr


def test_a_storage_that_cannot_be_reached(data: Path, tmp_path: Path) -> None:
    options = ["--storage", "nonsense://host/study", "--output", tmp_path / "search"]
    result = search("--dataset", data, *SMALL, *LISTS, *options)
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert "nonsense://host/study cannot be opened" in result.stderr
