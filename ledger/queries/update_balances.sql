-- One row of changes an account: an UPDATE … FROM that meets an account twice
-- applies one of the two and says nothing. What was decided holds for balances
-- from low to high, and for an account that is open.
WITH changed AS (
    UPDATE account a
       SET balance = a.balance + c.delta
      FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS c (id, delta, low, high)
     WHERE a.id = c.id AND a.balance BETWEEN c.low AND c.high AND a.closed_at IS NULL
    RETURNING a.id
)
SELECT expect_rows(count(*), $5::bigint, 'account') FROM changed
