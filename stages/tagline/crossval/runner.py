"""The runner: trainings on parts of the data set, by the scripts of three stages in a folder."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tagline.artifacts import raw_data
from tagline.artifacts.raw_data import RawData, Splits
from tagline.core import read_json, replacing, sha256, verify, write_hashes, write_json
from tagline.core.params import PARAMS, Section, read_section
from tagline.evaluation.evaluate_params import Evaluate
from tagline.terminal import BY_DVC, UserError
from tagline.tokenization.tokenize_align_params import TokenizeAlign
from tagline.training.train_params import Train
from tagline.training.work import damage, work_folder

CODE = Path(__file__).parents[2]
RAW, PRETRAINED = Path("data/raw"), Path("models/pretrained")
SECTIONS: dict[str, type[Section]] = {"tokenize_align": TokenizeAlign, "train": Train, "evaluate": Evaluate}
# The folders with hashes that each stage writes.
OUTS = {
    "tokenize_align": ("data/tokenized", "data/tokenized_tests"),
    "train": ("models/finetuned",),
    "evaluate": ("data/predictions",),
}
# What is kept of a training.
PREDICTIONS, SCORES, METRICS = "test.parquet", "scores.json", "metrics.json"
_KEPT = {
    PREDICTIONS: "data/predictions/test.parquet",
    SCORES: "reports/evaluate.json",
    METRICS: "metrics/evaluate.json",
}


class Runner:
    """Trains on parts of the data set of the current folder.

    Args:
        work: the folder that an interrupted run continues from.
        params: the sections of the three stages.
    """

    def __init__(self, work: Path, params: dict[str, dict[str, Any]]) -> None:
        self.work = work
        self.params = params

    def run(self, name: str, raw: RawData, parts: Splits, new_head: bool = False, **train: Any) -> Path:
        """Tokenize, train and evaluate, unless an earlier run has.

        Args:
            parts: sentences of ``raw`` to learn from, to validate on and to label.
            new_head: whether an encoder that is published as a tagger loses its classifier.
            train: values that replace those of the section ``train``.

        Returns:
            The folder with `PREDICTIONS` of the part ``test``, if there is one, `SCORES` and `METRICS`.

        Raises:
            UserError: a stage fails.
        """
        done, folder = self.work / name, self.work / f"{name}.run"
        if done.exists() and not damage(done):
            return done
        if not folder.exists():
            with replacing(folder) as [partial]:
                partial.mkdir()
                write_json(partial / PARAMS, self.params | {"train": self.params["train"] | train})  # which is YAML
                _write_inputs(partial, raw, parts, new_head)
        for stage, outs in OUTS.items():
            ended = folder / f"{stage}.ended"
            if not ended.exists() or any(damage(folder / out) for out in outs):
                _run_stage(stage, folder)
                ended.touch()
        with replacing(done) as [partial]:
            partial.mkdir()
            for kept, written in _KEPT.items():
                if (folder / written).exists():
                    shutil.copyfile(folder / written, partial / kept)
            write_hashes(partial)
        shutil.rmtree(folder)
        return done


@contextmanager
def runner(name: str, settings: Any) -> Iterator[Runner]:
    """Yield a runner that continues an interrupted run with the same settings, params, data, encoder and code.

    Args:
        name: of the work folder.
        settings: what decides about the parts.

    Raises:
        UserError: params.yaml has errors, what download writes is missing or damaged, or another process runs the
            same.
    """
    if not (CODE / "train.py").is_file():
        raise UserError(
            f"{CODE} has no scripts of stages; expected the command of a clone; run `make install` in the clone, and "
            "this in its environment"
        )
    params = {stage: read_section(stage, schema).model_dump(mode="json") for stage, schema in SECTIONS.items()}
    params["tokenize_align"]["limits"] = dict.fromkeys(params["tokenize_align"]["limits"])
    params["train"]["hub"]["push"] = False
    params["evaluate"]["promises"] = None
    hashes = [verify(path, "download") for path in (RAW, PRETRAINED)]
    code = {path.relative_to(CODE).as_posix(): sha256(path) for path in sorted(CODE.rglob("*.py"))}
    decisive = json.dumps([settings, params, hashes, code], sort_keys=True)
    params["train"]["folder"] = str(Path(params["train"]["folder"]).absolute())
    with work_folder(name, hashlib.sha256(decisive.encode()).hexdigest()[:16]) as work:
        yield Runner(work.absolute(), params)


def _write_inputs(folder: Path, raw: RawData, parts: Splits, new_head: bool) -> None:
    written = folder / RAW
    raw_data.write(written, parts, raw.tag_columns, raw.annotated, raw.spans)
    shutil.copyfile(RAW / "provenance.json", written / "provenance.json")
    write_hashes(written)
    shutil.copytree(PRETRAINED, folder / PRETRAINED)
    if new_head:
        encoder = folder / PRETRAINED / "encoder"
        config = read_json(encoder / "config.json", "download")
        for key in ("id2label", "label2id"):
            config.pop(key, None)
        write_json(encoder / "config.json", config)
        write_hashes(encoder)
        write_hashes(folder / PRETRAINED)


def _run_stage(stage: str, folder: Path) -> None:
    """Run the script of a stage in a folder; the output of train goes to standard error."""
    # A stage that seems to be DVC's ends with this process, even if that is killed.
    environment = os.environ | {BY_DVC: stage}
    command = [sys.executable, str(CODE / f"{stage}.py")]
    shown = 2 if stage == "train" else subprocess.DEVNULL
    ended = subprocess.run(command, cwd=folder, env=environment, stdout=shown, check=False)
    if ended.returncode:
        raise UserError(
            f"{folder.stem}: the stage {stage} ended with status {ended.returncode}; its message is above; mend "
            "that, and the same command continues"
        )
