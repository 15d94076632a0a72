"""The bot's process: it takes updates in, keeps sessions and sends answers out."""
