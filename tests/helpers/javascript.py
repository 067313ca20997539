"""transformers.js in Node, and in Chromium by the page of examples/, which read an export from local files."""

import json
import shutil
import subprocess
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from helpers.browser import chromium
from helpers.project import ROOT
from selenium.webdriver.support.wait import WebDriverWait

MODULES = ROOT / "node_modules"
PACKAGE = "@huggingface/transformers"

with_npm = pytest.mark.skipif(
    not (shutil.which("node") and (MODULES / PACKAGE).is_dir()),
    reason=f"needs Node and `npm install --no-save --ignore-scripts {PACKAGE}`",
)


def in_node(export, texts):
    """Label the sub-words of texts in Node, special tokens included."""
    script = f"""
      import {{ env, pipeline }} from "{(MODULES / PACKAGE / "dist/transformers.node.mjs").as_uri()}";
      Object.assign(env, {{ allowRemoteModels: false, allowLocalModels: true, localModelPath: "./" }});
      const [folder, texts] = process.argv.slice(1);
      const {{ tokenizer, model }} = await pipeline("token-classification", folder);
      const found = [];
      for (const text of JSON.parse(texts)) {{
        const {{ logits }} = await model(tokenizer(text));
        found.push(logits.tolist()[0].map(row => model.config.id2label[row.indexOf(Math.max(...row))]));
      }}
      console.log(JSON.stringify(found));
    """
    command = ["node", "--input-type=module", "--eval", script, export.name, json.dumps(texts)]
    done = subprocess.run(command, cwd=export.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_): ...


def marked_on_the_page(export, text):
    """What examples/browser marks in a text, with the type after it, on a page that this host serves."""
    site = export.parent / "page"
    (site / "models").mkdir(parents=True)
    (site / "models/export").symlink_to(export.resolve())
    (site / "node_modules").symlink_to(MODULES.resolve())
    (site / "examples").symlink_to(ROOT / "examples")
    write = "text.value = arguments[0]; text.dispatchEvent(new Event('input'))"
    handler = partial(_Quiet, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, chromium() as chrome:
        Thread(target=server.serve_forever, daemon=True).start()
        chrome.get(f"http://127.0.0.1:{server.server_port}/examples/browser/")
        wait = WebDriverWait(chrome, 100)
        wait.until(lambda _: chrome.find_elements("css selector", "[data-ready]"))
        chrome.execute_script(write, text)
        wait.until(lambda _: chrome.find_element("id", "shown").text.startswith(text.split()[0]))
        marks = [mark.text for mark in chrome.find_elements("tag name", "mark")]
        server.shutdown()
        return marks
