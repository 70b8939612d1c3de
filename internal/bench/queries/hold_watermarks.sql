-- Whoever takes a partition over waits for it.
LOCK TABLE watermark IN ACCESS EXCLUSIVE MODE
