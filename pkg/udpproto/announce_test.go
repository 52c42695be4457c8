package udpproto_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

func TestAnnouncesUnder98BytesAreNotRead(t *testing.T) {
	packet := vector(t, "announce_request")
	for length := range packet {
		r := completed
		if options, ok := r.Parse(packet[:length]); ok || options != nil {
			t.Errorf("%d bytes: got options %q, %v, want none, false", length, options, ok)
		}
		if r != completed {
			t.Errorf("%d bytes: got %+v, want what was there before", length, r)
		}
	}
}

// announceWith returns an announce whose 32-bit field at offset holds value.
func announceWith(t testing.TB, offset int, value uint32) []byte {
	t.Helper()
	packet := vector(t, "announce_request")
	binary.BigEndian.PutUint32(packet[offset:], value)
	return packet
}

func TestEventsAreTheFiveInUseAndAnyOtherIsNone(t *testing.T) {
	for wire, want := range map[uint32]bittorrent.Event{
		0: bittorrent.None, 1: bittorrent.Completed, 2: bittorrent.Started, 3: bittorrent.Stopped, 4: bittorrent.Paused,
		5: bittorrent.None, 255: bittorrent.None, math.MaxUint32: bittorrent.None,
		// The low byte alone would be an event.
		256 + 1: bittorrent.None, 1<<24 + 3: bittorrent.None,
	} {
		r := started
		if r.Parse(announceWith(t, 80, wire)); r.Event != want {
			t.Errorf("event %d on the wire: got %v, want %v", wire, r.Event, want)
		}
	}
}

func TestEventsAreWrittenWithTheirNumbers(t *testing.T) {
	for e := range bittorrent.Event(bittorrent.Events) {
		r := udpproto.AnnounceRequest{Event: e}
		if got := binary.BigEndian.Uint32(r.Append(nil)[80:]); got != uint32(e) {
			t.Errorf("%v: got %d on the wire, want %d", e, got, uint32(e))
		}
	}
}

func TestNumWantIsSignedAndNotClamped(t *testing.T) {
	for wire, want := range map[uint32]int32{
		0: 0, 50: 50, math.MaxUint32: -1, math.MaxInt32: math.MaxInt32, 1 << 31: math.MinInt32,
	} {
		var r udpproto.AnnounceRequest
		if r.Parse(announceWith(t, 92, wire)); r.NumWant != want {
			t.Errorf("num_want %#x on the wire: got %d, want %d", wire, r.NumWant, want)
		}
	}
}

func TestPortZeroIsReadForTheCallerToRefuse(t *testing.T) {
	packet := vector(t, "announce_request")
	packet[96], packet[97] = 0, 0
	r := started
	if _, ok := r.Parse(packet); !ok || r.Port != 0 {
		t.Errorf("got port %d, %v, want 0, true", r.Port, ok)
	}
}

func TestLeftHas64Bits(t *testing.T) {
	for _, want := range []uint64{0, 1, 1 << 32, math.MaxUint64} {
		packet := vector(t, "announce_request")
		binary.BigEndian.PutUint64(packet[64:], want)
		var r udpproto.AnnounceRequest
		if r.Parse(packet); r.Left != want {
			t.Errorf("got %d bytes left, want %d", r.Left, want)
		}
	}
}

func TestAnAnnounceIsWrittenAsOneWhateverItsAction(t *testing.T) {
	for _, a := range []udpproto.Action{udpproto.ActionConnect, udpproto.ActionError, 99} {
		r := started
		r.Action = a
		if got, want := r.Append(nil), vector(t, "announce_request"); !bytes.Equal(got, want) {
			t.Errorf("%v: got %x, want %x", a, got, want)
		}
	}
}

func TestOptionsArePartOfThePacketAndCannotGrowOverTheBuffer(t *testing.T) {
	buffer := append(vector(t, "announce_request_url"), "next packet"...)
	packet := buffer[:udpproto.AnnounceRequestLen+9]
	var r udpproto.AnnounceRequest
	options, _ := r.Parse(packet)
	if len(options) != 9 || &options[0] != &packet[udpproto.AnnounceRequestLen] {
		t.Fatalf("got options %q, want the last 9 bytes of the packet themselves", options)
	}
	_ = append(options, "overwritten"...)
	if got := string(buffer[len(packet):]); got != "next packet" {
		t.Errorf("got %q behind the packet, want %q", got, "next packet")
	}
}
