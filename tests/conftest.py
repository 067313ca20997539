"""Environment and options of the tests; what they share is in helpers/fixtures.py."""

import os

# Before any library reads them: no network, no second thread for models of a few hundred weights.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["DVC_NO_ANALYTICS"] = "1"
# A stage that runs in the process of a test stays there, whatever devices or configuration of accelerate the host has.
os.environ["TORCHELASTIC_RUN_ID"] = "tests"  # as if a launcher had started one process
os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # some tests use onnxruntime itself

import signal

from hypothesis import settings

# A shell has its background jobs ignore Ctrl-C, which all processes inherit that tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Git does not need the user's name.
for who in ("AUTHOR", "COMMITTER"):
    os.environ |= {f"GIT_{who}_NAME": "t", f"GIT_{who}_EMAIL": "t@example.com"}

# No test depends on how busy the host is.
settings.register_profile("tests", deadline=None)
settings.register_profile("fast", deadline=None, max_examples=15)  # --hypothesis-profile
settings.load_profile("tests")


def pytest_xdist_auto_num_workers():
    """One more than cores, since tests wait for stages and services."""
    return (os.cpu_count() or 1) + 1


def pytest_configure(config):
    """Load the fixtures, and PyTorch with them, which the process that only hands tests to workers does without."""
    if not config.getoption("numprocesses", None):
        config.pluginmanager.import_plugin("helpers.fixtures")


def pytest_addoption(parser):
    parser.addoption("--fuzz-times", type=int, default=1, help="how many times as many cases tests/fuzz runs")
    parser.addoption("--fuzz-seed", type=int, default=0, help="first seed of each of them, and seed of kills")
