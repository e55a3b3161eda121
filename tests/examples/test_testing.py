"""test.py on a small run of train.py: figures, files, what was recorded, and what is no run."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from nn.datasets import FashionMNIST, write_idx

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "mnist"
if str(EXAMPLE) not in sys.path:
    sys.path.insert(0, str(EXAMPLE))

from application.report import format_confusions, format_table, summarize  # noqa: E402

CLASSES, TRAINING, TESTING, VALIDATION = 4, 400, 90, 60


def write_images(folder: Path, size: tuple[int, int] = (6, 5), classes: int = CLASSES) -> Path:
    """Write a data set of its own: noise, brighter in the column that tells the class."""
    folder.mkdir()
    generator = np.random.default_rng(0)
    for part, count in (("train", TRAINING), ("t10k", TESTING)):
        labels = (np.arange(count) % classes).astype(np.uint8)
        images = generator.integers(0, 200, (count, *size)) + 55 * (np.arange(size[1]) == labels[:, None])[:, None]
        write_idx(folder / f"{part}-images-idx3-ubyte", images.astype(np.uint8))
        write_idx(folder / f"{part}-labels-idx1-ubyte", labels)
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that holds a data set, `bars`, and a run on it, `run`."""
    folder = tmp_path_factory.mktemp("testing")
    options = f"--dataset {write_images(folder / 'bars')} --validation {VALIDATION} --epochs 3 --batch-size 20"
    options += f" --hidden 16 --label-smoothing 0.1 --input-dropout 0 --output {folder / 'run'}"
    command = [sys.executable, str(EXAMPLE / "train.py"), *options.split()]
    result = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    """Return a copy of the run, to be changed at will."""
    shutil.copytree(trained / "run", tmp_path / "run")
    return tmp_path / "run"


