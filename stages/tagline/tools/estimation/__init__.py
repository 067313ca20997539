"""Estimates of scores without labels: what a tagger answers is summed, and no text is kept."""
