"""Label schemes: what is recognised, and that each scheme's tags come out as the same IOB2."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagging.faults import Fault
from tagging.schemes import detect, is_spans, label_names, split_tag, to_iob2

# A sentence as spans: (type or "", length); neighbours of one type touch, which tells IOB1 from IOB2.
SPANS = st.lists(st.tuples(st.sampled_from(["", "PER", "LOC"]), st.integers(1, 3)), max_size=8)


def write(spans: list[tuple[str, int]], scheme: str) -> list[str]:
    """Write spans in a scheme, straight from its definition."""
    tags: list[str] = []
    before = ""
    for kind, length in spans:
        if not kind:
            tags += ["O"] * length
        elif scheme == "IOB1":
            tags += [("B-" if before == kind else "I-") + kind] + ["I-" + kind] * (length - 1)
        elif scheme == "IOB2":
            tags += ["B-" + kind] + ["I-" + kind] * (length - 1)
        else:
            begin, inside, end, single = ("B", "I", "E", "S") if scheme == "BIOES" else ("B", "I", "L", "U")
            body = [begin, *[inside] * (length - 2), end] if length > 1 else [single]
            tags += [f"{prefix}-{kind}" for prefix in body]
        before = kind
    return tags


@given(SPANS, st.sampled_from(["IOB1", "IOB2", "BIOES", "BILOU"]))
def test_every_scheme_becomes_the_same_iob2(spans: list[tuple[str, int]], scheme: str) -> None:
    assert to_iob2(write(spans, scheme), scheme) == (write(spans, "IOB2"), 0)


@pytest.mark.parametrize("scheme", ["IOB1", "IOB2", "BIOES", "BILOU"])
def test_schemes_are_recognised_over_a_split(scheme: str) -> None:
    spans = [[("PER", 2), ("PER", 1), ("", 1), ("LOC", 1)], [("", 2), ("LOC", 3)]]
    assert detect(write(row, scheme) for row in spans) == scheme


def test_io_without_any_b_reads_as_iob1() -> None:
    assert detect([["I-PER", "I-PER", "O", "I-LOC"]]) == "IOB1"
    assert to_iob2(["I-PER", "I-PER", "O", "I-LOC"], "IOB1") == (["B-PER", "I-PER", "O", "B-LOC"], 0)


def test_nothing_but_o_is_iob2() -> None:
    assert detect([["O", "O"]]) == "IOB2"


@pytest.mark.parametrize(
    ("tags", "scheme", "expected", "repaired"),
    [
        ("O I-PER I-PER", "IOB2", "O B-PER I-PER", 1),
        ("B-PER I-LOC", "IOB2", "B-PER B-LOC", 1),
        ("B-PER O", "BIOES", "B-PER O", 1),
        ("O E-PER", "BIOES", "O B-PER", 1),
        ("S-PER I-PER E-PER", "BIOES", "B-PER B-PER I-PER", 1),
        ("B-PER B-PER E-PER", "BIOES", "B-PER B-PER I-PER", 1),
        ("O B-PER", "BILOU", "O B-PER", 1),
        ("B-PER L-LOC", "BILOU", "B-PER B-LOC", 1),
    ],
)
def test_illegal_tags_are_repaired_as_conlleval_reads_them(
    tags: str, scheme: str, expected: str, repaired: int
) -> None:
    assert to_iob2(tags.split(), scheme) == (expected.split(), repaired)


def test_prefixes_come_from_names() -> None:
    assert split_tag("B-PER") == ("B", "PER")
    assert split_tag("I-geo-loc") == ("I", "geo-loc")
    assert split_tag("O") == ("O", "")
    assert split_tag("NOUN") == ("", "NOUN")
    assert split_tag("X-PER") == ("", "X-PER")
    assert split_tag("B-") == ("", "B-")


def test_plain_tags_are_no_spans() -> None:
    assert not is_spans(["NOUN", "VERB", "X"])
    assert not is_spans(["O"])
    assert is_spans(["O", "B-PER"])


def test_labels_with_and_without_prefix_are_refused() -> None:
    with pytest.raises(Fault, match="labels with and without a prefix are mixed: B-PER beside NOUN"):
        is_spans(["B-PER", "NOUN", "O"])


def test_label_list_has_b_and_i_of_each_type_in_the_order_of_names() -> None:
    assert label_names(["I-PER", "B-LOC"]) == ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
    assert label_names(["VERB", "NOUN"]) == ["NOUN", "VERB"]
