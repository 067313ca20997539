"""Label Studio: what version 1.23 exports as JSON, shortened to the keys that matter."""

import json
from typing import Any

from helpers.annotated import kinds, tagged
from helpers.formats import fault, read, refusals

from tagline.sources.formats.annotators import summary


def region(start: int, end: int, text: str, label: str, control: str = "label"):
    value = {"start": start, "end": end, "text": text, "labels": [label]}
    return {"from_name": control, "to_name": "text", "type": "labels", "value": value}


def annotation(annotator: Any, *results: dict[str, Any], **others: Any):
    return {"id": 9, "completed_by": annotator, "was_cancelled": False, "result": list(results), **others}


def task(number: int, text: str, *annotations: Any, **others: Any):
    return {"id": number, "annotations": list(annotations), "drafts": [], "data": {"text": text}, **others}


CHOICE = {"from_name": "c", "to_name": "text", "type": "choices", "value": {"choices": ["x"]}}
BO, OSLO = region(2, 4, "Bo", "PER"), region(8, 12, "Oslo", "LOC")
EXPORT = [
    task(1, "Ada in Oslo", annotation(1, region(0, 3, "Ada", "PER"), region(7, 11, "Oslo", "LOC"), CHOICE)),
    task(2, "\U0001f44b Bo e\u0301 Oslo\r\nRome", annotation(1, BO), annotation(2, OSLO, BO)),
    task(3, "cancelled", annotation(1, was_cancelled=True)),
    task(4, "never annotated"),
    task(5, "nothing in it", annotation(1)),
    task(6, "Predicted Oslo", predictions=[{"result": [region(10, 14, "Oslo", "LOC")], "score": 0.5}]),
]


def test_export_is_read(tmp_path):
    for annotators, tags in {"majority": "Bo/B-PER", "1": "Bo/B-PER", "2": "Bo/B-PER Oslo/B-LOC"}.items():
        found = {each.id: each for each in read(tmp_path, "label_studio", json.dumps(EXPORT), annotators=annotators)}
        assert tagged(found["2"]) == tags
        assert summary(found["2"].agreement) == {"1, 2": {"texts": 1, "f1": 0.6667, "kappa": 0.5833}}
        if annotators == "2":
            assert kinds(found["1"]) == ["unannotated_texts"], "by somebody else"
            continue
        assert tagged(found["1"]) == "Ada/B-PER Oslo/B-LOC"
        assert (found["5"].words, tagged(found["5"])) == (["nothing", "in", "it"], "")
        assert [found[text].words for text in ("4", "6")] == [[], []]
        assert kinds(found["3"]) == ["cancelled_annotations", "unannotated_texts"]


RESULTS = [region(0, 3, "Ada", "PER"), region(0, 3, "Ada", "woman", "gender")]
BY_MAIL = annotation({"id": 1, "email": "a@example.com"}, *RESULTS)


def test_one_of_several_controls_is_read(tmp_path):
    row = task(1, "Ada", BY_MAIL)
    (sentence,) = read(tmp_path, "label_studio", [row], control="gender")
    assert tagged(sentence) == "Ada/B-woman"
    several = "labels of several controls ('label', 'gender'); set download.dataset.control to one of them"
    assert several in fault(tmp_path, "label_studio", [row])
    unknown = "f: no labels of control 'gendre', but of 'gender', 'label'; see download.dataset.control"
    assert fault(tmp_path, "label_studio", [row], control="gendre").startswith(unknown)


def test_predictions_alone_are_refused(tmp_path):
    task_ = {"id": 6, "data": {"text": "Oslo"}, "predictions": [{"result": [region(0, 4, "Oslo", "LOC")]}]}
    message = "f: tasks with predictions only, which nobody checked; expected annotations; accept them in Label"
    assert fault(tmp_path, "label_studio", [task_]).startswith(message)


test_malformed_task_is_reported_by_line = refusals(
    "label_studio",
    (
        {"id": 1, "text": "Ada", "label": [], "annotation_id": 2},
        "expected an object with 'data' and 'annotations'; exp",
    ),
    (task(1, "Ada", 3), "an annotation must be an object; got 3"),
    (task(1, "A", annotation(1, {"type": "hypertextlabels"})), "a result of type 'hypertextlabels'; expected la"),
    (task(1, "Ada", annotation(1, {})), "a result must be an object with a type; got {}"),
    (task(1, "A", annotation(1, {**BO, "value": {"start": 0}})), "a result must have start, end and labels; got"),
    at="f:1: task 1: ",
)
