INSERT INTO settlement_stripe AS s (account_id, stripe, balance)
SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::bigint[])
    ON CONFLICT (account_id, stripe) DO UPDATE SET balance = s.balance + excluded.balance
