"""The experiment under faults: this gateway, the same with single layers off, and a hand-written peer.

Two services of three are healthy most of the time; what becomes of the requests when one is not is the
question. ``scenarios.py`` says what goes wrong, ``variants.py`` who is asked, ``trial.py`` brings both
together, ``targets.py`` judges, ``page.py`` and ``picture.py`` tell.
"""
