"""What runs inside Rasa: reading a message (language, intent, entities). Imports nothing else of this project."""
