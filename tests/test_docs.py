"""What the pages show is true: their code runs and prints what they say, their links and files exist.

A ```python block with prompts (>>>) is a doctest. One without is run, and the ```text block that follows it, if one
does, is what it prints. The blocks of a page share their names, as a reader would type them one after another.
"""

import ast
import contextlib
import doctest
import importlib
import importlib.util
import inspect
import io
import pkgutil
import re
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^(`{3,})([\w-]*)[^\n]*\n(.*?)^\1[ ]*$", re.MULTILINE | re.DOTALL)
OUTPUT = re.compile(r"\s*^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


class Block(NamedTuple):
    language: str
    text: str
    line: int  # before the first line of the text, counted from 1
    output: str | None  # the ```text block right after it


def page_id(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = []
    for fence in FENCE.finditer(text):
        output = OUTPUT.match(text, fence.end())
        found += [Block(fence[2], fence[3], text.count("\n", 0, fence.start(3)), output[1] if output else None)]
    return found


def optional_imports(code: str) -> set[str]:
    """Return the packages that code imports and that this environment lacks, the project's own apart."""
    names = re.findall(r"^(?:>>> |\.\.\. )?\s*(?:import|from) (\w+)", code, re.MULTILINE)
    return {name for name in names if name not in {"tinygrad_np", "nn"} and importlib.util.find_spec(name) is None}


def run_block(block: Block, page: Path, names: dict[str, object]) -> None:
    """Run one block of Python; what it prints has to match its prompts, or the block of output after it."""
    place = f"{page_id(page)}:{block.line + 1}"
    if ">>>" in block.text:
        test = doctest.DocTestParser().get_doctest(block.text, names, place, str(page), block.line)
        report = io.StringIO()
        result = doctest.DocTestRunner(optionflags=OPTIONS).run(test, out=report.write, clear_globs=False)
        names.update(test.globs)
        assert result.failed == 0, report.getvalue()
        return
    tree = ast.increment_lineno(ast.parse(block.text), block.line)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(tree, str(page), "exec"), names)
    if block.output is not None:
        same = doctest.OutputChecker().check_output(block.output, printed.getvalue(), OPTIONS)
        assert same, f"{place} says\n{block.output}\nand prints\n{printed.getvalue()}"


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_code_of_a_page_runs_and_prints_what_it_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = [block for block in blocks(page) if block.language == "python"]
    missing = optional_imports("\n".join(block.text for block in code))
    if missing:
        pytest.skip(f"{page_id(page)} shows {', '.join(sorted(missing))}, not installed here")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "__main__"}
    for block in code:
        run_block(block, page, names)


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_files_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", FENCE.sub("", text)) if "://" not in link]
    commands = " ".join(block.text for block in blocks(page) if block.language in {"sh", "bash", "console"})
    paths = re.findall(r"(?<![\w/.-])(?:examples|tests|docs|nn|tinygrad_np|\.ci)/[\w/.-]*", commands)
    paths = [path for path in paths if "/runs/" not in path]
    wrong = [link for link in links if not (page.parent / link).exists()]
    wrong += [path for path in paths if not (ROOT / path).exists()]
    assert wrong == []


@pytest.mark.parametrize("name", ["train", "test"])
def test_readme_has_the_commands_that_ci_runs(name: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.findall(rf"^<!-- \.ci/run runs this block: {name} -->\n```sh\n(.+)\n```$", readme, re.MULTILINE)
    assert len(found) == 1


def modules() -> list[ModuleType]:
    found = []
    for package in map(importlib.import_module, ("tinygrad_np", "nn")):
        found += [package]
        found += [
            importlib.import_module(module.name)
            for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
            if not module.name.endswith("__main__")
        ]
    return found


def documented(module: ModuleType) -> dict[str, object]:
    """Return the public objects that a module defines and documents, methods included, by their full names."""
    found: dict[str, object] = {}
    for name, value in vars(module).items():
        if getattr(value, "__module__", None) == module.__name__ and not name.startswith("_"):
            found[f"{module.__name__}.{name}"] = value
            if inspect.isclass(value):
                found |= {
                    f"{module.__name__}.{name}.{key}": member
                    for key, member in vars(value).items()
                    if getattr(member, "__module__", module.__name__) == module.__name__  # else it is documented there
                }
    return found


def examples_on(value: object) -> str | None:
    """Return the docstring of an object itself, not that of its type, if it shows an example."""
    text = getattr(value, "__doc__", None)
    return text if isinstance(text, str) and ">>> " in text and text != type(value).__doc__ else None


def test_pytest_runs_every_example_in_a_docstring() -> None:
    """Doctest looks into functions, classes and what wraps them; an example on another object would never run."""
    never_run = []
    for module in modules():
        run = {test.docstring for test in doctest.DocTestFinder().find(module)}
        never_run += [name for name, value in documented(module).items() if examples_on(value) not in {*run, None}]
    assert never_run == []
