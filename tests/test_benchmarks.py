"""The benchmarks run and give figures; what the figures are is not judged here."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def smoke_run(table: str, path: Path) -> dict[str, Any]:
    """Measure one table in few and short turns and return the figures."""
    command = [sys.executable, ROOT / "tests" / "benchmarks", table, "--smoke", "--json", path]
    forced = os.environ | {"OPENBLAS_CORETYPE": "Haswell"}  # which must not reach the contenders
    result = subprocess.run(command, capture_output=True, text=True, env=forced, timeout=100, check=False)
    assert result.returncode == 0, result.stderr
    figures: dict[str, Any] = json.loads(path.read_text())
    return figures


def test_a_smoke_run_measures_every_contender_that_is_there(tmp_path: Path) -> None:
    figures = smoke_run("chain", tmp_path / "figures.json")
    row = figures["tables"]["chain"][""]
    assert {"chain", "chain_numpy"} <= set(row)
    assert row["chain_numpy"]["ratio"] == 1
    assert all(cell["median"] > 0 for cell in row.values())
    assert figures["machine"]["versions"]["numpy"]


def test_the_classifiers_are_measured_beside_each_other(tmp_path: Path) -> None:
    rows = smoke_run("classifier", tmp_path / "figures.json")["tables"]["classifier"]
    peers = {"classifier", "classifier_sklearn"} if importlib.util.find_spec("sklearn") else {"classifier"}
    assert all(set(row) == peers for row in rows.values())
    assert all(cell["median"] > 0 for row in rows.values() for cell in row.values())


def test_the_contenders_take_the_same_step() -> None:
    """Hand-written and framework steps start from the same weights and see the same losses."""
    code = (
        "import contenders\n"
        "row = next(iter(contenders.MLPS))\n"
        "steps = [contenders.CONTENDERS[name](row) for name in ('plain', 'preallocated', 'eager', 'captured')]\n"
        "losses = [[step() for _ in range(5)] for step in steps]\n"
        "assert all(abs(a - b) < 1e-4 for loss in losses for a, b in zip(loss, losses[0])), losses\n"
        "assert losses[0][0] > losses[0][-1]\n"
    )
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "benchmarks")])
    subprocess.run([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": path}, timeout=60, check=True)
