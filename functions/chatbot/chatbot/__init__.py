"""The chatbot API: a chatbot found by host name or id, a key checked, a turn taken."""
