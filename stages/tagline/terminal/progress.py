"""Progress: bars on a terminal only, and no output of libraries beside them."""

import sys


def watched() -> bool:
    """Whether standard error is a terminal, where a progress bar makes sense."""
    return sys.stderr.isatty()


def quiet(with_datasets: bool = True) -> None:
    """Silence libraries: progress bars on a terminal only, errors instead of warnings.

    Args:
        with_datasets: also `datasets`, which takes a second to load: it writes no cache files into a data set that DVC
            tracks.
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
