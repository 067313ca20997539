"""Further test sets are scored as test is, and nothing that they change trains again."""

from pathlib import Path

from helpers.project import declared, json_of, run_stage, snapshot
from helpers.tiny import TINY_PARAMS, conll, set_params, tiny_sentences

from tagline.core.params import read_file

ORDER = ("download", "tokenize_align", "train", "evaluate")
SCORED = {"download", "tokenize_align", "evaluate"}
# Measured of test alone.
OF_TEST = {"altered", "expected"}
SOCIAL = Path("data/tiny/social.conll")


class Repro:
    """Runs what DVC would: a stage whose section or declared data have changed since it ran."""

    def __init__(self):
        self.read = {}

    def __call__(self, order):
        ran = set()
        for each in order:
            stage, *arguments = each.split()
            data = [path for path in declared(stage, "deps") if not path.startswith(("stages/", "${"))]
            folders = [Path(path) for path in data] if data else [Path("data/tiny")]
            files = {path: path.read_bytes() for path in folders if path.is_file()}
            found = (read_file().get(stage), files, snapshot(*folders))
            if self.read.get(each) != found:
                run_stage(stage, *arguments)
                self.read[each] = found
                ran.add(each)
        return ran


def set_dataset(**keys):
    set_params(download={"dataset": TINY_PARAMS["download"]["dataset"] | keys}, train={"epochs": 1})


def social():
    return json_of("reports/evaluate.json")["tests.social"]


def test_scores_are_those_of_the_file_as_test(finished, capsys):
    repro, text = Repro(), conll(tiny_sentences(9, shift=4))
    set_dataset()
    repro(ORDER)
    before = json_of("metrics/evaluate.json")
    SOCIAL.write_text(text)
    set_dataset(tests={"social": SOCIAL.name})
    assert repro(ORDER) == SCORED
    as_further = social()
    f1 = {"tests.social.f1": round(as_further["overall"]["f1"], 4)}
    assert json_of("metrics/evaluate.json") == before | f1

    SOCIAL.write_text(text.replace("LOC", "PLACE"))
    assert repro(ORDER) == SCORED
    assert social()["types"] == {"shared": ["PER"], "foreign": ["PLACE"], "lacking": ["LOC"]}
    SOCIAL.write_text(text)
    set_dataset(test=SOCIAL.name)
    assert repro(ORDER) == SCORED
    as_test = json_of("reports/evaluate.json")["test"]
    del as_further["types"]
    assert {key: entry for key, entry in as_test.items() if key not in OF_TEST} == as_further


def test_plain_tags_that_a_further_test_set_lacks_are_not_left_out(workspace):
    SOCIAL.write_text("Ada PROPN O\nOslo PROPN O\n")
    dataset = TINY_PARAMS["download"]["dataset"] | {"tests": {"social": SOCIAL.name}}
    set_params(download={"dataset": dataset}, tokenize_align={"tag_column": "pos"})
    for stage in ("download", "tokenize_align"):
        run_stage(stage)
    assert "types" not in json_of("reports/data.json")["tests.social"]


def test_only_train_and_validation_train_again(workspace):
    repro = Repro()
    SOCIAL.write_text(conll(tiny_sentences(9, shift=4)))
    set_dataset(tests={"social": SOCIAL.name})
    assert repro(ORDER) == {*ORDER}
    assert repro(ORDER) == set()
    for name, expected in (("social", SCORED), ("test", SCORED), ("validation", {*ORDER}), ("train", {*ORDER})):
        file = Path(f"data/tiny/{name}.conll")
        text = file.read_text()
        file.write_text(text.replace("Oslo PROPN B-LOC", "Oslo PROPN B-NEW", 1))
        assert repro(ORDER) == expected, f"a label of {name}"
        file.write_text(f"{text}\n{name} PROPN B-PER\nleft VERB O\nCork PROPN B-LOC\n")
        assert repro(ORDER) == expected, f"a text of {name}"
