"""transformers.js in Node and in Chromium, which read an export from local files."""

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from helpers.browser import chromium
from helpers.project import ROOT

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
    with ExitStack() as stack:
        server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site))))
        Thread(target=server.serve_forever, daemon=True).start()
        stack.callback(server.shutdown)
        chrome = stack.enter_context(chromium())
        chrome.set_script_timeout(300)
        chrome.get(f"http://127.0.0.1:{server.server_port}/")
        found: list[list[str]] = chrome.execute_async_script(script, list(texts))
    assert isinstance(found, list), found
    return found
