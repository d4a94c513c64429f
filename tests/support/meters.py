"""A meter that remembers what it was told."""


class RecordingMeter:
    """``records`` lists (what, seconds): ``"ok"`` or the cause, with times rounded to a millisecond."""

    def __init__(self) -> None:
        self.records = []

    def record(self, outcome, seconds):
        self.records.append((str(getattr(outcome, "cause", None) or "ok"), round(seconds, 3)))
