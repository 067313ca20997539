"""Modules that of all stages only `export` uses: the forms of an exported model, their proof, the model card."""
