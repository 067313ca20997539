"""CoNLL-U: which words are read, which columns are tags, what a sentence is called."""

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
    layers = {"pos": "upos", "xpos": "xpos", "number": "feats:Number", "ner": "misc:NER"}
    first, second = read_sentences(path, layers, "-")
    assert first.words == ["Du", "vet"]
    assert first.layers == {
        "pos": ["PRON", "VERB"],
        "xpos": ["-", "V"],
        "number": ["Sing", "-"],
        "ner": ["O", "B-X"],
    }
    assert (first.id, first.place) == ("one", f"{path}:5")
    assert (second.words, second.id, second.place) == (["New York"], None, f"{path}:11")
