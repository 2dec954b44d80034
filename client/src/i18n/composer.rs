//! What to send.

use super::table;

table! {
    /// Words of the composer.
    Composer {
        message: "Message", "消息";
        placeholder_closed: "Message, to send once connected", "消息，连接后发送";
        placeholder_queued: "Message, queued until connected", "消息，连接前先排队";
        send: "Send", "发送";
        queue: "Queue", "排队";
        key_sends: "sends", "发送";
        key_breaks: "breaks the line", "换行";
        key_recalls: "recalls", "调出历史";
    }
}
