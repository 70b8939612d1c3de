package console

import (
	"context"
	"net"
	"net/http"
	"time"
)

// policy is what a page may load and do: scripts, styles, plots and forms of
// this server, and nothing else. Nothing stands inline.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// maxBody bounds what a form may send.
const maxBody = 64 << 10

type visitor struct{}

// visitorOf is who asks, as Access has it.
func visitorOf(ctx context.Context) string {
	name, _ := ctx.Value(visitor{}).(string)
	return name
}

// guard lets through what may be answered. In this order: that there is a
// console here, who asks, under which name they reached it, and, of a request
// that changes something, from which page.
func (c *Console) guard(next http.Handler) http.Handler {
	origin := http.NewCrossOriginProtection()
	origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.fail(w, r, &pageError{http.StatusForbidden, "The form came from another site",
			"Open the page here, and send it again."})
	}))
	next = origin.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-Frame-Options", "DENY")
		header.Set("Referrer-Policy", "same-origin")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Cache-Control", "no-store")
		if !c.config.Access.Served() {
			http.Error(w, notServed, http.StatusForbidden)
			return
		}
		name, ok := c.config.Access.who(r)
		if !ok {
			header.Set("WWW-Authenticate", `Basic realm="deductor", charset="UTF-8"`)
			http.Error(w, "sign in: the user and password of the console, or any name with its token as the password",
				http.StatusUnauthorized)
			return
		}
		// A site that a browser is on can give this address a name of its own (DNS
		// rebinding). Who had to sign in here did not do so there.
		if !c.config.Access.SignIn() && !isLoopback(hostOf(r)) {
			http.Error(w, "open the console as localhost: "+r.Host+" is not a name of it that it knows\n"+
				"(behind a proxy, give it a token or a user and password)", http.StatusForbidden)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), visitor{}, name)))
	})
}

const notServed = `There is no console here: others than this host reach this address, and nobody would have to sign in.

Give DEDUCTOR_CONSOLE_TOKEN_FILE, the path of a file with 16 random characters or more, and sign in with any
name and the token as the password; or DEDUCTOR_CONSOLE_USER with DEDUCTOR_CONSOLE_PASSWORD_FILE. Or listen on
a loopback address: DEDUCTOR_ADMIN_ADDR=127.0.0.1:8321.
`

func hostOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		return r.Host
	}
	return host
}

// limited gives a handler's work a deadline.
func limited(next http.HandlerFunc, most time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), most)
		defer cancel()
		next(w, r.WithContext(ctx))
	}
}

// unhurried lifts the server's limits from a request whose work takes longer,
// and bounds it by its own.
func unhurried(next http.HandlerFunc, most time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm() // what is wrong with it is seen when a value is missing
		control := http.NewResponseController(w)
		_ = control.SetReadDeadline(time.Time{}) // a test's recorder has none
		_ = control.SetWriteDeadline(time.Now().Add(most + 5*time.Second))
		limited(next, most)(w, r)
	}
}
