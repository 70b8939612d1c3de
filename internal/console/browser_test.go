package console

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

var shots = flag.String("shots", "", "write screenshots of the pages into this `DIRECTORY`")

// browser is one Chromium for all that is looked at, and what it complained of.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu        sync.Mutex
	complaint []string
}

// chromium is the program's path; without it the test is left out, unless
// DEDUCTOR_REQUIRE_BROWSER says that it has to be there.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("DEDUCTOR_REQUIRE_BROWSER") == "1" {
		t.Fatal("there is no Chromium, and DEDUCTOR_REQUIRE_BROWSER=1")
	}
	t.Skip("there is no Chromium")
	return ""
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	flags := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(chromium(t)), chromedp.UserDataDir(t.TempDir()), chromedp.Headless, chromedp.NoSandbox,
		chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.WSURLReadTimeout(time.Minute),
	}
	for _, name := range []string{"disable-quic", "disable-background-networking", "disable-component-update",
		"disable-sync", "disable-dev-shm-usage"} {
		flags = append(flags, chromedp.Flag(name, true))
	}
	started, end := chromedp.NewExecAllocator(t.Context(), flags...)
	t.Cleanup(end)
	b := &browser{t: t}
	ctx, cancel := chromedp.NewContext(started, chromedp.WithListener(b.listen))
	t.Cleanup(cancel)
	t.Cleanup(func() { _ = chromedp.Cancel(ctx) })
	b.ctx = ctx
	// The target lives as long as the context of its first run.
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	return b
}

// patience is how long one thing may take in the browser, on a busy machine.
const patience = 30 * time.Second

// listen keeps what stands in the browser's console, refused by the policy, or
// thrown.
func (b *browser) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch event := event.(type) {
	case *runtime.EventExceptionThrown:
		b.complaint = append(b.complaint, event.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		b.complaint = append(b.complaint, fmt.Sprintf("console.%s", event.Type))
	case *log.EventEntryAdded:
		b.complaint = append(b.complaint, event.Entry.Text+" "+event.Entry.URL)
	}
}

func (b *browser) run(what string, steps ...step) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, said := range b.complaint {
		b.t.Errorf("%s: the browser says: %s", what, said)
	}
	b.complaint = nil
}

// open opens a page and waits until it is there.
func (b *browser) open(name, url string) {
	b.t.Helper()
	b.run(name, chromedp.Navigate(url), await("main h1"))
	if title := read(b, name, chromedp.Title()); !strings.HasSuffix(title, "· Deductor") {
		b.t.Errorf("%s: the title is %q", name, title)
	}
}

// fits expects that the page that is open has no more to the right than a window
// of a width has, in a colour scheme.
func (b *browser) fits(name string, width int64, scheme string) {
	b.t.Helper()
	what := fmt.Sprintf("%s-%d-%s", name, width, scheme)
	b.run(what, chromedp.EmulateViewport(width, 900), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	}))
	if overflow := read(b, what, chromedp.Evaluate[int](
		`document.documentElement.scrollWidth - document.documentElement.clientWidth`)); overflow > 0 {
		b.t.Errorf("%s: it scrolls sideways, by %d pixels", what, overflow)
	}
	dark := read(b, what, chromedp.Evaluate[bool](
		`getComputedStyle(document.querySelector("main h1")).color.match(/\d+/)[0] > 128`))
	if dark != (scheme == "dark") {
		b.t.Errorf("%s: its text is light: %v", what, dark)
	}
	if *shots != "" {
		b.shoot(what)
	}
}

