"""Who is alive and who holds which room: leases in Redis that end by Redis's own clock.

A media process beats every `signaling.node.heart.BEAT_S` and counts as dead NODE_TTL_S after its last beat. Since
another process may be late, or Redis may stand still, and everybody be well, whoever finds a lease ended asks again
before ending calls for it (`signaling.web.gateway`). A process that was started again under the same name retires its
predecessor by saying so, which needs no waiting and no asking again.

A claim on a room is one key, set and moved by compare and set: two media processes can never both hold a room. A
process whose lease ended keeps its rooms until somebody else claims one of them, and is told by `keep` when that has
happened. Only single-key commands are used, so that a cluster may serve them.
"""

from collections.abc import Iterable
from typing import Any

from redis.asyncio import Redis

from signaling import wire
from signaling.bus.envelopes import NodeState
from signaling.errors import NoMedia
from signaling.faults import Faults
from signaling.ids import NodeId, RoomId, WebId

NODE_TTL_S = 2
WEB_TTL_S = 4
CLAIM_TTL_S = 30
RETIRED_TTL_S = 60

# Give up or move a claim only if it still is what we think: compare and act in one step.
_MOVE_CLAIM = """
if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('set', KEYS[1], ARGV[2], 'EX', ARGV[3]) return 1 end return 0
"""
_KEEP_CLAIM = """
local holder = redis.call('get', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[1], 'EX', ARGV[2]) return 1
"""
_DROP_CLAIM = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


class Leases:
    """Made by the bus; raises what the bus raises."""

    def __init__(self, redis: "Redis", prefix: str, faults: Faults) -> None:
        self._faults = faults
        self._redis = redis
        self._prefix = prefix

    # Media processes

    async def succeed(self, name: str, node: NodeId) -> NodeId | None:
        """`node` is from now on the process of that stable name; who was it before is retired, and returned.

        To be called once the port is bound: whoever holds the port cannot be alive elsewhere.
        """
        before = await self._redis.set(self._key("named", name), node, get=True)
        if not before or before == node:
            return None
        await self.retire(NodeId(str(before)))
        return NodeId(str(before))

    async def beat(self, state: NodeState) -> bool:
        """Say that this media process is alive; returns whether its lease had ended, or this is its first beat."""
        key, retired = self._key("node", state.node), self._key("retired", state.node)
        async with self._redis.pipeline(transaction=False) as line:
            line.set(key, wire.dumps(state), ex=NODE_TTL_S, get=True)
            line.sadd(self._key("living"), state.node)
            line.delete(retired)  # taken for dead, by a stranger of the same name: it is not
            before, *_ = await line.execute()
        return before is None

    async def retire(self, node: NodeId) -> None:
        """This media process has ended or ends now."""
        await self._redis.set(self._key("retired", node), "1", ex=RETIRED_TTL_S)
        await self._redis.delete(self._key("node", node))
        await self._redis.delete(self._key("to-media", node))
        await self._redis.srem(self._key("living"), node)

    async def is_retired(self, node: NodeId) -> bool:
        """Whether `node` is known to have ended, as against: is late."""
        return bool(await self._redis.exists(self._key("retired", node)))

    async def nodes(self) -> tuple[NodeState, ...]:
        """Living media processes, least busy first."""
        names = await self._redis.smembers(self._key("living"))
        async with self._redis.pipeline(transaction=False) as line:
            for name in names:
                line.get(self._key("node", str(name)))
            texts = await line.execute()
        states = [state for text in texts if text and (state := self._state(str(text)))]
        return tuple(sorted(states, key=lambda state: (state.rooms, state.node)))

    # Rooms

    async def claim(self, room: RoomId) -> NodeId:
        """The living media process that holds `room`; a room without one is given to the least busy.

        Raises NoMedia.
        """
        living = [state.node for state in await self.nodes()]
        if not living:
            raise NoMedia("No media process is alive.")
        key = self._key("holds", room)
        await self._redis.set(key, living[0], ex=CLAIM_TTL_S, nx=True)
        holder = NodeId(str(await self._redis.get(key) or living[0]))
        if holder in living:
            return holder
        await self._eval(_MOVE_CLAIM, key, holder, living[0], str(CLAIM_TTL_S))
        return NodeId(str(await self._redis.get(key) or living[0]))

    async def keep(self, node: NodeId, rooms: Iterable[RoomId]) -> tuple[RoomId, ...]:
        """Renew the claims of a media process; returns the rooms that have moved to another one meanwhile."""
        asked = tuple(rooms)
        async with self._redis.pipeline(transaction=False) as line:
            for room in asked:
                line.eval(_KEEP_CLAIM, 1, self._key("holds", room), node, str(CLAIM_TTL_S))
            kept = await line.execute()
        return tuple(room for room, ours in zip(asked, kept, strict=True) if not ours)

    async def release(self, node: NodeId, room: RoomId) -> bool:
        """Give up a room; False when another media process has it already."""
        return await self._eval(_DROP_CLAIM, self._key("holds", room), node)

    async def holder(self, room: str) -> NodeId | None:
        """The media process that claimed `room` last, alive or not."""
        found = await self._redis.get(self._key("holds", room))
        return NodeId(str(found)) if found else None

    # Web processes

    async def web_alive(self, web: WebId) -> None:
        """Say that this web process, and so its sockets, are alive."""
        await self._redis.set(self._key("web", web), "1", ex=WEB_TTL_S)

    async def living_webs(self, webs: Iterable[WebId]) -> frozenset[WebId]:
        """Those of `webs` that are alive."""
        return frozenset([web for web in webs if await self._redis.exists(self._key("web", web))])

    async def retire_web(self, web: WebId) -> None:
        """This web process ends now."""
        await self._redis.delete(self._key("web", web))
        await self._redis.delete(self._key("to-web", web))

    # Inside

    async def _eval(self, script: str, key: str, *arguments: str) -> bool:
        answer: Any = await self._redis.eval(script, 1, key, *arguments)  # Any: whatever a script returns
        return bool(answer)

    def _state(self, text: str) -> NodeState | None:
        """A node as it says itself; None when this version cannot read it."""
        try:
            return wire.decode(NodeState, text)
        except ValueError as error:
            self._faults.note("node", error)
            return None

    def _key(self, *parts: str) -> str:
        return ":".join((self._prefix, *parts))
