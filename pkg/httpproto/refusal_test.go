package httpproto_test

import (
	"errors"
	"testing"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/httpproto"
)

const (
	hex40 = "123456789abcdef123456789ABCDEF123456789a"
	hex64 = hex40 + "123456789abcdef123456789"
)

// Rows of the table of cases in which an announce is refused, and the sentence the client gets.
var refusals = []struct {
	name, query, want string
}{
	{"empty query", "", "info_hash: missing"},
	{"info_hash missing", idQuery + "&port=1", "info_hash: missing"},
	{"info_hash empty", "info_hash=&" + idQuery + "&port=1", "info_hash: must be 20 bytes"},
	{"info_hash of 19 bytes", "info_hash=1234567890123456789&" + idQuery + "&port=1", "info_hash: must be 20 bytes"},
	{"info_hash of 21 bytes", "info_hash=123456789012345678901&" + idQuery + "&port=1", "info_hash: must be 20 bytes"},
	{"info_hash of 40 bytes", "info_hash=%00" + hex40[1:] + "&" + idQuery + "&port=1", "info_hash: must be 20 bytes"},
	{"info_hash of 41 digits", "info_hash=" + hex40 + "0&" + idQuery + "&port=1", "info_hash: must be 20 bytes"},
	{"info_hash in hex", "info_hash=" + hex40 + "&" + idQuery + "&port=1", "info_hash: must be 20 raw bytes, percent-escaped, not hexadecimal digits"},
	{"info_hash of version 2 in hex", "info_hash=" + hex64 + "&" + idQuery + "&port=1", "info_hash: must be 20 raw bytes, percent-escaped, not hexadecimal digits"},
	{"info_hash given twice", query + "&" + hashQuery, "info_hash: given twice"},
	{"info_hash given twice behind a second question mark", query + "?" + hashQuery, "info_hash: given twice"},
	{"%zz in info_hash", "info_hash=%zz345678901234567890&" + idQuery + "&port=1", "info_hash: broken percent escape"},
	{"%g0 in info_hash", "info_hash=%g0345678901234567890&" + idQuery + "&port=1", "info_hash: broken percent escape"},
	{"%0g in info_hash", "info_hash=%0g345678901234567890&" + idQuery + "&port=1", "info_hash: broken percent escape"},
	{"info_hash ends in a percent sign", "info_hash=1234567890123456789%&" + idQuery + "&port=1", "info_hash: broken percent escape"},
	{"info_hash ends in half an escape", "info_hash=1234567890123456789%a&" + idQuery + "&port=1", "info_hash: broken percent escape"},

	{"peer_id missing", hashQuery + "&port=1", "peer_id: missing"},
	{"peer_id missing though its name is close", hashQuery + "&peer%5fid=12345678901234567890&port=1", "peer_id: missing"},
	{"peer_id of 19 bytes", hashQuery + "&peer_id=1234567890123456789&port=1", "peer_id: must be 20 bytes"},
	{"peer_id of 21 bytes", hashQuery + "&peer_id=123456789012345678901&port=1", "peer_id: must be 20 bytes"},
	{"peer_id empty", hashQuery + "&peer_id&port=1", "peer_id: must be 20 bytes"},
	{"%zz in peer_id", hashQuery + "&peer_id=%zz345678901234567890&port=1", "peer_id: broken percent escape"},

	{"port missing", hashQuery + "&" + idQuery, "port: missing"},
	{"port missing when started", hashQuery + "&" + idQuery + "&event=started", "port: missing"},
	{"port 0", hashQuery + "&" + idQuery + "&port=0", "port: must be a number from 1 to 65535"},
	{"port negative", hashQuery + "&" + idQuery + "&port=-1", "port: must be a number from 1 to 65535"},
	{"port 65536", hashQuery + "&" + idQuery + "&port=65536", "port: must be a number from 1 to 65535"},
	{"port 72417", hashQuery + "&" + idQuery + "&port=72417", "port: must be a number from 1 to 65535"},
	{"port beyond 64 bits", hashQuery + "&" + idQuery + "&port=18446744073709551617", "port: must be a number from 1 to 65535"},
	{"port not a number", hashQuery + "&" + idQuery + "&port=http", "port: must be a number from 1 to 65535"},
	{"port empty", hashQuery + "&" + idQuery + "&port=", "port: must be a number from 1 to 65535"},
	{"port with a broken escape", hashQuery + "&" + idQuery + "&port=80%3", "port: must be a number from 1 to 65535"},
	{"the first port counts though it is wrong", hashQuery + "&" + idQuery + "&port=0&port=80", "port: must be a number from 1 to 65535"},
}

func TestAnnounceRefuses(t *testing.T) {
	for _, row := range refusals {
		t.Run(row.name, func(t *testing.T) {
			r := new(httpproto.AnnounceRequest)
			checkParamError(t, row.query, r.Parse(row.query), row.want)
		})
	}
}

func checkParamError(t *testing.T, query string, err error, want string) {
	t.Helper()
	param, ok := errors.AsType[*httpproto.ParamError](err)
	if !ok || err.Error() != want || param.Param+": "+param.Problem != want {
		t.Errorf("query %q: got error %v (%T), want %q in a *ParamError", query, err, err, want)
	}
}

func TestParamErrorsOfOthersReadAsOurs(t *testing.T) {
	err := &httpproto.ParamError{Param: "passkey", Problem: "unknown"}
	if got, want := err.Error(), "passkey: unknown"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestScrapeRefuses(t *testing.T) {
	known := []bittorrent.InfoHash{{1}}
	for _, row := range []struct{ name, query, want string }{
		{"no info_hash", "", "info_hash: missing"},
		{"no info_hash but others", "passkey=secret&Info_Hash=x", "info_hash: missing"},
		{"info_hash of 3 bytes", hashQuery + "&info_hash=abc", "info_hash: must be 20 bytes"},
		{"info_hash in hex", "info_hash=" + hex40, "info_hash: must be 20 raw bytes, percent-escaped, not hexadecimal digits"},
		{"%zz in info_hash", "info_hash=%zz345678901234567890", "info_hash: broken percent escape"},
	} {
		t.Run(row.name, func(t *testing.T) {
			hashes, err := httpproto.ParseScrape(known, row.query)
			checkParamError(t, row.query, err, row.want)
			if len(hashes) != 1 || hashes[0] != known[0] {
				t.Errorf("query %q: got hashes %v, want %v as before", row.query, hashes, known)
			}
		})
	}
}
