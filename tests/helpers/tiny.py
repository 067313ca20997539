"""A tiny project: params, a corpus of a few dozen sentences, tokenizers and an encoder made in the test."""

import contextlib
import json
import shutil
import string
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from helpers import encoder_forms
from helpers.architectures import config_of
from helpers.project import ROOT, json_of
from ruamel.yaml import YAML
from safetensors.numpy import load_file, save_file
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import BertModel, PreTrainedTokenizerFast

from tagline.artifacts import raw_data
from tagline.core.provenance import write_hashes
from tagline.project import presets

# The presets of the repository; a clone has its own beside them. All but the first train BERT base on other data.
PRESETS = (
    "sample conll2003 conll2003-chunk conll2003-gpu conll2003-pos conllpp conllpp-small few-nerd germeval2014 "
    "ontonotes5 ud-english-ewt wnut17"
).split()
# The preset of the sample, with a tiny corpus and encoder, less work, and one precision on all hosts.
TINY_PARAMS = YAML(typ="safe").load(ROOT / "presets/sample.yaml")
TINY_PARAMS["download"]["folder"] = "data/tiny"
TINY_PARAMS["download"]["encoder"] = {"source": "path", "path": "encoder", "mark_capitals": True}
TINY_PARAMS["download"]["dataset"]["columns"] = ["words", "pos", "ner"]
TINY_PARAMS["tokenize_align"] |= {"max_length": 24, "stride": 6, "lowercase_share": 0.0}
TINY_PARAMS["train"] |= {
    **{
        "seed": 7,
        "epochs": 6,
        "min_steps": 1,
        "learning_rate": 0.02,
        "head_learning_rate": 0.02,
        "precision": "fp32",
    },
    "batches": {"order": "random", "subwords_per_batch": 40, "batch_size": 2},
    "checkpoint_every": 9,  # an epoch: shorter than the time between checkpoints otherwise
}
TINY_PARAMS["evaluate"] |= {"subwords_per_batch": 64, "precision": "fp32"}
TINY_PARAMS["export"] |= {"max_f1_drop": 0.05, "card": {"language": "en", "license": None, "data_license": None}}

# Of train: a teacher, which is a copy of models/finetuned; another order of batches, then limited by sub-words.
TAUGHT = {"folder": "data/kept", "teacher": {"models": ["old"], "weight": 1.0, "temperature": 2.0}}
BY_LENGTH = {"order": "by_length", "subwords_per_batch": 40, "batch_size": 2}

# name, pos, ner; the long one needs windows, the last word of the test split's second sentence is of no sub-word.
PEOPLE = ["Ada", "Bo", "Cem", "Dag", "Eva", "Finn"]
PLACES = ["Oslo", "Rome", "Kyiv", "Lima", "Bern", "Cork"]


def word_piece(pieces, lowercase=False):
    """A WordPiece tokenizer of the given pieces and all single ASCII characters, with BERT's special tokens."""
    characters = string.ascii_letters + string.digits + string.punctuation
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *pieces, *characters, *(f"##{letter}" for letter in characters)]
    ids = {piece: number for number, piece in enumerate(dict.fromkeys(vocabulary))}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    ends = [("[CLS]", 2), ("[SEP]", 3)]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    special = {f"{name.lower()}_token": f"[{name}]" for name in ("PAD", "UNK", "CLS", "SEP")}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=64, **special)


# What tokenizers are known to stumble over: characters of no width, marks that combine, emoji of several code points,
# spaces that are none, other scripts and directions, and words that no vocabulary has.
ODD_WORDS = [
    *["\u200b", "\u200d", "\ufeff", "\u00ad", "\ufe0f", "\u0301", "e\u0301", "a\u200bb"],
    *["\u00a0", "a\u00a0b", "\u3000", " "],
    *["\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f1f3\U0001f1f4", "\U0001f44d\U0001f3fd", "\u2764\ufe0f"],
    *["\u6771\u4eac", "\ud55c\uad6d", "\u05e9\u05dc\u05d5\u05dd", "\u0645\u0631\u062d\u0628\u0627"],
    *["\u0928\u092e\u0938\u094d\u0924\u0947", "\ufb01n", "\u0130stanbul", "Stra\u00dfe", "\x00", "\t", "x" * 120],
    *"don't U.S. ... [SEP] [CLS] <s> </s> ##a \u2581a \u0120a -- @user".split(),
]


