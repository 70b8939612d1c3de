-- What the entries of list_entries.sql come to, without its limit.
SELECT coalesce(sum(e.amount), 0)::bigint
  FROM (SELECT -t.amount AS amount
          FROM transfer t
         WHERE t.debit_account = $1 AND t.id > $2 AND t.id < $3
           AND ($4::timestamptz IS NULL OR t.posted_at >= $4) AND ($5::timestamptz IS NULL OR t.posted_at < $5)
         UNION ALL
        SELECT t.amount
          FROM transfer t
         WHERE t.credit_account = $1 AND t.credit_stripe IS NULL AND t.id > $2 AND t.id < $3
           AND ($4 IS NULL OR t.posted_at >= $4) AND ($5 IS NULL OR t.posted_at < $5)
         UNION ALL
        SELECT t.amount
          FROM transfer t
         WHERE $6::boolean AND t.credit_account = $1 AND t.credit_stripe IS NOT NULL AND t.id > $2 AND t.id < $3
           AND ($4 IS NULL OR t.posted_at >= $4) AND ($5 IS NULL OR t.posted_at < $5)) AS e
