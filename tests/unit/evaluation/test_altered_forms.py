"""Altered forms: as many words, the same on every host."""

from __future__ import annotations

from tagline.evaluation.altered_forms import CASES, mistyped


def test_case_forms_change_letters_alone() -> None:
    found = {name: " ".join(alter("O'Neil left the UN in \u01c6ep 3 .".split())) for name, alter in CASES.items()}
    assert list(found) == ["lowercase", "uppercase", "titlecase"]
    assert found["titlecase"] == "O'neil Left The Un In \u01c5ep 3 ."


def test_a_tenth_of_the_words_is_mistyped_in_four_ways() -> None:
    changed = [word for word in mistyped(["Lima"] * 4000) if word != "Lima"]
    assert 320 < len(changed) < 480
    # Two letters swapped, one dropped, one doubled, or the key beside it: K and n, since L and m end their rows.
    assert set(changed) == set("iLma Lmia Liam ima Lma Lia LLima Liima Limma Kima Loma Lina".split())
    assert mistyped(["Oslo", "Lima"] * 8) == ["Oslo", "Lima"] * 5 + ["Oslo", "Lma"] + ["Oslo", "Lima"] * 2
    alike = ["\u4e2d\u56fd", "\uc11c\uc6b8", "\u30ab\u30ca", "1234", "a", "--"] * 100
    assert mistyped(alike) == alike, "nothing to mistype"
    assert set(mistyped(["oo"] * 400)) == {"oo", "o", "ooo", "po"}, "equal letters are not swapped"
