"""What to review: `disagreements` between gold and the models, their `ranking`, and the `page` that shows them.

`usage` counts how gold labels the same words elsewhere, which the ranking takes into account.
"""
