package bc

import (
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

const (
	anyError = "a:Microsoft.Dynamics.Nav.Types.Exceptions.NavNCLDialogException"
	broker   = "a:Microsoft.Dynamics.Nav.Service.WebServices.ServiceBrokerException"
)

// Row by row, what an exception asks for, whatever is said beside it.
func TestKindOfException(t *testing.T) {
	rows := 0
	for kind, list := range map[erpbridge.Kind]string{
		erpbridge.Duplicate: "NavCSideDuplicateKeyException",
		erpbridge.Missing:   "NavCSideRecordNotFoundException NavCSideValidateTableRelationException NavCSideDataException",
		erpbridge.Invalid: "NavNCLStringLengthExceededException NavNCLEvaluateException NavNCLInvalidGuidFormatException NavFilterException " +
			"NavNCLCallbackNotAllowedException",
		erpbridge.Refused:   "NavCompanyNotFoundException NavInvalidCredentialException NavPermissionException ActionNotSupported DestinationUnreachable",
		erpbridge.Transient: "NavTenantNotAccessibleException",
	} {
		for name := range strings.FieldsSeq(list) {
			rows++
			for _, code := range []string{"a:Microsoft.Dynamics.Nav.Types.Exceptions." + name, "s:" + name, name} {
				if got, as := kindOfFault(&soap.Fault{Code: code, String: "Etwas anderes."}); got != kind || as != name {
					t.Errorf("%s: %s %s, want %s", code, got, as, kind)
				}
			}
		}
	}
	if len(exceptions) != rows {
		t.Errorf("the table has %d rows, %d are tested", len(exceptions), rows)
	}
}

// Row by row, what a sentence asks for, in each of the languages.
func TestKindOfSentence(t *testing.T) {
	tested := make([]bool, len(sentences))
	for _, c := range []struct {
		code, text string
		want       erpbridge.Kind
	}{
		{broker, `Other user has modified "MarkingCodesOrders" "Id=CONST(1)"`, erpbridge.Transient},
		{anyError, "Another user has already changed the record.", erpbridge.Transient},
		{anyError, "Another user has modified the record for this Sales Header after you retrieved it from the database.", erpbridge.Transient},
		{broker, `Ein anderer Benutzer hat "Verkaufskopf" geändert`, erpbridge.Transient},
		{broker, "Un autre utilisateur a modifié « En-tête vente »", erpbridge.Transient},
		{broker, `Un altro utente ha modificato "Testata vendita"`, erpbridge.Transient},
		{broker, `Otro usuario ha modificado "Cab. venta"`, erpbridge.Transient},
		{anyError, "The changes to the Sales Header record cannot be saved because some information on the page is not up-to-date. Close the page, reopen it, and try again. Identification fields and values: Document Type='Order',No.='S-ORD1'", erpbridge.Transient},
		{anyError, "Die Änderungen am Datensatz Verkaufskopf können nicht gespeichert werden, weil einige Informationen auf der Seite nicht mehr aktuell sind. Identifizierungsfelder und -werte: Belegart='Auftrag',Nr.='S-ORD1'", erpbridge.Transient},
		{"a:x.NavCSideException", "The activity was deadlocked with another user who was modifying the Sales Header table.", erpbridge.Transient},
		{anyError, "We can't save your changes right now, because a record in table 'Sales Header' is being updated in a transaction done by another session.", erpbridge.Transient},
		{anyError, "We can’t save your changes right now.", erpbridge.Transient},
		{"a:x.NavCSideException", "Please retry the activity.", erpbridge.Transient},
		{"a:x.NavCSideException", "Ein Deadlock mit einem anderen Benutzer.", erpbridge.Transient},
		{"a:x.NavCSideException", "L'activité est bloquée par un autre utilisateur.", erpbridge.Transient},
		{anyError, "The Sales Header table is locked by another user.", erpbridge.Transient},
		{anyError, "Die Tabelle Verkaufskopf ist von einem anderen Benutzer gesperrt.", erpbridge.Transient},
		{anyError, "La table est verrouillée par un autre utilisateur.", erpbridge.Transient},
		{anyError, "La tabella è bloccata da un altro utente.", erpbridge.Transient},
		{anyError, "La tabla está bloqueada por otro usuario.", erpbridge.Transient},
		{"a:x.NavCSideException", "Cannot establish a connection to the SQL Server/Database.", erpbridge.Transient},
		{anyError, "The tenant 'x' is not accessible", erpbridge.Transient},
		{anyError, "A transaction must be started before changes can be made to the database.", erpbridge.Transient},
		{"", "The server has rejected the client credentials", erpbridge.Refused},
		{anyError, "You do not have the following permissions on TableData Sales Header: Insert.", erpbridge.Refused},
		{anyError, "Sorry, the current permissions prevented the action. (TableData 36 Sales Header Insert: Base Application)", erpbridge.Refused},
		{anyError, "You cannot assign new numbers from the number series S-ORD on a date before 01-01-27.", erpbridge.Invalid},
		{anyError, "You cannot assign new numbers from the number series S-ORD on 01-01-27.", erpbridge.Missing},
		{anyError, "You cannot assign new numbers from the number series S-ORD.", erpbridge.Refused},
		{anyError, "You cannot assign numbers greater than 109999 from the number series S-ORD.", erpbridge.Refused},
		{anyError, "Cannot process the request because the default company cannot be found.", erpbridge.Refused},
		{anyError, "Microsoft Dynamics NAV Server attempted to issue a client callback to show a confirmation dialog box: Do you want ...?", erpbridge.Invalid},
		{anyError, "Client callbacks are not supported on Microsoft Dynamics NAV Server.", erpbridge.Invalid},
		{anyError, "Microsoft Dynamics NAV Server hat versucht, einen Clientrückruf auszulösen.", erpbridge.Invalid},
		{"", "The Customer does not exist. Identification fields and values: No.='10'", erpbridge.Missing},
		{"", "The Sales Header already exists.\u00a0Identification fields and values: Document Type='Order',No.='SO1001'", erpbridge.Duplicate},
		{"", "Der Verkaufskopf existiert nicht. Identifizierungsfelder und -werte: Nr.='10'", erpbridge.Missing},
		{"", "Verkaufskopf ist bereits vorhanden. Identifizierungsfelder und -werte: Nr.='10'", erpbridge.Duplicate},
		{"", "L’en-tête vente n’existe pas. Champs et valeurs d’identification : N°='10'", erpbridge.Missing},
		{"", "L'en-tête vente existe déjà. Champs et valeurs d'identification : N°='10'", erpbridge.Duplicate},
		{"", "L'intestazione vendite non esiste. Campi e valori di identificazione: N.='10'", erpbridge.Missing},
		{"", "L'intestazione vendite esiste già. Campi e valori di identificazione: N.='10'", erpbridge.Duplicate},
		{"", "El encabezado de ventas no existe. Campos y valores de identificación: N.º='10'", erpbridge.Missing},
		{"", "El encabezado de ventas ya existe. Campos y valores de identificación: N.º='10'", erpbridge.Duplicate},
		{"", "The field No. of table Sales Line contains a value (1) that cannot be found in the related table (Item).", erpbridge.Missing},
		{"", "Das Feld enthält einen Wert, der in der zugehörigen Tabelle nicht gefunden werden kann.", erpbridge.Missing},
		{"", "Le champ contient une valeur introuvable dans la table associée.", erpbridge.Missing},
		{"", "Il campo contiene un valore non trovato nella tabella correlata.", erpbridge.Missing},
		{"", "El campo contiene un valor que no se puede encontrar en la tabla relacionada.", erpbridge.Missing},
		{"", "The length of the string is 57, but it must be less than or equal to 50 characters. Value: x", erpbridge.Invalid},
		{"", "The value \"Depreciation\" cannot be evaluated into type Option.", erpbridge.Invalid},
		{anyError, "You may not enter numbers manually. If you want to enter numbers manually, please activate Manual Nos. in No. Series S-ORD.", erpbridge.Invalid},
		{anyError, "Customer Posting Group must have a value in Customer: No.=C1. It cannot be zero or empty.", erpbridge.Invalid},
		{anyError, "Posting Date is not within your range of allowed posting dates.", erpbridge.Invalid},
	} {
		got, _ := kindOfFault(&soap.Fault{Code: c.code, String: c.text})
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.text, got, c.want)
		}
		for i, s := range sentences {
			fits := true
			for _, part := range s.parts {
				fits = fits && strings.Contains(normal(c.text), part)
			}
			if fits {
				tested[i] = true
				break
			}
		}
	}
	for i, ok := range tested {
		if !ok {
			t.Errorf("no sentence is tested for the row %q", sentences[i].parts)
		}
	}
}

