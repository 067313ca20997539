"""Errors of the input or the environment."""

import re

from tagline.terminal.escaping import safe_message, shortened


class UserError(Exception):
    """An error of the input or the environment.

    The message says where the error is (``file:line`` or the id of a row), what is wrong, what is expected and what to
    do. It is shown without a traceback; any other exception that leaves a stage is a bug.
    """


class NotReachedError(UserError):
    """A score is below the one that the user asked for; input and environment are in order."""


def invalid_url(variable: str, url: str, example: str, reason: object = "") -> UserError:
    """The error of an environment variable that is not a URL.

    What stands before the last ``@`` is not shown: `safe_message` finds credentials in well-formed URLs only.
    """
    masked = re.sub(r"^(\w+:/+)?.*@", r"\1***@", url, flags=re.DOTALL)
    shown = shortened(safe_message(masked))
    if reason:
        shown = f"{shown} ({reason})"
    return UserError(
        f"environment variable {variable} is {shown}; expected a URL such as {example}; correct it, or unset it"
    )
