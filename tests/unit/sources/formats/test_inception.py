"""INCEpTION: the same document as WebAnno TSV and as UIMA CAS in XMI and JSON."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
from helpers.annotated import dataset, kinds, tagged
from helpers.formats import fault

from tagline.core.errors import UserError
from tagline.sources.formats.inception import SENTENCE, TOKEN, InceptionFiles
from tagline.text.sentence import Sentence

# The second sentence has a line end, a stacked span, a span of a part of a token, and one without a value.
TSV = r"""#FORMAT=WebAnno TSV 3.3
#T_SP=de.tudarmstadt.ukp.dkpro.core.api.lexmorph.type.pos.POS|PosValue|coarseValue
#T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|identifier|value
#T_RL=webanno.custom.Relation|label|BT_webanno.custom.Span


#Text=Ada in 👋 New York.
1-1	0-3	Ada	N	_	*	PER	_	_
1-2	4-6	in	_	_	_	_	_	_
1-3	7-9	👋	_	_	_	_	_	_
1-4	10-13	New	_	_	*[1]	LOC\_A[1]	_	_
1-5	14-18	York	_	_	*[1]|*[2]	LOC\_A[1]|B\|R\[1\][2]	_	_
1-6	18-19	.	_	_	_	_	_	_

#Text=Rome\t*
#Text=waits
2-1	20-24	Rome	_	_	*	*	_	_
2-2	25-26	\*	_	_	_	_	_	_
2-3	27-32	waits	_	_	_	_	_	_
2-3.1	27-29	wa	_	_	*	X	_	_
"""


def files(**keys: Any) -> InceptionFiles:
    return dataset(InceptionFiles, "inception", **keys)


def check(sentences: list[Sentence]) -> None:
    assert [sentence.words for sentence in sentences] == [
        ["Ada", "in", "\U0001f44b", "New", "York", "."],
        ["Rome", "*", "waits"],
    ]
    assert [tagged(sentence) for sentence in sentences] == [
        "Ada/B-PER New/B-LOC_A York/I-LOC_A",
        "waits/B-X",
    ]
    assert [kinds(sentence) for sentence in sentences] == [
        ["overlapping_spans"],
        ["unlabelled_spans", "misaligned_spans"],
    ]
    assert "B|R[1]" in sentences[0].notes[0].occurrence


def test_webanno_tsv(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text(re.sub(r"(?m)^(\d.*)$", "\\1\t", TSV), encoding="utf-8")  # INCEpTION ends rows with a tab
    sentences = list(files(misaligned_spans="expand", overlaps="longest").read(path))
    check(sentences)
    assert [sentence.location for sentence in sentences] == [f"{path}:8", f"{path}:17"]


def test_a_span_without_a_value_is_counted_once(tmp_path: Path) -> None:
    head = "#FORMAT=WebAnno TSV 3.3\n#T_SP=custom.Span|label\n\n#Text=a b c\n"
    (tmp_path / "a.tsv").write_text(head + "1-1\t0-1\ta\t*[1]\n1-2\t2-3\tb\t*[1]\n1-3\t4-5\tc\t*\n")
    keys = {"span_layer": "custom.Span", "feature": "label"}
    (sentence,) = files(**keys).read(tmp_path / "a.tsv")
    assert [note.kind for note in sentence.notes] == ["unlabelled_spans"] * 2


def test_webanno_tsv_has_no_key_for_its_encoding(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_bytes(b"#FORMAT=WebAnno TSV 3.3\n#Text=Zo\xeb\n")
    with pytest.raises(UserError, match=r"a\.tsv:2: not UTF-8 \(.*\); save the file as UTF-8$"):
        list(files().read(tmp_path / "a.tsv"))


@pytest.mark.parametrize("as_json", [False, True])
def test_uima_cas(tmp_path: Path, as_json: bool) -> None:
    cassis = pytest.importorskip("cassis")
    types = cassis.TypeSystem()
    sentence, token, entity = (types.create_type(name) for name in (SENTENCE, TOKEN, "custom.Span"))
    types.create_feature(entity, "label", "uima.cas.String")
    cas = cassis.Cas(types)
    cas.sofa_string = "Ada in \U0001f44b New York.\nRome\t*\nwaits"
    for begin, end in ((0, 19), (19, 31)):  # the line end is a token of the first
        cas.add(sentence(begin=begin, end=end))
    for begin, end in ((0, 3), (4, 6), (7, 8), (9, 12), (13, 17), (17, 18), (18, 19), (19, 23), (24, 25), (26, 31)):
        cas.add(token(begin=begin, end=end))
    for begin, end, label in ((0, 3, "PER"), (9, 17, "LOC_A"), (13, 17, "B|R[1]"), (19, 23, None), (26, 28, "X")):
        cas.add(entity(begin=begin, end=end, label=label))
    path = tmp_path / "a"
    section = files(misaligned_spans="expand", overlaps="longest", span_layer="custom.Span", feature="label")
    if as_json:
        cas.to_json(path)
        assert section.files(path) == [path]
    else:
        cas.to_xmi(path)
        types.to_xml(tmp_path / "TypeSystem.xml")
        assert section.files(path) == [path, tmp_path / "TypeSystem.xml"]
    check(list(section.read(path)))
    with pytest.raises(
        UserError, match=r"a: no layer 'de\.tud.*NamedEntity' \(has .*\); see download.dataset.span_layer in"
    ):
        list(files().read(path))
    cas.add(entity(begin=13, end=23, label="X"))
    cas.to_json(path) if as_json else cas.to_xmi(path)
    with pytest.raises(UserError, match=r"a: custom.Span 13 to 23 is not inside one sentence of the document"):
        list(section.read(path))
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(UserError, match=r"a: not a UIMA CAS, or damaged \(.*\); expected XMI with its TypeSystem.xml"):
        list(section.read(path))


def test_cassis_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "f").write_text("{}")
    monkeypatch.setitem(sys.modules, "cassis", None)
    with pytest.raises(
        UserError, match=r"f: needs cassis, which is not installed; run `pip install -e '.\[inception\]'`"
    ):
        list(files().read(tmp_path / "f"))


HEAD = "#FORMAT=WebAnno TSV 3.3\n#T_SP=L|f\n#Text=Ada\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1-1\t0-3\tAda\t_\n", ":1: '1-1\\t0-3\\tAda\\t_'; expected #FORMAT=WebAnno TSV 3.3, or UIMA CAS as XMI"),
        (HEAD + "1-1\t0-3\n", ":4: '1-1\\t0-3' is not a token; expected SENTENCE-TOKEN, START-END, word"),
        (HEAD + "1-1\t0-9\tAda\t_\n", ":4: 'Ada' is not at its offsets in the text 'Ada'"),
        (HEAD.replace("|f", "|g") + "1-1\t0-3\tAda\t_\n", ": no feature 'f' of layer 'L'; the file has L g; see"),
    ],
)
def test_malformed_token_is_reported_by_line(tmp_path: Path, content: str, message: str) -> None:
    assert fault(tmp_path, "inception", content, span_layer="L", feature="f").startswith(f"f{message}")
