"""The page of the audit: escaped, self-contained, filtered by the script of the report."""

import re
from collections import Counter
from pathlib import Path

import pytest
from helpers.browser import chromium, in_a_browser
from helpers.held_out import LABELS, audit, chunk
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tagline.audit.review import audit_page
from tagline.audit.review.disagreements import disagreements
from tagline.audit.review.ranking import Ranking, Suspicion
from tagline.crossval.out_of_fold import FoldOutput

SCRIPT = "<script>document.title='taken'</script>"
ROWS = [
    ("Ada in Oslo", "O O B-LOC", "B-PER O B-LOC"),
    (f"Ada {SCRIPT} a\u202eb", "B-PER O O", "B-LOC O O"),
    ("Bank of Rome", "B-LOC I-LOC I-LOC", "O O B-LOC"),
    ("Ada Bo", "B-PER I-PER", "B-PER B-PER"),
]


def ranking(rows: list[tuple[str, str, str]] = ROWS, fold: int = 1) -> Ranking:
    found = [(sentence, each) for sentence in chunk(rows)[0] for each in disagreements(sentence)]
    suspicions = [Suspicion(9.0 - index, "train", *both, 0.1, 0.8) for index, both in enumerate(found)]
    sizes = {"held_out": {"train": 4}, "learnt": 3, "train": 8}
    made_of = {"fold": fold, "sentences": sizes, "validation_f1": 0.5}
    folds = [FoldOutput(Path("data/audit/1"), LABELS, made_of)]
    return Ranking(audit(), folds, Counter({("train", each.fault): 1 for _, each in found}), suspicions)


def test_text_of_the_data_is_escaped() -> None:
    html = audit_page.render(ranking())
    assert SCRIPT not in html
    assert "\u202e" not in html and r"a\u202eb" in html
    assert html.count("<script>") == 1
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest| src=", html)


def test_card_shows_fault_sides_and_fold(monkeypatch: pytest.MonkeyPatch) -> None:
    html = " ".join(audit_page.render(ranking()).split())
    assert 'data-kind="boundary"' in html and 'data-kind="type"' in html and 'data-kind="missing"' in html
    assert 'gold <q class="gold"><bdi lang="">Bank of Rome</bdi></q> <span class="type ground-0">LOC</span>' in html
    assert 'model <q class="predicted"><bdi lang="">Rome</bdi></q> <span class="type ground-0">LOC</span>' in html
    assert "<td>3 of 8</td> <td>0.500</td>" in html
    assert "a model that was not trained on their sentence" in html
    assert "a model that was trained for half of the epochs" in audit_page.render(ranking(fold=0))
    monkeypatch.setattr(audit_page, "SHOWN", 1)
    assert "The page shows the first 1 of 3." in " ".join(audit_page.render(ranking()).split())
    assert "Gold and the models agree everywhere." in audit_page.render(ranking([("Ada", "B-PER", "B-PER")]))


@pytest.mark.rare
@in_a_browser
def test_keys_and_filters(tmp_path: Path) -> None:
    path = tmp_path / "audit.html"
    path.write_bytes(audit_page.render(ranking()).encode())
    with chromium("--window-size=1200,900") as chrome:
        chrome.get(path.as_uri())

        def focused(key: str) -> str:
            # To what has the focus: an element that is named takes the focus first.
            chrome.switch_to.active_element.send_keys(key)
            return chrome.switch_to.active_element.find_element(By.CSS_SELECTOR, ".where b").text

        assert [focused(key) for key in "jjkjjj"] == ["1", "2", "1", "2", "3", "4"]
        chrome.find_element(By.XPATH, "//label[input[@value='boundary']]").click()
        assert chrome.find_element(By.ID, "shown").text == "2 of 4 shown"
        chrome.find_element(By.ID, "shown").click()
        chrome.switch_to.active_element.send_keys(Keys.ESCAPE)
        assert focused("k") in ("3", "4")
        assert chrome.title == "Audit of ner"
        assert chrome.get_log("browser") == []
