"""The stage export: ONNX, int8, comparison with the trained model, model card."""
