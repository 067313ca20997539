"""The docs have every format with its keys and valid examples; test_inspection.py reads one corpus in each."""

import re
from typing import get_args

import pytest
from helpers.project import ROOT
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from tagline.sources.download_params import AnyDatasets, shared_columns, sources_of
from tagline.sources.formats.annotated import AnnotatedFiles
from tagline.sources.formats.base import Files
from tagline.sources.formats.keys import WordKeys
from tagline.sources.formats.registry import FORMATS

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGE = (ROOT / "docs/data.md").read_text(encoding="utf-8")
SHARED = {*Files.model_fields, *WordKeys.model_fields, "encoding", "format"}
# Optional keys that the formats of annotated texts share: they have a table of their own.
FIELDS = AnnotatedFiles.model_fields
OF_SPANS = set(FIELDS) - SHARED - {"tag_column"}
BLOCKS = [block for block in re.findall(r"```yaml\n(.*?)```", README + PAGE, re.DOTALL) if "format:" in block]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: re.search(r"format: (\w+)", block)[1])
def test_examples_of_the_docs_are_valid(block):
    content = YAML(typ="safe").load(block)
    common = {"source": "files", "train": "a", "validation": "b", "test": "c"}
    keys = content["download"]["dataset"] if "download" in content else common | content
    assert shared_columns(sources_of(TypeAdapter(AnyDatasets).validate_python(keys)))


def test_the_table_of_the_page_has_every_format_and_key():
    rows = dict(re.findall(r"^\| `(\w+)` \| .* \| (`.*) \|$", PAGE, re.MULTILINE))
    assert set(rows) == set(FORMATS)
    for name, schema in FORMATS.items():
        own = {key: field for key, field in schema.model_fields.items() if key not in SHARED | OF_SPANS}
        assert rows[name].split(", ") == [f"`{key}`" + "?" * (not field.is_required()) for key, field in own.items()]


@pytest.mark.parametrize("key", sorted(OF_SPANS))
def test_the_table_of_shared_keys_has_every_value(key):
    (meaning,) = re.findall(rf"^\| `{key}` \| (.*) \|$", PAGE, re.MULTILINE)
    field = FIELDS[key]
    values = {value for value in (*get_args(field.annotation), field.default) if isinstance(value, str)}
    assert values <= set(re.findall(r"`(\w+)`", meaning))
