"""Readers: documents of each input format, and messages with line numbers."""

from functools import partial
from io import BytesIO

from helpers.messages import refused

from tagline.sources.formats.lines import decoded_lines
from tagline.tools.texts.readers import read_conll, read_json, read_texts


def read(reader, content):
    content = content if isinstance(content, bytes) else content.encode()
    return list(reader(decoded_lines(BytesIO(content), "in"), "in"))


def test_text_lines_become_documents():
    found = read(read_texts, "\ufeffAda, Oslo.\r\n\r\n \u2028 \nno end")
    assert [(each.text, list(each.words), each.name) for each in found] == [
        ("Ada, Oslo.", ["Ada", ",", "Oslo", "."], "in:1"),
        ("", [], "in:2"),
        (" \u2028 ", [], "in:3"),
        ("no end", ["no", "end"], "in:4"),
    ]
    assert read(read_texts, "") == []


def test_json_lines_and_lists_keep_their_keys():
    lines = '{"id": 1, "text": "Ada."}\n\n{"words": ["Ada", "New York"]}\n{"words": []}'
    listed = '\ufeff\n[\n{"id": 1, "text": "Ada."},\n\n{"words": ["Ada", "New York"]}, {"words": []}]\n'
    expected = [
        ("Ada.", ["Ada", "."], {"id": 1, "text": "Ada."}),
        (None, ["Ada", "New York"], {"words": ["Ada", "New York"]}),
        (None, [], {"words": []}),
    ]
    for content, names in ((lines, ["in:1", "in:3", "in:4"]), (listed, ["in: row 1", "in: row 2", "in: row 3"])):
        found = read(read_json, content)
        assert [(each.text, list(each.words), each.row) for each in found] == expected
        assert [each.name for each in found] == names
    assert read(read_json, "[]") == read(read_json, " \n") == []


def test_words_are_read_from_a_column():
    content = "-DOCSTART- -X- O\n\nAda NNP B-PER\nlives VBZ O\n\n\nOslo NNP B-LOC\n"
    for column, first, second in ((1, ["Ada", "lives"], ["Oslo"]), (2, ["NNP", "VBZ"], ["NNP"])):
        found = read(partial(read_conll, words_column=column), content)
        assert [(each.words, each.name) for each in found] == [(first, "in:3"), (second, "in:7")]
    assert read(read_conll, "") == read(read_conll, "\n \n-DOCSTART-\n") == []


EXPECTED = '; expected JSON objects with "text" or "words", one per line or all in one list'


test_malformed_input_is_an_error_with_its_line = refused(
    lambda _, *given: read(*given),
    (read_texts, b"a\n\xff\n", "in:2: not UTF-8 (invalid start byte); save the file as UTF-8"),
    (read_json, '[{"text": "a"},\n{}]', "in: row 2: neither 'text' nor 'words' (no key)" + EXPECTED),
    (read_json, '{"text": "a", "words": ["a"]}', "in:1: both 'text' and 'words'" + EXPECTED),
    (read_json, '\n{"text": null}', "in:2: 'text' is None; expected a string"),
    (read_json, f'{{"text": {[1] * 99}}}', f"in:1: 'text' is {[1] * 66}"[:-1] + "...; expected a string"),
    (read_json, '{"words": ["a", ""]}', "in:1: 'words' is ['a', '']; expected a list of non-empty strings"),
    (read_conll, "a O\n\nb\n", "in:3: 1 columns in 'b'; expected 2 (words -)"),
    (partial(read_conll, words_column=3), "a O\n", "in:1: 2 columns in 'a O'; expected words in column 3"),
)
