"""The same search over a real cluster of dask.distributed: a scheduler and workers in processes of their own."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from search_command import JOURNAL, SMALL, command, is_end, search, trials, wait_for
from train_command import write_images

WITHOUT = "a cluster needs distributed, which is not installed"
WORKERS = 3
Cluster = tuple[str, list[subprocess.Popen[bytes]]]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("distributed", reason=WITHOUT)
    return write_images(tmp_path_factory.mktemp("data") / "rows")


def start(folder: Path, name: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a part of the cluster; its working directory is empty, so that it does not find our code by chance."""
    (folder / name).mkdir()
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:]],
            cwd=folder / name, stdout=log, stderr=log, env=environment,
        )  # fmt: skip


@pytest.fixture(scope="module")
def cluster(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Return the address of a scheduler, and its workers."""
    folder = tmp_path_factory.mktemp("cluster")
    file = folder / "scheduler.json"
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
    processes = [start(folder, "scheduler", "scheduler", *options)]
    options = ["--scheduler-file", str(file), "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    try:
        wait_for(file.exists)
        processes += [start(folder, f"worker{i}", "worker", *options) for i in range(WORKERS)]
        address = json.loads(file.read_text())["address"]
        wait_for(lambda: (folder / "scheduler.log").read_text().count("Register worker") == WORKERS)
        yield address, processes[1:]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_a_grid_is_the_same_on_a_cluster_even_if_a_worker_is_killed(
    data: Path, cluster: Cluster, tmp_path: Path
) -> None:
    address, workers = cluster
    options = ["--dataset", data, *SMALL, "--epochs", 20, "--batch_sizes", "4", "8", *JOURNAL]
    options += ["--learning_rates", "0.1", "0.05", "0.02", "0.01"]
    options.remove("--workers")
    options.remove("2")
    assert search(*options, "--workers", 2, "--output", tmp_path / "processes").returncode == 0
    options += ["--executor", "dask", "--address", address, "--output", tmp_path / "cluster"]
    with subprocess.Popen(command(*options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        assert f"{WORKERS} workers of {address}" in lines[0]
        while not is_end(lines[-1]):
            lines.append(process.stdout.readline())
        workers[0].send_signal(signal.SIGKILL)
        _, error = process.communicate(timeout=60)
    assert process.returncode == 0, error
    assert error == ""
    assert trials(tmp_path / "cluster") == trials(tmp_path / "processes")
    assert len(trials(tmp_path / "cluster")) == 8


def test_pruning_on_a_cluster(
    data: Path, cluster: Cluster, tmp_path: Path
) -> None:
    pytest.importorskip("optuna", reason="pruning needs optuna, which is not installed")
    options = ["--dataset", data, *SMALL, "--epochs", 6, "--pruner", "median", "--output", tmp_path / "search"]
    rates = ["0.1", "0.2", "0.05", "0.08", "0.15", "1e-6", "2e-6", "3e-6"]
    result = search(*options, "--learning_rates", *rates, "--executor", "dask", "--address", cluster[0])
    assert result.returncode == 0, result.stderr
    assert "pruned" in {trial["state"] for trial in trials(tmp_path / "search")}


@pytest.mark.parametrize(
    ("address", "status", "message"),
    [("tcp://127.0.0.1:1", 1, "no scheduler answers at --address"), ("nonsense", 2, "is no address of a scheduler")],
)
def test_wrong_addresses(
    address: str, status: int, message: str, data: Path, tmp_path: Path
) -> None:
    options = ["--learning_rates", "0.1", "--executor", "dask", "--address", address, *JOURNAL]
    result = search("--dataset", data, *SMALL, *options, "--output", tmp_path / "search")
    assert result.returncode == status, result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert message in result.stderr


def test_without_distributed(data: Path, tmp_path: Path) -> None:
    options = ["--learning_rates", "0.1", "--executor", "dask", "--address", "tcp://127.0.0.1:1", *JOURNAL]
    arguments = ["--dataset", data, *SMALL, *options, "--output", tmp_path / "search"]
    result = search(*arguments, blocked=("distributed", "matplotlib"))
    assert result.returncode == 2
    assert "needs dask.distributed: pip install distributed" in result.stderr


def test_what_dask_logs_of_lost_results_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason=WITHOUT)
    from application.config import OptionError
    from application.search.dask_workers import DaskWorkers

    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    for logger in loggers:
        monkeypatch.setattr(logger, "level", logging.WARNING)
    with pytest.raises(OptionError, match="is no address of a scheduler"):
        DaskWorkers("nonsense")
    assert [logger.isEnabledFor(logging.ERROR) for logger in loggers] == [False, False]
