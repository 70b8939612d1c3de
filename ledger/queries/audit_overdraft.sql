-- Customers below their overdraft limit. A CHECK forbids them; the audit
-- trusts nothing that could have been dropped.
SELECT a.name,
       format('balance %s is below the overdraft limit of %s (minor units of %s)',
              a.balance, a.overdraft_limit, a.currency)
  FROM account a
 WHERE a.kind = 'customer' AND a.balance::numeric + a.overdraft_limit < 0
 ORDER BY a.name
 LIMIT $1
