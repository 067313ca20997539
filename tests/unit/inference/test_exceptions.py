"""After an exception inside a tagger, its results are those of a new tagger."""

import re
from itertools import count
from math import nan

import pytest
from helpers.handmade_export import save_export

from tagline.inference import Tagger
from tagline.model import prediction
from tagline.model.backends.onnx_model import OnnxModel
from tagline.model.heads import linear
from tagline.terminal import UserError
from tagline.text import subwords

TEXT = "Ada Lind lives in Oslo. Bo lives in Adalo."
NEW = "New Bo words Ada in Oslolo"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_export(tmp_path_factory.mktemp("export"), seed=1)


@pytest.fixture(scope="module")
def expected(folder):
    """The results of a tagger without any exception."""
    with Tagger(folder) as fresh:
        return [fresh(TEXT), fresh(NEW)]


STEPS = [(subwords, "of_sentences"), (prediction, "choose_windows"), (OnnxModel, "logits"), (linear, "decode")]


@pytest.mark.parametrize("owner, name", STEPS)
def test_exception_in_any_step_leaves_a_usable_tagger(folder, expected, owner, name):
    function, calls = getattr(owner, name), count(1)

    def fails(*args, **kwargs):
        if name != "logits" or next(calls) == 3:  # one of many batches
            raise KeyboardInterrupt
        return function(*args, **kwargs)

    with Tagger(folder, subwords_per_batch=8) as tagger:
        tagger("Ada lives")
        with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(owner, name, fails)
            tagger([NEW] * 20)
        assert [tagger(TEXT), tagger(NEW)] == expected


UNUSABLE = [
    (lambda tagger: tagger(["Ada", "x\udfffy"]), UserError, r"texts[1]: character 1 is '\udfff', a lone surr"),
    (lambda tagger: tagger.words(["Ada", "\ud800"]), UserError, r"sentence, word 1: character 0 is '\ud800'"),
    (lambda tagger: list(tagger.stream([["\udc80"]])), UserError, r"documents[0], word 0: character 0 is '\udc80'"),
    (lambda tagger: tagger(["Ada", nan]), TypeError, "texts[1]: nan is of type float; expected a string"),
]


@pytest.mark.parametrize("ask, kind, message", UNUSABLE)
def test_text_that_is_none_or_can_not_be_encoded_is_named(folder, expected, ask, kind, message):
    with Tagger(folder) as tagger:
        with pytest.raises(kind, match=f"^{re.escape(message)}") as raised:
            ask(tagger)
        assert str(raised.value).isprintable()
        assert [tagger(TEXT), tagger(NEW)] == expected
