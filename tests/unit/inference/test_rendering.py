"""Entities as HTML: escaped, without overlaps, in the colours of the pages."""

import re

from tagline.inference import Mention, render
from tagline.labels.type_grounds import web_color


def test_entities_are_marked_in_the_colours_of_the_pages():
    text = "<Ada & Bo> in Oslo"
    found = [
        Mention("LOC", "Oslo", 14, 18, 0.9),
        Mention("<X>", "Ada & Bo", 1, 9, 0.9),
        Mention("PER", "Bo", 7, 9, 0.9),
    ]
    html = render(text, found, ["ORG", "LOC"])
    marks = re.findall(r'<mark style="background: (#\w+);[^"]*">(.*?) <b>(.*?)</b></mark>', html)
    assert marks == [(web_color(7), "Ada &amp; Bo", "&lt;X&gt;"), (web_color(0), "Oslo", "LOC")]
    assert re.sub("<[^<>]+>", "", html) == "&lt;Ada &amp; Bo &lt;X&gt;&gt; in Oslo LOC"
    assert html._repr_html_() is html


def test_text_without_entities_stays():
    assert render("a\n b", []) == '<p dir="auto" style="white-space: pre-wrap">a\n b</p>'
