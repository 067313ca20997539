"""The page in a browser: its filters, its themes, its width, and what it does without JavaScript."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.evaluations import evaluation, row
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from tagline.report.page import render

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")

pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER),
    reason="needs Chromium and chromedriver (on Debian: apt install chromium chromium-driver)",
)

TEST = [
    row("Ada met Bo in Oslo", "B-PER O B-PER O B-LOC", "O O B-PER O B-PER", 0.9, "both"),  # missed PER, LOC as PER
    row("Bank of Rome", "B-ORG I-ORG I-ORG", "O O B-ORG", 0.8, "boundary"),
    row("the cat", "O O", "O B-LOC", 0.7, "spurious"),
    row("<script>document.title='taken'</script> \u05e9\u05dc\u05d5\u05dd", "B-PER O", "O B-LOC", 0.1, "nasty"),
    row("Bo", "B-PER", "B-PER", 1.0, "correct"),
]
VALIDATION = [row("Kyiv", "B-LOC", "O", 0.6, "other-split")]
ALL = ["both", "boundary", "spurious", "other-split", "nasty"]


@pytest.fixture(scope="module")
def chrome() -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = BROWSER or ""
    for argument in (
        "--headless=new",
        "--window-size=1200,900",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        # Nothing but the page is asked for: no updates, no sync, no first steps.
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-quic",
        "--no-first-run",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def page(chrome: Chrome, tmp_path: Path) -> Iterator[Chrome]:
    """A browser that shows the page; at the end nothing may have gone wrong, nor anything else been asked for."""
    path = tmp_path / "evaluate.html"
    path.write_bytes(render(evaluation(TEST, VALIDATION)).encode())
    for kind in ("browser", "performance"):
        chrome.get_log(kind)  # what earlier tests left
    chrome.get(path.as_uri())
    yield chrome
    assert chrome.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in chrome.get_log("performance")]
    asked = {event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"}
    assert {url for url in asked if not url.startswith("data:")} == {path.as_uri()}


def visible(page: Chrome) -> list[str]:
    """The ids of the sentences that are shown, in their order."""
    return [
        sentence.find_element(By.CSS_SELECTOR, ".where b").text
        for sentence in page.find_elements(By.CSS_SELECTOR, ".sentence")
        if sentence.is_displayed()
    ]


def choose(page: Chrome, **chosen: str) -> None:
    for name, value in chosen.items():
        page.find_element(By.XPATH, f"//label[input[@name='{name}'][@value='{value}']]").click()


def choose_type(page: Chrome, name: str) -> None:
    Select(page.find_element(By.NAME, "type")).select_by_visible_text(name)


def test_all_sentences_with_errors_worst_first(page: Chrome) -> None:
    assert visible(page) == ALL
    assert page.find_element(By.ID, "shown").text == "5 of 5 shown"


@pytest.mark.parametrize(
    ("kind", "ids"),
    [
        ("missed", ["both", "other-split", "nasty"]),
        ("spurious", ["spurious", "nasty"]),
        ("type_error", ["both"]),
        ("boundary_error", ["boundary"]),
    ],
)
def test_one_kind(page: Chrome, kind: str, ids: list[str]) -> None:
    choose(page, kind=kind)
    assert visible(page) == ids
    assert page.find_element(By.ID, "shown").text == f"{len(ids)} of 5 shown"
    choose(page, kind="")
    assert visible(page) == ALL


def test_a_type_on_either_side(page: Chrome) -> None:
    choose_type(page, "LOC")
    assert visible(page) == ["both", "spurious", "other-split", "nasty"]


def test_kind_and_type_are_asked_of_the_same_error(page: Chrome) -> None:
    choose(page, kind="missed")
    choose_type(page, "LOC")
    # "both" has a missed entity and one that is a LOC, but not in one.
    assert visible(page) == ["other-split"]
    choose(page, split="test")
    assert visible(page) == []
    assert page.find_element(By.ID, "none").is_displayed()
    choose(page, split="validation")
    assert visible(page) == ["other-split"]
    assert not page.find_element(By.ID, "none").is_displayed()
    page.find_element(By.CSS_SELECTOR, "button[type=reset]").click()
    assert visible(page) == ALL


def test_errors_that_were_not_asked_for_step_back(page: Chrome) -> None:
    choose(page, kind="type_error")
    (sentence,) = [one for one in page.find_elements(By.CSS_SELECTOR, ".sentence") if one.is_displayed()]
    assert [item.text.split(" gold")[0] for item in sentence.find_elements(By.CSS_SELECTOR, ".mistake.other")] == [
        "missed"
    ]


def test_the_keyboard_is_enough(page: Chrome) -> None:
    page.find_element(By.CSS_SELECTOR, "input[name=kind]:checked").send_keys(Keys.ARROW_RIGHT)
    assert visible(page) == ["both", "other-split", "nasty"]
    # Return in a form sends it in most pages; here there is nowhere to send it to.
    page.switch_to.active_element.send_keys(Keys.RETURN)
    assert visible(page) == ["both", "other-split", "nasty"]


def test_text_of_the_data_stays_text(page: Chrome) -> None:
    assert page.title == "Evaluation of ner"
    (nasty,) = [one for one in page.find_elements(By.CSS_SELECTOR, ".text") if "script" in one.text]
    assert nasty.text.startswith("<script>document.title='taken'</script>")


def test_without_javascript_everything_is_there_to_read(page: Chrome) -> None:
    page.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page.refresh()
        assert visible(page) == ALL
        assert not page.find_element(By.ID, "filters").is_displayed()
    finally:
        page.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_light_and_dark(page: Chrome) -> None:
    colours = {}
    for theme in ("light", "dark"):
        feature = {"name": "prefers-color-scheme", "value": theme}
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        body = page.find_element(By.TAG_NAME, "body")
        colours[theme] = [body.value_of_css_property(name) for name in ("color", "background-color")]
    assert colours == {
        "light": ["rgba(27, 31, 39, 1)", "rgba(246, 247, 249, 1)"],
        "dark": ["rgba(230, 233, 238, 1)", "rgba(20, 23, 28, 1)"],
    }


@pytest.mark.parametrize("width", [320, 390, 768, 1600])
def test_nothing_sticks_out_at_the_side(page: Chrome, width: int) -> None:
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        inside, needed = page.execute_script("let e = document.documentElement; return [e.clientWidth, e.scrollWidth]")
        assert needed == inside
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
