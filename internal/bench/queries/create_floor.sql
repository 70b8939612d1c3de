-- The worker's tables with their columns and indexes, and nothing that checks.
DROP TABLE IF EXISTS floor_processed, floor_transfer;
CREATE TABLE floor_processed (LIKE processed INCLUDING INDEXES);
CREATE TABLE floor_transfer (LIKE transfer INCLUDING INDEXES);
