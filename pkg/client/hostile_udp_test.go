package client_test

import (
	"bytes"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/client"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

// forged returns what a tracker answers to packet, as if it were another transaction and, for
// announces, with counts that no test wants.
func forged(packet []byte) []byte {
	h, _ := udpproto.ParseHeader(packet)
	if h.Action == udpproto.ActionConnect {
		return udpproto.AppendConnectReply(nil, h.TransactionID+1, 666)
	}
	return udpproto.AnnounceReply{TransactionID: h.TransactionID + 1, Seeders: 666}.Append(nil)
}

func TestUDPPacketsOfNoConcernAreIgnored(t *testing.T) {
	for name, stray := range map[string]func(packet []byte) []byte{
		"another transaction":          forged,
		"error of another transaction": func(p []byte) []byte { return udpproto.AppendError(nil, 1+h(p).TransactionID, "no") },
		"nothing":                      func([]byte) []byte { return nil },
		"seven bytes":                  func(p []byte) []byte { return wellBehaved(0, p, new(net.UDPAddr))[0][:7] },
		"text":                         func([]byte) []byte { return []byte("GET / HTTP/1.1\r\n\r\n") },
		"the request":                  func(p []byte) []byte { return p },
	} {
		t.Run(name, func(t *testing.T) {
			server := serveUDP(t, "127.0.0.1", func(n int, packet []byte, from *net.UDPAddr) [][]byte {
				return append([][]byte{stray(packet)}, wellBehaved(n, packet, from)...)
			})
			got, err := client.Announce(t.Context(), "udp://"+server.addr, announcement, patient)
			if err != nil || got.Seeders != 1 {
				t.Errorf("got %+v, %v, want the reply behind it", got, err)
			}
		})
	}
}

func h(packet []byte) udpproto.Header {
	header, _ := udpproto.ParseHeader(packet)
	return header
}

func TestUDPRepliesFromElsewhereAreIgnored(t *testing.T) {
	elsewhere, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer elsewhere.Close()
	server := serveUDP(t, "127.0.0.1", func(n int, packet []byte, from *net.UDPAddr) [][]byte {
		reply := forged(packet)
		copy(reply[4:8], packet[12:16]) // somebody saw the transaction ID
		if _, err := elsewhere.WriteToUDP(reply, from); err != nil {
			t.Error(err)
		}
		return wellBehaved(n, packet, from)
	})
	got, err := client.Announce(t.Context(), "udp://"+server.addr, announcement, patient)
	if err != nil || got.Seeders != 1 {
		t.Errorf("got %+v, %v, want what the tracker itself replied", got, err)
	}
}

func TestUDPErrorsAreFailures(t *testing.T) {
	for name, refused := range map[string]int{"connect": 0, "announce": 1} {
		t.Run(name, func(t *testing.T) {
			server := serveUDP(t, "127.0.0.1", func(n int, packet []byte, from *net.UDPAddr) [][]byte {
				if n == refused {
					return [][]byte{udpproto.AppendError(nil, h(packet).TransactionID, "torrent not \x1b[1m allowed\x00")}
				}
				return wellBehaved(n, packet, from)
			})
			_, err := client.Announce(t.Context(), "udp://"+server.addr, announcement, patient)
			failure, ok := errors.AsType[*client.FailureError](err)
			if !ok || failure.Reason != "torrent not \x1b[1m allowed" {
				t.Fatalf("got error %v, want a *FailureError with its text", err)
			}
			if want := `refused: "torrent not \x1b[1m allowed"`; !strings.HasSuffix(err.Error(), want) {
				t.Errorf("got text %q, want it to end in %s", err, want)
			}
		})
	}
}

func TestUDPMalformedRepliesAreErrors(t *testing.T) {
	txid := func(p []byte) uint32 { return h(p).TransactionID }
	for _, row := range []struct {
		name    string
		refused int // packet to which reply is the reply
		reply   func(packet []byte) []byte
		want    string
	}{
		{"connect cut short", 0, func(p []byte) []byte {
			return udpproto.AppendConnectReply(nil, txid(p), 1)[:15]
		}, "connect reply of 15 bytes is cut short"},
		{"connect answered with an announce", 0, func(p []byte) []byte {
			return udpproto.AnnounceReply{TransactionID: txid(p)}.Append(nil)
		}, "connect answered with announce"},
		{"announce cut short", 1, func(p []byte) []byte {
			return udpproto.AnnounceReply{TransactionID: txid(p)}.Append(nil)[:19]
		}, "announce reply of 19 bytes is cut short"},
		{"announce answered with a scrape", 1, func(p []byte) []byte {
			return udpproto.AppendScrapeReply(nil, txid(p))
		}, "announce answered with scrape"},
		{"part of a peer", 1, func(p []byte) []byte {
			return append(udpproto.AnnounceReply{TransactionID: txid(p)}.Append(nil), "1234567"...)
		}, "7 bytes of compact peers are no multiple of 6"},
	} {
		t.Run(row.name, func(t *testing.T) {
			server := serveUDP(t, "127.0.0.1", func(n int, packet []byte, from *net.UDPAddr) [][]byte {
				if n == row.refused {
					return [][]byte{row.reply(packet)}
				}
				return wellBehaved(n, packet, from)
			})
			got, err := client.Announce(t.Context(), "udp://"+server.addr, announcement, patient)
			if want := "announce " + hash.String() + ": " + server.addr + ": " + row.want; err == nil || err.Error() != want {
				t.Errorf("got %+v, %v, want error %q", got, err, want)
			}
		})
	}
}

func TestUDPScrapeReplyMustHoldAllSwarms(t *testing.T) {
	server := serveUDP(t, "127.0.0.1", func(n int, packet []byte, from *net.UDPAddr) [][]byte {
		reply := wellBehaved(n, packet, from)[0]
		if n == 1 {
			reply = reply[:len(reply)-1]
		}
		return [][]byte{reply}
	})
	_, err := client.Scrape(t.Context(), "udp://"+server.addr, []bittorrent.InfoHash{hash, {}}, patient)
	if want := "scrape: " + server.addr + ": scrape reply has 1 of 2 swarms"; err == nil || err.Error() != want {
		t.Errorf("got error %v, want %q", err, want)
	}
}

func TestUDPLargestReplyIsRead(t *testing.T) {
	const peers = 10_900 // a datagram holds no more
	server := serveUDP(t, "127.0.0.1", func(n int, packet []byte, from *net.UDPAddr) [][]byte {
		reply := wellBehaved(n, packet, from)[0]
		if n == 1 {
			reply = append(reply[:udpproto.AnnounceReplyLen], bytes.Repeat([]byte{1, 2, 3, 4, 5, 6}, peers)...)
		}
		return [][]byte{reply}
	})
	got, err := client.Announce(t.Context(), "udp://"+server.addr, announcement, patient)
	if err != nil || len(got.Peers) != peers {
		t.Errorf("got %d peers, %v, want %d", len(got.Peers), err, peers)
	}
}
