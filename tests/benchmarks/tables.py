"""Every table, by the name that the command line knows it by."""

from __future__ import annotations

import chain
import classifier
import cnn
import epoch
import imports
import memory
import mlp

TABLES = {
    "mlp": mlp.TABLE,
    "cnn": cnn.TABLE,
    "chain": chain.TABLE,
    "long_chain": chain.LONG,
    "classifier": classifier.TABLE,
    "epoch": epoch.EPOCH,
    "loading": epoch.LOADING,
    "import": imports.TABLE,
    "memory": memory.PEAK,
    "flatness": memory.FLATNESS,
}
