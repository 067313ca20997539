"""Data sets in files: the files of each split, their sentences, and splits drawn from train."""

import glob
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

from tqdm import tqdm

from tagline.artifacts.raw_data import COPY, with_further
from tagline.core import FURTHER, OF_SENTENCES, SPLITS, Findings, sha256
from tagline.sources.formats.base import Files, leads_out
from tagline.sources.formats.keys import UnknownTag
from tagline.sources.formats.lines import UTF_8_REMEDY, read_lines
from tagline.sources.splitting import TRAIN, Draws, Tag, draw, moves, split_of
from tagline.sources.tag_names import EntityCounts, entity_marks
from tagline.terminal import QUOTED, UserError, printable, quoted, shortened
from tagline.text.languages import splitter
from tagline.text.sentence import Sentence
from tagline.text.sentences import ends_among, split_sentences

UNLABELLED = "unlabelled"
# The ids that `raw_data.write` gives.
GENERATED_ID = re.compile(rf"({'|'.join(SPLITS)}|{re.escape(FURTHER)}[\w-]+)-\d+")


class NothingDrawn(UserError):
    """A split without a file gets no sentence of train."""


class FileSource:
    """A data set in files.

    Args:
        folder: ``download.folder``.
        counted: kinds of notes beside those of the schema, and their meaning.

    Raises:
        UserError: a split's file is missing or a folder, or its pattern matches no file.
    """

    def __init__(self, folder: Path, dataset: Files, counted: Mapping[str, str] = OF_SENTENCES) -> None:
        self.folder = folder
        self.dataset = dataset
        self.paths = {
            split: find(folder, pattern, _named_by(split), dataset.folders)
            for split, pattern in dataset.patterns.items()
        }
        self.files = {split: self._files(split, paths) for split, paths in self.paths.items()}
        self._check_annotated()
        self.texts = find(folder, dataset.unlabelled, _named_by(UNLABELLED)) if dataset.unlabelled else []
        for split, paths in self.files.items():
            common = set(self.texts) & set(paths)
            if common:
                raise UserError(
                    f"{min(common)}: a file of {split}, not of texts without labels; {_named_by(UNLABELLED)}"
                )
        self.counted = counted
        self.names = with_further(self.paths)
        self._begin()

    def _begin(self) -> None:
        self.without_labels = 0
        self.findings = {split: Findings({**self.dataset.meanings, **self.counted}) for split in self.names}

    def sentences(self) -> Iterator[tuple[str, Sentence]]:
        """Read the sentences that have words, each with its split; findings are those of this reading.

        Raises:
            UserError: a file is malformed, an id is in a split twice, or a drawn split gets no sentence.
        """
        self._begin()
        for split in self.paths:
            if split == TRAIN and self.dataset.split:
                yield from self._drawn(self.dataset.split.seed)
                continue
            for sentence in self._counted(split, self._sentences(split)):
                yield split, sentence
            if not self.findings[split].sentences:
                left_out = "; ".join(self.findings[split].lines())
                raise UserError(f"{self.folder / self.dataset.patterns[split]}: no sentence is left: {left_out}")

    def unlabelled(self, tag_columns: Sequence[str], whole: bool) -> Iterator[Sentence]:
        """Read the unlabelled texts as sentences for train; if `whole`, each text is one.

        Raises:
            UserError: see `read_texts`; or the texts have no word.
        """
        for path in self.texts:
            name = path.relative_to(self.folder).as_posix()
            for sentence in read_texts(path, name, self.dataset.language, tag_columns, whole):
                self.without_labels += 1
                yield sentence
        if self.texts and not self.without_labels:
            raise UserError(f"{self.texts[0]}: no words; expected one text per line; {_named_by(UNLABELLED)}")

    def provenance(self) -> dict[str, Any]:
        """The files of each split with their hashes, how splits were drawn, and what was left out."""
        files = {split: self._hashed(paths) for split, paths in self.files.items()}
        provenance: dict[str, Any] = {"source": "files", "files": files}
        if self.dataset.split:
            provenance["drawn_from_train"] = {"seed": self.dataset.split.seed, **self.dataset.shares}
        if self.texts:
            files[UNLABELLED] = self._hashed(self.texts)
            provenance[UNLABELLED] = self.without_labels
        provenance["findings"] = {split: dict(self.findings[split].counts) for split in self.names}
        return provenance

    def _hashed(self, paths: Sequence[Path]) -> list[dict[str, str]]:
        return [{"path": path.relative_to(self.folder).as_posix(), "sha256": sha256(path)} for path in paths]

    def report(self) -> str:
        """What to print once all sentences are read.

        Raises:
            UserError: the params do not allow what was found.
        """
        lines = []
        if self.dataset.split and self._survey[0]:
            lines.append(
                "train is a single document, so its sentences were split at random; neighbouring sentences are "
                "similar, and scores may be optimistic"
            )
        if self.texts:
            lines.append(f"train: {self.without_labels:,} sentences of texts without labels")
        return "\n".join(filter(None, [*lines, self.dataset.report(self.findings)]))

    def _files(self, split: str, paths: Sequence[Path]) -> list[Path]:
        """All files of a split, each once and checked."""
        files = list(dict.fromkeys(chain.from_iterable(map(self.dataset.files, paths))))
        for file in files:
            inside(self.folder, file, _named_by(split))
            if not file.is_file():
                raise UserError(f"{file}: no such file; expected it beside the files of the split; {_named_by(split)}")
        return files

    def _check_annotated(self) -> None:
        """Check that each pattern of ``annotated_types`` matches a file."""
        read = [path.relative_to(self.folder) for path in chain.from_iterable(self.paths.values())]
        used = {self.dataset.annotated_by(file.as_posix()) for file in read}
        for pattern in self.dataset.annotated_types:
            if pattern not in used:
                raise UserError(
                    f"download.dataset.annotated_types: {pattern} matches no file that an earlier pattern has not "
                    f"matched already; expected one of {shortened(', '.join(map(str, read)), QUOTED)}, or a pattern; "
                    "correct it in params.yaml"
                )

    def _counted(self, split: str, sentences: Iterable[Sentence]) -> Iterator[Sentence]:
        """Yield the sentences with words, and count the notes of all."""
        findings = self.findings[split]
        for sentence in sentences:
            findings.add_notes(sentence.notes)
            findings.spans += sentence.spans
            if sentence.words:
                findings.add_sentence(sentence.words, sentence.location, sentence.tags)
                yield sentence

    @cached_property
    def _survey(self) -> tuple[bool, dict[int, str]]:
        """Whether train is one document, and the new splits of the documents that `moves` moves."""
        # Neighbouring sentences tell much about each other: only of one document are splits drawn by sentences.
        assert self.dataset.split is not None
        documents, sentences = (Draws(self.dataset.split.seed) for _ in range(2))
        counts = EntityCounts(self.dataset.unknown_tag if isinstance(self.dataset, UnknownTag) else None)
        for sentence in self._sentences(TRAIN):
            if not sentence.words:
                continue
            counts.add(TRAIN, sentence)
            tags = {(column, tag) for column, of_column in sentence.tags.items() for tag in of_column}
            documents.add(sentence.document, sentence.words, tags)
            if documents.is_one:
                sentences.add(None, sentence.words, tags)
        standard = {column: counts.standard(column) for column in self.dataset.tag_columns}

        def type_of(tag: Tag) -> str:
            column, name = tag
            ((begins, type_),) = entity_marks([standard[column].get(name)])
            return f"{column} {type_}" if begins else ""

        draws = sentences if documents.is_one else documents
        return documents.is_one, moves(draws.documents(type_of, self.dataset.shares), self.dataset.shares)

    def _drawn(self, seed: int) -> Iterator[tuple[str, Sentence]]:
        """Yield the sentences of train with the splits that they are drawn for."""
        is_one, moved = self._survey
        longest = 0
        train = self._sentences(TRAIN)
        for sentences in ([sentence] for sentence in train) if is_one else whole(train):
            number = draw([*chain.from_iterable(sentence.words for sentence in sentences)], seed)
            longest = max(longest, len(sentences))
            split = moved.get(number) or split_of(number, self.dataset.shares)
            for sentence in self._counted(split, sentences):
                yield split, sentence
        for split in SPLITS:
            if split in (TRAIN, *self.dataset.shares) and not self.findings[split].sentences:
                raise self._nothing_drawn(split, longest)

    def _nothing_drawn(self, split: str, longest: int) -> NothingDrawn:
        """The error of a split that gets no sentence; ``longest`` is the size of train's longest document."""
        location = str(self.folder / self.dataset.patterns[TRAIN])
        change = "reduce the shares" if split == TRAIN else "increase its share"
        message = f"{location}: no sentence was drawn for {split}"
        if longest > 1:
            message += f" (documents stay whole; the longest has {longest:,} sentences)"
        message += f"; {change} under download.dataset.split in params.yaml"
        if longest > 1 and "documents" in type(self.dataset).model_fields:
            message += ", set download.dataset.documents: none to draw sentences"
        if split != TRAIN:
            message += ", or name a file"
        return NothingDrawn(message)

    def _sentences(self, split: str) -> Iterator[Sentence]:
        """Yield the sentences of a split's files, sorted by name, and check ids and documents."""
        return consecutive(self._with_ids(split))

    def _with_ids(self, split: str) -> Iterator[Sentence]:
        """Yield the sentences of a split's files, name unnamed documents, and check the ids."""
        locations: dict[str, str] = {}
        without_id = ""
        for path in self.paths[split]:
            for sentence in self._with_documents(path):
                if not sentence.words:
                    pass  # only its notes count
                elif sentence.id is None:
                    without_id = without_id or sentence.location
                elif sentence.id in locations:
                    raise UserError(
                        f"{sentence.location}: id {quoted(sentence.id)} was already used at {locations[sentence.id]}; "
                        "ids must be unique within a split"
                    )
                else:
                    locations[sentence.id] = sentence.location
                yield sentence
        _check_ids(locations, without_id)

    def _with_documents(self, path: Path) -> Iterator[Sentence]:
        """Yield the sentences of a file with names of unnamed documents and the types annotated in it."""
        file = path.relative_to(self.folder).as_posix()
        types = self.dataset.annotated(file)
        for sentence in tqdm(self.dataset.read(path), desc=printable(path.name), unit=" sentences", disable=None):
            if isinstance(sentence.document, int):
                sentence = replace(sentence, document=f"{file}#{sentence.document}")
            if types:
                sentence = replace(sentence, annotated_types=types)
            yield sentence


