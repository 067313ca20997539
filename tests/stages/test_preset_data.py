"""Presets read data sets of the real column names and label lists: download.py and tokenize_align.py run with each.

The rows are made up; columns and label names are those that the data sets' cards list.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from datasets import ClassLabel, Dataset, Features, List, Value
from helpers import preloaded
from helpers.hub_server import Hub, client_environment
from helpers.project import ROOT, run_stage
from helpers.tiny import preset, raw_rows, save_encoder, word_piece
from ruamel.yaml import YAML

from tagline.artifacts import tokenized

WORDS = ["Zoë", "Lind", "lives", "in"]
SPLITS = ("train", "validation", "test")


def iob2(types: str) -> list[str]:
    return ["O", *(f"{prefix}-{kind}" for kind in types.split() for prefix in "BI")]


POS = (
    "\" '' # $ ( ) , . : `` CC CD DT EX FW IN JJ JJR JJS LS MD NN NNP NNPS NNS NN|SYM PDT POS PRP PRP$ RB RBR RBS RP "
    "SYM TO UH VB VBD VBG VBN VBP VBZ WDT WP WP$ WRB"
).split()
CHUNKS = iob2("ADJP ADVP CONJP INTJ LST NP PP PRT SBAR UCP VP")
CONLL = {"pos_tags": POS, "chunk_tags": CHUNKS, "ner_tags": iob2("PER ORG LOC MISC")}
ONTONOTES = (
    "O B-CARDINAL B-DATE I-DATE B-PERSON I-PERSON B-NORP B-GPE I-GPE B-LAW I-LAW B-ORG I-ORG B-PERCENT I-PERCENT "
    "B-ORDINAL B-MONEY I-MONEY B-WORK_OF_ART I-WORK_OF_ART B-FAC B-TIME I-CARDINAL B-LOC B-QUANTITY I-QUANTITY I-NORP "
    "I-LOC B-PRODUCT I-TIME B-EVENT I-EVENT I-FAC B-LANGUAGE I-PRODUCT I-ORDINAL I-LANGUAGE"
).split()
GERMEVAL = iob2("LOC LOCderiv LOCpart ORG ORGderiv ORGpart OTH OTHderiv OTHpart PER PERderiv PERpart")
COARSE = {
    "art": "broadcastprogram film music other painting writtenart",
    "building": "airport hospital hotel library other restaurant sportsfacility theater",
    "event": "attack/battle/war/militaryconflict disaster election other protest sportsevent",
    "location": "GPE bodiesofwater island mountain other park road/railway/highway/transit",
    "organization": "company education government/governmentagency media/newspaper other politicalparty religion "
    "showorganization sportsleague sportsteam",
    "other": "astronomything award biologything chemicalthing currency disease educationaldegree god language law "
    "livingthing medical",
    "person": "actor artist/author athlete director other politician scholar soldier",
    "product": "airplane car food game other ship software train weapon",
}
FINE = ["O", *(f"{coarse}-{kind}" for coarse, kinds in COARSE.items() for kind in kinds.split())]
UPOS = "ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X".split()


class Data(NamedTuple):
    """A data set.

    Attributes:
        name: its repository on the Hub.
        path: of its files, with {} for a split.
        labels: label names by tag column.
        named: whether the Parquet files have the label names; otherwise they have numbers only.
        ref: the branch with the Parquet files.
        script: the loading script on its main branch.
    """

    name: str
    path: str
    labels: dict[str, list[str]]
    named: bool = True
    ref: str = "refs/convert/parquet"
    script: str | None = None


DATA = {
    "conll2003": Data("lhoestq/conll2003", "data/{}-00000-of-00001.parquet", CONLL, ref="main"),
    "conllpp": Data("ZihanWangKi/conllpp", "conllpp/{}/0000.parquet", CONLL, script="conllpp.py"),
    "few-nerd": Data(
        "DFKI-SLT/few-nerd",
        "supervised/{}-00000-of-00001.parquet",
        {"ner_tags": ["O", *COARSE], "fine_ner_tags": FINE},
        ref="main",
    ),
    "germeval2014": Data(
        "GermanEval/germeval_14",
        "germeval_14/{}/0000.parquet",
        {"ner_tags": GERMEVAL, "nested_ner_tags": GERMEVAL},
        script="germeval_14.py",
    ),
    "ontonotes5": Data(
        "tner/ontonotes5", "ontonotes5/{}/0000.parquet", {"tags": ONTONOTES}, named=False, script="ontonotes5.py"
    ),
    "wnut17": Data(
        "leondz/wnut_17",
        "wnut_17/{}/0000.parquet",
        {"ner_tags": iob2("corporation creative-work group location person product")},
        script="wnut_17.py",
    ),
    # Not on the Hub: files in download.folder.
    "ud-english-ewt": Data("", "data/ud-english-ewt/en_ewt-ud-{}.conllu", {"upos": UPOS}),
}
# conll2003-gpu, -pos and -chunk read what conll2003 reads.
NAMES = sorted(
    name for path in (ROOT / "presets").glob("*.yaml") if (name := path.stem) != "sample" and "conll2003-" not in name
)
FEW_NERD_README = """---
configs:
- config_name: supervised
  data_files:
  - {split: train, path: supervised/train-*}
  - {split: validation, path: supervised/validation-*}
  - {split: test, path: supervised/test-*}
