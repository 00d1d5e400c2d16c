package filetransfer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/hakooi/erpbridge"
)

// failed gives err its kind, where nothing can have become visible.
func failed(op string, err error) error { return classify(op, err, erpbridge.Transient) }

// doubtful gives err its kind, where something can have.
func doubtful(op string, err error) error { return classify(op, err, erpbridge.InDoubt) }

// classify leaves an error that has a kind as it is. otherwise is the kind of what is
// not known to be an answer.
func classify(op string, err error, otherwise erpbridge.Kind) error {
	var known *erpbridge.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		if known.Kind == erpbridge.Transient {
			return &erpbridge.Error{Op: op, Kind: otherwise, Whole: true, Err: err}
		}
		return err
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return refused(op, fmt.Errorf("the rights are missing: %w", err))
	case errors.Is(err, fs.ErrNotExist) && otherwise != erpbridge.InDoubt:
		return refused(op, fmt.Errorf("a folder is missing: %w", err))
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return &erpbridge.Error{Op: op, Kind: otherwise, Whole: true, Err: fmt.Errorf("there is no space left: %w", err)}
	case errors.Is(err, context.DeadlineExceeded):
		return &erpbridge.Error{Op: op, Kind: otherwise, Whole: true, Err: fmt.Errorf("it took too long: %w", err)}
	}
	return &erpbridge.Error{Op: op, Kind: otherwise, Whole: true, Err: err}
}

func refused(op string, err error) error {
	return &erpbridge.Error{Op: op, Kind: erpbridge.Refused, Whole: true, Err: err}
}

func invalid(op string, err error) error {
	return &erpbridge.Error{Op: op, Kind: erpbridge.Invalid, Whole: true, Err: err}
}

func doubt(op string, err error) error {
	return &erpbridge.Error{Op: op, Kind: erpbridge.InDoubt, Whole: true, Err: err}
}
