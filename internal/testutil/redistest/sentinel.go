package redistest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
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
	return StartWatchedFor(tb, Access{})
}

// StartWatchedFor is [StartWatched] of servers and Sentinels that have to be used as access says.
func StartWatchedFor(tb testing.TB, access Access) *Watched {
	tb.Helper()
	args := append(access.replication(), "--repl-diskless-sync-delay", "0")
	w := &Watched{Master: StartFor(tb, access, args...)}
	w.Replica = StartFor(tb, access, append(args, "--replicaof", "127.0.0.1 "+w.Master.Port())...)
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
	access := master.access
	s := newServer(tb, access, "redis-server")
	path := filepath.Join(s.dir, "sentinel.conf")
	lines := append(access.lines(s.Port()),
		[]string{"bind", "127.0.0.1"},
		[]string{"dir", s.dir},
		[]string{"sentinel", "monitor", MasterName, "127.0.0.1", master.Port(), "2"},
		[]string{"sentinel", "down-after-milliseconds", MasterName, "500"},
		[]string{"sentinel", "failover-timeout", MasterName, "2000"},
	)
	if access.User != "" {
		lines = append(lines,
			[]string{"sentinel", "auth-user", MasterName, access.User},
			[]string{"sentinel", "auth-pass", MasterName, access.Password},
			[]string{"sentinel", "sentinel-user", access.User},
			[]string{"sentinel", "sentinel-pass", access.Password},
		)
	}
	var text strings.Builder
	for _, words := range lines {
		fmt.Fprintln(&text, strings.Join(words, " "))
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		tb.Fatal(err)
	}
	s.command = []string{path, "--sentinel"}
	s.Restart()
	return s
}

// URL returns the redis:// or rediss:// URL of the Sentinels.
func (w *Watched) URL() string {
	addrs := make([]string, 0, len(w.Sentinels))
	for _, s := range w.Sentinels {
		addrs = append(addrs, s.Addr)
	}
	access, path := w.Master.access, "/?mode=sentinel&master="+MasterName
	if access.User != "" {
		path += "&" + url.Values{"sentinel_user": {access.User}, "sentinel_password": {access.Password}}.Encode()
	}
	return access.url(strings.Join(addrs, ","), path)
}
