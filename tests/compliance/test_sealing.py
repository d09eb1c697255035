"""Sealing gives indexes without holes in an order that is safe against what has not committed yet."""

import asyncio
import os
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from compliance.audit import entries as audit
from compliance.audit import merkle, sealing
from compliance.audit.checkpoint import Signer, open_checkpoint, unverified
from compliance.audit.errors import LogDamaged, StoreDisagrees
from compliance.audit.outside import Outside
from tests.compliance.conftest import BEGIN_ANEW, NOW, ORIGIN, Log, an_entry

SEALED = "SELECT leaf_index, entry_id FROM audit_leaf ORDER BY leaf_index"


async def test_an_empty_log_seals_nothing_and_signs_nothing(log: Log) -> None:
    assert await log.seal() == 0
    async with log.worker.begin() as conn:
        assert await sealing.checkpoint(conn, log.signer, NOW) is None


async def test_sealing_again_changes_nothing(log: Log) -> None:
    await log.append(3)
    await log.seal_all()
    before = await log.rows(SEALED)
    assert await log.seal() == 0
    assert await log.rows(SEALED) == before
    assert [index for index, _ in before] == [0, 1, 2]


async def test_batches_continue_where_the_last_one_ended(log: Log) -> None:
    numbers = await log.append(5)
    async with asyncio.timeout(20):
        while len(await log.rows(SEALED)) < 5:
            async with log.worker.begin() as conn:
                assert await sealing.seal(conn, NOW, limit=2) <= 2
    assert await log.rows(SEALED) == list(enumerate(numbers))


async def test_an_entry_of_a_running_transaction_waits_and_so_does_all_that_came_later(log: Log) -> None:
    first = await log.append()
    async with log.app.connect() as slow:
        waiting = await audit.append(slow, an_entry())
        later = await log.append(2)
        await log.seal()
        sealed = [entry for _, entry in await log.rows(SEALED)]
        assert waiting not in sealed
        assert not set(later) & set(sealed)
        await slow.commit()
    await log.seal_all()
    assert await log.rows(SEALED) == list(enumerate([*first, waiting, *later]))


async def test_an_entry_with_a_lower_number_that_commits_after_sealing_makes_no_hole(log: Log) -> None:
    """The number is taken early, the transaction's own number late: identity order is not commit order."""
    await log.append()
    async with log.app.connect() as one, log.app.connect() as two:
        early = await audit.append(one, an_entry())
        late = await audit.append(two, an_entry())
        assert early < late
        await two.commit()
        await log.seal()
        await one.rollback()
    await log.seal_all()
    assert [index for index, _ in await log.rows(SEALED)] == [0, 1]
    assert late in [entry for _, entry in await log.rows(SEALED)]


async def test_many_writers_and_sealers_at_once_leave_no_hole_and_miss_nothing(log: Log) -> None:
    async def write(worker: int) -> None:
        for turn in range(8):
            async with log.app.connect() as conn:
                await audit.append(conn, an_entry())
                await asyncio.sleep(0)
                await audit.append(conn, an_entry())
                if (worker + turn) % 5 == 0:
                    await conn.rollback()
                else:
                    await conn.commit()

    async def keep_sealing() -> None:
        for _ in range(12):
            async with log.worker.begin() as conn:
                await sealing.seal(conn, NOW, limit=7)

    async with asyncio.TaskGroup() as group:
        for worker in range(5):
            group.create_task(write(worker))
        for _ in range(2):
            group.create_task(keep_sealing())
    await log.seal_all()
    indexes = [index for index, _ in await log.rows(SEALED)]
    assert indexes == list(range(len(indexes)))
    assert await log.rows("SELECT count(*) FROM audit_entry") == [(len(indexes),)]
    order = "SELECT e.transaction_id, e.id FROM audit_leaf l JOIN audit_entry e ON e.id = entry_id ORDER BY leaf_index"
    placed = await log.rows(order)
    assert placed == sorted(placed)


async def test_a_second_sealer_stands_aside(log: Log) -> None:
    await log.append(2)
    async with log.worker.begin() as first:
        await sealing.seal(first, NOW)
        assert await log.seal() == 0
        async with log.worker.begin() as second:
            assert await sealing.checkpoint(second, log.signer, NOW) is None


async def test_an_entry_in_the_sealers_own_transaction_is_not_sealed_in_it(log: Log) -> None:
    async with log.worker.begin() as conn:
        await audit.append(conn, an_entry())
        assert await sealing.seal(conn, NOW) == 0


async def test_the_database_itself_refuses_a_hole(log: Log) -> None:
    (number,) = await log.append()
    with pytest.raises(Exception, match="fk_audit_leaf_previous"):
        async with log.worker.begin() as conn:
            await conn.execute(
                text(
                    "INSERT INTO audit_leaf (leaf_index, entry_id, leaf_hash, sealed_at)"
                    f" VALUES (7, {number}, sha256(''), now())"
                )
            )


