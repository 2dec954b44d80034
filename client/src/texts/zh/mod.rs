//! Simplified Chinese.

mod close_codes;
mod common;
mod composer;
mod health;
mod log;
mod settings;

use self::close_codes::CLOSE_CODES;
use super::Texts;
use super::common::Common;
use super::composer::Composer;
use super::health::Health;
use super::log::Log;
use super::settings::Settings;

/// Every text.
pub static TEXTS: Texts = Texts {
    common: Common::ZH,
    log: Log::ZH,
    composer: Composer::ZH,
    health: Health::ZH,
    settings: Settings::ZH,
    close_codes: CLOSE_CODES,
};
