package alert

import "fmt"

// Subject names what an alert is about: "order #1001", or the message's topic
// where no order is known.
func (a Alert) Subject() string {
	switch {
	case a.Kind == TargetRefused, a.Kind == TargetAway:
		return "target " + a.Target
	case a.Kind == BrokerBlocked, a.Kind == BrokerUnsafe:
		return "RabbitMQ"
	case a.Order != "":
		return "order " + a.Order
	case a.Stream != "":
		return a.Stream
	case a.Document != "":
		return "a message " + a.Document
	case a.Kind == DeadLetter || a.Kind == Unconfirmed || a.Kind == Contradicted || a.Kind == Held:
		return "a message"
	}
	return a.Kind
}

// Way names what an alert is about, and where that was to go.
func (a Alert) Way() string {
	if a.Target == "" || a.Kind == TargetRefused || a.Kind == TargetAway {
		return a.Subject()
	}
	return a.Subject() + " -> " + a.Target
}

// headline says in one line what happened.
func (a Alert) headline() string {
	from := ""
	if a.Store != "" {
		from = " of " + a.Store
	}
	switch {
	case a.Kind == DeadLetter && a.Target != "":
		return fmt.Sprintf("%s could not be delivered to %s", a.Subject(), a.Target)
	case a.Kind == DeadLetter:
		return fmt.Sprintf("%s%s could not be processed", a.Subject(), from)
	case a.Kind == Unconfirmed:
		return fmt.Sprintf("%s was taken by %s and is not booked there", a.Subject(), a.Target)
	case a.Kind == Contradicted:
		return fmt.Sprintf("%s says otherwise about %s than before", a.Target, a.Subject())
	case a.Kind == Held:
		return fmt.Sprintf("%s%s is held", a.Subject(), from)
	case a.Kind == TargetRefused:
		return fmt.Sprintf("%s refused access", a.Target)
	case a.Kind == TargetAway:
		return fmt.Sprintf("%s does not answer", a.Target)
	case a.Kind == BrokerBlocked:
		return "RabbitMQ takes no messages"
	case a.Kind == BrokerUnsafe:
		return "RabbitMQ can lose messages as it is set up now"
	}
	return fmt.Sprintf("%s: %s", a.Kind, clean(a.Reason, maxName))
}

// Headline says what the alerts of a cause have in common.
func (c *cause) Headline() string {
	if c.Count == 1 {
		return c.First[0].headline()
	}
	switch {
	case c.Kind == DeadLetter && c.Target != "":
		return fmt.Sprintf("%d documents could not be delivered to %s", c.Count, c.Target)
	case c.Kind == DeadLetter && c.Store != "":
		return fmt.Sprintf("%d messages of %s could not be processed", c.Count, c.Store)
	case c.Kind == DeadLetter:
		return fmt.Sprintf("%d documents could not be delivered", c.Count)
	case c.Kind == Unconfirmed && c.Target != "":
		return fmt.Sprintf("%d documents were taken by %s and are not booked there", c.Count, c.Target)
	case c.Kind == Contradicted && c.Target != "":
		return fmt.Sprintf("%s says otherwise about %d documents than before", c.Target, c.Count)
	case c.Kind == Held && c.Store != "":
		return fmt.Sprintf("%d messages of %s are held", c.Count, c.Store)
	case c.Kind == TargetRefused:
		return fmt.Sprintf("%s refused access %d times", c.Target, c.Count)
	case c.Kind == TargetAway:
		return fmt.Sprintf("%s does not answer, %d times", c.Target, c.Count)
	case c.Kind == BrokerBlocked:
		return fmt.Sprintf("RabbitMQ took no messages, %d times", c.Count)
	case c.Kind == BrokerUnsafe:
		return fmt.Sprintf("RabbitMQ can lose messages in %d ways as it is set up now", c.Count)
	}
	return fmt.Sprintf("%d notices of kind %s", c.Count, c.Kind)
}

