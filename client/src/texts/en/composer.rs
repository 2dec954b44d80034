//! What to send, in English.

use crate::texts::table;

table! {
    /// Words of the composer.
    Composer {
        message: "Message";
        placeholder_closed: "Message, to send once connected";
        placeholder_queued: "Message, queued until connected";
        placeholder_hex: "Bytes in hex: de ad be ef";
        placeholder_base64: "Bytes in base64";
        send: "Send";
        queue: "Queue";
        key_sends: "sends";
        key_breaks: "breaks the line";
        key_recalls: "recalls";

        // Formats.
        mode: "Kind of message";
        mode_text: "Text";
        mode_json: "JSON";
        mode_hex: "Hex";
        mode_base64: "Base64";
        mode_file: "File";
        mode_text_hint: "A text message, as written";
        mode_json_hint: "A text message, checked to be JSON";
        mode_hex_hint: "A binary message, written in hex";
        mode_base64_hint: "A binary message, written in base64";
        mode_file_hint: "A message for each file";
        format: "Format";
        format_hint: "Lay out as JSON; digits and order stay";

        // What the message would be.
        good_text: "{0}";
        good_json: "JSON, {0}";
        good_binary: "binary, {0}";
        with_placeholders: "{0}, placeholders are filled when sent";
        fault_at: "Line {0}, column {1}: {2}";
        fault_show: "Show the place";
        fault_unclosed: "the placeholder is not closed with }}. For plain braces write {{{{";
        fault_empty: "the placeholder is empty. For plain braces write {{{{";
        fault_unknown: "nothing is called “{0}”. For plain braces write {{{{";
        fault_argument: "“{0}” is not understood here";
        fault_random: "random takes two whole numbers, as in {{random 1 100}}";
        fault_order: "the first number is above the second";
        fault_char: "char takes a code in hex, as in {{char 0d}}";
        fault_value: "a value is expected";
        fault_key: "a name in double quotes is expected";
        fault_colon: "“:” is expected after the name";
        fault_comma: "“,” or a closing bracket is expected";
        fault_trailing: "nothing more is expected after the value";
        fault_string: "the string is not closed";
        fault_control: "a control character must be escaped inside a string";
        fault_escape: "not a valid escape";
        fault_number: "not a valid number";
        fault_deep: "nested too deeply";
        fault_character: "“{0}” does not belong here";
        fault_dump: "this looks like a hex dump, but the line does not go on with those above it";
        fault_words: "this looks like a dump of words, whose bytes are in an order that is not known: dump bytes, as xxd and hexdump -C do";
        fault_incomplete: "half a byte is missing";
        not_sent: "Not sent. {0}";

        // Files.
        choose_files: "Choose files";
        drop_hint: "or drop them anywhere on the page";
        drop_here: "Drop to put the files into the composer";
        files_as_text: "As text messages";
        file_remove: "Remove {0}";
        files_total: "{0} file, {1}|{0} files, {1}";
        file_too_large: "{0} has {1}; at most {2} are sent at once.";
        file_unreadable: "{0} could not be read. It may have been moved or changed.";
        file_not_text: "{0} is not UTF-8 text, so it can only be sent as binary.";
        files_none: "Choose a file first.";

        // Drawers.
        drawer_close: "Close";
        history: "History";
        history_search: "Search what was sent";
        history_empty: "Nothing was sent from here yet.";
        history_none: "Nothing that was sent contains this.";
        history_clear: "Forget all";
        saved: "Saved";
        saved_search: "Search saved messages";
        saved_empty: "No messages are saved yet. Write one, name it here and save it.";
        saved_none: "No saved message contains this.";
        saved_name: "Name";
        saved_folder: "Folder";
        saved_folder_hint: "none";
        saved_save: "Save this message";
        saved_name_missing: "A name is needed.";
        saved_files: "Files cannot be saved, only written messages.";
        saved_done: "Saved as {0}.";
        saved_replaced: "{0} is replaced.";
        saved_deleted: "{0} is deleted.";
        saved_sent: "{0} is sent.";
        saved_undo: "Undo";
        saved_load: "Put {0} into the composer";
        saved_send: "Send {0}";
        saved_delete: "Delete {0}";
        saved_no_folder: "Without a folder";
        storage_refused: "The browser's storage is full or switched off; nothing was saved.";
        storage_foreign: "What is stored as saved messages is not understood. It is left as it is, and nothing can be saved.";

        // Repeated sending.
        repeat: "Repeat";
        repeat_this: "This message";
        repeat_list: "Saved messages in order";
        repeat_every: "Every";
        repeat_millis: "ms";
        repeat_times: "Times";
        repeat_rounds: "Rounds";
        repeat_endless: "endless";
        repeat_add: "Add a message";
        repeat_add_none: "Save messages first; then they can be sent in order.";
        repeat_wait: "wait";
        repeat_wait_before: "Milliseconds to wait before {0}";
        repeat_up: "Move {0} up";
        repeat_remove: "Take {0} out";
        repeat_start: "Start";
        repeat_stop: "Stop";
        repeat_hint: "The first is sent at once. {{n}} counts from 1 in each run.";
        repeat_closed: "Connect first.";
        repeat_files: "Files are not sent on repeat.";
        repeat_interval_wrong: "The interval is a whole number of milliseconds from 1 to 86 400 000, a day.";
        repeat_delay_wrong: "A wait is a whole number of milliseconds from 0 to 86 400 000, a day.";
        repeat_times_wrong: "How often is a whole number from 1, or nothing for endless.";
        repeat_list_empty: "Add at least one message.";
        repeat_no_delay: "A list that is sent more than once needs a wait somewhere.";
        repeat_gone: "{0} is no longer saved.";
        run_of: "Sent {0} of {1}";
        run_endless: "Sent {0}";
        run_running: "{0}";
        run_held: "{0}. Waiting for the connection";
        run_finished: "{0}. Done";
        run_stopped: "{0}. Stopped";
        run_closed: "{0}. Stopped: the connection is closed";
        run_refused: "{0}. Stopped: the message was not accepted";
        run_faulty: "{0}. Stopped: {1}";
        run_skipped: "{0}, {1} left out while the page was busy or asleep";
        run_dismiss: "Dismiss";

        // Placeholders and closing.
        more: "More";
        placeholders: "Placeholders";
        placeholders_on: "Fill placeholders when sending";
        placeholder_n: "number of the message: 1, 2, 3 …";
        placeholder_uuid: "a random UUID";
        placeholder_now: "the time, ISO 8601";
        placeholder_millis: "milliseconds since 1970; s for seconds";
        placeholder_random: "a whole number from 1 to 100";
        placeholder_char: "a character by its code: CR, NUL …";
        placeholder_braces: "two plain braces";
        placeholder_insert: "Insert {0}";
        variables: "Your own";
        variable_name: "Name";
        variable_value: "Value";
        variable_add: "Add";
        variable_set: "Set";
        variable_remove: "Remove {0}";
        variable_name_wrong: "A name begins with a letter or _, goes on with letters, digits, _ - and ., and is none of char, n, now, random, uuid.";
        variable_kept: "Kept in this browser, for the address and messages of every connection.";
        frames: "Frames";
        ping_act: "Send a Ping";
        ping_payload: "Payload";
        ping_send: "Ping";
        pong_send: "Pong";
        ping_long: "{0} of 125 bytes";
        frames_direct: "Browsers let no page send Pings or choose frames. A relayed connection can.";
        closing: "Close with a code";
        closing_code: "Code";
        closing_reason: "Reason";
        closing_reason_hint: "optional";
        closing_left: "{0} of 123 bytes";
        closing_close: "Close the connection";
        closing_code_wrong: "Browsers send only 1000 and 3000 to 4999.";
        closing_reason_long: "The reason is too long: a Close frame has room for 123 bytes.";
        closing_none: "There is no connection to close.";
    }
}
