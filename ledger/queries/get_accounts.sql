SELECT b.id, b.name, b.currency, b.kind, b.opening_balance, b.balance, b.overdraft_limit, b.created_at,
       b.closed_at
  FROM account_balance b
 WHERE b.name = ANY ($1::text[])
 ORDER BY b.name
