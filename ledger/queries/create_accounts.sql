INSERT INTO account (name, currency, kind, opening_balance, balance, overdraft_limit)
SELECT n.name, n.currency, n.kind, n.balance, n.balance, n.overdraft_limit
  FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])
       WITH ORDINALITY AS n (name, currency, kind, balance, overdraft_limit, line)
 ORDER BY n.line
    ON CONFLICT (name) DO NOTHING
RETURNING name
