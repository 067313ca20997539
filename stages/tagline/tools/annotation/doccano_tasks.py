"""doccano: JSONL with ``label`` as lists of start, end and type. doccano keeps other keys, and exports them again.

Offsets count UTF-16 units, as its editor does.
"""

from __future__ import annotations

from typing import Any

from tagline.tools.annotation.task import AnnotationTask


def to_row(task: AnnotationTask) -> dict[str, Any]:
    """Convert a task to an object of the lines that doccano imports."""
    units = [0]  # the offset in UTF-16 units of each code point
    for character in task.text:
        units.append(units[-1] + (2 if character > "\uffff" else 1))
    label = [[units[each.start], units[each.end], each.type] for each in task.entities]
    return {"text": task.text, "label": label, **task.all_fields()}
