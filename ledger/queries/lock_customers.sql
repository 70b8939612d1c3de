-- Sorted before it locks: transactions that share accounts queue up, none
-- waits in a circle. Balances are read as they are once the lock is held.
SELECT a.id, a.name, a.currency, a.closed_at, a.balance, a.overdraft_limit,
       account_terms(a.name, a.currency, a.overdraft_limit)
  FROM account a
 WHERE a.name = ANY ($1::text[]) AND a.kind = 'customer'
 ORDER BY a.id
   FOR NO KEY UPDATE
