"""Excerpts: what was fixed and what was broken, with the words around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tagline.comparison.changes import Change
from tagline.comparison.splits import Compared
from tagline.comparison.styles import Terminal
from tagline.labels.entities import Entity

# Words that are shown on each side of an entity.
CONTEXT = 15


def excerpts(split: Compared, form: Terminal, most: int | None) -> Iterator[str]:
    """What was fixed, then what was broken.

    Args:
        split: what was found of a split.
        form: how it is set.
        most: how many of each are shown; None: all.
    """
    for direction in ("fixed", "broken"):
        found = [change for change in split.changes if change.direction == direction]
        false = sum(change.false for change in found)
        if split.kind == "spans":
            entities, others = (
                _counted(len(found) - false, "entity", "entities"),
                _counted(false, "false one", "false ones"),
            )
            title = f"{split.split}: {entities} {direction}, {others} {_fate(direction)}"
        else:
            title = f"{split.split}: {_counted(len(found), 'word', 'words')} {direction}"
        items = [_excerpt(change, split, form) for change in found[:most]]
        if len(items) < len(found):
            items.append(form.more(f"{len(found) - len(items)} more: --all"))
        yield form.fold(title, items)


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _fate(direction: str) -> str:
    return "gone" if direction == "fixed" else "new"


def _excerpt(change: Change, split: Compared, form: Terminal) -> str:
    sentence = split.sentences[change.sentence]
    words = sentence.words
    if change.false:
        told = f"a false one, {_fate(change.direction)}"
    else:
        instead = ", ".join(_name(other, words, form) for other in change.instead) or "nothing"
        told = f"{'before' if change.direction == 'fixed' else 'now'}: {instead}"
    head = f"{form.quote(form.safe(sentence.id))}  {_name(change.entity, words, form)}, {told}"
    return form.excerpt(head, form.quote(_sentence(change.entity, words, form)))


def _name(entity: Entity, words: Sequence[str], form: Terminal) -> str:
    return form.quote(f"{form.safe(entity.type)} {_text(words[entity.start : entity.end], form)}")


def _sentence(entity: Entity, words: Sequence[str], form: Terminal) -> str:
    first, last = max(0, entity.start - CONTEXT), entity.end + CONTEXT
    parts = [
        "..." if first else "",
        _text(words[first : entity.start], form),
        form.mark(_text(words[entity.start : entity.end], form)),
        _text(words[entity.end : last], form),
        "..." if last < len(words) else "",
    ]
    return " ".join(filter(None, parts))


def _text(words: Sequence[str], form: Terminal) -> str:
    return " ".join(map(form.safe, words))
