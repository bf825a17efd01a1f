"""Defects in the chassis: what keeps messages from being lost, doubled, mixed up or told to the wrong people."""

from tests.failures.sabotage.defect import Change, Defect, defect

_C, _T = "chassis/motcua_chassis", "chassis/tests"

PATH: tuple[Defect, ...] = (
    defect(
        "inbox check off", f"{_C}/path.py",
        "        or (d.reading.envelope.id in unseen and first[d.reading.envelope.id] is d)\n",
        "        or (d.reading.envelope.id not in {} and first[d.reading.envelope.id] is d)\n",
        f"{_T}/test_path.py::test_a_repeat_is_dropped_by_its_id_within_a_batch_and_across_batches_and_partitions",
    ),
    Defect(
        "outbox written after the transaction",
        (
            Change(f"{_C}/batch.py", "            await outbox.add(connection, decided.outgoing)\n", ""),
            Change(
                f"{_C}/path.py",
                "        self._writer.committed(decided)\n        self._fuse.record",
                "        async with transaction(self._pool) as connection:\n"
                "            from motcua_chassis import outbox\n\n"
                "            await outbox.add(connection, decided.outgoing)\n"
                "        self._writer.committed(decided)\n        self._fuse.record",
            ),
            Change(
                f"{_C}/path.py",
                "        self._writer.committed(decided)\n        for repeat",
                "        async with transaction(self._pool) as connection:\n"
                "            from motcua_chassis import outbox\n\n"
                "            await outbox.add(connection, decided.outgoing)\n"
                "        self._writer.committed(decided)\n        for repeat",
            ),
        ),
        (f"{_T}/test_crash_points.py::test_a_crash_loses_nothing_doubles_nothing_and_keeps_the_order[path.after-commit]",),
    ),
    defect(
        "positions advanced before the effects are committed", f"{_C}/path.py",
        "            known = await positions.advance(connection, cluster, covered)\n",
        "            async with transaction(self._pool) as early:\n"
        "                known = await positions.advance(early, cluster, covered)\n"
        "                _refuse_gaps(known, begins)\n",
        f"{_T}/test_path.py::test_a_batch_that_fails_at_any_stage_leaves_nothing_and_succeeds_when_tried_again",
    ),
    defect(
        "positions not advanced", f"{_C}/positions.py",
        "greatest(known.next_offset, ahead.next_offset)", "known.next_offset",
        f"{_T}/test_path.py::test_an_offset_that_was_covered_is_dropped",
        f"{_T}/test_path.py::test_a_type_nobody_reads_moves_the_position_and_leaves_nothing_else",
    ),
    defect(
        "gap accepted", f"{_C}/path.py",
        "    if ahead:\n        raise GapError", "    if ahead and not ahead:\n        raise GapError",
        f"{_T}/test_consumer.py::test_a_database_restored_behind_the_consumers_back_is_read_to_again",
    ),
    defect(
        "aggregates read without a lock", f"{_C}/aggregates.py",
        'WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE"""', 'WHERE id = ANY($1::uuid[]) ORDER BY id"""',
        f"{_T}/test_contention.py::test_batches_that_meet_in_the_same_applications_wait_in_one_order_and_never_deadlock",
    ),
    defect(
        "application made known meanwhile passed over", f"{_C}/aggregates.py",
        "        raise OvertakenError\n", "        pass\n",
        f"{_T}/test_contention.py::test_an_application_made_known_meanwhile_is_decided_on_again_as_it_is_now",
    ),
    defect(
        "known applications updated before new ones are created", f"{_C}/batch.py",
        "        if new:  # first: who creates waits for a row that another updates, but not for one it only holds\n"
        "            await self.aggregates.create(connection, [decided.aggregates[id_] for id_ in new])\n"
        "        known = decided.touched - new\n"
        "        if known:\n"
        "            await self.aggregates.save(connection, [decided.aggregates[id_] for id_ in known])\n",
        "        known = decided.touched - new\n"
        "        if known:\n"
        "            await self.aggregates.save(connection, [decided.aggregates[id_] for id_ in known])\n"
        "        if new:\n"
        "            await self.aggregates.create(connection, [decided.aggregates[id_] for id_ in new])\n",
        f"{_T}/test_contention.py::test_who_waits_to_create_never_waits_for_one_who_waits_for_it",
    ),
    defect(
        "holds asked for after states", f"{_C}/batch.py",
        "        if hold and not place and await dead_letters.open_pairs(connection, applications):\n"
        "            raise HeldError  # asked before any state is read: a repair that ends later still shows\n"
        "        loaded, unknown = await self.aggregates.lock(connection, applications)\n",
        "        loaded, unknown = await self.aggregates.lock(connection, applications)\n"
        "        if hold and not place and await dead_letters.open_pairs(connection, applications):\n"
        "            raise HeldError\n",
        f"{_T}/test_repair.py::test_what_follows_a_record_repaired_at_that_moment_is_decided_on_what_the_repair_made",
    ),
    defect(
        "one bad record stops its batch", f"{_C}/decisions.py",
        "            item.outcome = Outcome(fault=error)\n            return\n        if verdict:\n",
        "            raise RuntimeError from error\n        if verdict:\n",
        f"{_T}/test_decisions.py::test_an_input_that_raises_is_set_apart_and_leaves_its_neighbours_and_its_state_untouched",
    ),
    defect(
        "dead letter without a hold", f"{_C}/decisions.py",
        "            blocked.add((item.application, item.source))\n", "            pass\n",
        f"{_T}/test_decisions.py::test_events_behind_a_parked_one_are_held_by_application_and_source",
    ),
    defect(
        "sequence number skipped", f"{_C}/decisions.py",
        "            sequence += 1\n", "            sequence += 1 + (index == 1)\n",
        "tests/simulation/test_schedules.py::test_every_promise_holds_in_a_few_schedules",
    ),
    defect(
        "duplicate event ids", f"{_C}/identifiers.py",
        'cause.bytes + index.to_bytes(2, "big") + source', 'cause.bytes + b"\\0\\0" + source',
        f"{_T}/test_identifiers.py",
    ),
    defect(
        "event ids by chance", f"{_C}/identifiers.py",
        'index.to_bytes(2, "big") + source)', 'index.to_bytes(2, "big") + source + __import__("os").urandom(8))',
        f"{_T}/test_decisions.py::test_the_same_batch_decided_again_gives_the_same_ids_and_another_service_gives_others",
    ),
    defect(
        "number taken by a refusal", f"{_C}/decisions.py",
        "                item.outcome = _refused(item, verdict)\n                return\n",
        "                item.outcome = _refused(item, verdict)\n                offer.consume(counter)\n"
        "                return\n",
        "tests/simulation/test_schedules.py::test_every_promise_holds_in_a_few_schedules",
    ),
    defect(
        "timers lost", f"{_C}/decisions.py",
        "                if before.get(key) != work:\n",
        "                if before.get(key) != work and work.at == AT_ONCE:\n",
        f"{_T}/test_work.py::test_work_without_a_time_is_due_at_once_and_other_work_at_its_time",
    ),
    defect(
        "idempotency key without its body", f"{_C}/commands.py",
        "        same = key.body_hash == body_hash\n", "        same = key is not None\n",
        f"{_T}/test_commands.py::test_the_same_key_for_another_request_is_refused",
    ),
    defect(
        "rebuild over a gap", f"{_C}/rebuild.py",
        "            if envelope.sequence != before.version + 1:\n",
        "            if envelope.sequence <= before.version:\n",
        f"{_T}/test_rebuild.py::test_a_gap_stops_the_rebuild_before_anything_is_written",
    ),
)  # fmt: skip

