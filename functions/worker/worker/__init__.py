"""The work behind the answers: deliver messages, ask the bot, follow the ticket."""
