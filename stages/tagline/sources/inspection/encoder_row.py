"""Which row of the table of encoders in docs/data.md the letters of data suggest."""

import unicodedata
from collections import Counter

from tagline.sources.letters import NOTICEABLE, SHOWN

# Rows of the table by script.
OF_SCRIPT = {"HANGUL": "Korean", "CJK": "Chinese"}
# Rows by the letters beyond a to z, of which the first one is frequent in this language only.
OF_LETTERS = {
    "German": "üäöß",
    "French": "éàâæçèêëîïôœùû",
    "Spanish": "ñáéíóúü",
    "Portuguese": "ãàáâçéêíóôõú",
    "Polish": "łąćęńóśźż",
    "Turkish": "ıâçğöşü",
    "Russian": "ыабвгдеёжзийклмнопрстуфхцчшщъьэюя",
    "Arabic": "ةءآأؤإئابتثجحخدذرزسشصضطظعغفقكلمنهوىي",
}
OTHER = "multilingual"
# The least share of all a language's letters, since names have others, and of the first one.
ALL, FIRST = 0.9, 0.01


def encoder_row(letters: Counter[str]) -> str:
    """Describe the letters of some data, and name the row.

    Args:
        letters: see `count_letters`.
    """
    scripts: Counter[str] = Counter()
    others: Counter[str] = Counter()
    for letter, count in letters.items():
        scripts[unicodedata.name(letter, "?").split()[0]] += count
        if not letter.isascii():
            others[letter] = count
    script = max(scripts, key=scripts.__getitem__, default="no")
    examples = " ".join(letter for letter, _ in others.most_common(SHOWN))
    beyond = f", beyond a to z {examples}" if script == "LATIN" and others else ""
    if script == "LATIN" and others.total() <= NOTICEABLE * letters.total():
        row = "English, or multilingual,"
    elif "HIRAGANA" in scripts:
        row = OTHER
    else:
        row = OF_SCRIPT.get(script) or _language(others)
    return f"letters: {script.capitalize()}{beyond}; for an encoder, see the row {row} in docs/data.md"


def _language(others: Counter[str]) -> str:
    for language, alphabet in OF_LETTERS.items():
        explained = sum(others[letter] for letter in alphabet)
        if explained >= ALL * others.total() and others[alphabet[0]] > FIRST * others.total():
            return language
    return OTHER