def _check_ids(locations: Mapping[str, str], without_id: str) -> None:
    """Raise a `UserError` if an id looks like one of ours."""
    for id_, location in locations.items():
        if COPY.match(id_):
            raise UserError(
                f"{location}: id {quoted(id_)} looks like those of repeated sources, such as 1#2/train-5; expected "
                "another one"
            )
    for id_, location in locations.items():
        if without_id and GENERATED_ID.fullmatch(id_):
            raise UserError(
                f"{location}: id {quoted(id_)} looks like the ids generated for sentences without one, such as "
                f"{without_id}; give every sentence an id, or none"
            )


def find(folder: Path, pattern: str, named_by: str, folders: bool = False) -> list[Path]:
    """Find the files of a path or a glob pattern, sorted by name; or folders, if a format reads them.

    ``**`` in a pattern matches any number of folders, but no links to folders.

    Raises:
        UserError: there are none, or a link leads out of the folder; the message ends with ``named_by``.
    """
    path = folder / pattern
    if path.is_file() or (folders and path.is_dir()):
        return [inside(folder, path, named_by)]
    if path.is_dir():
        raise UserError(f"{path}: a folder; expected a file, or a pattern such as {pattern}/*; {named_by}")
    matches = _matches(folder, pattern)
    files = [match for match in matches if match.is_file()]
    if folders and not files:  # files first: `**` also matches the folders that they are in
        files = [match for match in matches if match.is_dir()]
    if not files and glob.has_magic(pattern):
        raise UserError(f"{path}: the pattern matches no file; {named_by}")
    if not files:
        raise UserError(f"{path}: no such file; {named_by}")
    return [inside(folder, file, named_by) for file in files]


