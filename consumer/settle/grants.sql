GRANT SELECT, INSERT ON source TO :"role";
GRANT SELECT, INSERT, UPDATE ON watermark TO :"role";
GRANT SELECT, INSERT ON dead_letter TO :"role";
GRANT SELECT ON dead_letter_action TO :"role";
GRANT SELECT, INSERT, UPDATE ON partition_halt TO :"role";
GRANT SELECT, UPDATE (done_at) ON partition_intervention TO :"role";