// What nobody knows is tried a few times.
func TestUnknownFaults(t *testing.T) {
	for _, f := range []soap.Fault{
		{},
		{String: "boom"},
		{Code: "s:Server", String: "boom"},
		{Code: anyError, String: "Kreditlimit."},
		{Code: "a:InternalServiceFault", String: "The server was unable to process the request due to an internal error."},
	} {
		if kind, _ := kindOfFault(&f); kind != erpbridge.Unknown {
			t.Errorf("%+v: %s", f, kind)
		}
	}
	if kind, _ := kindOfFault(&soap.Fault{Code: "a:x.NavTestFieldException", String: "Status muss Offen sein."}); kind != erpbridge.Invalid {
		t.Errorf("a field's test is %s", kind)
	}
}

func TestWhichFaultsMeanAnotherPage(t *testing.T) {
	for _, c := range []struct {
		fault soap.Fault
		want  bool
	}{
		{soap.Fault{Code: "a:ActionNotSupported"}, true},
		{soap.Fault{Code: "a:DeserializationFailed"}, true},
		{soap.Fault{Code: broker, String: "Parameter SalesOrder in method Create is null!"}, true},
		{soap.Fault{Code: broker, String: `Other user has modified "Sales Header"`}, false},
		{soap.Fault{Code: anyError}, false},
	} {
		if got := otherPage(&c.fault); got != c.want {
			t.Errorf("%+v: %v", c.fault, got)
		}
	}
}
