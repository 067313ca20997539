"""The page of `dvc plots show`: Vega comes from beside the page, and without it the page says what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest
from dvc_render.html import render_html
from dvc_render.vega import VegaRenderer
from helpers.browser import chromium, in_a_browser, requests
from helpers.project import ROOT
from selenium.webdriver import Chrome

TEMPLATE = ROOT / ".dvc/plots/page.html"
# `vega-lite@5` in a command, and `vega-lite@5.2.0` in an address.
MAJOR = re.compile(r"(vega[\w-]*)@(\d+)")


def page_in(folder: Path) -> Path:
    """The page with one plot, as `dvc plots show` writes it."""
    points = [{"step": 1, "loss": "2.0", "rev": "workspace"}]
    renderer = VegaRenderer(points, "loss.csv", template="linear", x="step", y="loss")
    return Path(render_html([renderer], folder / "dvc_plots/index.html", TEMPLATE)).resolve()


@pytest.fixture(scope="module")
def chrome() -> Iterator[Chrome]:
    with chromium("--host-resolver-rules=MAP * ~NOTFOUND") as chrome:  # no network
        yield chrome


def test_dvc_uses_the_template(tmp_path: Path) -> None:
    config = ConfigParser()
    config.read(ROOT / ".dvc/config")
    assert ROOT / ".dvc" / config["plots"]["html_template"] == TEMPLATE
    page = page_in(tmp_path).read_text(encoding="utf-8")
    assert VegaRenderer.SCRIPTS.strip() in page
    assert '"loss": "2.0"' in page
    assert not re.search(r"{\w+}", page)


@pytest.mark.parametrize("path", [".dvc/plots/page.html", "docs/dvc.md"])
def test_the_command_installs_the_versions_of_dvc(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    (command,) = re.findall(r"npm install --prefix dvc_plots ([^<`\n]*)", text)
    assert MAJOR.findall(command) == MAJOR.findall(VegaRenderer.SCRIPTS)


@in_a_browser
def test_vega_beside_the_page_is_used(chrome: Chrome, tmp_path: Path) -> None:
    page = page_in(tmp_path)
    embed = "window.vegaEmbed = (id, spec) => document.querySelector(id).append(spec.data.values[0].loss, vegaLite)"
    scripts = {"vega": "window.vega = 1", "vega-lite": "window.vegaLite = vega + 1", "vega-embed": embed}
    for name, script in scripts.items():
        path = page.parent / f"node_modules/{name}/build/{name}.min.js"
        path.parent.mkdir(parents=True)
        path.write_text(script, encoding="utf-8")
    requests(chrome)  # those of earlier tests
    chrome.get(page.as_uri())
    assert chrome.find_element("id", "loss_csv").text == "2.02"
    assert "could not be loaded" not in chrome.find_element("tag name", "body").text
    assert all(url.startswith("file:") for url in requests(chrome))


@in_a_browser
def test_otherwise_it_is_asked_of_the_network_and_its_absence_explained(chrome: Chrome, tmp_path: Path) -> None:
    requests(chrome)
    chrome.get(page_in(tmp_path).as_uri())
    asked = {url for url in requests(chrome) if url.startswith("https:")}
    assert asked == set(re.findall(r'src="([^"]+)"', VegaRenderer.SCRIPTS))
    assert "npm install --prefix dvc_plots" in chrome.find_element("tag name", "body").text
