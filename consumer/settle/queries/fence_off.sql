UPDATE watermark SET epoch = epoch + 1
 WHERE consumer_group = $1 AND topic = $2 AND partition = $3 AND epoch = $4
