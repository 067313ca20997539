"""Progress: bars on a terminal only, and no output of libraries."""

import sys


def watched() -> bool:
    """Whether standard error is a terminal."""
    return sys.stderr.isatty()


def quiet(with_datasets: bool = True) -> None:
    """Silence libraries: progress bars on a terminal only, errors instead of warnings.

    Args:
        with_datasets: also `datasets` (a second to load): no cache files in a data set that DVC tracks.
    """
    import huggingface_hub  # here, since most tools need neither
    import transformers

    for library in (transformers, huggingface_hub):
        library.logging.set_verbosity_error()
    if not watched():
        transformers.logging.disable_progress_bar()
        huggingface_hub.utils.disable_progress_bars()  # type: ignore[attr-defined]  # public by its documentation
    if with_datasets:
        import datasets

        datasets.logging.set_verbosity(datasets.logging.CRITICAL)  # it raises the errors that it logs
        datasets.disable_caching()
        if not watched():
            datasets.disable_progress_bars()
