COPY processed (order_id, attempt, fingerprint, outcome, ref_owner, ref_id,
                reason, request, source_id, source_position)
FROM STDIN (FORMAT binary)
