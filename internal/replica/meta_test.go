package replica_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/starling-tracker/starling/internal/replica"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
)

func TestAnotherLayoutIsRefusedAndNamed(t *testing.T) {
	s := redistest.Start(t)
	for _, tt := range []struct {
		layout, partitions string
		ok                 bool
	}{
		{"1", "32", true},
		{"2", "32", false},
		{"0", "32", false},
		{"1", "64", false},
		{"1.0", "32", false},
		{"", "32", false},
		{strings.Repeat("9", 1000), "\x1b[31m", false},
	} {
		prefix := newPrefix()
		s.Do("HSET", prefix+"meta", "layout", tt.layout, "partitions", tt.partitions)
		r := newReplica(connect(t, s.URL(), prefix), replica.Options{})
		err := r.Beat(t.Context())
		if errors.Is(err, replica.ErrLayout) == tt.ok || tt.ok && err != nil {
			t.Errorf("layout %.9q, %q partitions: got error %v, want it accepted: %v", tt.layout, tt.partitions, err, tt.ok)
		}
		if err == nil {
			continue
		}
		for _, want := range []string{tt.layout[:min(len(tt.layout), 9)], "needs layout 1 with 32", prefix + "meta"} {
			if !strings.Contains(err.Error(), want) || len(err.Error()) > 300 || strings.Contains(err.Error(), "\x1b") {
				t.Errorf("got error %q, want a short and plain one with %q", err, want)
			}
		}
		if got := s.Int("EXISTS", prefix+"secrets", prefix+"replicas"); got != 0 {
			t.Errorf("layout %.9q: got %d keys written beside another's, want none", tt.layout, got)
		}
	}
}

func TestTheLayoutIsCreatedAndWrittenBack(t *testing.T) {
	eachKind(t, func(t *testing.T, k kind) {
		prefix := newPrefix()
		conn := connect(t, k.url, prefix)
		r := newReplica(conn, replica.Options{})
		for _, when := range []string{"at the start", "after a flush"} {
			if lost, err := r.Probe(t.Context()); err != nil || !lost {
				t.Errorf("%s: got lost %v, error %v before a heartbeat, want it lost", when, lost, err)
			}
			beat(t, r)
			got, err := conn.HGetAll(t.Context(), conn.Meta()).Result()
			if err != nil || len(got) != 2 || got["layout"] != "1" || got["partitions"] != "32" {
				t.Errorf("%s: got %v, error %v, want layout 1 and 32 partitions", when, got, err)
			}
			if lost, err := r.Probe(t.Context()); err != nil || lost {
				t.Errorf("%s: got lost %v, error %v after a heartbeat, want it found", when, lost, err)
			}
			k.flush()
		}
	})
}

func TestWhatAnotherProgramHasUnderTheNameIsAnErrorThatMayPass(t *testing.T) {
	s := redistest.Start(t)
	for _, key := range []string{"meta", "secrets", "replicas"} {
		prefix := newPrefix()
		s.Do("SET", prefix+key, "not ours")
		r := newReplica(connect(t, s.URL(), prefix), replica.Options{})
		err := r.Beat(t.Context())
		if err == nil || errors.Is(err, replica.ErrLayout) || !strings.Contains(err.Error(), prefix+key) {
			t.Errorf("%s: got error %v, want one that names the key and is not for good", key, err)
		}
		s.Do("DEL", prefix+key)
		beat(t, r)
	}
}
