SELECT a.id, a.name, a.currency, a.balance, a.overdraft_limit, a.closed_at
  FROM account a
 WHERE a.name = ANY ($1::text[]) AND a.kind = 'customer'
