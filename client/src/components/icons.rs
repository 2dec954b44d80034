//! Small pictures, drawn in the text's colour. They repeat what a label or title says.

use yew::prelude::*;

/// Which picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Icon {
    Close,
    Copy,
    Down,
    Heart,
    Moon,
    Sliders,
    Sun,
    System,
    Trash,
}

#[derive(PartialEq, Properties)]
pub(super) struct PictureProps {
    pub(super) icon: Icon,
}

/// A picture of 16 pixels.
#[component]
pub(super) fn Picture(props: &PictureProps) -> Html {
    let path = match props.icon {
        Icon::Close => "M4 4l8 8M12 4l-8 8",
        Icon::Copy => "M6 6h7v7H6zM3 10V3h7",
        Icon::Down => "M8 3v9M4 8.5l4 4 4-4",
        Icon::Heart => {
            "M8 13.2C3.5 10 2 8 2 5.9A2.9 2.9 0 0 1 8 4.7 2.9 2.9 0 0 1 14 5.9C14 8 12.5 10 8 13.2z"
        }
        Icon::Moon => "M13 9.6A5.6 5.6 0 0 1 6.4 3a5.6 5.6 0 1 0 6.6 6.6z",
        Icon::Sliders => "M2 5h7M13 5h1M2 11h1M7 11h7M9 3v4h4V3zM3 9v4h4V9z",
        Icon::Sun => {
            "M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15\
             M3 3l1.1 1.1M11.9 11.9L13 13M13 3l-1.1 1.1M4.1 11.9L3 13"
        }
        Icon::System => "M2 3h12v8H2zM6 14h4M8 11v3",
        Icon::Trash => "M3 4h10M6.5 4V2.5h3V4M4.5 4l.5 9h6l.5-9",
    };
    html! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
            <path d={path} />
        </svg>
    }
}
