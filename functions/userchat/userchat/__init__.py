"""The app user's side: send a message, read the chat. Never calls a model or waits for a bot."""
