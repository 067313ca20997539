"""Random sentences and an encoder with random weights, to measure training without a network.

Number and lengths of the sentences are as in CoNLL-2003: 14.5 words on average, 22 sub-words with special tokens. A
word's tag depends on its first sub-word, so that validation scores rise and weights are saved as in a real run.
"""

import itertools
import string
from pathlib import Path
from typing import Any

import numpy as np

_BASE = {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072}
SIZES = {
    "bert-base": {"vocab_size": 28996, **_BASE},
    "xlm-roberta-base": {"vocab_size": 250002, **_BASE},
    "tiny": {
        "vocab_size": 1000,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 128,
    },
}
_CONLL2003 = {"train": 14041, "validation": 3250, "test": 3453}
SENTENCES = {
    "bert-base": _CONLL2003,
    "xlm-roberta-base": _CONLL2003,
    "tiny": dict.fromkeys(("train", "validation", "test"), 50),
}
# Peak of dense matrix products in bf16 (fp16 for the T4) in TFLOP/s, by a part of PyTorch's name for the GPU; from the
# manufacturers' data sheets. The first match counts.
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
# Most different sub-words that the sentences hold; one language holds a part of a vocabulary of 250,000.
MOST_PIECES = 28_992
# Third letters of the words that are entities, a tenth of all.
ENTITIES = "abcde"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]


def pieces(size: str) -> tuple[list[str], list[str]]:
    """Return sub-words that start a word, and those that continue it; all have three letters, so splits are unique."""
    count = min(SIZES[size]["vocab_size"] - len(SPECIAL), MOST_PIECES) // 2
    codes = ["".join(code) for code in itertools.islice(itertools.product(string.ascii_letters, repeat=3), count)]
    return codes, [f"##{code}" for code in codes]


def sentences(size: str) -> dict[str, list[dict[str, list[str]]]]:
    """Generate the rows of each split: words and tags."""
    generator = np.random.default_rng(0)
    codes = np.array(pieces(size)[0])
    splits: dict[str, list[dict[str, list[str]]]] = {}
    for split, count in SENTENCES[size].items():
        # A gamma distribution with about the mean and standard deviation of CoNLL-2003's lengths (14.5 and 11.8 words).
        lengths = np.clip(generator.gamma(1.5, 14.5 / 1.5, count).round().astype(int), 1, 113)
        rows = splits[split] = []
        for length in lengths:
            # 1.38 sub-words per word.
            words = ["".join(generator.choice(codes, more)) for more in generator.geometric(1 / 1.38, length)]
            rows.append({"words": words, "ner": ["B-MADE" if word[2] in ENTITIES else "O" for word in words]})
    return splits


def save_encoder(size: str, folder: Path) -> int:
    """Save an encoder with its tokenizer; return the FLOP of training per sub-word, without attention."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    first, other = pieces(size)
    vocabulary = {piece: index for index, piece in enumerate([*SPECIAL, *first, *other])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=1000))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    ends = [(name, vocabulary[name]) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=512, **names).save_pretrained(folder)
    torch.manual_seed(0)
    sizes: dict[str, Any] = SIZES[size]
    model = BertModel(BertConfig(**sizes), add_pooling_layer=False)
    model.save_pretrained(folder)
    # Each weight of a matrix takes a multiplication and an addition in the forward pass, and two of each backward.
    return 6 * sum(weight.numel() for weight in model.encoder.parameters() if weight.ndim == 2)


def peak(device: str) -> float | None:
    """Return the peak of a GPU in TFLOP/s; None if it is not known."""
    return next((peak for name, peak in PEAKS.items() if name in device), None)


def rates(sub_words_per_second: float, flop: int, device: str, known_peak: float | None) -> dict[str, Any]:
    """Compute the FLOP/s that training reaches, and their share of the GPU's peak."""
    most = known_peak or peak(device)
    tflops = sub_words_per_second * flop / 1e12
    found: dict[str, Any] = {"device": device, "sub_words_per_second": round(sub_words_per_second)}
    found |= {"tflop_per_second": round(tflops, 4), "peak_tflop_per_second": most}
    return found | {"share_of_peak": round(tflops / most, 4) if most else None}
