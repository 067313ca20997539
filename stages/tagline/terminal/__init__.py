"""Errors, signals, progress and the command line: what a person sees."""

from tagline.terminal.command_line import ArgumentParser, extra, program_name, show_warnings, take_no_arguments
from tagline.terminal.errors import NotReachedError, UserError
from tagline.terminal.escaping import QUOTED, printable, quoted, safe_message, shortened, some
from tagline.terminal.printing import WIDTH, show, show_json, wrapped, write
from tagline.terminal.process import exit_with_message, prepare_process
from tagline.terminal.progress import quiet
from tagline.terminal.signals import BY_DVC, Interrupted, defer_signals

__all__ = [
    "BY_DVC",
    "QUOTED",
    "WIDTH",
    "ArgumentParser",
    "Interrupted",
    "NotReachedError",
    "UserError",
    "defer_signals",
    "exit_with_message",
    "extra",
    "prepare_process",
    "printable",
    "program_name",
    "quiet",
    "quoted",
    "safe_message",
    "shortened",
    "show",
    "show_json",
    "show_warnings",
    "some",
    "take_no_arguments",
    "wrapped",
    "write",
]
