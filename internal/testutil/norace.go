//go:build !race

package testutil

// RaceEnabled says whether the race detector watches this test. It allocates on its own account.
const RaceEnabled = false
