"""The page: escaped, self-contained, what it says of a split, and its tables."""

import base64
import hashlib
import html
import re
from pathlib import Path

import pytest
from helpers.evaluations import EPOCHS, LOSSES, evaluation, sentence
from helpers.evaluations import page as render
from helpers.tagged import sentences

from tagline.core import PROVENANCE, write_hashes, write_json
from tagline.metrics.outcomes import outcomes
from tagline.report import evaluation_page
from tagline.report.evaluation_page import (
    LARGEST,
    NO_TYPE,
    REST,
    ErrorGroup,
    confusion_table,
    count_by_type,
    made_of,
    origins,
)

SCRIPT = '<script>document.title="taken"</script>'
NASTY = [SCRIPT, "</style>", "</script>", '"', "'", "&amp;", "<!--", "{{", "}}", "{%", "שלום", "a\u202eb", "\x00"]


def page_of_words(words, gold, predicted, name):
    """The page of one sentence: its first word is a missed entity, all others are spurious ones."""
    others = len(words) - 1
    labels = f"B-{gold}" + " O" * others, "O" + f" B-{predicted}" * others
    return render(evaluation([sentence(" ".join(words), *labels, name=name)]))


def elements(page):
    """The names of the elements of a page."""
    return re.findall(r"<(\w+)", re.sub("<(style|script)>.*?</", "</", page, flags=re.DOTALL))


def text_of(page):
    """The text of a page as it is shown."""
    return " ".join(html.unescape(re.sub("<(style|script)>.*?</|<[^>]*>", "", page, flags=re.DOTALL)).split())


@pytest.fixture(scope="module")
def nasty():
    return page_of_words(NASTY, "<b>", '"x"', "<i>id</i>")


def test_text_of_the_data_is_escaped(nasty):
    assert elements(nasty) == elements(page_of_words(["word"] * len(NASTY), "B", "A", "id"))
    for character in "\u202e\x00":
        assert character not in nasty
    for word in [*NASTY[:-2], r"a\u202eb", r"\x00", "gold <b>", 'predicted "x"', "<i>id</i>"]:
        assert word in text_of(nasty), f"{word} is not shown as in the data"
    for path in Path(evaluation_page.__file__).parent.glob("*.html"):
        assert not re.search(r"\|\s*safe\b|autoescape", path.read_text("utf-8")), path.name


