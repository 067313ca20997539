"""Altered forms of a sentence, which show how far a model relies on letter case and spelling.

The number of words stays, so that gold labels apply. The same words give the same form on every host.
"""

from collections.abc import Callable, Sequence
from functools import partial

from tagline.text.typos import mistyped

# One word in so many is mistyped.
RARITY = 10
# Forms of letter case, then the others.
CASES: dict[str, Callable[[Sequence[str]], list[str]]] = {
    "lowercase": lambda words: [word.lower() for word in words],
    "uppercase": lambda words: [word.upper() for word in words],
    "titlecase": lambda words: [word.capitalize() for word in words],
}
FORMS = CASES | {"typos": partial(mistyped, rarity=RARITY)}