async def test_checkpoints_grow_from_one_another_and_each_has_the_root_of_its_tree(log: Log) -> None:
    for count in (1, 2, 4, 1):
        await log.append(count)
        await log.sign()
    hashes = "SELECT encode(leaf_hash, 'hex') FROM audit_leaf ORDER BY leaf_index"
    leaves = [bytes.fromhex(str(one)) for (one,) in await log.rows(hashes)]
    notes = await log.rows("SELECT size, note FROM checkpoint ORDER BY size")
    assert [size for size, _ in notes] == [1, 3, 7, 8]
    for size, note in notes:
        head = open_checkpoint(str(note), [log.signer.verifier])
        assert (head.origin, head.size) == (ORIGIN, size)
        assert head.root == merkle.root(leaves[: head.size])
    assert [(one.size, one.note) for one in log.store.kept()] == notes[:1], "the first of this hour"
    assert log.store.latest() == notes[-1][1]


async def test_a_rotated_key_continues_the_log(log: Log) -> None:
    await log.append()
    await log.sign()
    fresh = Signer.generate(ORIGIN)
    await log.append()
    await log.seal_all()
    async with log.worker.begin() as conn:
        assert await sealing.checkpoint(conn, fresh, NOW, also=[log.signer])
    await log.append()
    await log.seal_all()
    async with log.worker.begin() as conn:
        head = await sealing.checkpoint(conn, fresh, NOW)
    assert head is not None
    assert head.size == 3


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE checkpoint SET peaks = sha256('another')",
        "UPDATE checkpoint SET note = replace(note, E'\\n1\\n', E'\\n2\\n')",
        "UPDATE checkpoint SET peaks = ''",
    ],
)
async def test_a_changed_checkpoint_is_not_continued_from(log: Log, damage: str) -> None:
    await log.append()
    await log.sign()
    await log.as_attacker(damage)
    await log.append()
    await log.seal_all()
    async with log.worker.begin() as conn:
        head = await sealing.checkpoint(conn, log.signer, datetime.now(UTC))
    hashes = "SELECT encode(leaf_hash, 'hex') FROM audit_leaf ORDER BY leaf_index"
    leaves = [bytes.fromhex(str(one)) for (one,) in await log.rows(hashes)]
    assert head is not None
    assert (head.size, head.root) == (2, merkle.root(leaves))


async def test_what_another_key_has_signed_is_not_signed_over(log: Log) -> None:
    await log.append()
    await log.sign()
    await log.append()
    await log.seal_all()
    with pytest.raises(LogDamaged, match="another key"):
        async with log.worker.begin() as conn:
            await sealing.checkpoint(conn, Signer.generate(ORIGIN), NOW)


async def test_a_hole_in_the_tree_is_not_signed_over(log: Log) -> None:
    await log.append(3)
    await log.seal_all()
    await log.as_attacker(
        "ALTER TABLE audit_leaf DROP CONSTRAINT fk_audit_leaf_previous", "DELETE FROM audit_leaf WHERE leaf_index = 1"
    )
    with pytest.raises(LogDamaged, match="missing"):
        async with log.worker.begin() as conn:
            await sealing.checkpoint(conn, log.signer, NOW)


async def test_after_the_last_entry_was_removed_sealing_goes_on(log: Log) -> None:
    numbers = await log.append(2)
    await log.seal_all()
    await log.as_attacker(
        "ALTER TABLE audit_leaf DROP CONSTRAINT fk_audit_leaf_entry_id",
        "ALTER TABLE audit_content DROP CONSTRAINT fk_audit_content_entry_id",
        f"DELETE FROM audit_entry WHERE id = {numbers[-1]}",
    )
    later = await log.append()
    await log.seal_all()
    assert await log.rows(SEALED) == list(enumerate([*numbers, *later]))


async def test_a_database_restored_without_its_transaction_counter_is_not_continued(log: Log) -> None:
    await log.append()
    await log.seal_all()
    await log.as_attacker("UPDATE audit_leaf SET transaction_id = 9000000000000")
    with pytest.raises(LogDamaged, match="counter"):
        await log.seal()


async def export(log: Log, outside: Outside | None = None) -> int:
    async with log.app.connect() as conn:
        return await (outside or Outside(log.store, [log.signer.verifier])).export(conn)


async def signed(log: Log) -> None:
    """One more entry, sealed and signed, and not yet copied."""
    await log.append()
    await log.seal_all()
    async with log.worker.begin() as conn:
        assert await sealing.checkpoint(conn, log.signer, datetime.now(UTC))


