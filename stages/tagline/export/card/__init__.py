"""The model card: what a model learnt from and how, what it scores, how to use it, and where it ends.

`document.render` makes it; the template document.md lies beside it.
"""
