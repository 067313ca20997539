"""The stage export: ONNX, int8, comparison with the trained model, model card."""

__all__ = ["export_params", "stage"]
