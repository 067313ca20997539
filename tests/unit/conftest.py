"""Marks unit tests that start a process or do a stage's long work, by what they call: `make test-fast` skips them."""

import types
from collections.abc import Iterator

import pytest

# Modules and functions by which tests start a process; `run_path` runs a script in this one, `convert` exports to ONNX.
STARTERS = {"subprocess", "Popen", "fork", "multiprocessing", "webdriver", "Chrome", "run_path", "convert"}
# Where functions that tests call are searched.
SEARCHED = ("tests", "helpers", "unit", "test_", "conftest")


def codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """A function's code and that of the functions inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from codes(constant)


def starts_process(called: object, seen: set[object]) -> bool:
    """Whether a function of the tests, or one that it calls, names one of `STARTERS`."""
    called = getattr(called, "__wrapped__", called)  # of a decorator such as contextmanager or cache
    if isinstance(called, type):
        return any(starts_process(each, seen) for each in vars(called).values())
    called = called.fget if isinstance(called, property) else called
    if not isinstance(called, types.FunctionType) or called in seen or not called.__module__.startswith(SEARCHED):
        return False
    seen.add(called)
    names = {name for code in codes(called.__code__) for name in code.co_names}
    return bool(names & STARTERS) or any(starts_process(called.__globals__.get(name), seen) for name in names)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not isinstance(item, pytest.Function) or "unit" not in item.path.parts:
            continue
        fixtures = [defined.func for each in item._fixtureinfo.name2fixturedefs.values() for defined in each]
        if any(starts_process(each, set()) for each in (item.function, *fixtures)):
            item.add_marker("process")
