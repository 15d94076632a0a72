"""The benchmarks: `python -m tests.bench [DATA_DIR]`."""

import sys

from tests.bench import classifiers, classify_speed, regression, spine_speed, training_speed

regression.main()
classify_speed.main()
spine_speed.main()
training_speed.main(sys.argv[1:2])
classifiers.main(sys.argv[1:2])
