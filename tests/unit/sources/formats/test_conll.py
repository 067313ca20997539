"""Column files: what is read, and the errors of malformed ones."""

import pytest
from helpers.formats import read, refusals

TWO, FOUR = ["words", "ner"], ["-", "words", "pos", "ner"]
GERMEVAL = "#\thttp://a.de [2009]\n1\tTroia\tB-OTH\tB-LOC\n2\t#\tO\tO\t\n"
# Comments between spaces, and a word that looks like one.
LONG = "word O\n" * 501


ALIKE = [
    "Ada B-PER\nlives O\n\nin O\n",
    "Ada\tB-PER\nlives\tO\n\t\nin\tO",  # tabs, an empty line that is not quite empty, no line end at the end
    "0 -DOCSTART- O\n\n1 Ada B-PER\n2 lives O\n\n1 in O\n",
    "\ufeffAda B-PER\r\nlives O\r\n\r\nin O\r\n",  # a byte order mark and Windows' line ends
    "Ada \tB-PER \nlives\t O\t\t\t\n\nin\tO\n",
]


@pytest.mark.parametrize("content", ALIKE)
def test_forms_that_are_read_alike(tmp_path, content):
    columns = ["-", *TWO] if content.startswith("0") else TWO
    found = read(tmp_path, "conll", content, columns=columns)
    assert [[each.words, each.tags["ner"]] for each in found] == [[["Ada", "lives"], ["B-PER", "O"]], [["in"], ["O"]]]


WORDS = [
    ("a\u00a0b\tO\n\u200b\tO\na\u2028\tO\n", {}, ["a\u00a0b|\u200b|a\u2028"]),  # str.split() would split them
    ("word ner\nAda B-PER\n", {"header": False}, ["word|Ada"]),
    ("# made in 2020\nword ner\nAda B-PER\n", {"header": True, "comments": True}, ["Ada"]),
    ("# 1\nAda O\n# O\n\n#1 O\n", {"comments": False}, ["#|Ada|#", "#1"]),
    ("# 1\nAda O\n# O\n\n#1 O\n", {"comments": True}, ["Ada|#", "#1"]),
    ("#\tO\n", {"comments": True}, ["#"]),  # the first column is the words
    (GERMEVAL, {"columns": FOUR, "comments": True}, ["Troia|#"]),
    # In a file of tabs, a line that begins with # and has none is a comment.
    ("# text = O JOGO\n-DOCSTART- O\n\n1\tO\tDET\tO\n## 3\n2\t#JOGO\tX\tB-ORG\n", {"columns": FOUR}, ["O|#JOGO"]),
    ("en:Ada\tB-PER\nen:a:b\tO\n", {"strip_pattern": "^en:"}, ["Ada|a:b"]),
    ("10 000\tB-total amount\n", {}, ["10 000"]),
    (LONG, {"one_sentence_per_file": True}, ["|".join(["word"] * 501)]),
    ("## 1\tAda a\nAda\tB-PER\n\n## 2\n# \tO\n", {"comments": "##"}, ["Ada", "#"]),
    ("\u53e30\tO\n\u76610\tB-X\n", {}, ["\u53e30|\u76610"]),  # Weibo NER
    ("a O\n. O\nYahoo B-X\n! I-X\n? O\nb O\n", {"sentence_ends": [".", "?", "!"]}, ["a|.", "Yahoo|!|?", "b"]),
    (LONG + "\nb O\n", {}, ["|".join(["word"] * 501), "b"]),
]


@pytest.mark.parametrize(("content", "keys", "sentences"), WORDS)
def test_words_of_lines(tmp_path, content, keys, sentences):
    found = read(tmp_path, "conll", content, **{"columns": TWO, **keys})
    assert ["|".join(each.words) for each in found] == sentences


IDS = [
    ("1-2 1 2 8.1 3", "b c e"),
    ("0.1 1 2-3 2 3", "b d e"),
    ("8.1 8.2 8.3 8.4 8.5", "a b c d e"),  # numbers of documents and sentences
]


@pytest.mark.parametrize(("ids", "words"), IDS)
def test_multi_word_tokens_and_empty_nodes_are_no_words(tmp_path, ids, words):
    content = "".join(f"{each}\t{word}\tX\n" for each, word in zip(ids.split(), "abcde", strict=True))
    (sentence,) = read(tmp_path, "conll", content, columns=["-", "words", "pos"])
    assert (sentence.words, len(sentence.tags["pos"])) == (words.split(), len(words.split()))


def test_columns_are_read_in_any_order(tmp_path):
    (sentence,) = read(tmp_path, "conll", "\n1 O X Ada N\n2 B Y Bo V\n", columns=["-", "ner", "-", "words", "pos"])
    assert sentence.location == f"{tmp_path}/f:2"
    assert (sentence.words, sentence.tags) == (["Ada", "Bo"], {"ner": ["O", "B"], "pos": ["N", "V"]})


def test_empty_words_are_skipped_and_noted(tmp_path):
    found = read(tmp_path, "conll", "Ada\tB-PER\n \tO\n\u00a0\t\nin\tO\n\n\tO\n", columns=TWO, empty_words="skip")
    assert [(each.words, each.tags["ner"]) for each in found] == [(["Ada", "in"], ["B-PER", "O"]), ([], [])]
    notes = [note for sentence in found for note in sentence.notes]
    assert notes == [("empty_words", f"{tmp_path}/f:{line}", "") for line in (2, 3, 6)]


HEADER = "looks like a header; set download.dataset.header: true in params.yaml"
COMMENT = "looks like a comment; set download.dataset.comments in params.yaml"
NOT_A_HEADER = "is a word with a tag, but download.dataset.header in params.yaml says"
SKIP = "; to skip such words set download.dataset.empty_words: skip in params.yaml"


test_malformed_line_is_reported_by_number = refusals(
    "conll",
    ("Ada B-PER\nlives\n", {}, "f:2: 1 columns in 'lives'; expected 2 (words ner) separated by spaces, as in the"),
    ("Ada NN O\nis VB * O\n", {"columns": FOUR[1:]}, "f:2: 4 columns in 'is VB * O'; expected 3 (words pos ner)"),
    ("a\tO\n\tO\n", {}, f"f:2: an empty word or tag; expected one in each column{SKIP}"),
    ("-DOCSTART- O\n", {}, "f: no sentence; expected lines of 2 columns (words ner)"),
    (b"a O\n" * 9999 + b"Zo\xeb B-PER\n", {}, "f:10000: not UTF-8 (invalid continuation byte); save the file as"),
    ("Word Tag\na O\n", {}, f"f:1: 'Word Tag' {HEADER}"),
    ("Ada B-PER\nLind I-PER\n", {"header": True}, f"f:1: 'Ada B-PER' {NOT_A_HEADER}"),
    ("# x\nAda PER\n", {}, f"f:1: '# x' {COMMENT}"),
    (GERMEVAL, {"columns": FOUR}, f"f:1: '#\\thttp://a.de [2009]' {COMMENT}"),
    ("Hi\tO\nAda is in\tB-PER O O\n", {}, "f:2: 'Ada is in' with 'B-PER O O' looks like a whole sentence; write"),
    (LONG, {}, "f: 501 words without an empty line, which would be one sentence; end each sentence with an empty"),
    at="",
    columns=TWO,
)
