SELECT id FROM source WHERE topic_id = $1 AND partition = $2 AND topic = $3
