"""Training of the shipped NER model; `scripts/train_ner.py` is the command."""
