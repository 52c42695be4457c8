// Package httpproto reads the queries of the HTTP tracker protocol and appends its bencoded replies
// (BEPs 3, 7, 21, 23, 24, 31 and 48); for clients it appends the queries too. It knows no sockets,
// no net/http and no swarms: callers hand it the raw query of a URL, or a buffer to append to.
//
// A query is bytes, not text. Hashes and peer IDs hold any byte, escaped as %XX or sent as it is,
// and a '+' is a '+': a parser of web forms would read it as a space and answer for another swarm.
// Numbers are read leniently, since clients send what they like, but never so that a leecher turns
// into a seeder. Of a parameter given twice the first counts, so that nothing appended on the way
// overrides what the client said.
//
// Reading and appending allocate nothing, whatever a client sends, as long as the caller's buffers
// are large enough.
package httpproto

const (
	// DefaultNumWant stands for a numwant that is absent, negative or no number.
	DefaultNumWant = -1

	// MaxScrapeHashes is how many swarms one scrape is answered for. It is what fits one packet of
	// the UDP protocol (BEP 15), so that a swarm gets the same answer over both.
	MaxScrapeHashes = 74
)
