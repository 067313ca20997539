"""`tagline predict`: output for given arguments and input, and its messages."""

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from helpers import project
from helpers.annotated import embedded
from helpers.handmade_export import TAGS, save_export
from helpers.project import ROOT, run_verb

from tagline.artifacts import exported
from tagline.artifacts.exported import WordRule
from tagline.core.provenance import write_hashes
from tagline.labels import WHOLE
from tagline.sources.formats.page_layout import content_hash
from tagline.tools.predict.program import is_file

pytestmark = pytest.mark.usefixtures("beside_export")
run, exit_of = partial(run_verb, "predict"), partial(project.exit_of, "predict")

TEXT = "Ada Lind lives in Oslo."
MARKED = "[Ada Lind PER 0.90] lives in [Oslo LOC 0.90].\n"
ENTITIES = [
    {"type": "PER", "text": "Ada Lind", "start": 0, "end": 8, "score": 0.9},
    {"type": "LOC", "text": "Oslo", "start": 18, "end": 22, "score": 0.9},
]


def start(*arguments, **options):
    """Start the script in another process."""
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE) | options
    environment = {"PYTHONPATH": str(ROOT / "stages"), "OMP_NUM_THREADS": "1", "PATH": ""}
    return subprocess.Popen([sys.executable, "-m", "tagline", "predict", *arguments], env=environment, **streams)


def test_texts_are_printed_with_their_entities(capfd):
    for arguments, expected in (
        ([TEXT, "", "no entity"], f"{MARKED}\nno entity\n"),
        ([TEXT, "--min-score", "0.91"], f"{TEXT}\n"),
        (["--words", "Ada", "Lind lives."], "[Ada Lind PER 0.90] lives.\n"),
    ):
        run(*arguments)
        assert capfd.readouterr() == (expected, "")


def test_plain_tags_follow_their_words_and_have_no_entities(tmp_path, capfd):
    model = str(save_export(tmp_path / "tags", TAGS))
    run("Ada lives.", "--model", model)
    assert capfd.readouterr().out == "Ada/PROPN lives/VERB ./PUNCT\n"
    for option in ("--min-score=0.5", "--format=prodigy", "--accepted"):
        message = rf"predict: {option.split('=')[0]}.*: {model} predicts a tag for each word, not ent.*"
        assert re.fullmatch(message, exit_of("Ada", "--model", model, option))


def test_files_are_read_and_written_by_their_suffixes():
    Path("in.txt").write_text(f"{TEXT}\n\n", encoding="utf-8")
    run("--input", "in.txt", "--output", "out.jsonl")
    rows = [{"text": TEXT, "entities": ENTITIES}, {"text": "", "entities": []}]
    assert [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()] == rows
    Path("in.jsonl").write_text(json.dumps({"text": "Ada."}) + "\n" + json.dumps({"words": ["in", "Oslo"]}))
    run("--input", "in.jsonl", "--output", "out.conll")
    assert Path("out.conll").read_text() == "Ada\tB-PER\t0.9000\n.\tO\t0.9000\n\nin\tO\t0.9000\nOslo\tB-LOC\t0.9000\n\n"
    Path("in.conll").write_text("X Ada\nX lives\n\nX Oslo\n")
    Path("out.txt").write_text("earlier")
    run("--input", "in.conll", "--column", "2", "--output", "out.txt")
    assert Path("out.txt").read_text() == "[Ada PER 0.90] lives\n[Oslo LOC 0.90]\n"


def test_standard_input_goes_to_standard_output(monkeypatch, capfd):
    for arguments, given, expected in (
        ((), f"{TEXT}\n", MARKED),
        (("--words",), "Ada lives.\n", "[Ada PER 0.90] lives.\n"),
        (("--format=conll", "--output=-", "--input-format=conll"), "Bo\n", "Bo\tB-PER\t0.9000\n\n"),
    ):
        reading, writing = os.pipe()
        os.write(writing, given.encode())
        os.close(writing)
        monkeypatch.setattr(sys, "stdin", os.fdopen(reading))
        run("--input", "-", *arguments)
        assert capfd.readouterr() == (expected, "")


