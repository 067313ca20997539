"""Typing errors: as many words, the same on every host."""

from tagline.text.typos import mistyped


def test_a_tenth_of_the_words_is_mistyped_in_four_ways():
    changed = [word for word in mistyped(["Lima"] * 4000, 10) if word != "Lima"]
    assert 320 < len(changed) < 480
    # Two letters swapped, one dropped, one doubled, or the key beside it: K and n, since L and m end their rows.
    assert set(changed) == set("iLma Lmia Liam ima Lma Lia LLima Liima Limma Kima Loma Lina".split())
    assert mistyped(["Oslo", "Lima"] * 8, 10) == ["Oslo", "Lima"] * 5 + ["Oslo", "Lma"] + ["Oslo", "Lima"] * 2
    assert set(mistyped(["\u4e2d\u56fd", "123", "a"] * 99, 10)) == {"\u4e2d\u56fd", "123", "a"}, "nothing to mistype"
    assert set(mistyped(["oo"] * 400, 10)) == {"oo", "o", "ooo", "po"}, "equal letters are not swapped"
