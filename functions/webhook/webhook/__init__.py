"""Zammad's side: verify, parse, de-duplicate, enqueue, answer. Never calls Zammad or a model."""
