package navws

import (
	"fmt"
	"strings"
)

// A fault is what the server says no with.
type fault struct {
	exception string // the .NET exception, without its namespace
	text      string
}

func (f *fault) Error() string { return f.exception + ": " + f.text }

// languages are the sentences of faults, in the order of the constants below.
var languages = map[string][6]string{
	"en-US": {
		"The %s already exists. Identification fields and values: No.='%s'",
		"The field %s of table %s contains a value (%s) that cannot be found in the related table (%s).",
		"The length of the string is %d, but it must be less than or equal to %d characters. Value: %s",
		"Other user has modified \"%s\" \"%s\"",
		"The activity was deadlocked with another user who was modifying the %s table. Please retry the activity.",
		"The %s does not exist. Identification fields and values: No.='%s'",
	},
	"de-DE": {
		"%s ist bereits vorhanden. Identifizierungsfelder und -werte: Nr.='%s'",
		"Das Feld %s der Tabelle %s enthält einen Wert (%s), der in der zugehörigen Tabelle nicht gefunden werden kann (%s).",
		"Die Länge der Zeichenfolge ist %d, sie darf aber höchstens %d Zeichen betragen. Wert: %s",
		"Ein anderer Benutzer hat \"%s\" geändert: \"%s\"",
		"Die Aktivität wurde durch einen Deadlock mit einem anderen Benutzer abgebrochen, der die Tabelle %s geändert hat.",
		"%s existiert nicht. Identifizierungsfelder und -werte: Nr.='%s'",
	},
	"fr-FR": {
		"L'enregistrement %s existe déjà. Champs et valeurs d'identification : N°='%s'",
		"Le champ %s de la table %s contient une valeur (%s) introuvable dans la table associée (%s).",
		"La longueur de la chaîne est %d, mais elle doit être inférieure ou égale à %d caractères. Valeur : %s",
		"Un autre utilisateur a modifié « %s » « %s »",
		"L'activité a été bloquée par un autre utilisateur qui modifiait la table %s.",
		"L'enregistrement %s n'existe pas. Champs et valeurs d'identification : N°='%s'",
	},
	"it-IT": {
		"%s esiste già. Campi e valori di identificazione: N.='%s'",
		"Il campo %s della tabella %s contiene un valore (%s) non trovato nella tabella correlata (%s).",
		"La lunghezza della stringa è %d, ma deve essere minore o uguale a %d caratteri. Valore: %s",
		"Un altro utente ha modificato \"%s\" \"%s\"",
		"L'attività è stata bloccata da un altro utente che modificava la tabella %s.",
		"%s non esiste. Campi e valori di identificazione: N.='%s'",
	},
	"es-ES": {
		"%s ya existe. Campos y valores de identificación: N.º='%s'",
		"El campo %s de la tabla %s contiene un valor (%s) que no se puede encontrar en la tabla relacionada (%s).",
		"La longitud de la cadena es %d, pero debe ser menor o igual que %d caracteres. Valor: %s",
		"Otro usuario ha modificado \"%s\" \"%s\"",
		"La actividad quedó bloqueada por otro usuario que modificaba la tabla %s.",
		"%s no existe. Campos y valores de identificación: N.º='%s'",
	},
}

// What can be said in all of them.
const (
	exists = iota
	unrelated
	tooLong
	modified
	deadlock
	absent
)

// exceptionOf is the exception that goes with each of them.
var exceptionOf = [6]string{
	"Types.Exceptions.NavCSideDuplicateKeyException",
	"Types.Exceptions.NavCSideValidateTableRelationException",
	"Types.Exceptions.NavNCLStringLengthExceededException",
	"Service.WebServices.ServiceBrokerException",
	"Types.Exceptions.NavCSideException",
	"Types.Exceptions.NavCSideRecordNotFoundException",
}

func (s *Server) saying(what int, args ...any) *fault {
	return &fault{exceptionOf[what], fmt.Sprintf(languages[s.conf.Language][what], args...)}
}

// dialog is what an Error() in AL code comes to.
func dialog(format string, args ...any) *fault {
	return &fault{"Types.Exceptions.NavNCLDialogException", fmt.Sprintf(format, args...)}
}

func (f *fault) envelope(language string) string {
	name := f.exception
	if strings.Contains(name, ".") {
		name = "Microsoft.Dynamics.Nav." + name
	}
	text := escape(f.text)
	return `<s:Envelope xmlns:s="` + nsSOAP + `"><s:Body><s:Fault>` +
		`<faultcode xmlns:a="urn:microsoft-dynamics-schemas/error">a:` + escape(name) + `</faultcode>` +
		`<faultstring xml:lang="` + language + `">` + text + `</faultstring>` +
		`<detail><string xmlns="http://schemas.microsoft.com/2003/10/Serialization/">` + text + `</string></detail>` +
		`</s:Fault></s:Body></s:Envelope>`
}
