-- Orders whose ids begin with $1 and come after $2: ranges of the orders' key and,
-- for those that were only ever set aside, of the dead letters' orders.
SELECT p.order_id, p.attempt, p.outcome, coalesce(p.reason, ''), p.processed_at,
       coalesce(d.name, p.request ->> 'account', ''), coalesce(c.name, p.request ->> 'credit_account', ''),
       coalesce(t.amount, (p.request ->> 'amount_minor')::bigint, 0), coalesce(d.currency, p.request ->> 'currency', ''),
       coalesce(p.ref_id, 0)
  FROM ((SELECT o.order_id, o.attempt, o.outcome, o.reason, o.processed_at, o.ref_owner, o.ref_id, o.request
           FROM processed o
          WHERE o.order_id >= $1 AND o.order_id < $1 || repeat(chr(1114111), 2) AND o.order_id > $2
          ORDER BY o.order_id
          LIMIT $3)
         UNION ALL
        (SELECT k.order_id, 0, 0::smallint, l.reason, l.created_at, NULL, NULL, jsonb_build_object('account', l.account)
           FROM (SELECT DISTINCT a.order_id
                   FROM dead_letter a
                  WHERE a.order_id >= $1 AND a.order_id < $1 || repeat(chr(1114111), 2) AND a.order_id > $2
                  ORDER BY a.order_id
                  LIMIT $3) AS k
          CROSS JOIN LATERAL (SELECT b.reason, b.created_at, b.account
                                FROM dead_letter b
                               WHERE b.order_id = k.order_id
                               ORDER BY b.id DESC
                               LIMIT 1) AS l
          WHERE NOT EXISTS (SELECT FROM processed o WHERE o.order_id = k.order_id))) AS p
  LEFT JOIN transfer t ON t.debit_account = p.ref_owner AND t.id = p.ref_id
  LEFT JOIN account d ON d.id = t.debit_account
  LEFT JOIN account c ON c.id = t.credit_account
 ORDER BY p.order_id
 LIMIT $3
