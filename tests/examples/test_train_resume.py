"""An interrupted run, resumed, ends with the bits of one that was not interrupted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg
from train_command import command, epochs_of, run_here, train, write_images

EVERYTHING = "--hidden 24 16 --optimizer adamw --lr 0.003 --weight-decay 0.1 --no-decay-biases --schedule cosine"
EVERYTHING += " --warmup 0.3 --rho 0.7 --ema 0.99 --rotate 10 --elastic 0.5 --flip 0.5 --normalize"
EVERYTHING += " --label-smoothing 0.1 --epochs 5 --patience 4"
STOPPED = "--hidden --optimizer nadam --lr 0.02 --rho 0.5 --schedule constant --epochs 40 --patience 2"
RUNS = {
    "everything": EVERYTHING.split(),
    "as by default": ["--hidden", "24", "--epochs", "8", "--lr", "0.02"],
    "stopped early": STOPPED.split(),
}
SIZES = ["--validation", "100", "--batch-size", "2", "--seed", "5"]  # small batches make long epochs


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_images(tmp_path_factory.mktemp("data") / "rows", count=800)


def kill_after(epochs: int, how: signal.Signals, run: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Start train.py and send it a signal in the middle of the epoch after so many."""
    log = run / "metrics.jsonl"
    with subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            deadline = time.monotonic() + 60
            while not log.exists() or len(log.read_text().splitlines()) < epochs:
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < deadline
                time.sleep(0.002)
            time.sleep(0.05)
            assert process.poll() is None, "the run ended before it could be killed: make its epochs longer"
            process.send_signal(how)
            out, error = process.communicate(timeout=60)
        finally:
            process.kill()
    return subprocess.CompletedProcess([], process.returncode, out, error)


def comparable(value: Any) -> Any:
    """Return nested values without what two runs do not share: the time they took, and their folders."""
    if isinstance(value, dict):
        return {k: comparable(v) for k, v in value.items() if k not in ("seconds", "output", "resumed")}
    if isinstance(value, list):
        return [comparable(v) for v in value if not (isinstance(v, list) and v[:1] == ["seconds"])]
    return value


def assert_same_run(one: Path, other: Path) -> None:
    for name in ("best.npz", "last.npz"):
        first, second = tg.load(one / name), tg.load(other / name)
        assert first.keys() == second.keys()
        for key in first:
            np.testing.assert_array_equal(first[key].array, second[key].array, err_msg=f"{name} {key}", strict=True)
    texts = [tg.load_metadata(folder / "last.npz") for folder in (one, other)]
    states = [{key: comparable(json.loads(text[key])) for key in ("config", "state")} for text in texts]
    assert states[0] == states[1]
    assert comparable(epochs_of(one)) == comparable(epochs_of(other))
    records = [comparable(json.loads((folder / "run.json").read_text())) for folder in (one, other)]
    assert records[0] == records[1]


@pytest.mark.parametrize("options", RUNS.values(), ids=RUNS)
def test_a_run_killed_again_and_again_ends_with_the_same_bits(options: list[str], data: Path, tmp_path: Path) -> None:
    arguments = ["--dataset", data, *SIZES, *options]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert train(*arguments, "--output", whole).returncode == 0
    assert kill_after(0, signal.SIGKILL, killed, *arguments, "--output", killed).returncode == -signal.SIGKILL
    assert kill_after(1, signal.SIGKILL, killed, "--resume", killed).returncode == -signal.SIGKILL
    done = len(epochs_of(killed))
    assert kill_after(done + 1, signal.SIGKILL, killed, "--resume", killed).returncode == -signal.SIGKILL
    assert done < len(epochs_of(killed)) < len(epochs_of(whole))
    resumed = train("--resume", killed)
    assert resumed.returncode == 0, resumed.stderr
    assert resumed.stderr == ""
    assert_same_run(whole, killed)
    if options is RUNS["stopped early"]:
        assert len(epochs_of(killed)) < 40
        assert len({epoch["lr"] for epoch in epochs_of(killed)}) > 1  # rho was at work


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_a_run_that_goes_on(how: signal.Signals, data: Path, tmp_path: Path) -> None:
    arguments = ["--dataset", data, *SIZES, *RUNS["as by default"]]
    stopped = kill_after(1, how, tmp_path / "run", *arguments, "--output", tmp_path / "run")
    assert stopped.returncode == 128 + how
    assert stopped.stderr == ""
    assert f"interrupted: --resume {tmp_path / 'run'} goes on after its last whole epoch" in stopped.stdout
    files = ["best.npz", "config.json", "last.npz", "metrics.jsonl", "run.json"]
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == files
    resumed = train("--resume", tmp_path / "run")
    assert resumed.returncode == 0, resumed.stderr
    assert "[rows] goes on after epoch" in resumed.stdout
    assert [epoch["epoch"] for epoch in epochs_of(tmp_path / "run")] == list(range(1, 9))


QUICK = ["--hidden", "8", "--validation", "100", "--batch-size", "50", "--lr", "0.1", "--epochs", "3", "--ema", "0.5"]


@pytest.fixture
def finished(data: Path, tmp_path: Path) -> Path:
    assert run_here("--dataset", data, *QUICK, "--schedule", "constant", "--output", tmp_path / "run") == 0
    return tmp_path / "run"


