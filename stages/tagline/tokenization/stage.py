"""The stage tokenize-align: data/tokenized and reports/data.json from data/raw and a tokenizer."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from tagline.artifacts import raw_data, tokenized
from tagline.artifacts.raw_data import RawData
from tagline.core import LEARNT, TOKENIZER_FILE, Findings, sha256, verify, write_hashes
from tagline.core.findings import LACKING, lacking_types
from tagline.labels import Labels, label_list, split_tag
from tagline.terminal import UserError, show, some
from tagline.text import subwords
from tagline.text.subword_windows import WindowCutter
from tagline.tokenization.split_findings import (
    Hashes,
    are_same,
    find_duplicates,
    find_in_tags,
)
from tagline.tokenization.split_writer import SplitWriter, WrittenSplit
from tagline.tokenization.tags import Tags, compare_types, read_column, read_tags, read_test, with_tests
from tagline.tokenization.tokenize_align_params import TokenizeAlign

# Sentences per split on which `subwords.one_by_one` and `subwords.distinguishes_case` are checked.
SAMPLED_SENTENCES = 20
# A split with a larger share of its sentences in train measures what was learnt by heart.
MOST_KNOWN = 0.5
# Labels that are printed.
NAMED = 20


def tokenize_align(raw: Path, tokenizer: Path, params: TokenizeAlign, target: Path, tests: Path) -> dict[str, Any]:
    """Write data/tokenized and, so that train does not depend on test sets, data/tokenized_tests.

    Args:
        tests: the folder of test and further test sets.

    Returns:
        The metrics of every split.

    Raises:
        UserError: an input is missing, damaged or does not match the params, or a limit is exceeded.
    """
    verify(raw, "download")
    verify(tokenizer, "download")
    data = raw_data.load(raw)
    check_task(data, params.tag_column)
    loaded = load_tokenizer(tokenizer, params.max_length)
    data, labels, tags = read_labels(data, params)
    for split in data.tests:
        column = read_column(data, params.tag_column, params.scheme, params.outside, [split])
        tags[split] = read_test(split, column, tags["train"], labels, params.scheme)
    labels_of_tests = with_tests(labels, [tags[split] for split in data.tests])
    for line in read_column(data, params.tag_column, params.scheme, params.outside, data.tests).case_variants():
        show(line)
    findings = {split: find_in_tags(split, tags) for split in tags}
    for split in findings:
        left_out = [*data.left_out(split)]
        findings[split].add("incomplete_sentences", len(left_out), left_out)
    show(f"{params.tag_column}: {len(labels.names)} labels: {some(labels.names, NAMED)}")

    writer = prepare_writer(data, labels, loaded, params, target)
    write_settings(writer, sha256(tokenizer / TOKENIZER_FILE))
    tests.mkdir()
    label_list.write(labels_of_tests, tests / "labels.json")
    writer_of_tests = replace(writer, labels=labels_of_tests, target=tests)

    metrics: dict[str, Any] = {}
    hashes: dict[str, Hashes] = {}
    for split in tags:
        writer_of_split = writer if split in LEARNT else writer_of_tests
        written = writer_of_split.write(split, tags[split], findings[split])
        hashes[split] = written.hashes
        if split != "train":
            find_duplicates(findings[split], data, split, hashes)
        metrics[split] = split_metrics(written, tags[split], findings[split], data.findings.get(split))
        if split in data.tests:
            metrics[split] |= _types_of_test(split, tags[split], labels)
        lines = [summary(split, params.tag_column, metrics[split]), *findings[split].lines()]
        if split == "test":
            lines += lines_of_lacking_types(tags, metrics)
        show("\n  ".join(lines))

    check_splits(raw, hashes, metrics)
    check_limits(raw, findings, params.limits)
    write_hashes(target)
    write_hashes(tests)
    return metrics


def check_task(data: RawData, task: str) -> None:
    if task not in data.tag_columns:
        raise UserError(
            f"{data.path}: no column {task!r} (tokenize_align.tag_column in params.yaml); expected one of "
            f"{', '.join(data.tag_columns)}"
        )


def read_labels(data: RawData, params: TokenizeAlign) -> tuple[RawData, Labels, dict[str, Tags]]:
    """Read the labels of the task, and the tags of train and validation; print respelled tags.

    Returns:
        The sentences of the task, its labels and tags.

    Raises:
        UserError: see `RawData.of_task`, `read_column` and `read_tags`.
    """
    data = data.of_task(params.tag_column)
    column = read_column(data, params.tag_column, params.scheme, params.outside)
    labels, tags = read_tags(column, params.scheme)
    respelled = [f"{tag} as {name}" for tag, name in tags["train"].column.respelled.items()]
    if respelled:
        show(f"column {column.name}: tags in another spelling; read {some(respelled)}")
    if data.annotated:  # only now the types are known that validation and test must be annotated for
        data = data.of_task(params.tag_column, labels.types)
        _, tags = read_tags(read_column(data, params.tag_column, params.scheme, params.outside), params.scheme)
    return data, labels, tags


def prepare_writer(
    data: RawData, labels: Labels, tokenizer: Tokenizer, params: TokenizeAlign, target: Path
) -> SplitWriter:
    one_by_one = is_one_by_one(tokenizer, data)
    share = effective_share(tokenizer, data, params.lowercase_share)
    cutter = WindowCutter(tokenizer, one_by_one, params.max_length, params.stride, lowercase=share > 0)
    return SplitWriter(labels, cutter, params.label_all_tokens, share, target)


def write_settings(writer: SplitWriter, tokenizer_sha256: str) -> None:
    """Write the labels and how windows are made, which later stages do alike."""
    writer.target.mkdir()
    label_list.write(writer.labels, writer.target / "labels.json")
    windowing = tokenized.Windowing(
        tokenizer_sha256=tokenizer_sha256,
        one_by_one=writer.cutter.one_by_one,
        label_all_tokens=writer.label_all_tokens,
        max_length=writer.cutter.max_length,
        stride=writer.cutter.stride,
        lowercase=writer.cutter.lowercase,
    )
    tokenized.write_windowing(windowing, writer.target)


def load_tokenizer(folder: Path, max_length: int) -> Tokenizer:
    """Load the tokenizer and check that its encoder reads windows of a length.

    Raises:
        UserError: see `subwords.load`, or the encoder's input is shorter.
    """
    tokenizer, longest = subwords.load(folder)
    if longest is not None and max_length > longest:
        raise UserError(
            f"tokenize_align.max_length is {max_length}, but the encoder reads at most {longest} sub-words; lower it "
            "in params.yaml"
        )
    return tokenizer


def is_one_by_one(tokenizer: Tokenizer, data: RawData) -> bool:
    """Check on some sentences whether words can be tokenised one by one, and print if not."""
    sentences = []
    for split in LEARNT:
        sentences += data.sample(split, SAMPLED_SENTENCES)
    one_by_one = subwords.one_by_one(tokenizer, sentences)
    if not one_by_one:
        print("the tokenizer splits a word depending on its neighbours: every sentence is tokenised, which is slower")
    return one_by_one


def effective_share(tokenizer: Tokenizer, data: RawData, share: float) -> float:
    """The param lowercase_share, or 0 if letter case makes no difference to the tokenizer."""
    if not share or subwords.distinguishes_case(tokenizer, data.sample("train", SAMPLED_SENTENCES)):
        return share
    show("the tokenizer reads words of train alike in any letter case, so tokenize_align.lowercase_share has no effect")
    return 0.0


def lines_of_lacking_types(tags: Mapping[str, Tags], metrics: Mapping[str, Any]) -> list[str]:
    """What to do if test seems not to be annotated for some types."""
    train, test = (_entities_by_type(tags[split]) for split in ("train", "test"))
    lacking = lacking_types(train, test, metrics["test"]["sentences"] / metrics["train"]["sentences"])
    return [LACKING.format(split="test", types=some(lacking))] if lacking else []


def _entities_by_type(tags: Tags) -> Counter[str]:
    """Entities of each type; none of plain tags."""
    numbers = Counter[str]()
    for label, count in tags.counts.items():
        prefix, type_ = split_tag(label)
        if tags.scheme != "tags" and prefix == "B":
            numbers[type_] += count
    return numbers


def _types_of_test(split: str, tags: Tags, labels: Labels) -> dict[str, Any]:
    """The entry of a test set about its types, if any.

    Raises:
        UserError: no type of the task is annotated in all sentences of a further test set.
    """
    types = compare_types(tags, labels)
    # Test is annotated as train is: a predicted type that it lacks is an error. Those that a further test set lacks are
    # left out of its scores, unless they are plain tags, of which each word has one.
    if split == "test" or labels.kind == "tags":
        types["lacking"] = []
        return {"types": types} if types["foreign"] else {}
    annotated = tags.column.raw.annotated_types(split)
    if annotated:  # then an annotated type without an entity is not left out: each that a model finds is wrong
        of_all = set.intersection(*map(set, annotated))
        types["shared"] = sorted(of_all.intersection(labels.types))
        types["lacking"] = sorted({*labels.types, *types["foreign"]} - of_all)
        types["foreign"] = sorted(of_all.intersection(types["foreign"]))
        if not types["shared"]:
            raise UserError(
                f"{tags.column.raw.path}: not all sentences of {split} are annotated for any type of {labels.task} "
                f"({', '.join(labels.types)}); expected at least one; see download.dataset.tests in params.yaml"
            )
    return {"types": types}


def check_splits(raw: Path, hashes: Mapping[str, Hashes], metrics: Mapping[str, Any]) -> None:
    """Check that validation and test differ, and that all but train have something new to score.

    Raises:
        UserError: they do not.
    """
    for split in metrics:
        if split != "train" and metrics[split]["duplicate_sentences"] > MOST_KNOWN * metrics[split]["sentences"]:
            raise UserError(
                f"{raw}: {metrics[split]['duplicate_sentences']:,} of {metrics[split]['sentences']:,} sentences of "
                f"{split} are also in train, so that its scores say nothing of other texts; expected at most half; "
                "choose other files, or leave these sentences out of train; see download.dataset in params.yaml"
            )
    if "test" in hashes and are_same(hashes["validation"], hashes["test"]):
        raise UserError(
            f"{raw}: the same data in validation and test: all sentences of one are in the other; expected different "
            "ones; see download.dataset in params.yaml"
        )
    for split in metrics:
        if split not in LEARNT and metrics[split]["no_entities"]:
            raise UserError(
                f"{raw}: {split} has no entity, so that its F1 is always 0, as with masked labels; expected annotated "
                "sentences; choose another file, or leave this one out; see download.dataset in params.yaml"
            )


def check_limits(raw: Path, findings: Mapping[str, Findings], limits: Mapping[str, int | None]) -> None:
    lines = []
    for split in findings:
        lines += [f"{split}: {line}" for line in findings[split].over(limits)]
    if lines:
        raise UserError(
            "\n  ".join([f"{raw}: limits in params.yaml are exceeded; correct the data or raise them:", *lines])
        )


def split_metrics(
    written: WrittenSplit, tags: Tags, findings: Findings, source: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The part of reports/data.json about a split.

    Args:
        source: what the stage download found in it.
    """
    metrics: dict[str, Any] = {**written.sizes, "scheme": tags.scheme}
    if tags.column.respelled:
        metrics["respelled"] = tags.column.respelled
    metrics |= {"labels": written.labels, **findings.counts}
    if tags.split == "train":
        del metrics["unseen_labels"], metrics["duplicate_sentences"]  # both compare a split with train
    if source is not None:
        metrics["source"] = source
    return metrics


def summary(split: str, task: str, metrics: dict[str, Any]) -> str:
    """A line about the size of a split and its label scheme."""
    sizes = ", ".join(f"{metrics[size]:,} {size}" for size in ("sentences", "words", "windows"))
    if metrics.get("lowercase_windows"):
        sizes += f" and {metrics['lowercase_windows']:,} of copies in small letters"
    match metrics["scheme"]:
        case "tags":
            scheme = "plain tags"
        case "IOB2":
            scheme = "IOB2"
        case other:
            scheme = f"{other}, converted to IOB2"
    return f"{split}: {sizes}; {task} is in {scheme}"
