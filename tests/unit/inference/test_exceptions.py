"""After an exception at any step inside a tagger, its results are those of a new tagger."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest
from helpers.handmade_export import save_export

from tagline.core.errors import UserError
from tagline.inference import Document, Tagger
from tagline.inference import tagger as tagger_module
from tagline.model import prediction
from tagline.model.heads import linear
from tagline.tokenization import subword_windows, subwords
from tagline.tokenization.subwords import Vocabulary, of_words

EXCEPTIONS = [MemoryError, KeyboardInterrupt, type("Custom", (Exception,), {})]
TEXT = "Ada Lind lives in Oslo. Bo lives in Adalo."
NEW = "New Bo words Ada in Oslolo"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_export(tmp_path_factory.mktemp("export"), seed=1)


@pytest.fixture(scope="module")
def expected(folder: Path) -> list[Any]:
    """The results of a tagger without any exception."""
    with Tagger(folder) as fresh:
        return [fresh(TEXT), fresh(NEW)]


@contextmanager
def raising(file: str, step: int, exception: type[BaseException], opcodes: bool) -> Iterator[Callable[[], bool]]:
    """Raise at the n-th line (or bytecode) executed in a file; yields a function that tells whether it was reached."""
    passed = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal passed
        if frame.f_code.co_filename != file:
            return None
        frame.f_trace_opcodes = opcodes
        if event == ("opcode" if opcodes else "line"):
            passed += 1
            if passed == step:
                raise exception
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield lambda: passed >= step
    finally:
        sys.settrace(before)


@pytest.mark.parametrize("exception", EXCEPTIONS)
@pytest.mark.parametrize("most", [2**20, 2])
def test_a_vocabulary_at_every_bytecode(folder: Path, exception: type[BaseException], most: int) -> None:
    tokenizer, _ = subwords.load(folder)
    first, second = ["Ada", "lives", "Oslo"], ["in", "Ada", "xyz", "Bo", "Adalo"]
    ids = of_words(tokenizer, second).ids.tolist()
    step, reached = 0, True
    while reached:
        step += 1
        vocabulary = Vocabulary(tokenizer, most)
        vocabulary.subwords(first)
        with raising(subwords.__file__, step, exception, opcodes=True) as passed:
            with suppress(exception):
                vocabulary.subwords([*second, "other"])
            reached = passed()
        for words in (second, first, second):
            found = vocabulary.subwords(words).ids.tolist()
            assert found == of_words(tokenizer, words).ids.tolist(), f"after bytecode {step}"
        assert found == ids
    assert step > 100


@pytest.mark.parametrize("exception", EXCEPTIONS)
@pytest.mark.parametrize("module", [subwords, subword_windows, prediction, linear], ids=lambda module: module.__name__)
def test_a_tagger_at_every_line(folder: Path, expected: list[Any], module: Any, exception: type[BaseException]) -> None:
    step, reached = 0, True
    with Tagger(folder) as tagger:
        while reached:
            step += 1
            tagger._cutter.vocabulary.ids_of_words.clear()
            with raising(module.__file__, step, exception, opcodes=False) as passed:
                with suppress(exception):
                    tagger(f"{NEW} step{step}")
                reached = passed()
            assert [tagger(TEXT), tagger(NEW)] == expected, f"after line {step}"
    assert step > (5 if module is linear else 10)


@pytest.mark.parametrize("exception", EXCEPTIONS)
@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (subwords, "of_words"),
        (subwords, "of_sentences"),
        (subwords.Subwords, "__add__"),
        (subwords.Subwords, "take"),
        (subwords.Subwords, "shortened"),
        (subword_windows.windows, "cut"),
        (subword_windows.WindowCutter, "cut"),
        (tagger_module, "_rows"),
        (prediction, "choose_windows"),
        (linear, "decode"),
        (prediction, "longest_first"),
        (linear.LinearHead, "scores"),
        (linear.LinearHead, "probabilities"),
        (prediction, "tqdm"),
    ],
)
def test_a_function_that_raises(
    folder: Path, expected: list[Any], owner: Any, name: str, exception: type[BaseException]
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise exception

    with Tagger(folder) as tagger:
        tagger("Ada lives")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(owner, name, fails)
            with pytest.raises(exception):
                tagger(NEW)
        assert [tagger(TEXT), tagger(NEW)] == expected


@pytest.mark.parametrize("exception", EXCEPTIONS)
def test_a_backend_that_raises_in_one_of_many_batches(
    folder: Path, expected: list[Any], exception: type[BaseException]
) -> None:
    with Tagger(folder, subwords_per_batch=8) as tagger:
        backend, calls = tagger._predictor.backend, 0
        logits = backend.logits

        def fails(*arguments: Any) -> np.ndarray:
            nonlocal calls
            calls += 1
            if calls == 3:
                raise exception
            return logits(*arguments)

        backend.logits = fails
        with pytest.raises(exception):
            tagger([NEW] * 20)
        backend.logits = logits
        assert [tagger(TEXT), tagger(NEW)] == expected


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda tagger: tagger("Ada \ud800"), r"text: character 4 is '\ud800', a lone surrogate; expected"),
        (lambda tagger: tagger(["Ada", "x\udfffy"]), r"texts[1]: character 1 is '\udfff', a lone"),
        (lambda tagger: tagger.words(["Ada", "x\ud800"]), r"sentence, word 1: character 1 is '\ud800', a lone"),
        (lambda tagger: tagger.words([["Bo"], ["New", "\ud800"]]), r"sentences[1], word 1: character 0 is '\ud800'"),
        (lambda tagger: list(tagger.stream(["Bo", "\udc80"])), r"documents[1]: character 0 is '\udc80', a lone"),
        (lambda tagger: list(tagger.stream([["New"], ["\udc80"]])), r"documents[1], word 0: character 0 is '\udc80'"),
        (lambda _: Document(["\ud800"], name="in:3"), r"in:3, word 0: character 0 is '\ud800', a lone"),
        (
            lambda _: Document.of_text("\ud800", "TEXT 1"),
            r"TEXT 1: character 0 is '\ud800', a lone surrogate; expected",
        ),
    ],
)
def test_a_lone_surrogate(folder: Path, expected: list[Any], ask: Callable[[Tagger], object], message: str) -> None:
    with Tagger(folder) as tagger:
        tagger("Ada")
        known = dict(tagger._cutter.vocabulary.ids_of_words)
        with pytest.raises(UserError) as raised:
            ask(tagger)
        assert str(raised.value).startswith(message)
        assert str(raised.value).isprintable()
        assert tagger._cutter.vocabulary.ids_of_words == known
        assert [tagger(TEXT), tagger(NEW)] == expected