// shoot keeps what the whole page looks like.
func (b *browser) shoot(name string) {
	b.t.Helper()
	picture := read(b, name, chromedp.FullScreenshot(100))
	if err := os.WriteFile(filepath.Join(*shots, name+".png"), picture, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// step is a thing that a person does, or waits for.
type step = chromedp.Action[chromedp.Void]

func click(selector string) step        { return chromedp.Click(chromedp.CSS(selector)) }
func await(selector string) step        { return chromedp.WaitVisible(chromedp.CSS(selector)) }
func typeIn(selector, text string) step { return chromedp.SendKeys(chromedp.CSS(selector), text) }

// read is what a page answers.
func read[T any](b *browser, what string, action chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
	return value
}

func TestInChromium(t *testing.T) {
	t.Parallel()
	screen := newBrowser(t)
	b := newBundle(t, func(c *Config) { c.Write = true })
	b.seed()
	b.exec(`INSERT INTO partition_halt (consumer_group, topic, partition, reason, detail)
		VALUES ('debits', $1, 2, 'retention_gap', 'offsets 2 to 40 were removed from the log before they were processed')`,
		b.kafka.Topic)
	watched, stop := context.WithCancel(t.Context())
	defer stop()
	for range 3 {
		b.console.watch.look(watched)
		b.kafka.Produce(t, 0, `{"order_id":"unread","account":"customer-1","amount":"1.00","currency":"USD"}`)
		b.eventually(func() string { // the next look finds what is new
			if time.Now().After(b.console.watch.survey.until) {
				return ""
			}
			return "the last look is kept"
		})
	}
	pages := []struct{ name, path string }{
		{"overview", "/"}, {"partitions", "/partitions"}, {"partition", "/partitions/2"}, {"orders", "/orders"},
		{"order", "/orders?id=ord-0"}, {"accounts", "/accounts"}, {"account", "/accounts/show?name=customer-1"},
		{"dead-letters", "/dead-letters"}, {"dead-letter", "/dead-letters/1"}, {"audit", "/audit"}, {"replays", "/replays"},
		{"confirm", "/dead-letters/requeue/confirm?id=1&id=2"}, {"unknown", "/orders?id=nothing"},
	}
	for _, page := range pages {
		screen.open(page.name, b.url+page.path)
		screen.fits(page.name, 360, "light")
		screen.fits(page.name, 1440, "dark")
		if *shots != "" {
			screen.fits(page.name, 1440, "light")
			screen.fits(page.name, 360, "dark")
		}
	}
	t.Run("actions", func(t *testing.T) { screen.t = t; actInChromium(t, b, screen) })
}

// actInChromium does one thing on each page, as a person would.
func actInChromium(t *testing.T, b *bundle, screen *browser) {
	screen.open("overview", b.url+"/")
	screen.run("the plot", await(".plot canvas"))
	screen.run("live figures", chromedp.Evaluate[chromedp.Void](`document.querySelector(".figures").dataset.old = "1"`),
		chromedp.Evaluate[chromedp.Void](`htmx.trigger("#now", "every 5s")`),
		chromedp.WaitNotPresent(chromedp.CSS(`.figures[data-old]`)))
	// The system's colours are dark by now.
	screen.run("light by the switch", click("[data-theme-switch]"),
		chromedp.WaitReady(chromedp.CSS(`html[data-theme="light"]`)))
	screen.run("and still after a click", click(`nav a[href$="/partitions"]`),
		await("table.rows"), chromedp.WaitReady(chromedp.CSS(`html[data-theme="light"]`)))
	screen.run("one partition", click(`tbody tr:nth-child(3) a`), await(".halt code"))

	screen.open("orders", b.url+"/orders")
	screen.run("find an order", typeIn(`input[name="id"]`, "ord-7"),
		chromedp.Submit(chromedp.CSS(`input[name="id"]`)),
		await(".story"))
	if said := read(screen, "its amount", chromedp.Text(chromedp.CSS(".lead"))); !strings.Contains(said, "1.50 USD") {
		t.Errorf("the order is %q", said)
	}
	screen.run("its account", click(`.lead a[href*="customer-8"]`), await(".facts"))

	screen.open("accounts", b.url+"/accounts")
	screen.run("the next accounts", click(`a[rel="next"]`), await(`a[rel="next"]`))

	screen.open("dead-letters", b.url+"/dead-letters?reason=amount_precision")
	screen.run("discard one", click(`tbody tr:first-child input[type="checkbox"]`),
		click(`button[formaction$="/discard/confirm"]`), await(`input[name="reason"]`),
		typeIn(`input[name="name"]`, "bob"), typeIn(`input[name="reason"]`, "a test"),
		click(".danger"), await(".badge.discarded"))
	if n := b.count(`SELECT count(*) FROM dead_letter_action WHERE action = 'discard' AND actor LIKE 'bob (console,%'
		AND reason = 'a test'`); n != 1 {
		t.Errorf("%d letters were discarded", n)
	}

	screen.open("replays", b.url+"/replays")
	screen.run("plan a replay", chromedp.SetValue(chromedp.CSS(`select[name="target"]`), "earliest"),
		typeIn(`input[name="partitions"]`, "0,1"), click(".filter button"), await(".confirm"))
	if *shots != "" {
		screen.shoot("plan")
	}
	screen.open("audit", b.url+"/audit")
	screen.run("audit", click("form button"), await(".badge.balanced"))
	if *shots != "" {
		screen.shoot("audited")
	}
}