def test_entities_with_a_promised_precision_are_marked_or_alone(tmp_path, capfd):
    model = save_export(tmp_path / "promised")
    exported.write(replace(exported.read(model), accept={"PER": 0.89}), model)
    promised = partial(run, TEXT, "--model", str(model))
    promised()
    promised("--accepted")
    marked = MARKED.replace("PER 0.90", "PER 0.90 ✓")
    assert capfd.readouterr().out == marked + marked.replace("[Oslo LOC 0.90]", "Oslo")
    promised("--output", "out.jsonl")
    entities = [each | {"accepted": each["type"] == "PER"} for each in ENTITIES]
    assert json.loads(Path("out.jsonl").read_text())["entities"] == entities
    promised("--output", "out.html")
    (task,) = json.loads(embedded(Path("out.html")))["tasks"]
    assert task["suggested"] == [[0, 8, "PER", 0.9, True], [18, 22, "LOC", 0.9, False]]
    assert capfd.readouterr().out == "out.jsonl: written\nout.html: written\n"
    strict = save_export(tmp_path / "strict")
    message = "promises no precision; expected one evaluated with evaluate.promises"
    assert f"--accepted: {strict} {message}" in exit_of(TEXT, "--model", str(strict), "--accepted")


def test_texts_that_are_not_promised_to_be_right_are_the_rest(tmp_path, capfd):
    model = save_export(tmp_path / "promised")
    Path("in.jsonl").write_text('{"text": "Ada Lind", "id": "a"}\n{"words": ["in", "Oslo"]}\n')
    arguments = "--input", "in.jsonl", "--output", "out.jsonl", "--rest", "rest.jsonl", "--model", str(model)
    message = "promises nothing of whole sentences; expected one evaluated with evaluate.promises, whose statement"
    assert f"--rest: {model} {message}" in exit_of(*arguments)
    assert not Path("rest.jsonl").exists()
    for least, kept in ((0.89, True), (0.95, False)):
        exported.write(replace(exported.read(model), accept={WHOLE: least}), model)
        run(*arguments)
        files = [Path(name).read_text().splitlines() for name in ("out.jsonl", "rest.jsonl")]
        assert [len(lines) for lines in files] == ([2, 0] if kept else [0, 2])
        if kept:
            assert all(json.loads(line)["promised"] for line in files[0])
        else:
            assert files[1] == Path("in.jsonl").read_text().splitlines()
    assert exit_of(*arguments, "--rest", "out.jsonl") == 2
    assert "--rest is the same file as --output or --input" in capfd.readouterr().err


def test_annotation_page_has_the_guideline_and_what_was_labelled():
    Path("in.jsonl").write_text('{"words": ["Ada", "Lind"], "id": "a"}\n{"text": ""}\n{"text": "in Oslo"}\n')
    Path("guide.md").write_text("Mark names.")
    run("--input", "in.jsonl", "--output", "out.html", "--guideline", "guide.md")
    page = json.loads(embedded(Path("out.html")))
    assert (page["types"], page["guideline"]) == (["PER", "LOC"], "Mark names.")
    assert [(task["id"], task["spans"], task["suggested"]) for task in page["tasks"]] == [
        ("a", [[0, 2, "PER"]], [[0, 2, "PER", 0.9]]),
        (f"2-{content_hash('in Oslo')[:8]}", [[3, 7, "LOC"]], [[3, 7, "LOC", 0.9]]),
    ]
    with pytest.warns(UserWarning, match=r"out.html: no text to annotate"):
        run("", "--output", "out.html")
    assert json.loads(embedded(Path("out.html")))["tasks"] == []


