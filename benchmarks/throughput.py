"""Requests per second over sixteen connections, measured with wrk."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.processes import HOST, CouldNotRun, program, run

CONNECTIONS: Final = 16
_INSTALL: Final = "on Debian: apt-get install --no-install-recommends wrk"
_MARK: Final = "measured "

#: Asks for the lines of a file in turn; what it prints at the end is read by `read`.
_SCRIPT: Final = """
local paths, next = {}, 0
for path in io.lines("paths.txt") do paths[#paths + 1] = path end
request = function()
  next = next % #paths + 1
  return wrk.format("GET", paths[next])
end
done = function(summary, latency, requests)
  local errors = summary.errors
  local broken = errors.connect + errors.read + errors.write + errors.timeout
  print(string.format(
    'measured {"requests": %d, "microseconds": %d, "refused": %d, "broken": %d, "p50": %d, "p99": %d}',
    summary.requests, summary.duration, errors.status, broken, latency:percentile(50), latency:percentile(99)))
end
"""


@dataclass(frozen=True, slots=True)
class Throughput:
    """Good answers per second, median and 99th percentile in milliseconds, answers above 399, broken connections."""

    per_second: float
    p50: float
    p99: float
    refused: int
    broken: int


def measure(folder: Path, port: int, paths: Sequence[str], headers: Mapping[str, str], seconds: int) -> Throughput:
    """Ask for paths in turn from one thread; raises NotInstalled without wrk and CouldNotRun when it fails."""
    wrk = program("wrk", _INSTALL)
    (folder / "paths.txt").write_text("".join(f"{path}\n" for path in paths), encoding="utf-8")
    (folder / "requests.lua").write_text(_SCRIPT, encoding="utf-8")
    named = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    command = [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", "requests.lua", *named, f"http://{HOST}:{port}"]
    return read(run(command, folder))


def read(output: str) -> Throughput:
    found = next((line for line in output.splitlines() if line.startswith(_MARK)), None)
    if found is None:
        raise CouldNotRun(f"wrk gave no figures: {output.strip()}")
    said: dict[str, int] = json.loads(found.removeprefix(_MARK))
    good = said["requests"] - said["refused"]
    return Throughput(
        per_second=good / said["microseconds"] * 1e6,
        p50=said["p50"] / 1000,
        p99=said["p99"] / 1000,
        refused=said["refused"],
        broken=said["broken"],
    )
