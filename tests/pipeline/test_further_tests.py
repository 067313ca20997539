"""Further test sets by real `dvc`: they are scored as test is, and nothing that they change trains again."""

from typing import Any

from helpers.clone import Clone
from helpers.project import edit, json_of
from helpers.tiny import TINY_PARAMS, conll, tiny_sentences, write_params

SCORED = ["download", "tokenize-align", "evaluate"]
# Measured of test alone.
OF_TEST = {"altered", "expected"}
METRICS = "metrics/evaluate.json"


def set_dataset(clone: Clone, **keys: Any) -> None:
    dataset = TINY_PARAMS["download"]["dataset"] | keys
    write_params(clone.path, TINY_PARAMS | {"download": TINY_PARAMS["download"] | {"dataset": dataset}})


def social(clone: Clone) -> dict[str, Any]:
    return json_of(clone.path / "reports/evaluate.json")["tests.social"]


def test_scores_are_those_of_the_file_as_test_and_no_change_trains(clone: Clone) -> None:
    file = clone.path / "data/tiny/social.conll"
    file.write_text(conll(tiny_sentences(9, shift=4)))
    set_dataset(clone, tests={"social": file.name})
    before = json_of(clone.path / METRICS)
    assert clone.repro("evaluate") == SCORED
    assert clone.repro("evaluate") == []
    as_further = social(clone)
    f1 = {"tests.social.f1": round(as_further["overall"]["f1"], 4)}
    assert json_of(clone.path / METRICS) == before | f1

    file.write_text(conll(tiny_sentences(9, shift=4)).replace("LOC", "PLACE"))
    assert clone.repro("evaluate") == SCORED
    assert social(clone)["types"] == {"shared": ["PER"], "foreign": ["PLACE"], "lacking": ["LOC"]}
    assert social(clone)["per_type"].keys() == {"PER", "PLACE"}
    said = " ".join(clone.run("tagline", "scores").split())
    assert "tests.social: not in train, so that they count as missed: PLACE" in said
    assert "tests.social: left out, since it does not have them: LOC" in said
    file.write_text(conll(tiny_sentences(9, shift=4)))
    assert clone.repro("evaluate") == [], "restored from the run-cache"

    clone.commit("a further test set")
    assert "\ntests.social F1 " in clone.run("tagline", "compare")

    set_dataset(clone, test=file.name)
    assert clone.repro("evaluate") == SCORED
    as_test = json_of(clone.path / "reports/evaluate.json")["test"]
    del as_further["types"]
    assert {key: entry for key, entry in as_test.items() if key not in OF_TEST} == as_further


def test_only_train_and_validation_train_again(clone: Clone) -> None:
    """Folds of a cross-validation label test, too, so that a text that is added to it trains them."""
    data = clone.path / "data/tiny"
    (data / "social.conll").write_text(conll(tiny_sentences(9, shift=4)))
    set_dataset(clone, tests={"social": "social.conll"})
    clone.run("tagline", "crossval", "create")
    edit(clone.path / "crossval/params.yaml", "  - 3\n  - 4\n  - 5\n", "")
    edit(clone.path / "crossval/params.yaml", "seed: 42", "seed: 35")

    def ran() -> set[str]:
        stages = [*clone.repro("evaluate"), *clone.repro("crossval/dvc.yaml")]
        return {stage.rpartition(":")[2].partition("@")[0] for stage in stages}

    ran()
    (data / "README.md").write_text("about the data\n")
    assert ran() == set()
    added = "Gil PROPN B-PER\nleft VERB O\nCork PROPN B-LOC\n"
    learnt = {*SCORED, "train", "fold", "crossval"}
    for name, by_label, by_text in (
        ("social", {*SCORED, "crossval"}, {*SCORED, "crossval"}),
        ("test", {*SCORED, "crossval"}, {*SCORED, "fold", "crossval"}),
        ("validation", learnt, learnt),
        ("train", learnt, learnt),
    ):
        file = data / f"{name}.conll"
        text = file.read_text()
        file.write_text(text.replace("Oslo PROPN B-LOC", "Oslo PROPN B-NEW", 1))
        assert ran() == by_label, f"a label of {name}"
        file.write_text(f"{text}\n{added}")
        assert ran() == by_text, f"a text of {name}"
