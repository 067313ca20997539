"""Estimates of scores without labels: a tagger's answers are summed, and no text is kept."""
