"""Sockets that are none: what a protocol writes is kept, and what arrives is the test's to say."""


class RecordedSocket:
    """What asyncio would give a protocol to write to."""

    def __init__(self) -> None:
        self.written = []
        self.aborted = False
        self.unsent = 0

    def write(self, data):
        self.written.append(bytes(data))

    def abort(self):
        self.aborted = True

    def get_write_buffer_size(self):
        return self.unsent
