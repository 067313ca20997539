"""Conversion: schemes are recognised, and all of them become the same IOB2."""

from itertools import chain, groupby
from operator import itemgetter

import numpy as np
import pytest
from helpers.tagged import in_scheme
from hypothesis import given
from hypothesis import strategies as st

from tagline.labels.conversion import before, convert, transitions

# A sentence as spans: (type or "", length); neighbours of one type touch, which tells IOB1 from IOB2.
SPANS = st.lists(st.tuples(st.sampled_from(["", "PER", "LOC"]), st.integers(1, 3)), max_size=8)


def converted(sentences, scheme):
    """The labels of all words, and how many transitions were illegal; the tag ? is unknown."""
    names = sorted({*chain(*sentences)} - {"?"})
    ids = np.array([[*names, "", "?"].index(tag) for tag in chain(*sentences)], dtype=np.int64)
    ends = np.cumsum([len(tags) for tags in sentences], dtype=np.int64)
    follow = transitions(ids, ends, len(names))
    made = convert(names, follow, scheme)
    labels = sorted(set(made.labels.values()))
    found = made.table({label: index for index, label in enumerate(labels)})[before(ids, ends, len(names)), ids]
    return ["|".join(labels[index]) or "?" for index in found], int(follow[made.illegal].sum())


@given(st.lists(SPANS, max_size=4), st.sampled_from(["IOB1", "IOB2", "BIOES", "BILOU"]))
def test_every_scheme_becomes_the_same_iob2(sentences, scheme):
    expected = [tag for spans in sentences for tag in in_scheme(spans, "IOB2")]
    assert converted([in_scheme(spans, scheme) for spans in sentences], scheme) == (expected, 0)


@given(SPANS)
def test_io_joins_neighbours_of_one_type(spans):
    joined = [(kind, sum(length for _, length in group)) for kind, group in groupby(spans, key=itemgetter(0))]
    assert converted([in_scheme(spans, "IO")], "IO") == (in_scheme(joined, "IOB2"), 0)


ILLEGAL = [
    ("O I-PER I-PER", "IOB2", "O B-PER I-PER", 1),
    ("B-PER I-PER", "IOB1", "B-PER I-PER", 1),
    ("O E-PER", "BIOES", "O B-PER", 1),
    ("S-PER I-PER E-PER", "BIOES", "B-PER B-PER I-PER", 1),
    ("B-PER O", "BIOES", "B-PER O", 1),
    ("B-PER S-LOC", "BIOES", "B-PER B-LOC", 1),
    # Beside an unknown tag, what the scheme allows with one of all tags.
    ("? I-PER ? B-PER ? O", "IOB2", "? I-PER ? B-PER ? O", 0),
    ("? I-PER I-PER ? B-PER", "IOB1", "? B-PER|I-PER I-PER ? B-PER", 0),
    ("B-PER ? E-PER ? S-PER ?", "BIOES", "B-PER ? I-PER ? B-PER ?", 0),
    ("? PER PER ? ?", "IO", "? B-PER|I-PER I-PER ? ?", 0),
]


@pytest.mark.parametrize("tags, scheme, expected, repaired", ILLEGAL)
def test_illegal_tags_are_read_as_by_conlleval(tags, scheme, expected, repaired):
    assert converted([tags.split()], scheme) == (expected.split(), repaired)
