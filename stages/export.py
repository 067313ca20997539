"""Stage 5, export: write the model in formats for use, and compare each with the trained model.

Reads the section ``export`` of params.yaml, data/tokenized, data/tokenized_tests, models/finetuned and
data/predictions/provenance.json; for the model card also the provenance of data set and encoder, reports/data.json
and the scores. Window length, stride and decoding come from these artifacts, not from params.yaml.
Writes models/export (see `tagline.artifacts.exported`), which transformers.pipeline loads and which includes a model
card, metrics/export.json and reports/export.json. Pushes models/export to the Hugging Face Hub if ``export.hub.push``
is set.

    python stages/export.py
"""

from tagline.terminal import exit_with_message, prepare_process, take_no_arguments

if __name__ == "__main__":
    prepare_process()

from pathlib import Path

from tagline.core import launchers, replacing, write_json
from tagline.core.params import read_section
from tagline.export.export_params import Export
from tagline.export.stage import ExportInputs, compared, export, push, table
from tagline.hub.push import Target
from tagline.model.backends.torch_model import memory_errors
from tagline.terminal import quiet

TOKENIZED, TESTS = Path("data/tokenized"), Path("data/tokenized_tests")
FINETUNED = Path("models/finetuned")
PREDICTIONS = Path("data/predictions/provenance.json")
EXPORT = Path("models/export")
METRICS = Path("metrics/export.json")
REPORT = Path("reports/export.json")
# For the model card.
DATASET = Path("data/raw/provenance.json")
ENCODER = Path("models/pretrained/provenance.json")
EVALUATED = Path("reports/evaluate.json")
DATA = Path("reports/data.json")


def main() -> None:
    take_no_arguments(__doc__)
    launchers.only_main_process("export")
    params = read_section("export", Export)
    quiet()
    target = Target.of("export.hub", params.hub) if params.hub.push else None
    if target is not None:
        target.check()  # before any work
    inputs = ExportInputs(TOKENIZED, TESTS, FINETUNED, PREDICTIONS, DATASET, ENCODER, EVALUATED, DATA)
    with replacing(EXPORT, METRICS, REPORT) as (folder, metrics, report), memory_errors():
        found = export(inputs, params, folder, EXPORT.as_posix())
        write_json(metrics, compared(found))
        write_json(report, found)
    print(table(found))
    if target is not None:
        push(target, EXPORT, REPORT)


if __name__ == "__main__":
    exit_with_message(main)
