"""The stages of scripts/build_gazetteer.py, in the order of the data: sources → records → merge → check → write."""
