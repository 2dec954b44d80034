//! An address as what people take elsewhere: a command line, or a small client in their language. Each sends a message
//! and shows what comes until the connection ends.

/// What is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Snippet {
    /// The address alone.
    #[default]
    Url,
    /// A line for a shell.
    Websocat,
    /// For browsers, Deno, Bun and Node.js from version 22.
    JavaScript,
    /// With the package `websockets`.
    Python,
    /// With the module `github.com/gorilla/websocket`.
    Go,
    /// With the crate `tungstenite`.
    Rust,
}

/// Stands for the address in a template.
const MARK: &str = "URL";

const JAVASCRIPT: &str = r#"const socket = new WebSocket(URL);
socket.addEventListener("open", () => socket.send("hello"));
socket.addEventListener("message", ({ data }) => console.log(data));
socket.addEventListener("close", ({ code, reason }) => console.log("closed:", code, reason));
"#;

const PYTHON: &str = r#"import asyncio
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

async def main():
    async with connect(URL) as socket:
        await socket.send("hello")
        try:
            while True:
                print(await socket.recv())
        except ConnectionClosed as closed:
            print("closed:", closed)

asyncio.run(main())
"#;

const GO: &str = r#"package main

import (
	"fmt"
	"log"

	"github.com/gorilla/websocket"
)

func main() {
	socket, _, err := websocket.DefaultDialer.Dial(URL, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer socket.Close()
	if err := socket.WriteMessage(websocket.TextMessage, []byte("hello")); err != nil {
		log.Fatal(err)
	}
	for {
		_, message, err := socket.ReadMessage()
		if err != nil {
			fmt.Println("closed:", err)
			return
		}
		fmt.Println(string(message))
	}
}
"#;

const RUST: &str = r#"use tungstenite::{Message, connect};

fn main() -> Result<(), tungstenite::Error> {
    let (mut socket, _) = connect(URL)?;
    socket.send(Message::text("hello"))?;
    loop {
        match socket.read() {
            Ok(message) => println!("{message}"),
            Err(error) => {
                println!("closed: {error}");
                return Ok(());
            }
        }
    }
}
"#;

impl Snippet {
    /// Each of them.
    pub const ALL: [Snippet; 6] =
        [Snippet::Url, Snippet::Websocat, Snippet::JavaScript, Snippet::Python, Snippet::Go, Snippet::Rust];

    /// What it is called, in every language.
    pub fn name(self) -> &'static str {
        match self {
            Snippet::Url => "URL",
            Snippet::Websocat => "websocat",
            Snippet::JavaScript => "JavaScript",
            Snippet::Python => "Python",
            Snippet::Go => "Go",
            Snippet::Rust => "Rust",
        }
    }

    /// The address in that form.
    pub fn write(self, address: &str) -> String {
        let template = match self {
            Snippet::Url => return address.to_owned(),
            Snippet::Websocat => return format!("websocat '{}'\n", address.replace('\'', r"'\''")),
            Snippet::JavaScript => JAVASCRIPT,
            Snippet::Python => PYTHON,
            Snippet::Go => GO,
            Snippet::Rust => RUST,
        };
        // In all four languages a text between double quotes has these escapes; control characters are in no address.
        let quoted = format!("\"{}\"", address.replace('\\', r"\\").replace('"', "\\\""));
        template.replacen(MARK, &quoted, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_cannot_get_out_of_its_quotes() {
        let address = r#"ws://h/ws?a='"\"#;
        assert_eq!(Snippet::Websocat.write(address), "websocat 'ws://h/ws?a='\\''\"\\'\n");
        for snippet in [Snippet::JavaScript, Snippet::Python, Snippet::Go, Snippet::Rust] {
            let written = snippet.write(address);
            assert!(written.contains(r#"("ws://h/ws?a='\"\\""#), "{written}");
            assert!(!written.contains(MARK), "{written}");
        }
        assert_eq!(Snippet::Url.write(address), address);
    }
}
