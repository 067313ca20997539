"""Texts of a pool that are annotated already."""

import pytest

from tagline.inference.documents import Document
from tagline.terminal.errors import UserError
from tagline.text.words import split_words
from tagline.tools.suggestion.already_annotated import annotated_keys, text_key, without


def test_no_document_continues_one_that_is_left_out():
    words = [["Ada"], ["Bo", "lives"], [], ["Oslo"], ["Lind"], ["in"]]
    continues = [False, True, True, True, True, False]
    pool = [Document(each, continues=goes_on) for each, goes_on in zip(words, continues, strict=True)]
    left = list(without(pool, {text_key(["Bolives"]), text_key(["Lind"])}))
    assert [document.words for document in left] == [["Ada"], ["Oslo"], ["in"]]
    assert [document.continues for document in left] == [False, False, False]
    assert list(without(pool[:2], ())) == pool[:2], "nothing between them was left out"


def test_lists_of_texts_and_of_tasks_have_keys(tmp_path):
    path = tmp_path / "done.json"
    path.write_text('[{"text": "Ada Bo"}, {"data": {"text": "Oslo"}}]')
    assert annotated_keys([path], split_words) == {text_key(["Ada", "Bo"]), text_key(["Oslo"])}
    path.write_text('[{"data": {"text": "Ada"}},\n{"data": {"html": "Ada"}}]')
    with pytest.raises(UserError, match=r"done.json: row 2: neither 'text' nor 'words' \(html\); expected"):
        annotated_keys([path], split_words)
