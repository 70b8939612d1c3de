INSERT INTO processed (order_id, attempt, fingerprint, outcome, ref_owner, ref_id,
                       reason, request, source_id, source_position)
SELECT * FROM unnest($1::text[], $2::integer[], $3::bytea[], $4::smallint[], $5::bigint[], $6::bigint[],
                     $7::text[], $8::jsonb[], $9::integer[], $10::bigint[])
