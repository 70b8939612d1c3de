DROP TABLE floor_processed, floor_transfer
