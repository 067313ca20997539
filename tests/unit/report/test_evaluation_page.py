"""The page: escaped, self-contained, reproducible, and readable in both themes."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest
from helpers.evaluations import evaluation, sentence
from helpers.evaluations import page as render

from tagline.evaluation.evaluation import Evaluation
from tagline.report import evaluation_page

SCRIPT = '<script>document.title="taken"</script>'
NASTY = [SCRIPT, "</style>", "</script>", '"', "'", "&amp;", "<!--", "{{", "}}", "{%", "שלום", "a\u202eb", "\x00"]


class Page(HTMLParser):
    """The elements of a page with their attributes, and its text without style and script."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.text += data

    def count(self, tag: str, **attributes: str) -> int:
        return sum(name == tag and attributes.items() <= found.items() for name, found in self.elements)


def of_words(words: list[str], gold: str, predicted: str, name: str) -> Evaluation:
    """Evaluate one sentence: its first word is a missed entity, all others are spurious ones."""
    others = len(words) - 1
    labels = f"B-{gold}" + " O" * others, "O" + f" B-{predicted}" * others
    return evaluation([sentence(" ".join(words), *labels, name=name)])


def nasty() -> Evaluation:
    return of_words(NASTY, "<b>", '"x"', "<i>id</i>")


def test_text_of_the_data_is_escaped() -> None:
    html = render(nasty())
    found, harmless = Page(html), Page(render(of_words(["word"] * len(NASTY), "B", "A", "id")))
    assert [name for name, _ in found.elements] == [name for name, _ in harmless.elements]
    assert "\u202e" not in html
    assert "\x00" not in html
    for word in [*NASTY[:-2], r"a\u202eb", r"\x00", "gold <b>", 'predicted "x"', "<i>id</i>"]:
        assert word in found.text, f"{word} is not shown as in the data"


def test_page_loads_no_other_file() -> None:
    for name, attributes in Page(render(nasty())).elements:
        assert name not in ("iframe", "img", "object", "embed", "base", "video", "audio")
        for key in ("src", "href", "action", "srcset", "poster"):
            assert (attributes.get(key) or "#").startswith(("#", "data:,"))
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest", render(nasty()))


def test_policy_allows_only_the_pages_script() -> None:
    html = render(nasty())
    (script,) = re.findall("<script>(.*?)</script>", html, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = re.findall('Content-Security-Policy" content="([^"]*)"', html)
    assert policy.split("; ")[0] == "default-src 'none'"
    assert f"script-src 'sha256-{digest}'" in policy.split("; ")


def test_templates_mark_no_text_as_safe() -> None:
    for path in Path(evaluation_page.__file__).parent.glob("*.html"):
        assert not re.search(r"\|\s*safe|autoescape|Markup", path.read_text(encoding="utf-8")), path


def test_page_is_reproducible() -> None:
    assert render(nasty()) == render(nasty())


def test_page_shows_the_metrics() -> None:
    evaluated = evaluation([sentence("Ada in Oslo", "B-PER O B-LOC", "B-PER O O")])
    text = Page(render(evaluated)).text
    metrics = evaluated.metrics["test"]
    interval = metrics["intervals"]["overall"]["f1"]
    assert f"{metrics['overall']['f1']:.3f}" in text
    assert f"{interval['low']:.3f} to {interval['high']:.3f}" in text
    assert f"calibration error: {metrics['calibration']['ece']:.3f}" in " ".join(text.split())


def test_plain_tags_are_filtered_by_tag_alone() -> None:
    found = Page(render(evaluation([sentence("a b", "NOUN VERB", "NOUN NOUN", kind="tags")], kind="tags")))
    assert found.count("input", name="kind") == 0
    assert found.count("option") == 3
    assert "macro F1" in found.text
    assert "gold VERB" in found.text


def test_page_without_errors() -> None:
    found = Page(render(evaluation([sentence("Ada", "B-PER", "B-PER")])))
    assert "No sentence has errors." in found.text
    assert found.count("script") == found.count("form") == 0


def test_page_without_entities() -> None:
    found = Page(render(evaluation([sentence("a b", "O O", "O O")])))
    assert "There are no entities." in found.text
    assert found.count("section", id="reliability") == 0


def test_page_says_that_it_shows_only_the_worst_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation_page, "SENTENCES", 2)
    html = render(evaluation([sentence("Ada", "B-PER", "O", score, name=f"s-{score}") for score in (0.5, 0.9, 0.7)]))
    text = " ".join(Page(html).text.split())
    assert re.findall(r'data-split="test".*?<b>(.*?)</b>', html, flags=re.DOTALL) == ["s-0.9", "s-0.7"]
    assert "The page shows 2 of 3 sentences with errors of test." in text
    assert "sentences with errors of validation" not in text


STYLE = Path(evaluation_page.__file__).with_name("style.css").read_text(encoding="utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--([\w-]+): (.*?);", block)) for block in re.findall(r":root \{(.*?)\}", STYLE, re.S)[:2]
)
THEMES = pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])


@THEMES
def test_contrast_of_text(colours: dict[str, str]) -> None:
    """WCAG 2.2, success criterion 1.4.3: a contrast of 4.5 to 1."""
    assert set(colours) == set(LIGHT), "both themes define the same colours"
    for front in ("ink", "soft", "gold", "predicted"):
        for back in ("card", "page"):
            assert contrast(rgb(colours[front]), rgb(colours[back])) >= 4.5, f"{front} on {back}"


@THEMES
@pytest.mark.parametrize("name", ["agree", "differ"])
def test_contrast_of_numbers_on_the_strongest_colours_of_the_confusion(colours: dict[str, str], name: str) -> None:
    ((least, more),) = re.findall(rf"--{name}\) / calc\((.*?) \+ (.*?) \* var\(--share\)", STYLE)
    alpha = float(least) + float(more)
    pairs = zip(map(int, colours[name].split()), rgb(colours["card"]), strict=True)
    assert contrast(rgb(colours["ink"]), [alpha * front + (1 - alpha) * back for front, back in pairs]) >= 4.5


def rgb(colour: str) -> list[int]:
    return [int(colour[start : start + 2], 16) for start in (1, 3, 5)]


def contrast(*colours: Sequence[float]) -> float:
    dark, light = sorted(map(luminance, colours))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: Sequence[float]) -> float:
    values = [value / 255 for value in colour]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in values]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
