"""Fixed and broken entities, each with the words around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tagline.labels.entities import Entity
from tagline.tools.comparison.changes import Change
from tagline.tools.comparison.splits import Compared
from tagline.tools.comparison.styles import Terminal

# Words shown on each side of an entity.
CONTEXT = 15


def excerpts(split: Compared, style: Terminal, most: int | None) -> Iterator[str]:
    """Render the fixed entities, then the broken ones.

    Args:
        split: the comparison of a split.
        style: the markup.
        most: maximum number of each; None: all.
    """
    for direction in ("fixed", "broken"):
        changes = [change for change in split.changes if change.direction == direction]
        items = [_excerpt(change, split, style) for change in changes[:most]]
        if len(items) < len(changes):
            items.append(style.more(f"{len(changes) - len(items)} more: --all"))
        yield style.fold(_title(split, direction, changes), items)


def _title(split: Compared, direction: str, changes: Sequence[Change]) -> str:
    if split.kind == "tags":
        return f"{split.split}: {_counted(len(changes), 'word', 'words')} {direction}"
    count = sum(change.false_positive for change in changes)
    entities = _counted(len(changes) - count, "entity", "entities")
    if direction == "fixed":
        return f"{split.split}: {entities} fixed, {_counted(count, 'false positive', 'false positives')} fixed"
    return f"{split.split}: {entities} broken, {_counted(count, 'new false positive', 'new false positives')}"


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _excerpt(change: Change, split: Compared, style: Terminal) -> str:
    sentence = split.sentences[change.sentence]
    words = sentence.words
    if change.false_positive:
        what = "false positive fixed" if change.direction == "fixed" else "new false positive"
    else:
        instead = ", ".join(_name(other, words, style) for other in change.instead) or "nothing"
        what = f"{'before' if change.direction == 'fixed' else 'now'}: {instead}"
    head = f"{style.quote(style.safe(sentence.id))}  {_name(change.entity, words, style)}, {what}"
    return style.excerpt(head, style.quote(_sentence(change.entity, words, style)))


def _name(entity: Entity, words: Sequence[str], style: Terminal) -> str:
    return style.quote(f"{style.safe(entity.type)} {_text(words[entity.start : entity.end], style)}")


def _sentence(entity: Entity, words: Sequence[str], style: Terminal) -> str:
    first, last = max(0, entity.start - CONTEXT), entity.end + CONTEXT
    parts = [
        "..." if first else "",
        _text(words[first : entity.start], style),
        style.mark(_text(words[entity.start : entity.end], style)),
        _text(words[entity.end : last], style),
        "..." if last < len(words) else "",
    ]
    return " ".join(filter(None, parts))


def _text(words: Sequence[str], style: Terminal) -> str:
    return " ".join(map(style.safe, words))
