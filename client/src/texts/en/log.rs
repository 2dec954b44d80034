//! The log and the detail pane, in English.

use crate::texts::table;

table! {
    /// Words of the log and the detail pane.
    Log {
        // Filter bar.
        filter: "Filter";
        filter_placeholder: "Filter: text, /pattern/, dir:in, size>1kb, $.price > 100";
        filter_clear: "Clear the filter";
        filter_help: "How to write a filter";
        case_sensitive: "Match case";
        show_received: "Received messages";
        show_sent: "Sent messages";
        show_events: "Connection events";
        show_heartbeats: "Heartbeats";
        filtering: "Filtering";
        help_text: "contains the text; quotes for spaces";
        help_pattern: "matches a regular expression";
        help_direction: "by direction: in, out, local";
        help_kind: "by kind: text, binary, error, note …";
        help_size: "by size in bytes";
        help_rtt: "answers by round trip";
        help_time: "by time of day";
        help_code: "by close code";
        help_json: "by a value inside JSON";
        help_state: "by state: paired, queued, unknown …";
        help_logic: "negate, alternatives, groups";
        error_quote: "the quote is not closed";
        error_pattern_open: "the pattern has no closing '/'; put a text that begins with '/' in quotes";
        error_pattern: "not a valid pattern: {0}";
        error_open: "the parenthesis is not closed";
        error_unopened: "there is no parenthesis to close; put a text with ')' in quotes";
        error_term: "a condition is expected";
        error_value: "a value is expected";
        error_word: "expected one of: {0}";
        error_operator: "this field takes ':' only";
        error_number: "a number is expected, if need be with one of the units {0}";
        error_time: "a time is expected, like 12:30, 12:30:05.250 or 2024-05-01T12:00:00Z";
        error_path: "not a valid path: {0}";
        error_deep: "nested too deeply";

        // Tools.
        find: "Find in the log";
        find_placeholder: "Find text or /pattern/";
        find_next: "Next hit";
        find_previous: "Previous hit";
        find_close: "Close the search";
        find_count: "{0} of {1}";
        find_hits: "{0} hit|{0} hits";
        find_none: "No hits";
        find_searching: "{0} so far …";
        times: "Times";
        time_clock: "Clock";
        time_relative: "Since start";
        time_delta: "Since previous";
        time_selected: "Since selected";
        pause: "Pause";
        resume: "Resume";
        held_back: "{0} held back";
        export: "Export";
        export_all: "All lines";
        export_shown: "Only what is shown";
        import: "Import a file";
        files: "Export and import";
        export_missed: "{0} line was dropped before it could be written|{0} lines were dropped before they could be written";
        unreadable: "The file cannot be read";
        unreadable_why: "The browser did not hand it over. It may have been moved or changed.";
        import_skipped: "{0} line of the file was skipped|{0} lines of the file were skipped";
        import_first: "The first problem: {0}.";
        more: "More";
        of_all: "{0} of {1} lines";
        no_match_title: "Nothing matches";
        no_match: "{0} line is hidden by the filter.|{0} lines are hidden by the filter.";
        show_all: "Show all";

        title: "Log";
        entries: "Log entries";
        lines: "{0} line|{0} lines";
        dropped: "the oldest {0} dropped to save memory";
        clear: "Clear";
        new_lines: "{0} new";
        empty_title: "Nothing here yet";
        empty_first: "Connect to a WebSocket server, then send it a message.";
        empty_second: "Everything that is sent, received, opened or closed appears here, to the millisecond.";

        label_connected: "CONNECTED";
        label_sent: "SENT";
        label_queued: "QUEUED";
        label_unknown: "UNKNOWN";
        label_dropped: "NOT SENT";
        label_response: "RESPONSE";
        label_disconnected: "DISCONNECTED";
        label_error: "ERROR";
        label_note: "NOTE";
        label_ping: "PING";
        label_pong: "PONG";
        mark_empty: "empty";
        mark_binary: "binary";
        text: "text";

        delivery_queued: "Waits in the queue and is sent as soon as there is a connection.";
        delivery_unknown: "The connection ended before anything showed that this message arrived. It may have, or not; it is not sent again by itself.";
        delivery_dropped: "Given up: this message was never sent.";
        close_explained: "{0}, {1}: {2}";
        selected: "Selected entry";
        selected_count: "{0} line selected|{0} lines selected";
        close_detail: "Close details";
        copy: "Copy";
        copied: "Copied";
        copy_refused: "The browser did not allow copying";
        resend: "Send again";
        edit_resend: "Edit and send";
        pin: "Always show the latest";
        view_tree: "Tree";
        view_text: "Text";
        view_hex: "Hex";
        view_raw: "Raw";
        view_as: "Show as";
        fold_all: "Fold all";
        unfold_all: "Unfold all";
        fold: "Fold";
        unfold: "Unfold";
        items: "{0} item|{0} items";
        members: "{0} key|{0} keys";
        copy_value: "Copy the value";
        filter_value: "Filter by this value";
        answer_took: "answered after {0}";
        answers_after: "answers the message {0} before";
        show_pair: "Show it";
        heartbeat_mark: "heartbeat";
        answer_mark: "answer";
        opening_mark: "on connect";
        text_cut: "Only the first {0} of {1} are shown. Copying takes it all.";
        no_selection: "Select a line of the log to see it in full.";
    }
}
