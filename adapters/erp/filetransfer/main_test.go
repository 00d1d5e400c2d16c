package filetransfer

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv("FILETRANSFER_CHILD") != "" {
		os.Exit(child())
	}
	goleak.VerifyTestMain(m)
}
