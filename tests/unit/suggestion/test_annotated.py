"""Texts of a pool that are annotated already."""

from __future__ import annotations

from tagline.inference.documents import Document
from tagline.suggestion.annotated import text_key, without


def test_no_document_continues_one_that_is_left_out() -> None:
    words = [["Ada"], ["Bo", "lives"], [], ["Oslo"], ["Lind"], ["in"]]
    continues = [False, True, True, True, True, False]
    pool = [Document(each, continues=goes_on) for each, goes_on in zip(words, continues, strict=True)]
    left = list(without(pool, {text_key(["Bolives"]), text_key(["Lind"])}))
    assert [document.words for document in left] == [["Ada"], ["Oslo"], ["in"]]
    assert [document.continues for document in left] == [False, False, False]
    assert list(without(pool[:2], ())) == pool[:2], "nothing between them was left out"
