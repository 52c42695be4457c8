package outage_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/outage"
)

func TestAnOutageIsToldOfOnceAMinute(t *testing.T) {
	var o outage.Outage
	start := time.Now()
	if _, was := o.Ends(start); was {
		t.Error("got the end of an outage that never began")
	}
	for round := range 2 {
		told := 0
		for n := range 1200 { // five minutes of probes
			if o.Lasts(start.Add(time.Duration(n)*250*time.Millisecond), "refused") {
				told++
			}
		}
		if told != 5 {
			t.Errorf("round %d: got %d lines in five minutes, want 5", round, told)
		}
		lasted, was := o.Ends(start.Add(5 * time.Minute))
		if !was || lasted != 5*time.Minute {
			t.Errorf("round %d: got an end %v after %v, want one after 5m", round, was, lasted)
		}
	}
}

func TestAnOutageIsToldOfAgainWhenItsReasonIsAnotherOne(t *testing.T) {
	start := time.Now()
	tests := []struct {
		name   string
		reason func(n int) string
		want   int
	}{
		{"changed once", func(n int) string { return map[bool]string{false: "refused", true: "timeout"}[n >= 60] }, 2},
		{"ports differ", func(n int) string { return fmt.Sprintf("read 127.0.0.1:%d: timeout", 40000+n) }, 1},
		{"taking turns", func(n int) string { return string(rune('a' + n%7)) }, 6},
	}
	for _, tt := range tests {
		var o outage.Outage
		told := 0
		for n := range 120 { // half a minute of probes
			if o.Lasts(start.Add(time.Duration(n)*250*time.Millisecond), tt.reason(n)) {
				told++
			}
		}
		if told != tt.want {
			t.Errorf("%s: got %d lines in half a minute, want %d", tt.name, told, tt.want)
		}
	}
}

func TestThePauseGrowsAndIsBounded(t *testing.T) {
	for failures, want := range map[int]time.Duration{
		0: 100 * time.Millisecond, 1: 100 * time.Millisecond, 2: 200 * time.Millisecond, 4: 800 * time.Millisecond,
		5: time.Second, 6: time.Second, 1000: time.Second, 1 << 40: time.Second,
	} {
		var longest time.Duration
		for range 1000 {
			longest = max(longest, outage.Pause(failures))
		}
		if longest > want || longest < want*9/10 {
			t.Errorf("%d failures: got %v at the longest of 1000 pauses, want nearly %v", failures, longest, want)
		}
	}
}
