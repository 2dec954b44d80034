//! Which end-to-end tests run in Firefox.

/// What runs in Firefox as well unless more is asked for, by the begin of its name or all of it: connecting, echo,
/// reconnect, heartbeat, a half-open connection and what a crash leaves.
pub(crate) const IN_FIREFOX: [&str; 7] = [
    "connects_and_echoes",
    "text_in_any_script_comes_back_as_it_went",
    "the_heartbeat_measures_and_stays_out_of_the_log",
    "a_killed_server_is_waited_for",
    "a_frozen_server_is_noticed_by_the_heartbeat",
    "the_servers_code_and_reason_are_on_screen",
    "a_crash_loses_at_most_the_last_second",
];

/// What needs Chromium's DevTools protocol, which Firefox's driver does not speak, by the begin of its name or all of it.
pub(crate) const NEEDS_DEVTOOLS: [&str; 9] = [
    // Widths below a window's least, and media features, are emulated.
    "accessibility::",
    "phone::",
    // The network is switched off.
    "who_disconnects_stays_disconnected",
    // Files are dragged from outside, and the wheel is turned.
    "files_are_chosen_or_dropped_and_sent",
    "scrolling_up_stops_the_following_and_says_what_is_new",
    // Scripts run before the page's own, and a quota is set.
    "without_locks_a_lease_says_whose_log_it_is",
    "a_full_storage_is_said_and_the_log_goes_on",
    // What the page wrote to the console is read.
    "a_page_from_elsewhere_is_refused",
    "a_load_and_an_echo_leave_no_complaint_in_the_console",
];

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::workspace;

    #[test]
    fn what_is_said_of_firefox_is_said_of_tests_that_there_are() {
        let folder = workspace::root().join("e2e/tests/e2e");
        let mut names = String::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            names.push_str(&format!("{}::\n", path.file_stem().unwrap().to_str().unwrap()));
            names.push_str(&fs::read_to_string(path).unwrap());
        }
        for name in IN_FIREFOX.into_iter().chain(NEEDS_DEVTOOLS) {
            let module = name.ends_with("::") && names.contains(&format!("{name}\n"));
            assert!(module || names.contains(&format!("async fn {name}")), "{name}");
            assert!(!IN_FIREFOX.contains(&name) || !NEEDS_DEVTOOLS.contains(&name), "{name}");
        }
    }
}
