package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

const repository = "../../"

// page is a file of Markdown, told apart into what is text and what is code.
type page struct {
	path   string // from the repository's root
	text   string // outside fenced blocks
	blocks []block
}

// block is a fenced one.
type block struct {
	language string
	lines    []string
}

// pages are README.md and all of docs.
func pages(t *testing.T) []page {
	t.Helper()
	found := []page{readPage(t, "README.md")}
	err := filepath.WalkDir(repository+"docs", func(path string, _ fs.DirEntry, err error) error {
		if filepath.Ext(path) == ".md" {
			found = append(found, readPage(t, strings.TrimPrefix(filepath.ToSlash(path), repository)))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func readPage(t *testing.T, path string) page {
	t.Helper()
	content, err := os.ReadFile(repository + path)
	if err != nil {
		t.Fatal(err)
	}
	p := page{path: path}
	var text strings.Builder
	fenced := false
	for line := range strings.Lines(string(content)) {
		mark, isFence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case isFence && !fenced:
			p.blocks = append(p.blocks, block{language: mark})
		case fenced && !isFence:
			last := &p.blocks[len(p.blocks)-1]
			last.lines = append(last.lines, strings.TrimSpace(line))
		case !isFence:
			text.WriteString(line)
		}
		fenced = fenced != isFence
	}
	if fenced {
		t.Errorf("%s: a fenced block is not closed", path)
	}
	p.text = text.String()
	return p
}

var (
	codeSpan = regexp.MustCompile("`[^`]+`")
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading  = regexp.MustCompile(`(?m)^#+ +(.*?) *$`)
)

// links are those to other files and headings, without those to other servers.
func (p page) links() []string {
	var found []string
	for _, match := range link.FindAllStringSubmatch(codeSpan.ReplaceAllString(p.text, ""), -1) {
		if !strings.Contains(match[1], "://") && !strings.HasPrefix(match[1], "mailto:") {
			found = append(found, match[1])
		}
	}
	return found
}

// anchors are what its headings are called in links, by GitHub's rules.
func (p page) anchors() map[string]bool {
	found := make(map[string]bool)
	for _, match := range heading.FindAllStringSubmatch(p.text, -1) {
		found[strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, match[1])] = true
	}
	return found
}

// resolve returns the path that a link on the page leads to, and the heading.
func (p page) resolve(target string) (path, anchor string) {
	path, anchor, _ = strings.Cut(target, "#")
	if path == "" {
		return p.path, anchor
	}
	return filepath.ToSlash(filepath.Join(filepath.Dir(p.path), path)), anchor
}

// TestDocsLinksLead fails when a page links to a file or a heading that isn't there.
func TestDocsLinksLead(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, p := range pages(t) {
		for _, target := range p.links() {
			checked++
			path, anchor := p.resolve(target)
			if _, err := os.Stat(repository + path); err != nil {
				t.Errorf("%s links to %s: there is no such file", p.path, target)
			} else if anchor != "" && !readPage(t, path).anchors()[anchor] {
				t.Errorf("%s links to %s: there is no such heading", p.path, target)
			}
		}
	}
	if checked < 100 {
		t.Errorf("%d links were found: the pages have more", checked)
	}
}

// TestDocsPagesAreListed fails when a page is in no index: docs/README.md has all, but for those that a README.md
// beside them lists.
func TestDocsPagesAreListed(t *testing.T) {
	t.Parallel()
	listed := make(map[string]bool)
	all := pages(t)
	for _, p := range all {
		if p.path == "README.md" || filepath.Base(p.path) != "README.md" {
			continue
		}
		for _, target := range p.links() {
			path, _ := p.resolve(target)
			listed[path] = true
		}
	}
	for _, p := range all[1:] {
		if p.path != "docs/README.md" && !listed[p.path] {
			t.Errorf("%s is in no index: list it in docs/README.md", p.path)
		}
	}
}

// TestDocsTestsExist fails when a page names a test that isn't there.
func TestDocsTestsExist(t *testing.T) {
	t.Parallel()
	tests := make(map[string]bool)
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	files := os.DirFS(repository)
	err := fs.WalkDir(files, ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := fs.ReadFile(files, path)
		for _, match := range function.FindAllStringSubmatch(string(source), -1) {
			tests[match[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile("`((?:Test|Fuzz)\\w+)`")
	for _, p := range pages(t) {
		for _, match := range name.FindAllStringSubmatch(p.text, -1) {
			if !tests[match[1]] {
				t.Errorf("%s names %s: there is no such test", p.path, match[1])
			}
		}
	}
}
