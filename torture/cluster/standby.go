package cluster

import (
	"context"
	"errors"
)

// KillStandby is kill -9 of the standby. From then on the primary may acknowledge
// nothing: there is nobody it could tell.
func (d *Database) KillStandby() error {
	d.acting.Lock()
	defer d.acting.Unlock()
	if !d.other().server.alive() {
		return errors.New("the standby does not run: it cannot be killed")
	}
	return d.other().server.kill()
}

// StartStandby starts it again, with what it had.
func (d *Database) StartStandby(ctx context.Context) error {
	d.acting.Lock()
	defer d.acting.Unlock()
	if d.other().server.alive() {
		return nil
	}
	return d.start(ctx, d.other(), "ready to accept read-only connections")
}
