package config_test

import (
	"math"
	"testing"

	"github.com/starling-tracker/starling/internal/config"
)

func TestSizesPrintTheShortestExactForm(t *testing.T) {
	for size, want := range map[config.Size]string{
		0: "0", 1: "1", 1000: "1KB", 1024: "1KiB", 1232: "1232", 4 << 20: "4MiB", 5e6: "5MB", 3 << 30: "3GiB", 2e9: "2GB",
		1024000: "1024KB", 10112000: "9875KiB", 1<<20 + 1: "1048577", math.MaxInt64: "9223372036854775807",
	} {
		got := size.String()
		if got != want {
			t.Errorf("Size(%d): got %s, want %s", int64(size), got, want)
		}
		var again config.Size
		if err := again.UnmarshalText([]byte(got)); err != nil || again != size {
			t.Errorf("%s reads back as %d, %v; want %d", got, int64(again), err, int64(size))
		}
	}
}

func TestSizesRefuseOtherText(t *testing.T) {
	for _, text := range []string{"", "KiB", "-1", "+1", "1.5KiB", "1 KiB", "1kib", "1K", "1TB", "0x10", "9007199254740992KiB", "9223372036854775808"} {
		size := config.Size(7)
		if err := size.UnmarshalText([]byte(text)); err == nil || size != 7 {
			t.Errorf("%q: got %v and error %v, want an error and nothing changed", text, size, err)
		}
	}
}
