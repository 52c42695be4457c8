package config

import (
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// layers are the values that the file and the environment give, the later ones over the earlier.
// As a kong.Resolver they come between the defaults and the command line.
type layers struct {
	report
	settings map[string]*kong.Flag
	names    []string // of all settings, in their order
	sections []string // what stands before the dots of names
	values   map[string]string
}

func newLayers() *layers {
	l := &layers{settings: make(map[string]*kong.Flag), values: make(map[string]string)}
	for _, s := range settings(new(Config)) {
		l.settings[s.Name] = s
		l.names = append(l.names, s.Name)
		if section, _, _ := strings.Cut(s.Name, "."); !slices.Contains(l.sections, section) {
			l.sections = append(l.sections, section)
		}
	}
	return l
}

// set gives a setting its value if kong can read it. Problems begin with where it comes from.
func (l *layers) set(name, text, where string) {
	s := l.settings[name]
	scan := kong.ScanFromTokens(kong.Token{Type: kong.FlagValueToken, Value: text})
	err := s.Mapper.Decode(&kong.DecodeContext{Value: s.Value, Scan: scan}, reflect.New(s.Target.Type()).Elem())
	if err != nil {
		l.add("%s: %w", where, err)
		return
	}
	l.values[name] = text
}

// addSecretFiles gives each secret whose _file twin is set the text of that file. typed is what
// the command line says, which counts more than values.
func (l *layers) addSecretFiles(typed map[string]string) {
	for _, name := range l.names {
		if _, ok := reflect.TypeAssert[Secret](l.settings[name].Target); !ok {
			continue
		}
		path, ok := typed[name+"_file"]
		if !ok {
			path = l.values[name+"_file"]
		}
		_, secretTyped := typed[name]
		switch {
		case path == "":
		case secretTyped || l.values[name] != "":
			l.add("%s and %s_file are both given; keep one of them", name, name)
		default:
			text, err := readSecret(path)
			if err != nil {
				l.add("%s_file: %w", name, err)
			}
			l.values[name] = text
		}
	}
}

// Resolve returns the value of a flag that was not typed, or nil for its default.
func (l *layers) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if text, ok := l.values[flag.Name]; ok {
		return text, nil
	}
	return nil, nil
}

// Validate has nothing left to object to; kong wants it.
func (l *layers) Validate(*kong.Application) error { return nil }

var _ kong.Resolver = (*layers)(nil)
