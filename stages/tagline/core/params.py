"""Read params.yaml: check sections, and report all errors with their lines in one message."""

import difflib
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarbool import ScalarBoolean

from tagline.terminal import UserError, quoted

PARAMS = Path("params.yaml")
# What a value should be, by the type of pydantic's error.
_EXPECTED = {
    "bool_type": "true or false",
    "dict_type": "a mapping such as {a: b}",
    "float_type": "a number such as 0.1",
    "int_from_float": "a whole number such as 8",
    "int_type": "a whole number such as 8",
    "list_type": "a list such as [a, b]",
    "string_type": "text such as train.csv, in quotes if it looks like a number",
    "tuple_type": "a list such as [a, b]",
}
# What the stages write. DVC does not let a stage read what it, or a later stage, writes.
OUTS = (
    "data/raw",
    "data/tokenized",
    "data/tokenized_tests",
    "data/predictions",
    "data/crossval",
    "crossval",
    "models",
    "metrics",
    "plots",
    "reports",
    ".work",
)


class Section(BaseModel):
    """A mapping in params.yaml: keys without a default are required, unknown keys and converted types are errors.

    The default of a key that a later version adds is what earlier versions did. A docstring below a key is for users.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


S = TypeVar("S", bound=Section)
# The tags of a field that is a mapping or a list of such mappings.
MAPPING, SEQUENCE = "a mapping", "a list"


def source_folder(folder: str) -> str:
    """Return a folder unchanged if it is apart from what the stages write; a `ValueError` otherwise."""
    path = PurePosixPath(posixpath.normpath(folder))
    if not folder.strip() or "\0" in folder or path == PurePosixPath("/"):
        raise ValueError("must be a folder")
    for out in map(PurePosixPath, OUTS):
        if path == out or path in out.parents or out in path.parents:
            raise ValueError(f"must be a folder apart from what the stages write ({', '.join(OUTS)})")
    return folder


def _inside(path: str) -> str:
    """Return a path unchanged if it cannot lead out of its folder."""
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or not path.strip() or "\0" in path:
        raise ValueError("must be a relative path without `..`")
    return path


SourceFolder = Annotated[str, AfterValidator(source_folder)]
"""A folder that a stage reads and no stage of this pipeline writes."""
InnerPath = Annotated[str, AfterValidator(_inside)]
"""A path in such a folder."""


def read_file(path: Path = PARAMS) -> CommentedMap:
    """Read the file as YAML 1.2 with DVC's own parser: both see the same values (``2e-5`` is a float).

    Raises:
        UserError: the file is missing, is not a YAML mapping, or has a key twice.
    """
    return parse(read_text(path).replace("\r\n", "\n"), path)


def read_text(path: Path) -> str:
    """Read a file of params with its own line ends.

    Raises:
        UserError: the file is missing or not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise UserError(f"{path} is missing; run this in the repository's root") from None
    except ValueError as error:
        raise UserError(f"{path} is not YAML: {error}") from None


def parse(text: str, path: Path | str) -> CommentedMap:
    """Parse text like `read_file`; the path, or what the text is, is for messages.

    Raises:
        UserError: the text is not a YAML mapping, has a key twice or the marks of a merge conflict.
    """
    conflict = re.search(r"^<{7} ", text, re.MULTILINE)
    if conflict:
        line = text.count("\n", 0, conflict.start()) + 1
        raise UserError(f"{path}:{line}: a merge conflict; expected one side; keep one, without the marks")
    try:
        content = YAML(typ="rt").load(text)
    except DuplicateKeyError as error:
        # The rest of its message shows both values, which may be whole sections.
        problem = str(error.problem).partition(" with value ")[0]
        raise UserError(f"{path}:{error.problem_mark.line + 1}: {problem}; expected each key once") from None
    except AttributeError:  # of ruamel
        raise UserError(f"{path}: a mapping is merged (<<) into itself; expected another one") from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise UserError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, CommentedMap):
        raise UserError(f"{path} must be a mapping with one section per stage")
    return content


def read_section(name: str, schema: type[S], path: Path = PARAMS) -> S:
    """Read and check one section.

    Raises:
        UserError: names every key that is unknown, missing, of a wrong type or out of range, with its line.
    """
    content = read_file(path)
    errors = section_errors(content, name, schema, path)
    if errors:
        raise UserError(list_errors(errors, path))
    return validated(content, name, schema)


def validated(content: CommentedMap, name: str, schema: type[S]) -> S:
    return schema.model_validate(plain(content[name]))


def list_errors(errors: list[str], source: Path | str = PARAMS, consequence: str = "") -> str:
    """The message for the errors of a file, one per line, and what they lead to."""
    heading = f"{source} has 1 error" if len(errors) == 1 else f"{source} has {len(errors)} errors"
    if consequence:
        heading += f"; {consequence}"
    return "\n  ".join([f"{heading}:", *errors])


