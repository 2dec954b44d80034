//! English.

use page::texts::table;

table! {
    /// Every text.
    Texts {
        // The page.
        scenes: "Scenes";
        scene_chat: "Chat";
        scene_ticker: "Prices";
        scene_game: "Game";
        workbench: "Workbench";
        theme: "Theme: {0}";
        theme_system: "as the system has it";
        theme_light: "light";
        theme_dark: "dark";
        language: "Language: {0}";
        language_missing: "{0} cannot be fetched. The page is in English until then.";
        language_again: "Try again";

        // The connection.
        connection: "Connection";
        connecting: "Connecting…";
        open: "Connected";
        waiting: "Next attempt in {0} s";
        offline: "No network: waiting for it";
        suspended: "Suspended by the browser";
        is_cut: "Cut by you";
        closed: "Closed ({0})";
        cut: "Cut my connection";
        mend: "Mend my connection";
        again: "Connect again";
        open_in_workbench: "Open this connection in the workbench";
        network: "Network";
        network_fine: "as it is";
        network_slow: "delay of 150 ± 50 ms";
        network_resets: "reset every 8 s";
        network_both: "both";
        timeline: "The last minute of the connection";
        recovery: "Recovery";
        recovery_none: "Cut the connection and see what becomes of it: what is missed comes later, once and in order.";
        loss_cut: "Cut by you";
        loss_lost: "Lost ({0})";
        loss_away: "no connection for {0} s so far";
        loss_back: "back after {0} s";
        loss_whole: "whole {0} s later";
        loss_failures: "{0} failed attempt|{0} failed attempts";
        loss_replayed: "{0} missed message replayed|{0} missed messages replayed";
        loss_resent: "{0} message sent from the queue|{0} messages sent from the queue";
        loss_lost_messages: "{0} message does not come|{0} messages do not come";
        loss_unknown: "{0} message of unknown fate|{0} messages of unknown fate";
        loss_skipped: "{0} tick went by|{0} ticks went by";
        loss_anew: "it had begun anew meanwhile, as nobody was there";
        loss_nothing: "nothing was missed";
        ended: "This session goes on elsewhere. Load the page anew to go on here.";

        // Chat.
        room: "Room";
        room_rule: "1 to 64 letters, digits, dots, dashes and underscores, but not . or ..";
        your_name: "Your name";
        messages: "Messages";
        earlier: "Earlier messages";
        earlier_coming: "Fetching…";
        gap: "{0} message does not come: history no longer has it.|{0} messages do not come: history no longer has them.";
        gap_unknown: "The server began anew. What was said in between does not come.";
        no_messages: "Nobody has said anything yet.";
        message: "Message";
        message_hint: "Write a message, Enter sends it";
        send: "Send";
        too_many: "Too many messages wait already. They go out once there is a connection.";
        queued: "queued";
        sent: "sent";
        delivered: "delivered";
        unknown: "unknown: it may have arrived or not";
        refused: "refused";
        too_fast: "refused: too many at once";
        say_again: "Send again";
        forget: "Discard";
        replayed: "came later";
        nameless: "Somebody";
        you: "you";
        people: "People";
        people_here: "{0} connection|{0} connections";
        one_types: "{0} is writing…";
        two_type: "{0} and {1} are writing…";
        many_type: "Several are writing…";

        // Prices.
        symbols: "Symbols";
        symbols_hint: "a number up to 1000, or names such as BAB,BEB";
        hz: "Ticks a second";
        find: "Find a symbol";
        order: "Order";
        order_name: "by name";
        order_rise: "risen most";
        order_fall: "fallen most";
        quotes: "Prices";
        show: "Show";
        chart_of: "{0}: {1}, {2} since the beginning, between {3} and {4}";
        rate_messages: "messages/s";
        rate_prices: "prices/s";
        rate_bytes: "kB/s";
        tick: "tick";
        no_symbol: "No symbol has that in its name.";
        no_prices: "Prices come once there is a connection.";

        // The game.
        arena: "Arena";
        game_label: "Arena. Arrow keys or W, A, S, D steer, space dashes. Or drag on it; a second finger dashes.";
        game_help: "Collect sparks; a golden one counts five. Dash into others to make them drop theirs. Arrow keys or WASD steer, space dashes; on a touch screen drag, and tap with a second finger.";
        play: "Play";
        watch: "Look on";
        dash: "Dash";
        playing: "You play";
        watching: "You look on";
        in_line: "You are number {0} in line for a seat";
        idle: "You look on: nothing was done for a minute";
        players: "Players";
        watchers: "{0} looks on|{0} look on";
        away: "away";
        round: "Round";
        champion: "{0} won the last round with {1}";
        rtt: "Round trip";
        correction: "Correction";
        correction_worst: "Worst in 10 s";
        input_delay: "Input delay";
        playback: "Others shown late by";
        millis: "{0} ms";
        units: "{0} units";
    }
}
