"""Epoch pushes: their order, failures, and what an earlier process left."""

from threading import Event

import pytest

from tagline.hub.epoch_pushes import EpochPushes, pushing
from tagline.terminal.errors import UserError


class Recorder:
    """A target that records pushes, and refuses some."""

    def __init__(self):
        self.messages = []
        self.refusing = set()
        self.open = Event()
        self.open.set()

    def push(self, folder, message):
        assert self.open.wait(30)
        if message in self.refusing:
            raise UserError("the Hub answered 503")
        self.messages.append(message)
        return "c" * 40


@pytest.fixture
def hub():
    return Recorder()


@pytest.fixture
def pushes(hub, tmp_path):
    (tmp_path / "tokenizer").mkdir()
    (tmp_path / "tokenizer/tokenizer.json").write_text("{}")
    return again(hub, tmp_path)


def again(hub, folder):
    """The pushes of a process that continues the run."""
    return EpochPushes(hub, folder / "work", folder / "tokenizer")


def add(pushes, epoch):
    model = pushes.folder.parent / "next"
    model.mkdir(parents=True)
    (model / "weights").write_text(f"of {epoch}")
    pushes.add(epoch, f"epoch {epoch}", model)
    assert not model.exists()


def test_failed_push_is_reported_and_tried_again_before_the_next(hub, pushes, tmp_path, capsys):
    """What the next process does with epochs that are left, tests/stages/test_push.py shows."""
    for name in ("3.bak", ".4.partial", "²"):  # copies that a user made are no epochs
        (pushes.folder / name).mkdir(parents=True)
    hub.refusing = {"epoch 1"}
    add(pushes, 1)
    pushes.hub.run_as_future(lambda: None).result()
    hub.refusing = set()
    add(pushes, 2)
    pushes.wait()
    assert capsys.readouterr().out == "epoch 1 is not on the Hub yet: the Hub answered 503\n"
    second = again(hub, tmp_path)
    add(second, 1)  # an interrupted run repeats it; it is not pushed again
    second.wait()
    assert hub.messages == ["epoch 1", "epoch 2"]


def test_no_push_begins_after_an_error_of_training(hub, tmp_path):
    hub.open.clear()
    (tmp_path / "tokenizer").mkdir()
    context = pushing(hub, tmp_path / "work", tmp_path / "tokenizer", tmp_path)
    with pytest.raises(UserError, match="not finite"), context as pushes:
        assert pushes is not None
        add(pushes, 1)
        add(pushes, 2)
        raise UserError("the loss is not finite")
    hub.open.set()
    pushes.hub.run_as_future(lambda: None).result()
    assert pushes.waiting() in ([2], [1, 2]), "the push that ran may have ended, none began after it"
