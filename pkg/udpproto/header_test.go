package udpproto_test

import (
	"math"
	"testing"

	"github.com/starling-tracker/starling/pkg/udpproto"
)

func TestRequestsShorterThan16BytesHaveNoHeader(t *testing.T) {
	packet := vector(t, "connect_request")
	for length := range packet {
		if h, ok := udpproto.ParseHeader(packet[:length]); ok || h != (udpproto.Header{}) {
			t.Errorf("%d bytes: got %+v, %v, want no header, false", length, h, ok)
		}
	}
}

func TestEveryRequestHasAHeader(t *testing.T) {
	for _, want := range []udpproto.Action{udpproto.ActionConnect, udpproto.ActionAnnounce, udpproto.ActionScrape} {
		packet := vector(t, want.String()+"_request")
		if h, ok := udpproto.ParseHeader(packet); !ok || h.Action != want {
			t.Errorf("got %v, %v, want %v, true", h.Action, ok, want)
		}
	}
}

func TestLongerConnectRequestsAreReadToo(t *testing.T) {
	packet := vector(t, "connect_request")
	want, _ := udpproto.ParseHeader(packet)
	if got, ok := udpproto.ParseHeader(append(packet, "an extension"...)); !ok || got != want {
		t.Errorf("got %+v, %v, want %+v, true", got, ok, want)
	}
}

func TestAWrongMagicIsReadForTheCallerToRefuse(t *testing.T) {
	packet := vector(t, "connect_request")
	packet[7] ^= 1
	if h, ok := udpproto.ParseHeader(packet); !ok || h.ConnectionID == udpproto.ProtocolID {
		t.Errorf("got %#x, %v, want another number, true", h.ConnectionID, ok)
	}
}

func TestActionsHaveTheirNumbersAndNames(t *testing.T) {
	for a, want := range map[udpproto.Action]struct {
		number uint32
		name   string
	}{
		udpproto.ActionConnect:  {0, "connect"},
		udpproto.ActionAnnounce: {1, "announce"},
		udpproto.ActionScrape:   {2, "scrape"},
		udpproto.ActionError:    {3, "error"},
		4:                       {4, "action 4"},
		math.MaxUint32:          {math.MaxUint32, "action 4294967295"},
	} {
		if uint32(a) != want.number || a.String() != want.name {
			t.Errorf("got %d %q, want %d %q", uint32(a), a, want.number, want.name)
		}
	}
}

func TestUnknownActionsAreReadForTheCallerToRefuse(t *testing.T) {
	packet := vector(t, "connect_request")
	packet[8], packet[11] = 1, 1 // the low byte alone would be an announce
	if h, ok := udpproto.ParseHeader(packet); !ok || h.Action != 1<<24+1 {
		t.Errorf("got %v, %v, want %v, true", h.Action, ok, udpproto.Action(1<<24+1))
	}
}
