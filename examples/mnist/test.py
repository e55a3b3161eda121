"""Print the test accuracy of a saved model.

python examples/mnist/test.py RUN           # the folder that train.py printed, or its best.npz
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that an uninstalled clone works

from application.config import DATASETS
from application.data import DataUnavailableError, load
from application.model import LOSSES
from application.run import RunError, load_model
from application.training import evaluate


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    parser = argparse.ArgumentParser(description="Print the test accuracy of a saved model.")
    parser.add_argument("run", metavar="RUN", help="folder of a run, or a model file")
    parser.add_argument("--dataset", choices=DATASETS, help="test on this data set instead of the one trained on")
    parser.add_argument(
        "--data-dir", help="folder of the data files; by default $TINYGRAD_NP_DATA, else the user's cache"
    )
    options = parser.parse_args(arguments)
    try:
        model, config, trained_on = load_model(options.run)
        data = load(options.dataset or trained_on, options.data_dir, train=False)
    except (RunError, DataUnavailableError) as error:
        print(f"test.py: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    loss, accuracy = evaluate(model, LOSSES[config.loss](), data)
    print(f"[{data.name}] {config.layers} {config.activation} trained on {trained_on}")
    print(f"[{data.name}] test accuracy {accuracy:.4f}, loss {loss:.4f}, {len(data)} images")
    return 0


if __name__ == "__main__":
    sys.exit(main())
