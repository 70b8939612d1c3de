-- One row of changes an account: an UPDATE … FROM that meets an account twice
-- applies one of the two and says nothing. What was decided holds for balances
-- from low to high, and for an account that is open. The changes are unnested in a
-- SELECT list, which needs no tuplestore.
WITH changed AS (
    UPDATE account a
       SET balance = a.balance + c.delta
      FROM (SELECT unnest($1::bigint[]) AS id, unnest($2::bigint[]) AS delta, unnest($3::bigint[]) AS low,
                   unnest($4::bigint[]) AS high, unnest($5::bigint[]) AS terms) AS c
     WHERE a.id = c.id AND a.balance BETWEEN c.low AND c.high AND a.closed_at IS NULL
       AND account_terms(a.name, a.currency, a.overdraft_limit) = c.terms
    RETURNING a.id
)
SELECT expect_rows(count(*), $6::bigint, 'account') FROM changed
