"""The tagger: labels texts, word lists and streams of them with an exported model."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from difflib import get_close_matches
from itertools import chain, count
from pathlib import Path
from threading import Lock
from typing import Self, cast, overload
from weakref import finalize

import numpy as np
import numpy.typing as npt

from tagline.artifacts import exported
from tagline.artifacts.exported import Exported
from tagline.core import TOKENIZER_FILE, BackendName, require
from tagline.inference.documents import Document, Mention, Splitter, mentions
from tagline.inference.opening import chosen_backend, opened
from tagline.labels import Labels, TaggedSentence, TaggedSentences
from tagline.model.heads import load_head
from tagline.model.prediction import Predictor, Progress
from tagline.terminal import UserError, quoted
from tagline.text import sentences as sentence_rules
from tagline.text import subwords
from tagline.text.languages import LEAST_AGREEMENT, library_version, splitter
from tagline.text.subword_windows import WindowCutter

Observer = Callable[[TaggedSentences], object]
"""Called with the labelled documents of each call of `Tagger.tag`, and the windows that the model read."""
# Words that are labelled together, in batches of similar length. A stream starts with few, for an early first result.
FIRST_WORDS = 2**9
MOST_WORDS = 2**15
# The most types that a message names.
NAMED = 10


class Tagger:
    """Finds entities in text with an exported model.

        >>> tagger = Tagger("models/export")
        >>> tagger("Ada Lind lives in Oslo.")
        [Mention(type='PER', text='Ada Lind', start=0, end=8, score=0.98), Mention(type='LOC', text='Oslo', ...)]

    A list of texts gives a list of such lists, and is faster than one call per text. Use `words` for text that is
    already split into words, and `stream` for more than fits in memory.

    Long texts become overlapping windows; nothing is truncated. Several threads may use one tagger, but not a forked
    process: threads do not survive a fork, so it raises a `UserError` there.

    Args:
        folder: the output of the stage export.
        backend: onnx-int8, onnx or torch; None: the first of these that the folder has. Only torch imports PyTorch,
            which takes seconds.
        subwords_per_batch: maximum number of sub-words per forward pass, padding included; None: a default for the
            device.
        verify: compare the backend's files with hashes.json, or weights with the hashes in the graph.
        split_sentences: whether texts are split into sentences; None: as in training. Lists of words never are.
        types: the entity types to report; None: all. Labels are chosen among all, and other entities left out.

    Attributes:
        rule: how raw text is split: the language, and whether into sentences.
        accept: the lowest score of entities of a type whose precision is promised; empty: none is.
        reference: from which the scores of texts are estimated (`tagline estimate`); empty: they can't be.
        observe: an `Observer`, called in the thread that labels.

    Raises:
        UserError: the folder, or its files for the backend, are missing or damaged.
    """

    def __init__(
        self,
        folder: str | Path = "models/export",
        backend: BackendName | None = None,
        subwords_per_batch: int | None = None,
        verify: bool = True,
        split_sentences: bool | None = None,
        types: Sequence[str] | None = None,
    ) -> None:
        self.folder = Path(folder)
        self._process = os.getpid()
        self._description = exported.read(self.folder)
        self.backend = chosen_backend(self.folder, backend)
        self.labels = self._description.labels
        self._types = self.labels.types if types is None else list(types)
        self.accept = self._description.accept
        self.reference = self._description.reference
        self.observe: Observer | None = None
        self._subwords_per_batch = subwords_per_batch
        self._split: Splitter | None = None
        self._split_sentences = self._description.sentences.split if split_sentences is None else split_sentences
        self.rule = (self._description.words.language, self._split_sentences)
        self._lock = Lock()
        exported.verify(self.folder, exported.hashes(self.folder) if verify else {}, self.backend)
        self._load(self.folder, verify)

    def _load(self, folder: Path, verify: bool) -> None:
        description = self._description
        require(folder / TOKENIZER_FILE, "export")
        tokenizer, _ = subwords.load(folder, "export")
        self._cutter = WindowCutter(
            tokenizer,
            description.one_by_one,
            description.max_length,
            description.stride,
            description.lowercase,
        )
        head = load_head(folder, description.labels, "export")
        if head.name != description.head:
            raise UserError(
                f"{folder}: tagger.json is of the head {description.head}, the weights are of {head.name}; run "
                "`dvc repro export` again"
            )
        with ExitStack() as stack:  # ends the threads after an exception
            model = stack.enter_context(opened(folder, description, self.backend, verify))
            self._predictor = Predictor(
                model.backend,
                head,
                description.labels,
                self._subwords_per_batch or model.subwords_per_batch,
                model.workers,
                description.biases,
                description.calibration,
                self._left_out(),
            )
            # A program that ends without `close` ends the threads before Python takes its modules apart.
            self._finalizer = finalize(self, _end_threads, stack.pop_all(), self._process)

    def _left_out(self) -> list[str]:
        """The types whose entities are left out; they still compete for the words."""
        known = self.labels.types
        if self.labels.kind == "tags" and self._types != known:
            raise UserError(
                f"{self.folder}: types can't be chosen, since the model gives each word a tag; expected a model of "
                "entities; leave `types` out, and choose among the tags yourself"
            )
        for type_ in self._types:
            if type_ not in known:
                similar = get_close_matches(type_, known) or known[:NAMED]
                raise UserError(
                    f"{self.folder}: the model has no type {quoted(type_)}; expected some of its {len(known)}, such as "
                    f"{', '.join(similar)}"
                )
        return [type_ for type_ in known if type_ not in self._types]

    def _check_process(self) -> None:
        if os.getpid() != self._process:
            raise UserError(
                f"{self.folder}: this Tagger was opened before a fork, which its threads do not survive; expected one "
                "opened in this process; open it after the fork (gunicorn: without --preload; multiprocessing: in the "
                "initializer)"
            )

    @overload
    def __call__(self, texts: str) -> list[Mention]: ...
    @overload
    def __call__(self, texts: list[str]) -> list[list[Mention]]: ...
    def __call__(self, texts: str | list[str]) -> list[Mention] | list[list[Mention]]:
        """Find the entities of a text, or of each of several texts.

        Offsets count code points, like Python's indices: ``text[mention.start : mention.end] == mention.text``.

        Raises:
            UserError: a text can't be encoded (see `Document`), the model produces NaN or infinite logits, or memory is
                insufficient. The tagger stays usable after this and any other exception, also of other methods.
            TypeError: a text is not a string, for instance a missing value of a table.
        """
        if isinstance(texts, str):
            return self._all([self.document(texts)])[0]
        return self._all(self.document(text, f"texts[{index}]") for index, text in enumerate(texts))

    @overload
    def words(self, sentences: list[str]) -> list[Mention]: ...
    @overload
    def words(self, sentences: list[list[str]]) -> list[list[Mention]]: ...
    def words(self, sentences: Sequence[str] | Sequence[Sequence[str]]) -> list[Mention] | list[list[Mention]]:
        """Find the entities of a sentence given as words, or of each of several sentences.

        Offsets count words: ``words[mention.start : mention.end]`` are the words of the entity.
        """
        if isinstance(sentences, str):
            raise TypeError("expected a list of words, got a text; call the tagger itself for texts")
        if sentences and isinstance(sentences[0], str):
            return self._all([Document.of_words(cast("Sequence[str]", sentences))])[0]
        return self._all(Document.of_words(words, f"sentences[{index}]") for index, words in enumerate(sentences))

    def stream(self, documents: Iterable[str | Sequence[str]]) -> Iterator[list[Mention]]:
        """Find the entities of each document of a stream, in order, while it is read.

        Args:
            documents: texts and lists of words; up to 32,768 words are in memory at a time.
        """
        for part in self.tag_stream(map(self._document, count(), documents)):
            for document, tagged in part:
                yield mentions(document, tagged)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _document(self, index: int, given: str | Sequence[str]) -> Document:
        name = f"documents[{index}]"
        if isinstance(given, str):
            return self.document(given, name)
        return Document.of_words(given, name)

    def document(self, text: str, name: str = "") -> Document:
        """Split a raw text into words and sentences as the tagger does."""
        return Document.of_text(text, name, split=self.split, sentences=self.sentences)

    def _all(self, documents: Iterable[Document]) -> list[list[Mention]]:
        answers: list[list[Mention]] = []
        for part in _parts(documents, MOST_WORDS):
            answers += map(mentions, part, self.tag(part))
        return answers

    @property
    def types(self) -> list[str]:
        """The types of entities, or the tags, that it reports."""
        return self._types

    def split(self, text: str) -> list[sentence_rules.TextSpan]:
        """Split raw text into words as in training: start and end of each in code points.

        The first call warns if these are not the words that the model was trained on.

        Raises:
            UserError: the library that splits words of the model's language is not installed.
        """
        self._check_process()
        if self._split is None:
            self._split = splitter(self._description.words.language)
            for problem in _problems(self._description, self._split_sentences):
                warnings.warn(f"{self.folder}: {problem}", stacklevel=2)
        return self._split(text)

    def sentences(self, text: str) -> list[sentence_rules.TextSpan]:
        """Split raw text into sentences, if the tagger does: start and end of each in code points."""
        if not self._split_sentences:
            return [(0, len(text))]
        return sentence_rules.split_sentences(text, self._description.words.language)

    def tag_stream(self, documents: Iterable[Document]) -> Iterator[list[tuple[Document, TaggedSentence]]]:
        """Label a stream of documents in order, and yield some at a time, each with its labels."""
        for part in _parts(documents, FIRST_WORDS):
            yield list(zip(part, self.tag(part), strict=True))

    def tag(self, documents: Sequence[Document], progress: Progress = None) -> list[TaggedSentence]:
        """Label some documents at once; the answers of each do not depend on the others.

        Args:
            progress: called after each forward pass with its number of words; an exception from it ends the work.
        """
        self._check_process()
        sizes = [document.lengths() for document in documents]  # of the sentences of each
        lengths = np.array(list(chain.from_iterable(sizes)), dtype=np.int64)
        owners = np.repeat(np.arange(len(documents)), list(map(len, sizes)))  # the document of each sentence
        words = list(chain.from_iterable(document.words for document in documents))
        with self._lock:  # the cutter caches the sub-words of words
            windows, _ = self._cutter.cut_words(words, np.cumsum(lengths))
        predicted = self._predictor.predict(lengths, windows, progress=progress)
        tagged = TaggedSentences(
            self.labels,
            lengths=[len(document.words) for document in documents],
            predicted=_beginning_anew(predicted.labels, lengths, owners, self.labels),
            scores=predicted.scores,
            ids=[document.name for document in documents],
            words=[document.words for document in documents],
            accept=self.accept,
        )
        if self.observe is not None:
            self.observe(tagged)
        return list(tagged)

    def close(self) -> None:
        """End the tagger's threads."""
        self._finalizer()


