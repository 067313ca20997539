"""Label Studio: what version 1.23 exports as JSON, shortened to the keys that matter."""

from typing import Any

from helpers.annotated import kinds, tagged
from helpers.formats import read, refusals


def region(start: int, end: int, text: str, label: str, control: str = "label"):
    value = {"start": start, "end": end, "text": text, "labels": [label]}
    return {"from_name": control, "to_name": "text", "type": "labels", "value": value}


def annotation(annotator: Any, *results: dict[str, Any], **others: Any):
    return {"id": 9, "completed_by": annotator, "was_cancelled": False, "result": list(results), **others}


def task(number: int, text: str, *annotations: Any, **others: Any):
    return {"id": number, "annotations": list(annotations), "drafts": [], "data": {"text": text}, **others}


CHOICE = {"from_name": "c", "to_name": "text", "type": "choices", "value": {"choices": ["x"]}}
BO, OSLO = region(2, 4, "Bo", "PER"), region(8, 12, "Oslo", "LOC")
PREDICTED = {"id": 6, "data": {"text": "in Oslo"}, "predictions": [{"result": [region(3, 7, "Oslo", "LOC")]}]}
EXPORT = [
    task(1, "Ada in Oslo", annotation(1, region(0, 3, "Ada", "PER"), region(7, 11, "Oslo", "LOC"), CHOICE)),
    task(2, "\U0001f44b Bo e\u0301 Oslo\r\nRome", annotation(1, BO), annotation(2, OSLO, BO)),
    task(3, "cancelled", annotation(1, was_cancelled=True)),
    task(4, "never annotated"),
    task(5, "nothing in it", annotation(1)),
    PREDICTED,
]


def test_export_is_read(tmp_path):
    first, second, cancelled, never, nothing, predicted = read(tmp_path, "label_studio", EXPORT, annotator="1")
    assert tagged(first) == "Ada/B-PER Oslo/B-LOC"
    assert tagged(second) == "Bo/B-PER"
    assert kinds(cancelled) == ["cancelled_annotations", "unannotated_texts"]
    assert [never.words, nothing.words, predicted.words] == [[], ["nothing", "in", "it"], []]
    by_2 = read(tmp_path, "label_studio", EXPORT, annotator="2")
    assert (tagged(by_2[1]), kinds(by_2[0])) == ("Bo/B-PER Oslo/B-LOC", ["unannotated_texts"])


RESULTS = [region(0, 3, "Ada", "PER"), region(0, 3, "Ada", "woman", "gender")]
TWO_CONTROLS = task(1, "Ada", annotation({"id": 1, "email": "a@example.com"}, *RESULTS))


def test_one_of_several_controls_is_read(tmp_path):
    (sentence,) = read(tmp_path, "label_studio", [TWO_CONTROLS], control="gender")
    assert tagged(sentence) == "Ada/B-woman"


CONTROLS = "f: labels of the controls 'gender', 'label'; set download.dataset.control to one of them, not "
test_malformed_task_is_reported_by_line = refusals(
    "label_studio",
    (TWO_CONTROLS, {}, f"{CONTROLS}None"),
    (TWO_CONTROLS, {"control": "gendre"}, f"{CONTROLS}'gendre'"),
    (PREDICTED, {}, "f: tasks with predictions only, which nobody checked; expected annotations; accept them in Label"),
    ({"id": 1, "text": "Ada", "label": []}, {}, "f:1: task 1: expected an object with 'data' and 'annotations'; exp"),
    (task(1, "Ada", 3), {}, "f:1: task 1: an annotation must be an object; got 3"),
    (task(1, "A", annotation(1, {"type": "hypertextlabels"})), {}, "f:1: task 1: a result of type 'hypertextlabels'"),
    (task(1, "Ada", annotation(1, {})), {}, "f:1: task 1: a result must be an object with a type; got {}"),
    (
        task(1, "A", annotation(1, {**BO, "value": {"start": 0}})),
        {},
        "f:1: task 1: a result must have start, end and labels; got {'start': 0}",
    ),
    at="",
)
