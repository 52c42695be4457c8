package udptracker_test

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

// A client is a socket that is connected to a node.
type client struct {
	testing.TB
	conn         *net.UDPConn
	family       swarm.Family
	ip           netip.Addr
	connectionID uint64
	transaction  uint32 // the last one
}

// dial returns a client that has no connection ID yet. It sends from the address that is nearest
// to the node, or from one of its own.
func (n *node) dial(t testing.TB, from ...string) *client {
	t.Helper()
	var local *net.UDPAddr
	for _, ip := range from {
		local = &net.UDPAddr{IP: net.ParseIP(ip)}
	}
	port := int(n.Addrs()[0].Port())
	conn, err := net.DialUDP("udp", local, &net.UDPAddr{IP: net.ParseIP(n.network.host), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	ip := conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
	return &client{TB: t, conn: conn, family: n.network.family, ip: ip, transaction: 0xfee1_0000}
}

// connected returns a client that has a connection ID.
func (n *node) connected(t testing.TB) *client {
	t.Helper()
	c := n.dial(t)
	c.connect()
	return c
}

func (c *client) send(packet []byte) {
	c.Helper()
	if _, err := c.conn.Write(packet); err != nil {
		c.Fatal(err)
	}
}

func (c *client) receive() []byte {
	c.Helper()
	_ = c.conn.SetReadDeadline(time.Now().Add(20 * time.Second)) // rather than for ever
	buf := make([]byte, 1<<16)
	n, err := c.conn.Read(buf)
	if err != nil {
		c.Fatalf("no reply: %v", err)
	}
	return buf[:n]
}

func (c *client) ask(packet []byte) (reply []byte) {
	c.Helper()
	c.send(packet)
	return c.receive()
}

// header begins a transaction.
func (c *client) header() udpproto.Header {
	c.transaction++
	return udpproto.Header{ConnectionID: c.connectionID, TransactionID: c.transaction}
}

// isMine fails the test unless reply is of this kind and to the last request.
func (c *client) isMine(reply []byte, want udpproto.Action) {
	c.Helper()
	action, id, ok := udpproto.ParseReplyHeader(reply)
	if !ok || action != want || id != c.transaction {
		c.Fatalf("got reply %q, want %v of transaction %x", reply, want, c.transaction)
	}
}

// connect gets the client a connection ID.
func (c *client) connect() {
	c.Helper()
	reply := c.ask(udpproto.AppendConnectRequest(nil, c.header().TransactionID))
	c.isMine(reply, udpproto.ActionConnect)
	c.connectionID, _ = udpproto.ParseConnectReply(reply)
}

// refused sends packet and returns the text of the error that answers it.
func (c *client) refused(packet []byte) string {
	c.Helper()
	reply := c.ask(packet)
	c.isMine(reply, udpproto.ActionError)
	return string(reply[8:])
}

// silence fails the test when packet is answered. A connect follows it on the same way, and the
// first reply to arrive has to be that one's: nothing has to be waited for.
func (c *client) silence(packet []byte) {
	c.Helper()
	c.send(packet)
	c.connect()
}
