"""The benchmarks: `python -m tests.bench [DATA_DIR]`."""

import sys

from tests.bench import classifiers, classify_speed, pictures, regression, training_speed

regression.main()
pictures.main()
classify_speed.main()
training_speed.main(sys.argv[1:2])
classifiers.main(sys.argv[1:2])
