package swarm

import "math/rand/v2"

// Share divides a list of want peers between the announcer's own family, which has own others, and
// another one of other members: its own gets 3/4 of the list when it has as many. What either cannot
// fill is the other's.
func Share(want, own, other int) (wantOwn, wantOther int) {
	wantOther = min(other, max(want/4, want-own))
	return want - wantOther, wantOther
}

// Mix divides want, which is below seeders plus leechers, between the roles as they are, the
// fraction by chance, but leechers get a third when there are as many: seeds serve whoever comes
// to them, while leechers that nobody tells of each other only wait for seeds.
func Mix(want, seeders, leechers int) (wantSeeders, wantLeechers int) {
	all := seeders + leechers
	wantLeechers = (want*leechers + rand.IntN(all)) / all //nolint:gosec // nothing is lost if it is guessed
	wantLeechers = min(leechers, max(wantLeechers, (want+2)/3))
	wantSeeders = min(seeders, want-wantLeechers)
	return wantSeeders, want - wantSeeders
}
