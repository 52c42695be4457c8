package config

import (
	"strings"
	"testing"
)

// FuzzYAML checks that no file makes the loader panic, and that it either understands all of a file
// or says in which line it does not.
func FuzzYAML(f *testing.F) {
	for _, text := range []string{
		"udp: {listen: [\":1\"]}", "a: &x [b]\nc: *x", "? k\n: v", "log:\n  level: |\n    debug\n", "<<: {}", "%YAML 1.2\n---\n",
		"!!str a: !x b", "http: {trusted_proxies: [10.0.0.0/8, '::1']}", "udp:\n\t- x", "'\\u0000': \"\\x\"", "udp.secret: '0123456789abcdef'",
		"# nothing", "---\n---\n", "tracker:\n  numwant: 1\n  numwant: 2\n",
	} {
		f.Add([]byte(text))
	}
	known := newLayers()
	f.Fuzz(func(t *testing.T, data []byte) {
		l := &layers{settings: known.settings, names: known.names, sections: known.sections, values: map[string]string{}}
		l.addYAML("starling.yaml", data)
		for _, p := range l.problems {
			if !strings.HasPrefix(p.Error(), "starling.yaml:") {
				t.Errorf("got problem %q, want the file and line first", p)
			}
		}
		for name := range l.values {
			if known.settings[name] == nil {
				t.Errorf("got a value for %q, want settings alone", name)
			}
		}
	})
}
