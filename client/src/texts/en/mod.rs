//! English.

mod close_codes;
pub mod common;
pub mod composer;
pub mod health;
pub mod log;
pub mod settings;

pub(super) use self::close_codes::CLOSE_CODES;
use super::Texts;
use super::common::Common;
use super::composer::Composer;
use super::health::Health;
use super::log::Log;
use super::settings::Settings;

/// Every text.
pub const TEXTS: Texts = Texts {
    common: Common::EN,
    log: Log::EN,
    composer: Composer::EN,
    health: Health::EN,
    settings: Settings::EN,
    close_codes: CLOSE_CODES,
};
