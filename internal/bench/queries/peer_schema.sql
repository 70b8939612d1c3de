-- The columns and indexes of Deductor's own tables, for those who are compared
-- with it. Kept apart from them, so that a change there is no change here.
CREATE TABLE processed (
    processed_at    timestamptz NOT NULL DEFAULT now(),
    ref_owner       bigint,
    ref_id          bigint,
    source_position bigint,
    source_id       integer,
    attempt         integer     NOT NULL,
    outcome         smallint    NOT NULL,
    fingerprint     bytea       NOT NULL,
    order_id        text        COLLATE "C" NOT NULL PRIMARY KEY,
    reason          text,
    request         jsonb
);

CREATE TABLE account (
    id              bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    balance         bigint      NOT NULL,
    opening_balance bigint      NOT NULL,
    overdraft_limit bigint      NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL DEFAULT now(),
    closed_at       timestamptz,
    kind            text        COLLATE "C" NOT NULL,
    currency        text        COLLATE "C" NOT NULL,
    name            text        COLLATE "C" NOT NULL UNIQUE,
    CHECK (kind <> 'customer' OR balance >= -overdraft_limit)
) WITH (fillfactor = 70);

CREATE TABLE transfer (
    id             bigint      GENERATED ALWAYS AS IDENTITY,
    debit_account  bigint      NOT NULL,
    credit_account bigint      NOT NULL,
    amount         bigint      NOT NULL CHECK (amount > 0),
    posted_at      timestamptz NOT NULL DEFAULT now(),
    credit_stripe  smallint,
    reference      text        COLLATE "C" NOT NULL,
    PRIMARY KEY (debit_account, id)
);
