package embedded

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
)

// tailBytes is how much of the server's log an error shows at most.
const tailBytes = 2048

var errEnded = errors.New("it ended by itself")

// StartError is a server that was run and did not come up: it ended, or the
// time was up.
type StartError struct {
	Log string // the end of the server's log, at most 2048 bytes
	Err error  // what was noticed; context.DeadlineExceeded when the time was up
}

func (e *StartError) Error() string {
	return fmt.Sprintf("embedded Postgres did not start: %v; the end of its log:\n%s", e.Err, e.Log)
}

// Unwrap returns what was noticed.
func (e *StartError) Unwrap() error { return e.Err }

func (e *StartError) portTaken() bool { return strings.Contains(e.Log, "Address already in use") }

func readTail(log *os.File) string {
	info, err := log.Stat()
	if err != nil {
		return err.Error()
	}
	part := make([]byte, min(info.Size(), tailBytes))
	n, _ := log.ReadAt(part, info.Size()-int64(len(part)))
	return string(tail(part[:n]))
}

// tail returns the last whole lines of log, at most tailBytes of them.
func tail(log []byte) []byte {
	if len(log) >= tailBytes {
		log = log[len(log)-tailBytes:]
		if _, rest, found := bytes.Cut(log, []byte("\n")); found {
			log = rest
		}
	}
	return bytes.TrimSpace(log)
}
