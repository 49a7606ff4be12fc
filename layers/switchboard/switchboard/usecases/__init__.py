"""What the product does, step by step, over ports: delivery, refresh, answering, a chatbot's turn."""
