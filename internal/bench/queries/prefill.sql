-- Orders that the workload does not have, in the order of their ids, which fills
-- the index from left to right: at random it would take hours. They are declined,
-- as applied ones would need transfers; a row is about as wide.
INSERT INTO processed (order_id, attempt, fingerprint, outcome, reason, request)
SELECT id, 1, '\x00112233445566778899aabbccddeeff', 2, 'prefilled', '{}'
  FROM (SELECT gen_random_uuid()::text AS id FROM generate_series(1, $1::bigint)) AS made
 ORDER BY id COLLATE "C"
