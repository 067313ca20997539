"""transformers.js in Node and in Chromium, which read an export from local files."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from helpers.browser import chromium
from helpers.project import ROOT
from selenium.webdriver import Chrome
from selenium.webdriver.support.wait import WebDriverWait

MODULES = ROOT / "node_modules"
PACKAGE = "@huggingface/transformers"

with_npm = pytest.mark.skipif(
    not (shutil.which("node") and (MODULES / PACKAGE).is_dir()),
    reason=f"needs Node and `npm install --no-save --ignore-scripts {PACKAGE}`",
)

# The label of each sub-word, special tokens included.
LABELS = """
async function labels({ env, pipeline }, folder, texts) {
  Object.assign(env, { allowRemoteModels: false, allowLocalModels: true, localModelPath: "./" });
  const { tokenizer, model } = await pipeline("token-classification", folder);
  const found = [];
  for (const text of texts) {
    const { logits } = await model(tokenizer(text));
    found.push(logits.tolist()[0].map(row => model.config.id2label[row.indexOf(Math.max(...row))]));
  }
  return found;
}
"""

Labels = Callable[[Path, Sequence[str]], list[list[str]]]


def in_node(export: Path, texts: Sequence[str]) -> list[list[str]]:
    """Label the sub-words of texts in Node."""
    script = f"""
      import * as transformers from "{(MODULES / PACKAGE / "dist/transformers.node.mjs").as_uri()}";
      {LABELS}
      const [folder, texts] = process.argv.slice(1);
      console.log(JSON.stringify(await labels(transformers, folder, JSON.parse(texts))));
    """
    command = ["node", "--input-type=module", "--eval", script, export.name, json.dumps(texts)]
    done = subprocess.run(command, cwd=export.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


def in_chromium(export: Path, texts: Sequence[str]) -> list[list[str]]:
    """Label the sub-words of texts in a browser, which gets package and export from a server on this host."""
    site = export.parent / "site"
    site.mkdir()
    (site / "modules").symlink_to(MODULES.resolve())
    (site / "export").symlink_to(export.resolve())
    script = f"""
      {LABELS}
      const [texts, done] = arguments;
      import("/modules/{PACKAGE}/dist/transformers.min.js").then(transformers => {{
        transformers.env.backends.onnx.wasm.wasmPaths = "/modules/onnxruntime-web/dist/";
        return labels(transformers, "export", texts);
      }}).then(done, error => done(String(error)));
    """
    with opened(site, "") as chrome:
        chrome.set_script_timeout(300)
        found: list[list[str]] = chrome.execute_async_script(script, list(texts))
    assert isinstance(found, list), found
    return found


def marked_on_the_page(export: Path, text: str) -> list[str]:
    """What examples/browser marks in a text, with the type after it."""
    site = export.parent / "page"
    (site / "models").mkdir(parents=True)
    (site / "models/export").symlink_to(export.resolve())
    (site / "node_modules").symlink_to(MODULES.resolve())
    (site / "examples").symlink_to(ROOT / "examples")
    write = "text.value = arguments[0]; text.dispatchEvent(new Event('input'))"
    with opened(site, "examples/browser/") as chrome:
        wait = WebDriverWait(chrome, 100)
        wait.until(lambda _: chrome.find_elements("css selector", "[data-ready]"))
        chrome.execute_script(write, text)
        wait.until(lambda _: chrome.find_element("id", "shown").text.startswith(text.split()[0]))
        return [mark.text for mark in chrome.find_elements("tag name", "mark")]


@contextmanager
def opened(site: Path, page: str) -> Iterator[Chrome]:
    """A browser on a page of a folder, which this host serves."""
    with ExitStack() as stack:
        server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site))))
        Thread(target=server.serve_forever, daemon=True).start()
        stack.callback(server.shutdown)
        chrome = stack.enter_context(chromium())
        chrome.get(f"http://127.0.0.1:{server.server_port}/{page}")
        yield chrome
