"""CoNLL-U: words, tag columns and ids."""

from __future__ import annotations

from pathlib import Path

from tagline.sources.formats.conllu import read_sentences

FILE = """\
# newdoc
# sent_id = one
# text = Du vet
1-2\tDu vet\t_\t_\t_\t_\t_\t_\t_\t_
1\tDu\tdu\tPRON\t_\tCase=Nom|Number=Sing\t2\tnsubj\t_\tNER=O
2\tvet\tveta\tVERB\tV\t_\t0\troot\t_\tSpaceAfter=No|NER=B-X
2.1\tnog\t_\tADV\t_\t_\t_\t_\t_\t_

# a comment alone

1\tNew York\t_\tPROPN\t_\t_\t0\troot\t_\t_
"""


def test_words_tags_and_ids(tmp_path: Path) -> None:
    path = tmp_path / "file.conllu"
    path.write_bytes(b"\xef\xbb\xbf" + FILE.replace("\n", "\r\n").encode())
    tag_columns = {"pos": "upos", "xpos": "xpos", "number": "feats:Number", "ner": "misc:NER"}
    first, second = read_sentences(path, tag_columns, "-")
    assert first.words == ["Du", "vet"]
    assert first.tags == {
        "pos": ["PRON", "VERB"],
        "xpos": ["-", "V"],
        "number": ["Sing", "-"],
        "ner": ["O", "B-X"],
    }
    assert (first.id, first.location) == ("one", f"{path}:5")
    assert (second.words, second.id, second.location) == (["New York"], None, f"{path}:11")
