"""A near store before a far one: what this process knows, before what all of them know.

Rules of the file:
1. The near copy answers while it is fresh; then the far store is asked, because another process may have
   refreshed it meanwhile.
2. Where the far store knows nothing, or cannot be asked, the near copy is what there is: so a far store that
   is down takes no stale copy away.
3. What the far store knew is put into the near one.
"""

from __future__ import annotations

from gateway.stores.store import Copy, Store


class TieredStore:
    """*near*, which never makes anybody wait, before *far*."""

    __slots__ = ("_far", "_near")

    def __init__(self, near: Store, far: Store) -> None:
        self._near = near
        self._far = far

    async def get(self, key: bytes) -> Copy | None:
        """The near copy if it is fresh, else whichever of the two is fresher."""
        near = await self._near.get(key)
        if near is not None and near.age < near.fresh:
            return near
        far = await self._far.get(key)
        if far is None or (near is not None and near.age - near.fresh <= far.age - far.fresh):
            return near
        await self._near.set(key, far)
        return far

    async def set(self, key: bytes, copy: Copy) -> None:
        """Keep *copy* in both."""
        await self._near.set(key, copy)
        await self._far.set(key, copy)

    async def close(self) -> None:
        """Close both."""
        await self._near.close()
        await self._far.close()

    def __repr__(self) -> str:
        return f"<TieredStore {self._near!r} before {self._far!r}>"
