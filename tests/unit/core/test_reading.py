"""Reading damaged or hostile files: exceptions of libraries become one message that names the file."""

import errno
import os

import pytest
from tokenizers import Tokenizer

from tagline.core import check_config, parse_object, reading, reading_tokenizer
from tagline.terminal import UserError


class PanicException(BaseException):
    """Named as that of Rust libraries, which can't be imported."""


REASONS = [
    (ValueError("bad\n\x1b value"), "bad \x1b value"),
    (KeyError("a"), "KeyError: 'a'"),
    (RuntimeError("the \x1b[1;31mreport\x1b[0m above"), "the report above"),
    (IsADirectoryError(errno.EISDIR, "Is a directory", "x"), "Is a directory"),
    (PanicException("out of bounds"), "out of bounds"),
    (TypeError("x" * 300), "x" * 197 + "..."),
]


@pytest.mark.parametrize("error, reason", REASONS)
def test_error_that_content_causes_names_the_file(error, reason):
    with pytest.raises(UserError) as raised, reading("a.json", "train", expected="an object"):
        raise error
    assert str(raised.value) == f"a.json: damaged ({reason}); expected an object; run `dvc repro train` again"


# The last one is of tokenizers, by `reading_tokenizer`.
ERRORS = [KeyboardInterrupt(), UserError("a"), NameError("bug"), OSError(errno.EACCES, "denied")]
ERRORS += [OSError(errno.ENOSPC, "full"), ValueError("No space left on device (os error 28)")]


@pytest.mark.parametrize("error", ERRORS)
def test_error_that_content_does_not_cause_stays_what_it_is(error):
    with pytest.raises(type(error)) as raised, reading("a.json"):
        raise error
    assert raised.value is error


def test_damaged_tokenizer_prints_nothing(capfd):
    message = r"^t: damaged \(.+\); choose another$"
    with pytest.raises(UserError, match=message), reading_tokenizer("t", remedy="choose another"):
        Tokenizer.from_str('{"version": "1.0"}')
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("text", ["[]", '{"a": NaN}', '{"a": "\\ud800"}', "[" * 100_000])
def test_json_that_is_no_object_of_other_programs_is_an_error(text):
    with pytest.raises((ValueError, RecursionError)):
        parse_object(text)


DANGEROUS = [
    ('"num_hidden_layers": 2147483648', "num_hidden_layers is 2147483648; expected at most 1,000"),
    ('"num_labels": 1000000000', "num_labels is 1000000000; expected at most 100,000"),
    ('"attn_implementation": {"": "sdpa", "text_config": "a/x@main"}', "'a/x@main' may be code from the Hub"),
    ('"distributed_config": {"tp_size": 2}', "it has a distributed_config, of another machine; expected none"),
    ('"_experts_implementation": "deepgemm"', "'deepgemm' may be code from the Hub; expected eager or sdpa"),
]


@pytest.mark.parametrize("entry, message", DANGEROUS)
def test_dangerous_entry_is_an_error(tmp_path, entry, message):
    (tmp_path / "config.json").write_text("{" + entry + "}")
    with pytest.raises(ValueError, match=rf"config\.json: .*{message}"):
        check_config(tmp_path / "config.json")


def test_pipe_for_a_configuration_is_an_error(tmp_path):
    os.mkfifo(tmp_path / "config.json")
    with pytest.raises(ValueError, match=r"config\.json: not a file but a folder, device or pipe"):
        check_config(tmp_path / "config.json")
