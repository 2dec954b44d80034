//! Health and plot, in English.

use crate::texts::table;

table! {
    /// Words of the health panel and the plot.
    Health {
        title: "Health";

        // Durations and times.
        seconds: "{0} s";
        minutes: "{0} min";
        millis: "{0} ms";
        minutes_seconds: "{0} min {1} s";
        hours_minutes: "{0} h {1} min";
        now: "now";
        ago: "{0} ago";
        per_second: "{0}/s";

        // Stages.
        state: "State";
        state_label: "State diagram. The connection is in the state {0}.";
        state_for: "for {0}";
        stage_idle: "Idle";
        stage_connecting: "Connecting";
        stage_open: "Open";
        stage_closing: "Closing";
        stage_closed: "Closed";
        stage_waiting: "Waiting";
        stage_offline: "Offline";
        stage_suspended: "Suspended";
        timeline: "Last {0}";
        timeline_label: "Timeline of the last {0}: {1}";
        timeline_part: "{0} {1}";
        timeline_earlier: "and one change before|and {0} changes before";

        // Last close.
        last_close: "Last close";
        close_clean: "The closing handshake completed.";
        close_unclean: "There was no closing handshake.";
        own: "by this page";
        own_heartbeat: "The server did not answer this page's heartbeat in time, so the page gave the connection up.";
        own_heartbeat_advice: "If the server does not know this heartbeat, switch it off or say in the settings what answers it. If it does, the server or the way to it was stuck.";
        own_timeout: "Nothing came back in time, so the page gave up.";
        own_timeout_advice: "Check host and port, and whether a firewall drops packets in silence.";
        own_closed: "The connection was closed from here.";
        own_unconfirmed: "The connection was closed from here, and the server never confirmed that.";
        own_unconfirmed_advice: "A server answers a Close frame with one of its own (RFC 6455 section 5.5.1). Check that it does.";
        own_left: "The page was left, and browsers keep no connection for a page that is away.";
        own_replaced: "A new connection took its place.";
        own_broken: "The browser reported an error and then nothing more.";
        close_none: "Nothing has been closed yet.";

        // Round trips.
        rtt: "Round trip";
        rtt_label: "Round trips of the last {0}: latest {1}, median {2}, 99th percentile {3}, {4} samples";
        rtt_latest: "Latest";
        rtt_p50: "Median (p50)";
        rtt_p99: "p99";
        rtt_range: "Least – greatest";
        rtt_missed: "Missed beats";
        rtt_missed_of: "{0} of {1}";
        rtt_off: "The heartbeat is off, so there is nothing to measure. Switch it on in the options beside the address if the server answers it.";
        rtt_none: "No heartbeat was answered in these minutes. One is sent after {0} of silence: while messages keep coming in, the connection is known to be alive without it.";

        // Traffic.
        traffic: "Traffic";
        messages_in: "Messages received";
        messages_out: "Messages sent";
        bytes_in: "Bytes received";
        bytes_out: "Bytes sent";
        rate_figures: "peak {0} · total {1}";
        traffic_hint: "Last {0}, heartbeats included";

        // Connection.
        connection: "Connection";
        uptime: "Connected for";
        availability: "Share of this time connected";
        connections: "Connections opened";
        reconnects: "Reconnects";
        attempts: "Attempts";
        silence: "Nothing received for";
        queue: "Waiting to be sent";
        queue_value: "{0}, {1}";
        buffered: "Buffered by the browser";
        unconfirmed: "Sent, not confirmed";
        unknown: "Fate unknown";
        dropped: "Dropped from the queue";
        protocol: "Subprotocol";
        extensions: "Extensions";
        relay: "Relay";
        pings: "Pings received";
        pongs: "Pongs received";
        none: "none";

        // Plot.
        plot_title: "Plot";
        plot_field: "JSON path of a number";
        plot_placeholder: "$.price or data[0].value";
        plot_add: "Plot";
        plot_suggestions: "Numbers in the latest messages";
        plot_suggestion: "Plot {0}, now {1}";
        plot_window: "Time shown";
        plot_minutes: "1 minute|{0} minutes";
        plot_values: "Last {0} values";
        plot_pause: "Pause";
        plot_resume: "Resume";
        plot_paused: "Paused";
        plot_lanes: "Own scale for each";
        plot_remove: "Take {0} off the chart";
        plot_empty_title: "Watch numbers as they arrive";
        plot_empty: "Choose a number from the messages below, or type its path: a name like price, a nested one like data[0].price, every item of a list as data[*].price. Numbers inside strings count too. Up to four fields share the chart.";
        plot_no_numbers: "The latest messages received hold no numbers in JSON yet.";
        plot_waiting: "No number at this path yet: {0} messages looked at|No number at this path yet: {0} messages looked at";
        plot_reading: "Reading the log: one entry left|Reading the log: {0} entries left";
        plot_label: "Chart of {0}. {1}";
        plot_trace: "{0}: latest {1}, from {2} to {3}";
        plot_keys: "Arrow keys move the crosshair, Escape hides it.";
        plot_at: "{0} ago";
        plot_between: "{0} to {1}";
        plot_bad_path: "This is not a path: {0}, at character {1}";
        plot_expected_name: "a name is expected";
        plot_bad_index: "an index like [0], [*] or [\"name\"] is expected";
        plot_too_long: "it has more than 32 steps";
        plot_trailing: "the path should end here";
        plot_duplicate: "This field is on the chart already.";
        plot_full: "The chart holds four fields. Take one away first.";
    }
}
