"""Texts of a pool that are annotated already."""

from helpers.messages import message_of

from tagline.inference import Document
from tagline.text.words import split_words
from tagline.tools.suggestion.already_annotated import annotated_keys, text_key, without


def test_documents_without_words_and_annotated_ones_are_left_out():
    pool = [Document(words) for words in (["Ada"], ["Bo", "lives"], [], ["Oslo"], ["Lind"])]
    left = list(without(pool, {text_key(["Bolives"]), text_key(["Lind"])}))
    assert [document.words for document in left] == [["Ada"], ["Oslo"]]


def test_lists_of_texts_and_of_tasks_have_keys(tmp_path):
    path = tmp_path / "done.json"
    path.write_text('[{"text": "Ada Bo"}, {"data": {"text": "Oslo"}}]')
    assert annotated_keys([path], split_words) == {text_key(["Ada", "Bo"]), text_key(["Oslo"])}
    path.write_text('[{"data": {"text": "Ada"}},\n{"data": {"html": "Ada"}}]')
    message = f"{path}: row 2: neither 'text' nor 'words' (html); expected"
    assert message_of(annotated_keys, [path], split_words).startswith(message)