def byte_level_bpe():
    """As RoBERTa's, whose words all begin with a space."""
    tokenizer = encoder_forms.byte_level()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    return tokenizer


def unigram():
    """As XLM-RoBERTa's, with its normalisation of Unicode."""
    tokenizer = encoder_forms.unigram()
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    return tokenizer


def save_encoder(folder, tokenizer, positions=64, layers=1):
    """Save a BERT of 16 dimensions with the tokenizer."""
    torch.manual_seed(0)
    size = {"num_hidden_layers": layers, "vocab_size": len(tokenizer), "max_position_embeddings": positions}
    BertModel(config_of("bert", **size), add_pooling_layer=False).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


@contextlib.contextmanager
def changed_weights(model):
    """Change the weights of a model in the block; they are as if a stage had written them."""
    weights = load_file(model / "model.safetensors")
    yield weights
    save_file(weights, model / "model.safetensors", metadata={"format": "pt"})
    write_hashes(model)


def remove_dropout(encoder):
    """Switch dropout off, which differs between processes."""
    config = json_of(encoder / "config.json")
    config |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    (encoder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    write_hashes(encoder)


def conll(sentences):
    """Sentences of (word, tag, ...) as a column file."""
    return "\n".join("".join(" ".join(row) + "\n" for row in sentence) for sentence in sentences)


def tiny_sentences(count, shift):
    """Sentences like ``Ada lives in Oslo .``, one of them too long for a window of 24 sub-words."""
    made = []
    for number in range(count):
        person = PEOPLE[(number + shift) % len(PEOPLE)]
        place = PLACES[(number * 5 + shift) % len(PLACES)]
        sentence = [(person, "PROPN", "B-PER"), ("Lind", "PROPN", "I-PER"), ("lives", "VERB", "O"), ("in", "ADP", "O")]
        sentence += [(place, "PROPN", "B-LOC"), (".", "PUNCT", "O")]
        made.append(sentence * 4 if number == 2 else sentence)
    return made


def fill_workspace(folder, tiny_folder):
    """Give a folder what a pipeline begins with: the tiny corpus and encoder, params.yaml and data/none."""
    shutil.copytree(tiny_folder, folder / "data/tiny")
    (folder / "data/none").mkdir()
    write_params(folder)


def write_params(workspace, params=TINY_PARAMS):
    YAML().dump(params, workspace / "params.yaml")


def set_params(**sections):
    """Write params.yaml to the current folder, with some values of some sections changed."""
    write_params(Path(), TINY_PARAMS | {name: TINY_PARAMS[name] | changed for name, changed in sections.items()})


def set_train_params(**changed):
    """Write params.yaml to the current folder, with some values of the section train changed."""
    set_params(train=changed)


def training_results():
    """What the stage train wrote: metrics, curves and weights."""
    curves = [pd.read_csv(f"plots/{name}.csv") for name in ("train_loss", "validation")]
    files = Path("models/finetuned").glob("*.safetensors")
    weights = {name: tensor for path in files for name, tensor in load_file(path).items()}
    return json_of("reports/train.json"), curves, weights


def assert_same_training(found, expected, curves, weights):
    """Compare metrics exactly, curves and weights with absolute tolerances."""
    assert found[0] == expected[0]
    for ours, theirs in zip(found[1], expected[1], strict=True):
        pd.testing.assert_frame_equal(ours, theirs, rtol=0, atol=curves)
    assert found[2].keys() == expected[2].keys()
    for name, tensor in expected[2].items():
        np.testing.assert_allclose(found[2][name], tensor, rtol=0, atol=weights)


def raw_rows(split, folder=Path("data/raw")):
    """The rows of a split of data/raw, by default that in the current folder."""
    return [row for batch in raw_data.load(folder).batches(split) for row in batch.to_pylist()]


def preset(name):
    """The params.yaml that a preset of the repository makes."""
    with contextlib.chdir(ROOT):
        return presets.build(name)
