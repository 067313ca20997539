"""Chromium without a window, for pages that must work without a network."""

import json
import shutil
from contextlib import contextmanager

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
# What `Chrome.get_log` can return: messages of the page, and its requests.
LOGS = ("browser", "performance")

in_a_browser = pytest.mark.skipif(
    not (BROWSER and DRIVER), reason="needs Chromium and chromedriver (on Debian: apt install chromium chromium-driver)"
)


@contextmanager
def chromium(*arguments):
    """Start a browser that sends no requests of its own, and end it after the block."""
    options = ChromeOptions()
    options.binary_location = BROWSER or ""
    quiet = "disable-background-networking disable-component-update disable-sync disable-quic no-first-run"
    ours = f"headless=new no-sandbox disable-gpu disable-dev-shm-usage {quiet}".split()
    for argument in (*(f"--{name}" for name in ours), *arguments):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", dict.fromkeys(LOGS, "ALL"))
    driver = Chrome(options=options, service=Service(DRIVER))
    try:
        yield driver
    finally:
        driver.quit()


@contextmanager
def without_errors(chrome):
    """Check that a page logs nothing in the block; `requests` then are those of the block."""
    for kind in LOGS:
        chrome.get_log(kind)  # clears the log of earlier tests
    yield
    assert chrome.get_log("browser") == []


def requests(chrome):
    """The addresses that the browser has asked for since the last call."""
    events = [json.loads(entry["message"])["message"] for entry in chrome.get_log("performance")]
    asked = {event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"}
    return {url for url in asked if not url.startswith("data:")}


def scrolls_sideways(page, width):
    """Whether a page needs more than a width in pixels."""
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        return page.execute_script("let e = document.documentElement; return e.scrollWidth > e.clientWidth")
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
