"""Letter case: sentences whose capitals say something."""

from itertools import accumulate, chain

import numpy as np

from tagline.text.case import informative

INFORM = """NATO|JOHN SMITH|JOHN SMITH , 3 !|John Smith|NATO and the EU met|iPhone|Mayor Of Oslo Resigned|\u01c5ep
The Mayor of Oslo Resigned on Monday|\u6771\u4eac NATO|NEIN zu STRA\u00dfE|Bo McDonald RESIGNS|\u0130stanbul is big"""
SAY_NOTHING = """the mayor of oslo resigned|stra\u00dfe|1 2 3 .|\u6771\u4eac\u90fd|\u05e9\u05dc||THE MAYOR RESIGNED
\u0130STANBUL 2024 : NO SNOW|\u041c\u042d\u0420 \u041e\u0421\u041b\u041e \u0423\u0428\u0401\u041b|" Mayor Of Oslo Resigned On|The Mayor of Oslo Resigned Monday|\u01c5ep In The NATO 3 Of May
STRA\u00dfE IN OSLO|THE McDONALD RESIGNED|O'NEIL : MacDONALD WINS"""


def test_capitals_inform_unless_all_none_or_each_word_has_them():
    inform, nothing = ([row.split() for row in rows.replace("\n", "|").split("|")] for rows in (INFORM, SAY_NOTHING))
    words = list(dict.fromkeys(chain(*inform, *nothing)))
    index = np.array([words.index(word) for word in chain(*inform, *nothing)])
    found = informative(words, index, np.array([*accumulate(map(len, inform + nothing))]))
    assert found.tolist() == [True] * len(inform) + [False] * len(nothing)
    assert informative([], index[:0], index[:0]).tolist() == []
