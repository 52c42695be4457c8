//go:build linux

package main

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/testutil"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

// udpFloor runs the floor and returns a connection to it.
func udpFloor(t *testing.T) net.Conn {
	t.Helper()
	listener, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	runs(t, func(ctx context.Context) error { return floorUDP(ctx, listener) })
	conn, err := net.Dial("udp", listener.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	return conn
}

func exchange(t *testing.T, conn net.Conn, request []byte) []byte {
	t.Helper()
	if _, err := conn.Write(request); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 2048)
	n, err := conn.Read(answer)
	if err != nil {
		t.Fatal(err)
	}
	return answer[:n]
}

func TestUDPFloorAnswersAsATrackerWould(t *testing.T) {
	conn := udpFloor(t)
	answer := exchange(t, conn, udpproto.AppendConnectRequest(nil, 7))
	if action, id, ok := udpproto.ParseReplyHeader(answer); !ok || action != udpproto.ActionConnect || id != 7 || len(answer) != 16 {
		t.Errorf("connect: got %d bytes, action %v, transaction %d, want 16, %v, 7", len(answer), action, id, udpproto.ActionConnect)
	}
	for id := uint32(8); id < 8+2*echoBatch; id++ { // each place of a batch, and again
		request := udpproto.AnnounceRequest{Header: udpproto.Header{TransactionID: id}, NumWant: numWant, Port: 1}
		answer := exchange(t, conn, request.Append(nil))
		action, got, ok := udpproto.ParseReplyHeader(answer)
		if !ok || action != udpproto.ActionAnnounce || got != id || len(answer) != 320 {
			t.Fatalf("announce: got %d bytes, action %v, transaction %d, want 320, %v, %d",
				len(answer), action, got, udpproto.ActionAnnounce, id)
		}
	}
}

func TestUDPFloorIsSilentToWhatIsNoRequest(t *testing.T) {
	conn := udpFloor(t)
	if _, err := conn.Write(make([]byte, udpproto.ConnectRequestLen-1)); err != nil {
		t.Fatal(err)
	}
	answer := exchange(t, conn, udpproto.AppendConnectRequest(nil, 9))
	if _, id, _ := udpproto.ParseReplyHeader(answer); id != 9 {
		t.Errorf("the first answer: got one to transaction %d, want 9", id)
	}
}

func TestUDPFloorAnswersABatchToWhoAsked(t *testing.T) {
	listener, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var conns []net.Conn
	for id := range uint32(3) {
		conn, err := net.Dial("udp", listener.LocalAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := conn.Write(udpproto.AppendConnectRequest(nil, id)); err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
	}
	runs(t, func(ctx context.Context) error { return floorUDP(ctx, listener) }) // and finds all of them
	for want, conn := range conns {
		answer := make([]byte, 64)
		n, err := conn.Read(answer)
		if _, got, ok := udpproto.ParseReplyHeader(answer[:n]); !ok || got != uint32(want) {
			t.Errorf("client %d: got an answer to transaction %d (%v), want its own", want, got, err)
		}
	}
}

func TestUDPFloorDoesNotAllocate(t *testing.T) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	e, err := newEcho(conn)
	if err != nil {
		t.Fatal(err)
	}
	e.requests[0].length = udpproto.AnnounceRequestLen
	e.datagrams[0].request[11] = byte(udpproto.ActionAnnounce)
	testutil.NoAllocs(t, "an answer", func() {
		e.waiting = 0
		e.answer(0)
	})
}
