"""Files of annotated texts, and what their formats read."""

import json
import re


def write_rows(path, rows):
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def tagged(sentence):
    """The words that are not O as ``word/tag``, or ``word/?`` if the tag is unknown."""
    pairs = zip(sentence.words, sentence.tags["ner"], strict=True)
    return " ".join(f"{word}/{tag or '?'}" for word, tag in pairs if tag != "O")


def kinds(sentence):
    return [note.kind for note in sentence.notes]


def embedded(page):
    """The tasks in an annotation page, as JSON."""
    found = re.findall('<script type="application/json" id="tasks">(.*?)</script>', page.read_text("utf-8"), re.S)
    assert len(found) == 1
    return str(found[0])


def accepted(name, path):
    """Change tasks as an annotation tool does when a person accepts all suggestions and exports them.

    Args:
        name: the tool.
        path: what was imported.
    """
    if name == "label_studio":
        tasks = json.loads(path.read_text(encoding="utf-8"))
        for task in tasks:
            task.setdefault("annotations", [{"completed_by": 1, "result": task.pop("predictions")[0]["result"]}])
        path.write_text(json.dumps(tasks), encoding="utf-8")
    elif name == "prodigy":
        write_rows(path, [json.loads(line) | {"answer": "accept"} for line in path.open(encoding="utf-8")])
    return path
