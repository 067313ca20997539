"""Texts to try an English model with, on the service's page and beside a model card on the Hub."""

ENGLISH = (
    "Maria Garcia joined the World Health Organization in Geneva.",
    "Germany beat Brazil 7-1 in Belo Horizonte.",
)
