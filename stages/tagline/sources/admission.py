"""Whether the weights of an encoder are whole: all there, of the shapes that config.json says, and finite."""

from pathlib import Path

from safetensors import safe_open
from transformers import AutoModelForTokenClassification

from tagline.core.reading import reading
from tagline.terminal.errors import UserError
from tagline.terminal.escaping import shortened


def check_weights(location: str, folder: Path) -> None:
    """Check the weights of an encoder with memory for the largest of them only.

    Args:
        location: where the encoder comes from, for messages.
        folder: with its configuration and safetensors files.

    Raises:
        UserError: transformers can't load them as a token classifier; or a weight is missing, of another shape, NaN or
            infinite.
    """
    with reading(location, problem="transformers can't load a token classifier", remedy="choose another encoder"):
        model, info = AutoModelForTokenClassification.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            device_map="meta",  # without memory
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    drawn = {*info["missing_keys"], *(mismatch[0] for mismatch in info["mismatched_keys"])}
    # Neither the new classifier nor a pooler, which no token classifier reads.
    lacking = [name for name in drawn if name.startswith(f"{model.base_model_prefix}.") and ".pooler." not in name]
    if lacking:
        names = shortened(", ".join(sorted(lacking)))
        raise UserError(
            f"{location}: {len(lacking)} weights of its config.json are missing or have another shape ({names}); "
            "expected the weights of the whole encoder; choose a complete one, or the config.json of these weights"
        )
    for path in sorted(folder.glob("*.safetensors")):
        _check_finite(location, path)


def _check_finite(location: str, path: Path) -> None:
    with reading(location, problem=f"damaged {path.name}", remedy="download it again, or choose another encoder"):
        file = safe_open(path, "pt")
        for name in file.keys():  # noqa: SIM118 (it is not iterable)
            weight = file.get_tensor(name)
            if weight.is_floating_point() and not weight.isfinite().all():
                raise UserError(
                    f"{location}: in {path.name}, {name} is NaN or infinite in places; expected finite weights; "
                    "download it again, or choose another encoder"
                )
