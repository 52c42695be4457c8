package udptracker_test

import (
	"strings"
	"testing"

	"github.com/starling-tracker/starling/internal/udptracker"
)

func TestBuffersAreAskedForAndTheirLackIsLogged(t *testing.T) {
	for size, lacks := range map[int]bool{0: false, 16 << 10: false, 1 << 30: true} { // no system gives 1 GiB
		for _, row := range []struct {
			opts udptracker.Options
			want string
		}{
			{udptracker.Options{ReceiveBuffer: size}, "less receive buffer than configured; see net.core.rmem_max"},
			{udptracker.Options{SendBuffer: size}, "less send buffer than configured; see net.core.wmem_max"},
		} {
			n := open(t, setup{opts: row.opts})
			if err := n.Close(); err != nil {
				t.Fatal(err)
			}
			want := `level=INFO msg="the system allows ` + row.want + `" proto=udp bytes=`
			if log := n.log.String(); strings.Contains(log, want) != lacks || !lacks && log != "" {
				t.Errorf("%d bytes: got log %q, want it to say so: %v", size, log, lacks)
			}
		}
	}
}
