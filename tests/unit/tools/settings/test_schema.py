"""The JSON Schema for editors: current, with the descriptions and limits of the sections' schemas."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from helpers.project import ROOT
from pydantic.fields import FieldInfo
from ruamel.yaml import YAML

from tagline.core.params import Section, sections_in
from tagline.tools.audit.audit_params import Audit
from tagline.tools.settings import presets
from tagline.tools.settings.checks import SCHEMA, SECTIONS, schema_text

CONTENT = json.loads((ROOT / SCHEMA).read_text(encoding="utf-8"))


def entry(*keys: str) -> dict[str, Any]:
    """What the schema says of a key."""
    node = CONTENT
    for key in keys:
        if "$ref" in node:
            node = CONTENT["$defs"][node["$ref"].rpartition("/")[2]]
        node = node["properties"][key]
    return node


def test_committed_schema_is_current() -> None:
    with contextlib.chdir(ROOT):
        assert schema_text() == SCHEMA.read_text(encoding="utf-8"), "run `python stages/schema.py`"


def test_keys_have_types_limits_and_descriptions() -> None:
    assert entry("train", "epochs").items() >= {"type": "integer", "minimum": 1, "maximum": 10_000}.items()
    assert entry("train", "schedule")["enum"] == ["linear", "cosine"]
    assert entry("train", "learning_rate")["description"] == "Peak learning rate of AdamW."
    assert entry("train", "hub", "push")["description"].startswith("Whether to push.")
    assert {each["type"] for each in entry("train", "max_steps")["anyOf"]} == {"integer", "null"}
    assert CONTENT["additionalProperties"] is False
    # A preset may leave out keys, so it is the schema of presets, too; stages/check.py finds missing keys.
    assert not {word for word in ('"required"', '"oneOf"', '"title"') if word in json.dumps(CONTENT)}


def test_every_param_has_a_description() -> None:
    def missing(section: type[Section]) -> list[str]:
        found = []
        for key, field in section.model_fields.items():
            found += [key] * (field.description is None) + [
                name for nested in sections_in(field.annotation) for name in missing(nested)
            ]
        return found

    assert [name for name, section in SECTIONS.items() if name != "download" for name in missing(section)] == []


def test_comments_of_the_audit_are_the_descriptions() -> None:
    text = (ROOT / "stages/tagline/tools/settings/audit/params.yaml").read_text(encoding="utf-8")
    values = YAML(typ="safe").load(text)
    written = "\n".join(presets.lines(values, {"audit": FieldInfo(annotation=Audit)}, {}))
    assert text.partition("\n\n")[2].rstrip("\n") == written
