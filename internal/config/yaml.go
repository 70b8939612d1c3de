package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// place is where something stands in a file, both counted from 1.
type place struct{ line, column int }

func placeOf(t *token.Token) place {
	if t == nil || t.Position == nil {
		return place{1, 1}
	}
	return place{max(1, t.Position.Line), max(1, t.Position.Column)}
}

// entry is a key with its value, as it stands in the file.
type entry struct {
	key   string
	value string // "" counts as none; a list's items are separated by commas
	list  bool
	keyAt place
	at    place // of the value
}

// parse reads a document that is one mapping of names to values. What can't be
// read is among the problems, and the rest is read on.
func parse(content []byte) (entries []entry, problems []Problem) {
	file, err := parser.ParseBytes(content, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, []Problem{syntaxProblem(err)}
	}
	if len(file.Docs) > 1 && file.Docs[1].Body != nil {
		return nil, []Problem{problem(placeOf(file.Docs[1].Body.GetToken()), "",
			errors.New("a second document begins: a file has one"))}
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return nil, nil
	}
	var pairs []*ast.MappingValueNode
	switch body := file.Docs[0].Body.(type) {
	case *ast.MappingNode:
		pairs = body.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{body}
	case *ast.NullNode, *ast.CommentGroupNode:
		return nil, nil
	default:
		return nil, []Problem{problem(placeOf(body.GetToken()), "",
			errors.New("this is no list of settings: write one a line, NAME: VALUE"))}
	}
	for _, pair := range pairs {
		read, err := readPair(pair)
		if err != nil {
			problems = append(problems, problem(read.at, printableKey(read.key), err))
			continue
		}
		entries = append(entries, read)
	}
	return entries, problems
}

var (
	errNotName  = errors.New("a setting's name is plain text")
	errNested   = errors.New("names are flat: write kafka-brokers: … at the left margin, not brokers below kafka")
	errNotPlain = errors.New("a value is text, a number, true or false, or a list of those")
)

func readPair(pair *ast.MappingValueNode) (read entry, err error) {
	read.keyAt = placeOf(pair.Key.GetToken())
	read.at = read.keyAt
	name, plain := pair.Key.(*ast.StringNode)
	if !plain {
		return read, errNotName
	}
	read.key = name.Value
	if pair.Value == nil {
		return read, nil
	}
	switch pair.Value.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return read, errNested
	}
	read.at = placeOf(pair.Value.GetToken())
	if value, list := pair.Value.(*ast.SequenceNode); list {
		read.list = true
		items := make([]string, len(value.Values))
		for i, item := range value.Values {
			if items[i], plain = scalar(item); !plain {
				read.at = placeOf(item.GetToken())
				return read, errNotPlain
			}
		}
		read.value = strings.Join(items, ",")
		return read, nil
	}
	if read.value, plain = scalar(pair.Value); !plain {
		return read, errNotPlain
	}
	return read, nil
}

// scalar returns a value as it is written, so that a topic named 007 stays so.
// No anchors, aliases or tags: nobody needs them here.
func scalar(node ast.Node) (text string, plain bool) {
	switch value := node.(type) {
	case *ast.NullNode:
		return "", true
	case *ast.StringNode:
		return value.Value, true
	case *ast.LiteralNode:
		return value.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return node.GetToken().Value, true
	}
	return "", false
}

// syntaxProblem is what the parser says, without the lines that it would show:
// they may hold a secret. Of its own words only those are told that quote nothing.
func syntaxProblem(err error) Problem {
	var wrong yaml.Error
	if !errors.As(err, &wrong) {
		return problem(place{1, 1}, "", errors.New("this is not YAML"))
	}
	said := wrong.GetMessage()
	if said == "" || strings.ContainsAny(said, "\"\n\t") {
		return problem(placeOf(wrong.GetToken()), "", errors.New("this is not YAML"))
	}
	return problem(placeOf(wrong.GetToken()), "", fmt.Errorf("this is not YAML: %s", said))
}

// nameLike matches what may be told of a key: a secret that was pasted into a
// wrong place, such as a URL, does not look like this.
var nameLike = regexp.MustCompile(`^[A-Za-z][A-Za-z_.-]{0,63}$`)

func printableKey(key string) string {
	if nameLike.MatchString(key) {
		return key
	}
	return ""
}
