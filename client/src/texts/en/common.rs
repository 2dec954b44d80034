//! The frame of the page and the connection, in English.

use crate::texts::table;

table! {
    /// Words of the tabs, the connection bar, the status, the notices and what the log says about connections.
    Common {
        close: "Close";
        dismiss: "Dismiss";
        scenes: "Scenes: chat, prices, a game";
        part_coming: "Loading…";
        part_missing: "A part of the page is missing";
        part_missing_why: "This part of the page could not be fetched from its server. Try again once the server can be reached. If the server has been updated since, reload the page.";

        // Tabs and panels.
        connections: "Connections";
        tab_add: "New connection";
        tab_close: "Close connection {0}";
        tab_rename: "Double-click to rename";
        tab_name: "Name of the connection";
        tab_unnamed: "New connection";
        tab_unseen: "{0} new";
        panel: "Side panel";
        panel_detail: "Detail";
        panel_health: "Health";
        panel_plot: "Plot";
        panel_hide: "Hide the side panel";
        panel_show: "Show the side panel";
        view_log: "Log";

        // What an earlier visit left.
        restore: "Logs of an earlier visit";
        restore_text: "The log of your visit on {0} was kept.";
        restore_open: "Open it";
        restore_discard: "Discard";
        restore_gone: "That log is no longer there";
        restore_gone_why: "Another tab of the browser has opened or discarded it.";
        keep_failed: "The log is no longer kept for the next visit";
        keep_quota: "The browser's storage for this page is full ({0} of log). The log itself goes on; export it if you need it later.";
        keep_other: "The browser does not store it: {0} The log itself goes on; export it if you need it later.";

        // Connection bar.
        address: "WebSocket address";
        connect: "Connect";
        disconnect: "Disconnect";
        options: "Options";
        subprotocols: "Subprotocols";
        subprotocols_hint: "none; several with commas";
        reconnect: "Reconnect by itself";
        heartbeat: "Heartbeat";
        heartbeat_after: "Heartbeat after {0} of silence";
        heartbeat_hint: "A message that the server is expected to echo";
        theme: "Theme: {0}";
        theme_system: "system";
        theme_light: "light";
        theme_dark: "dark";

        // Status.
        state: "Connection state";
        retry_now: "Retry now";
        rtt: "RTT";
        rtt_hint: "Round trip of the latest heartbeat";
        heartbeat_state_hint: "Whether the server answers heartbeats";
        queue: "Queue";
        queue_hint: "Messages that wait for a connection";
        unsent: "Unsent";
        unsent_hint: "Bytes that have not left the browser yet";
        relayed: "Relayed";
        protocol: "Protocol";
        protocol_hint: "The subprotocol the server chose";
        pulse_off: "off";
        pulse_waiting: "waiting";
        pulse_alive: "alive";
        pulse_late: "late";
        pulse_missed: "missed";

        // Phases.
        idle: "Not connected";
        connecting: "Connecting";
        connecting_attempt: "Connecting, attempt {0}";
        connected: "Connected";
        closing: "Closing";
        waiting: "Waiting {0} for attempt {1}";
        waiting_attempt: "Waiting for attempt {0}";
        offline: "Offline, attempt {1} in {0}";
        offline_short: "Offline, waiting for the network";
        suspended: "Suspended with the page";
        refused: "Refused by the browser";
        cancelled: "Cancelled";
        withheld: "Not connected yet";
        gave_up: "Gave up, {0}";
        closed: "Closed";
        closed_code: "Closed {0}";
        disconnected_code: "Disconnected, code {0}.";

        // What the log says about connections.
        log_connected: "{0} in {1} ms";
        log_connected_attempt: "{0} in {1} ms, attempt {2}";
        log_closed: "{0} · {1} · {2}, open for {3}";
        log_unknown: "One message was sent, but nothing shows whether the server got it|{0} messages were sent, but nothing shows whether the server got them";
        log_unseen: "One thing passed unseen: this page was too slow|{0} things passed unseen: this page was too slow";
        log_overflow: "The queue was full: its oldest message was dropped";
        log_failed: "{0} to {1}";
        log_unrelayed: "Could not connect: {0}";
        log_relay: "The relay says: {0}";
        log_relay_gone: "The relay is gone, and what it carried with it";
        log_heartbeat_missed: "The heartbeat went unanswered for {0}";
        how_heartbeat: "the heartbeat went unanswered";
        how_by_user: "closed from here";
        how_close_timeout: "closed from here, the server never confirmed";
        how_page_hidden: "the page was left";
        how_replaced: "replaced by a new connection";
        how_transport: "the connection failed";
        how_lost: "the connection was lost";
        how_by_server: "closed by the server";

        // Notices.
        notice_title: "{0}.";
        not_connectable: "This address cannot be connected to";
        use_suggestion: "Use {0}";
        not_connected: "Not connected";
        only_watches: "This tab only watches";
        only_watches_why: "This tab shows what passes on a connection of the server. Nothing can be sent on somebody else's connection.";
        only_watches_save: "Save recording";
        not_connected_why: "Connect first. The message is still in the composer.";
        queue_full: "The queue is full";
        queue_full_why: "{0} messages ({1}) wait for a connection already. The message is still in the composer.";
        too_large: "The message is too large";
        too_large_why: "It has {0}, and at most {1} are sent.";
        could_not_connect: "Could not connect";
        no_answer: "The server did not answer in time";
        no_answer_why: "Nothing came back, neither an answer nor a refusal. Likely a wrong host or a firewall that drops packets in silence.";
        browser_refused: "The browser refused to connect";
        browser_says: "It says: {0}.";
        browser_silent: "It gave no reason. Check the address.";
        transport_missing: "this browser has no {0}";
        relay_says: "The relay says: {0}.";
        relay_request: "What the relay was asked for cannot be done: {0}.";
        relay_guard: "The relay may not connect there: {0}. Whoever runs it decides that.";
        relay_name: "The name leads nowhere: {0}.";
        relay_tcp: "Nobody took the connection: {0}.";
        relay_proxy: "The proxy did not connect: {0}.";
        relay_tls: "No TLS: {0}. Where the certificate is of an authority of your own, enter that under “Headers and TLS” in the settings.";
        relay_upgrade: "The server did not open a WebSocket: {0}.";
        relay_timeout: "It took too long: {0}.";
        relay_not_allowed: "The server of this page relays for its own machine alone. Start it with --relay to let others in.";
        relay_absent: "This page comes from a server that has no relay, or that is away. Open the page of a Heartwire server; for others than its own machine that needs --relay.";
        relay_busy: "The relay took no further connection: its server has as many as it may.";
        stop_code: "The server closed the connection with {0}";
        stop_code_why: "{0} Heartwire does not reconnect by itself after this code.";
        exhausted: "Gave up reconnecting";
        exhausted_why: "As many attempts as allowed came to nothing.";
        leave: "Your values would go to another server";
        leave_why: "{0} would be sent to {1}, which has not had them before. Nothing has been sent. Go on only if you trust it with them.";
        leave_connect: "Agree and connect";
        leave_agree: "Agree";
        preset: "This looks like {0}";
        preset_why: "Such servers expect certain answers and drop whoever does not give them. Heartbeat, answers, opening messages and subprotocol can be set for that.";
        preset_use: "Set them for {0}";

        // Why a connection failed.
        causes: "The browser does not say why. Likely causes: {0}, or {1}.";
        causes_comma: ", ";
        cause_offline: "the browser says there is no network";
        cause_local_port: "nothing listens on port {0} of this machine";
        cause_remote_port: "{0} is down, or its port {1} is closed";
        cause_not_websocket: "what answers there is not a WebSocket server, or not on this path";
        cause_certificate: "its certificate is not trusted";
        cause_origin: "it refuses pages from this origin";
        cause_policy: "The security policy of this page ({0}) does not let it connect there. Whoever serves the page decides that.";
        cause_local_denied: "This page is not allowed to reach devices in your network. Allow it in the browser's settings for this site, then connect again.";
        cause_local_insecure: "The browser refuses it without a word: a page served over plain http may not reach your own network or machine. Open the page over https, or from the machine itself.";
        cause_local_leave: "the browser asks whether this page may reach your network, and was not told that it may";
        cause_mixed: "the page was loaded over https, and the browser blocks unencrypted connections from it";
        cause_subprotocols: "the server chose none of the subprotocols {0}, on which browsers close";

        // What is wrong with an address.
        address_empty: "Enter the address of a WebSocket server.";
        address_space: "The address contains a space or a line break. Write a space in a path as %20.";
        address_scheme: "A WebSocket address begins with ws:// or wss://.";
        address_other_scheme: "{0}:// is not a WebSocket address; those begin with ws:// or wss://.";
        address_fragment: "A WebSocket address has no fragment: the # and what follows never reach the server.";
        address_no_host: "The address names no server after {0}://.";
        address_mixed: "This page was loaded over https, and browsers block unencrypted ws:// connections from such a page (mixed content). Use wss://, or open this page over http.";
        address_host: "“{0}” is no name of a server. A server's name is letters, digits, dots and hyphens, or an IP address.";
        address_ipv6: "An IPv6 address stands in brackets.";
        address_quotes: "The address stands in quotes.";
        address_wide: "The address contains full-width characters.";
        address_unseen: "The address contains what cannot be seen: {0}.";
        unseen_control: "{0} (a control character)";
        unseen_direction: "{0} (turns the direction of writing)";
        unseen_zero_width: "{0} (no width)";
        port_zero: "Port 0 cannot be connected to. Ports run from 1 to 65535.";
        port_blocked: "Browsers never connect to port {0}, which belongs to another protocol. The server has to listen on another port.";
        port_invalid: "“{0}” is not a port. Ports are numbers from 1 to 65535.";
        protocol_invalid: "The subprotocol “{0}” contains {1}. A subprotocol's name is letters, digits and marks such as - . _ + without spaces; several are separated by commas.";
        protocol_twice: "The subprotocol “{0}” is named twice.";
    }
}
