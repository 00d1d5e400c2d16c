package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"go.yaml.in/yaml/v4"

	"github.com/hakooi/erpbridge/cmd/erpsim/suitetalk"
)

// readCredentials reads one credential or a list of them. No file: none.
func readCredentials(file string) ([]suitetalk.Credential, error) {
	if file == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("[")) {
		var one suitetalk.Credential
		err := dec.Decode(&one)
		return []suitetalk.Credential{one}, err
	}
	var list []suitetalk.Credential
	err = dec.Decode(&list)
	return list, err
}

// readModes reads the modes of a file, if there is one, and those given one by
// one.
func readModes(file string, each []string) ([]suitetalk.Mode, error) {
	var modes []suitetalk.Mode
	if file != "" {
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if err := fromYAML(raw, &modes); err != nil {
			return nil, err
		}
	}
	for _, text := range each {
		var m suitetalk.Mode
		if err := fromYAML([]byte(text), &m); err != nil {
			return nil, fmt.Errorf("%q: %w", text, err)
		}
		modes = append(modes, m)
	}
	return modes, nil
}

// fromYAML reads YAML, of which JSON is a part, by way of JSON, so that modes are
// read by one set of rules wherever they come from.
func fromYAML(raw []byte, into any) error {
	var tree any
	if err := yaml.Unmarshal(raw, &tree); err != nil {
		return err
	}
	text, err := json.Marshal(tree)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// readEach reads modes that were given one by one, as JSON.
func readEach[Mode any](texts []string) ([]Mode, error) {
	var modes []Mode
	for i, text := range texts {
		var m Mode
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			return nil, fmt.Errorf("mode %d: %w", i+1, err)
		}
		modes = append(modes, m)
	}
	return modes, nil
}
