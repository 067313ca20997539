"""predict.py: output for given arguments and input, and its messages."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import pandas as pd
import pytest
from helpers import project
from helpers.handmade_export import TAGS, save_export, work_beside
from helpers.project import ROOT, run_script

from tagline.artifacts import exported
from tagline.artifacts.exported import WordRule
from tagline.core.provenance import write_hashes
from tagline.core.signals import keep_running
from tagline.inference import Tagger
from tagline.tools.annotation import tool_formats

run, exit_of = partial(run_script, "predict.py"), partial(project.exit_of, "predict.py")

TEXT = "Ada Lind lives in Oslo."
MARKED = "[Ada Lind PER 0.90] lives in [Oslo LOC 0.90].\n"
ENTITIES = [
    {"type": "PER", "text": "Ada Lind", "start": 0, "end": 8, "score": 0.9},
    {"type": "LOC", "text": "Oslo", "start": 18, "end": 22, "score": 0.9},
]


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_export(tmp_path_factory.mktemp("export"))


@pytest.fixture
def folder(export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with models/export."""
    return work_beside(export, tmp_path, monkeypatch)


def pipe_with(text: str) -> TextIO:
    """Open a pipe with the text, as standard input after ``|``; the text must fit into its buffer."""
    reading, writing = os.pipe()
    os.write(writing, text.encode())
    os.close(writing)
    return os.fdopen(reading)


def start(*arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    """Start the script in another process."""
    pipe = subprocess.PIPE
    environment = {"PYTHONPATH": str(ROOT / "stages"), "OMP_NUM_THREADS": "1", "PATH": ""}
    command = [sys.executable, str(ROOT / "predict.py"), *arguments]
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment, **options)


