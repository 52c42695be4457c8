package redistest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// MasterName is what Sentinels call the servers that they watch over.
const MasterName = "starling"

// A Watched server has a replica, and Sentinels that make the replica master when the server is gone.
type Watched struct {
	Master, Replica *Server
	Sentinels       []*Server
}

// StartWatched starts a master, a replica and three Sentinels, and waits until they know each other.
func StartWatched(tb testing.TB) *Watched {
	tb.Helper()
	w := &Watched{Master: Start(tb, "--repl-diskless-sync-delay", "0")}
	w.Replica = Start(tb, "--replicaof", "127.0.0.1 "+w.Master.Port())
	for range 3 {
		w.Sentinels = append(w.Sentinels, startSentinel(tb, w.Master))
	}
	for _, s := range w.Sentinels {
		s.Await("the other sentinels and the replica", func(ctx context.Context) error {
			facts, err := s.client.Do(ctx, "SENTINEL", "MASTER", MasterName).StringSlice()
			if err != nil {
				return err
			}
			text := strings.Join(facts, " ")
			if !strings.Contains(text, "num-slaves 1") || !strings.Contains(text, "num-other-sentinels 2") {
				return errors.New(text)
			}
			return nil
		})
	}
	return w
}

// startSentinel starts a Sentinel, which writes what it learns into its configuration file.
func startSentinel(tb testing.TB, master *Server) *Server {
	tb.Helper()
	s := newServer(tb, "redis-server")
	path := filepath.Join(s.dir, "sentinel.conf")
	text := fmt.Sprintf("sentinel monitor %[1]s 127.0.0.1 %[2]s 2\nsentinel down-after-milliseconds %[1]s 500\n"+
		"sentinel failover-timeout %[1]s 2000\nport %[3]s\nbind 127.0.0.1\ndir %[4]s\n",
		MasterName, master.Port(), s.Port(), s.dir)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	s.command = []string{path, "--sentinel"}
	s.Restart()
	return s
}

// URL returns the redis:// URL of the Sentinels.
func (w *Watched) URL() string {
	addrs := make([]string, 0, len(w.Sentinels))
	for _, s := range w.Sentinels {
		addrs = append(addrs, s.Addr)
	}
	return "redis://" + strings.Join(addrs, ",") + "/?mode=sentinel&master=" + MasterName
}
