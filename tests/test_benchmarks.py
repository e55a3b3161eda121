"""The benchmarks run and give figures; what the figures are is not judged here."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
BENCHMARKS = ROOT / "tests" / "benchmarks"
DOCS = ROOT / "docs"

TIMES = {"mlp", "cnn", "chain", "long_chain", "classifier", "epoch", "loading", "import"}
OURS = {  # who takes part wherever the tests run
    "mlp": {"products", "plain", "preallocated", "eager", "captured"},
    "cnn": {"eager", "captured"},
    "chain": {"numpy", "tinygrad_np"},
    "long_chain": {"numpy", "tinygrad_np"},
    "classifier": {"ours"},
    "epoch": {"application"},
    "loading": {"ready", "loader", "prefetching", "augmented"},
    "import": {"numpy", "tinygrad_np"},
    "memory": {"eager", "captured"},
    "flatness": {"eager", "captured"},
}
PEERS = {  # and who where it is installed; a contender that compiles for long is left out of smoke runs
    "torch": {
        **{key: {"torch"} for key in ("mlp", "cnn", "chain", "long_chain", "import", "memory", "flatness")},
        "epoch": {"torch_loader", "torch_sliced"},
    },
    "jax": {"mlp": {"jax"}, "import": {"jax"}},
    "mygrad": {"mlp": {"mygrad"}, "chain": {"mygrad"}},
    "autograd": {"chain": {"autograd"}},
    "sklearn": {"mlp": {"sklearn"}, "classifier": {"sklearn"}},
}


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command where kernels are forced, which must not reach the contenders."""
    command = [sys.executable, str(BENCHMARKS), *map(str, arguments)]
    forced = os.environ | {"OPENBLAS_CORETYPE": "Haswell"}
    return subprocess.run(command, capture_output=True, text=True, env=forced, timeout=240, check=False)


def expected(table: str) -> set[str]:
    """Return who takes part in a smoke run of the table here."""
    there = [peers.get(table, set()) for package, peers in PEERS.items() if importlib.util.find_spec(package)]
    return OURS[table].union(*there)


@pytest.mark.parametrize("table", OURS)
def test_a_smoke_run_measures_every_contender_that_is_there(table: str, tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    result = run(table, "--smoke", "--json", path)
    assert result.returncode == 0, result.stderr
    figures: dict[str, Any] = json.loads(path.read_text())
    assert figures["machine"]["versions"]["numpy"]
    assert list(figures["tables"]) == [table]
    lines = figures["tables"][table]
    assert lines
    for line, cells in lines.items():
        assert set(cells) == expected(table), line
        assert line in result.stdout
        for cell in cells.values():
            low, high = cell["quartiles"]
            assert low <= cell["median"] <= high
            if table in TIMES:
                assert low > 0
                assert cell["ratio"] > 0


def test_all_tables_are_tested() -> None:
    shown = run("--help").stdout
    assert all(table in shown for table in OURS)
    path = os.pathsep.join([str(ROOT), str(BENCHMARKS)])
    code = "from tables import TABLES; print(*TABLES)"
    names = subprocess.check_output([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": path}, text=True)
    assert names.split() == list(OURS)


def test_the_contenders_take_the_same_step() -> None:
    """Hand-written steps and those of every library start from the same weights and see the same losses."""
    code = (
        "import importlib.util, mlp\n"
        "row = next(iter(mlp.MLPS))\n"
        "there = {n: c for n, c in mlp.TABLE.contenders.items() if importlib.util.find_spec(c.needs)}\n"
        "steps = {n: c.prepare(row) for n, c in there.items() if n != 'products' and not c.compiles}\n"
        "losses = {n: [step() for _ in range(5)] for n, step in steps.items()}\n"
        "for name, loss in losses.items():\n"
        "    assert all(abs(a - b) < 1e-4 for a, b in zip(loss, losses['plain'])), losses\n"
        "    assert loss[0] > loss[-1]\n"
        "print(*losses)"
    )
    path = os.pathsep.join([str(ROOT), str(BENCHMARKS)])
    environment = os.environ | {"PYTHONPATH": path, "JAX_PLATFORMS": "cpu"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, timeout=200, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == expected("mlp") - {"products"}


FIGURES = {
    "machine": {
        "processor": "P", "cores": 2, "threads": None, "kernels": "K",
        "python": "3", "versions": {"numpy": "2"},
    },
    "rounds": 3,
    "tables": {
        "cnn": {
            "a row": {
                "eager": {"median": 2000.0, "quartiles": [1900.0, 2100.0], "ratio": 1.0},
                "captured": {"median": 1500.0, "quartiles": [1400.0, 1600.0], "ratio": 0.75},
                "torch": {"median": 3000.0, "quartiles": [2900.0, 3100.0], "ratio": 1.5},
            }
        }
    },
}


def write_figures(path: Path, **changes: Any) -> Path:
    path.write_text(json.dumps(FIGURES | changes))
    return path


def test_kept_figures_become_a_page_whose_other_text_stays(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- figures: begin -->\nold\n<!-- figures: end -->\nafter\n")
    result = run("--figures", write_figures(tmp_path / "a.json"), "--markdown", page)
    assert result.returncode == 0, result.stderr
    text = page.read_text()
    assert text.startswith("before\n<!-- figures: begin -->\n")
    assert text.endswith("<!-- figures: end -->\nafter\n")
    assert "old" not in text
    assert "| tinygrad_np, captured | 1,500 (1,400 to 1,600) |" in text
    assert "| **tinygrad_np, captured / PyTorch, eager** | **0.50** |" in text


def test_figures_of_several_files_are_put_together(tmp_path: Path) -> None:
    other = {"cnn": {"b row": FIGURES["tables"]["cnn"]["a row"]}}  # type: ignore[index]
    parts = [write_figures(tmp_path / "a.json"), write_figures(tmp_path / "b.json", tables=other)]
    assert run("--figures", *parts, "--json", tmp_path / "both.json").returncode == 0
    assert list(json.loads((tmp_path / "both.json").read_text())["tables"]["cnn"]) == ["a row", "b row"]


def test_figures_of_different_machines_are_not_mixed(tmp_path: Path) -> None:
    elsewhere = write_figures(tmp_path / "b.json", machine=FIGURES["machine"] | {"processor": "Q"})  # type: ignore[operator]
    result = run("--figures", write_figures(tmp_path / "a.json"), elsewhere)
    assert result.returncode == 1
    assert "different machines" in result.stderr


@pytest.mark.parametrize("arguments", [["mlpp"], ["--contenders", "tensorflow"], ["--rounds", "0"], ["--threads", "0"]])
def test_what_is_not_there_is_refused(arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.returncode == 2
    assert arguments[-1] in result.stderr
    assert "Traceback" not in result.stderr


def test_figures_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / "figures.png"
    result = run("--figures", write_figures(tmp_path / "a.json"), "--png", path)
    assert result.returncode == 0, result.stderr
    assert path.read_bytes().startswith(b"\x89PNG")


def test_the_page_shows_the_figures_that_are_kept_beside_it(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text((DOCS / "benchmarks.md").read_text())
    assert run("--figures", DOCS / "benchmarks.json", "--markdown", page).returncode == 0
    assert page.read_text() == (DOCS / "benchmarks.md").read_text(), (
        "python tests/benchmarks --figures docs/benchmarks.json --markdown docs/benchmarks.md --png docs/benchmarks.png"
    )
