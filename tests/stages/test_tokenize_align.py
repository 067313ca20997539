"""tokenize_align.py: findings and limits, one result for any scheme and chunk size, what --show prints."""

import re
from pathlib import Path

import pytest
from helpers.project import error_of, exit_of, json_of, run_stage, run_stages, run_verb, snapshot
from helpers.tiny import set_params

from tagline.artifacts import raw_data, tokenized
from tagline.core.findings import MEANINGS
from tagline.core.params import read_section
from tagline.terminal.errors import UserError
from tagline.tokenization import split_writer, stage
from tagline.tokenization.tokenize_align_params import TokenizeAlign

RAW, TOKENIZER = Path("data/raw"), Path("models/pretrained/tokenizer")
TOKENIZED, TESTS, REPORT = Path("data/tokenized"), Path("data/tokenized_tests"), Path("reports/data.json")


def tokenize(target="new", **changed):
    """Call the stage's function with some other params."""
    params = read_section("tokenize_align", TokenizeAlign).model_dump()
    return stage.tokenize_align(
        RAW, TOKENIZER, TokenizeAlign(**(params | changed)), Path(target), Path(f"{target}_tests")
    )


def change_data(change):
    """Change the text of every column file, and run the stage download."""
    for file in Path("data/tiny").glob("*.conll"):
        file.write_text(change(file.read_text()))
    run_stage("download")


UNFIT = [
    (
        {"tag_column": "chunk"},
        r"data/raw: no column 'chunk' \(tokenize_align.tag_column in params.yaml\); expected one of po",
    ),
    ({"max_length": 65}, "max_length is 65, but the encoder reads at most 64 sub-words"),
    (
        {"limits": {"words_without_subwords": 0, "windowed_sentences": 1, "duplicate_sentences": 1}},
        r"^data/raw: limits in params.yaml are exceeded; correct the data or raise them:\n  test: sentences that are also in "
        r"the training split: 3, tokenize_align.limits.duplicate_sentences allows 1 \(test-3; test-4; test-5\)\n"
        r"  test: words that tokenise to nothing: 1, tokenize_align.limits.words_without_subwords allows 0 "
        r"\(test-1, word 6 \(\\u200b\)\)$",
    ),
]


@pytest.mark.parametrize(("changed", "message"), UNFIT)
def test_params_that_do_not_fit_are_errors(finished, changed, message):
    with pytest.raises((UserError, ValueError), match=message):
        tokenize(**changed)


UNFIT_TESTS = [
    (lambda train, test: f"{test}\n{train}", "19 of 22 sentences of test are also in train, so that its scores say"),
    (
        lambda _, test: re.sub("[BI]-[A-Z]+", "O", test),
        "test has no entity, so that its F1 is always 0, as with masked",
    ),
]


@pytest.mark.parametrize(("change", "message"), UNFIT_TESTS)
def test_test_that_shows_nothing_is_refused(workspace, change, message):
    train, test = (Path(f"data/tiny/{split}.conll") for split in ("train", "test"))
    test.write_text(change(train.read_text(), test.read_text()))
    run_stage("download")
    assert error_of("tokenize_align").startswith(f"tokenize_align: data/raw: {message}")


def test_type_that_test_lacks_is_named(workspace, capsys):
    test = Path("data/tiny/test.conll")
    named = [f"Ada{number} X B-PER\n" for number in range(12)]
    test.write_text("\n".join(named))
    run_stages("download", "tokenize_align")
    printed = " ".join(capsys.readouterr().out.split())
    assert "test has no LOC, of which train has many, so that each that a model finds" in printed


SPELLINGS = [
    ({"B-": "I-"}, "train: 16 sentences, 114 words, 17 windows; ner is in IO, converted to IOB2"),
    ({"B-": "b_", "I-": "i_", " O": " o"}, "column ner: tags in another spelling; read b_LOC as B-LOC, b_PER as"),
]


@pytest.mark.parametrize(("spelling", "line"), SPELLINGS)
def test_another_scheme_is_reported_and_gives_the_same_bytes(finished, capsys, spelling, line):
    before = snapshot(TOKENIZED)
    change_data(lambda text: re.sub("|".join(spelling), lambda found: spelling[found[0]], text))
    run_stage("tokenize_align")
    assert line in capsys.readouterr().out
    assert snapshot(TOKENIZED) == before


