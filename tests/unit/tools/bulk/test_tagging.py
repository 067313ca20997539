"""Documents of rows: words and sentences as predict.py finds them."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest
from helpers.handmade_export import save_export

from tagline.core.errors import UserError
from tagline.inference import Tagger
from tagline.inference.documents import Span
from tagline.tools.bulk.rows import Column
from tagline.tools.bulk.tagging import document_of, tag

TEXT = "Ada lives in Oslo. Bo lives in Lind."


@pytest.fixture(scope="module", params=[True, False])
def tagger(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tagger]:
    with Tagger(save_export(tmp_path_factory.mktemp("export")), split_sentences=request.param) as made:
        yield made


def test_sentences_are_those_of_the_tagger(tagger: Tagger) -> None:
    document = document_of(TEXT, Column("text", is_words=False), tagger)
    assert document.lengths() == ([5, 5] if tagger.sentences(TEXT) != [(0, len(TEXT))] else [10])
    assert document.ends == tagger.document(TEXT).ends


def test_only_raw_text_needs_the_library_that_splits_words(tagger: Tagger, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(self: Tagger, text: str) -> list[Span]:
        raise UserError("jieba is not installed")

    monkeypatch.setattr(Tagger, "split", missing)
    assert list(tag([], tagger, Column("words", is_words=True), "a", pa.schema([]))) == []
    with pytest.raises(UserError, match=r"^jieba is not installed$"):
        list(tag([], tagger, Column("text", is_words=False), "a", pa.schema([])))
