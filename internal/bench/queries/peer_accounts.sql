INSERT INTO account (name, currency, kind, opening_balance, balance)
SELECT 'settlement:' || $2::text, $2, 'settlement', 0, 0
UNION ALL
SELECT $1::text || n, $2, 'customer', $4::bigint, $4
  FROM generate_series(1, $3::integer) AS n
