"""The formats that ``download.dataset`` can have."""

from typing import TYPE_CHECKING, Annotated, Any, Union, get_args

from pydantic import Field

from tagline.core import SPLITS
from tagline.sources.formats.base import Files
from tagline.sources.formats.brat import Brat
from tagline.sources.formats.conll import Conll
from tagline.sources.formats.conllu import ConllU
from tagline.sources.formats.csv_rows import Csv
from tagline.sources.formats.doccano import Doccano
from tagline.sources.formats.gliner import Gliner
from tagline.sources.formats.inception import Inception
from tagline.sources.formats.json_lists import JsonLists
from tagline.sources.formats.label_studio import LabelStudio
from tagline.sources.formats.mentions import Mentions
from tagline.sources.formats.own import Own
from tagline.sources.formats.prodigy import Prodigy
from tagline.sources.formats.saved_page import SavedPage
from tagline.sources.formats.spacy_docs import SpacyDocs
from tagline.sources.formats.spans import Spans
from tagline.sources.formats.tables import Parquet

# `tagline inspect` asks the last one first.
_ALL: tuple[type[Files], ...] = (
    Conll,
    ConllU,
    JsonLists,
    Csv,
    Parquet,
    Mentions,
    Spans,
    LabelStudio,
    Doccano,
    Prodigy,
    Brat,
    SpacyDocs,
    Inception,
    Gliner,
    SavedPage,
    Own,
)
# The sections by the values of `format`.
FORMATS = {str(*get_args(section.model_fields["format"].annotation)): section for section in _ALL}

if TYPE_CHECKING:
    AnyFiles = Files
else:
    AnyFiles = Annotated[Union[_ALL], Field(discriminator="format")]  # noqa: UP007 (of a tuple)


def any_page(tag_column: str, **keys: Any) -> Any:
    """The section that reads what the page saved, where params.yaml names no such file."""
    files = dict.fromkeys(SPLITS, "any")
    section = {"source": "files", "format": "page", "tag_column": tag_column, **files, **keys}
    return SavedPage.model_validate(section)
