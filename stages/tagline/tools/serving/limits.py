"""The limits of the service; no library is loaded, for `--help`."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Limits:
    """What the service takes at most; the bodies in progress need up to ``bytes`` times ``requests``."""

    bytes: int = field(default=2**18, metadata={"help": "bytes per request"})
    texts: int = field(default=1000, metadata={"help": "texts per request"})
    requests: int = field(default=256, metadata={"help": "requests in progress; others get status 503"})
    seconds: int = field(default=30, metadata={"help": "seconds to receive a request, and to answer it"})
