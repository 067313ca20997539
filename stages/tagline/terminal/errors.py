"""Errors of the input or the environment."""

import re

from tagline.terminal.escaping import safe_message, shortened


class UserError(Exception):
    """An error of the input or the environment, shown without a traceback; any other exception of a stage is a bug.

    The message says where the error is (``file:line`` or a row's id), what is wrong, what is expected and what to do.
    """


class NotReachedError(UserError):
    """A score is below the one that the user asked for."""


def invalid_url(variable: str, url: str, example: str, reason: object = "") -> UserError:
    """The error of an environment variable that is not a URL.

    What is before the last ``@`` is not shown: `safe_message` finds credentials in well-formed URLs only.
    """
    masked = re.sub(r"^(\w+:/+)?.*@", r"\1***@", url, flags=re.DOTALL)
    shown = shortened(safe_message(masked))
    if reason:
        shown = f"{shown} ({reason})"
    return UserError(
        f"environment variable {variable} is {shown}; expected a URL such as {example}; correct it, or unset it"
    )
