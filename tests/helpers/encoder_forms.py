"""Tokenizers of encoders as they are published: tokenizer.json, and what config.json and tokenizer_config.json name."""

import json

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

TEXT = (
    "the The M\u00fcller M\u00fcllers New York Berlin \u00c9cole \u00e9cole na\u00efve S\u00e3o Paulo Stra\u00dfe 12345 1234 e-mail "
    "Mary-Jane don't U.S. COVID-19 \u041c\u043e\u0441\u043a\u0432\u0430 \u043c\u043e\u0441\u043a\u0432\u0430 \u6771\u4eac hello world WORLD \u00c5ngstr\u00f6m MixedCase \u00fcber \u00c4rger \u00e4rger"
)
WORDS = "The M\u00fcller New Berlin \u00c9cole na\u00efve 12345 e-mail don't U.S. COVID-19 \u041c\u043e\u0441\u043a\u0432\u0430 \u6771\u4eac".split()
BERT = {name.lower() + "_token": f"[{name}]" for name in ("PAD", "UNK", "CLS", "SEP", "MASK")}
ROBERTA = {"cls_token": "<s>", "pad_token": "<pad>", "sep_token": "</s>", "unk_token": "<unk>", "mask_token": "<mask>"}


def template(first, last, tokenizer):
    ends = [(token, tokenizer.token_to_id(token)) for token in (first, last)]
    return processors.TemplateProcessing(single=f"{first} $A {last}", special_tokens=ends)


def changed(tokenizer, part, **values):
    """A tokenizer with other values in a part of its tokenizer.json; without values, without the part."""
    content = json.loads(tokenizer.to_str())
    content[part] = {**content[part], **values} if values else None
    return Tokenizer.from_str(json.dumps(content))


def word_piece(
    lowercase=False,
    strip_accents=None,
    normalizer=None,
    pre_tokenizer=None,
):
    """As BERT's."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    bert = normalizers.BertNormalizer(lowercase=lowercase, strip_accents=strip_accents)
    tokenizer.normalizer = normalizer or bert
    tokenizer.pre_tokenizer = pre_tokenizer or pre_tokenizers.BertPreTokenizer()
    special = {"special_tokens": [*BERT.values()], "show_progress": False}
    tokenizer.train_from_iterator([TEXT] * 50, trainers.WordPieceTrainer(vocab_size=500, **special))
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = template("[CLS]", "[SEP]", tokenizer)
    return tokenizer


def unigram(special=ROBERTA, text=TEXT):
    """As XLM-RoBERTa's and DeBERTa-v3's."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFC() if special is BERT else None
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    names = [special[f"{name}_token"] for name in ("cls", "pad", "sep", "unk", "mask")]
    options = {"special_tokens": names, "unk_token": names[3], "show_progress": False}
    tokenizer.train_from_iterator([text] * 50, trainers.UnigramTrainer(vocab_size=220, **options))
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = template(names[0], names[2], tokenizer)
    return tokenizer


def byte_level(special=ROBERTA, digits_first=False):
    """As RoBERTa's and ModernBERT's."""
    tokenizer = Tokenizer(models.BPE())
    last = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.pre_tokenizer = last
    options = {"initial_alphabet": pre_tokenizers.ByteLevel.alphabet(), "show_progress": False}
    names = [special[f"{name}_token"] for name in ("cls", "pad", "sep", "unk", "mask")]
    tokenizer.train_from_iterator([TEXT] * 50, trainers.BpeTrainer(vocab_size=600, special_tokens=names, **options))
    if digits_first:
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), last])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = template(names[0], names[2], tokenizer)
    return tokenizer


def form(make, model_type, tokenizer_class, **settings):
    """What makes its tokenizer.json; config.json; tokenizer_config.json, None without one."""
    return make, {"model_type": model_type}, {"tokenizer_class": tokenizer_class, **settings}


def of_bert(make, **settings):
    return form(make, "bert", "BertTokenizer", **settings)


# By the classes that transformers picks, words of these get other sub-words.
READ_AS_IT_IS = {
    "BERT without a class, Unigram": (unigram, {"model_type": "bert"}, {"model_max_length": 512}),
    "RoBERTa's class, WordPiece": form(word_piece, "roberta", "RobertaTokenizer", **BERT),
    "RoBERTa's class, WordPiece, with a model name": (
        word_piece,
        {"model_type": "roberta", "model_name": "camembertv2-base"},
        {"tokenizer_class": "RobertaTokenizer"},
    ),
    "BERT, small letters with accents": of_bert(
        lambda: word_piece(normalizer=normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])), **BERT
    ),
    "BERT, words split at spaces only": of_bert(
        lambda: word_piece(pre_tokenizer=pre_tokenizers.WhitespaceSplit()), do_lower_case=False
    ),
    "RoBERTa, digits split before bytes": form(lambda: byte_level(digits_first=True), "roberta", "RobertaTokenizer"),
    "BERT, words of up to 200 letters": of_bert(
        lambda: changed(word_piece(), "model", max_input_chars_per_word=200), do_lower_case=False
    ),
    "BERT with capitals, do_lower_case unsaid": of_bert(word_piece, **BERT),
    "BERT with capitals, no tokenizer_config": (word_piece, {"model_type": "bert"}, None),
    "BERT, small letters, accents in its file only": of_bert(
        lambda: word_piece(lowercase=True, strip_accents=False), do_lower_case=True
    ),
}
# These are read alike.
READ_ALIKE = {
    "BERT with capitals": of_bert(word_piece, do_lower_case=False),
    "ModernBERT": form(lambda: byte_level(BERT), "modernbert", "PreTrainedTokenizerFast", **BERT),
    "RoBERTa": form(byte_level, "roberta", "RobertaTokenizer"),
    "DeBERTa-v2": form(lambda: unigram(BERT), "deberta-v2", "DebertaV2Tokenizer"),
    "multilingual e5": form(unigram, "bert", "XLMRobertaTokenizerFast", **ROBERTA),
    "generic": form(word_piece, "bert", "PreTrainedTokenizerFast", **BERT),
    "generic of version 5": form(byte_level, "roberta", "TokenizersBackend", **ROBERTA),
}


def write_form(folder, form):
    """Write the files of a form, for a BERT of 16 dimensions if it is one."""
    make, config, settings = form
    tokenizer = make()
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    sizes = {"vocab_size": tokenizer.get_vocab_size(), "hidden_size": 16, "num_hidden_layers": 1}
    sizes |= {"num_attention_heads": 2, "intermediate_size": 32}
    (folder / "config.json").write_text(json.dumps(sizes | config), encoding="utf-8")
    if settings is not None:
        (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder
