"""The grounds of types: readable, and the same in the terminal as on the pages."""

import re

from helpers.evaluations import evaluation, page, sentence
from helpers.runs import tagged

from tagline.inference import Document
from tagline.labels import type_grounds
from tagline.tools.answers.notations import Highlighter


def luminance(color):
    """The relative luminance of WCAG 2.2."""
    channels = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_text_on_a_ground_is_readable_in_any_theme():
    """A rule sets both colours, so that neither depends on the theme."""
    rules = re.findall(r"\.ground-(\d) \{ background: (#\w{6}); color: #000; \}", type_grounds.style())
    assert [index for index, _ in rules] == list("01234567")
    assert min((luminance(color) + 0.05) / 0.05 for _, color in rules) > 10


def test_a_type_has_the_same_ground_in_the_terminal_and_on_a_page():
    given = evaluation([sentence("Ada in Oslo", "B-PER O B-LOC", "B-PER O O")])
    classes = type_grounds.css_classes(given.labels)
    line = Highlighter(given.labels, color=True).line(Document.of_words(["Ada"]), tagged(["B-PER"], given.labels))
    index = type_grounds.GROUNDS.index(int(re.findall(r"48;5;(\d+)m", line)[0]))
    assert classes["PER"] == f"ground-{index}"
    assert f'<span class="label correct {classes["PER"]}">PER</span>' in page(given)
    assert type_grounds.web_color(1) == "#afd7ff"


def test_a_type_keeps_its_ground_when_others_are_added():
    before = type_grounds.of_types(["LOC", "MISC", "ORG", "PER"])
    assert [*before.values()] == [0, 1, 2, 3]
    after = type_grounds.of_types(["ACT", *before, "WORK"])
    assert after.items() >= before.items()
    types = [f"T{number}" for number in range(20)]
    assert sorted([*type_grounds.of_types(types).values()][:8]) == [*range(8)], "a ground is free"


def test_plain_tags_have_no_grounds():
    given = evaluation([sentence("a b", "NOUN VERB", "NOUN NOUN", kind="tags")], kind="tags")
    assert type_grounds.css_classes(given.labels) == {}
    assert 'class="type "' not in page(given) and "ground-" not in page(given).partition("</style>")[2]
