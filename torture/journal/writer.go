package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"unicode/utf8"
)

// ErrClosed is returned by appends to a closed Writer.
var ErrClosed = errors.New("the journal is closed")

// A Writer appends to a journal. Its methods may be called from many goroutines.
type Writer struct {
	file *os.File

	// turn is held while a group is written and synced. Whoever comes meanwhile
	// gathers in the next group.
	turn sync.Mutex

	mu    sync.Mutex
	group *group // gathers; nil: the next to come opens one
	err   error  // sticks
}

// A group is the lines that share a sync.
type group struct {
	lines []byte
	done  chan struct{}
	err   error // set before done is closed
}

// Open opens a journal for appending and creates it if it is not there. A torn
// last line is cut off.
func Open(path string) (*Writer, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600) // #nosec G304 -- the caller's own file
	if err != nil {
		return nil, err
	}
	if err := prepare(file, path); err != nil {
		return nil, errors.Join(fmt.Errorf("opening %s: %w", path, err), file.Close())
	}
	return &Writer{file: file}, nil
}

// prepare cuts off a torn line and makes the file's name durable.
func prepare(file *os.File, path string) error {
	whole, err := wholeLines(file)
	if err != nil {
		return err
	}
	if err := file.Truncate(whole); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// wholeLines returns how many bytes of the file end with a line's end.
func wholeLines(file *os.File) (int64, error) {
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	block := make([]byte, 64<<10)
	for end := size; end > 0; {
		start := max(0, end-int64(len(block)))
		b := block[:end-start]
		if _, err := file.ReadAt(b, start); err != nil {
			return 0, err
		}
		for i := len(b) - 1; i >= 0; i-- {
			if b[i] == '\n' {
				return start + int64(i) + 1, nil
			}
		}
		end = start
	}
	return 0, nil
}

// Sent appends a try and returns when it is durable.
func (w *Writer) Sent(s Sent) error {
	if !utf8.ValidString(s.Body) {
		return fmt.Errorf("event %s: the body is not UTF-8, JSON cannot keep its bytes", s.Event)
	}
	s.What = Send
	return w.append(s)
}

// Answered appends an answer and returns when it is durable.
func (w *Writer) Answered(a Answered) error {
	a.What = Answer
	return w.append(a)
}

func (w *Writer) append(record any) error {
	line, err := json.Marshal(record)
	if err != nil {
		return err
	}
	g, first, err := w.join(append(line, '\n'))
	if err != nil {
		return err
	}
	if !first {
		<-g.done
		return g.err
	}
	w.turn.Lock()
	defer w.turn.Unlock()
	g.err = w.flush(g)
	close(g.done)
	return g.err
}

// join puts a line into the group that gathers. Whoever is first in it writes it
// for all.
func (w *Writer) join(line []byte) (g *group, first bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return nil, false, w.err
	}
	if w.group == nil {
		w.group, first = &group{done: make(chan struct{})}, true
	}
	w.group.lines = append(w.group.lines, line...)
	return w.group, first, nil
}

// flush closes the group to newcomers and makes it durable.
func (w *Writer) flush(g *group) error {
	w.mu.Lock()
	w.group = nil
	err := w.err // a group before this one may have failed, or the journal been closed
	w.mu.Unlock()
	if err != nil {
		return err
	}
	if _, err = w.file.Write(g.lines); err == nil {
		err = w.file.Sync()
	}
	if err == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = fmt.Errorf("the journal has a hole: %w", err)
	return w.err
}

// Close closes the file. Appends under way are finished or fail with ErrClosed.
func (w *Writer) Close() error {
	w.turn.Lock()
	defer w.turn.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	if errors.Is(w.err, ErrClosed) {
		return nil
	}
	w.err = ErrClosed
	return w.file.Close()
}
