-- A topic's partition under the topic's id, so that offsets of a topic that
-- was deleted and created again are never taken for the old one's.
CREATE TABLE source (
    id        integer GENERATED ALWAYS AS IDENTITY,
    partition integer NOT NULL,
    topic_id  uuid    NOT NULL,
    topic     text    COLLATE "C" NOT NULL,
    CONSTRAINT source_pkey PRIMARY KEY (id),
    CONSTRAINT source_topic_topic_id_partition_key UNIQUE (topic, topic_id, partition)
);

COMMENT ON TABLE source IS 'Partitions that commands came from. processed and dead_letter refer to it.';
COMMENT ON COLUMN source.id IS 'What processed.source_id and others refer to.';
COMMENT ON COLUMN source.topic IS 'The topic''s name.';
COMMENT ON COLUMN source.topic_id IS 'The topic''s id in Kafka: another one after the topic was deleted and created again. All zero on brokers that have none (before 2.8).';
COMMENT ON COLUMN source.partition IS 'The partition''s number.';

CREATE TABLE watermark (
    next_offset    bigint      NOT NULL,
    epoch          bigint      NOT NULL,
    updated_at     timestamptz NOT NULL DEFAULT now(),
    source_id      integer     NOT NULL,
    leader_epoch   integer     NOT NULL DEFAULT -1,
    partition      integer     NOT NULL,
    consumer_group text        COLLATE "C" NOT NULL,
    topic          text        COLLATE "C" NOT NULL,
    owner          text        NOT NULL,
    CONSTRAINT watermark_pkey PRIMARY KEY (consumer_group, topic, partition),
    CONSTRAINT watermark_next_offset_not_negative CHECK (next_offset >= 0),
    CONSTRAINT watermark_source_fkey FOREIGN KEY (source_id) REFERENCES source (id)
) WITH (fillfactor = 50);

COMMENT ON TABLE watermark IS 'How far each partition was ever read, and the fence that stops a worker which no longer owns it. It says nothing about single orders: processed does.';
COMMENT ON COLUMN watermark.consumer_group IS 'The consumer group that reads it.';
COMMENT ON COLUMN watermark.topic IS 'The topic''s name.';
COMMENT ON COLUMN watermark.partition IS 'The partition''s number.';
COMMENT ON COLUMN watermark.next_offset IS 'All records below this offset have a recorded outcome. While a replay runs, those up to its end have one, too, and are being read again.';
COMMENT ON COLUMN watermark.epoch IS 'Raised at each assignment, and for all when a horizon is recorded. A batch commits only under the epoch that its worker was given.';
COMMENT ON COLUMN watermark.source_id IS 'The partition under its topic id: the row of source.';
COMMENT ON COLUMN watermark.leader_epoch IS 'Leader epoch of the record before next_offset, to notice a truncated log (KIP-320). -1 when unknown.';
COMMENT ON COLUMN watermark.owner IS 'The worker that the partition was last assigned to.';
COMMENT ON COLUMN watermark.updated_at IS 'When a batch last moved it.';

