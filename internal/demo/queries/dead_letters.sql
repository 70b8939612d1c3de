SELECT reason, record_value FROM dead_letter
