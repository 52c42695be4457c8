package replica

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func TestTheLogHasTheReasonAsItIsNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		r := &Replica{log: slog.New(slog.NewTextHandler(&log, nil)), metrics: newMetrics(prometheus.NewRegistry())}
		reasons := []string{"first", "second", "third"}
		for _, reason := range reasons {
			r.note(errors.New(reason + " of a probe"))
			r.noteKept(errors.New(reason + " of a heartbeat"))
			time.Sleep(5 * time.Second) // as often as another reason is told
		}
		for _, reason := range reasons {
			for _, of := range []string{" of a probe", " of a heartbeat"} {
				if got := strings.Count(log.String(), reason+of); got != 1 {
					t.Errorf("got %d lines with %q, want one", got, reason+of)
				}
			}
		}
	})
}