WRONG_USAGE = [
    ((), "expected either TEXT or --input FILE"),
    (("--input", "in.xml"), "--input in.xml: unknown suffix; expected .txt, .jsonl, .json, .conll, or --input"),
    (("a", "--output", "out.xml"), "unknown suffix; expected .txt, .jsonl, .json, .conll, .html, or --format"),
    (("a", "--output-format", "jsonl"), "error: unrecognized arguments: --output-format jsonl"),
    (("a", "--format", "page"), "page needs --output FILE.html"),
    (("a", "--guideline", "in.txt"), "--guideline: expected the output format page, or --output FILE.html"),
    (("--words", "--input", "in.jsonl"), "--words: the input format is jsonl; expected text"),
    (("--input", "in.txt", "--output", "in.txt"), "--output is the same file as --input; expected another one"),
    (("--input", "-", "--output", "in.txt"), "--output is the same file as --input; expected another one"),
    (("--input", "in.conll", "--column", "0"), "expected a number from 1 to 999,999,999,999, got '0'"),
    (("README.md",), "TEXT README.md is a file; expected raw text; to label it, use --input; of several, that"),
    (("--types", "PER", "Ada"), "TEXT is missing; expected it before --types, which takes all words that follow it"),
    (("Ada", "--column", "2"), "--column: the input format is text; expected conll"),
    (("Ada", "--text-column", "body"), "--text-column: the input format is text; expected jsonl"),
    (("\udcff",), "TEXT is not UTF-8"),
    (("a", "--min-score", "nan"), "expected a number from 0 to 1, got 'nan'"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG_USAGE)
def test_wrong_usage_exits_with_2(arguments, message, monkeypatch, capfd):
    for name in ("in.txt", "in.xml", "in.jsonl", "in.conll", "README.md"):
        Path(name).touch()
    with Path("in.txt").open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        assert exit_of(*arguments) == 2
    assert message in capfd.readouterr().err


def test_texts_may_have_another_key_which_is_redacted_too(capfd):
    Path("in.jsonl").write_text('{"body": "Ada Lind lives."}\n')
    run("--input", "in.jsonl", "--text-column", "body", "--output", "out.jsonl", "--format", "redacted")
    assert json.loads(Path("out.jsonl").read_text()) == {"body": "[PER] lives."}
    message = "predict: in.jsonl:1: no 'title' (body); see --text-column"
    assert exit_of("--input", "in.jsonl", "--text-column", "title") == message


def test_long_text_that_ends_like_a_file_name_is_a_text(capfd):
    """A system refuses to look for a file of such a name."""
    text = f"{'very ' * 100}long.txt"
    run_verb("predict", text, "--format", "jsonl")
    assert json.loads(capfd.readouterr().out)["text"] == text


def test_progress_is_shown_beside_a_file_not_beside_a_pipe():
    read, write = os.pipe()
    with Path("out.txt").open("w") as file, os.fdopen(read), os.fdopen(write, "w") as pipe:
        assert is_file(file)
        assert not is_file(pipe), "the bar would mix with what a pager shows"


ERRORS = [
    (("a", "--model", "nowhere"), "--model nowhere: not a folder; expected an exported model; run `dvc"),
    (("a", "--backend", "onnx-int8"), "models/export: no files for the backend onnx-int8; available: onnx, to"),
    (("a", "--output", "models", "--format", "text"), "--output models: a folder; expected a file"),
    (("a", "--output", "/dev/null", "--format", "text"), "--output /dev/null: a pipe or device; expect"),
    (("--input", "none.txt"), "--input none.txt: no such file; expected one of texts, or - for standard input"),
    (("--input", "."), "--input .: a folder; expected a file; run once per file (docs/scale.md)"),
    (("--input", "bad.jsonl", "--output", "out.jsonl"), "bad.jsonl:2: not JSON (Expecting value: column "),
]


@pytest.mark.parametrize(("arguments", "message"), ERRORS)
def test_errors_are_one_message_and_keep_earlier_output(arguments, message):
    Path("bad.jsonl").write_text('{"text": "Ada"}\n{"text": \n')
    Path("out.jsonl").write_text("earlier")
    found = exit_of(*arguments)
    assert isinstance(found, str), f"exit with a status, not a message: {found}"
    assert found.startswith(f"predict: {message}")
    assert Path("out.jsonl").read_text() == "earlier"


def test_closed_streams_are_errors(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)  # as `<&-` leaves it
    assert exit_of("--input", "-") == "predict: standard input is closed; expected a pipe, or --input FILE"
    monkeypatch.setattr(sys, "stdout", None)
    assert exit_of("a") == "predict: standard output is closed; expected --output FILE"


def test_full_disk_behind_standard_output_is_one_message():
    with Path("/dev/full").open("wb") as full:
        process = start(TEXT, stdout=full)
    message = b"predict: standard output: No space left on device; expected more space; free some, or write elsewhere\n"
    assert process.communicate()[1] == message
    assert process.returncode == 1


@pytest.mark.parametrize("name", ["text", "doccano", "label_studio"])
def test_full_disk_behind_a_file_is_one_message(name):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        found = exit_of(TEXT, "--output", "out", "--format", name)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert found == "predict: out: File too large; expected more space; free some, or write elsewhere"


@pytest.fixture
def model(export, tmp_path):
    """A copy of the export that can be damaged."""
    return Path(shutil.copytree(export, tmp_path / "model"))


def test_warnings_are_one_line(model):
    exported.write(replace(exported.read(model), words=WordRule(agreement=0.9)), model)
    _, err = start(TEXT, "--model", str(model), text=True).communicate()
    assert err.startswith(f"predict: {model}: raw text is split differently than in training (90.0% agreement)")
    assert err.count("\n") == 1


def test_mixed_exports_are_errors(export, model, tmp_path):
    def message(text="a"):
        return exit_of(text, "--model", str(model)).removeprefix(f"predict: {model}/")

    text = (export / "tokenizer.json").read_text()
    (model / "tokenizer.json").write_text(text.replace('"Oslo":', '"Oslo":1000,"Moss":'))
    expected = r"onnx/model.onnx: onnxruntime failed \(.*\); if the files beside it are of another export, run `dvc.*"
    assert re.fullmatch(expected, message("Oslo"))
    shutil.copy(save_export(tmp_path / "tags", TAGS) / "onnx/model.onnx", model / "onnx")
    assert message().startswith(f"onnx/model.onnx: 4 labels; expected 5 as in {model}/tagger.json; run `dvc repro exp")


def test_changed_exports_are_refused_unless_verification_is_off(model, capsys):
    write_hashes(model)
    (model / "config.json").write_bytes(b"?")  # not loaded by this backend
    (model / "tagger.json").write_bytes((model / "tagger.json").read_bytes() + b"\n")
    message = exit_of("Ada", "--model", str(model))
    assert message.startswith(f"predict: {model}/tagger.json: changed since the stage export wrote it: its SHA")
    run("Ada", "--model", str(model), "--no-verify")
    assert capsys.readouterr().out == "[Ada PER 0.90]\n"


def lines(count):
    """Lines of text, all different."""
    return "".join(f"{TEXT} {number}\n" for number in range(count))


def test_error_late_in_the_input_keeps_earlier_output():
    rows = [json.dumps({"text": text}) for text in lines(500).splitlines()]
    Path("in.jsonl").write_text("\n".join([*rows, "[]", *rows]))
    found = exit_of("--input", "in.jsonl", "--output", "out.txt")
    done = len(Path("out.txt").read_text().splitlines())
    assert 0 < done < 500
    assert found.startswith("predict: in.jsonl:501: [] is not an object; expected JSON")
    assert found.endswith(f"; out.txt has {done:,} documents before it")
    assert "before it" in exit_of("--input", "in.jsonl", "--output", "out.json", "--format", "label_studio")
    assert 0 < len(json.loads(Path("out.json").read_text())) < 500, "a complete list"


def test_ctrl_c_leaves_whole_lines_and_says_how_many():
    process = start("--input", "-", "--output", "out.jsonl")
    process.stdin.write(lines(500).encode())
    process.stdin.flush()
    while not Path("out.jsonl").exists() or not Path("out.jsonl").stat().st_size:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130
    content = Path("out.jsonl").read_text()
    assert content.endswith("\n")
    message = f"predict: interrupted; out.jsonl has {content.count(chr(10)):,} documents before it\n"
    assert process.communicate()[1].decode() == message


def test_closed_pipe_ends_silently():
    Path("in.txt").write_text(lines(20_000))
    process = start("--input", "in.txt", stdin=subprocess.DEVNULL)
    assert process.stdout.readline().decode() == MARKED.replace(".\n", ". 0\n")
    process.stdout.close()
    assert process.wait() == 0
    assert process.stderr.read() == b""
    process.stderr.close()
