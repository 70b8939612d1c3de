-- The last entries of an account after $2 and before $3, by transfer id: a range of
-- each of two indexes. None holds what a settlement account was credited: only
-- with $6 are they looked for, in the whole table.
SELECT e.id, e.posted_at, e.amount, coalesce(a.name, format('account id %s', e.counterparty)), e.reference
  FROM ((SELECT t.id, t.posted_at, -t.amount AS amount, t.credit_account AS counterparty, t.reference
           FROM transfer t
          WHERE t.debit_account = $1 AND t.id > $2 AND t.id < $3
            AND ($4::timestamptz IS NULL OR t.posted_at >= $4) AND ($5::timestamptz IS NULL OR t.posted_at < $5)
          ORDER BY t.id DESC
          LIMIT $7)
         UNION ALL
        (SELECT t.id, t.posted_at, t.amount, t.debit_account, t.reference
           FROM transfer t
          WHERE t.credit_account = $1 AND t.credit_stripe IS NULL AND t.id > $2 AND t.id < $3
            AND ($4 IS NULL OR t.posted_at >= $4) AND ($5 IS NULL OR t.posted_at < $5)
          ORDER BY t.id DESC
          LIMIT $7)
         UNION ALL
        (SELECT t.id, t.posted_at, t.amount, t.debit_account, t.reference
           FROM transfer t
          WHERE $6::boolean AND t.credit_account = $1 AND t.credit_stripe IS NOT NULL AND t.id > $2 AND t.id < $3
            AND ($4 IS NULL OR t.posted_at >= $4) AND ($5 IS NULL OR t.posted_at < $5)
          ORDER BY t.id DESC
          LIMIT $7)) AS e
  LEFT JOIN account a ON a.id = e.counterparty
 ORDER BY e.id DESC
 LIMIT $7
