SELECT a.id, a.name, a.currency, a.closed_at, a.balance, a.overdraft_limit,
       account_terms(a.name, a.currency, a.overdraft_limit)
  FROM account a
 WHERE a.name = ANY ($1::text[]) AND a.kind = 'customer'