---
"""


def tags(labels: Sequence[str], number: int) -> list[str]:
    """The tags of a sentence with a label of the list, in which `I-` follows `B-`."""
    label = labels[number % len(labels)]
    start = [f"B-{label[2:]}"] if label.startswith("I-") else []
    return [*start, label, *labels[:1] * len(WORDS)][: len(WORDS)]


def sentences(split: str, labels: dict[str, list[str]]) -> Iterator[tuple[list[str], dict[str, list[str]]]]:
    """Sentences in which each label occurs; those of each split have words of their own."""
    for number in range(max(map(len, labels.values()))):
        yield [*WORDS[:-1], f"{split}{number}"], {column: tags(names, number) for column, names in labels.items()}


def parquet(split: str, data: Data) -> bytes:
    features: dict[str, Any] = {"tokens": List(Value("string"))}
    columns: dict[str, Any] = {column: [] for column in ("tokens", *data.labels)}
    for column, names in data.labels.items():
        features[column] = List(ClassLabel(names=names) if data.named else Value("int32"))
    for words, row in sentences(split, data.labels):
        columns["tokens"].append(words)
        for column, names in data.labels.items():
            columns[column].append([names.index(tag) for tag in row[column]])
    file = io.BytesIO()
    Dataset.from_dict(columns, features=Features(features)).to_parquet(file)
    return file.getvalue()


def conllu(split: str, data: Data) -> str:
    """Sentences in CoNLL-U, each with a multi-word token and an empty node, which are not words to learn."""
    blocks = []
    for words, row in sentences(split, data.labels):
        blanks = "\t_" * 6
        lines = [f"{i}\t{words[i - 1]}\t_\t{row['upos'][i - 1]}{blanks}" for i in range(1, len(words) + 1)]
        blocks.append("\n".join([f"1-2\t{words[0]}{words[1]}\t_\t_{blanks}", *lines, f"4.1\tnot\t_\t_{blanks}"]))
    return "\n\n".join(blocks) + "\n\n"


def add_data(hub: Hub, data: Data) -> None:
    if not data.name:
        for split in SPLITS:
            path = Path(data.path.format({"validation": "dev"}.get(split, split)))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(conllu(split, data), encoding="utf-8")
        return
    repository = hub.add("dataset", data.name)
    if data.script:
        repository.commit({data.script: b"raise SystemExit('code from the Hub was run')"})
    files = {data.path.format(split): parquet(split, data) for split in SPLITS}
    readme = {"README.md": FEW_NERD_README.encode()} if data.name == "DFKI-SLT/few-nerd" else {}
    repository.commit(files | readme, ref=data.ref)


def add_encoder(hub: Hub, name: str, folder: Path) -> None:
    """Add a tiny encoder; that of German has a vocabulary and no tokenizer.json, as its repository."""
    tokenizer = word_piece([*WORDS, "train", "validation", "test"])
    tokenizer.model_max_length = 512
    save_encoder(folder, tokenizer, positions=512)
    if name == "deepset/gbert-base":
        (folder / "tokenizer.json").unlink()
        pieces = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
        (folder / "vocab.txt").write_text("".join(f"{piece}\n" for piece, _ in pieces), encoding="utf-8")
        (folder / "tokenizer_config.json").write_text('{"do_lower_case": false, "max_len": 512}')
    hub.add("model", name).commit({path.name: path.read_bytes() for path in folder.iterdir()})


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_reads_its_data_set(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "workspace").mkdir()
    monkeypatch.chdir(tmp_path / "workspace")
    Path("params.yaml").write_text(preset(name), encoding="utf-8")
    params = YAML(typ="safe").load(preset(name))
    with Hub() as hub:
        add_data(hub, DATA[name])
        (tmp_path / "encoder").mkdir()
        add_encoder(hub, params["download"]["encoder"]["name"], tmp_path / "encoder")
        done = preloaded.run(ROOT / "stages/download.py", client_environment(hub.url, tmp_path / "home"))
        assert (done.returncode, done.stderr) == (0, "")
    run_stage("tokenize_align")

    columns = params["download"]["dataset"]["tag_columns"]
    task, is_io = params["tokenize_align"]["task"], params["tokenize_align"]["scheme"] == "IO"
    for split in SPLITS:
        expected = list(sentences(split, DATA[name].labels))
        for row, (words, by_column) in zip(raw_rows(split), expected, strict=True):
            assert row["words"] == words
            assert {column: row[column] for column in columns} == {
                column: by_column[in_file] for column, in_file in columns.items()
            }
        folder = Path("data/tokenized")
        learnt = tokenized.load_split(folder, split).labelled_words(tokenized.load_labels(folder))
        for (_, labels), (_, by_column) in zip(learnt, expected, strict=True):
            gold = by_column[columns[task]]
            assert labels == ([f"B-{tag}" if tag != "O" else tag for tag in gold] if is_io else gold)
