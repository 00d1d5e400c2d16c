package ingest

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"go.uber.org/zap"
)

// guarded returns do's answer, or broken if it panics: one poisonous request must
// not take the others with it.
func (g *Gateway) guarded(id string, do func() answer) (a answer) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		g.says.panicked.log("a request panicked", zap.String("request", id), zap.String("panic", cause(p)), zap.ByteString("stack", debug.Stack()))
		a = broken
	}()
	return do()
}

// cause tells what a panic was about. Only the runtime's own words are quoted:
// other values could hold what was in the request.
func cause(p any) string {
	if err, ok := p.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("a value of type %T", p)
}