EDGES: tuple[Defect, ...] = (
    defect(
        "relay without its lock", f"{_C}/relay.py",
        'while not await session.fetchval("SELECT pg_try_advisory_lock($1)", RELAY_LOCK):',
        'while not await session.fetchval("SELECT $1::bigint > 0", RELAY_LOCK):',
        f"{_T}/test_relay.py::test_a_second_relay_waits_and_takes_over_when_the_first_loses_its_session",
    ),
    defect(
        "relay deletes before it sends", f"{_C}/relay.py",
        '        reach("relay.before-send")\n',
        "        await outbox.remove(session, [row[0] for row in rows])\n"
        '        reach("relay.before-send")\n',
        f"{_T}/test_crash_points.py::test_a_crash_loses_nothing_doubles_nothing_and_keeps_the_order[relay.before-send]",
    ),
    defect(
        "relay deletes up to the last row sent", f"{_C}/outbox.py",
        "DELETE FROM outbox WHERE seq = ANY($1::bigint[])",
        "DELETE FROM outbox WHERE seq <= (SELECT max(s) FROM unnest($1::bigint[]) AS s)",
        f"{_T}/test_relay.py::test_a_commit_that_lands_while_later_rows_are_sent_is_not_deleted_with_them",
    ),
    defect(
        "lease ignored", f"{_C}/batch.py",
        "    return [i for i in inputs if not isinstance(i, Answer) or i.lease in valid]\n", "    return inputs\n",
        f"{_T}/test_work.py::test_an_answer_without_the_current_lease_is_ignored",
    ),
    defect(
        "uncertain call repeated though nobody can tell", f"{_C}/worker.py",
        "            elif claim.uncertain and adapter.repeatable is Repeatable.NEITHER:\n",
        "            elif claim.uncertain and adapter.repeatable is None:\n",
        f"{_T}/test_uncertain_calls.py::test_a_crash_in_the_middle_of_a_call",
    ),
    defect(
        "log list off", f"{_C}/log.py",
        "    dropped = [key for key in entry if key not in ALLOWED]\n",
        "    dropped = [key for key in entry if not key]\n",
        f"{_T}/test_log.py",
    ),
    defect(
        "fuse bridged for good", f"{_C}/fuse.py",
        "        if streak >= self._limit:\n", "        if streak < 0:\n",
        f"{_T}/test_fuse.py::test_twenty_in_a_row_for_one_reason_blow_it",
    ),
    defect(
        "officers of any agency", f"{_C}/principals.py",
        '(agency == self.agency or agency.startswith(f"{self.agency}."))', "agency is not None",
        f"{_T}/test_principals.py::test_an_officer_serves_the_own_agency_and_those_below",
    ),
)  # fmt: skip
