"""Text of the input in messages: escaped, shortened, without secrets."""

import pytest

from tagline.terminal.escaping import QUOTED, SHOWN, printable, quoted, safe_message, shortened, some


def test_invisible_characters_are_escaped():
    shown = [printable(text) for text in ("a\u200bb\x00\t", "\ufe0f", "e\u0301 東")]
    assert shown == ["a\\u200bb\\x00\\t", "\\ufe0f", "e\u0301 東"]


def test_a_long_text_is_cut_to_its_beginning():
    assert shortened("a" * SHOWN) == "a" * SHOWN
    assert shortened("a" * (SHOWN + 1)) == "a" * (SHOWN - 3) + "..."
    assert shortened("https://ada:secret@host " + "a" * SHOWN, 20) == "https://***@host ..."
    assert (some("abcd"), some("abc")) == ("a, b, c and 1 more", "a, b, c")
    assert quoted(["a" * 1000]) == f"['{'a' * (QUOTED - 5)}..."


SAFE = [
    ("東\n\x1b]0;title\x07 \u202e", "東\n" r"\x1b]0;title\x07 \u202e"),
    ("http://token@host:80 and https://a:p@ss@b", "http://***@host:80 and https://***@b"),
    ("https://ada:se/cret@host, http://host:80/a@b", "https://***@host, http://host:80/a@b"),
    ("'https://store/x?X-Id=a&X-Amz-Signature=b2#c'", "'https://store/x?X-Id=a&X-Amz-Signature=***#c'"),
    ("https://host/ada@main, ada@host", "https://host/ada@main, ada@host"),
    ("https:/ada:secret@host/x: no such file", "https:/***@host/x: no such file"),
    (
        "https://host/#access_token=ab1&x=2, https://host?pwd=a",
        "https://host/#access_token=***&x=2, https://host?pwd=***",
    ),
    ("Illegal header value b'Bearer abc\\n', hf_abcdefghijklmnopqrst", "Illegal header value b'Bearer ***', ***"),
]


@pytest.mark.parametrize("text, safe", SAFE)
def test_messages_are_safe(text, safe):
    assert safe_message(text) == safe
