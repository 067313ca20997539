"""The command `tagline conflicts`."""

from __future__ import annotations

from pathlib import Path

from tagline.core.errors import ArgumentParser
from tagline.core.terminal import show


def conflicts() -> None:
    """Write a page of what annotators decided differently, on which another person decides.

        tagline conflicts FOLDER --output PAGE.html

    FOLDER has the file that each annotator saved. Raw texts are split into words by `download.dataset.language`.
    """
    parser = ArgumentParser(description=conflicts.__doc__)
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="the files that annotators saved")
    parser.add_argument("--output", metavar="PAGE", type=Path, required=True, help="HTML file to write")
    arguments = parser.parse_args()
    from tagline.core.params import read_section  # here, since --help need not wait for them
    from tagline.sources.download_params import Download
    from tagline.tools.annotation.conflicts import save

    language = read_section("download", Download).dataset.language
    show("\n".join(save(arguments.folder, language, arguments.output)))
