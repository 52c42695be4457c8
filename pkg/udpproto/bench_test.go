package udpproto_test

import (
	"testing"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

func BenchmarkParseHeader(b *testing.B) {
	packet := vector(b, "connect_request")
	b.ReportAllocs()
	for b.Loop() {
		udpproto.ParseHeader(packet)
	}
}

func BenchmarkParseAnnounceRequest(b *testing.B) {
	packet := vector(b, "announce_request")
	var r udpproto.AnnounceRequest
	b.ReportAllocs()
	for b.Loop() {
		r.Parse(packet)
	}
}

func BenchmarkAppendURLData(b *testing.B) {
	options := udpproto.AppendURLOptions(nil, "/announce?passkey=0123456789abcdef0123456789abcdef")
	dst := make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		dst = udpproto.AppendURLData(dst[:0], options)
	}
}

func BenchmarkAppendScrapeHashes74(b *testing.B) {
	packet, _ := scrapeOf(udpproto.MaxScrapeHashes)
	dst := make([]bittorrent.InfoHash, 0, udpproto.MaxScrapeHashes)
	b.ReportAllocs()
	for b.Loop() {
		dst = udpproto.AppendScrapeHashes(dst[:0], packet)
	}
}

func BenchmarkAppendConnectReply(b *testing.B) {
	dst := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		dst = udpproto.AppendConnectReply(dst[:0], 1, testConnectionID)
	}
}

func BenchmarkAppendAnnounceReply(b *testing.B) {
	dst := make([]byte, 0, 64)
	r := udpproto.AnnounceReply{TransactionID: 1, Interval: 1800, Leechers: 3, Seeders: 65538}
	b.ReportAllocs()
	for b.Loop() {
		dst = r.Append(dst[:0])
	}
}

func BenchmarkAppendScrapeReply74(b *testing.B) {
	dst := make([]byte, 0, 2048)
	e := udpproto.ScrapeEntry{Seeders: 5, Completed: 1234, Leechers: 7}
	b.ReportAllocs()
	for b.Loop() {
		dst = udpproto.AppendScrapeReply(dst[:0], 1)
		for range udpproto.MaxScrapeHashes {
			dst = udpproto.AppendScrapeEntry(dst, e)
		}
	}
}

func BenchmarkAppendAnnounceRequest(b *testing.B) {
	dst := make([]byte, 0, 256)
	r := started
	b.ReportAllocs()
	for b.Loop() {
		dst = r.Append(dst[:0])
	}
}
