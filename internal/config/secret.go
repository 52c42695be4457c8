package config

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// maxSecretFileBytes is far more than any secret needs.
const maxSecretFileBytes = 4 << 10

// A Secret is a text that shows itself to nobody: however it is printed, logged or encoded, it
// reads [set], or nothing when it is empty. A conversion to string or []byte reveals it.
//
// A setting of this type named x has a twin named x_file.
type Secret string //nolint:recvcheck // kong decodes into a pointer, and a copy must hide itself too

// String returns "[set]", or "" for an empty secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

const hidden = "[set]"

// Format writes what String returns, whatever the verb: %d and %x would show the text otherwise.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText returns what String returns, for slog and encoding/json.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Decode reads a secret for kong. It takes whatever stands there, because kong's own decoder quotes
// a value that starts with a hyphen in its complaint.
func (s *Secret) Decode(ctx *kong.DecodeContext) error {
	text, ok := ctx.Scan.Pop().Value.(string)
	if !ok {
		return errors.New("want a text")
	}
	if text == hidden {
		return fmt.Errorf("%s stands for a secret that was not printed: write the secret itself", hidden)
	}
	*s = Secret(text)
	return nil
}

// readSecret returns the text that the file holds, without the white space around it.
func readSecret(path string) (string, error) {
	data, err := readFile(path, maxSecretFileBytes)
	text := strings.TrimSpace(string(data))
	if err == nil && text == "" {
		err = fmt.Errorf("%s is empty", path)
	}
	return text, err
}
