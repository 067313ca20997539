"""CSV: a word or a sentence per row, sentences by a column, cells in quotes or never."""

import pytest
from helpers.formats import fault, read, refusals

KEYS = {"sentence": "s", "words": "w", "tag_columns": {"ner": "t"}, "delimiter": ","}


ALIKE = [
    ('s,w,t\n1,"a,""",B-X\n1,b,O\n2,c,O\n', {}),
    ('\ufefft,s,more,w\r\nB-X,1,"","a,"""\r\nO,1 ,y,  b\r\n\r\nO ,2,,c ', {}),
    ('s\tw\tt\n1\ta,"\tB-X\n1\tb\tO\n2\tc\tO\n', {"delimiter": "\t", "quote": None}),
    ("s;w;t\n1;'a,\"';B-X\n1;b;O\n2;c;O\n", {"delimiter": ";", "quote": "'"}),
]


@pytest.mark.parametrize(("content", "keys"), ALIKE)
def test_forms_that_are_read_alike(tmp_path, content, keys):
    first, second = read(tmp_path, "csv", content, **{**KEYS, **keys})
    assert (first.id, first.words, first.tags) == ("1", ['a,"', "b"], {"ner": ["B-X", "O"]})
    assert (second.id, second.words, second.tags) == ("2", ["c"], {"ner": ["O"]})
    assert first.location == f"{tmp_path}/f:2"


ROWS = {"rows": "sentences"}


WHOLE_SENTENCES = [
    's,w,t\n7,Ada  is in,"B-PER O O"\n8,Bo,O\n',
    "s,w,t\n7,\"['Ada', 'is', 'in']\",\"['B-PER', 'O', 'O']\"\n8,Bo,['O']\n",
    's,w,t\n7,Ada is in,"B-PER,O,O"\n8,Bo,O\n',
]


@pytest.mark.parametrize("content", WHOLE_SENTENCES)
def test_row_can_hold_a_sentence(tmp_path, content):
    first, second = read(tmp_path, "csv", content, **KEYS, **ROWS)
    assert (first.id, first.words, first.tags) == ("7", ["Ada", "is", "in"], {"ner": ["B-PER", "O", "O"]})
    assert (second.id, second.words, second.tags) == ("8", ["Bo"], {"ner": ["O"]})
    assert [each.id for each in read(tmp_path, "csv", content, **{**KEYS, "sentence": None}, **ROWS)] == [None, None]
    found = fault(tmp_path, "csv", content, **KEYS)
    assert "looks like a whole sentence; for one sentence per row set download.dataset.rows: sentences in" in found


FILLED = "s,w,t\nSentence: 1,Ada,B-PER\n,is,O\nSentence: 2,Bo,O\n,,\nSentence: 3,,\n,Cem,O\n"
IN_DOCUMENTS = "doc,s,w,t\na,1,Ada,O\nb,1,Bo,O\nb,1,ran,O\nb,2,Cem,O\nc,1,Di,O\n"
DOC = {"document": "doc"}
FILL, SKIP = {"fill_down": True}, {"empty_words": "skip"}


GROUPED = [
    (FILLED, {**FILL, **SKIP}, {"Sentence: 1": "Ada is", "Sentence: 2": "Bo", "Sentence: 3": "Cem"}, [5, 6]),
    ('s,w,t\n1,Ada,O\n""\n2,Bo,O\n \n', {}, {"1": "Ada", "2": "Bo"}, []),  # rows of one empty cell
    ("s,w,t\n1,Ada,B-PER\n ,is,O\n", FILL, {"1": "Ada is"}, []),
    (IN_DOCUMENTS, DOC, {"a/1": "Ada", "b/1": "Bo ran", "b/2": "Cem", "c/1": "Di"}, []),
    ("doc,s,w,t\na,1,A,O\nb,1,B,O\n,,C,O\n,2,D,O\n", {**DOC, **FILL}, {"a/1": "A", "b/1": "B C", "b/2": "D"}, []),
    ("s,w,t\n7,[ 1 ],O O O\n8,(a) is,O O\n9,[C] a,O O\n", ROWS, {"7": "[ 1 ]", "8": "(a) is", "9": "[C] a"}, []),
]