def _named_by(split: str) -> str:
    return f"see download.dataset.{split} in params.yaml"


def _matches(folder: Path, pattern: str) -> list[Path]:
    """The paths that match a pattern, by name; hidden ones only if the pattern names one, as in a shell."""

    def names_hidden(inner: Path) -> bool:
        return any(name.startswith(".") for name in inner.parts)

    # Path.glob refuses `a**`, which is `a*`, and finds folders only by a last `**`, below which it follows no links.
    parts = [part if part == "**" else part.replace("**", "*") for part in Path(pattern).parts]
    if parts[-1] == "**":
        parts.append("*")
    matches = set(folder.glob("/".join(parts)))
    if not names_hidden(Path(pattern)):
        matches = {path for path in matches if not names_hidden(path.relative_to(folder))}
    return sorted(matches, key=str)


def inside(folder: Path, path: Path, named_by: str) -> Path:
    """Return a path unchanged if no link leads out of the folder.

    Raises:
        UserError: one does; the message ends with ``named_by``.
    """
    if leads_out(path, folder):
        raise UserError(
            f"{path}: this link leads out of {folder}; expected files inside the folder that download.folder names; "
            f"copy the target there, or remove the link; {named_by}"
        )
    return path


def consecutive(sentences: Iterable[Sentence]) -> Iterator[Sentence]:
    """Yield the sentences of a split unchanged; memory grows with its documents.

    Raises:
        UserError: others stand between those of a document.
    """
    locations: dict[str | int, str] = {}
    current: str | int | None = None
    for sentence in sentences:
        document = sentence.document
        if document is not None and document != current:
            if document in locations:
                raise UserError(
                    f"{sentence.location}: document {quoted(document)} began at {locations[document]}, but other "
                    "sentences stand between; expected the sentences of a document one after the other; sort them by "
                    "document, or give each document its own id"
                )
            locations[document] = sentence.location
        current = document
        yield sentence


