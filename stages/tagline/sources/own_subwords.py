"""Sub-words as in pretraining: an encoder's tokenizer.json decides, not the class that transformers picks."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, processors
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from tagline.artifacts.subword_reading import check_reading, first_difference, read_file, without_limits
from tagline.core import reading_tokenizer
from tagline.sources import encoders
from tagline.terminal import UserError

# Settings of a tokenizer that are not about its sub-words.
_SETTINGS = ("model_max_length", "padding_side", "truncation_side", "model_input_names", "split_special_tokens")


@dataclass
class TokenizerReading:
    """The tokenizer of an encoder, and what is unusual about it.

    Attributes:
        tokenizer: gives the sub-words of the encoder's own tokenizer.json.
        as_it_is: whether it differs from what its class builds, so that a class must be named that builds nothing.
        lines: what is unusual, for the terminal.
        record: the same for provenance.json.
    """

    tokenizer: PreTrainedTokenizerBase
    as_it_is: bool = False
    lines: list[str] = field(default_factory=list)
    record: dict[str, Any] = field(default_factory=dict)


def load(folder: Path, words: Iterable[str] = ()) -> TokenizerReading:
    """Load a tokenizer with the sub-words of its own tokenizer.json; a byte-level one gets a space.

    Args:
        words: of the data, compared beside those of the vocabulary.

    Raises:
        UserError: see `encoders.load_tokenizer`; or it is not a fast tokenizer, is damaged or fails on a word.
    """
    reading = TokenizerReading(encoders.load_tokenizer(folder))
    file = encoders.tokenizer_file(folder)
    if not reading.tokenizer.is_fast and not file.is_file():
        raise UserError(
            f"{folder}: {type(reading.tokenizer).__name__} is not a fast tokenizer, so that its sub-words are of no "
            f"known word; expected a {file.name}; choose an encoder that has one"
        )
    with reading_tokenizer(folder, problem="unusable tokenizer", remedy="choose another encoder"):
        if reading.tokenizer.is_fast:
            reading.as_it_is = _add_space(reading.tokenizer.backend_tokenizer)
        if file.is_file():
            _prefer_file(reading, file, words)
        _add_ends(reading)
    return reading


def save(reading: TokenizerReading, location: str, target: Path) -> None:
    """Save the tokenizer so that transformers reads words by it as it does itself.

    Args:
        location: of the encoder, for the message.
        target: the folder ``tokenizer``; config.json in ``encoder`` loses a key if that would choose another class.

    Raises:
        UserError: transformers always reads the tokenizers of this architecture by another class.
    """
    folder, encoder = target / "tokenizer", target / "encoder"
    encoders.save_tokenizer(reading.tokenizer, folder)
    if reading.as_it_is:
        encoders.name_generic_class(folder, reading.tokenizer.model_input_names)
        encoders.remove_model_name(encoder)
        config = encoders.check_architecture(location, encoder)
        check_reading(location, folder, "choose an encoder of another architecture", config)


def _add_space(tokenizer: Tokenizer) -> bool:
    """Make a byte-level tokenizer put a space before each word; return whether it changed."""
    lacks_space = encoders.lacks_space(tokenizer)
    if lacks_space:
        encoders.add_space(tokenizer)
    return lacks_space


def _prefer_file(reading: TokenizerReading, file: Path, words: Iterable[str]) -> None:
    """Use tokenizer.json as it is if transformers' class reads a word differently or is no fast tokenizer."""
    by_class = reading.tokenizer
    name = type(by_class).__name__
    from_file = read_file(file)
    _add_space(from_file)
    if by_class.is_fast:
        difference = first_difference(from_file, without_limits(by_class.backend_tokenizer), words)
        if difference is None:
            return
        reading.lines.append(
            f"{file.name} is read as it is, since {name} of transformers gives other sub-words: {difference}"
        )
        reading.record |= asdict(difference)
    else:
        reading.lines.append(f"{file.name} is read as it is, since {name} of transformers is not a fast tokenizer")
    special = {
        key: token
        for key, token in by_class.special_tokens_map.items()
        if from_file.token_to_id(token) is not None  # else it is the default of a class that is not the tokenizer's own
    }
    settings = {key: getattr(by_class, key) for key in _SETTINGS}
    reading.tokenizer = PreTrainedTokenizerFast(tokenizer_object=from_file, **settings, **special)
    reading.as_it_is = True
    reading.record["instead_of"] = name


def _add_ends(reading: TokenizerReading) -> None:
    """Put [CLS] and [SEP] around a sentence if the configuration names them and no step adds any."""
    tokenizer = reading.tokenizer.backend_tokenizer
    first = reading.tokenizer.cls_token
    last = reading.tokenizer.sep_token
    if tokenizer.num_special_tokens_to_add(False) or first is None or last is None:
        return
    ids = [(token, tokenizer.token_to_id(token)) for token in (first, last)]
    ends = processors.TemplateProcessing(single=f"{first} $A {last}", special_tokens=ids)
    others = [
        step
        for step in encoders.steps(tokenizer.post_processor)
        if not isinstance(step, processors.TemplateProcessing)  # which adds nothing
    ]
    tokenizer.post_processor = processors.Sequence([*others, ends])
    reading.as_it_is = True
    reading.lines.append(
        f"{first} and {last} are put around each sentence, since its configuration names them and no step adds them"
    )
    reading.record["ends"] = [first, last]
