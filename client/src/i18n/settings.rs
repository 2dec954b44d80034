//! Settings, profiles and help.

use super::table;

table! {
    /// Words of the settings, the profiles and the help sheet.
    Settings {
        title: "Settings", "设置";
    }
}