// Done says what erpbridge did about it.
func (c *cause) Done() string {
	switch c.Kind {
	case DeadLetter:
		if c.Target == "" && c.Store != "" { // an event that became no document parks nothing
			return "kept; nothing of it was sent to any target"
		}
		return "parked; later changes of this order wait behind it"
	case Unconfirmed:
		return "waits for a person, and later changes of this order behind it; should the ERP still confirm that it is booked, it goes on by itself"
	case Contradicted:
		return "keeps to what it knew: nothing is sent, and nothing is taken back"
	case Held:
		return "held, and sent to none of its targets; it goes on by itself when the mapping it waits for is there, and what waits for no mapping waits for you"
	case TargetRefused:
		return "paused the target; nothing is lost, and it goes on by itself when access is granted again"
	case TargetAway:
		return "probes the target with one request at a time; orders wait, nothing is lost, and it goes on by itself when the target answers"
	case PollFailing:
		return "asks again by itself, and then for all that changed meanwhile; orders whose webhooks arrive go on"
	case StoreRefused:
		return "keeps what waits, and asks again by itself"
	case BrokerUnsafe:
		return "goes on, since to stop would lose more; it will not start again with RabbitMQ like this"
	case BrokerBlocked:
		return "puts webhooks straight into PostgreSQL meanwhile; nothing is lost, and partners who publish themselves have to wait"
	}
	return ""
}

// A Command is something to type, and what it does.
type Command struct{ Line, Effect string }

// Commands are what an operator can do about the alert. They hold numbers and
// names only, nothing a shell would take apart.
func (a Alert) Commands() []Command {
	switch {
	case a.Kind == Unconfirmed && a.DeadLetter != 0:
		cs := []Command{
			{fmt.Sprintf("erpbridge dead show %d", a.DeadLetter), "as what the ERP has it, and what it said"},
			{fmt.Sprintf("erpbridge dead settle %d --reason \"...\"", a.DeadLetter), "it is booked there"},
			{fmt.Sprintf("erpbridge dead replay %d", a.DeadLetter), "wait for its confirmation once more; nothing is sent"},
		}
		if !a.TakenOnce {
			cs = append(cs, Command{fmt.Sprintf("erpbridge dead replay %d --force", a.DeadLetter), "send it again: the ERP does not have it any more"})
		}
		return cs
	case a.DeadLetter != 0:
		replay := a.Replay
		if replay == "" {
			replay = fmt.Sprintf("erpbridge dead replay %d", a.DeadLetter)
		}
		return []Command{
			{fmt.Sprintf("erpbridge dead show %d", a.DeadLetter), "what it is, and what was tried"},
			{replay, "try again, once the cause is gone"},
			{fmt.Sprintf("erpbridge dead discard %d --reason \"...\"", a.DeadLetter), "give it up"},
		}
	case a.Kind == Held:
		return []Command{
			{"erpbridge held list", "what is held, and what it waits for"},
			{"erpbridge held retry --all", "try again, once it was mended"},
			{"erpbridge held discard NUMBER --reason \"...\"", "give one up: it was mended in the shop, which sent it anew"},
		}
	case a.Replay != "":
		return []Command{{a.Replay, "try again"}}
	case a.Kind == TargetRefused:
		return []Command{
			{"erpbridge check", "whether every target lets us in"},
			{"erpbridge target resume " + a.Target, "try at once, once the credentials are mended"},
		}
	case a.Kind == TargetAway:
		return []Command{
			{"erpbridge status", "how much waits, and since when"},
			{"erpbridge target resume " + a.Target, "try at once"},
			{"erpbridge target pause " + a.Target + " --reason \"...\"", "leave it alone until you say so"},
		}
	case a.Kind == PollFailing, a.Kind == StoreRefused:
		return []Command{
			{"erpbridge check", "whether every shop lets us in"},
			{"erpbridge store list", "since when it fails, and until when all is known"},
		}
	case a.Kind == SubscriptionLost && a.Store != "":
		return []Command{
			{"erpbridge store list", "which webhooks the shop still sends"},
			{"erpbridge store subscribe --store " + a.Store, "bring them back"},
		}
	case a.Kind == EventsNotSent:
		return []Command{{"erpbridge store list", "how much the shop did not send, and whether it is still subscribed"}}
	case a.Kind == BrokerUnsafe:
		return []Command{{"erpbridge check", "what is wrong, and what to do about it"}}
	case a.Kind == BrokerBlocked:
		return []Command{{"erpbridge check", "what RabbitMQ says: mostly its disk or its memory is full"}}
	}
	return nil
}
