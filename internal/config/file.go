package config

import (
	"fmt"
	"io"
	"os"
)

// maxFileBytes is many times a file that sets everything. The YAML parser needs memory by the square
// of the brackets it has entered: 2 GB for this many of them, which is no file that anybody wrote.
const maxFileBytes = 32 << 10

// addFile adds the settings of the YAML file at path.
func (l *layers) addFile(path string) {
	data, err := readFile(path, maxFileBytes)
	if err != nil {
		l.add("configuration file: %w", err)
		return
	}
	l.addYAML(path, data)
}

// readFile returns what a file holds, or an error if that is more than maxBytes: then it is not the
// file that was meant.
func readFile(path string, maxBytes int) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // the operator says which file
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, int64(maxBytes)+1))
	if err == nil && len(data) > maxBytes {
		err = fmt.Errorf("%s holds more than %d bytes", path, maxBytes)
	}
	return data, err
}
