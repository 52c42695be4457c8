package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Size is a number of bytes. It is written as a whole number with one of the units KiB, MiB, GiB
// (powers of 1024), KB, MB, GB (powers of 1000), or none for bytes.
type Size int64

var units = []struct {
	name  string
	bytes int64
}{
	{"GB", 1e9},
	{"MB", 1e6},
	{"KB", 1e3},
	{"GiB", 1 << 30},
	{"MiB", 1 << 20},
	{"KiB", 1 << 10},
}

// String returns the shortest text that reads back as exactly s, with a unit where that is no longer.
func (s Size) String() string {
	shortest := strconv.FormatInt(int64(s), 10)
	for _, u := range units {
		if int64(s)%u.bytes != 0 {
			continue
		}
		if text := strconv.FormatInt(int64(s)/u.bytes, 10) + u.name; len(text) <= len(shortest) {
			shortest = text
		}
	}
	return shortest
}

// UnmarshalText reads what String writes, and longer forms of it.
func (s *Size) UnmarshalText(text []byte) error {
	number, unit := string(text), int64(1)
	for _, u := range units {
		if before, found := strings.CutSuffix(number, u.name); found {
			number, unit = before, u.bytes
			break
		}
	}
	n, err := strconv.ParseUint(number, 10, 63)
	if err != nil || int64(n) > math.MaxInt64/unit {
		return fmt.Errorf("%q is not a size: write it like 1232, 64KiB or 2MB", text)
	}
	*s = Size(int64(n) * unit)
	return nil
}
