package udptracker_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/starling-tracker/starling/internal/udptracker"
	"github.com/starling-tracker/starling/pkg/udpproto"
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

func TestAReplyThatCannotBeSentIsCounted(t *testing.T) {
	n := open(t, setup{})
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	n.Answer(t.Context(), udpproto.AppendConnectRequest(nil, 1), netip.MustParseAddrPort("127.0.0.1:9"))
	if got := n.dropped(t, "write"); got != 1 {
		t.Errorf("got %v dropped as write, want 1", got)
	}
}
