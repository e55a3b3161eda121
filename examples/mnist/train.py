"""Train a multilayer perceptron on MNIST, Fashion-MNIST or generated digits.

python examples/mnist/train.py                                   # 784-900-10 on MNIST
python examples/mnist/train.py --dataset fashion-mnist --hidden 512 256
python examples/mnist/train.py --help
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that an uninstalled clone works

from application.config import Config, parse
from application.data import DataUnavailableError, load, split
from application.model import LOSSES, build_model
from application.plots import plot_curves
from application.run import MODEL, Run, RunError, load_model
from application.training import Epoch, evaluate, train

import tinygrad_np as tg


def run_training(config: Config) -> dict[str, Any]:
    """Train as `config` says, print and record the figures, and return the results."""
    start = time.perf_counter()
    needed = config.train_size + config.validation if config.train_size else None
    data = load(config.dataset, config.data_dir, train=True, needed=needed)
    name = data.name
    training, validation = split(data, config.validation, config.train_size, config.seed)
    run = Run(config, data)
    tg.manual_seed((config.seed, 0))
    model = build_model(config)
    criterion = LOSSES[config.loss]()
    print(
        f"[{name}] {config.layers} {config.activation}, {len(training)} images to train, {len(validation)} to validate"
    )
    history: list[dict[str, Any]] = []

    def on_epoch(epoch: Epoch, is_best: bool) -> None:
        history.append(epoch.as_dict())
        run.add(epoch.as_dict())
        if is_best:
            run.save_model(model, **epoch.as_dict())
        print(
            f"[{name}] epoch {epoch.epoch:{len(str(config.epochs))}}/{config.epochs}  "
            f"train loss {epoch.train_loss:.4f} accuracy {epoch.train_accuracy:.4f}  "
            f"validation loss {epoch.validation_loss:.4f} accuracy {epoch.validation_accuracy:.4f}  "
            f"lr {epoch.lr:.4g}  {epoch.seconds:.2f} s{'  best' if is_best else ''}",
            flush=True,
        )

    best = train(config, name, model, criterion, training, validation, on_epoch)
    best_model, _, _ = load_model(run.folder)
    test_data = load(name, config.data_dir, train=False)
    test_loss, test_accuracy = evaluate(best_model, criterion, test_data)
    results = {
        "best_epoch": best.epoch,
        "validation_accuracy": best.validation_accuracy,
        "test_loss": test_loss,
        "test_accuracy": test_accuracy,
        "seconds": time.perf_counter() - start,
    }
    run.finish(**results)
    if not plot_curves(history, f"{name}, {config.layers} {config.activation}", run.folder / "curves.png"):
        print(f"[{name}] no curves.png: matplotlib is not installed (pip install matplotlib)")
    print(
        f"[{name}] best epoch {best.epoch} by validation accuracy {best.validation_accuracy:.4f}: {run.folder / MODEL}"
    )
    print(f"[{name}] test accuracy {test_accuracy:.4f} of the best model, {results['seconds']:.1f} s in all")
    return results


def main() -> int:
    """Run the command line and return the exit status."""
    try:
        run_training(parse())
    except (DataUnavailableError, RunError) as error:
        print(f"train.py: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("train.py: interrupted; the best model so far is in the run's folder", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
