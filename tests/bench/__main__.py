"""The benchmarks: `python -m tests.bench [DATA_DIR]`."""

from tests.bench import classify_speed, regression

regression.main()
classify_speed.main()  # last: it keeps to one core from then on
