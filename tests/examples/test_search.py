"""Searches through the command line: what they run and leave, stopped and gone on with, and bad input."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest

from search_command import JOURNAL, SCRIPT, SMALL, command, ends, search, stop_after, trials, wait_for
from train_command import train, write_images

from application.search.executors import Processes, no_interruption  # isort: skip - search_command makes it known

WITHOUT_YAML = "YAML needs PyYAML, which is not installed"


def arguments_of(data: Path, folder: Path) -> list[object]:
    """Return a grid of eight trials, whose options are written in both ways."""
    lists = ["--learning-rates", "0.1", "0.01", "--batch_sizes", "8", "32", "--activations", "relu", "tanh"]
    return ["--dataset", data, *SMALL, *lists, "--output", folder]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_images(tmp_path_factory.mktemp("data") / "rows")


@pytest.fixture(scope="module")
def whole(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """Return the folder and the output of a grid that was not stopped, with NumPy and tqdm alone."""
    folder = tmp_path_factory.mktemp("search") / "grid"
    blocked = ("matplotlib", "optuna", "distributed", "yaml")
    return folder, search(*arguments_of(data, folder), blocked=blocked)


def test_a_grid_is_all_combinations(whole: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, result = whole
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    found = trials(folder)
    points = [(trial["lr"], trial["batch_size"], trial["activation"]) for trial in found]
    assert points == [(lr, size, name) for lr in (0.1, 0.01) for size in (8, 32) for name in ("relu", "tanh")]
    assert all(trial["state"] == "complete" and len(trial["history"]) == 1 for trial in found)
    assert ends(result) == 8
    assert "no pictures: matplotlib is not installed" in result.stdout
    assert len({trial["accuracy"] for trial in found}) > 2


def test_tables_are_sorted_and_agree(whole: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, result = whole
    with (folder / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    accuracies = [float(row["accuracy"]) for row in rows]
    assert accuracies == sorted(accuracies, reverse=True)
    assert [row["rank"] for row in rows] == [str(rank) for rank in range(1, 9)]
    by_number = sorted(rows, key=lambda row: int(row["trial"]))
    assert [float(row["accuracy"]) for row in by_number] == [trial["accuracy"] for trial in trials(folder)]
    printed = [line.split()[1] for line in result.stdout.splitlines() if re.match(r" +\d", line)]
    assert printed == [row["trial"] for row in rows]


def test_train_takes_the_best_config(
    whole: tuple[Path, subprocess.CompletedProcess[str]], data: Path, tmp_path: Path
) -> None:
    folder, _ = whole
    best = json.loads((folder / "trials.json").read_text())["trials"][0]
    result = train("--config", folder / "best.json", "--output", tmp_path / "run", blocked=("matplotlib", "yaml"))
    assert result.returncode == 0, result.stderr
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["config"]["lr"] == best["lr"]
    assert record["results"]["validation_accuracy"] == best["accuracy"]


def test_train_takes_the_best_config_as_yaml(whole: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    pytest.importorskip("yaml", reason=WITHOUT_YAML)
    from application.config_file import read_config

    folder, _ = whole
    assert read_config(str(folder / "best.yaml")) == read_config(str(folder / "best.json"))


def test_a_search_killed_again_and_again_loses_nothing_and_repeats_nothing(
    whole: tuple[Path, subprocess.CompletedProcess[str]], data: Path, tmp_path: Path
) -> None:
    arguments = [*arguments_of(data, tmp_path / "grid"), *JOURNAL]
    done = 0
    for count in (1, 2):
        killed = stop_after(count, signal.SIGKILL, *arguments)
        assert killed.returncode == -signal.SIGKILL
        done += ends(killed)
    journal = tmp_path / "grid" / "trials.jsonl"
    with journal.open("a") as file:
        file.write('{"event": "end", "tri')  # killed while it wrote
    last = search(*arguments)
    assert last.returncode == 0, last.stderr
    assert trials(tmp_path / "grid") == trials(whole[0])
    events = [json.loads(line) for line in journal.read_text().splitlines()]
    assert [event["event"] for event in events].count("begin") == 8
    assert [event["event"] for event in events].count("end") == 8
    assert done + ends(last) <= 8  # what was recorded just before the kill may not have been printed
    again = search(*arguments)
    assert again.returncode == 0
    assert ends(again) == 0
    assert trials(tmp_path / "grid") == trials(whole[0])


def processes_with(word: str) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            if word.encode() in entry.read_bytes():
                found.append(int(entry.parent.name))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_leaves_a_search_that_goes_on_and_no_process(
    how: signal.Signals, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEARCH_OF_THIS_TEST", tmp_path.name)
    options = ["--dataset", data, *SMALL, "--epochs", 300, "--batch_size", 2, "--learning_rates", "0.1", "0.01"]
    options += [*JOURNAL, "--output", tmp_path / "search"]
    with subprocess.Popen(command(*options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        journal = tmp_path / "search" / "trials.jsonl"
        wait_for(lambda: journal.exists() and journal.read_text().count("begin") == 2)
        process.send_signal(how)
        out, error = process.communicate(timeout=30)
    if how is not signal.SIGKILL:
        assert process.returncode == 128 + how
        assert error == ""
        assert "interrupted: the same command goes on with the search" in out
    if sys.platform == "linux":
        wait_for(lambda: not processes_with(f"SEARCH_OF_THIS_TEST={tmp_path.name}"))
    assert journal.read_text().count('"end"') == 0


def test_a_signal_waits_while_the_lock_of_a_future_may_be_held() -> None:
    """Otherwise it would stay locked, and the end of the pool would wait for it for ever."""
    reached = []

    def interrupted() -> None:
        with no_interruption():
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.05)
            reached.append(True)

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert reached


def worker_of(process: int) -> int | None:
    """Return a worker of a search that has begun its work, if there is one: it has a second thread by then."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            threads = len(list((folder / "task").iterdir()))
            if parent == process and threads > 1 and b"spawn_main" in (folder / "cmdline").read_bytes():
                return int(folder.name)
        except OSError:  # it has ended meanwhile
            continue
    return None