@pytest.mark.parametrize(("content", "keys", "sentences", "skipped"), GROUPED)
def test_sentences_of_rows(tmp_path, content, keys, sentences, skipped):
    found = read(tmp_path, "csv", content, **KEYS, **keys)
    assert {sentence.id: " ".join(sentence.words) for sentence in found} == sentences
    notes = [note for sentence in found for note in sentence.notes]
    assert notes == [("empty_words", f"{tmp_path}/f:{line}", "") for line in skipped]


QUOTES = 'expected a row per line; write a " that is part of a word doubled and inside quotes, or set download.data'
NO_LIST = "expected a list of strings such as ['Ada', 'lives'], or strings joined by spaces; save arrays and tuples as"
RAW = {"delimiter": ";", "quote": None}
CELLS = ["['O' 'O']", "[1, 0]", "('O', 'O')", "array(['O'], dtype=object)", r"['O', '\x']"]


test_malformed_row_is_reported_by_line = refusals(
    "csv",
    ("", {}, "f: no sentence; expected one word per row below the header"),
    ("s;w;t\n1;a;O\n", {}, "f:1: column 'w' is 0 times in the header (s;w;t); expected it once, and cells sep"),
    ("s,w,t,t\n1,a,O,O\n", {}, "f:1: column 't' is 2 times in the header (s, w, t, t); expected it once"),
    ("s,w,t\n", {}, "f: no sentence; expected one word per row below the header"),
    ("s,w,t\n1,a,O\n1,b\n", {}, "f:3: 2 cells; expected 3 (s, w, t)"),
    ("s,w,t\n1,a,O\ns,w,t\n1,b,O\n", {}, "f:3: the header once more (s, w, t); expected it in the first line only;"),
    ("s,w,t\n1,a,\n", {}, "f:2: an empty word or tag; expected one in each column"),
    ('s,w,t\n1,a,O\n1,",O\n2,b,O\n', {}, f"f:3: not CSV (unexpected end of data); {QUOTES}"),
    ('s,w,t\n1,",O\n1,",O\n', {}, f"f:2: not CSV (unexpected end of data); {QUOTES}"),
    (f"s,w,t\n{'x' * 5000},a,O\n1,b,O\n{'x' * 5000},c,O\n", {}, "f:4: rows of sentence 'xxx"),
    ("s,w,t\n7,[CLS] is a],O O\n", ROWS, "f:2: 3 words in 'w' but 2 tags in 't'; expected one tag per word"),
    *[(f"s;w;t\n7;A is;{cell}\n", {**ROWS, **RAW}, f"f:2: 't' is {cell!r}; {NO_LIST}") for cell in CELLS],
    (
        FILLED,
        {},
        "f:3: the cell of column 's' is empty; if only the first row has it, set download.dataset.fill_down: true",
    ),
    ("s,w,t\n,Ada,O\n", FILL, "f:2: the cell of column 's' is empty, and so are those above"),
    ("doc,s,w,t\n,1,A,O\n", DOC, "f:2: the cell of column 'doc' is empty; if only the first row has it"),
    (
        IN_DOCUMENTS,
        {},
        "f:6: rows of sentence '1' are not contiguous (first seen on line 2); sort the rows by sentence and",
    ),
    (IN_DOCUMENTS + "a,1,Ed,O\n", DOC, "f:7: rows of sentence 'a/1' are not contiguous (first seen on line 2)"),
    ("s,w,t\n" + "1,Ada,O\n" * 501, {}, "f: 501 words with one value in column 's', which would be one sentence"),
    at="",
    **KEYS,
)
