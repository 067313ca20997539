"""Pipeline folders: further taggers in this repository, with their own params, dvc.yaml, results and models.

A folder's dvc.yaml is derived from the root's. DVC runs a stage in the folder of its dvc.yaml, and paths in the scripts
are relative to it, so only the paths of code change.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap

from tagline.core import reading, replacing
from tagline.core.params import OUTS, PARAMS, parse, plain, read_file, read_text
from tagline.hub.hub_params import Push
from tagline.project import yaml_files
from tagline.project.sections import check_params, enabled_pushes, params_errors
from tagline.terminal import QUOTED, UserError, quoted, shortened

DVC_YAML = Path("dvc.yaml")
GITIGNORE = Path(".gitignore")
# The first line of a derived dvc.yaml.
MARK = "# Derived from ../dvc.yaml: change that file, then run `tagline pipeline --update` in the root.\n"

# Also a valid name of an artifact in DVC.
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def names() -> list[str]:
    """The sorted pipeline folders.

    Raises:
        UserError: the current folder is not the repository's root.
    """
    if not DVC_YAML.is_file() or is_derived(DVC_YAML):
        raise UserError(f"{DVC_YAML}: expected that of the repository's root; run this there")
    return sorted(path.parent.name for path in Path().glob(f"*/{DVC_YAML}") if is_derived(path))


def is_derived(path: Path) -> bool:
    return path.is_file() and read_text(path).startswith(MARK.partition(":")[0])


def create(name: str, settings: Sequence[str], teacher: str | None = None) -> None:
    """Create a pipeline folder, whole or not at all.

    Args:
        settings: params that differ from params.yaml, each as ``section.key=value``.
        teacher: a pipeline folder, or ``.`` for the root: its other params are taken, and its model is the teacher and
            where training starts.

    Raises:
        UserError: the name can't be used, there is no such teacher, or the params have errors.
    """
    _check_name(name)
    source = "." if teacher is None else teacher
    if source not in (".", *names()):
        raise UserError(f"--teacher {quoted(source)}: no pipeline folder; expected {' or '.join(('.', *names()))}")
    if teacher is not None and any(setting.startswith("train.folder=") for setting in settings):
        raise UserError("-S train.folder: --teacher sets it; expected one of both")
    path = Path(source, PARAMS)
    params = read_file(path)
    check_params(params, path, path, f"{name} was not created")
    for section in ("train", "export"):  # two pipelines that push to one branch replace each other's models
        params[section].pop("hub", None)
    if teacher is not None:
        settings = ["train.start_from=.", "train.teacher.models=[.]", *settings]
    for setting in settings:
        set_param(params, setting)
    described = f"{PARAMS} with {', '.join(settings)}" if settings else PARAMS
    check_params(params, PARAMS, described, f"{name} was not created")
    if teacher is not None:
        params["train"]["folder"] = "models/finetuned"
    texts = {
        DVC_YAML: derive(name),
        PARAMS: yaml_files.text_for_folder(params, source),
        GITIGNORE: "".join(f"{line}\n" for line in _ignored()),
    }
    with replacing(Path(name)) as [folder]:
        folder.mkdir()
        for path, text in texts.items():
            (folder / path).write_text(text, encoding="utf-8", newline="\n")


def derive(name: str, source: Path = DVC_YAML, frozen: Sequence[str] = ()) -> str:
    """Return the dvc.yaml of a pipeline folder, as DVC writes it, with its frozen stages."""
    content = parse(yaml_files.with_code_in("../stages", read_text(source)), DVC_YAML)
    artifacts = content.get("artifacts", {})
    for position, artifact in enumerate(list(artifacts)):
        artifacts.insert(position, f"{name}-{artifact}", artifacts.pop(artifact))
    for stage in frozen:
        if stage in content["stages"]:
            content["stages"][stage]["frozen"] = True
    return MARK + yaml_files.as_dvc_writes(content)


def update() -> list[str]:
    """Derive the dvc.yaml of all pipeline folders again; return what changed."""
    texts = outdated()
    for path, text in texts.items():
        yaml_files.write_text(path, text)
    return [f"{path.as_posix()} is up to date again" for path in texts]


def outdated() -> dict[Path, str]:
    """Return each out-of-date dvc.yaml of a pipeline folder, with the text that it should have."""
    texts = {}
    for name in names():
        path = Path(name, DVC_YAML)
        if not yaml_files.is_current(path, derive(name)):
            frozen = [key for key, stage in read_file(path)["stages"].items() if stage.get("frozen")]
            texts[path] = derive(name, frozen=frozen)
    return texts


def check_this_folder() -> None:
    """Raise a `UserError` if the dvc.yaml of the current pipeline folder is out of date."""
    root = ".." / DVC_YAML
    name = Path.cwd().name
    if not is_derived(DVC_YAML) or not root.is_file():
        return
    if not yaml_files.is_current(DVC_YAML, derive(name, root)):
        raise UserError(
            f"{name}/{DVC_YAML}: out of date with {DVC_YAML} of the root; run `tagline pipeline --update` in the "
            "repository's root"
        )


def check_pushes(pushes: Mapping[str, Push]) -> None:
    """Raise a `UserError` if another pipeline pushes to the same branch, whose model it would replace."""
    if not pushes:
        return
    root = Path("..") if is_derived(DVC_YAML) else Path()
    folders = [root, *(path.parent for path in root.glob(f"*/{DVC_YAML}") if is_derived(path))]
    for folder in folders:
        if folder.samefile("."):
            continue
        path = folder / PARAMS
        content = read_file(path)
        others = {} if params_errors(content, path) else enabled_pushes(content)
        for (name, push), (other_name, other) in product(pushes.items(), others.items()):
            if (push.repo_id, push.branch) == (other.repo_id, other.branch):
                raise UserError(
                    f"{PARAMS}: {name}: pushes to {push.repo_id} ({push.branch}), as does {other_name} in {path}, and "
                    "the last push would replace the other model; expected a repository or branch for each"
                )


def _check_name(name: str) -> None:
    existing = names()
    reserved = {Path(path).parts[0] for path in OUTS}
    reserved |= {line.split("/")[1] for line in _ignored()}
    if not _NAME.fullmatch(name):
        raise UserError(f"{quoted(name)} can't name a pipeline folder; expected letters a-z, digits and single hyphens")
    if name in existing:
        raise UserError(f"{name} is a pipeline folder already; --update refreshes its {DVC_YAML}")
    if name in reserved or Path(name).exists():
        raise UserError(f"{name} exists or is a name that the stages use; choose another one, such as pos")


def _ignored() -> list[str]:
    """Return the patterns of the root's .gitignore that begin with ``/`` and don't match in folders."""
    if not GITIGNORE.is_file():
        return []
    with reading(GITIGNORE, problem="not UTF-8", remedy="save it as UTF-8"):
        lines = GITIGNORE.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith("/")]


def set_param(params: CommentedMap, setting: str) -> None:
    """Set a key of params; it may have the ``+`` that DVC needs before a new key.

    Raises:
        UserError: it is not ``section.key=value``, or the value is not YAML.
    """
    shown = f"-S {shortened(setting, QUOTED)}"
    keys, equals, text = setting.lstrip("+").partition("=")
    *sections, last = keys.split(".")
    node: Any = params
    for section in sections:
        if not isinstance(node, CommentedMap):
            break
        if node.get(section) is None:
            node[section] = CommentedMap()
        node = node[section]
    if not (equals and sections and isinstance(node, CommentedMap)):
        raise UserError(f"{shown}: expected section.key=value with a key of docs/reference.md")
    node[last] = plain(parse(f"value: {text}", shown)["value"])
