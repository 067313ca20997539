"""tokenize_align.py: bad input, findings and limits, what --show prints, and the two rules of alignment."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.project import edit, error_of, run_stage, snapshot
from tokenizers import Tokenizer
from transformers import ByT5Tokenizer

from tagline.artifacts import exported, raw_data, tokenized
from tagline.core.params import read_section
from tagline.core.provenance import write_hashes
from tagline.tokenization import dataset, show, subwords
from tagline.tokenization.tokenize_align_params import TokenizeAlign


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "task: ner",
            "task: chunk",
            "data/raw: no column 'chunk' (tokenize_align.task in params.yaml); expected one of pos, ner",
        ),
        ("max_length: 24", "max_length: 65", "max_length is 65, but the encoder reads at most 64 sub-words"),
        (
            "stride: 6",
            "stride: 13",
            "stride is the overlap of two windows; it must be at most half of max_length (12)",
        ),
        ("stride: 6", "strid: 6", "unknown key; did you mean stride?"),
    ],
)
def test_bad_params(finished: Path, old: str, new: str, message: str) -> None:
    edit(Path("params.yaml"), old, new)
    assert message in error_of("tokenize_align")


@pytest.mark.parametrize(("folder", "stage"), [("data/raw", "download"), ("models/pretrained", "download")])
def test_missing_inputs(finished: Path, folder: str, stage: str) -> None:
    shutil.rmtree(folder)
    assert f"is missing: the stage {stage} writes it, so run `dvc repro {stage}` first" in error_of("tokenize_align")


def test_a_tokenizer_that_is_not_fast(finished: Path) -> None:
    shutil.rmtree("models/pretrained/tokenizer")
    ByT5Tokenizer().save_pretrained("models/pretrained/tokenizer")
    write_hashes(Path("models/pretrained/tokenizer"))
    assert error_of("tokenize_align") == (
        "tokenize_align: models/pretrained/tokenizer: ByT5Tokenizer is not a fast tokenizer, so it has no word ids; choose "
        "an encoder with a tokenizer.json"
    )


def test_one_label_only(finished: Path) -> None:
    for file in Path("data/tiny").glob("*.conll"):
        lines = [line and f"{line.split()[0]} X O" for line in file.read_text().split("\n")]
        file.write_text("\n".join(lines))
    run_stage("download")
    assert "the column ner has one label only (O): expected at least two to learn from" in error_of("tokenize_align")


def test_io_is_reported_and_converted(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rewrite(lambda text: text.replace("B-", "I-"))
    before = snapshot(Path("data/tokenized"))
    for stage in ("download", "tokenize_align"):
        run_stage(stage)
    assert "train: 16 sentences, 114 words, 17 windows; ner is in IO, converted to IOB2" in capsys.readouterr().out
    assert snapshot(Path("data/tokenized")) == before


def test_metrics_say_what_the_data_holds(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # A sentence of train in test, a label that train has not, one tag too illegal, one word too long, one of nothing.
    tail = "\nAda X B-PER\nLind X I-PER\nlives X O\nin X O\nOslo X B-LOC\n. X O\n\nBo X I-ORG\n" + "y" * 40 + " X O\n"
    test = Path("data/tiny/test.conll")
    test.write_text(test.read_text() + tail)
    for stage in ("download", "tokenize_align"):
        run_stage(stage)
    metrics = json.loads(Path("reports/data.json").read_text())
    assert metrics["train"] == {
        **{"sentences": 16, "words": 114, "windows": 17, "scheme": "IOB2"},
        "labels": {"O": 57, "B-LOC": 19, "I-LOC": 0, "B-ORG": 0, "I-ORG": 0, "B-PER": 19, "I-PER": 19},
        **{"illegal_tags": 0, "no_entities": 0, "words_without_subwords": 0, "unknown_words": 0, "long_words": 0},
        **{"truncated_words": 0, "long_sentences": 0, "windowed_sentences": 1},
    }
    assert metrics["test"] == {
        **{"sentences": 8, "words": 63, "windows": 10, "scheme": "IOB2"},
        "labels": {"O": 32, "B-LOC": 10, "I-LOC": 0, "B-ORG": 1, "I-ORG": 0, "B-PER": 10, "I-PER": 10},
        **{"illegal_tags": 1, "unseen_labels": 1, "no_entities": 0, "duplicate_sentences": 5},
        **{"words_without_subwords": 1, "unknown_words": 0, "long_words": 0, "truncated_words": 1},
        **{"long_sentences": 0, "windowed_sentences": 2},
    }
    out = capsys.readouterr().out
    assert (
        "tags that the label scheme does not allow after the tag before them: 1 (test-7, word 0 (Bo): I-ORG at the "
        in out
    )
    assert "labels that are not in the training split: 1 (B-ORG)" in out
    assert "words that tokenise to nothing: 1 (test-1, word 6 (\\u200b))" in out
    assert f"words longer than a window, truncated to their first sub-words: 1 (test-7, word 1 ({'y' * 40}))" in out
    assert "sentences longer than a window: 2 (test-2; test-7)" in out


def test_wrong_splits_and_unknown_words_are_counted(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tail = "\n\u4e00 X O\n" + "z" * 201 + " X O\nBo X O\n" + "\nAda X B-PER" * 501
    test = Path("data/tiny/test.conll")
    test.write_text(test.read_text() + tail.replace("\n\n", "\n") + "\n")
    for stage in ("download", "tokenize_align"):
        run_stage(stage)
    metrics = json.loads(Path("reports/data.json").read_text())["test"]
    assert [metrics[kind] for kind in ("unknown_words", "long_words", "long_sentences")] == [2, 1, 1]
    out = capsys.readouterr().out
    assert (
        "words with sub-words that the tokenizer does not know: 2 (test-6, word 0 (\u4e00); test-6, word 1 (zzz" in out
    )
    assert "words of more than 200 characters: 1 (test-6, word 1 (zzz" in out
    assert "sentences of more than 500 words: 1 (test-6)" in out


def test_prefixes_in_another_spelling_are_reported(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rewrite(lambda text: text.replace("B-", "b_").replace("I-", "i_").replace(" O", " o"))
    before = snapshot(Path("data/tokenized"))
    for stage in ("download", "tokenize_align"):
        run_stage(stage)
    line = "column ner: tags in another spelling; read b_LOC as B-LOC, b_PER as B-PER, i_PER as I-PER, ...\n"
    assert line in capsys.readouterr().out
    assert snapshot(Path("data/tokenized")) == before
    respelled = {"b_LOC": "B-LOC", "b_PER": "B-PER", "i_PER": "I-PER", "o": "O"}
    assert json.loads(Path("reports/data.json").read_text())["train"]["respelled"] == respelled


def test_limits_fail_the_stage_and_name_the_rows(finished: Path) -> None:
    edit(Path("params.yaml"), "    words_without_subwords:\n", "    words_without_subwords: 0\n")
    edit(Path("params.yaml"), "    windowed_sentences:\n", "    windowed_sentences: 1\n")
    edit(Path("params.yaml"), "    duplicate_sentences:\n", "    duplicate_sentences: 1\n")
    message = error_of("tokenize_align")
    assert message.startswith(
        "tokenize_align: data/raw: limits in params.yaml are exceeded; correct the data or raise them:\n  test: sentences "
    )
    assert (
        "in the training split: 4, tokenize_align.limits.duplicate_sentences allows 1 (test-0; test-3; test-4; ...)\n"
        in message
    )
    assert (
        "\n  test: words that tokenise to nothing: 1, tokenize_align.limits.words_without_subwords allows 0 "
        "(test-1, word 6 (\\u200b))"
    ) in message
    assert "windowed_sentences" not in message


def test_illegal_tags_can_be_refused(finished: Path) -> None:
    edit(Path("params.yaml"), "illegal: repair", "illegal: error")
    run_stage("tokenize_align")
    rewrite(lambda text: text.replace("Lind PROPN I-PER", "Lind PROPN I-LOC", 1))
    run_stage("download")
    assert error_of("tokenize_align") == (
        "tokenize_align: illegal tags; correct them, or set tokenize_align.illegal: repair in params.yaml:\n"
        "  train, in IOB2: tags that the label scheme does not allow after the tag before them: 1 "
        "(train-0, word 1 (Lind): I-LOC after B-PER)\n"
        "  validation, in IOB2: tags that the label scheme does not allow after the tag before them: 1 "
        "(validation-0, word 1 (Lind): I-LOC after B-PER)\n"
        "  test, in IOB2: tags that the label scheme does not allow after the tag before them: 1 "
        "(test-0, word 1 (Lind): I-LOC after B-PER)"
    )


def test_the_scheme_of_params_counts(finished: Path) -> None:
    edit(Path("params.yaml"), "scheme: auto", "scheme: BIOES")
    run_stage("tokenize_align")
    metrics = json.loads(Path("reports/data.json").read_text())
    assert (metrics["train"]["scheme"], metrics["train"]["illegal_tags"]) == ("BIOES", 38), "no span is closed"
    edit(Path("params.yaml"), "scheme: BIOES", "scheme: IO")
    assert "train, column ner: IO has no tag B-LOC: expected I- or O (tokenize_align.scheme in" in error_of(
        "tokenize_align"
    )
    edit(Path("params.yaml"), "scheme: IO", "scheme: tags")
    run_stage("tokenize_align")
    assert tokenized.load_labels(Path("data/tokenized")).kind == "tags"


def test_a_tokenizer_that_needs_whole_sentences_takes_the_plain_way(
    finished: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    provenance, hashes = Path("data/tokenized/provenance.json"), Path("data/tokenized/hashes.json")
    before = snapshot(Path("data/tokenized"), Path("reports"))
    assert json.loads(before.pop(provenance))["one_by_one"] is True
    del before[hashes]
    monkeypatch.setattr(subwords, "one_by_one", lambda *_: False)
    run_stage("tokenize_align")
    assert (
        "the tokenizer splits a word depending on its neighbours: every sentence is tokenised"
        in capsys.readouterr().out
    )
    after = snapshot(Path("data/tokenized"), Path("reports"))
    assert json.loads(after.pop(provenance))["one_by_one"] is False
    del after[hashes]
    assert after == before
    run_stage("export")
    assert not exported.read(Path("models/export")).one_by_one, "predict.py takes the plain way too"


def test_chunks_of_any_size_give_the_same(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw_data, "BATCH_WORDS", 10)
    monkeypatch.setattr(dataset, "CHUNK_WORDS", 25)
    run_stage("download")  # so that there are batches to join
    params = read_section("tokenize_align", TokenizeAlign)
    metrics = dataset.tokenize_align(Path("data/raw"), Path("models/pretrained/tokenizer"), params, Path("chunked"))
    assert metrics == json.loads(Path("reports/data.json").read_text())
    for name in ("train", "validation", "test"):
        expected, found = (tokenized.load_split(folder, name) for folder in (Path("data/tokenized"), Path("chunked")))
        assert tokenized.column(found.windows, "labels").num_chunks > 1
        assert found.windows[:] == expected.windows[:]
        assert found.sentences[:] == expected.sentences[:]


@pytest.mark.parametrize("wanted", ["test:1", "test:test-1"])
def test_a_sentence_is_shown(finished: Path, capsys, monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    before = snapshot(finished)
    run_stage("tokenize_align", "--show", wanted)
    assert capsys.readouterr().out.split("\n") == [
        "test-1: 7 words",
        "",
        "Eva    Lind   lives  in  Kyiv   .",
        "B-PER  I-PER  O      O   B-LOC  O",
        "",
        "\\u200b",
        "O",
        "",
        "window 1 of 1: 8 sub-words",
        "",
        "[CLS]  Eva    Lind   lives  in  Kyiv   .",
        "-100   B-PER  I-PER  O      O   B-LOC  O",
        "",
        "[SEP]",
        "-100",
        "",
    ]
    assert snapshot(finished) == before


def test_a_selected_sentence_is_shown(finished: Path) -> None:
    """The Arrow table of a `Dataset.select` still has all rows, in their old order."""
    whole, labels = tokenized.load_split(Path("data/tokenized"), "train"), tokenized.load_labels(Path("data/tokenized"))
    pieces = Tokenizer.from_file("models/pretrained/tokenizer/tokenizer.json")
    chosen = [row for row, window in enumerate(whole.windows) if window["sentence"] == 2]
    some = tokenized.Split(whole.sentences.select([5, 0, 2]), whole.windows.select(chosen))
    assert show.row_of(some, "train", "train-2") == 2
    assert show.lines(some, 2, pieces, labels, 80) == show.lines(whole, 2, pieces, labels, 80)


def test_tags_that_differ_only_in_case_are_reported(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(Path("data/tiny/test.conll"), "Eva PROPN B-PER", "Eva PROPN B-per")
    for stage in ("download", "tokenize_align"):
        run_stage(stage)
    line = (
        "column ner: tags that differ only in case: B-PER (36, first at train-0, word 0 (Ada): B-PER); B-per (1, first"
    )
    assert line in capsys.readouterr().out


def test_a_long_sentence_is_shown_window_by_window(finished: Path, capsys) -> None:
    run_stage("tokenize_align", "--show", "train:2")
    out = capsys.readouterr().out
    assert out.startswith("train-2: 24 words\n")
    assert "window 1 of 2: 24 sub-words\n" in out
    assert "window 2 of 2: " in out


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("train", "expected SPLIT:SENTENCE with one of train, validation, test (such as train:4), got 'train'"),
        ("dev:1", "expected SPLIT:SENTENCE with one of train, validation, test (such as train:4), got 'dev:1'"),
        ("train:", "expected SPLIT:SENTENCE with one of train, validation, test (such as train:4), got 'train:'"),
        ("train:16", "train has no sentence 16: expected 0 to 15, or an id"),
        ("train:test-1", "train has no sentence test-1: expected 0 to 15, or an id"),
    ],
)
def test_a_sentence_that_is_not_there_is_wrong_usage(finished: Path, capsys, wanted: str, message: str) -> None:
    with pytest.raises(SystemExit) as raised:
        run_stage("tokenize_align", "--show", wanted)
    assert raised.value.code == 2
    assert message in capsys.readouterr().err


def test_show_needs_what_the_stage_writes(finished: Path) -> None:
    shutil.rmtree("data/tokenized")
    with pytest.raises(SystemExit, match="data/tokenized is missing: the stage tokenize-align writes it"):
        run_stage("tokenize_align", "--show", "train:0")


def test_first_subwords_only(finished: Path) -> None:
    # Cork's letters become pieces of their own for an encoder that does not know the word.
    rewrite(lambda text: text.replace("Cork PROPN", "Corky PROPN"))
    for stage in ("download", "tokenize_align"):
        run_stage(stage)
    every = labels_of("Corky")
    edit(Path("params.yaml"), "label_all_tokens: true", "label_all_tokens: false")
    run_stage("tokenize_align")
    first = labels_of("Corky")
    assert every[0] == first[0] == "B-LOC"
    assert len(every) > 1
    assert set(every[1:]) == {"I-LOC"}
    assert set(first[1:]) == {"ignored"}


def rewrite(change: Callable[[str], str]) -> None:
    """Change the text of every column file."""
    for file in Path("data/tiny").glob("*.conll"):
        file.write_text(change(file.read_text()))


def labels_of(word: str) -> list[str]:
    names = json.loads(Path("data/tokenized/labels.json").read_text())["names"]
    split = tokenized.load_split(Path("data/tokenized"), "train")
    for window in split.windows:
        words = split.sentences[window["sentence"]]["words"]
        if word in words:
            pairs = zip(window["word_ids"], window["labels"], strict=True)
            return [names[label] if label >= 0 else "ignored" for w, label in pairs if w == words.index(word)]
    raise AssertionError(f"{word} is in no window")
