"""The page of the service in a browser: keyboard, marks, JSON, themes, width."""

import json

from helpers.browser import chromium, in_a_browser, requests, scrolls_sideways
from helpers.serving import served
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

# The marks must be counted in code points; markup must not be run; CSP must allow the request.
TEXT = "\U0001f600 Ada Lind lives in\n<b>Oslo</b>"


def find(page, text, state):
    field = page.find_element(By.ID, "text")
    page.execute_script("arguments[0].value = arguments[1]", field, text)
    field.send_keys(Keys.CONTROL, Keys.ENTER)
    WebDriverWait(page, 60).until(lambda page: page.find_element(By.ID, "state").text.startswith(state))


@in_a_browser
def test_page_marks_entities_and_shows_json(export):
    with chromium("--window-size=500,900") as page, served(export) as service:
        page.get(service.url)
        assert page.switch_to.active_element.get_attribute("id") == "text"
        find(page, TEXT, "2 entities")
        marked = page.find_element(By.ID, "marked").get_property("textContent")
        assert marked == TEXT.replace("Lind", "LindPER 0.90").replace("Oslo", "OsloLOC 0.90")
        assert [mark.text for mark in page.find_elements(By.CSS_SELECTOR, "#marked > .type")] == ["Ada Lind", "Oslo"]
        shown = json.loads(page.find_element(By.ID, "json").get_property("textContent"))
        assert shown["text"] == TEXT and len(shown["entities"]) == 2

        assert not scrolls_sideways(page, 400)
        dark = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", dark)
        assert page.find_element(By.ID, "text").value_of_css_property("background-color") == "rgba(20, 23, 28, 1)"
        assert requests(page) == {f"{service.url}/", f"{service.url}/entities"}
        assert page.get_log("browser") == []

        assert "Types: PER LOC" in page.find_element(By.ID, "form").text
        find(page, "a" * 2**18 + "a", "the body: 262,145 characters; expected at most")
        assert not page.find_element(By.ID, "found").is_displayed()
