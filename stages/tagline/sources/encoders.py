"""Pretrained encoders with their tokenizers: find, check and copy them."""

import shutil
from collections.abc import Collection
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any

from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors
from transformers import AutoConfig, AutoTokenizer, PreTrainedConfig, PreTrainedTokenizerBase
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES, MODEL_FOR_MASKED_LM_MAPPING_NAMES
from transformers.tokenization_utils_base import get_fast_tokenizer_file

from tagline.core import (
    WEIGHTS,
    WEIGHTS_INDEX,
    check_config,
    check_normalizer,
    is_plain,
    parse_object,
    reading,
    reading_tokenizer,
    weight_files,
    write_json,
)
from tagline.sources.formats.base import leads_out
from tagline.terminal import UserError, shortened

# Settings of a tokenizer's last use. They are not part of the encoder, and would truncate or pad silently.
_LEFTOVERS = (
    "is_local",
    "local_files_only",
    "max_length",
    "pad_to_multiple_of",
    "pad_token_type_id",
    "stride",
    "truncation_strategy",
)
# Settings from which BertTokenizer would make its normalizer anew.
_OF_BERT = ("do_basic_tokenize", "do_lower_case", "never_split", "strip_accents", "tokenize_chinese_chars")
# By model_type: their logits change with padding; PyTorch can't convert them.
IGNORE_MASK = ("canine", "convbert", "fnet", "funnel", "mobilebert", "nystromformer", "yoso")
NOT_TO_ONNX = ("longformer", "xlnet")
# Larger ids of sub-words, and padding to more sub-words, are damage.
LARGEST_VOCABULARY = 2**24
MOST_PADDING = 2**20


def find_in_package(package: str, path: str) -> tuple[Path, str]:
    """Find the folder of an encoder in an installed distribution.

    Returns:
        The folder and the distribution's version.

    Raises:
        UserError: it is not installed or lacks the folder, or a link leads out of it.
    """
    try:
        distribution = metadata.distribution(package)
    except metadata.PackageNotFoundError:
        raise UserError(
            f"the package {package} is not installed; run `pip install {package}`, or name another encoder under "
            "download.encoder in params.yaml"
        ) from None
    folder = Path(str(distribution.locate_file(path)))
    inner = PurePosixPath(path)
    # If a distribution does not list its files (an unusual installer), the folder's existence is enough.
    listed = distribution.files is None or any(file.is_relative_to(inner) for file in distribution.files)
    if not folder.is_dir() or not listed:
        raise UserError(f"the package {package} has no folder {path}; see download.encoder.path in params.yaml")
    check_links(folder, folder)
    return folder, distribution.version


def check_files(location: str, names: Collection[str]) -> None:
    """Check by file names that an encoder is complete.

    Args:
        location: its folder or repository, for the message.

    Raises:
        UserError: config.json or safetensors files are missing; pickled weights are not read, since unpickling runs
            code.
    """
    if "config.json" not in names:
        raise UserError(f"{location}: no config.json; expected an encoder as transformers saves it")
    if WEIGHTS in names or WEIGHTS_INDEX in names:
        return
    if any(name.startswith("pytorch_model") for name in names):
        raise UserError(
            f"{location}: no {WEIGHTS}; pytorch_model.bin is a pickle and is never read; convert it to safetensors"
        )
    raise UserError(f"{location}: no {WEIGHTS}")


def check_links(folder: Path, *allowed: Path) -> None:
    """Check that neither an encoder's folder nor a link in it leads elsewhere.

    Args:
        allowed: the folders that links may lead into.

    Raises:
        UserError: a link leads out of all of them; or there is a device or pipe, which may have no end.
    """
    for path in (folder, *folder.rglob("*")):  # it does not follow links to folders
        if path.exists() and not path.is_file() and not path.is_dir():
            raise UserError(
                f"{path}: not a file but a device or pipe; expected an encoder's files; remove it, or choose another "
                "encoder"
            )
        if leads_out(path, *allowed):
            raise UserError(
                f"{path}: this link leads out of {allowed[0]}; expected an encoder whose files are inside it; copy the "
                "target there, or remove the link"
            )


