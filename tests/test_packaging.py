"""What the packages promise as packages: few requirements, complete wheels, and imports that point one way."""

import ast
import configparser
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("tinygrad_np", "nn")
CORE = {"numpy", "tqdm"}
# What is imported under another name than it is installed by.
DISTRIBUTIONS = {"PIL": "Pillow", "sklearn": "scikit-learn", "yaml": "PyYAML"}
# May be imported only below the layer that the key names.
LAYERS = {
    "tinygrad_np": {"tinygrad_np"},
    "nn": {"tinygrad_np", "nn"},
    "examples": {"tinygrad_np", "nn", "examples"},
}

SETUP = configparser.ConfigParser()
SETUP.read(ROOT / "setup.cfg", encoding="utf-8")


def sources(folder: str) -> list[Path]:
    return sorted(path for path in (ROOT / folder).rglob("*.py") if "runs" not in path.parts)


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Yield every module and name that a file imports, at its top or inside a function, with the line."""
    package = module_name(path).split(".")[: None if path.name == "__init__.py" else -1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *filter(None, [node.module])])
            yield from ((f"{module}.{alias.name}", node.lineno) for alias in node.names)


def requirement_names(requirements: str) -> set[str]:
    return {re.split(r"[<>=!~\[; ]", line, maxsplit=1)[0] for line in requirements.strip().splitlines()}


def run_python(code: str, *options: str) -> str:
    """Run code in a fresh interpreter at the root of the project and return what it prints."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    process = subprocess.run(
        [sys.executable, *options, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return process.stdout


def test_core_install_is_numpy_and_tqdm() -> None:
    assert SETUP["options"]["python_requires"] == ">=3.11"
    required = SETUP["options"]["install_requires"]
    assert requirement_names(required) == CORE
    assert "numpy>=2.0" in required.split()


def test_the_suite_needs_pytest_and_hypothesis_only() -> None:
    assert requirement_names(SETUP["options.extras_require"]["test"]) == {"pytest", "hypothesis"}


def test_version_is_the_newest_of_the_changelog() -> None:
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest is not None
    assert run_python("import tinygrad_np.version as v; print(v.__version__)").strip() == newest[1]


@pytest.mark.parametrize("package", PACKAGES)
def test_wheel_misses_no_source(package: str) -> None:
    """Each folder with sources is a package, so that setuptools finds it; type checkers find `py.typed`."""
    folders = {path.parent for path in sources(package)}
    assert folders
    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []
    assert (ROOT / package / "py.typed").exists()
    assert SETUP["options.package_data"][package] == "py.typed"
    assert {package, f"{package}.*"} <= set(SETUP["options.packages.find"]["include"].split())


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_point_one_way(layer: str) -> None:
    """Arrows: examples -> nn -> tinygrad_np -> numpy."""
    ours = {*LAYERS, "tests", "docs"}
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sources(layer)
        for name, line in imports(path)
        if name.split(".")[0] in ours - LAYERS[layer]
    ]
    assert wrong == []


def test_nn_imports_only_what_the_engine_makes_public() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for folder in ("nn", "examples")
        for path in sources(folder)
        for name, line in imports(path)
        if name.split(".")[0] == "tinygrad_np" and any(re.match(r"_(?!_)", part) for part in name.split("."))
    ]
    assert wrong == []


@pytest.mark.parametrize("folder", LAYERS)
def test_every_import_is_required_or_an_extra(folder: str) -> None:
    declared = CORE.union(*map(requirement_names, SETUP["options.extras_require"].values()))
    siblings = {path.stem for path in sources(folder)} | {path.parent.name for path in sources(folder)}
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sources(folder)
        for name, line in imports(path)
        if (top := name.split(".")[0]) not in {*sys.stdlib_module_names, *LAYERS, *siblings}
        and DISTRIBUTIONS.get(top, top) not in declared
    ]
    assert wrong == []


IMPORT_EVERYTHING = """
import importlib, json, pkgutil, sys
for package in map(importlib.import_module, {packages!r}):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
print(json.dumps(sorted({{name.split(".")[0] for name, module in sys.modules.items() if module is not None}})))
"""


def test_every_module_imports_with_the_core_install_alone() -> None:
    """Optional packages are imported where they are used: none is loaded, whether it is there or not."""
    optional = set().union(*map(requirement_names, SETUP["options.extras_require"].values()))
    names = {**{name: name for name in optional}, **{dist: module for module, dist in DISTRIBUTIONS.items()}}
    block = f"import sys; sys.modules.update(dict.fromkeys({sorted(names.values())!r}))"
    loaded = json.loads(run_python(block + IMPORT_EVERYTHING.format(packages=PACKAGES), "-W", "error"))
    ours = {name for name in loaded if name not in sys.stdlib_module_names}
    assert ours >= {"numpy", *PACKAGES}
    assert ours.isdisjoint(names.values())


def test_importing_the_packages_is_quiet_and_leaves_the_environment_alone() -> None:
    code = "import os; before = dict(os.environ); import tinygrad_np, nn; assert dict(os.environ) == before"
    assert run_python(code, "-W", "error") == ""


def test_an_import_loads_no_module_that_can_wait() -> None:
    heavy = {"ssl", "urllib.request", "concurrent.futures", "tqdm", "gzip", "multiprocessing", "unittest", "asyncio"}
    heavy |= {"numpy.random", "nn.augment", "nn.capture", "nn.classifier", "nn.datasets"}
    heavy |= {"nn.functional", "nn.module", "nn.optim", "pathlib", "queue", "string"}
    heavy |= {"tinygrad_np.io", "tinygrad_np.jit.capture", "tinygrad_np.jit.jitted", "tinygrad_np.jit.trace", "zipfile"}
    code = "import sys, numpy; before = set(sys.modules); import tinygrad_np, nn; print(*set(sys.modules) - before)"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {"nn", "tinygrad_np"} <= set(result.stdout.split())
    assert not heavy & set(result.stdout.split())


LAZY = {package: import_module(package).LAZY for package in ("nn", "tinygrad_np", "tinygrad_np.jit")}


@pytest.mark.parametrize("package", LAZY)
def test_every_lazy_name_is_there(package: str) -> None:
    assert set(LAZY[package]) <= set(dir(import_module(package)))
    for name in LAZY[package]:
        assert getattr(import_module(package), name) is not None


@pytest.mark.parametrize(
    ("package", "name"),  # one of each module
    [(package, name) for package, places in LAZY.items() for name in {m: name for name, m in places.items()}.values()],
)
def test_a_lazy_name_is_there_when_it_is_used(package: str, name: str) -> None:
    code = f"import sys, {package}; package = sys.modules[{package!r}]; assert {name!r} in dir(package); "
    code += f"value = package.{name}; from {package} import {name}; assert {name} is value"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize(
    "imports",
    [
        "import tinygrad_np as tg; from tinygrad_np.jit import Tracer; import nn",
        "from tinygrad_np.jit import Tracer; import nn, tinygrad_np as tg",
        "import nn; import tinygrad_np.jit.trace; import tinygrad_np as tg",
        "import tinygrad_np as tg; tg.jit(lambda x: x)(tg.ones(1)); import nn",
    ],
)
def test_capturing_knows_of_modules_in_whatever_order_the_packages_are_imported(imports: str) -> None:
    code = f"""{imports}
model = nn.Dropout(0.5)
step = tg.jit(model)
x = tg.ones(64)
for _ in range(4):
    step(x)
assert step.programs
model.eval()  # which a replay notices only if the capture knows of modules
assert step(x).tolist() == x.tolist()
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
