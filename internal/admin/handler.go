package admin

import (
	"fmt"
	"net/http"
	"strings"

	"deductor/consumer"
	"deductor/internal/printable"
)

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // the client may have gone
}

// readiness says what is not well, or everything.
func readiness(checks []consumer.Check, verbose bool) (status int, text string) {
	var said strings.Builder
	status = http.StatusOK
	for _, check := range checks {
		if check.Err != nil {
			status = http.StatusServiceUnavailable
		}
		if check.Err != nil || verbose {
			said.WriteString(line(check))
		}
	}
	switch {
	case verbose && status == http.StatusOK:
		said.WriteString("ready\n")
	case verbose:
		said.WriteString("not ready\n")
	case status == http.StatusOK:
		said.WriteString("ok\n")
	}
	return status, said.String()
}

// line is one check: a mark, its name, and what there is to say.
func line(check consumer.Check) string {
	mark, rest := "[+]", check.Note
	if check.Err != nil {
		mark, rest = "[-]", check.Err.Error()
	}
	if rest != "" {
		rest = ": " + strings.ReplaceAll(rest, "\n", "; ")
	}
	return fmt.Sprintf("%s %s%s\n", mark, check.Name, printable.Lines([]byte(rest)))
}
