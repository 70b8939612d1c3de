-- A balance changes with each batch, and an UPDATE looks at all CHECKs of its table.
-- What does not change is checked by its type, once.
CREATE DOMAIN account_name AS text COLLATE "C"
    CONSTRAINT account_name_length CHECK (octet_length(VALUE) BETWEEN 1 AND 128);
CREATE DOMAIN account_kind AS text COLLATE "C"
    CONSTRAINT account_kind_known CHECK (VALUE IN ('customer', 'settlement'));
CREATE DOMAIN currency_code AS text COLLATE "C"
    CONSTRAINT account_currency_code CHECK (VALUE ~ '^[A-Z]{3}$');

CREATE TABLE account (
    id              bigint        GENERATED ALWAYS AS IDENTITY,
    balance         bigint        NOT NULL,
    opening_balance bigint        NOT NULL,
    overdraft_limit bigint        NOT NULL DEFAULT 0,
    created_at      timestamptz   NOT NULL DEFAULT now(),
    closed_at       timestamptz,
    kind            account_kind  NOT NULL,
    currency        currency_code NOT NULL,
    name            account_name  NOT NULL,
    CONSTRAINT account_pkey PRIMARY KEY (id),
    CONSTRAINT account_name_key UNIQUE (name),
    CONSTRAINT account_name_reserved CHECK (kind = 'settlement' OR NOT starts_with(name, 'settlement:')),
    CONSTRAINT account_overdraft_limit_not_negative CHECK (overdraft_limit >= 0),
    CONSTRAINT account_within_overdraft CHECK (kind <> 'customer' OR balance >= -overdraft_limit),
    CONSTRAINT account_settlement_is_striped CHECK
        (kind <> 'settlement' OR (balance = opening_balance AND overdraft_limit = 0))
) WITH (fillfactor = 70); -- room for HOT updates of the balance

COMMENT ON TABLE account IS 'Accounts. A customer''s balance is in its row; a settlement account''s is opening_balance plus its rows of settlement_stripe. View account_balance has both.';
COMMENT ON COLUMN account.id IS 'Locks are taken in the order of this id.';
COMMENT ON COLUMN account.name IS 'What commands call the account. Names that begin with settlement: are kept for settlement accounts; settlement:USD is the default credit account for USD.';
COMMENT ON COLUMN account.currency IS 'ISO 4217 code. All amounts of the account are in its minor units.';
COMMENT ON COLUMN account.kind IS 'customer: one balance, locked and limit-checked for each debit. settlement: credited without a lock, its balance spread over stripes.';
COMMENT ON COLUMN account.balance IS 'Customers: what the account holds now, in minor units. Settlement accounts: always opening_balance, see account_balance.';
COMMENT ON COLUMN account.opening_balance IS 'What it held when it was created, in minor units. balance = opening_balance + credits - debits.';
COMMENT ON COLUMN account.overdraft_limit IS 'How far below zero a customer''s balance may go, in minor units.';
COMMENT ON COLUMN account.created_at IS 'When the account was created.';
COMMENT ON COLUMN account.closed_at IS 'When it was closed: commands for it are declined (account_closed). NULL when open.';

-- Who decides on what was once read of an account proves by it that the account is still
-- that one. It is computed by the database alone, for both sides.
CREATE FUNCTION account_terms(name text, currency text, overdraft_limit bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended(name, hashtextextended(currency, overdraft_limit));

COMMENT ON FUNCTION account_terms IS 'A hash of what an account is, apart from its balance and whether it is open.';

-- A busy settlement account would be one row that every transaction waits for
-- (each update holds it until COMMIT); its balance is the sum over these. No foreign
-- key to account: for each balance that is written, Postgres would look whether the
-- key changed that others refer to. The audit finds an account that is gone.
CREATE TABLE settlement_stripe (
    account_id bigint   NOT NULL,
    balance    bigint   NOT NULL,
    stripe     smallint NOT NULL,
    CONSTRAINT settlement_stripe_pkey PRIMARY KEY (account_id, stripe),
    CONSTRAINT settlement_stripe_not_negative CHECK (stripe >= 0)
) WITH (fillfactor = 50);

COMMENT ON TABLE settlement_stripe IS 'What settlement accounts were credited, spread over rows so that workers do not wait for each other.';
COMMENT ON COLUMN settlement_stripe.account_id IS 'The settlement account.';
COMMENT ON COLUMN settlement_stripe.stripe IS 'Which part of the balance: a number that a worker chose.';
COMMENT ON COLUMN settlement_stripe.balance IS 'Credits through this stripe, in minor units.';

-- Nor any here: each would lock the account's row once more for every transfer, the
-- settlement account's too. The audit checks both sides.
CREATE TABLE transfer (
    id             bigint      NOT NULL,
    debit_account  bigint      NOT NULL,
    credit_account bigint      NOT NULL,
    amount         bigint      NOT NULL,
    posted_at      timestamptz NOT NULL DEFAULT now(),
    credit_stripe  smallint,
    reference      text        COLLATE "C" NOT NULL,
    CONSTRAINT transfer_pkey PRIMARY KEY (debit_account, id),
    CONSTRAINT transfer_amount_positive CHECK (amount > 0),
    CONSTRAINT transfer_two_accounts CHECK (debit_account <> credit_account),
    CONSTRAINT transfer_reference_length CHECK (octet_length(reference) BETWEEN 1 AND 128)
);
CREATE INDEX transfer_credit_idx ON transfer (credit_account, id) WHERE credit_stripe IS NULL;

COMMENT ON TABLE transfer IS 'Money moved, one row a payment: amount leaves debit_account and reaches credit_account. Rows are only ever added.';
COMMENT ON COLUMN transfer.id IS 'From sequence transfer_id_block. Unique; gaps are normal.';
COMMENT ON COLUMN transfer.debit_account IS 'The account that paid.';
COMMENT ON COLUMN transfer.credit_account IS 'The account that was paid.';
COMMENT ON COLUMN transfer.amount IS 'In minor units of the accounts'' currency, which is the same for both.';
COMMENT ON COLUMN transfer.credit_stripe IS 'Which settlement_stripe took the credit. NULL when a customer was credited.';
COMMENT ON COLUMN transfer.reference IS 'What it was for: the order id.';
COMMENT ON COLUMN transfer.posted_at IS 'When the posting transaction began.';

-- Each value is the first of a block of 10,000 transfer ids.
CREATE SEQUENCE transfer_id_block AS bigint INCREMENT BY 10000 MINVALUE 1 START WITH 1;

CREATE VIEW account_balance AS
SELECT a.id, a.name, a.currency, a.kind, a.opening_balance, a.overdraft_limit, a.created_at, a.closed_at,
       (a.balance + coalesce((SELECT sum(s.balance) FROM settlement_stripe s WHERE s.account_id = a.id), 0))::bigint
           AS balance
  FROM account a;

COMMENT ON VIEW account_balance IS 'Accounts with what they hold now, whatever their kind. Amounts in minor units.';

-- An UPDATE that touches fewer rows than it should must not be committed, and
-- COMMIT travels in the same pipeline: so it has to fail by itself.
CREATE FUNCTION expect_rows(actual bigint, expected bigint, what text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF actual <> expected THEN
        RAISE EXCEPTION '% rows of % changed where % were to', actual, what, expected
            USING ERRCODE = 'assert_failure';
    END IF;
END
$$;

COMMENT ON FUNCTION expect_rows IS 'Fails (SQLSTATE P0004) unless both numbers are the same.';
