"""Does the worker of this machine live: for the health checks of containers.

python -m ml.worker_health    exit 0: it gave a sign of life lately
"""

from __future__ import annotations

import os
import socket
import sys

from redis.exceptions import RedisError

from ml.queues import connect, living_workers

TIMEOUT = 5.0  # seconds


def lives(redis_url: str, host: str) -> bool:
    """Say whether a worker on a host gave a sign of life lately; one that trains does as well.

    Raises:
        RedisError: Redis does not answer.
    """
    with connect(redis_url, TIMEOUT, attempts=1) as redis:
        return host in living_workers(redis)


def main() -> int:
    """Return the exit status; Redis being away is no fault of the worker, and no restart would help."""
    url = os.environ.get("TONEFIT_REDIS_URL")
    if not url:
        print("set TONEFIT_REDIS_URL, see deploy/env.example", file=sys.stderr)  # noqa: T201 - for whoever asks
        return 2
    try:
        return 0 if lives(url, socket.gethostname()) else 1
    except RedisError:
        return 0


if __name__ == "__main__":
    sys.exit(main())
