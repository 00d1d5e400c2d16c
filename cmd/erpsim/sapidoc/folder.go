package sapidoc

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/hakooi/erpbridge/cmd/erpsim/mishap"
)

// ReadFolder is one run of a file port: it reads each file with a trigger beside it whole,
// stores its IDocs, and deletes file and trigger. suffix makes the trigger's name of the
// file's; "" is a port that needs none. A file that cannot be read stays, and is noted.
func (s *System) ReadFolder(dir, suffix string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || strings.HasPrefix(name, ".") || !strings.HasSuffix(name, ".xml") {
			continue
		}
		at := filepath.Join(dir, name)
		if _, err := os.Stat(at + suffix); suffix != "" && err != nil {
			continue
		}
		s.mu.Lock()
		left := s.dice.First(mishap.Chance{Name: stuck, P: s.conf.Faults.Stuck}) != ""
		s.mu.Unlock()
		s.Arrive()
		if left {
			continue
		}
		if err := s.readFile(at, suffix); err != nil {
			return err
		}
	}
	return nil
}

func (s *System) readFile(at, suffix string) error {
	body, err := os.ReadFile(at) // #nosec G304 -- the simulator's own folder
	if err != nil {
		return err
	}
	if err := s.storeAll("file", body); err != nil {
		s.Object("file %s: %v", filepath.Base(at), err)
		return os.Rename(at, at+".bad")
	}
	err = os.Remove(at)
	if suffix != "" {
		err = errors.Join(err, os.Remove(at+suffix))
	}
	return err
}