def section_errors(content: CommentedMap, name: str, schema: type[Section], path: Path = PARAMS) -> list[str]:
    """The errors of one section, each as ``file:line: key: what is wrong``."""
    if name not in content:
        return [f"{path}: {name}: the section is missing"]
    try:
        schema.model_validate(plain(content[name]))
    except ValidationError as error:
        return [_describe(content, name, schema, detail, path) for detail in error.errors()]
    return []


def _describe(content: CommentedMap, name: str, schema: type[Section], detail: ErrorDetails, path: Path) -> str:
    keys, models = _resolve(schema, detail["loc"])
    if detail["type"].startswith("union_tag"):
        tag = detail["ctx"]["discriminator"].strip("'")
        keys.append(tag)
        allowed: list[str] = []
        for model in models:
            allowed += get_args(model.model_fields[tag].annotation)
    else:
        _, owners = _resolve(schema, detail["loc"][:-1])
        allowed = sorted(chain.from_iterable(model.model_fields for model in owners))
    line, _ = find(content, (name, *keys))
    return f"{path}:{line + 1}: {'.'.join((name, *map(str, keys)))}: {_message(detail, allowed)}"


def find(content: CommentedMap, keys: Sequence[Any]) -> tuple[int, int]:
    """The line, from 0, of the last key on a path that a file has, and how many of the keys it has."""
    node: Any = content
    line = depth = 0
    while depth < len(keys):
        key = keys[depth]
        if isinstance(node, CommentedSeq) and str(key).isdecimal() and int(key) < len(node):
            key = int(key)
        elif not isinstance(node, CommentedMap) or key not in node:
            break
        line = line_of(node, key, line)
        node = node[key]
        depth += 1
    return line, depth


def line_of(node: CommentedMap | CommentedSeq, key: Any, otherwise: int) -> int:
    """The line of a key, from 0, or ``otherwise`` for a key from a YAML merge (<<)."""
    positions: dict[Any, list[int]] = node.lc.data or {}
    return positions[key][0] if key in positions else otherwise


def _resolve(schema: type[Section], location: tuple[int | str, ...]) -> tuple[list[int | str], list[type[Section]]]:
    """The keys of a pydantic location without the tags of unions, and the possible schemas there."""
    models = [schema]
    keys: list[int | str] = []
    for key in location:
        if key in (MAPPING, SEQUENCE):  # a tag, too
            continue
        if isinstance(key, int):  # an index of a list, whose elements have the schemas of its field
            keys.append(key)
            continue
        if len(models) > 1:  # a discriminated union: this element is the tag that selects a schema, not a key
            models = _tagged(models, key)
            continue
        keys.append(key)
        field = models[0].model_fields.get(str(key)) if models else None
        if field:  # else a name in a mapping of such sections
            models = sections_in(field.annotation)
    return keys, models


def _tagged(models: list[type[Section]], tag: int | str) -> list[type[Section]]:
    """The schemas that have a tag of a discriminated union."""
    tagged = []
    for model in models:
        values = chain.from_iterable(get_args(field.annotation) for field in model.model_fields.values())
        if tag in values:
            tagged.append(model)
    return tagged


def sections_in(annotation: Any) -> list[type[Section]]:
    """The schemas in a field's type, also of nested unions."""
    if isinstance(annotation, type):
        return [annotation] if issubclass(annotation, Section) else []
    sections = chain.from_iterable(map(sections_in, get_args(annotation)))
    return list(dict.fromkeys(sections))


def _message(detail: ErrorDetails, allowed: list[str]) -> str:
    match detail["type"]:
        case "extra_forbidden":
            close = difflib.get_close_matches(str(detail["loc"][-1]), allowed, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            return f"unknown key{hint} (allowed: {', '.join(allowed)})"
        case "missing":
            return "the key is missing"
        case "model_type":
            return f"should be a mapping, got {quoted(plain(detail['input']))}"
        case "union_tag_not_found":
            return f"the key is missing (one of {', '.join(dict.fromkeys(allowed))})"
        case "union_tag_invalid":
            return f"must be one of {detail['ctx']['expected_tags']}, got {quoted(detail['ctx']['tag'])}"
        case _:
            text = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
            if detail["type"] in _EXPECTED:
                text = f"must be {_EXPECTED[detail['type']]}"
            value = plain(detail["input"])
            items = value if isinstance(value, list) else [value]
            if any(isinstance(item, dict) for item in items):  # sections, which are long
                return text
            return f"{text}, got {quoted(value)}"


def dotted(section: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the keys and values of a section, with nested keys as ``key.key``."""
    for key, value in section.items():
        if isinstance(value, Mapping):
            yield from dotted(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def plain(value: Any) -> Any:
    """Convert ruamel's round-trip types to plain Python types."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, ScalarBoolean):  # a subclass of int
        return bool(value)
    for basic in (bool, int, float, str):
        if isinstance(value, basic):
            return basic(value)
    return value
