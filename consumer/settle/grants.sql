GRANT SELECT, INSERT ON source TO :"role";
GRANT SELECT, INSERT, UPDATE ON watermark TO :"role";
GRANT SELECT, INSERT ON dead_letter TO :"role";
GRANT SELECT ON dead_letter_action TO :"role";
GRANT SELECT, INSERT, UPDATE ON partition_halt TO :"role";
GRANT SELECT, UPDATE (done_at) ON partition_intervention TO :"role";
GRANT SELECT ON replay TO :"role";
GRANT SELECT ON replay_partition TO :"role";
GRANT UPDATE (next_offset, records, already_answered, already_set_aside, applied, declined, conflicts, other_letters,
              updated_at, finished_at) ON replay_partition TO :"role";
