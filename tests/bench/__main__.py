"""The benchmarks: `python -m tests.bench [DATA_DIR]`."""

import sys

from tests.bench import (
    classifiers,
    classify_speed,
    few_examples,
    groups,
    hot_reload,
    label_saving,
    malformed_updates,
    pictures,
    privacy,
    regression,
    spine_speed,
    training_jobs,
    training_speed,
    why_speed,
)

regression.main()
pictures.main()
classify_speed.main()
why_speed.main(sys.argv[1:2])
spine_speed.main()
groups.main()
privacy.main()
malformed_updates.main()
hot_reload.main([])
training_speed.main(sys.argv[1:2])
few_examples.main(sys.argv[1:2])
label_saving.main(sys.argv[1:2])
training_jobs.main(sys.argv[1:2])
classifiers.main(sys.argv[1:2])
