"""What holds for the whole suite: Hypothesis, skips, and the environment that tests must leave alone."""

import os
import signal
import sys
from collections.abc import Iterator

import hypothesis
import pytest

FORBID_SKIPS = "TINYGRAD_NP_FORBID_SKIPS"

# Where the suite runs in the background, Ctrl-C is ignored, and so it would be in the commands that tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

collect_ignore = ["benchmarks"]  # a script with modules of its own, which test_benchmarks.py runs

# Speed says nothing about correctness on a shared machine, so no example has a deadline. In CI the same examples run
# every time; elsewhere they vary, and failures are remembered.
hypothesis.settings.register_profile(
    "tinygrad_np",
    deadline=None,
    derandomize="CI" in os.environ,
    database=None if "CI" in os.environ else hypothesis.settings.default.database,
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("tinygrad_np")


@pytest.fixture(autouse=True)
def blas_environment_unchanged() -> Iterator[None]:
    """Fail a test that leaves `OPENBLAS_CORETYPE` or its kin changed: they decide the kernels of later processes."""
    before = blas_environment()
    yield
    assert blas_environment() == before, "this test changed OPENBLAS_* in the environment; use monkeypatch.setenv"


@pytest.fixture(autouse=True)
def registry_unchanged() -> Iterator[None]:
    """Forget the operations that a test or a page of the documentation defined, not those of modules that stay."""
    module = sys.modules.get("tinygrad_np.primitive")
    if module is None:
        yield
        return
    before = set(module.registry)
    yield
    for name in set(module.registry) - before:
        operation = module.registry[name]
        home = sys.modules.get(operation.forward.__module__)
        if getattr(home, name, None) is not operation:
            del module.registry[name]


def blas_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("OPENBLAS_")}


def skips(config: pytest.Config) -> list[object]:
    """Return the reports of everything skipped so far, whole modules included."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    return list(terminal.stats.get("skipped", [])) if terminal else []


# Only hooks of the whole session: pytest does not call a conftest's other hooks for doctests outside its directory.
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything optional is installed, a skip is a failure."""
    if os.environ.get(FORBID_SKIPS) == "1" and skips(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    count = len(skips(config))
    if os.environ.get(FORBID_SKIPS) == "1" and count:
        terminalreporter.write_line(f"FAILED: {count} skipped, and {FORBID_SKIPS}=1 allows none", red=True)
