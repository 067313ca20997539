"""INCEpTION: a document as WebAnno TSV."""

import re

from helpers.annotated import kinds, tagged
from helpers.formats import read, refusals

# The second sentence has a line end, a stacked span, a span of a part of a token, and two without a value.
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
2-1	20-24	Rome	_	_	*[3]	*[3]	_	_
2-2	25-26	\*	_	_	*[3]	*[3]	_	_
2-3	27-32	waits	_	_	_	_	_	_
2-3.1	27-29	wa	_	_	*	X	_	_
"""
POLICIES = {"misaligned_spans": "expand", "overlaps": "longest"}
SPAN = {"span_layer": "custom.Span", "feature": "label"}
DEFAULT = {"span_layer": "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity", "feature": "value"}


def test_webanno_tsv(tmp_path):
    content = re.sub(r"(?m)^(\d.*)$", "\\1\t", TSV)  # INCEpTION ends rows with a tab
    sentences = read(tmp_path, "inception", content, **DEFAULT, **POLICIES)
    words = [["Ada", "in", "\U0001f44b", "New", "York", "."], ["Rome", "*", "waits"]]
    assert [sentence.words for sentence in sentences] == words
    assert list(map(tagged, sentences)) == ["Ada/B-PER New/B-LOC_A York/I-LOC_A", "waits/B-X"]
    assert list(map(kinds, sentences)) == [["overlapping_spans"], ["unlabelled_spans", "misaligned_spans"]]
    assert "B|R[1]" in sentences[0].notes[0].occurrence
    assert [sentence.location for sentence in sentences] == [f"{tmp_path}/f:8", f"{tmp_path}/f:17"]


HEAD = "#FORMAT=WebAnno TSV 3.3\n#T_SP=custom.Span|label\n#Text=Ada\n"


test_malformed_token_is_reported_by_line = refusals(
    "inception",
    ("1-1\t0-3\tAda\t_\n", ":1: '1-1\\t0-3\\tAda\\t_'; expected #FORMAT=WebAnno TSV 3.3; export the document as"),
    (HEAD + "1-1\t0-3\n", ":4: '1-1\\t0-3' is not a token; expected SENTENCE-TOKEN, START-END, word"),
    (HEAD + "1-1\t0-9\tAda\t_\n", ":4: 'Ada' is not at its offsets in the text 'Ada'"),
    (HEAD.replace("|label", "|g") + "1-1\t0-3\tAda\n", ": no feature 'label' of layer 'custom.Span'; the"),
    **SPAN,
)
