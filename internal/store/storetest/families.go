package storetest

import (
	"testing"

	"github.com/starling-tracker/starling/internal/swarm"
)

var familyTests = map[string]func(*testing.T, Open){
	"CountsAreSummedOverThePools":         countsAreSummedOverThePools,
	"ListsAreOfTheAnnouncersPool":         listsAreOfTheAnnouncersPool,
	"AnyFamilyNeverNamesBrowsers":         anyFamilyNeverNamesBrowsers,
	"OwnFamilyGetsThreeQuarters":          ownFamilyGetsThreeQuarters,
	"WhatOneFamilyLacksTheOtherFills":     whatOneFamilyLacksTheOtherFills,
	"AddressAndPortMakeAPeer":             addressAndPortMakeAPeer,
	"OnePeerIsOneInEachFamilyItComesFrom": onePeerIsOneInEachFamily,
}

func countsAreSummedOverThePools(t *testing.T, open Open) {
	r := newRoom(t, open)
	r.join(true, peer4(1), peer6(1), browser(1), browser(2))
	r.join(false, peer4(3), peer6(3), peer6(4), browser(3))
	for _, p := range []swarm.Peer{peer4(3), peer6(3), browser(3)} {
		got, _ := r.say(swarm.Announce{Peer: p})
		r.wantStats(p.String(), got, 4, 4, 0)
	}
	r.wantStats("scrape", r.scrape(), 4, 4, 0)
}

func listsAreOfTheAnnouncersPool(t *testing.T, open Open) {
	r := newRoom(t, open)
	for _, number := range []func(int) swarm.Peer{peer4, peer6, browser} {
		r.join(true, series(number, 0, 3)...)
		r.join(false, series(number, 3, 6)...)
	}
	for _, number := range []func(int) swarm.Peer{peer4, peer6, browser} {
		_, peers := r.say(swarm.Announce{Peer: number(5), NumWant: 50})
		wantExactly(t, number(5).String(), peers, series(number, 0, 5)...)
	}
}

func anyFamilyNeverNamesBrowsers(t *testing.T, open Open) {
	r := newRoom(t, open)
	r.join(false, series(browser, 0, 20)...)
	r.join(false, peer4(1), peer6(1))
	_, peers := r.say(swarm.Announce{Peer: peer4(2), NumWant: 50, AnyFamily: true})
	wantExactly(t, "IPv4", peers, peer4(1), peer6(1))
	_, peers = r.say(swarm.Announce{Peer: peer6(2), NumWant: 50, AnyFamily: true})
	wantExactly(t, "IPv6", peers, peer4(1), peer4(2), peer6(1))
}

// countFamily counts the peers of family f.
func countFamily(peers []swarm.Peer, f swarm.Family) (n int) {
	for _, p := range peers {
		if p.Family() == f {
			n++
		}
	}
	return n
}

func ownFamilyGetsThreeQuarters(t *testing.T, open Open) {
	r := newRoom(t, open)
	r.join(false, series(peer4, 0, 200)...)
	r.join(false, series(peer6, 0, 200)...)
	for _, self := range []swarm.Peer{peer4(0), peer6(0)} {
		_, peers := r.say(swarm.Announce{Peer: self, NumWant: 40, AnyFamily: true})
		own := countFamily(peers, self.Family())
		if len(peers) != 40 || own < 30 || own == 40 {
			t.Errorf("%v: got %d of its own family among %d, want 30 to 39 of 40", self, own, len(peers))
		}
		wantDistinct(t, peers, self)
	}
}

func whatOneFamilyLacksTheOtherFills(t *testing.T, open Open) {
	r := newRoom(t, open)
	r.join(false, series(peer4, 0, 6)...)
	r.join(false, series(peer6, 0, 100)...)
	_, peers := r.say(swarm.Announce{Peer: peer4(0), NumWant: 40, AnyFamily: true})
	if got4, got6 := countFamily(peers, swarm.IPv4), countFamily(peers, swarm.IPv6); got4 != 5 || got6 != 35 {
		t.Errorf("a rare family asks: got %d and %d, want 5 of IPv4 and 35 of IPv6", got4, got6)
	}
	_, peers = r.say(swarm.Announce{Peer: peer6(0), NumWant: 40, AnyFamily: true})
	if got4, got6 := countFamily(peers, swarm.IPv4), countFamily(peers, swarm.IPv6); got4 != 6 || got6 != 34 {
		t.Errorf("a common family asks: got %d and %d, want 6 of IPv4 and 34 of IPv6", got4, got6)
	}
	_, peers = r.say(swarm.Announce{Peer: peer4(0), Seeder: true, NumWant: 3, AnyFamily: true})
	if len(peers) != 3 {
		t.Errorf("numwant 3: got %d peers", len(peers))
	}
}

func addressAndPortMakeAPeer(t *testing.T, open Open) {
	r := newRoom(t, open)
	r.join(false, peer4(1), peer4(1), peer4(2))
	r.wantStats("one of two peers came twice", r.scrape(), 0, 2, 0)
	r.stop(peer4(1))
	r.wantStats("one stopped", r.scrape(), 0, 1, 0)
}

func onePeerIsOneInEachFamily(t *testing.T, open Open) {
	r := newRoom(t, open)
	r.join(false, peer4(1), peer6(1))
	r.wantStats("dual stack", r.scrape(), 0, 2, 0)
	r.stop(peer6(1))
	_, peers := r.say(swarm.Announce{Peer: peer4(2), NumWant: 50, AnyFamily: true})
	wantExactly(t, "after IPv6 stopped", peers, peer4(1))
}
