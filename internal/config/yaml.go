package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// A file is one YAML file on its way into layers.
type file struct {
	*layers
	path string
	seen map[string]int // line of each key and section
}

// addYAML adds the settings in data, the text of the file at path.
func (l *layers) addYAML(path string, data []byte) {
	f := file{layers: l, path: path, seen: make(map[string]int)}
	// Keys given twice are let through here, because f names them better.
	tree, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		f.syntaxError(err)
		return
	}
	for i, doc := range tree.Docs {
		if i > 0 && doc.Body != nil {
			f.addAt(doc.Body, "a second document; put all settings into the first")
			return
		}
		f.section("", doc.Body)
	}
}

// section adds what stands under name; the whole file is the section "".
func (f *file) section(name string, node ast.Node) {
	switch n := node.(type) {
	case nil, *ast.NullNode, *ast.CommentGroupNode: // all of it is commented out
	case *ast.MappingNode:
		for _, pair := range n.Values {
			f.pair(name, pair)
		}
	default:
		f.addAt(node, "want settings like `udp: {listen: [\":6969\"]}` here")
	}
}

func (f *file) pair(section string, pair *ast.MappingValueNode) {
	key, ok := scalar(pair.Key)
	if !ok {
		f.addAt(pair.Key, "want the name of a setting here; merge keys and aliases are not read")
		return
	}
	name := strings.TrimPrefix(section+"."+key, ".")
	first, seen := f.seen[name]
	f.seen[name] = line(pair.Key.GetToken())
	switch {
	case seen:
		f.addAt(pair.Key, "%s is given twice, first in line %d", name, first)
	case f.settings[name] != nil:
		f.setting(name, pair.Value)
	case slices.Contains(f.sections, name):
		f.section(name, pair.Value)
	default:
		f.addAt(pair.Key, "%s", unknown("key", "", name, slices.Concat(f.names, f.sections)))
	}
}

func (f *file) setting(name string, node ast.Node) {
	text, ok := scalar(node)
	want := "a value"
	if f.settings[name].Target.Kind() == reflect.Slice {
		want = "a list or one value"
		if list, isList := node.(*ast.SequenceNode); isList {
			text, ok = scalars(list)
		}
	}
	if !ok {
		f.addAt(node, "%s: want %s here, or no line for the default", name, want)
		return
	}
	f.set(name, text, fmt.Sprintf("%s:%d: %s", f.path, line(node.GetToken()), name))
}

// scalar returns the text of a plain, quoted or block value as it stands in the file. What it means
// is for the setting to say, as it is for a variable or a flag.
func scalar(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// scalars returns a list as a variable or a flag would write it.
func scalars(list *ast.SequenceNode) (string, bool) {
	items := make([]string, len(list.Values))
	for i, node := range list.Values {
		var ok bool
		if items[i], ok = scalar(node); !ok {
			return "", false
		}
	}
	return strings.Join(items, ","), true
}

func (f *file) addAt(node ast.Node, format string, args ...any) {
	f.add("%s:%d: %s", f.path, line(node.GetToken()), fmt.Sprintf(format, args...))
}

// syntaxError adds what the parser objects to, up to where it quotes the file: that could be a
// secret that was never closed or never opened.
func (f *file) syntaxError(err error) {
	at, message := 0, "not YAML"
	if e, ok := errors.AsType[yaml.Error](err); ok {
		at = line(e.GetToken())
		message, _, _ = strings.Cut(e.GetMessage(), `"`)
	}
	f.add("%s:%d: %s; are there quotes around values like \":6969\"?", f.path, at, strings.TrimRight(message, ": "))
}

func line(t *token.Token) int {
	if t == nil || t.Position == nil {
		return 0
	}
	return t.Position.Line
}
