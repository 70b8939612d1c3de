-- One row of changes an account: an UPDATE … FROM that meets an account twice
-- applies one of the two and says nothing.
WITH changed AS (
    UPDATE account a
       SET balance = a.balance + c.delta
      FROM unnest($1::bigint[], $2::bigint[]) AS c (id, delta)
     WHERE a.id = c.id
    RETURNING a.id
)
SELECT expect_rows(count(*), $3::bigint, 'account') FROM changed