class Result(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture
def script(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Return test.py as a function of its arguments; without matplotlib, unless it is asked for, which is quicker."""
    spec = importlib.util.spec_from_file_location("testing_script", EXAMPLE / "test.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def call(*arguments: object, pictures: bool = False) -> Result:
        with monkeypatch.context() as patch:
            if not pictures:
                patch.setitem(sys.modules, "matplotlib.figure", None)
            status = module.main([*map(str, arguments)])
        return Result(status, *capsys.readouterr())

    return call


def change_record(run: Path, **values: object) -> None:
    record = json.loads((run / "run.json").read_text())
    for name, value in values.items():
        record[name] = record[name] | value if isinstance(value, dict) else value
    (run / "run.json").write_text(json.dumps(record))


# ---- what it says


def test_figures_for_people(run: Path, script: Callable[..., Result]) -> None:
    status, out, err = script(run)
    assert (status, err) == (0, "")
    figures = json.loads((run / "test.json").read_text())
    recorded = json.loads((run / "run.json").read_text())["results"]
    assert figures["accuracy"] == recorded["test_accuracy"]
    assert figures["loss"] == recorded["test_loss"]
    assert 0.5 < figures["accuracy"] < 1  # chance is 0.25, and mistakes are wanted here
    assert f"[bars] test accuracy {figures['accuracy']:.4f}, {figures['correct']} of {TESTING}, loss " in out
    assert f"test accuracy REPRODUCED: {figures['correct']} of {TESTING} are right, as in the record" in out
    assert "the loss is the same to the last bit" in out
    (row,) = re.findall(r"^2 .*$", out, re.MULTILINE)
    assert row.split() == ["2", *(f"{figures['classes'][2][name]:.4f}" for name in ("precision", "recall", "f1")), "22"]
    assert re.search(rf"^weighted average( +[\d.]{{6}}){{3}} +{TESTING}$", out, re.MULTILINE)
    assert "[bars] no test_confusion.png: matplotlib is not installed" in out


def test_figures_for_programs(run: Path, script: Callable[..., Result]) -> None:
    status, out, err = script(run, "--json")
    assert status == 0
    figures = json.loads(out)
    assert figures == json.loads((run / "test.json").read_text())
    assert err.splitlines()[0] == f"[bars] wrote {run / 'test.json'}"
    matrix = np.array(figures["confusion_matrix"])
    assert matrix.shape == (CLASSES, CLASSES)
    np.testing.assert_array_equal(matrix.sum(1), [row["support"] for row in figures["classes"]])
    assert figures["correct"] == np.trace(matrix) == round(figures["accuracy"] * figures["samples"])
    assert figures["averages"]["weighted"]["support"] == figures["samples"] == TESTING
    assert figures["accuracy"] <= figures["top_2_accuracy"] <= 1
    assert figures["record"] == {
        "verdict": "reproduced",
        "correct": figures["correct"],
        "loss": figures["loss"],
        "differences": [],
    }
    assert {"numpy", "python", "tinygrad_np"} <= figures["versions"].keys()
    assert figures["blas"]["threads"] >= 1
    assert sorted(figures["files"]) == ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]


def test_validation_is_the_part_that_chose_the_epoch(run: Path, script: Callable[..., Result]) -> None:
    status, out, _ = script(run, "--split", "validation")
    assert status == 0
    assert "validation accuracy REPRODUCED" in out
    assert "the loss is the same to the last bit" in out  # label smoothing is in both
    figures = json.loads((run / "validation.json").read_text())
    assert figures["samples"] == VALIDATION
    assert not (run / "test.json").exists()


def test_picture(run: Path, script: Callable[..., Result]) -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib, which is not installed")
    status, out, _ = script(run, pictures=True)
    assert status == 0
    assert f"wrote {run / 'test.json'} and {run / 'test_confusion.png'}" in out
    assert (run / "test_confusion.png").read_bytes().startswith(b"\x89PNG")


def test_a_model_file_alone(run: Path, tmp_path: Path, script: Callable[..., Result]) -> None:
    model = tmp_path / "bare.npz"
    shutil.copy(run / "best.npz", model)
    status, out, _ = script(model)
    assert status == 0
    assert "nothing to compare with: no test accuracy of this model is recorded" in out
    assert json.loads((tmp_path / "bare_test.json").read_text())["record"]["verdict"] == "not recorded"


def test_the_model_file_of_a_run_is_the_run(run: Path, script: Callable[..., Result]) -> None:
    assert "REPRODUCED" in script(run / "best.npz").out
    last = script(run / "last.npz")
    assert last.status == 0
    assert "nothing to compare with" in last.out  # what the run tested is its best model
    assert (run / "last_test.json").exists()


def test_output(run: Path, tmp_path: Path, script: Callable[..., Result]) -> None:
    assert script(run, "--output", tmp_path / "a" / "b").status == 0
    assert (tmp_path / "a" / "b" / "test.json").exists()
    assert not (run / "test.json").exists()


# ---- what was recorded


def test_a_model_of_the_repository_by_its_name(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: Callable[..., Result]
) -> None:
    """Nothing is written beside it."""
    before = sorted(run.iterdir())
    monkeypatch.setattr("application.trained.COMMITTED", run.parent)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    status, out, err = script(run.name)
    assert (status, err) == (0, "")
    assert f"wrote {Path('runs', run.name, 'test.json')}" in out
    assert json.loads(Path("runs", run.name, "test.json").read_text())["model"] == str(run / "best.npz")
    assert sorted(run.iterdir()) == before


def test_another_count_of_the_same_data_is_status_3(run: Path, script: Callable[..., Result]) -> None:
    correct = json.loads(script(run, "--json").out)["correct"]
    change_record(run, results={"test_accuracy": (correct + 1) / TESTING}, blas={"threads": 99})
    status, out, _ = script(run)
    assert status == 3
    assert f"test accuracy NOT REPRODUCED: {correct} of {TESTING} are right, {correct + 1} in the record" in out
    assert "blas threads was 99 and is " in out
    verdict = json.loads((run / "test.json").read_text())["record"]
    assert verdict["verdict"] == "not reproduced"
    assert verdict["correct"] == correct + 1


def test_a_difference_that_nothing_known_explains(run: Path, script: Callable[..., Result]) -> None:
    change_record(run, results={"test_accuracy": 0.0})
    status, out, _ = script(run)
    assert status == 3
    assert "versions, BLAS and threads are the same, so the model or the program has changed" in out


def test_differences_from_a_resumption_are_told(run: Path, script: Callable[..., Result]) -> None:
    resumed = [{"after_epoch": 2, "differences": ["versions numpy was 1 and is 2"]}]
    change_record(run, results={"test_accuracy": 0.0}, resumed=resumed)
    assert "from epoch 3 on versions numpy was 1 and is 2" in script(run).out


def test_the_same_count_with_another_loss(run: Path, script: Callable[..., Result]) -> None:
    change_record(run, results={"test_loss": 0.25})
    status, out, _ = script(run)
    assert status == 0
    assert "as in the record, and its loss is 0.25" in out


def test_other_data_are_no_failure(run: Path, trained: Path, tmp_path: Path, script: Callable[..., Result]) -> None:
    other = tmp_path / "stripes"
    shutil.copytree(trained / "bars", other)
    write_idx(other / "t10k-labels-idx1-ubyte", np.zeros(TESTING, np.uint8))
    status, out, _ = script(run, "--dataset", other)
    assert status == 0
    assert "[stripes] test accuracy not comparable, since these are not the data of the run" in out
    assert "t10k-labels-idx1-ubyte has another SHA-256" in out
    assert "t10k-images" not in out
    assert (run / "test_stripes.json").exists()


def test_data_that_were_moved_are_the_same(
    run: Path, trained: Path, tmp_path: Path, script: Callable[..., Result]
) -> None:
    shutil.copytree(trained / "bars", tmp_path / "elsewhere")
    assert "REPRODUCED" in script(run, "--dataset", tmp_path / "elsewhere").out


def test_a_run_that_is_not_finished(run: Path, script: Callable[..., Result]) -> None:
    record = json.loads((run / "run.json").read_text())
    del record["results"]
    (run / "run.json").write_text(json.dumps(record))
    assert "nothing to compare with" in script(run).out
    assert "validation accuracy REPRODUCED" in script(run, "--split", "validation").out


# ---- what is wrong


def no_folder(run: Path, trained: Path) -> list[object]:
    return [run / "nothing"]


def no_model(run: Path, trained: Path) -> list[object]:
    (run / "best.npz").unlink()
    return [run]


def damaged_model(run: Path, trained: Path) -> list[object]:
    content = (run / "best.npz").read_bytes()
    (run / "best.npz").write_bytes(content[: len(content) // 2])
    return [run]


def other_arrays(run: Path, trained: Path) -> list[object]:
    np.savez(run / "best.npz", a=np.ones(3))
    return [run]


def text(run: Path, trained: Path) -> list[object]:
    return [run / "run.json"]


def unknown_data_set(run: Path, trained: Path) -> list[object]:
    return [run, "--dataset", "imagenet"]


def images_of_another_size(run: Path, trained: Path) -> list[object]:
    return [run, "--dataset", write_images(run / "wide", size=(6, 7))]


def more_classes(run: Path, trained: Path) -> list[object]:
    return [run, "--dataset", write_images(run / "more", classes=CLASSES + 1)]


def damaged_data(run: Path, trained: Path) -> list[object]:
    shutil.copytree(trained / "bars", run / "bars")
    (run / "bars" / "t10k-images-idx3-ubyte").write_bytes(b"\0\0\10\3")
    return [run, "--dataset", run / "bars"]


def damaged_record(run: Path, trained: Path) -> list[object]:
    (run / "run.json").write_text('{"results": ')
    return [run]


def impossible_record(run: Path, trained: Path) -> list[object]:
    change_record(run, results={"test_accuracy": float("nan")})
    return [run]


def output_into_a_file(run: Path, trained: Path) -> list[object]:
    return [run, "--output", run / "run.json"]


WRONG = {
    no_folder: "nothing holds no model",
    no_model: "best.npz does not exist",
    damaged_model: "best.npz is not a model of this application",
    other_arrays: "arrays without the config of a run; give the folder that train.py printed",
    text: "run.json is not a model of this application",
    unknown_data_set: "imagenet is neither mnist, fashion-mnist or digits nor a folder",
    images_of_another_size: "wide has images of 6 x 7 pixels in 4 classes, but the model is for images of 6 x 5 in 4",
    more_classes: "more has images of 6 x 5 pixels in 5 classes, but the model is for images of 6 x 5 in 4",
    damaged_data: "t10k-images-idx3-ubyte",
    damaged_record: "; move it away to test without it",
    impossible_record: "an accuracy cannot be nan",
    output_into_a_file: "choose a folder by --output",
}


@pytest.mark.parametrize("spoil", WRONG, ids=lambda spoil: spoil.__name__)
def test_what_is_wrong_is_one_line(
    spoil: Callable[[Path, Path], list[object]], run: Path, trained: Path, script: Callable[..., Result]
) -> None:
    status, _, err = script(*spoil(run, trained))
    assert status == 1
    assert len(err.splitlines()) == 1, err
    assert err.startswith("test.py: ")
    assert WRONG[spoil] in err


@pytest.mark.parametrize(
    ("options", "message"),
    [([], "required: RUN"), (["x", "--split", "train"], "invalid choice: 'train'"), (["x", "--fast"], "--fast")],
)
def test_wrong_options_are_status_2(options: list[str], message: str, script: Callable[..., Result]) -> None:
    status, out, err = script(*options)
    assert (status, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert err.startswith("test.py: error: ")
    assert message in err


def test_a_folder_that_cannot_be_written(run: Path, script: Callable[..., Result]) -> None:
    if os.geteuid() == 0:
        (run / "test.json").mkdir()  # root may write everywhere, but not into a folder as if it were a file
    else:
        run.chmod(0o555)
    status, out, err = script(run)
    run.chmod(0o755)
    assert status == 1
    assert "test accuracy REPRODUCED" in out  # what was computed is not lost
    assert f"cannot write into {run}" in err


# ---- the table


def test_table_is_aligned_for_long_names() -> None:
    names = list(FashionMNIST.source.classes)
    generator = np.random.default_rng(0)
    summary = summarize(generator.standard_normal((70_000, 10)), generator.integers(0, 10, 70_000), 2.5, names)
    lines = format_table(summary).splitlines()
    assert [line[:16].rstrip() for line in lines] == ["class", *names, "", "macro average", "weighted average"]
    assert len({len(line) for line in lines if line}) == 1
    assert lines[0].split() == ["class", "precision", "recall", "F1", "support"]


def test_summary_of_a_perfect_network() -> None:
    summary = summarize(np.eye(2), np.array([0, 1]), float("nan"), ["cat", "dog"])
    assert format_confusions(summary) == ""
    assert summary["accuracy"] == summary["averages"]["macro"]["f1"] == 1
    assert summary["loss"] is None  # JSON has no NaN
    assert summary["top_2_accuracy"] is None  # it says nothing of two classes
    json.dumps(summary, allow_nan=False)


def test_mistakes_in_words() -> None:
    outputs = np.array([[0, 1, 0], [0, 1, 0], [1, 0, 0], [0, 0, 1]])
    summary = summarize(outputs, np.array([0, 0, 1, 2]), 1.0, ["cat", "dog", "axolotl"])
    assert format_confusions(summary) == "cat taken for dog 2x, dog taken for cat 1x"
