"""A ground per entity type, the same in the terminal, on pages, in notebooks and in Label Studio.

The text beside it remains the sign of a type: grounds repeat after eight types.
"""

from collections.abc import Iterable
from itertools import chain
from zlib import crc32

from tagline.labels import Labels

# Light colours of a terminal's 256, readable with black text in a light and in a dark theme.
GROUNDS = (156, 153, 222, 218, 159, 229, 183, 216)
# The values of a channel in the cube of colours, which begins at 16.
CHANNEL = (0, 95, 135, 175, 215, 255)
# Chosen so that the names PER, LOC, ORG and MISC, and those of many other tasks, lead to different grounds.
SPREAD = 71403


def of_types(types: Iterable[str]) -> dict[str, int]:
    """The index of each type's ground.

    It depends on the name, so that a type keeps it when others are added. If it is taken, the next free one is used.
    """
    chosen: dict[str, int] = {}
    for name in dict.fromkeys(types):
        index = crc32(name.encode()) % SPREAD % len(GROUNDS)
        while index in chosen.values() and len(chosen) < len(GROUNDS):
            index = (index + 1) % len(GROUNDS)
        chosen[name] = index
    return chosen


def web_color(index: int) -> str:
    """A ground as CSS writes it: color 153 = 16 + 3 * 36 + 4 * 6 + 5 is #afd7ff."""
    cube = GROUNDS[index] - 16
    red, green, blue = CHANNEL[cube // 36], CHANNEL[cube // 6 % 6], CHANNEL[cube % 6]
    return f"#{red:02x}{green:02x}{blue:02x}"


def css_classes(*several: Labels) -> dict[str, str]:
    """The class of each entity type; plain tags have none."""
    types = chain.from_iterable(labels.types for labels in several if labels.kind == "spans")
    return {name: f"ground-{index}" for name, index in of_types(types).items()}


def style() -> str:
    rules = [f".ground-{index} {{ background: {web_color(index)}; color: #000; }}\n" for index in range(len(GROUNDS))]
    return "".join(rules)
