"""The message of an error that a user sees."""

from collections.abc import Callable
from typing import Any

import pytest

from tagline.terminal.errors import UserError


def message_of(call: Callable[..., object], *arguments: Any, **options: Any) -> str:
    """What a call says that has to fail."""
    with pytest.raises(UserError) as raised:
        call(*arguments, **options)
    return str(raised.value)
