package config

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// Print writes all settings as a YAML file. It reads back as the same configuration, save that a
// secret is printed as [set], which is refused until the secret is filled in. One that was read
// from a file is printed as the name of that file.
func (c Config) Print(w io.Writer) error {
	all := settings(&c)
	fromFile := make(map[string]bool)
	for _, s := range all {
		if secret, ok := strings.CutSuffix(s.Name, "_file"); ok && !s.Target.IsZero() {
			fromFile[secret] = true
		}
	}
	var b strings.Builder
	last := ""
	for _, s := range all {
		section, key, _ := strings.Cut(s.Name, ".")
		if section != last {
			fmt.Fprintf(&b, "%s:\n", section)
			last = section
		}
		text := quote("")
		if !fromFile[s.Name] {
			text = printed(s.Target.Interface())
		}
		fmt.Fprintf(&b, "  %s: %s\n", key, text)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// printed returns value as the file would say it.
func printed(value any) string {
	switch v := value.(type) {
	case Secret:
		return quote(v.String())
	case string:
		return quote(v)
	case time.Duration:
		return duration(v)
	case Addrs:
		return quoteAll(v)
	case Patterns:
		return quoteAll(v)
	case Networks:
		return quoteAll(v)
	}
	return fmt.Sprint(value)
}

// quote returns s as JSON does, which YAML reads as well. It needs no knowledge of the many texts
// that mean something else in YAML when they stand there bare.
func quote(s string) string {
	text, _ := json.Marshal(s) // a string cannot fail
	return string(text)
}

func quoteAll[T any](list []T) string {
	items := make([]string, len(list))
	for i, item := range list {
		items[i] = quote(fmt.Sprint(item))
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// duration returns 30m for what time prints as 30m0s.
func duration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
