"""What the product does, step by step, over ports: delivery, refresh, a chatbot's turn."""
