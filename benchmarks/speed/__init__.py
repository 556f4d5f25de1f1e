"""The same dialogues against ReturnDesk's bot and against a stock Rasa assistant, side by side in one run."""