async def test_export_copies_what_is_missing_once(log: Log) -> None:
    await log.append()
    await log.sign()
    await signed(log)
    assert [await export(log) for _ in range(2)] == [1, 0]
    assert [one.size for one in log.store.kept()] == [1], "the second is of the same hour"
    assert unverified(log.store.latest() or "").size == 2


async def test_the_worker_lists_the_folder_once(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    listed: list[str] = []
    real = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: listed.append(str(path)) or real(path))  # type: ignore[func-returns-value]
    outside = Outside(log.store, [log.signer.verifier])
    for _ in range(3):
        await signed(log)
        assert await export(log, outside) == 1
    at_start = len(listed)
    for _ in range(3):
        await signed(log)
        assert await export(log, outside) == 1
    assert at_start <= 2
    assert len(listed) == at_start


async def test_a_log_begun_anew_is_not_exported_as_the_old_one(log: Log) -> None:
    await log.append(2)
    await log.sign()
    kept = list(log.store.kept())
    await log.as_attacker(*BEGIN_ANEW)
    await log.append(3)
    await log.seal_all()
    async with log.worker.begin() as conn:
        assert await sealing.checkpoint(conn, log.signer, datetime.now(UTC))
    with pytest.raises(StoreDisagrees):
        await export(log)
    assert list(log.store.kept()) == kept


@pytest.mark.parametrize("damage", [b"\xff\xfe", b"", b"not a checkpoint\n"])
@pytest.mark.parametrize("place", ["latest", f"{2:020d}.checkpoint"])
async def test_what_is_no_checkpoint_is_put_aside_and_the_rest_goes_on(log: Log, place: str, damage: bytes) -> None:
    await log.append()
    await log.sign()
    await signed(log)
    outside = Outside(log.store, [log.signer.verifier])
    (log.folder / place).unlink(missing_ok=True)
    (log.folder / place).write_bytes(damage)
    assert await export(log, outside) == 1
    assert outside.set_aside == 1
    (aside,) = log.store.set_aside()
    assert (log.folder / "set-aside" / aside).read_bytes() == damage
    assert unverified(log.store.latest() or "").size == 2


async def test_a_newest_that_was_set_back_is_put_aside(log: Log) -> None:
    outside = Outside(log.store, [log.signer.verifier])
    await signed(log)
    await export(log, outside)
    older = (log.folder / "latest").read_bytes()
    await signed(log)
    await export(log, outside)
    (log.folder / "latest").unlink()
    (log.folder / "latest").write_bytes(older)
    await signed(log)
    assert (await export(log, outside), outside.set_aside) == (1, 1)
    assert unverified(log.store.latest() or "").size == 3


async def test_while_another_worker_is_at_it_nothing_is_copied(log: Log) -> None:
    await signed(log)
    async with log.worker.begin() as other:
        assert await sealing.alone(other)
        assert await export(log) == 0
    assert await export(log) == 1


async def test_under_another_key_nothing_is_put_aside_and_nothing_is_exported(log: Log) -> None:
    await log.append()
    await log.sign()
    before = sorted(one.name for one in log.folder.iterdir())
    log.signer = Signer.generate(ORIGIN)
    with pytest.raises(StoreDisagrees, match="key"):
        await export(log)
    assert sorted(one.name for one in log.folder.iterdir()) == before


async def test_a_forged_checkpoint_does_not_stop_signing(log: Log) -> None:
    await log.append()
    await log.sign()
    await log.as_attacker(
        "INSERT INTO checkpoint VALUES (2, sha256('a'), sha256('b'), E'x\\n2\\nAAAA\\n\\n', now()),"
        " (900, sha256('a'), sha256('b') || sha256('c') || sha256('d'), 'nothing', now())"
    )
    await log.append()
    await log.seal_all()
    async with log.worker.begin() as conn:
        assert await sealing.checkpoint(conn, log.signer, datetime.now(UTC)) is None, "its place is taken"
    await signed(log)
    assert await export(log) == 1
    assert unverified(log.store.latest() or "").size == 3


async def test_a_deleted_checkpoint_of_the_same_tree_does_not_stop_the_export(log: Log) -> None:
    await log.append(2)
    await log.sign()
    await log.as_attacker("DELETE FROM checkpoint")
    await signed(log)
    assert await export(log) == 1


async def test_a_horizon_is_told_only_while_nothing_may_still_be_written(log: Log) -> None:
    async with log.app.connect() as slow, log.app.connect() as conn:
        await audit.append(slow, an_entry())
        assert await sealing.horizon(conn) is None
        await slow.commit()
    async with asyncio.timeout(20), log.app.connect() as conn:
        while (told := await sealing.horizon(conn)) is None:  # others of the cluster may write
            await conn.rollback()
    assert abs(told - datetime.now(UTC)) < timedelta(minutes=1)