def test_an_end_between_any_two_files(
    data: Path, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """End the process at each renaming of a new file, which is when it takes effect."""
    replace = os.replace
    for written in count():
        folder, calls = tmp_path / f"after {written}", count()

        def end(*paths: Any, last: int = written, calls: Iterator[int] = calls) -> None:
            if next(calls) == last:
                raise KeyboardInterrupt
            replace(*paths)

        arguments = ["--dataset", data, *QUICK, "--schedule", "constant", "--output", folder]
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", end)
            status = run_here(*arguments)
        begun = (folder / "run.json").exists()
        assert run_here(*(["--resume", folder] if begun else arguments)) == 0
        assert_same_run(finished, folder)
        if status == 0:
            break
        assert status == 130
    assert written > 7  # config, log, record, the first epoch's best, three states, the results


def test_resuming_a_finished_run_says_so(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path.name: path.read_bytes() for path in finished.iterdir()}
    capsys.readouterr()
    assert run_here("--resume", finished) == 0
    assert "this run is finished, after 3 epochs: test accuracy" in capsys.readouterr().out
    assert {path.name: path.read_bytes() for path in finished.iterdir()} == before


def test_more_epochs_where_the_schedule_allows_them(finished: Path, data: Path, tmp_path: Path) -> None:
    arguments = ["--dataset", data, *QUICK, "--schedule", "constant", "--epochs", "5", "--output", tmp_path / "five"]
    assert run_here(*arguments) == 0
    assert run_here("--resume", finished, "--epochs", 5, "--lr", 0.1) == 0  # the same rate may be given again
    assert_same_run(tmp_path / "five", finished)
    assert json.loads((finished / "config.json").read_text())["epochs"] == 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--lr", "0.2"], "--lr is 0.1 in this run and cannot become 0.2; leave it out, or begin a new run"),
        (["--hidden", "9"], "--hidden is (8,) in this run and cannot become (9,)"),
        (["--epochs", "2"], "--epochs is 3 in this run and cannot become 2"),
        (["--dataset", "digits"], "cannot become digits"),
        (["--output", "elsewhere"], "--output is"),
        (["--ema", "0"], "--ema is 0.5 in this run and cannot become 0.0"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_what_would_make_it_another_run(
    options: list[str], message: str, finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_here("--resume", finished, *options) == 2
    assert message in capsys.readouterr().err


def test_more_epochs_where_the_rates_depend_on_them(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_here("--dataset", data, *QUICK, "--output", tmp_path / "run") == 0
    assert run_here("--resume", tmp_path / "run", "--epochs", 5) == 2
    assert "since the learning rates of --schedule linear depend on it" in capsys.readouterr().err


def test_changed_data(finished: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = write_images(tmp_path / "copy" / "rows", count=801)
    record = json.loads((finished / "run.json").read_text())
    record["config"]["dataset"] = str(copy)
    (finished / "run.json").write_text(json.dumps(record))
    assert run_here("--resume", finished) == 1
    error = capsys.readouterr().err
    assert "the data are not those of the run, as the SHA-256 of" in error
    assert "train-images-idx3-ubyte.gz" in error


def damage_state(run: Path) -> None:
    content = (run / "last.npz").read_bytes()
    (run / "last.npz").write_bytes(content[: len(content) // 2])


def damage_weights(run: Path) -> None:
    tg.save({"model/1.weight": tg.zeros(1)}, run / "last.npz", tg.load_metadata(run / "last.npz"))


def change_record(run: Path) -> None:
    record = json.loads((run / "run.json").read_text())
    record["config"]["hidden"] = [9]
    (run / "run.json").write_text(json.dumps(record))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda run: (run / "run.json").unlink(), "there is no run"),
        (lambda run: (run / "run.json").write_text("{"), "run.json is damaged"),
        (lambda run: (run / "run.json").write_text("[]"), "run.json is damaged"),
        (lambda run: (run / "last.npz").unlink(), "last.npz is missing"),
        (damage_state, "last.npz is damaged"),
        (damage_weights, "last.npz is damaged"),
        (change_record, "last.npz is damaged or of another run: the state dict does not fit Sequential"),
    ],
)
def test_a_damaged_run_is_one_clear_line(
    damage: Any, message: str, finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(finished)
    assert run_here("--resume", finished) == 1
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert message in error
    assert error.endswith(("; begin a new run\n", "; give a folder of train.py\n"))


def test_a_new_run_does_not_overwrite_another(finished: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_here("--dataset", data, *QUICK, "--output", finished) == 1
    assert "holds run.json, config.json, metrics.jsonl, best.npz, last.npz already" in capsys.readouterr().err


def test_a_new_run_does_not_overwrite_the_files_of_others(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.json").write_text("mine")
    assert run_here("--dataset", data, *QUICK, "--output", tmp_path) == 1
    assert "holds config.json already: name another folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]


def test_a_full_disk(
    finished: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*arguments: Any, **options: Any) -> None:
        raise OSError(28, "No space left on device")

    arguments = ["--dataset", data, *QUICK, "--schedule", "constant", "--output", tmp_path / "full"]
    with monkeypatch.context() as patch:
        patch.setattr(tg, "save", fail)
        assert run_here(*arguments) == 1
    assert capsys.readouterr().err == "train.py: [Errno 28] No space left on device\n"
    assert run_here("--resume", tmp_path / "full") == 0
    assert_same_run(finished, tmp_path / "full")


def test_another_number_of_threads_is_told(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = json.loads((finished / "run.json").read_text())
    record["blas"]["threads"] = 77
    del record["results"]
    (finished / "run.json").write_text(json.dumps(record))
    assert run_here("--resume", finished) == 0
    assert "WARNING: the last digits may change: blas threads was 77 and is" in capsys.readouterr().err
    assert json.loads((finished / "run.json").read_text())["resumed"][0]["after_epoch"] == 3


def test_the_last_state_can_be_used_as_a_model(finished: Path) -> None:
    from application.run import load_model

    state = tg.load(finished / "last.npz")
    model, config, _ = load_model(finished / "last.npz")
    assert config.ema == 0.5
    for name, value in model.state_dict().items():  # the average
        np.testing.assert_array_equal(value.array, state[f"average/module.{name}"].array)
