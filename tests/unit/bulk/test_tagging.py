"""Documents of rows: words and sentences as predict.py finds them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from helpers.handmade_export import save_export

from tagline.bulk.rows import Column
from tagline.bulk.tagging import document_of
from tagline.inference import Tagger

TEXT = "Ada lives in Oslo. Bo lives in Lind."


@pytest.fixture(scope="module", params=[True, False])
def tagger(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tagger]:
    with Tagger(save_export(tmp_path_factory.mktemp("export")), split_sentences=request.param) as made:
        yield made


def test_sentences_are_those_of_the_tagger(tagger: Tagger) -> None:
    document = document_of(TEXT, Column("text", is_words=False), tagger)
    assert document.lengths() == ([5, 5] if tagger.sentences(TEXT) != [(0, len(TEXT))] else [10])
    assert document.ends == tagger.document(TEXT).ends