def test_page_loads_no_other_file_and_runs_only_its_own_script(nasty):
    assert not {"iframe", "img", "object", "embed", "base", "video", "audio"} & set(elements(nasty))
    for address in re.findall(r'\b(?:src|href|action|srcset|poster)="([^"]*)"', nasty):
        assert address.startswith(("#", "data:,"))
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest", nasty)
    (script,) = re.findall("<script>(.*?)</script>", nasty, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = re.findall('Content-Security-Policy" content="([^"]*)"', nasty)
    assert policy.split("; ")[0] == "default-src 'none'"
    assert f"script-src 'sha256-{digest}'" in policy.split("; ")


def test_page_shows_the_metrics():
    evaluated = evaluation([sentence("Ada in Oslo", "B-PER O B-LOC", "B-PER O O"), sentence("so", "O", "O")])
    metrics = evaluated.metrics["test"]
    metrics["altered"] = {"typos": {"f1": 0.25, "low": 0.2, "high": 0.3}}
    interval = metrics["intervals"]["overall"]["f1"]
    text = text_of(render(evaluated))
    for part in (
        f"{metrics['overall']['f1']:.3f}",
        f"{interval['low']:.3f} to {interval['high']:.3f}",
        f"calibration error: {metrics['calibration']['ece']:.3f}",
        "altered form F1 F1 typos 0.250 ",
        "In training split F1 F1 gold unseen ~0.667 2 Sentence in training split F1 F1 gold no ~0.667 2",
    ):
        assert part in text


def test_plain_tags_are_filtered_by_tag_alone():
    page = render(evaluation([sentence("a b", "NOUN VERB", "NOUN NOUN", kind="tags")], kind="tags"))
    assert 'name="kind"' not in page and elements(page).count("option") == 3
    assert "macro F1" in text_of(page) and "gold VERB" in text_of(page)


NO_ERROR = ("Ada", "B-PER", "No sentence has errors.", "<form")
NO_ENTITY = ("a b", "O O", "no entities, so F1 is not defined", 'id="reliability"')


@pytest.mark.parametrize("words, labels, said, missing", [NO_ERROR, NO_ENTITY])
def test_page_without_errors_or_entities_says_so(words, labels, said, missing):
    page = render(evaluation([sentence(words, labels, labels)]))
    assert said in text_of(page)
    assert missing not in page


def test_page_says_that_it_shows_only_the_worst_sentences(monkeypatch):
    monkeypatch.setattr(evaluation_page, "SENTENCES", 2)
    page = render(evaluation([sentence("Ada", "B-PER", "O", score, name=f"s-{score}") for score in (0.5, 0.9, 0.7)]))
    assert re.findall(r'data-split="test".*?<b>(.*?)</b>', page, flags=re.DOTALL) == ["s-0.9", "s-0.7"]
    assert "The page shows 2 of 3 sentences with errors of test." in text_of(page)
    assert "sentences with errors of validation" not in text_of(page)


def test_page_begins_with_what_the_model_is(tmp_path):
    write_json(tmp_path / "data.json", {"train": {"sentences": 2115}})
    params = {"seed": 42, "start_from": "old"}
    write_json(tmp_path / PROVENANCE, {"params": params, "best_epoch": 8, "steps": 40, "planned_steps": 1306})
    write_json(tmp_path / "config.json", {"model_type": "bert", "num_hidden_layers": 6})
    given = [sentence("Ada in Oslo", "B-PER O B-LOC", "B-LOC O B-LOC"), sentence("Bo", "B-PER", "B-LOC")]
    made = made_of(tmp_path / "data.json", tmp_path)
    text = text_of(evaluation_page.render(evaluation(given), LOSSES, EPOCHS, made))
    assert (
        "bert of 6 layers from old, trained on 2,115 sentences, seed 42, epoch 8, ended at step 40 of 1,306 by max_steps "
        "· tested on 2 Scores test "
    ) in text
    assert "PER → LOC, 2 times: Ada, Bo" in text


def test_data_set_and_encoder_are_named(tmp_path):
    def written(name, content):
        (tmp_path / name).mkdir(exist_ok=True)
        write_json(tmp_path / name / PROVENANCE, content)
        write_hashes(tmp_path / name)
        return tmp_path / name / PROVENANCE

    files = {"source": "files", "files": {"train": [{"path": f"{number}.conll"} for number in range(4)]}}
    raw = written("raw", {"source": "several", "sources": [files, {"source": "hub", "name": "a/b"}]})
    for source, key, name in (("hub", "name", "e/f"), ("package", "package", "p"), ("path", "path", "my-bert")):
        found = origins(raw, written("encoder", {"source": source, key: name}))
        assert found == ["data a/b, 0.conll, 1.conll and 2 more", f"encoder {name}"]


def errors_of(given):
    return count_by_type(given, {index: outcomes(each) for index, each in enumerate(given)})


def test_equal_errors_are_grouped():
    given = [sentence("Ada A Bo", "B-PER I-PER O", "B-PER O B-LOC"), sentence("Ada Bo", "B-ORG O", "O B-LOC")]
    assert errors_of(given).groups == [
        ErrorGroup(NO_TYPE, "LOC", 2, ["Bo"], False),
        ErrorGroup("ORG", NO_TYPE, 1, ["Ada"], False),
        ErrorGroup("PER", "PER", 1, ["Ada A"], False),
    ]


def test_rarest_of_many_types_share_a_row():
    tags = [f"T{number:02}" for number in range(LARGEST + 5)]
    counts = {(tag, tag): 1 + (tag in tags[5:]) for tag in tags}  # the first five occur once, the others twice
    table = confusion_table(counts)
    assert (table.names, table.folded) == ([*tags[5:], REST], 5)
    assert table.rows[-1] == [0] * LARGEST + [5]
    assert sum(map(sum, table.rows)) == sum(counts.values())
    assert confusion_table({(tag, tag): 1 for tag in tags[: LARGEST + 1]}).folded == 0, "a single type has its own row"


def test_errors_by_kind_and_type_and_those_of_plain_tags_by_pair():
    counts = errors_of(sentences(["B-X O B-Y B-X O", "B-X", "O"], ["O B-Y B-X B-X O", "O", "O"]))
    assert counts.kinds == {"missed": 2, "spurious": 1, "type_error": 1}
    assert counts.types == [("X", [2, 0, 0]), ("Y", [0, 1, 1])]
    of_tags = errors_of(sentences(["N V N N"], ["V N V N"], "tags"))
    assert [group[:3] for group in of_tags.groups] == [("N", "V", 2), ("V", "N", 1)]