@pytest.mark.skipif(sys.platform != "linux", reason="workers are found in /proc, which only Linux has")
@pytest.mark.parametrize("kills", [1, 2])
def test_a_worker_that_is_killed_takes_only_its_trial_with_it(kills: int, data: Path, tmp_path: Path) -> None:
    options = ["--dataset", data, *SMALL, "--epochs", 20, "--batch_size", 4, "--learning_rates", "0.1", "0.01"]
    options += ["--workers", 1, *JOURNAL, "--output"]
    undisturbed = search(*options, tmp_path / "undisturbed")
    assert undisturbed.returncode == 0, undisturbed.stderr
    arguments = command(*options, tmp_path / "search")
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        killed: list[int | None] = [None]
        for _ in range(kills):
            wait_for(lambda: worker_of(process.pid) not in killed)
            worker = worker_of(process.pid)
            assert worker is not None
            os.kill(worker, signal.SIGKILL)
            killed.append(worker)
        out, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (0, "")
    first, second = trials(tmp_path / "search")
    assert first["state"] == ("complete" if kills == 1 else "failed")
    assert len(first["failures"]) == kills
    assert all("process" in reason and "terminated abruptly" in reason for reason in first["failures"])
    assert out.count("trial 0 failed and is tried again") == 1
    expected = trials(tmp_path / "undisturbed")
    assert second == expected[1]
    assert first["history"] == (expected[0]["history"] if kills == 1 else [])


def test_a_worker_that_died_while_it_was_idle_is_replaced() -> None:
    workers = Processes(1, threads=1)
    try:
        first = workers.submit(os.getpid).result(timeout=60)
        os.kill(first, signal.SIGKILL)
        (pool,) = workers._pools
        with pytest.raises(BrokenProcessPool):
            wait_for(lambda: pool.submit(os.getpid) and False)
        assert workers.submit(os.getpid).result(timeout=60) != first
    finally:
        workers.shutdown()


def test_a_task_that_has_just_ended_leaves_its_process_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    release = Processes._release

    def release_late(self: Processes, *which: Any) -> None:
        time.sleep(0.2)  # others see that the task is done before its process is known to be idle
        release(self, *which)

    monkeypatch.setattr(Processes, "_release", release_late)
    workers = Processes(1, threads=1)
    try:
        assert workers.submit(os.getpid).result(timeout=60) == workers.submit(os.getpid).result(timeout=60)
    finally:
        workers.shutdown()


