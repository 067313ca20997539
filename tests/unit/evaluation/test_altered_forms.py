"""Altered forms: as many words, the same on every host."""

from tagline.evaluation.altered_forms import CASES


def test_case_forms_change_letters_alone():
    found = [" ".join(alter(["O'Neil", "of", "\u01c6p"])) for alter in CASES.values()]
    assert found == ["o'neil of \u01c6p", "O'NEIL OF \u01c4P", "O'neil Of \u01c5p"]
