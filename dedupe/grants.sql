GRANT SELECT, INSERT ON processed TO :"role";
GRANT UPDATE (processed_at, ref_owner, ref_id, source_position, source_id, attempt, outcome, fingerprint, reason, request)
    ON processed TO :"role";
GRANT SELECT, INSERT ON declined_attempt TO :"role";
GRANT EXECUTE ON FUNCTION expect_superseded(bigint, text, integer) TO :"role";
GRANT EXECUTE ON FUNCTION expect_horizon(timestamptz, timestamptz) TO :"role";
GRANT SELECT ON processed_horizon TO :"role";