def test_another_search_in_the_same_folder_is_refused(
    whole: tuple[Path, subprocess.CompletedProcess[str]], data: Path
) -> None:
    before = trials(whole[0])
    result = search(*arguments_of(data, whole[0]), "--momentum", "0.5")
    assert result.returncode == 2
    assert "holds another search, as its config momentum was 0.9 and is 0.5" in result.stderr
    assert trials(whole[0]) == before


def test_two_searches_do_not_write_into_one_folder(data: Path, tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl", reason="files are locked by fcntl, which Windows has not")
    (tmp_path / "search").mkdir()
    with (tmp_path / "search" / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        result = search(*arguments_of(data, tmp_path / "search"))
    assert result.returncode == 1
    assert "another search is writing into" in result.stderr


def test_diverging_is_a_result_and_is_not_repeated(data: Path, tmp_path: Path) -> None:
    options = ["--learning_rates", "1e30", "0.1", "--loss", "mse", "--output-activation", "identity", *JOURNAL]
    result = search("--dataset", data, *SMALL, *options, "--output", tmp_path / "search")
    assert result.returncode == 0, result.stderr
    diverged, whole = trials(tmp_path / "search")
    assert (diverged["state"], diverged["accuracy"]) == ("diverged", 0.0)
    assert whole["state"] == "complete"
    assert len(diverged["failures"]) == 1
    assert "the training diverged" in diverged["reason"]


def test_values_that_do_not_go_together_fail_with_the_reason(data: Path, tmp_path: Path) -> None:
    options = ["--losses", "ce", "bce", "--output_activations", "identity", "sigmoid", *JOURNAL]
    result = search("--dataset", data, *SMALL, *options, "--output", tmp_path / "search")
    assert result.returncode == 0, result.stderr
    failed = [trial for trial in trials(tmp_path / "search") if trial["state"] == "failed"]
    assert [(trial["loss"], trial["output_activation"]) for trial in failed] == [("bce", "identity")]
    assert "needs an --output-activation between 0 and 1" in failed[0]["reason"]
    assert len(failed[0]["failures"]) == 1


def test_no_trial_that_ended_whole(data: Path, tmp_path: Path) -> None:
    options = ["--losses", "bce", "--output_activation", "identity", *JOURNAL, "--output", tmp_path / "search"]
    result = search("--dataset", data, *SMALL, *options)
    assert result.returncode == 1
    assert "no trial ended whole" in result.stderr
    assert not (tmp_path / "search" / "best.json").exists()


def test_by_coordinates_in_the_order_of_the_command_line(data: Path, tmp_path: Path) -> None:
    lists = ["--learning_rates", "0.001", "0.1", "--hidden_sizes", "4", "32-16", "none", "--weight_decays", "1", "0"]
    small = [word for word in SMALL if word not in ("--hidden", "8")]
    options = [*lists, "--strategy", "coordinate", *JOURNAL, "--output", tmp_path / "search"]
    result = search("--dataset", data, *small, *options)
    assert result.returncode == 0, result.stderr
    found = trials(tmp_path / "search")
    assert len(found) == 2 + 2 + 1
    assert [trial["hidden"] for trial in found[:2]] == [[4], [4]]
    best = max(found[:2], key=lambda trial: trial["accuracy"])
    assert {trial["lr"] for trial in found[2:]} == {best["lr"]}
    best = max([best, *found[2:4]], key=lambda trial: (trial["accuracy"], -trial["trial"]))
    assert found[4]["hidden"] == best["hidden"]
    assert found[4]["weight_decay"] == 0


def test_random_depends_on_the_seed_and_not_on_interruptions(data: Path, tmp_path: Path) -> None:
    lists = ["--learning_rates", "0.001:1:log", "--batch_sizes", "4:64", "--strategy", "random", *JOURNAL]
    options = ["--dataset", data, *SMALL, *lists]
    assert search(*options, "--trials", 5, "--output", tmp_path / "whole").returncode == 0
    assert search(*options, "--trials", 2, "--output", tmp_path / "parts").returncode == 0
    assert search(*options, "--trials", 5, "--output", tmp_path / "parts").returncode == 0
    assert trials(tmp_path / "whole") == trials(tmp_path / "parts")
    assert len({trial["lr"] for trial in trials(tmp_path / "whole")}) == 5


def test_the_best_is_trained_on_all_images_and_tested_once(data: Path, tmp_path: Path) -> None:
    options = ["--dataset", data, *SMALL, "--epochs", 2, "--learning_rates", "0.1", "0.01", *JOURNAL, "--retrain"]
    options += ["--output", tmp_path / "search"]
    result = search(*options)
    assert result.returncode == 0, result.stderr
    (line,) = [line for line in result.stdout.splitlines() if "test accuracy" in line]
    assert "epochs on 600 images of training and validation" in line
    (run,) = (tmp_path / "search").glob("retrained_trial_*")
    results = json.loads((run / "run.json").read_text())["results"]
    assert f"test accuracy {results['test_accuracy']:.4f} " in line
    tested = subprocess.run(
        [sys.executable, str(SCRIPT.with_name("test.py")), str(run), "--json"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert json.loads(tested.stdout)["accuracy"] == results["test_accuracy"]
    again = search(*options)
    assert line in again.stdout
    assert "retraining" not in again.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "nothing to search"),
        (["--learning_rates", "fast"], "--lr must be a finite number, not 'fast'"),
        (["--learning_rates", "0"], "--lr must be above 0, not 0.0"),
        (["--learning_rates", "1:0.1", "--strategy", "random"], "from a lower to a higher number, not from 1.0 to 0.1"),
        (["--learning_rates", "0.1:1:exp"], "a range is LOW:HIGH or LOW:HIGH:log"),
        (["--learning_rates", "0.1:1"], "cannot go through all of the range of --lr"),
        (["--activations", "step"], "--activation must be one of relu"),
        (["--activations", "relu:tanh"], "--activation has no range"),
        (["--hidden_sizes", "32-x"], "--hidden must be a whole number, not 'x'"),
        (["--nesterovs", "yes"], "--nesterov must be true or false, not 'yes'"),
        (["--lr", "0.1", "--learning_rates", "0.1"], "cannot be the same in all trials and searched"),
        (["--learning_rates", "0.1", "--epochs", "0"], "--epochs must be at least 1, not 0"),
        (["--learning_rates", "0.1", "--workers", "0"], "must be at least 1, not 0"),
        (["--learning_rates", "0.1", "--workers", "many"], "argument --workers: must be a whole number, not 'many'"),
        (["--learning_rates", "0.1", "--seeds", "1"], "unrecognized arguments: --seeds 1"),
        (["--learning_rates", "0.1", "--executor", "dask"], "needs the --address of a scheduler"),
        (["--learning_rates", "0.1", "--address", "tcp://x:1"], "--address is for --executor dask"),
        (["--learning_rates", "0.1", "--strategy", "tpe", "--record", "journal"], "needs --record optuna"),
        (["--learning_rates", "0.1", "--pruner", "median", "--record", "journal"], "needs --record optuna"),
        (["--space", "missing.yaml"], "--space missing.yaml cannot be read"),
        (["--learning_rates", "0.1", "--tensorboard"], "--tensorboard is for train.py"),
    ],
)
def test_wrong_options_are_one_clear_line(
    options: list[str], message: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    import search as script

    monkeypatch.setattr(signal, "signal", lambda *_: None)
    small = ["--dataset", str(data), "--train-size", "500", "--validation", "100", "--output", str(tmp_path / "search")]
    assert script.main([*small, *options]) == 2
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert message in error


# ---- a space in a file


def test_a_space_in_a_file(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("yaml", reason=WITHOUT_YAML)
    (tmp_path / "space.yaml").write_text(
        "# what is searched\n"
        "lr: {low: 1e-3, high: 1, log: true}\n"
        "hidden-sizes: [[4], [8, 6], []]\n"
        "batch_size: {low: 16, high: 64}\n"
        "nesterov: [true, false]\n"
        "activation:\n  - relu\n  - tanh\n"
    )
    small = [word for word in SMALL if word not in ("--hidden", "8")]
    options = ["--dataset", data, *small, "--space", tmp_path / "space.yaml", "--strategy", "random", "--trials", 6]
    result = search(*options, *JOURNAL, "--output", tmp_path / "search")
    assert (result.returncode, result.stderr) == (0, "")
    found = trials(tmp_path / "search")
    assert len(found) == 6
    assert all(trial["state"] == "complete" for trial in found)
    for trial in found:
        assert 1e-3 <= trial["lr"] <= 1
        assert isinstance(trial["batch_size"], int)
        assert 16 <= trial["batch_size"] <= 64
        assert trial["hidden"] in ([4], [8, 6], [])
        assert trial["nesterov"] in (True, False)
        assert trial["activation"] in ("relu", "tanh")
    assert len({trial["lr"] for trial in found}) == 6
    assert len({str(trial["hidden"]) for trial in found}) > 1
    again = search(*options, *JOURNAL, "--output", tmp_path / "search")
    assert (again.returncode, ends(again)) == (0, 0)


def test_a_file_and_lists_together_say_what_options_would(data: Path, tmp_path: Path) -> None:
    """In JSON, which needs no package; what both name is searched as the command line says."""
    (tmp_path / "space.json").write_text(json.dumps({"lr": [0.1, 0.01], "batch_size": [8, 16, 32]}))
    same = ["--dataset", data, *SMALL, *JOURNAL]
    options = ["--space", tmp_path / "space.json", "--batch-sizes", 64, "--activations", "relu", "tanh"]
    result = search(*same, *options, "--output", tmp_path / "file", blocked=("matplotlib", "yaml"))
    assert (result.returncode, result.stderr) == (0, "")
    lists = ["--learning-rates", 0.1, 0.01, "--batch-sizes", 64, "--activations", "relu", "tanh"]
    assert search(*same, *lists, "--output", tmp_path / "lists").returncode == 0
    assert trials(tmp_path / "file") == trials(tmp_path / "lists")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"lr: [\xff]", "cannot be read: it is not text in UTF-8"),
        (b"lr: [0.1, 0.2", "is not YAML: while parsing a flow sequence"),
        (b"lr:\n\t- 0.1", "is not YAML: while scanning"),
        (b"lr: !!python/object/apply:os.getcwd []", "is not YAML: could not determine a constructor"),
        (b"lr: [0.1]\n---\nlr: [0.2]", "is not YAML: expected a single document"),
        (b"", "must map options to lists or ranges, as in `lr: [0.1, 0.01]`, not hold {}"),
        (b"- lr\n- momentum", "must map options to lists or ranges, as in `lr: [0.1, 0.01]`, not hold ['lr', "),
        (b"speed: [0.1]", "'speed' cannot be searched; what can is hidden, "),
        (b"seed: [1, 2]", "'seed' cannot be searched"),
        (b"1: [1, 2]", "1 cannot be searched"),
        (b"lr: [0.1]\nlearning-rates: [0.2]", "'learning-rates' is there twice, as lr is the same"),
        (b"lr: [0.1]\nlr: [0.2]", "'lr' is there twice"),
        (b"lr: []", "--lr: a search needs at least one value to choose from"),
        (b"lr:", "lr must be a list, or have low, high and, if wanted, log: true, not None"),
        (b"lr: 0.1", "lr must be a list, or have low, high and, if wanted, log: true, not 0.1"),
        (b"lr: [fast]", "--lr must be a finite number, not 'fast'"),
        (b"lr: [0.1, .nan]", "--lr must be a finite number, not nan"),
        (b"lr: [0.1, -1]", "--lr must be above 0, not -1"),
        (b"batch_size: [8.5]", "--batch-size must be a whole number, not 8.5"),
        (b"batch_size: [true]", "--batch-size must be a whole number, not True"),
        (b"nesterov: ['yes']", "--nesterov must be true or false, not 'yes'"),
        (b"hidden: [128, 256]", "each value of hidden is a list itself, as in `hidden: [[128], [256, 128]]`"),
        (b"activation: [step]", "--activation must be one of relu"),
        (b"activation: {low: 1, high: 2}", "--activation has no range"),
        (b"lr: {low: 0.1, top: 1}", "lr must be a list, or have low, high"),
        (b"lr: {low: 0.1, high: fast}", "--lr must be a finite number, not 'fast'"),
        (b"lr: {low: 1, high: 0.1}", "a range goes from a lower to a higher number, not from 1.0 to 0.1"),
        (b"momentum: {low: 0, high: 0.9, log: true}", "both above 0, not from 0.0 to 0.9"),
        (b"lr: {low: 0.1, high: 1, log: maybe}", "log of lr must be true or false, not 'maybe'"),
        (b"lr: {low: 0.1, high: 1}", "cannot go through all of the range of --lr"),
    ],
)
def test_a_wrong_space_is_one_clear_line(
    content: bytes | None, message: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("yaml", reason=WITHOUT_YAML)
    import search as script

    file = tmp_path / "space.yaml"
    if content is not None:
        file.write_bytes(content)
    options = ["--dataset", str(data), "--space", str(file), "--output", str(tmp_path / "search")]
    assert script.main(options) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert len(error.splitlines()) == 1
    assert error.startswith("search.py: error: ")
    assert message in error
    assert str(file) in error or "range of --lr" in message  # which may come from the command line as well
    assert not (tmp_path / "search").exists()


@pytest.mark.parametrize("name", ["space.yaml", "space.json"])
def test_a_wrong_space_ends_the_process_with_a_status(name: str, data: Path, tmp_path: Path) -> None:
    if name.endswith("yaml"):
        pytest.importorskip("yaml", reason=WITHOUT_YAML)
    (tmp_path / name).write_text('{"lr": [0.1, "lr": [0.2]}')
    result = search("--dataset", data, "--space", tmp_path / name, "--output", tmp_path / "search")
    assert (result.returncode, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert f"{name} is not {'YAML' if name.endswith('yaml') else 'JSON'}: " in result.stderr


def test_json_that_names_a_hyper_parameter_twice(data: Path, tmp_path: Path) -> None:
    (tmp_path / "space.json").write_text('{"lr": [0.1], "lr": [0.2]}')
    result = search("--dataset", data, "--space", tmp_path / "space.json", "--output", tmp_path / "search")
    assert result.returncode == 2
    assert "space.json is not JSON: 'lr' is there twice" in result.stderr


def test_a_space_in_yaml_without_pyyaml(data: Path, tmp_path: Path) -> None:
    (tmp_path / "space.yaml").write_text("lr: [0.1]")
    options = ["--dataset", data, "--space", tmp_path / "space.yaml", "--output", tmp_path / "search"]
    result = search(*options, blocked=("matplotlib", "yaml"))
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert "needs the package PyYAML" in result.stderr
    assert "as JSON in a .json file" in result.stderr


def test_a_space_and_an_option_that_is_the_same_in_all(data: Path, tmp_path: Path) -> None:
    (tmp_path / "space.json").write_text('{"lr": [0.1, 0.2]}')
    result = search("--dataset", data, "--space", tmp_path / "space.json", "--lr", 0.1, "--output", tmp_path / "search")
    assert result.returncode == 2
    assert "--lr cannot be the same in all trials and searched by --space" in result.stderr


@pytest.mark.parametrize("line", [b"nonsense", b"\xff\xfe", b'{"event": "end", "trial": 5}'])
def test_a_damaged_journal(line: bytes, data: Path, tmp_path: Path) -> None:
    (tmp_path / "trials.jsonl").write_bytes(b'{"event": "search", "identity": {}}\n' + line + b"\n")
    result = search(*arguments_of(data, tmp_path))
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert "trials.jsonl is damaged in line 2" in result.stderr


def test_an_output_that_cannot_be_written(data: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = search(*arguments_of(data, tmp_path / "file" / "search"))
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert "cannot write into --output" in result.stderr


def test_workers_that_cannot_be_had_leave_nothing_behind(data: Path, tmp_path: Path) -> None:
    result = search(*arguments_of(data, tmp_path / "search"), "--address", "tcp://127.0.0.1:1")
    assert result.returncode == 2
    assert result.stderr == "search.py: error: --address is for --executor dask\n"
    assert result.stdout == ""
    assert not (tmp_path / "search").exists()


def test_data_that_cannot_be_had(tmp_path: Path) -> None:
    result = search("--dataset", tmp_path / "nowhere", "--learning-rates", "0.1", "--output", tmp_path / "search")
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert "nor a folder of IDX files" in result.stderr
