"""The message of an error that a user sees."""

import pytest

from tagline.terminal.errors import UserError


def message_of(call, *arguments, **options):
    """What a call says that has to fail."""
    with pytest.raises(UserError) as raised:
        call(*arguments, **options)
    return str(raised.value)


def refused(call, *rows, at=""):
    """A test of what a call refuses.

    Args:
        call: gets an empty folder and what a row has before its message.
        rows: each ends with how the message begins; the empty folder is left out of paths.
        at: what all messages begin with.
    """

    @pytest.mark.parametrize("row", rows)
    def test(tmp_path, row):
        *given, message = row
        found = message_of(call, tmp_path, *given).replace(f"{tmp_path}/", "")
        assert found.startswith(f"{at}{message}"), found
        assert "x" * 201 not in found, "a long value is shortened"

    return test
