package replica_test

import (
	"errors"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/replica"
)

func TestAnotherLayoutEndsRun(t *testing.T) {
	eachKind(t, func(t *testing.T, k kind) {
		prefix := newPrefix()
		r := run(t, k.url, prefix)
		k.await("the first contact", r.hasJoined)
		if err := r.conn.HSet(t.Context(), r.conn.Meta(), "layout", replica.Layout+1).Err(); err != nil {
			t.Fatal(err)
		}
		late := run(t, k.url, prefix)
		if err := late.failure(t); !errors.Is(err, replica.ErrLayout) || late.hasJoined() {
			t.Errorf("a new replica: got error %v, want another layout", err)
		}
		if err := r.failure(t); !errors.Is(err, replica.ErrLayout) {
			t.Errorf("a replica that runs: got error %v, want another layout", err)
		}
		if infos := list(t, r.Replica); len(infos) != 0 {
			t.Errorf("got %v in the list, want nobody", infos)
		}
	})
}

func TestAnOrderlyEndLeavesTheList(t *testing.T) {
	eachKind(t, func(t *testing.T, k kind) {
		prefix := newPrefix()
		a, b := run(t, k.url, prefix), run(t, k.url, prefix)
		k.await("both replicas", func() bool {
			infos, err := b.List(t.Context())
			return err == nil && len(infos) == 2
		})
		a.end(t)
		if got := list(t, b.Replica); len(got) != 1 || got[0].Tag != b.Tag() {
			t.Errorf("got %v after the end of one, want the other", got)
		}
		if n, err := b.conn.Exists(t.Context(), b.conn.Replica(a.Tag())).Result(); n != 0 || err != nil {
			t.Errorf("got facts of a replica that left, error %v, want none", err)
		}
		if n, err := b.conn.ZCard(t.Context(), b.conn.Replicas()).Result(); n != 1 || err != nil {
			t.Errorf("got %d tags after the end of one of two, error %v, want 1", n, err)
		}
	})
}

func TestAnEndDoesNotWaitForRedis(t *testing.T) {
	eachKind(t, func(t *testing.T, k kind) {
		r := run(t, k.url, newPrefix())
		k.await("the first contact", r.hasJoined)
		for _, s := range k.servers {
			s.Freeze()
			defer s.Thaw()
		}
		if took := r.end(t); took > time.Second {
			t.Errorf("got the end after %v while Redis is frozen, want it after 500ms", took)
		}
	})
}
