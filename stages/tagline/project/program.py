"""The commands on params.yaml and dvc.yaml. They import late: `--help` does not wait for libraries."""

from tagline.terminal import ArgumentParser, UserError, show, show_json, take_no_arguments, wrapped


def check() -> None:
    """Check all of params.yaml before any stage starts: a typo in the last section must not cost a training run.

    Reads params.yaml, looks for the folders that it names, and checks those of a cross-validation. Writes nothing. If a
    stage pushes to the Hugging Face Hub, also checks that the push is allowed. Each stage of dvc.yaml begins with it,
    as stages/check.py.

    With --lock, also checks that dvc.lock belongs to this commit, whether models and data are there or not.
    """
    parser = ArgumentParser(description=check.__doc__)
    parser.add_argument(
        "--all",
        action="store_true",
        help="print params.yaml with every key, its description and the value that applies",
    )
    parser.add_argument(
        "--lock", action="store_true", help="also check that dvc.lock is up to date, for continuous integration"
    )
    parser.add_json("params (with all keys), notes")
    arguments = parser.parse_args()
    from tagline.project import check as checks

    if arguments.all and not arguments.json:
        show(checks.all_params())
        return
    params, notes = checks.check()
    if arguments.lock:
        from tagline.comparison.lock import check_lock

        check_lock()
    if arguments.json:
        show_json({"params": params, "notes": notes})
    elif notes:
        show("\n".join(notes))


def preset() -> None:
    """List the presets, or write params.yaml from one: presets/sample.yaml with the changes of presets/NAME.yaml.

    Changes in params.yaml that are neither committed nor part of a preset are only overwritten with --force.
    """
    parser = ArgumentParser(description=preset.__doc__)
    parser.add_argument("name", metavar="NAME", nargs="?", help="preset to use; default: list the presets")
    parser.add_argument("--force", action="store_true", help="overwrite params.yaml even if it has uncommitted changes")
    arguments = parser.parse_args()
    from tagline.core.params import PARAMS
    from tagline.project import presets

    names = presets.names()
    if arguments.name is None:
        show(wrapped("\n".join(presets.listed(names))))
    elif arguments.name not in names:
        raise UserError(
            f"{presets.path_of(arguments.name)} is missing; expected one of {', '.join(names)}, or a preset that "
            "`tagline inspect --output` wrote"
        )
    else:
        presets.write(arguments.name, arguments.force)
        show(f"{PARAMS}: written from {presets.path_of(arguments.name).as_posix()}")


def crossval() -> None:
    """Prepare a cross-validation, which scores all sentences; see docs/scores.md.

    Writes crossval/dvc.yaml, or brings it up to date, and crossval/params.yaml if it is missing. Then
    `dvc repro crossval/dvc.yaml` trains and scores.
    """
    take_no_arguments(crossval.__doc__)
    from tagline.project.crossval_pipeline import DVC_YAML, create

    written = ", ".join(path.as_posix() for path in create())
    show(f"{written or 'nothing'} written\n`dvc repro {DVC_YAML.as_posix()}` runs the cross-validation")


def schema() -> None:
    """Write params.schema.json, by which editors explain and check params, and the keys in docs/reference.md."""
    take_no_arguments(schema.__doc__)
    from tagline.project.descriptions import REFERENCE, SCHEMA, reference_text, schema_text
    from tagline.project.yaml_files import write_text

    if not SCHEMA.is_file():
        raise UserError(f"{SCHEMA} is missing; run this in the repository's root")
    write_text(SCHEMA, schema_text())
    write_text(REFERENCE, reference_text())
    show(f"{SCHEMA}, {REFERENCE}: written")
