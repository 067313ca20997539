"""The heartbeat of long loops."""

from __future__ import annotations

from tagline.core.progress import Heartbeat


def test_a_line_each_interval() -> None:
    times = iter([0.0, 29.9, 30.0, 31.0, 59.9, 100.0, 101.0])
    heartbeat = Heartbeat(30.0, lambda: next(times))
    assert [heartbeat.due() for _ in range(6)] == [False, True, False, False, True, False]
