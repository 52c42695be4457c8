package wsproto_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

// slowly reads a client's message the slow and plain way, with encoding/json.
func slowly(data []byte, maxOffers int) (m wsproto.Message, err error) {
	var members map[string]json.RawMessage
	if !utf8.Valid(data) || json.Unmarshal(data, &members) != nil || members == nil || depth(data) > wsproto.MaxDepth {
		return m, wsproto.ErrMalformed
	}
	id, ok := binary(members["info_hash"])
	if ok {
		m.InfoHash, m.HasInfoHash = id, true
	}
	switch action, _ := text(members["action"]); action {
	case "announce":
	case "scrape":
		m.Kind = wsproto.KindScrape
		return m, slowScrape(&m, members["info_hash"])
	default:
		return m, wsproto.ErrAction
	}
	if !m.HasInfoHash {
		return m, wsproto.ErrInfoHash
	}
	if id, ok = binary(members["peer_id"]); !ok {
		return m, wsproto.ErrPeerID
	}
	m.PeerID = id
	if answer := members["answer"]; answer != nil && string(answer) != "null" {
		return m, slowAnswer(&m, members)
	}
	event, isText := text(members["event"])
	switch strings.ToLower(event) {
	case "", "empty", "update", "paused":
		if raw := members["event"]; !isText && raw != nil && string(raw) != "null" {
			return m, wsproto.ErrEvent
		}
	case "started":
		m.Event = bittorrent.Started
	case "stopped":
		m.Event = bittorrent.Stopped
	case "completed":
		m.Event = bittorrent.Completed
	default:
		return m, wsproto.ErrEvent
	}
	if raw := members["left"]; raw != nil {
		m.Left = wsproto.LeftSome
		digits := strings.FieldsFunc(string(raw), func(r rune) bool { return r == 'e' || r == 'E' })
		if string(raw) == `"0"` || strings.Trim(digits[0], "-.0") == "" {
			m.Left = wsproto.LeftZero
		}
	}
	slowOffers(&m, members["offers"], maxOffers)
	return m, nil
}

func slowScrape(m *wsproto.Message, raw json.RawMessage) error {
	var list []json.RawMessage
	switch {
	case raw == nil || string(raw) == "null":
		m.All = true
		return nil
	case m.HasInfoHash:
		m.Hashes = []bittorrent.InfoHash{m.InfoHash}
		return nil
	case json.Unmarshal(raw, &list) != nil:
		return wsproto.ErrInfoHash
	}
	for _, item := range list[:min(len(list), wsproto.MaxScrapeHashes)] {
		id, ok := binary(item)
		if !ok {
			return wsproto.ErrInfoHash
		}
		m.Hashes = append(m.Hashes, id)
	}
	return nil
}

func slowAnswer(m *wsproto.Message, members map[string]json.RawMessage) error {
	m.Kind = wsproto.KindAnswer
	to, ok := binary(members["to_peer_id"])
	if !ok {
		return wsproto.ErrToPeerID
	}
	id, ok := binary(members["offer_id"])
	if !ok {
		return wsproto.ErrOfferID
	}
	if !hasSDP(members["answer"]) {
		return wsproto.ErrAnswer
	}
	m.ToPeerID, m.OfferID, m.Answer = to, id, members["answer"]
	return nil
}

func slowOffers(m *wsproto.Message, raw json.RawMessage, most int) {
	var list []json.RawMessage
	_ = json.Unmarshal(raw, &list)
	for _, item := range list {
		var o map[string]json.RawMessage
		_ = json.Unmarshal(item, &o)
		id, ok := binary(o["offer_id"])
		switch {
		case len(m.Offers) == most:
			m.IgnoredOffers++
		case ok && hasSDP(o["offer"]):
			m.Offers = append(m.Offers, wsproto.Offer{ID: id, SDP: o["offer"]})
		default:
			m.SkippedOffers++
		}
	}
	if m.Event == bittorrent.Stopped {
		m.Offers = nil
	}
}

func hasSDP(raw json.RawMessage) bool {
	var o map[string]json.RawMessage
	_ = json.Unmarshal(raw, &o)
	_, ok := text(o["sdp"])
	return ok
}

// text decodes a string.
func text(raw json.RawMessage) (s string, ok bool) {
	ok = len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &s) == nil
	return s, ok
}

// binary decodes a binary string of 20 bytes.
func binary(raw json.RawMessage) (id [20]byte, ok bool) {
	s, ok := text(raw)
	runes := []rune(s)
	if !ok || len(runes) != len(id) {
		return id, false
	}
	for i, r := range runes {
		if r > 0xff {
			return id, false
		}
		id[i] = byte(r)
	}
	return id, true
}

// depth is how deep objects and arrays are within each other.
func depth(data []byte) (most int) {
	at := 0
	for d := json.NewDecoder(bytes.NewReader(data)); ; {
		switch token, err := d.Token(); {
		case err != nil:
			return most
		case token == json.Delim('[') || token == json.Delim('{'):
			at++
			most = max(most, at)
		case token == json.Delim(']') || token == json.Delim('}'):
			at--
		}
	}
}
