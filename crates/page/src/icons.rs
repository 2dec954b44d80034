//! Small pictures, drawn in the text's colour. They repeat what a label or title says.

use yew::prelude::*;

use crate::markup::html;

/// Which picture.
#[expect(missing_docs, reason = "they are called what they show")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    Import,
    Export,
    Fold,
    Folder,
    Gear,
    Link,
    Pin,
    Edit,
    Resend,
    Play,
    Pause,
    Search,
    Plug,
    Question,
    Filter,
    Chart,
    Close,
    Copy,
    Detail,
    Down,
    Heart,
    History,
    Moon,
    More,
    Plus,
    Pulse,
    Repeat,
    Saved,
    Sliders,
    Sun,
    System,
    Trash,
    Up,
}

/// A picture of 16 pixels.
pub fn picture(icon: Icon) -> Html {
    let path = match icon {
        Icon::Chart => "M2 13.5h12M3 10.5l3.5-4 3 2.5L13.5 3",
        Icon::Close => "M4 4l8 8M12 4l-8 8",
        Icon::Copy => "M6 6h7v7H6zM3 10V3h7",
        Icon::Detail => "M3 2.5h10v11H3zM5.5 6h5M5.5 8.5h5M5.5 11h3",
        Icon::Down => "M8 3v9M4 8.5l4 4 4-4",
        Icon::Heart => {
            "M8 13.2C3.5 10 2 8 2 5.9A2.9 2.9 0 0 1 8 4.7 2.9 2.9 0 0 1 14 5.9C14 8 12.5 10 8 13.2z"
        }
        Icon::History => "M2.5 8a5.5 5.5 0 1 0 1.8-4.1M2.5 2v2.6h2.6M8 5v3.2l2.2 1.3",
        Icon::Moon => "M13 9.6A5.6 5.6 0 0 1 6.4 3a5.6 5.6 0 1 0 6.6 6.6z",
        Icon::More => {
            "M2.6 8a.6.6 0 1 0 1.2 0 .6.6 0 1 0-1.2 0M7.4 8a.6.6 0 1 0 1.2 0 .6.6 0 1 0-1.2 0M12.2 8a.6.6 0 1 0 1.2 0 .6.6 0 1 0-1.2 0"
        }
        Icon::Plus => "M8 3v10M3 8h10",
        Icon::Pulse => "M1.5 8.5h3l1.5-4 3 7.5 2-5 1 1.5h2.5",
        Icon::Repeat => "M3 7V6a2 2 0 0 1 2-2h8M11 2l2 2-2 2M13 9v1a2 2 0 0 1-2 2H3M5 10l-2 2 2 2",
        Icon::Saved => "M4 2.5h8v11l-4-3-4 3z",
        Icon::Sliders => "M2 5h7M13 5h1M2 11h1M7 11h7M9 3v4h4V3zM3 9v4h4V9z",
        Icon::Sun => {
            "M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15\
             M3 3l1.1 1.1M11.9 11.9L13 13M13 3l-1.1 1.1M4.1 11.9L3 13"
        }
        Icon::System => "M2 3h12v8H2zM6 14h4M8 11v3",
        Icon::Filter => "M2 3.5h12M4 8h8M6.5 12.5h3",
        Icon::Question => "M5.8 6a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .8-1 1.6M8 12.4v.1",
        Icon::Plug => "M5.5 2v3.5M10.5 2v3.5M3.5 5.5h9v2a4.5 4.5 0 0 1-9 0zM8 12v2.5",
        Icon::Search => "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3L14 14",
        Icon::Pause => "M5.5 3v10M10.5 3v10",
        Icon::Play => "M4.5 3l8 5-8 5z",
        Icon::Resend => "M13 8a5 5 0 1 1-1.6-3.7M13 2.5v3h-3",
        Icon::Edit => "M3 13l.7-3L11 2.7l2.3 2.3L6 12.3zM9.5 4.2l2.3 2.3",
        Icon::Pin => "M6 2.5h4l-.5 4 2 2.5h-7l2-2.5zM8 9v5",
        Icon::Folder => "M2 4h4.2l1.6 2H14v7H2z",
        Icon::Gear => {
            "M8 5.7a2.3 2.3 0 1 0 0 4.6 2.3 2.3 0 0 0 0-4.6zM8 1.5v2M8 12.5v2M1.5 8h2M12.5 8h2\
             M3.4 3.4l1.4 1.4M11.2 11.2l1.4 1.4M12.6 3.4l-1.4 1.4M4.8 11.2l-1.4 1.4"
        }
        Icon::Link => {
            "M6.8 9.2l2.4-2.4M7.2 4.8l1.6-1.6a2.83 2.83 0 0 1 4 4l-1.6 1.6M8.8 11.2l-1.6 1.6a2.83 2.83 0 0 1-4-4l1.6-1.6"
        }
        Icon::Fold => "M4 6l4 4 4-4",
        Icon::Export => "M8 10V2M4.8 5.2L8 2l3.2 3.2M3 10v3.5h10V10",
        Icon::Import => "M8 2v8M4.8 6.8L8 10l3.2-3.2M3 10v3.5h10V10",
        Icon::Trash => "M3 4h10M6.5 4V2.5h3V4M4.5 4l.5 9h6l.5-9",
        Icon::Up => "M8 13V4M4 7.5l4-4 4 4",
    };
    html! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
            <path d={path} />
        </svg>
    }
}
