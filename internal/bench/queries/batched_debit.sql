-- One row an account, locked in the order of their ids: two loops that share
-- accounts wait for each other and never in a circle.
WITH locked AS MATERIALIZED (
    SELECT a.id, s.amount
      FROM unnest($1::text[], $2::bigint[]) AS s (name, amount)
      JOIN account a ON a.name = s.name
     WHERE a.currency = $3 AND a.kind = 'customer' AND a.closed_at IS NULL
     ORDER BY a.id
       FOR NO KEY UPDATE OF a
)
UPDATE account a
   SET balance = a.balance - l.amount
  FROM locked l
 WHERE a.id = l.id AND a.balance + a.overdraft_limit >= l.amount
RETURNING a.name, a.id
