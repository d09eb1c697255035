"""Rooms: who is in, who takes over, who is refused. Pure; no socket, no loop."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.errors import CloseCode, RefusalCode
from signaling.ids import ConnectionId, ParticipantId, PeerId, RoomId
from signaling.protocol import MAX_PEOPLE, Leave, Offer, Refused, Roster, Sending, Unheard, Unseen, Welcome
from signaling.room import room
from signaling.room.room import (
    AwaitReturn,
    CloseConnection,
    DropPeer,
    Negotiate,
    NotifyServer,
    Room,
    RoomEffect,
    RoomEventKind,
    RoomMember,
    Send,
)
from signaling.tickets import FULL_RIGHTS, SELF_TEST_RIGHTS, Right

EMPTY = Room(RoomId("r"), "v")


def person(name: str, connection: str | None = None, rights: frozenset[Right] = FULL_RIGHTS) -> RoomMember:
    return RoomMember(ParticipantId(name), "patient", rights, ConnectionId(connection or f"{name}-1"))


def with_people(*names: str) -> Room:
    now = EMPTY
    for name in names:
        now, _ = room.join(now, person(name), None)
    return now


def rosters(effects: tuple[RoomEffect, ...]) -> dict[str, Roster]:
    return {e.connection: e.message for e in effects if isinstance(e, Send) and isinstance(e.message, Roster)}


def test_the_second_to_join_is_welcomed_and_both_see_both() -> None:
    now = with_people("ada")
    now, effects = room.join(now, person("drew"), None)
    assert NotifyServer(ParticipantId("drew"), "patient", RoomEventKind.JOINED) in effects
    assert any(isinstance(e, Send) and isinstance(e.message, Welcome) and e.connection == "drew-1" for e in effects)
    seen = rosters(effects)
    assert [p.participant for p in seen[ConnectionId("ada-1")].people] == ["ada", "drew"]
    assert [p.slot for p in seen[ConnectionId("ada-1")].people] == [None, 0]
    assert [p.slot for p in seen[ConnectionId("drew-1")].people] == [0, None]


def test_a_slot_is_kept_when_another_person_leaves() -> None:
    now = with_people("ada", "drew", "ilse")
    now, _ = room.receive(now, ConnectionId("drew-1"), Leave(1))
    assert now.members[0].slots == (None, "ilse", None)
    now, _ = room.join(now, person("sofia"), None)
    assert now.members[0].slots == ("sofia", "ilse", None)


def test_a_fifth_person_is_told_that_the_room_is_full() -> None:
    now = with_people("ada", "drew", "ilse", "jonah")
    after, effects = room.join(now, person("sam"), None)
    assert (after, effects) == (now, (CloseConnection(ConnectionId("sam-1"), CloseCode.ROOM_FULL),))


def test_a_second_tab_takes_over_and_the_first_is_told() -> None:
    now = with_people("ada", "drew")
    now, _ = room.negotiated(now, ParticipantId("ada"), PeerId("p1"))
    now, effects = room.join(now, person("ada", "ada-2"), None)
    assert CloseConnection(ConnectionId("ada-1"), CloseCode.REPLACED) in effects
    assert DropPeer(PeerId("p1")) in effects
    assert len(now.members) == 2
    assert not any(isinstance(e, NotifyServer) for e in effects), "nobody joined or left"
    late, effects = room.receive(now, ConnectionId("ada-1"), Leave(9))
    assert late == now, "a message of the old tab does nothing"
    assert effects == (CloseConnection(ConnectionId("ada-1"), CloseCode.REPLACED),)


def test_a_new_socket_that_resumes_keeps_its_media() -> None:
    now = with_people("ada")
    now, _ = room.negotiated(now, ParticipantId("ada"), PeerId("p1"))
    now, _ = room.receive(now, ConnectionId("ada-1"), Sending(1, True, True))
    now, _ = room.closed(now, ConnectionId("ada-1"))
    now, effects = room.join(now, person("ada", "ada-2"), PeerId("p1"))
    assert not any(isinstance(e, DropPeer) for e in effects)
    assert (now.members[0].peer, now.members[0].audio) == ("p1", True)
    assert any(isinstance(e, Send) and isinstance(e.message, Welcome) and e.message.resumed for e in effects)


def test_resuming_a_peer_that_is_not_ones_own_gains_nothing() -> None:
    now = with_people("ada", "drew")
    now, _ = room.negotiated(now, ParticipantId("drew"), PeerId("p2"))
    now, effects = room.join(now, person("ada", "ada-2"), PeerId("p2"))
    member = now.member(ParticipantId("ada"))
    assert member is not None
    assert member.peer is None
    assert any(isinstance(e, Send) and isinstance(e.message, Welcome) and not e.message.resumed for e in effects)


def test_a_vanished_person_is_away_and_then_gone() -> None:
    now = with_people("ada", "drew")
    now, effects = room.closed(now, ConnectionId("ada-1"))
    assert AwaitReturn(ParticipantId("ada")) in effects
    assert rosters(effects)[ConnectionId("drew-1")].people[0].away
    now, effects = room.forget(now, ParticipantId("ada"))
    assert NotifyServer(ParticipantId("ada"), "patient", RoomEventKind.LEFT) in effects
    assert [m.participant for m in now.members] == ["drew"]


def test_one_who_came_back_in_time_is_not_forgotten() -> None:
    now = with_people("ada")
    now, _ = room.closed(now, ConnectionId("ada-1"))
    now, _ = room.join(now, person("ada", "ada-2"), None)
    assert room.forget(now, ParticipantId("ada")) == (now, ())


def test_what_a_person_may_not_send_is_refused() -> None:
    now, _ = room.join(EMPTY, person("ilse", rights=frozenset({Right.SUBSCRIBE, Right.PUBLISH_AUDIO})), None)
    after, effects = room.receive(now, ConnectionId("ilse-1"), Sending(5, True, True))
    assert after == now
    (effect,) = effects
    assert isinstance(effect, Send)
    assert isinstance(effect.message, Refused)
    assert (effect.message.id, effect.message.code) == (5, RefusalCode.NOT_PERMITTED)
    after, _ = room.receive(now, ConnectionId("ilse-1"), Sending(6, True, False))
    assert after.members[0].audio


@pytest.mark.parametrize("why", Unheard)
def test_why_somebody_is_not_heard_is_told_kept_through_a_new_socket_and_forgotten_with_the_next_sound(
    why: Unheard,
) -> None:
    now, _ = room.negotiated(with_people("ada", "drew"), ParticipantId("ada"), PeerId("p1"))
    now, effects = room.receive(now, ConnectionId("ada-1"), Sending(1, False, True, why))
    assert rosters(effects)[ConnectionId("drew-1")].people[0].unheard is why
    now, effects = room.join(now, person("ada", "ada-2"), PeerId("p1"))
    assert rosters(effects)[ConnectionId("drew-1")].people[0].unheard is why
    now, effects = room.receive(now, ConnectionId("ada-2"), Sending(2, True, True, why))
    assert rosters(effects)[ConnectionId("drew-1")].people[0].unheard is None


@pytest.mark.parametrize("why", Unseen)
def test_why_somebody_is_not_seen_is_told_and_kept_likewise(why: Unseen) -> None:
    now, _ = room.negotiated(with_people("ada", "drew"), ParticipantId("ada"), PeerId("p1"))
    now, effects = room.receive(now, ConnectionId("ada-1"), Sending(1, True, False, None, why))
    assert rosters(effects)[ConnectionId("drew-1")].people[0].unseen is why
    now, effects = room.join(now, person("ada", "ada-2"), PeerId("p1"))
    assert rosters(effects)[ConnectionId("drew-1")].people[0].unseen is why
    now, effects = room.receive(now, ConnectionId("ada-2"), Sending(2, True, True, None, why))
    assert rosters(effects)[ConnectionId("drew-1")].people[0].unseen is None


@pytest.mark.parametrize("failed", [(Unheard.LOST, None), (None, Unseen.LOST)])
def test_who_may_not_be_heard_or_seen_cannot_say_that_their_device_failed(
    failed: tuple[Unheard | None, Unseen | None],
) -> None:
    now, _ = room.join(EMPTY, person("ilse", rights=frozenset({Right.SUBSCRIBE})), None)
    after, effects = room.receive(now, ConnectionId("ilse-1"), Sending(5, False, False, *failed))
    assert after == now
    (effect,) = effects
    assert isinstance(effect, Send)
    assert isinstance(effect.message, Refused)


def test_one_without_the_right_to_receive_gets_no_slots() -> None:
    now, _ = room.join(with_people("ada"), person("x", rights=frozenset({Right.PUBLISH_AUDIO})), None)
    assert now.members[1].slots == (None, None, None)
    assert now.members[0].slots == ("x", None, None)


def test_a_device_check_shows_oneself() -> None:
    now, _ = room.join(EMPTY, person("ada", rights=SELF_TEST_RIGHTS), None)
    assert now.members[0].slots == ("ada", None, None)


def test_an_offer_is_negotiated_for_its_sender_only() -> None:
    offer = Offer(3, "v=0")
    now = with_people("ada")
    _, effects = room.receive(now, ConnectionId("ada-1"), offer)
    assert effects == (Negotiate(ParticipantId("ada"), ConnectionId("ada-1"), offer),)
    _, effects = room.receive(now, ConnectionId("stranger"), offer)
    assert effects == (CloseConnection(ConnectionId("stranger"), CloseCode.REPLACED),)


def test_a_new_media_connection_closes_the_one_before() -> None:
    now, _ = room.negotiated(with_people("ada"), ParticipantId("ada"), PeerId("p1"))
    now, effects = room.negotiated(now, ParticipantId("ada"), PeerId("p2"))
    assert effects == (DropPeer(PeerId("p1")),)
    assert room.negotiated(now, ParticipantId("gone"), PeerId("p3"))[1] == (DropPeer(PeerId("p3")),)


def test_the_end_tells_everybody_and_leaves_nothing() -> None:
    now, _ = room.negotiated(with_people("ada", "drew"), ParticipantId("ada"), PeerId("p1"))
    now, effects = room.end(now)
    assert now.members == ()
    assert {e.connection for e in effects if isinstance(e, CloseConnection)} == {"ada-1", "drew-1"}
    assert DropPeer(PeerId("p1")) in effects


Act = tuple[str, str]
ACTS = st.lists(
    st.tuples(st.sampled_from(["join", "close", "forget", "leave", "peer"]), st.sampled_from("abcdef")), max_size=40
)


@given(ACTS)
def test_whatever_happens_slots_and_people_agree(acts: list[Act]) -> None:
    now = EMPTY
    for counter, (act, name) in enumerate(acts):
        member = now.member(ParticipantId(name))
        match act:
            case "join":
                now, _ = room.join(now, person(name, f"{name}-{counter}"), None)
            case "close" if member and member.connection:
                now, _ = room.closed(now, member.connection)
            case "forget":
                now, _ = room.forget(now, ParticipantId(name))
            case "leave" if member and member.connection:
                now, _ = room.receive(now, member.connection, Leave(counter))
            case "peer":
                now, _ = room.negotiated(now, ParticipantId(name), PeerId(f"p{counter}"))
        everybody = {m.participant for m in now.members}
        assert len(everybody) == len(now.members) <= MAX_PEOPLE
        for m in now.members:
            assert {p for p in m.slots if p} == everybody - {m.participant}
