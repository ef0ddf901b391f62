"""Whether one client can ask while another asks for too much."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, replace
from typing import Final

from benchmarks.engines import Engine, OverHttp, OverTime, Refused
from benchmarks.processes import environment
from benchmarks.questions import Question

#: All of 127.0.0.0/8 is the loopback (RFC 1122, section 3.2.1.3), so that this is another client to the service.
_OTHER_CLIENT: Final = "127.0.0.2"
_ALONE_PART: Final = 4
#: The client asks at fixed moments, and what it waits counts from them: one that asked only after each answer would ask
#: least when the service is slowest, and so hardly see it.
_SECONDS_BETWEEN: Final = 0.02
_GRACE_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Felt:
    """What a client felt: questions asked, how many got no answer, milliseconds (infinite for those)."""

    asked: int
    refused: int
    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class Fairness:
    """One client alone and beside the other one, and how often that one got which status."""

    alone: Felt
    beside: Felt
    statuses: dict[str, int]
    refusal: str


def measure(service: OverHttp, question: Question, seconds: float) -> Fairness:
    """Ask for single things, first alone, then while another client asks for cross joins without pause."""
    client = replace(service, source=_OTHER_CLIENT, _connection=None)
    alone, _ = ask_for(client, question, seconds / _ALONE_PART)
    greedy = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.crossjoins", str(service.port)],
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        beside, refusal = ask_for(client, question, seconds)
    finally:
        greedy.kill()
        statuses = Counter(greedy.communicate()[0].split())
        client.close()
    return Fairness(alone, beside, dict(statuses), refusal)


def ask_for(client: Engine, question: Question, seconds: float) -> tuple[Felt, str]:
    """Ask a question at fixed moments; the text is why the last one without an answer had none.

    What could not be asked in the time, since earlier answers did not come, counts as not answered.
    """
    times: list[float] = []
    refusal = ""
    start = time.perf_counter()
    for number in range(max(1, round(seconds / _SECONDS_BETWEEN))):
        moment = start + number * _SECONDS_BETWEEN
        time.sleep(max(0.0, moment - time.perf_counter()))
        if time.perf_counter() > start + seconds + _GRACE_SECONDS:
            times.append(math.inf)
            continue
        try:
            client.ask(question.text(number), question.media_type)
            times.append((time.perf_counter() - moment) * 1000)
        except (Refused, OverTime) as error:
            times.append(math.inf)
            refusal = str(error)
    ordered = sorted(times)
    percentiles = ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]
    return Felt(len(times), times.count(math.inf), *percentiles), refusal
