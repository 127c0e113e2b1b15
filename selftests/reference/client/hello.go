package main

import (
	"crypto/tls"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"time"
)

// helloRetry is the random of a ServerHello that asks for another key share (RFC 8446, 4.1.3).
const helloRetry = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"

// hello prints the ClientHello that this Go version sends, and what an address answers to it.
func hello(arguments []string) error {
	flags := flag.NewFlagSet("hello", flag.ContinueOnError)
	name := flags.String("name", "example.test", "server name")
	older := flags.Bool("older", false, "as Go 1.21")
	limit := flags.Duration("timeout", 5*time.Second, "limit of the answer")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	config := &tls.Config{ServerName: *name, NextProtos: []string{"h2", "http/1.1"}}
	if *older {
		asOlderGo(config)
	}
	sent := recorded(config)
	found := map[string]any{"size": len(sent), "hello": hex.EncodeToString(sent)}
	if address := flags.Arg(0); address != "" {
		found["answer"] = answerTo(address, sent, *limit)
	}
	return show(found)
}

// recorded returns the record with the ClientHello that a handshake begins with.
func recorded(config *tls.Config) []byte {
	ours, theirs := net.Pipe()
	go func() {
		tls.Client(ours, config).Handshake()
	}()
	defer ours.Close()
	defer theirs.Close()
	head := make([]byte, 5)
	if _, err := io.ReadFull(theirs, head); err != nil {
		return nil
	}
	body := make([]byte, int(head[3])<<8|int(head[4]))
	if _, err := io.ReadFull(theirs, body); err != nil {
		return nil
	}
	return append(head, body...)
}

// answerTo says what comes back for a hello: server-hello, retry-request, alert-N or a fault.
func answerTo(address string, sent []byte, limit time.Duration) string {
	connection, err := net.DialTimeout("tcp", address, limit)
	if err != nil {
		return "connect " + faultOf(err)
	}
	defer connection.Close()
	connection.SetDeadline(time.Now().Add(limit))
	if _, err := connection.Write(sent); err != nil {
		return faultOf(err)
	}
	received := make([]byte, 43)
	count, err := io.ReadFull(connection, received)
	if errors.Is(err, io.ErrUnexpectedEOF) && count >= 7 {
		err = nil // an alert is shorter, and its sender closes
	}
	switch {
	case err != nil && count < 7:
		return faultOf(err)
	case received[0] == 21:
		return fmt.Sprintf("alert-%d", received[6])
	case received[0] != 22 || received[5] != 2:
		return "not-tls"
	case hex.EncodeToString(received[11:43]) == helloRetry:
		return "retry-request"
	}
	return "server-hello"
}