def _end_threads(threads: ExitStack, process: int) -> None:
    if os.getpid() == process:  # a forked process has none of them
        threads.close()


def _beginning_anew(
    labels: npt.NDArray[np.int32], lengths: npt.NDArray[np.int64], documents: npt.NDArray[np.int64], names: Labels
) -> npt.NDArray[np.int32]:
    """Write I- at the beginning of a sentence as B-, so that it continues no entity of the sentence before it.

    Args:
        labels: ids, of the words of all sentences, which have at least one each.
        documents: of each sentence; their first sentences stay as they are.
    """
    if names.kind == "tags":
        return labels
    follows = np.flatnonzero(np.diff(documents, prepend=-1) == 0)
    starts = (np.cumsum(lengths) - lengths)[follows]
    begins = [names.label2id.get(f"B-{name[2:]}", index) for index, name in enumerate(names.names)]
    changed = labels.copy()
    changed[starts] = np.array(begins, dtype=np.int32)[labels[starts]]
    return changed


def _problems(description: Exported, split_sentences: bool) -> Iterator[str]:
    """Why the words and sentences of raw text may not be those of training."""
    library = description.sentences.library
    present = sentence_rules.library_version()
    if split_sentences and library not in (None, present):
        yield f"the training sentences were compared with those of {library}; {present} may find others"
    rule = description.words
    if rule.agreement < LEAST_AGREEMENT:
        yield (
            f"raw text is split differently than in training ({rule.agreement:.1%} agreement); "
            "pass lists of words, or set download.dataset.language and train again"
        )
    installed = library_version(rule.language)
    if installed != rule.library:
        yield f"the training words were split by {rule.library}; {installed} may split other words"


def _parts(documents: Iterable[Document], most: int) -> Iterator[list[Document]]:
    """Group documents, at first ``most`` words together, then twice as many each time, up to `MOST_WORDS`."""
    part: list[Document] = []
    size = 0
    for document in documents:
        part.append(document)
        size += 1 + len(document.words)  # 1: documents without words take memory too
        if size >= most:
            yield part
            part = []
            size = 0
            most = min(2 * most, MOST_WORDS)
    if part:
        yield part
