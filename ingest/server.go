package ingest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"
)

// patience is how long a sender may take.
type patience struct{ header, read, write, idle time.Duration }

// A webhook is small and its sender is a machine nearby: who needs longer than this,
// from the first byte to the last whatever their number, is broken or means harm.
var usual = patience{header: 5 * time.Second, read: 10 * time.Second, write: 15 * time.Second, idle: time.Minute}

const maxHeader = 16 << 10

// Run serves on l, which it closes, until ctx ends. Then it takes nothing new,
// lets requests under way end for Config.Grace, and returns nil. When it returns,
// no webhook is under way. Another error is that of the listener. A Gateway runs
// once.
func (g *Gateway) Run(ctx context.Context, l net.Listener) error {
	srv, err := g.server()
	if err != nil {
		return err
	}
	if n := affordable(g.cfg.Connections); n < g.cfg.Connections {
		g.cfg.Log.Warn("fewer connections than configured: the process may not open more files",
			zap.Int("connections", n), zap.Int("configured", g.cfg.Connections))
		g.connections.most = n
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(g.connections.listener(l)) }()

	select {
	case err := <-served:
		g.end(srv)
		return fmt.Errorf("serving webhooks: %w", err)
	case <-ctx.Done():
	}
	g.end(srv)
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving webhooks: %w", err)
	}
	return nil
}

// end lets requests under way end, and cuts those that do not. Their handlers
// then fail to read, or finish within the budget, and are waited for.
func (g *Gateway) end(srv *http.Server) {
	// ctx has ended already: the grace is counted from here.
	ctx, cancel := context.WithTimeout(context.Background(), g.cfg.Grace)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		g.cfg.Log.Warn("connections were cut at shutdown", zap.Error(err))
		if err := srv.Close(); err != nil {
			g.cfg.Log.Warn("closing connections", zap.Error(err))
		}
	}
	g.places.closeAll()
}

func (g *Gateway) server() (*http.Server, error) {
	errorLog, err := zap.NewStdLogAt(g.cfg.Log, zap.WarnLevel)
	if err != nil {
		return nil, fmt.Errorf("the server's log: %w", err)
	}
	// HTTP/2 would let one connection carry any number of requests.
	var only1 http.Protocols
	only1.SetHTTP1(true)
	return &http.Server{
		Handler:           g.handler,
		Protocols:         &only1,
		ConnState:         g.connections.changed,
		ReadHeaderTimeout: g.patience.header,
		ReadTimeout:       g.patience.read,
		WriteTimeout:      g.patience.write,
		IdleTimeout:       g.patience.idle,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          errorLog,
	}, nil
}
