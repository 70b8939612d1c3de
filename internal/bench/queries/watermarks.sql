SELECT partition, next_offset FROM watermark WHERE consumer_group = $1 AND topic = $2
