package console

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"time"
)

//go:embed templates/*.html
var templates embed.FS

// pages are the parsed templates, by the name of their file.
type pages map[string]*template.Template

// names are the pages' files. Each has its own "main".
var names = []string{
	"overview", "partitions", "partition", "orders", "accounts", "account", "letters", "letter", "resolve", "resolved",
	"replays", "replay", "plan", "audit", "error",
}

func parsePages() pages {
	shared := template.Must(template.New("base.html").Funcs(functions).
		ParseFS(templates, "templates/base.html", "templates/parts.html"))
	all := make(pages, len(names))
	for _, name := range names {
		all[name] = template.Must(template.Must(shared.Clone()).ParseFS(templates, "templates/"+name+".html"))
	}
	return all
}

// frame is what every page has around its content.
type frame struct {
	Title   string
	Section string // that of the menu
	Topic   string
	Group   string
	Version string
	Who     string
	SignIn  bool
	Write   bool
	Now     time.Time
	Assets  map[string]string
	Page    any
}

// load finds what a page shows.
type load func(context.Context, *http.Request) (title string, page any, err error)

// page answers with a template and what load finds for it.
func (c *Console) page(name, section string, find load) http.HandlerFunc {
	return limited(func(w http.ResponseWriter, r *http.Request) {
		c.answer(w, r, name, section, find)
	}, pageTimeout)
}

func (c *Console) answer(w http.ResponseWriter, r *http.Request, name, section string, find load) {
	title, page, err := find(r.Context(), r)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.show(w, r, http.StatusOK, name, "base.html", c.frame(r, section, title, page))
}

func (c *Console) frame(r *http.Request, section, title string, page any) frame {
	return frame{
		Title: title, Section: section, Topic: c.config.Topic, Group: c.config.Group, Version: c.config.Version,
		Who: visitorOf(r.Context()), SignIn: c.config.Access.SignIn(), Write: c.config.Write, Now: time.Now().UTC(),
		Assets: assetPaths, Page: page,
	}
}

// show writes a template, whole or not at all.
func (c *Console) show(w http.ResponseWriter, r *http.Request, status int, name, part string, f frame) {
	var text bytes.Buffer
	if err := c.pages[name].ExecuteTemplate(&text, part, f); err != nil {
		c.config.Logger.Error("console: a page can't be written", "page", name, "error", err)
		http.Error(w, "this page can't be written: the log says why", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(text.Bytes()) // the client may have gone
	}
}

// pageError is an answer that says what is wrong and what to do.
type pageError struct {
	Status    int
	What, Now string
}

// Error implements error.
func (e *pageError) Error() string { return e.What + ": " + e.Now }

// failing names what could not be done.
func failing(what string, err error) error {
	if err == nil {
		return nil
	}
	var told *pageError
	if errors.As(err, &told) {
		return err
	}
	return &pageError{http.StatusServiceUnavailable, what, reasonOf(err)}
}

// reasonOf says an error to a person.
func reasonOf(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "It took longer than a page may: " + err.Error()
	}
	return err.Error()
}

func (c *Console) fail(w http.ResponseWriter, r *http.Request, err error) {
	var told *pageError
	if !errors.As(err, &told) {
		told = &pageError{http.StatusServiceUnavailable, "This page can't be shown", reasonOf(err)}
	}
	if told.Status >= http.StatusInternalServerError && r.Context().Err() != context.Canceled {
		c.config.Logger.Warn("console: a page failed", "path", r.URL.Path, "error", told)
	}
	c.show(w, r, told.Status, "error", "base.html", c.frame(r, "", told.What, told))
}
