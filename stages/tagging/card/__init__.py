"""The model card: what a model learnt from and how, what it scores, how to use it, and where it ends.

`page.render` makes it; the template page.md lies beside it.
"""
