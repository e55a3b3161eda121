"""The notebook runs from its first cell to its last, and what it shows to readers is what it gives."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

NOTEBOOK = Path(__file__).resolve().parents[2] / "examples" / "mnist" / "tour.ipynb"
MOST_BYTES = 300_000  # of all pictures
EXECUTE = """
import sys, nbclient, nbformat
book = nbformat.read(sys.argv[1], as_version=4)
nbformat.validate(book)
nbclient.NotebookClient(book, timeout=120, resources={"metadata": {"path": sys.argv[2]}}).execute()
nbformat.write(book, sys.argv[3])
"""


def read(path: Path) -> list[dict[str, Any]]:
    """Return the cells of code of a notebook."""
    return [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]


def printed(cell: dict[str, Any]) -> str:
    """Return the text that a cell has printed."""
    return "".join("".join(output["text"]) for output in cell["outputs"] if output["output_type"] == "stream")


def pictures(cell: dict[str, Any]) -> list[bytes]:
    """Return the pictures that a cell shows."""
    shown = [output["data"] for output in cell["outputs"] if output["output_type"] == "display_data"]
    return [base64.b64decode("".join(data["image/png"])) for data in shown]


def shape(cell: dict[str, Any]) -> tuple[int, list[str], int]:
    """Return what of a cell's output depends neither on the data nor on the machine.

    That is: how many lines there are, the commands, the data set's name apart, and how many pictures. What warns of
    other data is left out.
    """
    lines = [line for line in printed(cell).splitlines() if not line.startswith(("WARNING: MNIST", "Download"))]
    commands = [re.sub(r"--dataset \w+", "--dataset DATA", line) for line in lines if line.startswith("$ ")]
    sketches = [line for line in lines if not set(line) <= set(" ░▒▓█")]  # of images, as high as these are
    return len(sketches), commands, len(pictures(cell))


def execute(code: str, *arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the notebook's folder, as Jupyter does."""
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=NOTEBOOK.parent,
        env=os.environ | {"PYTHONUTF8": "1"} | variables,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


def test_the_cells_run_without_jupyter_nor_mnist(tmp_path: Path) -> None:
    """In plain Python, on generated digits, and without matplotlib and Pillow; nothing is left behind."""
    code = "import sys, tempfile; tempfile.tempdir = sys.argv[1]\n"
    code += "import importlib.util; find = importlib.util.find_spec\n"
    code += "importlib.util.find_spec = lambda name: None if name in ('matplotlib', 'PIL') else find(name)\n"
    code += "import socket; socket.getaddrinfo = lambda *a, **k: (_ for _ in ()).throw(OSError('no network here'))\n"
    code += "".join("".join(cell["source"]) + "\n" for cell in read(NOTEBOOK))
    temporary, empty = tmp_path / "temporary", tmp_path / "empty"
    temporary.mkdir()
    empty.mkdir()
    before = sorted(NOTEBOOK.parent.iterdir())
    result = execute(code, temporary, TINYGRAD_NP_DATA=str(empty))
    assert result.returncode == 0, result.stdout + result.stderr
    assert "training on GENERATED DIGITS" in result.stderr
    assert "the same bits in 4 arrays" in result.stdout
    assert "digits test 0, which is: " in result.stdout
    assert result.stdout.endswith("there is no file left\n")
    assert list(temporary.iterdir()) == []
    assert sorted(NOTEBOOK.parent.iterdir()) == before


def test_jupyter_gives_what_the_notebook_shows(tmp_path: Path) -> None:
    """Executed as Jupyter does, each cell prints as many lines, by the same commands, and shows as many pictures."""
    missing = [name for name in ("nbclient", "nbformat", "ipykernel", "matplotlib") if find_spec(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed: pip install -e '.[notebook,examples]'")
    result = execute(EXECUTE, NOTEBOOK, NOTEBOOK.parent, tmp_path / "tour.ipynb", IPYTHONDIR=str(tmp_path / "ipython"))
    assert result.returncode == 0, result.stderr
    shown, given = read(NOTEBOOK), read(tmp_path / "tour.ipynb")
    assert [shape(cell) for cell in given] == [shape(cell) for cell in shown]
    assert sum(shape(cell)[2] for cell in given) == 5


def test_the_notebook_is_fit_to_be_read() -> None:
    """Its cells were run in order on MNIST, it names no folder of a machine, and its pictures are small."""
    cells = read(NOTEBOOK)
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    kinds = {output["output_type"] for cell in cells for output in cell["outputs"]}
    assert kinds == {"stream", "display_data", "execute_result"}
    text = "".join(map(printed, cells))
    assert "mnist: images (60000, 28, 28)" in text
    assert "test accuracy REPRODUCED" in text
    assert "WARNING" not in text
    assert re.search(r"(^|\s)(/|[A-Z]:\\)\w", text, re.MULTILINE) is None
    shown = [picture for cell in cells for picture in pictures(cell)]
    assert all(picture.startswith(b"\x89PNG") for picture in shown)
    assert 0 < sum(map(len, shown)) < MOST_BYTES
