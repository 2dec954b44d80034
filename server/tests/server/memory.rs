//! What all connections together may hold in memory.

use crate::support::{PATIENCE, TestServer, frame, frame_with_head};
use server::Driver;
use std::io::ErrorKind;
use std::time::Instant;

const DRIVERS: [Driver; 2] = [Driver::Reactor, Driver::Tokio];

#[test]
fn beyond_the_budget_the_heaviest_connection_is_cut_and_the_others_go_on() {
    for driver in DRIVERS {
        let server = TestServer::start_with(|config| {
            config.driver = driver;
            config.limits.max_memory = 1 << 20;
        });
        let (mut heavy, mut light) = (server.upgrade("/ws"), server.upgrade("/ws"));
        // The beginning of a message each, which the server has to keep.
        light.send(&frame_with_head(0x02, &[1; 100_000]));
        // It may be cut before it has said all that.
        let _ = heavy.try_send(&frame_with_head(0x02, &[2; 3 << 20]));
        let end = heavy.try_read_to_end();
        assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset, "{driver:?}");
        light.send(&frame_with_head(0x80, b"end"));
        let (head, echo) = light.frame();
        assert_eq!((head, echo.len()), (0x82, 100_003), "{driver:?}");
        let deadline = Instant::now() + PATIENCE;
        let cut = "heartwire_memory_cuts_total 1\n";
        while !server.get("/metrics", &[]).text().contains(cut) {
            assert!(Instant::now() < deadline, "it is not counted: {driver:?}");
        }
        light.send(&frame(0x1, b"still here"));
        assert_eq!(light.frame(), (0x81, b"still here".to_vec()));
    }
}

#[test]
fn messages_that_wait_for_a_fault_count_too() {
    for driver in DRIVERS {
        let server = TestServer::start_with(|config| {
            config.driver = driver;
            config.limits.max_memory = 256 << 10;
        });
        let mut client = server.upgrade("/ws?delay=24h");
        for _ in 0..20 {
            // It may be cut before it has said all that.
            let _ = client.try_send(&frame(0x2, &[7; 50_000]));
        }
        // A reset that writing met is no news to reading.
        if let Ok(read) = client.try_read_to_end() {
            assert_eq!(read, b"", "{driver:?}");
        }
        assert!(server.get("/metrics", &[]).text().contains("heartwire_memory_cuts_total 1\n"), "{driver:?}");
    }
}
