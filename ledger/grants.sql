GRANT SELECT, UPDATE (balance) ON account TO :"role";
GRANT SELECT, INSERT, UPDATE (balance) ON settlement_stripe TO :"role";
GRANT SELECT, INSERT ON transfer TO :"role";
GRANT SELECT ON account_balance TO :"role";
GRANT USAGE ON SEQUENCE transfer_id_block TO :"role";
GRANT EXECUTE ON FUNCTION expect_rows(bigint, bigint, text) TO :"role";
GRANT EXECUTE ON FUNCTION account_terms(text, text, bigint) TO :"role";
