"""Labels words with onnxruntime and tokenizers alone: what another implementation of models/export has to do.

    python examples/onnxruntime_alone.py models/export

Compares its entities with those of conformance.jsonl, which has the words and sentences of each text. It does without
train.head: crf and plain tags.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from onnxruntime import InferenceSession
from tokenizers import Tokenizer

# Of words in capitals, as in STRAßE, McDONALD and MacDONALD.
STAYS_SMALL = re.compile(r"ß|(?<=\bM)a?c(?=[A-Z]{2})")


class Model:
    def __init__(self, folder: Path) -> None:
        if not (folder / "tagger.json").is_file():
            sys.exit(f"{folder}: not an exported model, which has a tagger.json; give its folder as argument")
        self.about = json.loads((folder / "tagger.json").read_text(encoding="utf-8"))
        version, head, kind = map(self.about.get, ("version", "head", "kind"))
        if (version, head, kind) != (1, "linear", "spans") or "calibration" not in self.about:
            sys.exit(f"tagger.json: version {version}, {head}, {kind}; not implemented here")
        self.names = self.about["names"]
        self.session = InferenceSession(folder / "onnx/model_quantized.onnx")
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        ids = self.tokenizer.encode("a").ids
        self.before, self.after = ids[:1], ids[-1:]  # special tokens

    def entities(self, words: list[str]) -> Iterator[tuple[str, int, int, float]]:
        """The type, first word, last word and score of each entity of a sentence."""
        scores = self.log_probabilities(words)
        label_ids = self.decode(scores)
        labels = [self.names[index] for index in label_ids]
        probabilities = np.exp(scores) * np.isfinite(scores).all(1, keepdims=True)  # 0 without sub-words
        groups: list[list[int]] = []
        for word, label in enumerate(labels):
            if label[0] == "B" or (label != "O" and (word == 0 or labels[word - 1][2:] != label[2:])):
                groups.append([])
            if label != "O":
                groups[-1].append(word)
        for group in groups:
            kind, after = labels[group[0]][2:], group[-1] + 1
            lowest = [probabilities[word, label_ids[word]] for word in group]
            if after < len(words) and f"I-{kind}" in self.names:  # the next word does not continue it
                lowest.append(1 - probabilities[after, self.names.index(f"I-{kind}")])
            yield kind, group[0], group[-1], self.calibrated(min(lowest))

    def calibrated(self, probability: float) -> float:
        """The share of entities with this lowest probability that are right, if evaluate could calibrate it."""
        curve = self.about["calibration"].get("entities")
        if curve is None:
            return probability
        probability = min(max(probability, 1e-7), 1 - 1e-7)
        return float(np.interp(np.log(probability / (1 - probability)), *zip(*curve, strict=True)))

    def log_probabilities(self, words: list[str]) -> np.ndarray:
        """Those of each word's first sub-word (words, labels); a word without sub-words gets the fallback label."""
        scores = np.full((len(words), len(self.names)), -np.inf)
        scores[:, self.names.index(self.about["fallback"])] = 0
        context = np.full(len(words), -1.0)
        for ids, first, last, at in self.windows(words):
            inputs = np.array([[*self.before, *ids, *self.after]])
            (logits,) = self.session.run(None, {"input_ids": inputs, "attention_mask": np.ones_like(inputs)})
            for word, position in at.items():
                # Of several windows with a word, the one with most sub-words on both sides of its first one.
                left, right = position if first else np.inf, len(ids) - 1 - position if last < len(words) else np.inf
                if min(left, right) > context[word]:
                    row = logits[0, len(self.before) + position].astype(np.float64)
                    context[word], scores[word] = min(left, right), row - np.logaddexp.reduce(row)
        return scores

    def windows(self, words: list[str]) -> Iterator[tuple[list[int], int, int, dict[int, int]]]:
        """The sub-words of each window, its words from first to last, and where the sub-words of each word begin."""
        room = self.about["max_length"] - len(self.before) - len(self.after)
        pieces: list[list[int]] = [[] for _ in words]
        encoding = self.tokenizer.encode(self.as_read(words), is_pretokenized=True, add_special_tokens=False)
        for piece, word in zip(encoding.ids, encoding.word_ids, strict=True):
            pieces[word] = [*pieces[word], piece][:room]
        ends = np.cumsum([0, *map(len, pieces)])  # of words in sub-words; words 2 to 4 have ends[4] - ends[2]
        first = last = 0
        while last < len(words):
            last = int(np.searchsorted(ends, ends[first] + room, side="right")) - 1
            yield (
                [piece for word in pieces[first:last] for piece in word],
                first,
                last,
                {word: int(ends[word] - ends[first]) for word in range(first, last) if pieces[word]},
            )
            # The next window shares up to `stride` sub-words with this one, and has room for its first new word.
            new = ends[np.searchsorted(ends, ends[last], side="right")] - room if last < len(words) else 0
            first = int(np.searchsorted(ends, max(ends[last] - self.about["stride"], new)))

    def as_read(self, words: list[str]) -> list[str]:
        """With "lowercase", words in small letters if their capitals say nothing."""
        cased = [word for word in words if word.lower() != word.upper()]
        firsts = [next(each for each in word if each.lower() != each.upper()) for word in cased]
        capitals = [STAYS_SMALL.sub("", word) for word in cased]
        in_capitals = len(cased) >= 3 and all(word == word.upper() != word.lower() for word in capitals)
        is_title = len(cased) >= 5 and sum(first != first.lower() for first in firsts) >= 0.8 * len(cased)
        return [word.lower() for word in words] if self.about.get("lowercase") and (in_capitals or is_title) else words

    def decode(self, scores: np.ndarray) -> list[int]:
        """The best label of each word, or of spans the best sequence in which I-X follows B-X or I-X."""
        names, biases = self.names, self.about.get("biases", {})
        scores = scores + np.array([biases.get(name[2:], 0.0) for name in names])
        forbidden = np.array([[b[0] == "I" and a not in ("B" + b[1:], b) for b in names] for a in names])
        if self.about["kind"] == "tags":
            forbidden[:] = False
        else:
            scores[:1, [name[0] == "I" for name in names]] = -np.inf
        best, steps = scores[0], []
        for row in scores[1:]:
            paths = np.where(forbidden, -np.inf, best[:, None])
            steps.append(paths.argmax(0))
            best = paths.max(0) + row
        path = [int(best.argmax())]
        for step in reversed(steps):
            path.insert(0, int(step[path[0]]))
        return path


def main(folder: Path) -> None:
    model = Model(folder)
    lines = (folder / "conformance.jsonl").read_text(encoding="utf-8").splitlines()
    for row in map(json.loads, lines):
        text, found = row["text"], []
        for spans in row["sentences"]:
            for kind, first, last, score in model.entities([text[start:end] for start, end in spans]):
                start, end = spans[first][0], spans[last][1]
                found.append({"type": kind, "text": text[start:end], "start": start, "end": end, "score": score})
        expected = row["entities"]
        same = [each | {"score": 0} for each in found] == [each | {"score": 0} for each in expected]
        near = all(abs(a["score"] - b["score"]) < 0.001 for a, b in zip(found, expected, strict=False))
        if not (same and near):
            sys.exit(f"{text!r}: {found}; expected {expected}")
    print(f"{len(lines)} texts: the same entities")


if __name__ == "__main__":
    main(Path(*sys.argv[1:] or ["models/export"]))