class TestFormats:
    def test_texts(self, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
        run(TEXT, "", "no entity")
        assert capfd.readouterr() == (f"{MARKED}\nno entity\n", "")

    def test_words(self, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
        run("--words", "Ada", "Lind lives.", "--output-format", "jsonl")
        assert json.loads(capfd.readouterr().out) == {
            "words": ["Ada", "Lind", "lives."],
            "labels": ["B-PER", "I-PER", "O"],
            "scores": [0.9, 0.9, 0.9],
            "entities": [{"type": "PER", "text": "Ada Lind", "start": 0, "end": 2, "score": 0.9}],
        }

    def test_text_to_json(self, folder: Path) -> None:
        Path("in.txt").write_text(f"{TEXT}\n\n", encoding="utf-8")
        run("--input", "in.txt", "--output", "out.jsonl")
        assert [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()] == [
            {"text": TEXT, "entities": ENTITIES},
            {"text": "", "entities": []},
        ]

    def test_json_to_columns(self, folder: Path) -> None:
        Path("in.jsonl").write_text(json.dumps({"text": "Ada."}) + "\n" + json.dumps({"words": ["in", "Oslo"]}))
        run("--input", "in.jsonl", "--output", "out.conll")
        assert Path("out.conll").read_text() == (
            "Ada\tB-PER\t0.9000\n.\tO\t0.9000\n\nin\tO\t0.9000\nOslo\tB-LOC\t0.9000\n\n"
        )

    def test_columns_to_lines(self, folder: Path) -> None:
        Path("in.conll").write_text("X Ada\nX lives\n\nX Oslo\n")
        run("--input", "in.conll", "--column", "2", "--output", "out.txt")
        assert Path("out.txt").read_text() == "[Ada PER 0.90] lives\n[Oslo LOC 0.90]\n"

    def test_standard_input_and_output(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        for arguments, given, expected in (
            ((), f"{TEXT}\n", MARKED),
            (("--words",), "Ada lives.\n", "[Ada PER 0.90] lives.\n"),
            (("--output-format=conll", "--output=-", "--input-format=conll"), "Bo\n", "Bo\tB-PER\t0.9000\n\n"),
        ):
            monkeypatch.setattr(sys, "stdin", pipe_with(given))
            run("--input", "-", *arguments)
            assert capfd.readouterr() == (expected, "")

    def test_colours(self, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
        run(TEXT, "--color", "always")
        assert capfd.readouterr().out.count("\x1b[0m") == 2

    def test_plain_tags(self, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        run("Ada lives.", "--model", str(save_export(tmp_path, TAGS)))
        assert capfd.readouterr().out == "Ada/PROPN lives/VERB ./PUNCT\n"

    @pytest.mark.parametrize(("least", "expected"), [("0.89", MARKED), ("0.91", TEXT + "\n")])
    def test_unsure_entities_are_left_out(
        self, folder: Path, capfd: pytest.CaptureFixture[str], least: str, expected: str
    ) -> None:
        run(TEXT, "--min-score", least)
        assert capfd.readouterr().out == expected
        run(TEXT, "--min-score", least, "--output", "out.conll")
        labels = [line.split("\t")[1] for line in Path("out.conll").read_text().splitlines() if line]
        assert (set(labels) == {"O"}) == (expected != MARKED)

    def test_empty_input(self, folder: Path) -> None:
        for name in ("in.txt", "in.jsonl", "in.conll"):
            Path(name).touch()
            run("--input", name, "--output", "out.jsonl")
            assert Path("out.jsonl").read_bytes() == b""


class TestAnnotationTools:
    def test_label_studio_gets_a_list_and_a_configuration(self, folder: Path) -> None:
        Path("in.txt").write_text(f"{TEXT}\n\nin Oslo\nno entity\n", encoding="utf-8")
        run("--input", "in.txt", "--output", "out.json", "--output-format", "label_studio")
        tasks = json.loads(Path("out.json").read_bytes())
        assert [task["data"]["text"] for task in tasks] == [TEXT, "in Oslo", "no entity"]
        found = [result["value"] for result in tasks[0]["predictions"][0]["result"]]
        assert found == [
            {"start": 0, "end": 8, "text": "Ada Lind", "labels": ["PER"]},
            {"start": 18, "end": 22, "text": "Oslo", "labels": ["LOC"]},
        ]
        assert Path("out.labels.xml").read_text().count("<Label ") == 2

    def test_brat(self, folder: Path) -> None:
        run(TEXT, "", "in Oslo", "--output", "out", "--output-format", "brat", "--min-score", "0.1")
        assert sorted(file.name for file in Path("out").iterdir()) == [
            *("000001.ann", "000001.txt", "000002.ann", "000002.txt", "annotation.conf"),
        ]
        assert Path("out/000002.ann").read_text() == "T1\tLOC 3 7\tOslo\n#1\tAnnotatorNotes T1\t0.9\n"
        assert exit_of(TEXT, "--output", "out", "--output-format", "brat") == (
            "predict: out: exists already; expected a new or empty folder for brat; choose another one"
        )

    @pytest.mark.parametrize("output_format", tool_formats.NAMES)
    def test_empty_input(self, folder: Path, output_format: str) -> None:
        run("", "--output", "out", "--output-format", output_format)
        if output_format == "brat":
            assert [file.name for file in Path("out").iterdir()] == ["annotation.conf"]
        else:
            assert Path("out").read_text() == ("[]\n" if output_format == "label_studio" else "")

    def test_they_need_entities(self, tmp_path: Path) -> None:
        model = str(save_export(tmp_path, TAGS))
        assert exit_of("Ada", "--model", model, "--output-format", "prodigy") == (
            f"predict: --output-format prodigy: {model} predicts a tag for each word, not entities"
        )


USAGE = [
    ((), "expected either TEXT or --input FILE"),
    (("a", "--input", "in.txt"), "expected either TEXT or --input FILE"),
    (
        ("--input", "in.xml"),
        "--input in.xml: unknown suffix; expected .txt, .jsonl, .json, .conll, or --input-format",
    ),
    (
        ("a", "--output", "out"),
        "--output out: unknown suffix; expected .txt, .jsonl, .json, .conll, or --output-format",
    ),
    (("a", "--output-format", "xml"), "invalid choice: 'xml' (choose from text, jsonl, conll, label_studio"),
    (("a", "--backend", "tf"), "invalid choice: 'tf' (choose from onnx-int8, onnx, torch)"),
    (("a", "--output-format", "brat"), "brat needs --output FOLDER, a new or empty one"),
    (("--words", "--input", "in.jsonl"), "--words: the input format is jsonl; expected text"),
    (("--input", "in.txt", "--output", "in.txt"), "--output is the same file as --input; expected another one"),
    (("--input", "-", "--output", "in.txt"), "--output is the same file as --input; expected another one"),
    (("--input", "in.conll", "--column", "0"), "expected a number from 1 to 999,999,999,999, got '0'"),
    (("\udcff",), "TEXT is not UTF-8"),
    (("a", "--min-score", "1.5"), "expected a number from 0 to 1, got '1.5'"),
    (("a", "--min-score", "x"), "expected a number from 0 to 1, got 'x'"),
    (("a", "--min-score", "nan"), "expected a number from 0 to 1, got 'nan'"),
]


@pytest.mark.parametrize(("arguments", "message"), USAGE)
def test_wrong_usage(
    folder: Path,
    arguments: tuple[str, ...],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    Path("in.txt").touch()
    with Path("in.txt").open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        assert exit_of(*arguments) == 2
    assert message in capfd.readouterr().err.replace(
        "'text', 'jsonl', 'conll', 'label_studio'", "text, jsonl, conll, label_studio"
    ).replace("'onnx-int8', 'onnx', 'torch'", "onnx-int8, onnx, torch")


EXPECTED_JSON = 'expected JSON objects with "text" or "words", one per line or all in one list'
ERRORS = [
    (("--input", "none.txt"), "none.txt: No such file or directory"),
    (("--input", "models", "--input-format", "text"), "models: Is a directory"),
    (("a", "--model", "nowhere"), "nowhere/tagger.json is missing: the stage export writes it"),
    (
        ("a", "--backend", "onnx-int8"),
        "models/export: no files for the backend onnx-int8; available: onnx, torch; set export.onnx or export.int8 in",
    ),
    (("a", "--output", "none/out.txt"), "--output none/out.txt: none is not a folder; expected an existing one"),
    (("a", "--output", "models", "--output-format", "text"), "--output models: a folder; expected a file"),
    (
        ("a", "--output", "/dev/null", "--output-format", "text"),
        "--output /dev/null: a pipe or device; expected a file; to write there, use `> /dev/null`",
    ),
    (
        ("--words", "a\rb", "--output", "out.conll"),
        "TEXT: 'a\\rb' contains a tab or line break; use the output format jsonl",
    ),
    (("--input", "bad.jsonl"), f"bad.jsonl:2: not JSON (Expecting value); {EXPECTED_JSON}"),
    (
        ("--input", "bad.jsonl", "--output", "out.jsonl"),
        f"bad.jsonl:2: not JSON (Expecting value); {EXPECTED_JSON}",
    ),
    (
        ("--input", "tab.jsonl", "--output", "out.conll"),
        "tab.jsonl:1: 'a\\tb' contains a tab or line break; use the output format jsonl",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), ERRORS)
def test_errors_are_one_message(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    Path("bad.jsonl").write_text('{"text": "Ada"}\n{"text": \n')
    Path("tab.jsonl").write_text('{"words": ["a\\tb"]}\n')
    for name in ("out.jsonl", "out.conll"):
        Path(name).write_text("earlier")
    found = exit_of(*arguments)
    assert isinstance(found, str), f"exit with a status, not a message: {found}"
    assert found.startswith(f"predict: {message}")
    assert {Path(name).read_text() for name in ("out.jsonl", "out.conll")} == {"earlier"}


def test_warnings_are_one_line(export: Path, tmp_path: Path) -> None:
    shutil.copytree(export, tmp_path / "model")
    about = exported.read(tmp_path / "model")
    exported.write(replace(about, words=WordRule(agreement=0.9)), tmp_path / "model")
    process = start(TEXT, "--model", str(tmp_path / "model"), "--no-verify", text=True)
    out, err = process.communicate()
    assert out == MARKED
    assert err.startswith(f"predict: {tmp_path}/model: in running text, only 90.0% of the words")
    assert err.count("\n") == 1


def test_a_minimum_score_needs_entities(tmp_path: Path) -> None:
    model = str(save_export(tmp_path, TAGS))
    message = f"predict: --min-score: {model} predicts a tag for each word, not entities"
    assert exit_of("Ada", "--model", model, "--min-score", "0.5") == message


@pytest.mark.parametrize(("closed", "arguments"), [("stdin", ("--input", "-")), ("stdout", ("a",))])
def test_closed_streams(folder: Path, closed: str, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, closed, None)  # as `<&-` and `>&-` leave it
    expected = {
        "stdin": "predict: standard input is closed; expected a pipe, or --input FILE",
        "stdout": "predict: standard output is closed; expected --output FILE",
    }
    assert exit_of(*arguments) == expected[closed]


def test_no_progress_on_a_closed_standard_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    Path("in.txt").write_text(f"{TEXT}\n")
    run("--input", "in.txt", "--output", "out.txt")
    assert Path("out.txt").read_text() == MARKED


def test_standard_output_on_a_full_disk(folder: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, str(ROOT / "predict.py"), TEXT],
            env={"PYTHONPATH": str(ROOT / "stages")},
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, b"predict: standard output: No space left on device\n")


def test_files_of_two_exports(export: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    shutil.copytree(export, folder)
    shutil.copy(save_export(tmp_path / "tags", TAGS) / "model.onnx", folder)
    assert exit_of("a", "--model", str(folder)) == (
        f"predict: {folder}/model.onnx: 4 labels; expected 5 as in {folder}/tagger.json; run `dvc repro export` again"
    )
    shutil.copy(export / "model.onnx", folder)
    tokenizer = (folder / "tokenizer.json").read_text()
    (folder / "tokenizer.json").write_text(tokenizer.replace('"Oslo":', '"Oslo":1000,"Moss":'))
    message = exit_of("Oslo", "--model", str(folder))
    assert message.startswith(f"predict: {folder}/model.onnx: onnxruntime failed (")
    assert message.endswith("); if the files beside it are of another export, run `dvc repro export` again")


def test_an_export_without_its_tokenizer(export: Path, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    shutil.copytree(export, folder)
    (folder / "tokenizer.json").unlink()
    message = f"predict: {folder}/tokenizer.json is missing: the stage export writes it"
    assert exit_of("a", "--model", str(folder)).startswith(message)


def test_damaged_exports(export: Path, tmp_path: Path) -> None:
    for name in ("model.onnx", "tagger.json", "tokenizer.json"):
        model = tmp_path / name
        model.mkdir()
        for file in export.iterdir():
            (model / file.name).write_bytes(b"{" if file.name == name else file.read_bytes())
        found = exit_of("a", "--model", str(model))
        message = rf"predict: {re.escape(str(model))}/{name}(:| is) damaged \(.+[:;] run `dvc repro export` again"
        assert re.fullmatch(message, found), found


def test_changed_exports_are_refused_unless_verification_is_off(
    export: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "export"
    shutil.copytree(export, folder)
    write_hashes(folder, "README.md")
    (folder / "README.md").write_text("edited")
    run("Ada", "--model", str(folder))
    expected = capsys.readouterr().out
    for name in ("tagger.json", "tokenizer.json", "tokenizer_config.json", "model.onnx"):
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content + b"\n")
        message = exit_of("Ada", "--model", str(folder))
        assert message.startswith(f"predict: {folder}/{name}: changed since the stage export wrote it: its SHA")
        if name.endswith(".json"):
            run("Ada", "--model", str(folder), "--no-verify")
            assert capsys.readouterr().out == expected, name
        (folder / name).write_bytes(content)
    (folder / "config.json").write_bytes(b"?")  # not loaded by this backend
    run("Ada", "--model", str(folder))
    (folder / "model.int8.onnx").write_bytes((folder / "model.onnx").read_bytes())
    message = exit_of("Ada", "--model", str(folder), "--backend", "onnx-int8")
    assert "model.int8.onnx: changed since the stage export wrote it: its SHA-256 begins with" in message
    assert "; expected nothing (" in message


def lines(count: int) -> str:
    """Lines of text, all different."""
    return "".join(f"{TEXT} {number}\n" for number in range(count))


class TestInterruptions:
    def test_an_error_late_in_the_input_keeps_earlier_output(self, folder: Path) -> None:
        rows = [json.dumps({"text": text}) for text in lines(500).splitlines()]
        Path("in.jsonl").write_text("\n".join([*rows, "[]", *rows]))
        found = exit_of("--input", "in.jsonl", "--output", "out.txt")
        done = len(Path("out.txt").read_text().splitlines())
        assert 0 < done < 500
        assert found.startswith(f"predict: in.jsonl:501: '[]' is not an object; {EXPECTED_JSON}; ")
        assert found.endswith(f"; out.txt has the {done:,} documents before it")

    def test_ctrl_c(self, folder: Path) -> None:
        process = start("--input", "-", "--output", "out.jsonl")
        assert process.stdin is not None
        process.stdin.write(lines(500).encode())
        process.stdin.flush()
        while not Path("out.jsonl").exists() or not Path("out.jsonl").stat().st_size:
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
        assert process.stderr is not None
        content = Path("out.jsonl").read_text()
        assert content.endswith("\n")
        done = content.count("\n")
        assert process.stderr.read().decode() == (
            f"predict: interrupted; out.jsonl has the {done:,} documents before it\n"
        )
        for pipe in (process.stdin, process.stdout, process.stderr):
            pipe.close()

    def test_standard_input_with_an_existing_output(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", pipe_with(f"{TEXT}\n"))
        Path("out.txt").write_text("earlier")
        run("--input", "-", "--output", "out.txt")
        assert Path("out.txt").read_text() == MARKED

    def test_a_signal_while_a_library_is_imported(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def load(*_: object, **__: object) -> None:
            try:
                signal.raise_signal(signal.SIGTERM)
            except KeyboardInterrupt:  # as in an extension module
                raise ImportError("initialization failed") from None

        monkeypatch.setattr("tagline.inference.Tagger", load)
        try:
            assert exit_of("a") == 128 + signal.SIGTERM
        finally:
            keep_running()  # else the process would end soon

    def test_a_closed_pipe(self, folder: Path) -> None:
        Path("in.txt").write_text(lines(20_000))
        process = start("--input", "in.txt")
        assert process.stdout is not None and process.stderr is not None and process.stdin is not None
        assert process.stdout.readline().decode() == MARKED.replace(".\n", ". 0\n")
        process.stdout.close()
        assert process.wait() == 0
        assert process.stderr.read() == b""
        process.stdin.close()
        process.stderr.close()


def test_the_onnx_backend_imports_no_heavy_library(folder: Path) -> None:
    program = (
        "import runpy, sys\n"
        f"sys.argv = ['predict.py', {TEXT!r}]\n"
        f"runpy.run_path({str(ROOT / 'predict.py')!r}, run_name='__main__')\n"
        "heavy = 'torch transformers datasets pandas pyarrow scipy sklearn huggingface_hub accelerate dvc'.split()\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(ROOT / "stages")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{MARKED}[]\n"


def test_the_test_split_gets_the_labels_of_evaluate(finished: Path) -> None:
    """With both floating-point backends: windows, decoding and fallback label are those of the stage."""
    for backend in ("onnx", "torch"):
        run("--input", "data/tiny/test.conll", "--output", f"{backend}.jsonl", "--backend", backend)
    expected = pd.read_parquet("data/predictions/test.parquet")
    assert expected["words"].map(len).max() == 24, "a sentence is longer than a window"
    for backend in ("onnx", "torch"):
        rows = [json.loads(line) for line in Path(f"{backend}.jsonl").read_text(encoding="utf-8").splitlines()]
        assert [row["words"] for row in rows] == expected["words"].map(list).tolist()
        assert [row["labels"] for row in rows] == expected["predicted"].map(list).tolist()


def test_the_fastest_backend_is_the_default(finished: Path) -> None:
    for backend in exported.GRAPHS:
        with Tagger() as tagger:
            assert tagger.backend == backend
        Path("models/export", exported.GRAPHS[backend]).unlink()
    with Tagger() as tagger:
        assert tagger.backend == "torch"
        assert tagger("Ada Lind lives in Oslo.")
