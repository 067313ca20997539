"""The tagger: an exported model that labels texts, word lists and streams of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import chain, pairwise
from pathlib import Path
from threading import Lock
from typing import cast, overload

import numpy as np
import numpy.typing as npt

from tagline.artifacts import exported
from tagline.artifacts.exported import BackendName
from tagline.core.errors import require
from tagline.inference.documents import Document
from tagline.inference.mentions import Mention, mentions
from tagline.inference.opening import opened
from tagline.labels.tagged import TaggedSentence, tagged_sentences
from tagline.model.heads import make_head
from tagline.model.prediction import Predictor
from tagline.tokenization import subwords
from tagline.tokenization.subword_windows import WindowCutter

# Words that are labelled together, in batches of like length: of a stream the first few soon, then more and more.
FIRST_WORDS, MOST_WORDS = 2**9, 2**15


class Tagger:
    """Labels texts by an exported model.

        >>> tagger = Tagger("models/export")
        >>> tagger("Ada Lind lives in Oslo.")
        [Mention(type='PER', text='Ada Lind', start=0, end=8, score=0.98), Mention(type='LOC', text='Oslo', ...)]

    A list of texts gives a list of such lists, and is faster than one text after the other. Text that is cut into words
    already goes to `words`, more than memory holds to `stream`.

    Long texts become overlapping windows; nothing is cut off. Several threads may ask at once.

    Args:
        folder: what the stage export wrote.
        backend: onnx-int8, onnx or torch, if the folder has that form; None: the first of these that it has. Only
            torch imports PyTorch, which takes seconds.
        subwords_per_batch: most sub-words of a forward pass, padding included; None: what suits the host.

    Attributes:
        labels: the model's labels (`tagline.labels.label_list.Labels`).
        backend: the name of the one that is used.

    Raises:
        UserError: the folder or its form for the backend is missing or damaged. The message says which.
    """

    def __init__(
        self,
        folder: str | Path = "models/export",
        backend: BackendName | None = None,
        subwords_per_batch: int | None = None,
    ) -> None:
        path = Path(folder)
        about = exported.read(path)
        require(path / subwords.TOKENIZER_FILE, "export")
        tokenizer, _ = subwords.load(path, "export")
        self._cutter = WindowCutter(tokenizer, about.one_by_one, about.max_length, about.stride)
        self._cutting = Lock()
        with ExitStack() as opening:  # an exception ends the threads
            model = opening.enter_context(opened(path, about, backend))
            self.backend, self.labels = model.name, about.labels
            self._predictor = Predictor(
                model.backend,
                make_head(about.head, about.labels, about.decoding),
                about.labels,
                subwords_per_batch or model.subwords_per_batch,
                model.workers,
            )
            self._open = opening.pop_all()

    @overload
    def __call__(self, texts: str) -> list[Mention]: ...
    @overload
    def __call__(self, texts: list[str]) -> list[list[Mention]]: ...
    def __call__(self, texts: str | list[str]) -> list[Mention] | list[list[Mention]]:
        """What the model finds in a text, or in each of several.

        Offsets count code points, as Python does: ``text[mention.start : mention.end] == mention.text``.

        Raises:
            UserError: a text can't be encoded (see `Document`), the model's answer is not finite, or memory is too small.
                The tagger can be asked again after this and any other exception. So it is of all its methods.
        """
        if isinstance(texts, str):
            return self._all([Document.of_text(texts)])[0]
        return self._all(Document.of_text(text, f"texts[{number}]") for number, text in enumerate(texts))

    @overload
    def words(self, sentences: list[str]) -> list[Mention]: ...
    @overload
    def words(self, sentences: list[list[str]]) -> list[list[Mention]]: ...
    def words(self, sentences: Sequence[str] | Sequence[Sequence[str]]) -> list[Mention] | list[list[Mention]]:
        """What the model finds in a sentence that comes as words, or in each of several.

        Offsets count words: ``words[mention.start : mention.end]`` are those of the entity.
        """
        if isinstance(sentences, str):
            raise TypeError("expected a list of words, got a text, which the tagger itself takes")
        if sentences and isinstance(sentences[0], str):
            return self._all([Document.of_words(cast("Sequence[str]", sentences))])[0]
        named = ((words, f"sentences[{number}]") for number, words in enumerate(sentences))
        return self._all(Document.of_words(words, place) for words, place in named)

    def stream(self, documents: Iterable[str | Sequence[str]]) -> Iterator[list[Mention]]:
        """What the model finds in one document after the other, in their order, while they are read.

        Args:
            documents: texts and lists of words, as many as there are; some thousand are held at a time.
        """
        named = ((each, f"documents[{number}]") for number, each in enumerate(documents))
        made = (
            Document.of_text(each, place) if isinstance(each, str) else Document.of_words(each, place)
            for each, place in named
        )
        for tagged in self.tag_stream(made):
            yield from (mentions(*pair) for pair in tagged)

    def tag_stream(self, documents: Iterable[Document]) -> Iterator[list[tuple[Document, TaggedSentence]]]:
        """Label documents in their order, yielding each with its labels and scores, some of them at a time."""
        for part in _parts(documents, FIRST_WORDS):
            yield list(zip(part, self.tag(part), strict=True))

    def tag(self, documents: Sequence[Document]) -> list[TaggedSentence]:
        """Label some documents, all of which are in memory at once."""
        lengths = [len(document.words) for document in documents]
        words = list(chain.from_iterable(document.words for document in documents))
        distinct = {word: index for index, word in enumerate(dict.fromkeys(words))}
        index = np.fromiter(map(distinct.__getitem__, words), dtype=np.int64, count=len(words))
        with self._cutting:  # it keeps the words that it has met
            made = self._cutter.cut(list(distinct), index, np.cumsum(lengths, dtype=np.int64))
        found = self._predictor.predict(
            lengths, made.sentence.tolist(), _rows(made.ids, made.offsets), _rows(made.word_ids, made.offsets)
        )
        names, texts = ([document.place for document in documents], [document.words for document in documents])
        return list(tagged_sentences(self.labels, lengths, found.labels, found.scores, ids=names, words=texts))

    def close(self) -> None:
        """End the tagger's threads now, not when the program ends."""
        self._open.close()

    def __enter__(self) -> Tagger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _all(self, documents: Iterable[Document]) -> list[list[Mention]]:
        parts = _parts(documents, MOST_WORDS)
        return [mentions(*pair) for part in parts for pair in zip(part, self.tag(part), strict=True)]


def _parts(documents: Iterable[Document], most: int) -> Iterator[list[Document]]:
    """Documents as they come, at first so many words together, later so many that sorting gains nothing from more."""
    part: list[Document] = []
    size = 0
    for document in documents:
        part.append(document)
        size += 1 + len(document.words)  # 1: documents without words are held too
        if size >= most:
            yield part
            part, size, most = [], 0, min(2 * most, MOST_WORDS)
    if part:
        yield part


def _rows(values: npt.NDArray[np.int32], offsets: npt.NDArray[np.int32]) -> list[list[int]]:
    flat = values.tolist()
    borders = offsets.tolist()
    return [flat[begin:end] for begin, end in pairwise(borders)]
