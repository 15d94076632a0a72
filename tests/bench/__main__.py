"""The benchmarks: `python -m tests.bench [DATA_DIR]`."""

from tests.bench import classify_speed

classify_speed.main()
