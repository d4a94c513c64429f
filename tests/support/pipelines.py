"""A pipeline for tests that keeps what it is given."""


class KeptPipeline:
    """``taken`` are (recording, record); takes no more than *room*."""

    def __init__(self, room=100):
        self.room = room
        self.taken = []
        self.closed = False

    def take(self, recording, record):
        if len(self.taken) >= self.room:
            return False
        self.taken.append((recording, record))
        return True

    def counts(self):
        return len(self.taken), 0

    async def close(self, grace):
        self.closed = True
