"""Entities as HTML: escaped, without overlaps, in the colours of the pages."""

import re

from tagline.inference import Mention, render
from tagline.labels.type_grounds import web_color


def test_entities_are_marked_in_the_colours_of_the_pages():
    found = [("LOC", "Oslo", 14, 18), ("<X>", "Ada & Bo", 1, 9), ("PER", "Bo", 7, 9)]
    html = render("<Ada & Bo> in Oslo", [Mention(*each, 0.9) for each in found], ["ORG", "LOC"])
    marks = re.findall(r'<mark style="background: (#\w+);[^"]*">(.*?) <b>(.*?)</b></mark>', html)
    assert marks == [(web_color(7), "Ada &amp; Bo", "&lt;X&gt;"), (web_color(0), "Oslo", "LOC")]
    assert re.sub("<[^<>]+>", "", html) == "&lt;Ada &amp; Bo &lt;X&gt;&gt; in Oslo LOC"
    assert html._repr_html_() is html
    assert render("a\n b", []) == '<p dir="auto" style="white-space: pre-wrap">a\n b</p>'
