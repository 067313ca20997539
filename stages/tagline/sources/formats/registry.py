"""The formats that ``download.dataset`` can have, one line each."""

from typing import TYPE_CHECKING, Annotated, Union

from pydantic import Field

from tagline.sources.formats.base import Files
from tagline.sources.formats.brat import BratFiles
from tagline.sources.formats.conll import ConllFiles
from tagline.sources.formats.conllu import ConlluFiles
from tagline.sources.formats.csv_rows import CsvFiles
from tagline.sources.formats.doccano import DoccanoFiles
from tagline.sources.formats.gliner import GlinerFiles
from tagline.sources.formats.inception import InceptionFiles
from tagline.sources.formats.json_lists import JsonFiles
from tagline.sources.formats.label_studio import LabelStudioFiles
from tagline.sources.formats.mentions import MentionFiles
from tagline.sources.formats.prodigy import ProdigyFiles
from tagline.sources.formats.saved_page import PageFiles
from tagline.sources.formats.spacy_docs import SpacyFiles
from tagline.sources.formats.spans import SpanFiles
from tagline.sources.formats.tables import ParquetFiles, SavedFiles

_SECTIONS: tuple[type[Files], ...] = (
    ConllFiles,
    ConlluFiles,
    JsonFiles,
    CsvFiles,
    ParquetFiles,
    MentionFiles,
    SpanFiles,
    LabelStudioFiles,
    DoccanoFiles,
    ProdigyFiles,
    BratFiles,
    SpacyFiles,
    InceptionFiles,
    GlinerFiles,
    PageFiles,
    SavedFiles,
)
# By their names; `tagline inspect` asks the last one first.
FORMATS: dict[str, type[Files]] = {section.form.name: section for section in _SECTIONS}

if TYPE_CHECKING:
    AnyFiles = Files
else:
    AnyFiles = Annotated[Union[_SECTIONS], Field(discriminator="format")]  # noqa: UP007 (of a tuple)
