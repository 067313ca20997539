"""Labels: the label list, schemes, entities, alignment of word labels to sub-words."""
