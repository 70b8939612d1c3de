INSERT INTO transfer (id, debit_account, credit_account, amount, credit_stripe, reference)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::smallint[], $6::text[])