def check_architecture(location: str, folder: Path) -> PreTrainedConfig:
    """Check that transformers itself has the encoder's architecture, and return its configuration.

    Raises:
        UserError: the architecture is unknown, code in a repository, or one that `train` refuses, since it ignores the
            padding mask.
    """
    problem = "transformers does not have its architecture, and code from elsewhere is never run"
    with reading(location, problem=problem, remedy="choose another encoder"):
        check_config(folder / "config.json")
        config: PreTrainedConfig = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    if config.model_type in IGNORE_MASK:
        raise UserError(
            f"{location}: {config.model_type} ignores the padding mask, so that labels would depend on the batch; "
            "expected an encoder that respects it, such as BERT, RoBERTa or DeBERTa; choose another encoder"
        )
    return config


def is_decoder(config: PreTrainedConfig) -> bool:
    """Whether each sub-word sees only those before it."""
    both_ways = config.model_type in MODEL_FOR_MASKED_LM_MAPPING_NAMES or config.model_type == "xlnet"
    return (
        config.model_type in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
        and not both_ways
        and not getattr(config, "use_bidirectional_attention", False)
    )


def _object(path: Path) -> dict[str, Any]:
    with reading(path, expected="a JSON object", remedy="choose a complete encoder"):
        return parse_object(path.read_text(encoding="utf-8"))


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """Load a tokenizer from a folder, as transformers builds it; see `own_subwords.load` for its sub-words.

    A byte-level class with an option for a space before each word is given it.

    Raises:
        UserError: the folder has no tokenizer, or one that needs code from elsewhere.
    """
    tokenizer = _load_tokenizer(folder)
    # If the files are missing and config.json names the model, transformers makes a tokenizer without vocabulary.
    needed = {"tokenizer.json", *tokenizer.vocab_files_names.values()} if tokenizer.vocab_files_names else set()
    if needed and not any((folder / name).is_file() for name in needed):
        raise UserError(
            f"{folder}: no tokenizer that transformers can load; expected one of {', '.join(sorted(needed))}"
        )
    if tokenizer.is_fast and lacks_space(tokenizer.backend_tokenizer) and comes_first(tokenizer.backend_tokenizer):
        # RoBERTa's class rebuilds its steps with this option; a generic class only stores it.
        tokenizer = _load_tokenizer(folder, add_prefix_space=True)
    return tokenizer


def tokenizer_file(folder: Path) -> Path:
    """The path of an encoder's tokenizer.json, or of its author's version for later libraries.

    Raises:
        UserError: tokenizer_config.json is not a JSON object, or names files elsewhere.
    """
    configuration = folder / "tokenizer_config.json"
    versions = _object(configuration).get("fast_tokenizer_files") or [] if configuration.is_file() else []
    if not isinstance(versions, list) or not all(isinstance(name, str) and is_plain(name) for name in versions):
        raise UserError(
            f"{configuration}: fast_tokenizer_files is {shortened(repr(versions))}; expected names of files beside it, "
            "without a folder; choose another encoder, this one is damaged or malicious"
        )
    return folder / get_fast_tokenizer_file(versions)


def _files_named_in(configuration: Path) -> dict[str, None]:
    """The keys of tokenizer_config.json that name files, often of another machine, each as None: to be ignored."""
    if not configuration.is_file():
        return {}
    content = _object(configuration)
    for key in ("vocab", "merges", "init_inputs"):  # transformers would open a string here as a path
        if content.get(key) and not isinstance(content[key], dict):
            raise UserError(
                f"{configuration}: it sets {key}; expected the vocabulary in separate files; choose an encoder as "
                "transformers saves it"
            )
    return {key: None for key, value in content.items() if key.endswith("_file") and value is not None}


def _check_memory(path: Path) -> None:
    """Check the normalizer and the ids, up to the largest of which the library allocates memory."""
    if not path.is_file():
        return
    content = _object(path)
    with reading(path, remedy="choose another encoder"):
        check_normalizer(content.get("normalizer"))
        padding = content.get("padding") or {}
        strategy = padding.get("strategy")
        fixed = strategy.get("Fixed") if isinstance(strategy, dict) else 0
        if max(fixed or 0, padding.get("pad_to_multiple_of") or 0) > MOST_PADDING:
            raise ValueError(f"it pads sentences to more than {MOST_PADDING:,} sub-words")
        vocabulary = (content.get("model") or {}).get("vocab")  # a list without ids for Unigram
        ids = [*vocabulary.values()] if isinstance(vocabulary, dict) else []
        ids += [token["id"] for token in content.get("added_tokens") or []]
        if not all(type(number) is int and 0 <= number < LARGEST_VOCABULARY for number in ids):
            raise ValueError(f"ids of the vocabulary are not all whole numbers below {LARGEST_VOCABULARY:,}")


