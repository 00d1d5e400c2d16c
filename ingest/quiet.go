package ingest

import (
	"sync/atomic"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"golang.org/x/time/rate"
)

// linesPerSecond is how much of one cause the log gets to see. Senders decide how
// often these lines are due, so senders must not be able to fill a disk.
const linesPerSecond = 5

// A quiet log line is written at most linesPerSecond times a second, and then
// tells how often it was due in vain.
type quiet struct {
	logger     *zap.Logger
	level      zapcore.Level
	limit      *rate.Limiter
	suppressed atomic.Int64
}

func newQuiet(log *zap.Logger, level zapcore.Level) *quiet {
	return &quiet{logger: log, level: level, limit: rate.NewLimiter(linesPerSecond, linesPerSecond)}
}

func (q *quiet) log(msg string, fields ...zap.Field) {
	if !q.limit.Allow() {
		q.suppressed.Add(1)
		return
	}
	if n := q.suppressed.Swap(0); n > 0 {
		fields = append(fields, zap.Int64("suppressed", n))
	}
	q.logger.Log(q.level, msg, fields...)
}

// says holds the lines, one for each cause: a flood of one leaves the others heard.
type says struct {
	refused, astray, unproven, senseless, unchecked, crowded, busy, fallback, failed, panicked *quiet
}

func newSays(log *zap.Logger) says {
	return says{
		refused:   newQuiet(log, zap.WarnLevel),
		astray:    newQuiet(log, zap.WarnLevel),
		unproven:  newQuiet(log, zap.WarnLevel),
		senseless: newQuiet(log, zap.ErrorLevel),
		unchecked: newQuiet(log, zap.ErrorLevel),
		crowded:   newQuiet(log, zap.WarnLevel),
		busy:      newQuiet(log, zap.ErrorLevel),
		fallback:  newQuiet(log, zap.WarnLevel),
		failed:    newQuiet(log, zap.ErrorLevel),
		panicked:  newQuiet(log, zap.ErrorLevel),
	}
}