CREATE TABLE dead_letter (
    id               bigint      GENERATED ALWAYS AS IDENTITY,
    record_offset    bigint      NOT NULL,
    record_timestamp bigint      NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT now(),
    resolved_at      timestamptz,
    source_id        integer     NOT NULL,
    reason           text        COLLATE "C" NOT NULL,
    detail           text        NOT NULL,
    order_id         text        COLLATE "C",
    account          text        COLLATE "C",
    resolution       text        COLLATE "C",
    difference       jsonb,
    record_key       bytea,
    record_value     bytea,
    header_keys      bytea[]     NOT NULL,
    header_values    bytea[]     NOT NULL,
    CONSTRAINT dead_letter_pkey PRIMARY KEY (id),
    CONSTRAINT dead_letter_source_id_record_offset_key UNIQUE (source_id, record_offset),
    CONSTRAINT dead_letter_headers_paired CHECK (cardinality(header_keys) = cardinality(header_values)),
    CONSTRAINT dead_letter_resolution_known CHECK (resolution IN ('requeued', 'discarded')),
    CONSTRAINT dead_letter_resolution_dated CHECK ((resolution IS NULL) = (resolved_at IS NULL)),
    CONSTRAINT dead_letter_source_fkey FOREIGN KEY (source_id) REFERENCES source (id)
);
CREATE INDEX dead_letter_order_id_idx ON dead_letter (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX dead_letter_open_account_idx ON dead_letter (account, id)
    WHERE account IS NOT NULL AND resolution IS NULL;
CREATE INDEX dead_letter_open_reason_idx ON dead_letter (reason, id) WHERE resolution IS NULL;

COMMENT ON TABLE dead_letter IS 'Records that could not be applied or declined, kept whole. Written in the transaction that moves the watermark past them. It is the record''s outcome: read again, the record is not decided anew unless the letter was requeued.';
COMMENT ON COLUMN dead_letter.id IS 'What deductor deadletter show takes.';
COMMENT ON COLUMN dead_letter.reason IS 'Why, a stable code such as invalid_json or order_conflict.';
COMMENT ON COLUMN dead_letter.detail IS 'The same for a person: which field, which value, what was expected.';
COMMENT ON COLUMN dead_letter.order_id IS 'The order, when it could be read.';
COMMENT ON COLUMN dead_letter.account IS 'The account to debit, when it could be read.';
COMMENT ON COLUMN dead_letter.resolution IS 'requeued: decided after all, the order''s row of processed says how. discarded: it stays undecided for good. NULL: it is open.';
COMMENT ON COLUMN dead_letter.resolved_at IS 'When it was requeued or discarded. NULL while it is open.';
COMMENT ON COLUMN dead_letter.difference IS 'order_conflict: the fields that differ, as {"field": {"stored": …, "received": …}}.';
COMMENT ON COLUMN dead_letter.source_id IS 'The partition that it came from.';
COMMENT ON COLUMN dead_letter.record_offset IS 'Its offset there.';
COMMENT ON COLUMN dead_letter.record_timestamp IS 'The record''s own timestamp, in milliseconds since 1970 as the producer or the broker set it: any 64 bits.';
COMMENT ON COLUMN dead_letter.record_key IS 'The record''s key, byte for byte. NULL when it had none.';
COMMENT ON COLUMN dead_letter.record_value IS 'The record''s value, byte for byte. NULL for a tombstone.';
COMMENT ON COLUMN dead_letter.header_keys IS 'The record''s header names, in order.';
COMMENT ON COLUMN dead_letter.header_values IS 'The record''s header values, in the same order.';
COMMENT ON COLUMN dead_letter.created_at IS 'When it was set aside.';

CREATE TABLE dead_letter_action (
    id             bigint      GENERATED ALWAYS AS IDENTITY,
    dead_letter_id bigint      NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    command_id     uuid        NOT NULL,
    action         text        COLLATE "C" NOT NULL,
    outcome        text        COLLATE "C",
    detail         text,
    actor          text        NOT NULL,
    reason         text        NOT NULL,
    CONSTRAINT dead_letter_action_pkey PRIMARY KEY (id),
    CONSTRAINT dead_letter_action_dead_letter_id_command_id_key UNIQUE (dead_letter_id, command_id),
    CONSTRAINT dead_letter_action_action_known CHECK (action IN ('requeue', 'discard', 'export')),
    CONSTRAINT dead_letter_action_outcome_known CHECK
        (outcome IN ('applied', 'declined', 'duplicate', 'refused', 'waiting')),
    CONSTRAINT dead_letter_action_requeue_has_outcome CHECK ((action = 'requeue') = (outcome IS NOT NULL)),
    CONSTRAINT dead_letter_action_reason_given CHECK (reason <> ''),
    CONSTRAINT dead_letter_action_dead_letter_fkey FOREIGN KEY (dead_letter_id) REFERENCES dead_letter (id)
);
-- A letter is resolved once, whoever tries at the same time.
CREATE UNIQUE INDEX dead_letter_action_resolved_key ON dead_letter_action (dead_letter_id)
    WHERE action = 'discard' OR outcome IN ('applied', 'declined', 'duplicate');

COMMENT ON TABLE dead_letter_action IS 'Who did what to a dead letter, when and why. Kept for ever.';
COMMENT ON COLUMN dead_letter_action.id IS 'In the order in which they were made.';
COMMENT ON COLUMN dead_letter_action.dead_letter_id IS 'The dead letter.';
COMMENT ON COLUMN dead_letter_action.command_id IS 'The run of deductor deadletter that did it: all its actions have this id.';
COMMENT ON COLUMN dead_letter_action.action IS 'requeue: decide it again. discard: leave it undecided for good. export: it was written out.';
COMMENT ON COLUMN dead_letter_action.outcome IS 'What a requeue came to. applied, declined, duplicate: decided, the letter is requeued. refused: still no command, or still in conflict. waiting: an earlier letter of the account is open. NULL for other actions.';
COMMENT ON COLUMN dead_letter_action.detail IS 'refused and waiting: why. NULL for others.';
COMMENT ON COLUMN dead_letter_action.actor IS 'Who: the user and host of the command.';
COMMENT ON COLUMN dead_letter_action.reason IS 'Why, in their words.';
COMMENT ON COLUMN dead_letter_action.created_at IS 'When.';

CREATE TABLE partition_halt (
    since          timestamptz NOT NULL DEFAULT now(),
    cleared_at     timestamptz,
    partition      integer     NOT NULL,
    consumer_group text        COLLATE "C" NOT NULL,
    topic          text        COLLATE "C" NOT NULL,
    reason         text        COLLATE "C" NOT NULL,
    detail         text        NOT NULL,
    CONSTRAINT partition_halt_pkey PRIMARY KEY (consumer_group, topic, partition)
);

COMMENT ON TABLE partition_halt IS 'Partitions that stopped because going on could lose or repeat a payment. They wait for deductor partition skip or adopt.';
COMMENT ON COLUMN partition_halt.consumer_group IS 'The consumer group that reads it.';
COMMENT ON COLUMN partition_halt.topic IS 'The topic''s name.';
COMMENT ON COLUMN partition_halt.partition IS 'The partition''s number.';
COMMENT ON COLUMN partition_halt.reason IS 'Why, a stable code such as offset_gap.';
COMMENT ON COLUMN partition_halt.detail IS 'The same for a person, with the offsets.';
COMMENT ON COLUMN partition_halt.since IS 'When it halted.';
COMMENT ON COLUMN partition_halt.cleared_at IS 'When it went on. NULL while it is halted.';

CREATE TABLE partition_intervention (
    id             bigint      GENERATED ALWAYS AS IDENTITY,
    from_offset    bigint,
    to_offset      bigint      NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    done_at        timestamptz,
    source_id      integer     NOT NULL,
    partition      integer     NOT NULL,
    consumer_group text        COLLATE "C" NOT NULL,
    topic          text        COLLATE "C" NOT NULL,
    action         text        COLLATE "C" NOT NULL,
    actor          text        NOT NULL,
    reason         text        NOT NULL,
    CONSTRAINT partition_intervention_pkey PRIMARY KEY (id),
    CONSTRAINT partition_intervention_action_known CHECK (action IN ('skip', 'adopt')),
    CONSTRAINT partition_intervention_to_offset_not_negative CHECK (to_offset >= 0),
    CONSTRAINT partition_intervention_reason_given CHECK (reason <> ''),
    CONSTRAINT partition_intervention_source_fkey FOREIGN KEY (source_id) REFERENCES source (id)
);
CREATE UNIQUE INDEX partition_intervention_pending_key
    ON partition_intervention (consumer_group, topic, partition) WHERE done_at IS NULL;

COMMENT ON TABLE partition_intervention IS 'Who moved a partition on by hand, when, from where, to where and why. Kept for ever.';
COMMENT ON COLUMN partition_intervention.id IS 'In the order in which they were made.';
COMMENT ON COLUMN partition_intervention.consumer_group IS 'The consumer group that reads it.';
COMMENT ON COLUMN partition_intervention.topic IS 'The topic''s name.';
COMMENT ON COLUMN partition_intervention.partition IS 'The partition''s number.';
COMMENT ON COLUMN partition_intervention.action IS 'skip: go on at another offset. adopt: take a group''s position as the start of a database that knows nothing of it.';
COMMENT ON COLUMN partition_intervention.from_offset IS 'The watermark before. NULL when there was none.';
COMMENT ON COLUMN partition_intervention.to_offset IS 'Where the partition was told to go on.';
COMMENT ON COLUMN partition_intervention.source_id IS 'The partition under its topic id at that time.';
COMMENT ON COLUMN partition_intervention.actor IS 'Who: the user and host of the command.';
COMMENT ON COLUMN partition_intervention.reason IS 'Why, in their words.';
COMMENT ON COLUMN partition_intervention.created_at IS 'When.';
COMMENT ON COLUMN partition_intervention.done_at IS 'When the group''s committed offset had followed. NULL: it is still to be taken as the start.';

CREATE TABLE replay (
    id             bigint      GENERATED ALWAYS AS IDENTITY,
    created_at     timestamptz NOT NULL DEFAULT now(),
    rate           integer,
    consumer_group text        COLLATE "C" NOT NULL,
    topic          text        COLLATE "C" NOT NULL,
    target         text        NOT NULL,
    actor          text        NOT NULL,
    reason         text        NOT NULL,
    plan           jsonb       NOT NULL,
    CONSTRAINT replay_pkey PRIMARY KEY (id),
    CONSTRAINT replay_rate_positive CHECK (rate > 0),
    CONSTRAINT replay_reason_given CHECK (reason <> '')
);

COMMENT ON TABLE replay IS 'Who had records read again, when, which and why. Kept for ever.';
COMMENT ON COLUMN replay.id IS 'What deductor replay show takes.';
COMMENT ON COLUMN replay.consumer_group IS 'The consumer group that reads them.';
COMMENT ON COLUMN replay.topic IS 'The topic''s name.';
COMMENT ON COLUMN replay.target IS 'What was asked for, such as --to-datetime 2026-01-01T00:00:00Z.';
COMMENT ON COLUMN replay.rate IS 'The most records a second that are read again of each partition. NULL: no limit.';
COMMENT ON COLUMN replay.plan IS 'The plan that was applied, as deductor replay plan --save wrote it: what was expected.';
COMMENT ON COLUMN replay.actor IS 'Who: the user and host of the command.';
COMMENT ON COLUMN replay.reason IS 'Why, in their words.';
COMMENT ON COLUMN replay.created_at IS 'When.';

CREATE TABLE replay_partition (
    replay_id         bigint      NOT NULL,
    from_offset       bigint      NOT NULL,
    until_offset      bigint      NOT NULL,
    next_offset       bigint      NOT NULL,
    committed_offset  bigint,
    records           bigint      NOT NULL DEFAULT 0,
    already_answered  bigint      NOT NULL DEFAULT 0,
    already_set_aside bigint      NOT NULL DEFAULT 0,
    applied           bigint      NOT NULL DEFAULT 0,
    declined          bigint      NOT NULL DEFAULT 0,
    conflicts         bigint      NOT NULL DEFAULT 0,
    other_letters     bigint      NOT NULL DEFAULT 0,
    updated_at        timestamptz NOT NULL DEFAULT now(),
    finished_at       timestamptz,
    source_id         integer     NOT NULL,
    partition         integer     NOT NULL,
    consumer_group    text        COLLATE "C" NOT NULL,
    topic             text        COLLATE "C" NOT NULL,
    CONSTRAINT replay_partition_pkey PRIMARY KEY (replay_id, partition),
    CONSTRAINT replay_partition_goes_back CHECK (0 <= from_offset AND from_offset < until_offset),
    CONSTRAINT replay_partition_next_within CHECK (next_offset BETWEEN from_offset AND until_offset),
    CONSTRAINT replay_partition_replay_fkey FOREIGN KEY (replay_id) REFERENCES replay (id),
    CONSTRAINT replay_partition_source_fkey FOREIGN KEY (source_id) REFERENCES source (id)
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX replay_partition_running_key
    ON replay_partition (consumer_group, topic, partition) WHERE finished_at IS NULL;

COMMENT ON TABLE replay_partition IS 'What a replay reads again of one partition, and what came of it. The counts are written in the transactions that move the watermark: they are exact. Kept for ever.';
COMMENT ON COLUMN replay_partition.replay_id IS 'The replay.';
COMMENT ON COLUMN replay_partition.consumer_group IS 'The consumer group that reads it.';
COMMENT ON COLUMN replay_partition.topic IS 'The topic''s name.';
COMMENT ON COLUMN replay_partition.partition IS 'The partition''s number.';
COMMENT ON COLUMN replay_partition.source_id IS 'The partition under its topic id at that time.';
COMMENT ON COLUMN replay_partition.from_offset IS 'Where the partition was sent back to: the first offset that is read again.';
COMMENT ON COLUMN replay_partition.until_offset IS 'The watermark before: the first offset that is not part of the replay.';
COMMENT ON COLUMN replay_partition.next_offset IS 'How far it is: all from from_offset on and below this offset was read again.';
COMMENT ON COLUMN replay_partition.committed_offset IS 'The group''s committed offset before. NULL when there was none.';
COMMENT ON COLUMN replay_partition.records IS 'How many records were read again: the sum of the next six.';
COMMENT ON COLUMN replay_partition.already_answered IS 'Of these, whose stored outcome stands: applied or declined before.';
COMMENT ON COLUMN replay_partition.already_set_aside IS 'Of these, which are dead letters since before.';
COMMENT ON COLUMN replay_partition.applied IS 'Of these, which were debited by the replay.';
COMMENT ON COLUMN replay_partition.declined IS 'Of these, which were declined by the replay.';
COMMENT ON COLUMN replay_partition.conflicts IS 'Of these, which became dead letters of the replay: order_conflict.';
COMMENT ON COLUMN replay_partition.other_letters IS 'Of these, which became dead letters of the replay for other reasons.';
COMMENT ON COLUMN replay_partition.updated_at IS 'When a batch last moved it.';
COMMENT ON COLUMN replay_partition.finished_at IS 'When it ended: all was read again, or, with next_offset below until_offset, an operator moved the partition on (partition_intervention). NULL: it is still running.';
