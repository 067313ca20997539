"""Labels: the label list, schemes, entities, windows of sub-words and their alignment with labels."""

__all__ = ["entities", "label_list", "schemes", "tagged", "type_grounds", "windows"]