def whole(sentences: Iterable[Sentence]) -> Iterator[list[Sentence]]:
    """Yield the sentences of each document together, those without one by themselves."""
    document: str | int | None = None
    group: list[Sentence] = []
    for sentence in sentences:
        if group and (sentence.document is None or sentence.document != document):
            yield group
            group = []
        document = sentence.document
        group.append(sentence)
    if group:
        yield group


def read_texts(
    path: Path, name: str, language: str | None, tag_columns: Sequence[str], whole: bool
) -> Iterator[Sentence]:
    """Read a file of one text per line, each a document, as sentences of words.

    Args:
        path: UTF-8; lines of white space only are skipped.
        language: ``download.dataset.language``.

    Raises:
        UserError: the file is not UTF-8.
    """
    split_words = splitter(language)
    lines = read_lines(path, remedy=UTF_8_REMEDY)
    for number, text in tqdm(lines, desc=printable(path.name), unit=" texts", disable=None):
        spans = split_words(text)
        words = [text[start:end] for start, end in spans]
        sentences = [(0, len(text))] if whole else split_sentences(text, language)
        ends = ends_among(spans, sentences) if words else []
        for index, (begin, end) in enumerate(pairwise([0, *ends]), 1):
            yield Sentence(
                f"{path}:{number}",
                words[begin:end],
                {column: [None] * (end - begin) for column in tag_columns},
                id=f"{name}:{number}-{index}",
                document=f"{name}#{number}",
            )
