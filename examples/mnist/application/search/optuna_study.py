"""The record of a search as a study of Optuna, whose samplers and pruners can be used then."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from ..config import OptionError
from ..run import RunError
from .journal import cut_half_line
from .space import Choices, Dimension, Interval, key, make_choices, make_interval, show
from .trial import COMPLETE, DIVERGED, PRUNED, Trial

OPTUNA_FILE = "optuna.log"
DUPLICATE = "duplicate_of"
REPEATS = 50  # of known points in a row, after which a sampler is taken to have no other


class NoLock:
    """Optuna's lock of a journal, which the folder's makes needless; its own would outlive a process that is killed."""

    def acquire(self) -> bool:
        """Do nothing."""
        return True

    def release(self) -> None:
        """Do nothing."""


def optuna_installed() -> bool:
    """Return whether there is Optuna."""
    try:
        import optuna  # noqa: F401
    except ImportError:
        return False
    return True


class OptunaStudy:
    """Trials asked for and told one by one; see `Journal` for what is shared.

    Optuna's trials have the point as parameters, the accuracy as value, those of the epochs as intermediate values, and
    as attributes of the user ``failures`` and ``result``: state, figures of the epochs, seconds. What diverged has the
    value 0. A sampler that chooses a known point is told its accuracy again; such a trial is no trial of ours.

    Parameters
    ----------
    storage
        Optuna's URL; None for a journal file in the folder.
    seed
        of the sampler; what it draws depends on the number of trials there are too.

    Raises
    ------
    OptionError
        If Optuna is missing or does not know the storage.
    RunError
        If the study is damaged or cannot be reached.
    """

    def __init__(self, folder: Path, identity: dict[str, Any], storage: str | None, seed: int) -> None:
        try:
            import optuna
        except ImportError:
            raise OptionError(
                "--strategy tpe, --pruner, --storage and --record optuna need the package Optuna: pip install optuna"
            ) from None
        self._optuna = optuna
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        self.trials: list[Trial] = []
        self._asked: dict[int, Any] = {}  # Optuna's trials, of which some are duplicates, by our numbers
        try:
            self._study = optuna.create_study(
                study_name=folder.resolve().name,
                storage=self._open(folder, storage),
                direction="maximize",
                load_if_exists=True,
            )
            if "search" not in self._study.user_attrs:
                self._study.set_user_attr("search", identity)
            self.identity: dict[str, Any] = self._study.user_attrs["search"]
            self._dimensions = {name: read_dimension(name, said) for name, said in self.identity["space"].items()}
            self._read(seed)
        except Exception as error:  # of Optuna, of the database behind it, or of what it holds
            where = storage or folder / OPTUNA_FILE
            raise RunError(f"the study {folder.name} in {where} cannot be opened: {error}") from error

    def _open(self, folder: Path, storage: str | None) -> Any:
        if storage is not None:
            return self._optuna.storages.get_storage(storage)
        from optuna.storages.journal import JournalFileBackend

        cut_half_line(folder / OPTUNA_FILE)
        lock: Any = NoLock()
        backend = JournalFileBackend(str(folder / OPTUNA_FILE), lock)
        return self._optuna.storages.JournalStorage(backend)

    def _make_pruner(self, name: str, epochs: int) -> Any:
        pruners = self._optuna.pruners
        if name == "median":
            return pruners.MedianPruner(n_startup_trials=4)
        return pruners.HyperbandPruner(1, epochs) if name == "hyperband" else pruners.NopPruner()

    def _longest(self) -> int:
        """Return how many epochs a trial may have."""
        if (dimension := self._dimensions.get("epochs")) is None:
            return int(self.identity["config"]["epochs"])
        return int(max(dimension.values) if isinstance(dimension, Choices) else dimension.high)

    # ---- Optuna's trials and ours

    def _read(self, seed: int) -> None:
        """Make our trials of Optuna's, and complete what was begun when the process was killed."""
        states = self._optuna.trial.TrialState
        for _ in self._study.get_trials(deepcopy=False, states=(states.WAITING,)):
            self._study.ask()
        found = self._study.get_trials(deepcopy=False)
        self._study.pruner = self._make_pruner(self.identity["pruner"], self._longest())
        self._study.sampler = self._optuna.samplers.TPESampler(seed=(seed * 100_003 + len(found)) % 2**32)
        for frozen in found:
            if DUPLICATE in frozen.user_attrs:
                continue
            trial = Trial(len(self.trials), {}, **frozen.user_attrs.get("result", {}))
            trial.failures = list(frozen.user_attrs.get("failures", []))
            if frozen.state.is_finished():
                trial.point = self._decode(frozen.params)
            else:
                asked = self._optuna.trial.Trial(self._study, frozen._trial_id)
                trial.point, self._asked[trial.number] = self._suggest(asked), asked
                if not trial.running:
                    self._tell(trial)
            self.trials.append(trial)

    def _suggest(self, asked: Any) -> dict[str, Any]:
        """Return the point of a trial that was asked for; what it has already stays as it is."""
        for name, dimension in self._dimensions.items():
            if isinstance(dimension, Choices):
                asked.suggest_categorical(name, [encode(dimension, value) for value in dimension.values])
            elif dimension.whole:
                asked.suggest_int(name, int(dimension.low), int(dimension.high), log=dimension.log)
            else:
                asked.suggest_float(name, dimension.low, dimension.high, log=dimension.log)
        return self._decode(asked.params)

    def _decode(self, params: dict[str, Any]) -> dict[str, Any]:
        return {name: decode(dimension, params[name]) for name, dimension in self._dimensions.items()}

    def _tell(self, trial: Trial) -> None:
        """Bring Optuna's trial to the state of ours."""
        states, asked = self._optuna.trial.TrialState, self._asked.pop(trial.number)
        if trial.state in (COMPLETE, DIVERGED):
            self._study.tell(asked, trial.accuracy)
        else:
            self._study.tell(asked, state=states.PRUNED if trial.state == PRUNED else states.FAIL)

    # ---- what every record does

    def begin(self, point: dict[str, Any] | None) -> Trial | None:
        """Return a new trial of a point, or of one that the sampler chooses; None if it finds no new one."""
        if point is not None:
            params = {name: encode(self._dimensions[name], value) for name, value in point.items()}
            self._study.enqueue_trial(params)
        known = {key(trial.point): trial for trial in self.trials}
        for _ in range(REPEATS):
            asked = self._study.ask()
            trial = Trial(len(self.trials), self._suggest(asked))
            if (same := known.get(key(trial.point))) is None:
                self._asked[trial.number] = asked
                self.trials.append(trial)
                return trial
            asked.set_user_attr(DUPLICATE, same.number)
            if same.accuracy is None:
                self._study.tell(asked, state=self._optuna.trial.TrialState.FAIL)
            else:
                self._study.tell(asked, same.accuracy)
        return None

    def report(self, trial: Trial) -> bool:
        """Tell Optuna of the trial's latest epoch, and return whether its pruner ends it here."""
        asked, latest = self._asked[trial.number], trial.history[-1]
        step = latest["epoch"] - 1
        if step not in self._reported(asked):
            asked.report(latest["validation_accuracy"], step)
        return bool(asked.should_prune())

    def _reported(self, asked: Any) -> Any:
        """Return the epochs reported, maybe before an interruption; the same again have the same accuracies."""
        return self._study._storage.get_trial(asked._trial_id).intermediate_values

    def fail(self, trial: Trial, reason: str) -> None:
        """Record that a trial failed; it goes on running unless it is ended."""
        trial.failures.append(reason)
        self._asked[trial.number].set_user_attr("failures", trial.failures)

    def end(self, trial: Trial, state: str) -> None:
        """Record the end of a trial: first what it came to, then that Optuna may build on it."""
        trial.state = state
        result = {"state": state, "history": trial.history, "seconds": trial.seconds}
        self._asked[trial.number].set_user_attr("result", result)
        self._tell(trial)

    def close(self) -> None:
        """Let go of a database."""
        remove = getattr(self._study._storage, "remove_session", None)
        if remove is not None:
            remove()


def read_dimension(name: str, described: dict[str, Any]) -> Dimension:
    """Return the dimension that `as_dict` described."""
    return make_choices(name, described["values"]) if "values" in described else make_interval(name, **described)


def encode(dimension: Dimension, value: Any) -> Any:
    """Return a value as Optuna's parameters can be: sizes of layers are text, or of a range the only one."""
    if not isinstance(value, tuple):
        return value
    return show(value) if isinstance(dimension, Choices) else value[0]


def decode(dimension: Dimension, param: Any) -> Any:
    """Return the value that `encode` made a parameter of."""
    if isinstance(dimension, Interval):
        return dimension.value(param)
    return next(value for value in dimension.values if encode(dimension, value) == param)
