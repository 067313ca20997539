"""The model card: use, scores, training and limitations of an exported model.

`document.render` fills in the template document.md.
"""
