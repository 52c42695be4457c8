package replica_test

import (
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/testutil/redistest"
)

func TestAReplicaJoinsThoughRedisIsFull(t *testing.T) {
	server := redistest.Start(t)
	url, prefix := server.URL(), newPrefix()
	first := run(t, url, prefix)
	<-first.Joined()
	server.Do("CONFIG", "SET", "maxmemory", "1")
	late := run(t, url, prefix)
	select {
	case <-late.Joined():
	case <-time.After(20 * time.Second):
		t.Error("got a replica that has not joined after 20 s, though all that it needs is there")
	}
}

func TestARedisThatTakesNoWritesIsNotWell(t *testing.T) {
	tests := []struct {
		name        string
		before, now []any
		reason      string
	}{
		{"replica of another", []any{"REPLICAOF", "NO", "ONE"}, []any{"REPLICAOF", "127.0.0.1", "1"}, "READONLY"},
		{"full", []any{"CONFIG", "SET", "maxmemory", "0"}, []any{"CONFIG", "SET", "maxmemory", "1"}, "OOM"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := redistest.Start(t)
			k := kind{s.URL(), []*redistest.Server{s}}
			r := run(t, k.url, newPrefix())
			k.await("the first contact", func() bool { return r.hasJoined() && r.Takes() })
			s.Do(tt.now...)
			k.await("a heartbeat that is refused", func() bool { return !r.Takes() })
			if !r.Up() {
				t.Error("got Redis away, want it up, since it answers")
			}
			r.log.await(t, tt.reason)
			s.Do(tt.before...)
			k.await("a heartbeat", r.Takes)
			r.end(t)
			if r.Takes() {
				t.Error("got it well after the end, want it unknown and so not")
			}
		})
	}
}
