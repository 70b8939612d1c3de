SELECT nextval('transfer_id_block')
