"""Groups: the lowest F1 of forms, slices and further test sets that are large enough."""

from typing import Any

from tagline.metrics.groups import FEW, Group, worst_group


def scores(f1: float, number: int = FEW):
    return {"f1": f1, "number": number}


def test_worst_group_is_the_lowest_of_forms_and_slices_with_enough_entities():
    entries: dict[str, Any] = {
        "altered": {"typos": scores(0.7)},
        "slices": {"text": {"seen": scores(0.9), "unseen": scores(0.1, FEW - 1)}, "not_in_train": scores(0.8)},
    }
    metrics = {"validation": {"overall": scores(0.1)}, "test": entries}
    assert worst_group(metrics) == Group("typos", 0.7, FEW)
    entries["slices"]["not_in_train"] = scores(0.6)
    assert worst_group(metrics) == Group("not_in_train", 0.6, FEW)
    entries["slices"]["text"]["unseen"] = scores(0.5)
    assert worst_group(metrics) == Group("text: unseen", 0.5, FEW)
    metrics |= {"tests.a": {"overall": scores(0.3, FEW - 1)}, "tests.b": {"overall": scores(0.4)}}
    assert worst_group(metrics) == Group("tests.b", 0.4, FEW)


def test_plain_tags_have_no_worst_group():
    metrics = {"test": {"slices": {"text": {"seen": {"accuracy": 0.9, "number": FEW}}}}}
    assert worst_group(metrics | {"tests.a": {"overall": scores(0.4)}}) is None
