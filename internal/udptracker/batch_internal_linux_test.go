package udptracker

import (
	"fmt"
	"net"
	"os"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/starling-tracker/starling/internal/testutil"
)

// listenBatch opens a socket and its batch.
func listenBatch(t *testing.T) (*net.UDPConn, *batch) {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	b, err := newBatch(conn)
	if err != nil {
		t.Fatal(err)
	}
	return conn, b
}

// senders opens n clients of conn, of which each has sent its number.
func senders(t *testing.T, conn *net.UDPConn, n int) (clients []*net.UDPConn) {
	t.Helper()
	for i := range n {
		addr, _ := conn.LocalAddr().(*net.UDPAddr)
		c, err := net.DialUDP("udp4", nil, addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		_, _ = fmt.Fprint(c, i)
		clients = append(clients, c)
	}
	return clients
}

// receive returns what c is sent next, or nothing when that takes longer than patience.
func receive(t *testing.T, c *net.UDPConn, patience time.Duration) string {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(patience))
	var buf [100]byte
	n, _ := c.Read(buf[:])
	return string(buf[:n])
}

func TestABatchReadsAllThatHasComeAndAnswersEach(t *testing.T) {
	conn, b := listenBatch(t)
	for round := range 3 {
		clients := senders(t, conn, batchSize/2+round)
		n, err := b.read()
		if err != nil || n != len(clients) {
			t.Fatalf("got %d datagrams, error %v, want %d", n, err, len(clients))
		}
		for i, c := range clients {
			packet, from := b.request(i)
			local, _ := c.LocalAddr().(*net.UDPAddr)
			if want := local.AddrPort(); string(packet) != fmt.Sprint(i) || from != want {
				t.Errorf("got %q from %v, want %d from %v", packet, from, i, want)
			}
			if i%3 > 0 {
				b.reply(i, fmt.Append(nil, "re ", i))
			}
		}
		if failed := b.flush(); failed != 0 {
			t.Errorf("got %d replies that failed, want none", failed)
		}
		for i, c := range clients {
			if i%3 == 0 {
				continue
			}
			if got, want := receive(t, c, 10*time.Second), fmt.Sprint("re ", i); got != want {
				t.Errorf("got reply %q, want %q", got, want)
			}
		}
	}
}

func TestABatchThatIsTooLargeIsReadInParts(t *testing.T) {
	conn, b := listenBatch(t)
	senders(t, conn, batchSize+7)
	for _, want := range []int{batchSize, 7} {
		if n, err := b.read(); err != nil || n != want {
			t.Errorf("got %d datagrams, error %v, want %d", n, err, want)
		}
	}
}

func TestAReplyThatCannotBeSentCostsNoOtherIts(t *testing.T) {
	conn, b := listenBatch(t)
	clients := senders(t, conn, 5)
	if n, err := b.read(); err != nil || n != len(clients) {
		t.Fatalf("got %d datagrams, error %v, want %d", n, err, len(clients))
	}
	for i := range clients {
		if i%2 == 1 {
			source := (*unix.RawSockaddrInet4)(unsafe.Pointer(&b.requests[i].source))
			source.Port = 0 // which no datagram can be sent to
		}
		b.reply(i, []byte("reply"))
	}
	if failed := b.flush(); failed != 2 {
		t.Errorf("got %d replies that failed, want 2", failed)
	}
	for i := 0; i < len(clients); i += 2 {
		if got := receive(t, clients[i], 10*time.Second); got != "reply" {
			t.Errorf("client %d: got %q, want the reply", i, got)
		}
	}
}

func TestRepliesOfAClosedSocketFail(t *testing.T) {
	conn, b := listenBatch(t)
	senders(t, conn, 3)
	n, err := b.read()
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		b.reply(i, []byte("reply"))
	}
	_ = conn.Close()
	if failed := b.flush(); failed != n {
		t.Errorf("got %d replies that failed, want %d", failed, n)
	}
}

func TestABatchAllocatesNothing(t *testing.T) {
	conn, b := listenBatch(t)
	clients := senders(t, conn, 8)
	_, _ = b.read()
	request, reply, buf := []byte("request"), []byte("reply"), make([]byte, 100)
	testutil.NoAllocs(t, "a batch, there and back", func() {
		for _, c := range clients {
			_, _ = c.Write(request)
		}
		for left := len(clients); left > 0; {
			n, err := b.read()
			if err != nil {
				t.Error(err)
				return
			}
			for i := range n {
				_, _ = b.request(i)
				b.reply(i, reply)
			}
			if b.flush() != 0 {
				t.Error("got replies that failed")
			}
			left -= n
		}
		for _, c := range clients {
			_, _ = c.Read(buf)
		}
	})
}

// A pair of local sockets whose other end reads nothing has a full buffer, as a UDP socket does whose
// replies go to addresses that are still looked for.
func TestAFullSendBufferHoldsNobodyUp(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	ours := os.NewFile(uintptr(pair[0]), "ours")
	theirs := os.NewFile(uintptr(pair[1]), "theirs")
	t.Cleanup(func() { _, _ = ours.Close(), theirs.Close() })
	b, err := newBatch(ours)
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for range 1000 { // far more than fits
		if _, err := theirs.WriteString("request"); err != nil {
			t.Fatal(err)
		}
		if n, err := b.read(); err != nil || n != 1 {
			t.Fatalf("got %d datagrams, error %v, want 1", n, err)
		}
		b.reply(0, make([]byte, 1000))
		began := time.Now()
		if failed += b.flush(); failed > 0 {
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("got a reply that waited %v, want some milliseconds", took)
			}
			break
		}
	}
	if failed != 1 {
		t.Errorf("got %d replies that failed, want the first that does not fit", failed)
	}
}
