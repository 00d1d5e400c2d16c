//go:build tools

package main

// The generator is run, not linked; this keeps it among the module's
// requirements.
import _ "github.com/hooklift/gowsdl/cmd/gowsdl"
