// gorilla/websocket as an echo with a heartbeat. Usage: gorilla PORT
package main

import (
	"io"
	"log"
	"net/http"
	"os"
	"runtime"
	"time"

	"github.com/gorilla/websocket"
)

const (
	pingInterval = 20 * time.Second
	pongWait     = 30 * time.Second
	writeWait    = 10 * time.Second
)

// Without sizes of its own the upgrader takes over the HTTP server's buffers.
var upgrader = websocket.Upgrader{EnableCompression: true}

func echo(w http.ResponseWriter, r *http.Request) {
	socket, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer socket.Close()
	done := make(chan struct{})
	defer close(done)
	go heartbeat(socket, done)
	alive := func(string) error { return socket.SetReadDeadline(time.Now().Add(pongWait)) }
	socket.SetPongHandler(alive)
	if alive("") != nil {
		return
	}
	for {
		kind, message, err := socket.ReadMessage()
		if err != nil {
			return
		}
		if err := socket.WriteMessage(kind, message); err != nil {
			return
		}
	}
}

// WriteControl is the one write that may run beside the echo's.
func heartbeat(socket *websocket.Conn, done <-chan struct{}) {
	ticker := time.NewTicker(pingInterval)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
			if socket.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWait)) != nil {
				return
			}
		}
	}
}

func main() {
	runtime.GOMAXPROCS(1)
	// The server ends with the benchmark that holds its standard input.
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	http.HandleFunc("/", echo)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
