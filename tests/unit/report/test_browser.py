"""The page in a browser: filters, themes, width, and no JavaScript."""

import base64
import re

import pytest
from helpers.browser import chromium, in_a_browser, requests, scrolls_sideways, without_errors
from helpers.evaluations import evaluation, sentence
from helpers.evaluations import page as page_of
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

pytestmark = in_a_browser

TEST = [
    sentence("Ada met Bo in Oslo", "B-PER O B-PER O B-LOC", "O O B-PER O B-PER", 0.9, "both"),  # missed PER, LOC as PER
    sentence("Bank of Rome", "B-ORG I-ORG I-ORG", "O O B-ORG", 0.8, "boundary"),
    sentence("the cat", "O O", "O B-LOC", 0.7, "spurious"),
    sentence("<script>document.title='taken'</script> \u05e9\u05dc\u05d5\u05dd", "B-PER O", "O B-LOC", 0.1, "nasty"),
    sentence("Bo", "B-PER", "B-PER", 1.0, "correct"),
]
VALIDATION = [sentence("Kyiv", "B-LOC", "O", 0.6, "other-split")]
ALL = ["both", "boundary", "spurious", "other-split", "nasty"]


@pytest.fixture(scope="module")
def chrome():
    with chromium("--window-size=1200,900") as chrome:
        yield chrome


@pytest.fixture
def page(chrome, tmp_path):
    """A browser that shows the page. After the test, there must be no errors and no requests for other files."""
    with without_errors(chrome):
        path = show(chrome, tmp_path, TEST, VALIDATION)
        yield chrome
    assert requests(chrome) == {path.as_uri()}
    assert chrome.title == "Evaluation of ner", "a script of the texts was run"


def show(chrome, folder, test, validation):
    """Open the page of an evaluation, which is written to a folder."""
    path = folder / "evaluate.html"
    path.write_bytes(page_of(evaluation(test, validation, test[0].kind)).encode())
    chrome.get(path.as_uri())
    return path


def visible(page):
    """The ids of the visible sentences, in order."""
    shown = [item for item in page.find_elements(By.CSS_SELECTOR, ".sentence") if item.is_displayed()]
    return [item.find_element(By.CSS_SELECTOR, ".where b").text for item in shown]


def choose(page, name, value):
    page.find_element(By.XPATH, f"//label[input[@name='{name}'][@value='{value}']]").click()


def test_filters_show_sentences_with_such_an_error(page):
    shown = page.find_element(By.ID, "shown")
    assert visible(page) == ALL
    page.find_element(By.CSS_SELECTOR, "input[name=kind]:checked").send_keys(Keys.ARROW_RIGHT)
    page.switch_to.active_element.send_keys(Keys.RETURN)  # it must not submit the form
    assert visible(page) == ["both", "other-split", "nasty"]
    assert shown.text == "3 of 5 shown"
    Select(page.find_element(By.NAME, "type")).select_by_visible_text("LOC")
    # "both" has a missed entity and an error of type LOC, but these are two errors.
    assert visible(page) == ["other-split"]
    choose(page, "split", "test")
    assert visible(page) == []
    assert page.find_element(By.ID, "none").is_displayed()
    page.find_element(By.CSS_SELECTOR, "button[type=reset]").click()
    # The form is reset after the event of the click.
    WebDriverWait(page, 10).until(lambda _: shown.text == "5 of 5 shown")
    assert visible(page) == ALL
    choose(page, "kind", "type_error")
    assert visible(page) == ["both"]
    dimmed = [item.text for item in page.find_elements(By.CSS_SELECTOR, ".error.other") if item.is_displayed()]
    assert dimmed == ["gold PER · missed 0.90"]


def test_link_of_a_group_names_its_types_until_the_form_is_reset(page):
    page.find_element(By.LINK_TEXT, "LOC → PER").click()
    shown = page.find_element(By.ID, "shown")
    WebDriverWait(page, 10).until(lambda _: shown.text == "1 of 5 shown, gold LOC, predicted PER")
    assert visible(page) == ["both"]
    assert page.switch_to.active_element.text == "Sentences with errors"  # Tab goes on from there
    page.get(f"{page.current_url.partition('#')[0]}#sentences?kind=spurious&type=LOC")
    WebDriverWait(page, 10).until(lambda _: visible(page) == ["spurious", "nasty"])
    page.find_element(By.CSS_SELECTOR, "button[type=reset]").click()
    WebDriverWait(page, 10).until(lambda _: shown.text == "5 of 5 shown")


SPANS = [
    sentence("a b c d e", "B-LOC O B-ORG O B-PER", "O B-LOC B-LOC O B-ORG"),
    sentence("a b c", "B-LOC B-LOC O", "B-ORG O B-PER"),
    sentence("a b c", "B-ORG I-ORG B-LOC", "B-ORG O B-LOC"),
]
TAGS = [sentence("a b c", "NOUN VERB NOUN", "VERB NOUN VERB", kind="tags"), sentence("a", "X", "NOUN", kind="tags")]


# Follows a link of the page, and counts the errors that are then shown and not dimmed.
EMPHASISED = """
const [href, done] = arguments;
const count = () => [...document.querySelectorAll(".sentence:not([hidden]) .error:not(.other)")].length;
addEventListener("hashchange", () => setTimeout(() => setTimeout(() => done(count()))), { once: true });
location.hash = href;
"""


@pytest.mark.parametrize("given, number_of_links", [(SPANS, 29), (TAGS, 3)])
def test_each_number_leads_to_as_many_errors(chrome, tmp_path, given, number_of_links):
    show(chrome, tmp_path, given, given[:1])
    numbers = {}
    for link in chrome.find_elements(By.CSS_SELECTOR, "td a, .groups a"):
        text = link.find_element(By.XPATH, "..").text.replace(", once:", ", 1 times:")
        numbers[link.get_attribute("hash")] = int(re.sub(r".*, (\d+) times:.*", r"\1", text))
    assert len(numbers) == number_of_links
    assert {href: chrome.execute_async_script(EMPHASISED, href) for href in numbers} == numbers


def test_printed_pages_are_full_and_narrow_ones_do_not_scroll_sideways(page):
    assert len(re.findall(rb"/Type /Page\b", base64.b64decode(page.print_page()))) == 3
    assert not scrolls_sideways(page, 320)


def test_sentence_is_found_by_a_text_and_read_by_keys(page):
    body = page.find_element(By.TAG_NAME, "body")
    body.send_keys("/")
    page.switch_to.active_element.send_keys("bank")
    assert visible(page) == ["boundary"]
    page.switch_to.active_element.send_keys(Keys.CONTROL, "a", Keys.NULL, Keys.DELETE)
    assert visible(page) == ALL
    page.execute_script("document.activeElement.blur()")
    body.send_keys("jjk")
    assert page.switch_to.active_element.get_attribute("id") == "sentence-1"


def test_without_javascript_all_sentences_are_shown(page):
    page.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page.refresh()
        assert visible(page) == ALL
        assert not page.find_element(By.ID, "filters").is_displayed()
    finally:
        page.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
