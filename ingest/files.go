//go:build unix

package ingest

import "syscall"

// spare is how many files the rest of the process may need: the database, the broker,
// the ERPs, the log.
const spare = 256

// affordable returns how many connections the process's limit of open files leaves, or
// most where that is fewer or there is no such limit.
func affordable(most int) int {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil || files.Cur > uint64(most)+spare { // #nosec G115 -- most is positive
		return most
	}
	return max(1, int(files.Cur)-spare) // #nosec G115 -- not more than most
}