def _load_tokenizer(folder: Path, **options: bool) -> PreTrainedTokenizerBase:
    _check_memory(tokenizer_file(folder))
    named = _files_named_in(folder / "tokenizer_config.json")
    problem = "no tokenizer that transformers can load"
    with reading_tokenizer(folder, problem=problem, remedy="choose another encoder"):
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, **named, **options
        )
    return tokenizer


def copy_encoder(source: Path, target: Path) -> None:
    """Copy configuration and weights, byte for byte.

    Raises:
        UserError: see `check_files` and `weight_files`.
    """
    check_files(str(source), {path.name for path in source.iterdir()})
    _object(source / "config.json")
    files = [source / "config.json", *weight_files(source)]
    target.mkdir(parents=True)
    for file in files:
        shutil.copyfile(file, target / file.name)


def save_tokenizer(tokenizer: PreTrainedTokenizerBase, target: Path) -> None:
    """Save a tokenizer without truncation and padding."""
    if tokenizer.is_fast:
        tokenizer.backend_tokenizer.no_truncation()
        tokenizer.backend_tokenizer.no_padding()
    for key in _LEFTOVERS:
        tokenizer.init_kwargs.pop(key, None)
    with reading_tokenizer("tokenizer", problem="it can't be saved", remedy="choose another encoder"):
        tokenizer.save_pretrained(target)


def name_generic_class(folder: Path, inputs: list[str]) -> None:
    """Name a class in tokenizer_config.json that takes tokenizer.json as it is, in every library.

    Args:
        inputs: ``model_input_names`` of the encoder's tokenizer.
    """
    path = folder / "tokenizer_config.json"
    kept = {key: value for key, value in _object(path).items() if key not in _OF_BERT}
    write_json(path, kept | {"model_input_names": inputs, "tokenizer_class": "PreTrainedTokenizerFast"})


def remove_model_name(encoder: Path) -> None:
    """Remove ``model_name`` from config.json, by which transformers picks a class first."""
    config = _object(encoder / "config.json")
    if "model_name" in config:
        write_json(encoder / "config.json", {key: value for key, value in config.items() if key != "model_name"})


def comes_first(tokenizer: Tokenizer) -> bool:
    """Whether ByteLevel is the first pre-tokenization step and gets whole words."""
    return isinstance(next(iter(steps(tokenizer.pre_tokenizer)), None), pre_tokenizers.ByteLevel)


def lacks_space(tokenizer: Tokenizer) -> bool:
    """Whether a tokenizer is byte-level and puts no space before a word."""
    byte_level = [step for step in steps(tokenizer.pre_tokenizer) if isinstance(step, pre_tokenizers.ByteLevel)]
    if not byte_level:
        return False
    if comes_first(tokenizer):
        return not byte_level[0].add_prefix_space
    return tokenizer.normalizer is None or not tokenizer.normalizer.normalize_str("a").startswith(" ")


def add_space(tokenizer: Tokenizer) -> None:
    """Make a byte-level tokenizer, in place, put a space before each word."""
    if comes_first(tokenizer):
        steps(tokenizer.pre_tokenizer)[0].add_prefix_space = True
    else:
        # After a step that splits (a regular expression, as in Llama 3) it would put one before each piece of a word.
        before = [] if tokenizer.normalizer is None else [tokenizer.normalizer]
        tokenizer.normalizer = normalizers.Sequence([*before, normalizers.Prepend(" ")])
    for step in steps(tokenizer.post_processor):
        if hasattr(step, "add_prefix_space"):  # it trims offsets: the added space is not in the text
            step.add_prefix_space = True


def steps(part: Any) -> list[Any]:
    """The steps of a component, in order; changing one changes the tokenizer."""
    if part is None:
        return []
    sequences: tuple[type[Any], ...] = (pre_tokenizers.Sequence, processors.Sequence)
    return list(part) if isinstance(part, sequences) else [part]
