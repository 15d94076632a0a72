"""What operators and programs see of the bot over HTTP: probes, figures, a page, an API."""
