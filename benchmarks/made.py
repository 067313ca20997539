"""Made-up sentences and an encoder with random weights: the arithmetic of training, for a host that can fetch neither.

Sentences have CoNLL-2003's lengths, short and long ones: 14.5 words on average, 22 sub-words with the special tokens.
"""

from __future__ import annotations

import itertools
import string
from pathlib import Path
from typing import Any

import numpy as np

SIZES = {
    "bert-base": {
        "vocab_size": 28996,
        "hidden_size": 768,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "intermediate_size": 3072,
    },
    "tiny": {
        "vocab_size": 1000,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 128,
    },
}
SENTENCES = {
    "bert-base": {"train": 14041, "validation": 50, "test": 50},
    "tiny": dict.fromkeys(("train", "validation", "test"), 50),
}
# Peak of dense matrix products in bf16 (fp16 for the T4), TFLOP/s, by a part of the name that PyTorch has for the card;
# from the makers' data sheets. The first that fits counts.
PEAKS = {
    "H100 PCIe": 756,
    "H100 NVL": 835,
    "H100": 989,
    "H200": 989,
    "A100": 312,
    "L40S": 362,
    "L4": 121,
    "A10": 125,
    "T4": 65,
}
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]


def pieces(size: str) -> tuple[list[str], list[str]]:
    """The pieces that begin a word and those that go on; all are of three letters, so that a word has one reading."""
    count = (SIZES[size]["vocab_size"] - len(SPECIAL)) // 2
    codes = ["".join(code) for code in itertools.islice(itertools.product(string.ascii_letters, repeat=3), count)]
    return codes, [f"##{code}" for code in codes]


def sentences(size: str) -> dict[str, list[dict[str, list[str]]]]:
    """Rows of every split: words and tags."""
    generator = np.random.default_rng(0)
    codes = np.array(pieces(size)[0])
    splits = {}
    for split, count in SENTENCES[size].items():
        # A gamma distribution with the mean and, nearly, the spread of CoNLL-2003's lengths (14.5 and 11.8 words).
        lengths = np.clip(generator.gamma(1.5, 14.5 / 1.5, count).round().astype(int), 1, 113)
        rows = splits[split] = []
        for length in lengths:
            # 1.38 pieces a word.
            words = ["".join(generator.choice(codes, more)) for more in generator.geometric(1 / 1.38, length)]
            tags = generator.choice(["O", "B-MADE"], length, p=[0.9, 0.1])
            rows.append({"words": words, "ner": tags.tolist()})
    return splits


def save_encoder(size: str, folder: Path) -> int:
    """Save an encoder with its tokenizer, and give the FLOP of learning from a sub-word, attention aside."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    begin, go_on = pieces(size)
    vocabulary = {piece: number for number, piece in enumerate([*SPECIAL, *begin, *go_on])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=1000))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    ends = [(name, vocabulary[name]) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=512, **names).save_pretrained(folder)
    torch.manual_seed(0)
    model = BertModel(BertConfig(**SIZES[size]), add_pooling_layer=False)
    model.save_pretrained(folder)
    # Each weight of a layer's matrices is multiplied and added once forward and twice backward.
    return 6 * sum(weight.numel() for weight in model.encoder.parameters() if weight.ndim == 2)


def peak(device: str) -> float | None:
    """The peak of a card in TFLOP/s, None where it is none of the known ones."""
    return next((peak for name, peak in PEAKS.items() if name in device), None)


def rates(sub_words_per_second: float, flop: int, device: str, peak_of_card: float | None) -> dict[str, Any]:
    """What of a card's arithmetic is used."""
    most = peak_of_card or peak(device)
    tflops = sub_words_per_second * flop / 1e12
    found: dict[str, Any] = {"device": device, "sub_words_per_second": round(sub_words_per_second)}
    found |= {"tflop_per_second": round(tflops, 4), "peak_tflop_per_second": most}
    return found | {"share_of_peak": round(tflops / most, 4) if most else None}
