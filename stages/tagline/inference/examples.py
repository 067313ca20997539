"""Texts to try an English model with: on the service's page, and in the box that the Hub shows beside a model card."""

ENGLISH = (
    "Maria Garcia joined the World Health Organization in Geneva.",
    "Germany beat Brazil 7-1 in Belo Horizonte.",
)
