package udptracker_test

import (
	"strings"
	"testing"

	"github.com/starling-tracker/starling/internal/udptracker"
)

func TestTheReceiveBufferIsAskedForAndItsLackIsLogged(t *testing.T) {
	for size, lacks := range map[int]bool{0: false, 16 << 10: false, 1 << 30: true} { // no system gives 1 GiB
		n := open(t, setup{opts: udptracker.Options{ReceiveBuffer: size}})
		if err := n.Close(); err != nil {
			t.Fatal(err)
		}
		const want = `level=INFO msg="the system allows less receive buffer than configured; see net.core.rmem_max" proto=udp bytes=`
		if log := n.log.String(); strings.Contains(log, want) != lacks || !lacks && log != "" {
			t.Errorf("%d bytes: got log %q, want it to say so: %v", size, log, lacks)
		}
	}
}