def test_findings_are_reported(finished, capsys):
    # A sentence of train in test, a label that train does not have, an illegal tag, a word that is too long, an unknown
    # one, a long one, a tag in another case, a long sentence.
    tail = "\nAda X B-PER\nLind X I-PER\nlives X O\nin X O\nOslo X B-LOC\n. X O\n\nBo X I-ORG\n" + "y" * 40 + " X O\n"
    tail += "\n\u4e00 X O\n" + "z" * 201 + " X O\n" + "Ada X B-per\n" * 501
    test = Path("data/tiny/test.conll")
    test.write_text(test.read_text() + tail)
    run_stages("download", "tokenize_align")
    train = json_of(REPORT)["train"]
    assert {"sentences": 16, "words": 114, "windows": 17, "scheme": "IOB2"}.items() <= train.items()
    assert train["source"] == {"repeated_sentences": 9}
    findings = {kind: count for kind, count in json_of(REPORT)["test"].items() if kind in MEANINGS and count}
    assert findings == {
        "illegal_tags": 1,
        "unseen_labels": 2,
        "words_without_subwords": 1,
        "truncated_words": 1,
        "windowed_sentences": 3,
        "unknown_words": 2,
        "long_words": 1,
        "long_sentences": 1,
        "duplicate_sentences": 4,
    }
    out = capsys.readouterr().out
    assert f"truncated to their first sub-words: 1 (test-7, word 1 ({'y' * 40}))" in out
    assert "column ner: tags that differ only in case: B-PER (38, first at train-0" in out


def test_chunks_of_any_size_give_the_same_rows(finished, monkeypatch):
    report = tokenize("whole", lowercase_share=0.5)
    monkeypatch.setattr(raw_data, "BATCH_WORDS", 10)
    monkeypatch.setattr(split_writer, "CHUNK_WORDS", 25)
    run_stage("download")  # so that there are batches to join
    assert tokenize(lowercase_share=0.5) == report
    for name in ("train", "validation", "test"):
        suffix = "_tests" if name == "test" else ""
        expected, found = (tokenized.load_split(Path(f"{target}{suffix}"), name) for target in ("whole", "new"))
        assert len(found.mapped_windows.offsets) > 1
        assert found.windows[:] == expected.windows[:]
        assert found.sentences[:] == expected.sentences[:]
    assert both(Path("new"))[1] == both(Path("whole"))[1]


def both(folder):
    """The split train, and the windows of its copies."""
    train = tokenized.load_split(folder, "train")
    return train, tokenized.with_copies(train, folder).windows[len(train.windows) :]


def test_copies_in_small_letters_are_the_windows_of_the_corpus_in_capitals(finished, capsys):
    assert not (TOKENIZED / "windows" / tokenized.LOWERCASE).exists(), "of a share of 0"
    assert tokenize("small", lowercase_share=1.0)["train"]["lowercase_windows"] == 17
    assert "17 windows and 17 of copies in small letters; ner is in IOB2" in capsys.readouterr().out
    change_data(str.upper)
    assert tokenize("capitals", lowercase_share=1.0)["train"]["lowercase_windows"] == 0, "they are read so anyway"
    (plain, copies), (capitals, none) = both(Path("small")), both(Path("capitals"))
    assert capitals.windows[:] == copies != plain.windows[:]
    assert none["sentence"] == []
    # Without marks of capitals, this tokenizer reads all the same.
    set_params(download={"encoder": {"source": "path", "path": "encoder"}})
    run_stage("download")
    tokenize("alike", lowercase_share=0.5)
    assert "alike in any letter case, so tokenize_align.lowercase_share has no effect" in capsys.readouterr().out
    assert not tokenized.read_windowing(Path("alike")).lowercase


def test_sentence_is_shown_by_its_number(finished, capsys):
    before = snapshot(finished)
    run_verb("show", "test:1")
    words = "Eva B-PER, Lind I-PER, lives O, in O, Kyiv B-LOC, . O, \\u200b O"
    subwords = (
        "[CLS] -100, ⸏ B-PER, eva I-PER, ⸏ I-PER, lind I-PER, lives O, in O, ⸏ B-LOC, kyiv I-LOC, . O, [SEP] -100"
    )
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.split("\n")]
    assert (lines[4:11], lines[16:27]) == (words.split(", "), subwords.split(", "))
    assert snapshot(finished) == before
    run_verb("show", "train:train-2")
    out = capsys.readouterr().out
    assert out.startswith("train-2: 24 words\n") and "window 1 of 2: 24 sub-words\n" in out and "window 2 of 2: " in out


def test_unknown_sentence_is_wrong_usage(finished, capsys):
    for wanted, message in {
        "train": "expected SPLIT:SENTENCE with one of train, validation, test (such as train:4), got 'train'",
        "dev:1": "such as train:4), got 'dev:1'",
        "train:16": "train has no sentence 16: expected 0 to 15, or an id",
        "train:test-1": "train has no sentence test-1: expected 0 to 15, or an id",
    }.items():
        assert exit_of("show", wanted) == 2
        assert message in capsys.readouterr().err
