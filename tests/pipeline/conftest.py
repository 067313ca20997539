"""A clone in which real `dvc` has run the pipeline once, copied for each process of the tests."""

import shutil

import pytest
from helpers.built_once import built_once
from helpers.clone import ALL, Clone, tiny_clone


def pytest_collection_modifyitems(items):
    """Let another worker begin with half of these tests, which take minutes: the first third of all is of one worker."""
    elsewhere = [item for item in items if item.path.parent.name == "pipeline" and item.path.name > "test_repro.py"]
    others = [item for item in items if item not in elsewhere]
    third = len(others) // 3
    items[:] = [*others[:third], *elsewhere, *others[third:]]


@pytest.fixture(scope="session")
def origin(tmp_path_factory, tiny_folder):
    """The working tree as a fresh repository, params and data made tiny; all stages have run and are committed."""

    def build(folder):
        clone = tiny_clone(folder / "a", tiny_folder)
        assert clone.repro() == ALL
        clone.commit("results")

    built = built_once(tmp_path_factory, "origin", build)
    own = tmp_path_factory.mktemp("clones")
    shutil.copytree(built, own, symlinks=True, dirs_exist_ok=True)
    return Clone(own / "a")


@pytest.fixture
def clone(origin):
    """The origin, put back afterwards."""
    commit = origin.run("git", "rev-parse", "HEAD").strip()
    yield origin
    origin.restore(commit)
