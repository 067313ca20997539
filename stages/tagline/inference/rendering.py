"""Texts with their entities as HTML, for notebooks and web pages."""

from collections.abc import Iterable
from html import escape

from tagline.inference.documents import Mention
from tagline.labels.type_grounds import of_types, web_color


class Rendered(str):
    """HTML, which a notebook shows as such."""

    def _repr_html_(self) -> str:
        return self


def render(text: str, mentions: Iterable[Mention], types: Iterable[str] = ()) -> Rendered:
    """Mark the entities of a text; of those that overlap, the first and longest.

    Args:
        types: `Tagger.types`, for the colours of its pages; without, those that occur, in alphabetical order.
    """
    ordered = sorted(mentions, key=lambda mention: (mention.start, -mention.end))
    grounds = of_types([*types, *sorted(mention.type for mention in ordered)])
    html = ""
    end = 0
    for mention in ordered:
        if mention.start < end:
            continue
        style = f"background: {web_color(grounds[mention.type])}; color: #000; border-radius: 3px; padding: 0.1em 0.3em"
        marked = escape(text[mention.start : mention.end])
        html += escape(text[end : mention.start])
        html += f'<mark style="{style}">{marked} <b>{escape(mention.type)}</b></mark>'
        end = mention.end
    return Rendered(f'<p dir="auto" style="white-space: pre-wrap">{html}{escape(text[end:])}</p>')
