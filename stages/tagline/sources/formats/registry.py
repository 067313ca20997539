"""The formats that ``download.dataset`` can have, one line each."""

from typing import Annotated, get_args

from pydantic import Field

from tagline.sources.formats.base import Files
from tagline.sources.formats.brat import BratFiles
from tagline.sources.formats.conll import ConllFiles
from tagline.sources.formats.conllu import ConlluFiles
from tagline.sources.formats.csv_rows import CsvFiles
from tagline.sources.formats.doccano import DoccanoFiles
from tagline.sources.formats.inception import InceptionFiles
from tagline.sources.formats.label_studio import LabelStudioFiles
from tagline.sources.formats.lists import JsonFiles
from tagline.sources.formats.mentions import MentionFiles
from tagline.sources.formats.prodigy import ProdigyFiles
from tagline.sources.formats.saved_page import PageFiles
from tagline.sources.formats.spacy_docs import SpacyFiles
from tagline.sources.formats.spans import GlinerFiles, SpanFiles
from tagline.sources.formats.tables import ParquetFiles, SavedFiles

AnyFiles = Annotated[
    ConllFiles
    | ConlluFiles
    | JsonFiles
    | CsvFiles
    | ParquetFiles
    | MentionFiles
    | SpanFiles
    | LabelStudioFiles
    | DoccanoFiles
    | ProdigyFiles
    | BratFiles
    | SpacyFiles
    | InceptionFiles
    | GlinerFiles
    | PageFiles
    | SavedFiles,
    Field(discriminator="format"),
]
# By their names; `tagline inspect` asks the last one first.
FORMATS: dict[str, type[Files]] = {
    get_args(each.model_fields["format"].annotation)[0]: each for each in get_args(get_args(AnyFiles)[0])
}
