"""Folds: equal sentences together, others independent, nothing held out is learnt from."""

import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from helpers.held_out import LABELS, folding, write_tokenized
from helpers.project import snapshot

from tagline.artifacts import raw_data, tokenized
from tagline.core.provenance import write_hashes
from tagline.crossval import folds
from tagline.crossval.crossval_params import Crossval
from tagline.crossval.folding import Folding
from tagline.crossval.folds import Division, Fold, fold_of, folding_of
from tagline.sources.splitting import draw, split_of
from tagline.terminal.errors import UserError

RAW = Path("no data/raw")
TESTS = "tests"
ROWS = [(f"Ada {number} in Oslo", "B-PER I-PER O B-LOC") for number in range(9)]
ROWS += [(f"Bo {number} here", "B-PER O O") for number in range(9)] + [("Ada 0 in Oslo", "O O O B-LOC")]


def test_folds_are_of_similar_size_whatever_the_split_was_drawn_by() -> None:
    seed, sentences = 42, [[f"word {number}"] for number in range(4000)]
    train = [words for words in sentences if split_of(draw(words, seed), {"validation": 0.5}) == "train"]
    sizes = Counter(fold_of(words, seed, 4) for words in train)
    assert set(sizes) == {1, 2, 3, 4}
    assert all(400 < size < 600 for size in sizes.values())
    assert [fold_of(words, 1, 4) for words in train] != [fold_of(words, 2, 4) for words in train]


def folds_of(folding: Folding, data: Path, raw: Path = RAW) -> list[Fold]:
    """All folds of data/tokenized, beside which is data/tokenized_tests."""
    divided = Path(tempfile.mkdtemp(dir=data.parent)) / "division"
    Division(folding, data, data.parent / TESTS, raw).write(divided)
    return [Fold(number, folding, data, divided) for number in folding.folds]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_tokenized(tmp_path_factory.mktemp("data") / "tokenized", {"train": ROWS, "validation": ROWS[:6]})
    write_tokenized(folder.parent / TESTS, {"test": ROWS[3:9]})
    shutil.copytree(folder / "windows/train", folder / "windows" / tokenized.LOWERCASE)
    return folder


@pytest.mark.parametrize("splits", [["train"], ["train", "validation", "test"]])
def test_each_sentence_is_held_out_once_and_neither_learnt_nor_chooses_the_epoch(data: Path, splits: list[str]) -> None:
    made = folds_of(folding(3, splits=splits), data)
    assert sum(fold.held_out["train"].astype(int) for fold in made).tolist() == [1] * len(ROWS)
    for fold in made:
        held_out = fold.held_out["train"]
        assert list(fold.held_out) == splits
        assert (fold.learnable["train"] == ~held_out).all()
        assert held_out[0] == held_out[-1], "equal words, other labels"
        assert fold.held_out.get("test", held_out[3:9]).tolist() == held_out[3:9].tolist(), "equal sentences"
        expected = ~held_out[:6] if "validation" in splits else np.ones(6, bool)
        assert fold.learnable["validation"].tolist() == expected.tolist()


def test_copies_of_a_repeated_source_are_labelled_once(tmp_path: Path) -> None:
    rows = [*ROWS, *((*row, f"1#2/train-{number}") for number, row in enumerate(ROWS))]
    data = write_tokenized(tmp_path / "data", {"train": rows, "validation": ROWS})
    for fold in folds_of(folding(3), data):
        of_first, of_copies = np.split(fold.held_out["train"], 2)
        assert of_first.any() and not of_copies.any()
        assert fold.learnable["train"].tolist() == [*~of_first, *~of_first], "a copy is not learnt, either"


def test_copies_of_a_repeated_document_are_held_out_with_it(tmp_path: Path) -> None:
    """Or a model would learn less of such a source than of others."""
    rows = [*ROWS[:-1], *((*row, f"1#2/train-{number}") for number, row in enumerate(ROWS[:-1]))]
    data = write_tokenized(tmp_path / "data", {"train": rows, "validation": ROWS})
    documents = [f"{reading}/d{number // 3}" for reading in ("1", "1#2") for number in range(18)]
    given = [{"words": row[0].split(), "document": document} for row, document in zip(rows, documents, strict=True)]
    raw_data.write(tmp_path / "raw", {"train": given, "validation": given[:19]}, [])
    for fold in folds_of(folding(2, group="document"), data, tmp_path / "raw"):
        assert fold.learnable["train"].tolist() == 2 * (~fold.held_out["train"][:18]).tolist()


def test_labels_of_test_do_not_change_the_division(data: Path, tmp_path: Path, raw: Path) -> None:
    """Nor what folds learn or label, so that they are not trained again."""
    written = {}
    for name, change in (("before", None), ("after", ("B-PER I-PER", "O B-PER"))):
        rows = [(words, labels.replace(*change)) if change else (words, labels) for words, labels in ROWS[3:9]]
        tests = write_tokenized(tmp_path / f"{name}-tests", {"test": rows})
        Division(folding_of(crossval(2), data, tests, raw), data, tests, raw).write(tmp_path / name)
        written[name] = [*snapshot(tmp_path / name).values()]
    assert written["before"] == written["after"]


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """ROWS in documents of three sentences, but the last sentence, which repeats the words of the first, in its own."""
    rows = [{"words": words.split(), "document": f"d{number // 3}"} for number, (words, _) in enumerate(ROWS)]
    raw_data.write(tmp_path / "raw", {"train": rows, "validation": rows[:6], "test": rows[3:9]}, [])
    write_hashes(tmp_path / "raw")
    return tmp_path / "raw"


