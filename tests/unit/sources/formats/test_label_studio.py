"""Label Studio: what version 1.23 exports as JSON and JSON-MIN, shortened to the keys that matter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.annotated import dataset, kinds, tagged

from tagline.core.errors import UserError
from tagline.sources.formats.annotators import summary
from tagline.sources.formats.label_studio import LabelStudioFiles

TEXT = "\U0001f44b Bo e\u0301 Oslo\r\nRome"


def region(start: int, end: int, text: str, label: str, control: str = "label") -> dict[str, Any]:
    value = {"start": start, "end": end, "text": text, "labels": [label]}
    return {"from_name": control, "to_name": "text", "type": "labels", "value": value}


def annotation(annotator: Any, *results: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {"id": 9, "completed_by": annotator, "was_cancelled": False, "result": list(results), **others}


def task(number: int, text: str, *annotations: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {
        "id": number, "annotations": list(annotations), "drafts": [], "predictions": [], "data": {"text": text}, **others
    }  # fmt: skip


CHOICE = {"from_name": "c", "to_name": "text", "type": "choices", "value": {"choices": ["x"]}}
EXPORT = [
    task(1, "Ada in Oslo", annotation(1, region(0, 3, "Ada", "PER"), region(7, 11, "Oslo", "LOC"), CHOICE)),
    task(2, TEXT, annotation(1, region(2, 4, "Bo", "PER")), annotation(2, region(8, 12, "Oslo", "LOC"), region(2, 4, "Bo", "PER"))),
    task(3, "cancelled", annotation(1, was_cancelled=True)),
    task(4, "never annotated"),
    task(5, "nothing in it", annotation(1)),
    task(6, "Predicted Oslo", predictions=[{"result": [region(10, 14, "Oslo", "LOC")], "score": 0.5}]),
]  # fmt: skip


def minimal() -> list[dict[str, Any]]:
    """The same as JSON-MIN: the newest annotation first, without cancelled ones."""
    rows = []
    for each in EXPORT:
        same = {"text": each["data"]["text"], "id": each["id"], "lead_time": None}
        for one in reversed(each["annotations"]):
            labels = [result["value"] for result in one["result"] if result["type"] == "labels"]
            if not one["was_cancelled"]:
                of_control = {"label": labels, "c": "x"} if labels else {}
                rows.append({**same, **of_control, "annotator": one["completed_by"], "annotation_id": 9})
        if not each["annotations"]:
            rows.append({**same, "annotator": None, "annotation_id": None})
    return rows


def write(path: Path, content: Any, indent: int | None = None) -> Path:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=indent), encoding="utf-8")
    return path


def files(**keys: Any) -> LabelStudioFiles:
    return dataset(LabelStudioFiles, "label_studio", **keys)


@pytest.mark.parametrize("export", ["JSON", "JSON-MIN"])
@pytest.mark.parametrize(
    ("annotators", "second"),
    [("majority", "Bo/B-PER"), ("agreed", "Bo/B-PER"), ("1", "Bo/B-PER"), ("2", "Bo/B-PER Oslo/B-LOC")],
)
def test_both_exports_are_read_alike(tmp_path: Path, export: str, annotators: str, second: str) -> None:
    path = write(tmp_path / "f", EXPORT) if export == "JSON" else write(tmp_path / "f", minimal(), indent=2)
    sentences = {sentence.id: sentence for sentence in files(annotators=annotators).read(path)}
    assert tagged(sentences["2"]) == second
    assert summary(sentences["2"].agreement) == {"1, 2": {"texts": 1, "f1": 0.6667}}
    if annotators != "2":
        assert tagged(sentences["1"]) == "Ada/B-PER Oslo/B-LOC"
        assert (sentences["5"].words, tagged(sentences["5"])) == (["nothing", "in", "it"], "")
    else:
        assert kinds(sentences["1"]) == ["unannotated_texts"], "by somebody else"
    assert [sentences[text].words for text in ("4", "6")] == [[], []]
    if export == "JSON":
        assert kinds(sentences["3"]) == ["cancelled_annotations", "unannotated_texts"]
    else:
        assert "3" not in sentences


def test_several_annotations_need_a_policy(tmp_path: Path) -> None:
    with pytest.raises(UserError) as raised:
        list(files().read(write(tmp_path / "f", EXPORT)))
    assert str(raised.value) == (
        f"{tmp_path}/f:1: task 2: 2 annotations of one text (by 1, 2); expected one; set download.dataset.annotators to "
        "agreed, majority or the name of an annotator"
    )


@pytest.mark.parametrize("export", ["JSON", "JSON-MIN"])
def test_one_of_several_controls(tmp_path: Path, export: str) -> None:
    results = [region(0, 3, "Ada", "PER"), region(0, 3, "Ada", "woman", "gender")]
    content = [task(1, "Ada", annotation({"id": 1, "email": "a@example.com"}, *results))]
    if export == "JSON-MIN":
        content = [{"text": "Ada", "label": [results[0]["value"]], "gender": [results[1]["value"]], "annotator": "a"}]
    path = write(tmp_path / "f", content)
    (sentence,) = files(control="gender").read(path)
    assert tagged(sentence) == "Ada/B-woman"
    with pytest.raises(UserError, match=r"labels of several controls \('label', 'gender'\); set download.dataset.cont"):
        list(files().read(path))
    with pytest.raises(
        UserError, match=r"f: no labels of control 'gendre', but of 'gender', 'label'; see download.data"
    ):
        list(files(control="gendre").read(path))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (task(1, "Ada", data={"content": "Ada"}), "the key 'text' is missing (keys: 'content')"),
        (task(1, "Ada", data=[]), "'data' must be an object; got []"),
        (task(1, "Ada", annotations={}), "'annotations' must be a list; got {}"),
        (task(1, "Ada", 3), "an annotation must be an object; got 3"),
        (task(1, "Ada", annotation(1, {"type": "hypertextlabels"})), "a result of type 'hypertextlabels'; expected labels"),
        (task(1, "Ada", annotation(1, {})), "a result must be an object with a type; got {}"),
        (
            task(1, "Ada", annotation(1, {**region(0, 3, "Ada", "x"), "value": {"start": 0, "end": 3}})),
            "a result must have start, end and labels; got {'start': 0, 'end': 3}",
        ),
        (task(1, "Ada", annotation(1, region(1, 3, "Ada", "x"))), "span 1 to 3 (x) is 'da' in the text, but 'Ada' in the"),
    ],
)  # fmt: skip
def test_malformed_task_is_reported_by_line(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(UserError) as raised:
        list(files().read(write(tmp_path / "f", [content])))
    assert str(raised.value).startswith(f"{tmp_path}/f:1: task 1: {message}")


def test_tasks_of_two_projects_with_the_same_id(tmp_path: Path) -> None:
    tasks = [task(1, "Ada", annotation(1)), task(1, "Bo", annotation(1))]
    path = write(tmp_path / "f", tasks)
    section = files()
    assert [(each.id, each.words) for each in section.read(path)] == [("1", ["Ada"]), ("1", ["Bo"])]
    write(path, [{"id": 1, "text": text, "annotator": 1, "annotation_id": 9} for text in ("Ada", "Bo")])
    with pytest.raises(
        UserError, match="f:1: task 1: another text than at .*f:1: task 1, but the same id; expected an"
    ):
        list(section.read(path))
