"""Reading what strangers wrote in child processes: `calling` is our side, `child` is theirs."""