def test_by_document_whole_documents_are_held_out_and_no_equal_sentence_is_learnt(data: Path, raw: Path) -> None:
    apart = set()
    for seed in range(20):
        fold = folds_of(folding(2, group="document", splits=["train", "test"], seed=seed), data, raw)[0]
        held_out, learnable = fold.held_out["train"], fold.learnable["train"]
        documents = held_out[:-1].reshape(-1, 3)
        assert (documents.all(axis=1) == documents.any(axis=1)).all()
        assert fold.held_out["test"].tolist() == held_out[3:9].tolist(), "the same document"
        # The last sentence, in its own document, repeats the words of the first one.
        expected = ~held_out
        expected[[0, -1]] = not (held_out[0] or held_out[-1])
        assert learnable.tolist() == expected.tolist()
        apart.add(held_out[0] != held_out[-1])
    assert apart == {True, False}


def test_folds_that_are_not_possible_are_errors(data: Path, tmp_path: Path) -> None:
    raw_data.write(tmp_path / "raw", {"train": [{"words": words.split()} for words, _ in ROWS]}, [])
    with pytest.raises(
        UserError, match=r"^crossval.group: document needs documents of several sentences, but .*/raw has"
    ):
        folds_of(folding(2, group="document"), data, tmp_path / "raw")
    few = write_tokenized(tmp_path / "few", {"train": [("one", "O")], "validation": [("one", "O")]})
    with pytest.raises(UserError, match=r"crossval/params.yaml: fold . of 2 has no sentence of train to hold out; exp"):
        folds_of(folding(2), few)


def test_cross_validation_holds_out_all_splits_and_documents_where_they_are_known(data: Path, raw: Path) -> None:
    by_document = folding_of(crossval(2), data, data.parent / TESTS, raw)
    assert (by_document.group, by_document.splits) == ("document", ["train", "validation", "test"])
    assert folding_of(crossval(2, "sentence"), data, RAW, RAW).group == "sentence"
    raw_data.write(raw.parent / "unknown", {"train": [{"words": words.split()} for words, _ in ROWS]}, [])
    write_hashes(raw.parent / "unknown")
    assert folding_of(crossval(2), data, RAW, raw.parent / "unknown").group == "sentence"


def crossval(folds: int, group: Literal["document", "sentence"] = "document") -> Crossval:
    return Crossval(folds=list(range(1, folds + 1)), group=group, seed=1)


NO_ENTITIES = [(f"word {number}", "O O") for number in range(30)]
IMPOSSIBLE = [
    (ROWS[:3], 5, "sentence of train"),
    (ROWS, 2, "sentence of train"),  # all in one document
    ([*NO_ENTITIES, *ROWS[:1]], 2, "entity"),
]


def test_validation_in_one_fold_is_an_error_before_any_training(tmp_path: Path) -> None:
    data = write_tokenized(tmp_path / "data", {"train": ROWS, "validation": ROWS[:1]})
    folding = folding_of(crossval(2, "sentence"), data, RAW, RAW)
    with pytest.raises(UserError, match=r"fold \d of 2 has no sentence to choose the epoch by; expected at least"):
        folds_of(folding, data)


@pytest.mark.parametrize(("rows", "folds", "lacking"), IMPOSSIBLE)
def test_division_fails_if_a_fold_holds_out_too_little(
    tmp_path: Path, rows: list[tuple[str, str]], folds: int, lacking: str
) -> None:
    data = write_tokenized(tmp_path / "data", {"train": rows, "validation": NO_ENTITIES})
    train = [{"words": words.split()} for words, _ in rows]
    if rows == ROWS:
        train = [row | {"document": "one"} for row in train]
    validation = [{"words": words.split()} for words, _ in NO_ENTITIES]
    raw_data.write(tmp_path / "raw", {"train": train, "validation": validation}, [])
    write_hashes(tmp_path / "raw")
    folding = folding_of(crossval(folds), data, RAW, tmp_path / "raw")
    message = (
        rf"^crossval/params.yaml: fold \d of {folds} has no {lacking} to hold out; expected at least one; use fewer "
        "folds or another seed(, or group: sentence)?$"
    )
    with pytest.raises(UserError, match=message):
        folds_of(folding, data, tmp_path / "raw")


def test_data_of_a_fold_are_its_sentences_with_their_windows(data: Path, tmp_path: Path) -> None:
    fold = folds_of(folding(2, splits=["train", "test"]), data)[0]
    target = tmp_path / "fold"
    folds.write_data(fold, target)
    assert tokenized.load_labels(target) == LABELS
    assert folds.splits_held_out(target) == ["train", "test"]
    parts = {"train": ("train", fold.learnable["train"]), "validation": ("validation", fold.learnable["validation"])}
    parts |= {folds.held_out_name(split): (split, mask) for split, mask in fold.held_out.items()}
    for name, (split, mask) in parts.items():
        folder = data.parent / TESTS if split == "test" else data
        whole, part = tokenized.load_split(folder, split), tokenized.load_split(target, name)
        chosen = np.flatnonzero(mask)
        if split == "test":
            assert part.sentences["words"][:] == whole.sentences[chosen]["words"]
            assert {label for labels in part.sentences["labels"] for label in labels} == {-1}
            continue
        assert part.sentences[:] == whole.sentences[chosen]
        for new, old in enumerate(chosen.tolist()):
            copied, original = part.windows[part.windows_of(new)], whole.windows[whole.windows_of(old)]
            assert copied | {"sentence": original["sentence"]} == original
    part = tokenized.load_split(target, "train")
    assert tokenized.with_copies(part, target).windows.to_list() == 2 * part.windows.to_list()
    assert {path.name for path in (target / "windows").iterdir()} == {*parts, tokenized.LOWERCASE}
