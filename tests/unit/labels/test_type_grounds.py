"""The grounds of types: readable, and the same in the terminal as on the pages."""

import re

from helpers.evaluations import evaluation, page, sentence
from helpers.runs import tagged

from tagline.inference import Document
from tagline.labels import Labels, type_grounds
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
    line = Highlighter(given.labels, color=True).line(Document.of_words(["Ada"]), tagged(["B-PER"], given.labels))
    (color,) = re.findall(r"48;5;(\d+)m", line)
    ground = f"ground-{type_grounds.GROUNDS.index(int(color))}"
    assert type_grounds.css_classes(given.labels)["PER"] == ground
    assert f'<span class="label correct {ground}">PER</span>' in page(given)
    assert type_grounds.web_color(1) == "#afd7ff"


def test_a_type_keeps_its_ground_when_others_are_added():
    before = type_grounds.of_types(["LOC", "MISC", "ORG", "PER"])
    assert [*before.values()] == [0, 1, 2, 3]
    assert type_grounds.of_types(["ACT", *before, "WORK"]).items() >= before.items()
    many = type_grounds.of_types([f"T{number}" for number in range(20)])
    assert sorted([*many.values()][:8]) == [*range(8)], "a ground is free"
    assert type_grounds.css_classes(Labels("pos", "tags", ("NOUN", "VERB"), "NOUN")) == {}
