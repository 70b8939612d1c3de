-- One row per order: the answer that every redelivery and every replay gets.
CREATE TABLE processed (
    processed_at    timestamptz NOT NULL DEFAULT now(),
    ref_owner       bigint,
    ref_id          bigint,
    source_position bigint,
    source_id       integer,
    attempt         integer     NOT NULL,
    outcome         smallint    NOT NULL,
    fingerprint     bytea       NOT NULL,
    order_id        text        COLLATE "C" NOT NULL,
    reason          text,
    request         jsonb,
    CONSTRAINT processed_pkey PRIMARY KEY (order_id),
    CONSTRAINT processed_order_id_length CHECK (octet_length(order_id) BETWEEN 1 AND 128),
    CONSTRAINT processed_attempt_positive CHECK (attempt >= 1),
    CONSTRAINT processed_fingerprint_length CHECK (octet_length(fingerprint) = 16),
    CONSTRAINT processed_outcome_known CHECK (outcome IN (1, 2)),
    CONSTRAINT processed_applied_has_ref CHECK
        (outcome <> 1 OR (ref_owner IS NOT NULL AND ref_id IS NOT NULL AND reason IS NULL AND request IS NULL)),
    CONSTRAINT processed_declined_has_reason CHECK
        (outcome <> 2 OR (ref_owner IS NULL AND ref_id IS NULL AND reason IS NOT NULL AND request IS NOT NULL))
);

COMMENT ON TABLE processed IS 'Orders that were decided, one row each, written in the transaction that did the work. Never delete from it by hand: a missing row is an order that can be debited again. deductor dedupe prune deletes what can''t come back, under a horizon.';
COMMENT ON COLUMN processed.order_id IS 'The order. Compared byte by byte (collation C).';
COMMENT ON COLUMN processed.attempt IS 'The attempt that this row answers. A declined order is decided again only by a higher attempt; an applied one never.';
COMMENT ON COLUMN processed.outcome IS '1 applied: the work was done, ref_* says where. 2 declined: refused for the reason beside it, final for this attempt.';
COMMENT ON COLUMN processed.reason IS 'Why it was declined, a stable code such as insufficient_funds. NULL when applied.';
COMMENT ON COLUMN processed.fingerprint IS '16 bytes of a SHA-256 over what the order asks for: debited account, minor units, currency, credited account, each behind its length as a varint. The same order id with another fingerprint is a conflict and is never applied.';
COMMENT ON COLUMN processed.ref_owner IS 'What was made, first half: the id of the debited account.';
COMMENT ON COLUMN processed.ref_id IS 'What was made, second half: the id of the transfer.';
COMMENT ON COLUMN processed.request IS 'What a declined order asked for. NULL when applied: the transfer says it.';
COMMENT ON COLUMN processed.source_id IS 'Where the command came from: a row of table source. NULL when it did not come from a topic.';
COMMENT ON COLUMN processed.source_position IS 'Where in that source: the record''s offset.';
COMMENT ON COLUMN processed.processed_at IS 'When the deciding transaction began.';

-- What a higher attempt replaced. The key makes two transactions that
-- supersede the same attempt at the same time fail but for one.
CREATE TABLE declined_attempt (
    processed_at    timestamptz NOT NULL,
    source_position bigint,
    source_id       integer,
    attempt         integer     NOT NULL,
    fingerprint     bytea       NOT NULL,
    order_id        text        COLLATE "C" NOT NULL,
    reason          text        NOT NULL,
    request         jsonb       NOT NULL,
    CONSTRAINT declined_attempt_pkey PRIMARY KEY (order_id, attempt)
);

COMMENT ON TABLE declined_attempt IS 'Declined attempts of orders that a higher attempt has since decided again; the columns are those of processed.';
COMMENT ON COLUMN declined_attempt.order_id IS 'The order, as in processed.';
COMMENT ON COLUMN declined_attempt.attempt IS 'The attempt that was declined.';
COMMENT ON COLUMN declined_attempt.reason IS 'Why it was declined.';
COMMENT ON COLUMN declined_attempt.fingerprint IS 'What it asked for, as in processed.';
COMMENT ON COLUMN declined_attempt.request IS 'What it asked for, field by field.';
COMMENT ON COLUMN declined_attempt.source_id IS 'Where the command came from: a row of table source.';
COMMENT ON COLUMN declined_attempt.source_position IS 'Where in that source: the record''s offset.';
COMMENT ON COLUMN declined_attempt.processed_at IS 'When it was declined.';

-- An order whose work is done again must not be committed without its row, and
-- COMMIT travels in the same pipeline: so the UPDATE has to fail by itself.
CREATE FUNCTION expect_superseded(actual bigint, order_id text, attempt integer) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF actual <> 1 THEN
        RAISE EXCEPTION 'attempt % of order % is not stored as declined, nothing was superseded', attempt, order_id
            USING ERRCODE = 'assert_failure';
    END IF;
END
$$;

COMMENT ON FUNCTION expect_superseded IS 'Fails (SQLSTATE P0004) unless the one row of an order was changed.';

-- Orders that were processed before the highest horizon may be gone. Who does
-- not find an order looks here afterwards: what is older was maybe answered.
CREATE TABLE processed_horizon (
    id          bigint      GENERATED ALWAYS AS IDENTITY,
    horizon     timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    actor       text        NOT NULL,
    reason      text        NOT NULL,
    CONSTRAINT processed_horizon_pkey PRIMARY KEY (id),
    CONSTRAINT processed_horizon_past CHECK (isfinite(horizon) AND horizon < recorded_at),
    CONSTRAINT processed_horizon_actor_given CHECK (actor <> ''),
    CONSTRAINT processed_horizon_reason_given CHECK (reason <> '')
);
CREATE INDEX processed_horizon_horizon_idx ON processed_horizon (horizon);

COMMENT ON TABLE processed_horizon IS 'Who let old orders be forgotten, when, up to when and why. The highest horizon is in force. Kept for ever, never changed: a missing row is an order that can be debited again.';
COMMENT ON COLUMN processed_horizon.id IS 'In the order in which they were recorded.';
COMMENT ON COLUMN processed_horizon.horizon IS 'Orders processed before it may be gone; a new command that is older is not applied (dead letter too_old).';
COMMENT ON COLUMN processed_horizon.recorded_at IS 'When it was recorded, before anything was deleted.';
COMMENT ON COLUMN processed_horizon.actor IS 'Who: the user and host of the command.';
COMMENT ON COLUMN processed_horizon.reason IS 'Why, in their words.';

-- Who writes new orders without having looked them up asserts that none was
-- forgotten meanwhile, and COMMIT travels in the same pipeline.
CREATE FUNCTION expect_horizon(actual timestamptz, expected timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF actual IS DISTINCT FROM expected THEN
        RAISE EXCEPTION 'the horizon is %, not %: orders may have been pruned meanwhile', actual, expected
            USING ERRCODE = 'assert_failure';
    END IF;
END
$$;

COMMENT ON FUNCTION expect_horizon IS 'Fails (SQLSTATE P0004) unless both are the same, or NULL.';
