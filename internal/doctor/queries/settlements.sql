-- Currencies of customers, and whether they have a settlement account that is open.
SELECT c.currency, s.id IS NOT NULL, s.closed_at IS NULL
  FROM (SELECT DISTINCT a.currency FROM account a WHERE a.kind = 'customer') c
  LEFT JOIN account s ON s.name = 'settlement:' || c.currency AND s.kind = 'settlement'
 ORDER BY 1
