"""Marks of capitals: the sub-words that `tagline.sources.capitals` puts before words, if a tokenizer lower-cases."""

# Before a word with an initial capital, and before a word in capitals. They are editorial signs of Greek papyri:
# punctuation for every library, and not in texts.
CAPITAL, CAPITALS = MARKS = "\u2e0f", "\u2e10"
