-- Transfers are only ever added, so the newest are at the table's end: its last $2
-- pages are read, and no index, whatever the table's size.
SELECT t.id, t.posted_at, t.amount, coalesce(d.name, format('account id %s', t.debit_account)),
       coalesce(c.name, format('account id %s', t.credit_account)), coalesce(d.currency, ''), t.reference
  FROM (SELECT l.*
          FROM transfer l
         WHERE l.ctid >= (SELECT format('(%s,0)', greatest(0, pg_relation_size('transfer')
                                        / current_setting('block_size')::bigint - $2::bigint))::tid)
         ORDER BY l.posted_at DESC, l.id DESC
         LIMIT $1) AS t
  LEFT JOIN account d ON d.id = t.debit_account
  LEFT JOIN account c ON c.id = t.credit_account
 ORDER BY t.posted_at DESC, t.id DESC
