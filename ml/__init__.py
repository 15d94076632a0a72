"""Numbers and jobs: models of text, regressions, pictures, the model store. Knows nothing of Telegram."""
