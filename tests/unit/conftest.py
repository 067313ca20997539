"""Marks unit tests that start a process or do a stage's long work, by what they call: `make test-fast` skips them."""

import types

import pytest

# Modules and functions by which tests start a process; `run_stages` and `convert` take long in this one.
STARTERS = {"subprocess", "Popen", "fork", "chromium", "served", "start_program", "git", "run_stages", "convert"}


def names(code: types.CodeType) -> set[str]:
    """The names that a function and the functions inside it use."""
    inside = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return {*code.co_names}.union(*map(names, inside))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if isinstance(item, pytest.Function) and "unit" in item.path.parts:
            fixtures = [defined.func for each in item._fixtureinfo.name2fixturedefs.values() for defined in each]
            called = [getattr(each, "__wrapped__", each) for each in (item.function, *fixtures)]
            if any(STARTERS & names(each.__code__) for each in called):
                item.add_marker("process")
