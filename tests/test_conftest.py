"""The suite's own guards work: a forbidden skip fails the run, and so does a changed BLAS environment."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent


def run_pytest(directory: Path, test: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one test file in another process, under this suite's conftest."""
    (directory / "conftest.py").write_text((TESTS / "conftest.py").read_text(encoding="utf-8"), encoding="utf-8")
    (directory / "test_it.py").write_text(test, encoding="utf-8")
    ours = ("PYTEST", "TINYGRAD_NP", "OPENBLAS")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(directory), "test_it.py"],
        cwd=directory,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


ONE_TEST = "import pytest\n@pytest.mark.skip(reason='because')\ndef test_a(): pass\ndef test_b(): pass\n"
WHOLE_MODULE = "import pytest\npytest.importorskip('surely_absent', reason='because')\ndef test_a(): pass\n"


@pytest.mark.parametrize("test", [ONE_TEST, WHOLE_MODULE], ids=["one test", "whole module"])
def test_a_skip_fails_only_where_skips_are_forbidden(tmp_path: Path, test: str) -> None:
    allowed = run_pytest(tmp_path, test)
    assert "1 skipped" in allowed.stdout
    assert allowed.returncode == (0 if test is ONE_TEST else pytest.ExitCode.NO_TESTS_COLLECTED)

    forbidden = run_pytest(tmp_path, test, TINYGRAD_NP_FORBID_SKIPS="1")
    assert forbidden.returncode == pytest.ExitCode.TESTS_FAILED
    assert "1 skipped, and TINYGRAD_NP_FORBID_SKIPS=1 allows none" in forbidden.stdout


def test_nothing_skipped_passes_where_skips_are_forbidden(tmp_path: Path) -> None:
    assert run_pytest(tmp_path, "def test_a(): pass\n", TINYGRAD_NP_FORBID_SKIPS="1").returncode == 0


def test_a_test_that_changes_the_blas_environment_fails(tmp_path: Path) -> None:
    changes = run_pytest(tmp_path, "import os\ndef test_a(): os.environ['OPENBLAS_CORETYPE'] = 'Haswell'\n")
    assert changes.returncode == pytest.ExitCode.TESTS_FAILED
    assert "this test changed OPENBLAS_*" in changes.stdout

    restores = run_pytest(tmp_path, "def test_a(monkeypatch): monkeypatch.setenv('OPENBLAS_CORETYPE', 'Haswell')\n")
    assert restores.returncode == 0
