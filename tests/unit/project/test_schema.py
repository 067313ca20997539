"""What is written from the schemas: params.schema.json, docs/reference.md, and comments of params."""

import contextlib

from helpers.project import ROOT
from pydantic.fields import FieldInfo
from ruamel.yaml import YAML

from tagline.core.params import sections_in
from tagline.crossval.crossval_params import Crossval
from tagline.project.descriptions import REFERENCE, SCHEMA, commented, reference_text, schema_text
from tagline.project.sections import SECTIONS


def test_committed_schema_and_reference_are_current():
    with contextlib.chdir(ROOT):
        text = schema_text()
        assert text == SCHEMA.read_text("utf-8"), "run `tagline schema`"
        assert reference_text() == REFERENCE.read_text("utf-8"), "run `tagline schema`"
    # A preset may leave out keys, so it is the schema of presets, too; `tagline check` finds missing keys.
    assert not {word for word in ('"required"', '"oneOf"', '"title"') if word in text}


def test_every_param_has_a_description():
    def missing(section):
        found = []
        for key, field in section.model_fields.items():
            found += [key] * (field.description is None)
            found += [name for nested in sections_in(field.annotation) for name in missing(nested)]
        return found

    assert [name for name, section in SECTIONS.items() if name != "download" for name in missing(section)] == []


def test_comments_of_created_params_are_the_descriptions():
    text = (ROOT / "stages/tagline/project/crossval/params.yaml").read_text("utf-8")
    fields = {"crossval": FieldInfo(annotation=Crossval)}
    written = "\n".join(commented(YAML(typ="safe").load(text), fields, is_whole=True))
    assert text.partition("\n\n")[2].rstrip("\n") == written
