//! Settings, profiles and help, in English.

use crate::texts::table;

table! {
    /// Words of the settings, the profiles and the help sheet.
    Settings {
        title: "Settings";
        close: "Close";
        cancel: "Cancel";
        undo: "Undo";
        sections: "Sections";
        of_connection: "This connection";
        of_page: "Page";
        pane_heartbeat: "Heartbeat";
        pane_reconnect: "Reconnecting";
        pane_opening: "On connect";
        pane_log: "Log";
        pane_appearance: "Appearance";
        kept_for_new: "For this connection, and kept for new ones.";
        times_kept: "For this connection. The times are kept for new ones.";
        only_here: "For this connection only. Save it as a profile to keep it.";
        for_all: "For all connections.";
        restore: "Restore defaults";

        // Heartbeat.
        heartbeat: "Send heartbeats";
        heartbeat_hint: "A message like any other: browsers let no page send WebSocket pings.";
        payload: "Message";
        payload_hint: "{token} becomes a text that differs each time.";
        payload_empty: "A heartbeat needs a message.";
        format: "Format";
        format_text: "Text";
        format_json: "JSON";
        format_hex: "Hex";
        format_base64: "Base64";
        answer: "Answer";
        answer_hint: "What counts as the answer. It is kept out of the log's messages, and its time is the RTT.";
        answer_echo: "The same message coming back";
        answer_exact: "A text equal to";
        answer_contains: "A text that contains";
        answer_json: "JSON with a field";
        answer_any: "Any message";
        answer_none: "None: only keep the path open";
        answer_text: "Answer's text";
        answer_name: "Field";
        answer_value: "Value";
        answer_empty: "Say what the answer looks like.";
        answer_name_empty: "Name the field.";
        interval: "After silence of";
        interval_hint: "Stay below the idle limits on the way; many proxies have 60 s.";
        deadline: "Answer within";
        deadline_hint: "Longer silence counts as a dead connection.";
        even_when_busy: "Also while messages come in";
        even_when_busy_hint: "Keeps the RTT measured on a busy connection.";
        reconnect_when_missed: "Reconnect when the answer is missing";
        reconnect_when_missed_hint: "Off, a missed heartbeat is only reported.";

        // Reconnecting.
        reconnect: "Reconnect by itself";
        reconnect_hint: "Off, every end is final.";
        min_delay: "Shortest delay";
        max_delay: "Longest delay";
        delay_hint: "Each delay is random between the shortest and a limit that doubles with every failure, up to the longest.";
        max_delay_wrong: "The longest delay is below the shortest.";
        attempts: "Attempts in a row";
        attempts_hint: "Empty: never give up.";
        attempts_wrong: "A whole number from 1, or nothing.";
        stop_codes: "Stop after close codes";
        stop_codes_hint: "Codes and ranges with commas, such as 1002, 4000-4999.";
        codes_wrong: "“{0}” is not a close code. Codes run from 1000 to 4999.";
        codes_backwards: "“{0}” runs backwards.";
        duration_wrong: "“{0}” is not a time from 10 ms to 24 h. Write 20 s, 500 ms or 2 min.";

        // On connect.
        protocols: "Subprotocols";
        protocols_hint: "Offered to the server, the preferred one first, with commas. Used from the next connection on.";
        transport: "Transport";
        transport_hint: "WebSocketStream makes a server wait that sends faster than the page can show. Used from the next connection on.";
        opening: "Opening messages";
        opening_hint: "Sent first on every connection and again after each reconnect, in this order: a login, a subscription. Placeholders are filled each time.";
        opening_none: "No opening messages.";
        opening_add: "Add a message";
        opening_nth: "Opening message {0}";
        opening_remove: "Remove opening message {0}";
        opening_up: "Move opening message {0} up";
        opening_fault: "A message sent on connect cannot be made";
        pane_answers: "Answers";
        answers_hint: "When a message comes in that matches, a message is sent. Filters are written as in the log: text, /pattern/, $.type == \"ping\".";
        answers_parts: "Parts of the message: {{message}}, {{match}}, {{match.1}} or {{match.name}}, {{json.id}}.";
        answers_none: "No answers.";
        answer_add: "Add an answer";
        answer_nth: "Answer {0}";
        answer_on: "Give answer {0}";
        answer_remove: "Remove answer {0}";
        answer_filter: "When a message matches";
        answer_send: "Send";
        answer_delay: "After";
        answer_limit: "At most, per connection";
        answer_limit_hint: "no limit";
        answer_delay_wrong: "“{0}” is not a time from 0 ms to 24 h.";
        answer_no_filter: "Say which messages are answered.";
        answer_counts: "Given {0}, held back {1}, failed {2}";
        answer_fault: "An answer cannot be made";
        answers_held: "Not every message is answered";
        answers_fast: "Questions come in faster than the 10 answers a second that are given over time.";
        answers_stopped: "1,000 answers went out without a pause, so that the other side seems to answer ours. No more are given until the next connection.";
        presets: "Set up for";
        presets_hint: "Sets heartbeat, answers, opening messages and subprotocol as the protocol expects. Nothing of yours is removed.";
        preset_choose: "Choose a protocol";

        // Log.
        limit_entries: "Entries kept";
        limit_entries_hint: "From {0} to {1}. The oldest are dropped first, and the log says how many.";
        limit_entries_wrong: "A whole number from {0} to {1}.";
        limit_mib: "Memory kept, MiB";
        limit_mib_hint: "From 1 to {0}, for each connection.";
        time_mode: "Times";
        time_mode_hint: "How the log begins. Each log can be switched on its own.";

        // Appearance.
        theme: "Theme";
        theme_system: "Automatic";
        theme_light: "Light";
        theme_dark: "Dark";
        density: "Rows";
        density_normal: "Comfortable";
        density_compact: "Compact";
        language: "Language";
        language_auto: "Automatic";
        language_auto_hint: "As the browser asks for: {0}.";
        language_coming: "{0} is being fetched.";
        language_missing: "{0} could not be fetched from the page's server, so the page is in English. Try again once the server can be reached.";
        language_again: "Try again";
        single_keys: "Single-key shortcuts";
        single_keys_hint: "Off, no letter does anything outside a field. Press ? for the list.";

        // Profiles.
        profiles: "Profiles";
        profiles_empty: "No profiles yet";
        profiles_empty_why: "A profile keeps an address with its subprotocols, heartbeat, reconnect policy and opening messages.";
        profiles_found: "Find a profile";
        profiles_none_found: "No profile has “{0}” in its name, group or address.";
        profiles_unreadable: "The stored profiles cannot be read, so nothing is saved over them. {0}";
        profiles_refused: "The browser's storage is full or forbidden. Nothing was saved.";
        profile_save: "Save this connection";
        profile_saved: "Saved “{0}”.";
        profile_replaced: "Replaced “{0}”.";
        profile_replace: "Replace “{0}”";
        profile_name: "Name";
        profile_name_empty: "Give it a name.";
        profile_name_taken: "Another profile of this group has this name.";
        profile_gone: "This profile is gone; it was probably removed in another window.";
        profile_group: "Group";
        profile_group_hint: "none";
        profile_ungrouped: "Without a group";
        profile_variables: "Variables it uses";
        profile_variables_hint: "The values of secrets are kept in this browser only: they are in no link, and in a file only if you ask for it.";
        profile_secret: "{0} is secret";
        profile_messages: "Saved messages to include";
        profile_messages_none: "None";
        profile_messages_all: "All";
        profile_open: "Open “{0}” in a new tab";
        profile_link: "Copy a link to “{0}”";
        profile_rename: "Rename “{0}”";
        profile_remove: "Delete “{0}”";
        profile_removed: "Deleted “{0}”.";
        profile_renamed: "Renamed to “{0}”.";
        rename: "Rename";
        link_copied: "Link to “{0}” copied.";
        link_left_out: "Left out: {0}.";
        left_userinfo: "user and password of the address";
        left_parameter: "the value of “{0}” in the address";
        left_variable: "the value of {0}";
        left_header: "the header field {0}";
        link_unjudged: "Look at the address before you pass it on: whether the rest of it is a secret only you can tell.";
        link_unjudged_messages: "Look at the address and its message before you pass it on: whether there is a secret in them only you can tell.|Look at the address and its {0} messages before you pass it on: whether there is a secret in them only you can tell.";
        link_suspects: "A value stands beside {0}: if it is a secret, put it in a variable first.";
        list_comma: ", ";
        link_not_copied: "The browser did not let the link be copied. Here it is:";
        link_title: "From a link: {0}";
        link_nothing_sent: "Check the address, then connect. Nothing has been sent.";
        link_opening: "One message will be sent on connect; see the settings.|{0} messages will be sent on connect; see the settings.";
        link_answers: "One rule will answer messages by itself; see the settings.|{0} rules will answer messages by themselves; see the settings.";
        link_missing: "Give these variables a value first: {0}.";
        link_damaged: "The link could not be read";
        link_cut: "It was cut off or changed on its way. Ask for it again.";
        sentences: "{0} {1}";

        // Files of profiles.
        file_export: "Export all";
        file_secrets: "With secrets";
        file_import: "Import a file";
        file_unreadable: "The file cannot be imported";
        file_read_failed: "The browser could not read it.";
        file_empty: "The file has no profiles.";
        profiles_not_json: "It is not JSON, from byte {0} on.";
        profiles_other_kind: "It holds something other than Heartwire's profiles.";
        profiles_newer: "It was written by a newer Heartwire (format {0}). Update this one, or export again over there.";
        profiles_field: "In profile {0}, {1} has a value that it cannot have.";
        import_new: "One profile is new.|{0} profiles are new.";
        import_same: "One is here already.|{0} are here already.";
        import_differing: "One is here but differs:|{0} are here but differ:";
        import_differs: "{0}: {1}";
        import_comma: ", ";
        import_conflict: "Profiles that differ";
        import_both: "Keep both";
        import_mine: "Keep mine";
        import_theirs: "Take the file's";
        import_do: "Import";
        import_done: "{0} added, {1} replaced, {2} left as they were.";
        part_url: "address";
        part_protocols: "subprotocols";
        part_heartbeat: "heartbeat";
        part_reconnect: "reconnecting";
        part_opening: "opening messages";
        part_answers: "answers";
        part_variables: "variables";
        part_messages: "saved messages";

        // Command palette, and actions that have no button of that name.
        palette: "Command palette";
        palette_query: "Type what to do";
        palette_none: "Nothing that can be done at present has this in its name.";
        palette_on: "on";
        palette_off: "off";
        act_theme: "Next theme";
        act_close_tab: "Close this connection";
        act_previous_tab: "Previous connection";
        act_next_tab: "Next connection";
        act_use_suggestion: "Connect to the suggested address";
        act_use_preset: "Set up for the protocol that was recognised";
        act_follow: "Go to the newest line";
        act_times_clock: "Times as clock times";
        act_times_relative: "Times since the start";
        act_times_delta: "Times since the previous line";
        act_times_selected: "Times since the selected line";
        act_clear: "Clear the log";
        act_show_pair: "Show the other half of request and answer";

        // Faults.
        faults: "Faults";
        faults_open: "Faults…";
        faults_intro: "This server does wrong to a connection what its address asks for. Switch on what your client has to cope with.";
        faults_loading: "The server is asked what it can do…";
        faults_missing: "This server does not say what it can do wrong: GET /api/faults was not answered. A Heartwire server answers it.";
        faults_handshake: "Opening handshake";
        faults_traffic: "Messages";
        faults_ends: "How it ends";
        faults_violations: "Rules that are broken";
        faults_when: "When";
        faults_connection: "The connection";
        faults_takes: "Takes {0}. Without it: {1}.";
        faults_value: "Value of {0}";
        faults_another: "Another value of {0}";
        faults_fewer: "Remove this value of {0}";
        faults_none: "Nothing is asked for.";
        faults_right: "The server can do this.";
        faults_unchecked: "The server could not be asked whether it can do this.";
        faults_clear: "Switch all off";
        faults_as: "Copy as";
        faults_copy: "Copy";
        faults_copied: "Copied.";
        faults_not_copied: "The browser did not let it be copied. Here it is to be selected.";
        faults_use: "Use this address";

        // Targets and recordings of the server.
        mounted: "Targets and recordings";
        mounted_intro: "Clients of /ws/via/NAME are carried to a target; /ws/replay/NAME does again what a recorded server did. A recording is a log that was exported as JSON Lines, of a watched connection too, or HAR with WebSocket messages.";
        mounted_messages: "{0} message|{0} messages";
        mounted_connect: "Connect";
        mounted_connect_name: "Connect to {0}";
        mounted_delete: "Delete";
        mounted_delete_name: "Delete {0}";
        mounted_name: "Name";
        mounted_name_hint: "Letters, digits, dots, dashes and underscores";
        mounted_target: "Address of the target";
        mounted_header: "A header for the target in place of the client's, such as Origin";
        mounted_mount: "Mount target";
        mounted_upload: "Upload recording…";
        mounted_failed: "The server did not answer.";
        mounted_too_large: "{0} is larger than 16 MiB, which is what the server takes.";
        mounted_unreadable: "{0} could not be read.";

        // Connections of the server.
        watch: "Connections of the server";
        watch_open: "Connections…";
        watch_intro: "All connections that this server has, the newest first. To watch one opens a tab that shows what passes there, and changes nothing about it.";
        watch_loading: "The server is asked for its connections…";
        watch_missing: "The server does not say which connections it has. Only its own machine may ask, and who knows its --api-token.";
        watch_none: "There is no connection.";
        watch_some: "The newest {0} of {1}.";
        watch_peer: "Peer";
        watch_path: "Address";
        watch_age: "Open for";
        watch_in: "Received";
        watch_out: "Sent";
        watch_do: "Watch";
        watch_number: "Watch connection {0}";

        // Help.
        help: "Help";
        help_keys: "Keyboard";
        help_intro: "Heartwire connects to a WebSocket server and shows everything that happens. Enter an address and press Enter.";
        help_keys_off: "Single-key shortcuts are switched off in the settings.";
        help_general: "Everywhere";
        help_connection: "Connection";
        help_log: "Log";
        help_composer: "Message";
        help_codes: "Close codes";
        help_code: "Explain a code";
        help_code_wrong: "Close codes are numbers from 0 to 65535; 1000 to 4999 are in use.";
        help_links: "Address parameters";
        help_params: "A link may say where to connect: ?url=wss://host/path, and connect at once with &connect=1. &hb=, &deadline=, &min= and &max= set heartbeat and delays in milliseconds.";
        key_escape: "Close what is open";
        key_tab_number: "Connection by its number";
        key_address: "Go to the address";
        key_log: "Go to the log";
        key_rows: "Select the row above or below";
        key_ends: "First or last row";
        key_page: "A page up or down";
        key_find: "Find";
        key_copy: "Copy what is selected";
        key_composer: "Go to the message";
        key_send: "Send";
        key_line: "New line";
        key_history: "Earlier or later message, from the first line";
    }
}
