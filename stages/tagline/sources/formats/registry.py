"""The formats that ``download.dataset`` can have."""

from typing import TYPE_CHECKING, Annotated, Any, Union

from pydantic import Field

from tagline.core import SPLITS
from tagline.sources.formats import (
    brat,
    conll,
    conllu,
    csv_rows,
    doccano,
    gliner,
    inception,
    json_lists,
    label_studio,
    mentions,
    own,
    prodigy,
    saved_page,
    spacy_docs,
    spans,
    tables,
)
from tagline.sources.formats.base import Files

_FORMATS = (
    conll.FORMAT,
    conllu.FORMAT,
    json_lists.FORMAT,
    csv_rows.FORMAT,
    tables.FORMAT,
    mentions.FORMAT,
    spans.FORMAT,
    label_studio.FORMAT,
    doccano.FORMAT,
    prodigy.FORMAT,
    brat.FORMAT,
    spacy_docs.FORMAT,
    inception.FORMAT,
    gliner.FORMAT,
    saved_page.FORMAT,
    own.FORMAT,
)
# The sections by their names; `tagline inspect` asks the last one first.
FORMATS: dict[str, type[Files]] = {form.name: form.keys for form in _FORMATS}
for _form in _FORMATS:
    _form.keys.form = _form

if TYPE_CHECKING:
    AnyFiles = Files
else:
    AnyFiles = Annotated[Union[tuple(FORMATS.values())], Field(discriminator="format")]  # noqa: UP007 (of a tuple)


def any_page(tag_column: str, **keys: Any) -> Any:
    """The section that reads what the annotation page saved, where params.yaml names no such file."""
    files = dict.fromkeys(SPLITS, "any")
    section = {"source": "files", "format": "page", "tag_column": tag_column, **files, **keys}
    return FORMATS["page"].model_validate(section)
