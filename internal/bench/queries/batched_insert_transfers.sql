INSERT INTO transfer (debit_account, credit_account, amount, reference)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[])
