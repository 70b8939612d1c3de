# Runs a server until it ends or standard input does: the process that started
# us holds the other end, so the server goes with it even if it was killed.
#
# usage: supervise <directory to remove at the end, or ''> <server> [argument...]
remove=$1
shift
exec 3<&0 # a background command's own standard input is /dev/null

"$@" 3<&- &
server=$!
(
    read -r _ <&3
    # Postgres shuts down fast at SIGINT, but a background command begins with
    # SIGINT ignored: before Postgres minds its signals, SIGTERM ends it.
    kill -TERM "$server"
    kill -INT "$server"
) 2>/dev/null &
watch=$!

wait "$server"
status=$?
kill "$watch" 2>/dev/null
if [ -n "$remove" ]; then
    rm -rf -- "$remove"
fi
exit "$status"
