"""The local Bot API, driven by python-telegram-bot and over plain HTTP."""
