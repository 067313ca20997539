"""What the stage download writes of a data set, and where it finds an encoder."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from helpers.formats import section
from helpers.messages import message_of
from helpers.tiny import raw_rows

from tagline.core.provenance import sha256
from tagline.sources import encoders
from tagline.sources.download_params import LocalEncoder, PackagedEncoder
from tagline.sources.stage import find_encoder, write_dataset
from tagline.terminal.errors import UserError

BLANK = "\t_" * 8 + "\n"  # the other columns of CoNLL-U
IN_TEXT = f"# text = a.\n1\ta{BLANK}2\t.{BLANK}\n# text = du\n1-2\tdu{BLANK}1\tde{BLANK}2\tle{BLANK}"
PRODIGY = '{"text": "li/ves", "tokens": [{"start": 0, "end": 6}], "spans": [], "answer": "accept"}'


def write(folder: Path, name: str, content: str, **keys: Any):
    """Write data/raw of a file and two copies of it, and return its provenance."""
    for number, split in enumerate(splits := ("train", "validation", "test")):
        (folder / split).write_text(content + number * "\n")  # two splits cannot be the same data
    write_dataset(folder, section(name, **{split: split for split in splits}, **keys), folder / "raw")
    provenance: dict[str, Any] = json.loads((folder / "raw/provenance.json").read_text())
    return provenance


AGREEMENTS = [
    ("prodigy", PRODIGY, 0.0),
    ("gliner", '{"tokenized_text": ["Oslo", ".", "li/ves"], "ner": []}', 0.6667),
    ("conllu", IN_TEXT, 0.5),
]


@pytest.mark.parametrize(("name", "content", "agreement"), AGREEMENTS)
def test_words_are_compared_with_raw_text(tmp_path, name, content, agreement):
    assert write(tmp_path, name, content)["words"]["agreement"] == agreement


def test_words_that_predict_splits_differently_are_reported(tmp_path, capsys):
    words = write(tmp_path, "conll", "li/ves O\n" + "in O\n" * 30, columns=["words", "ner"])["words"]
    assert words == {"language": None, "library": None, "agreement": pytest.approx(30 / 31, abs=1e-4)}
    assert (
        f"words: `tagline predict` splits raw text differently: it reproduces {words['agreement']:.1%} of training words "
        "('li/ves' is found as 'li' '/' 'ves'); set download.dataset.language if it is one of "
        "ca, de, en, es, fr, he, it, km, lo, my, nl, ru, th, or give it words\n"
    ) in capsys.readouterr().out


def test_raw_text_is_split_by_the_rules_of_its_language(tmp_path):
    pytest.importorskip("spacy")
    content = json.dumps({"text": "Ada vit à l'Oise.", "spans": [{"start": 12, "end": 16, "label": "LOC"}]})
    words = write(tmp_path, "spans", content, language="fr")["words"]
    assert words == {"language": "fr", "library": f"spacy {version('spacy')}", "agreement": 1.0}
    assert raw_rows("train", tmp_path / "raw")[0]["words"] == ["Ada", "vit", "à", "l'", "Oise", "."]


def packaged(package: str, path: str, digest: str):
    return PackagedEncoder(source="package", package=package, path=path, sha256=digest)


def test_package_without_weights_is_an_error():
    with pytest.raises(UserError, match=r"^pytest: no _pytest/model.safetensors; see download.encoder in params.yaml"):
        find_encoder(Path(), packaged("pytest", "_pytest", "a" * 64))


def test_packaged_weights_must_have_the_hash(tmp_path, monkeypatch):
    monkeypatch.setattr(encoders, "find_in_package", lambda _package, path: (tmp_path / path, "1.0"))
    (tmp_path / "encoder").mkdir()
    (tmp_path / "encoder/model.safetensors").write_bytes(b"weights")
    actual = sha256(tmp_path / "encoder/model.safetensors")
    message = message_of(find_encoder, tmp_path, packaged("tiny", "encoder", "b" * 64))
    expected = f"expected {'b' * 64} (download.encoder.sha256 in params.yaml)"
    assert message == f"tiny: SHA-256 of encoder/model.safetensors is {actual}; {expected}"
    folder, origin, name = find_encoder(tmp_path, packaged("tiny", "encoder", actual))
    assert (folder, name) == (tmp_path / "encoder", "encoder of tiny 1.0")
    assert origin == {"package": "tiny", "revision": "1.0", "path": "encoder"}


@pytest.mark.parametrize("link", ["encoder", "encoder/vocab.txt"])
def test_encoder_with_a_link_that_leads_out_is_refused(tmp_path, link):
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    outside.mkdir()
    (folder / link).parent.mkdir(parents=True)
    (folder / link).symlink_to(outside)
    with pytest.raises(UserError, match=rf"^{folder}/encoder.*: this link leads out of {folder}; expected"):
        find_encoder(folder, LocalEncoder(source="path", path="encoder"))
