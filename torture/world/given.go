package world

// Given are servers that somebody else has started and breaks.
func Given(database, broker string) *Servers {
	return &Servers{Database: database, Broker: broker, made: map[string]bool{}}
}
