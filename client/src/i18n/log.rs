//! The log and the detail pane.

use super::table;

table! {
    /// Words of the log and the detail pane.
    Log {
        title: "Log", "日志";
        entries: "Log entries", "日志条目";
        lines: "{0} line|{0} lines", "{0} 行";
        dropped: "the oldest {0} dropped to save memory", "为节省内存已丢弃最早的 {0} 行";
        clear: "Clear", "清空";
        new_lines: "{0} new", "{0} 条新消息";
        empty_title: "Nothing here yet", "这里还没有内容";
        empty_first: "Connect to a WebSocket server, then send it a message.", "连接一个 WebSocket 服务器，然后发送一条消息。";
        empty_second: "Everything that is sent, received, opened or closed appears here, to the millisecond.", "发送、接收、打开和关闭的一切都会显示在这里，精确到毫秒。";

        label_connected: "CONNECTED", "已连接";
        label_sent: "SENT", "已发送";
        label_queued: "QUEUED", "排队中";
        label_unknown: "UNKNOWN", "未知";
        label_dropped: "NOT SENT", "未发送";
        label_response: "RESPONSE", "收到";
        label_disconnected: "DISCONNECTED", "已断开";
        label_error: "ERROR", "错误";
        label_note: "NOTE", "备注";
        label_ping: "PING", "PING";
        label_pong: "PONG", "PONG";
        mark_empty: "empty", "空";
        mark_binary: "binary", "二进制";
        text: "text", "文本";

        delivery_queued: "Waits in the queue and is sent as soon as there is a connection.", "在队列中等待，一旦连接成功便会发送。";
        delivery_unknown: "The connection ended before anything showed that this message arrived. It may have, or not; it is not sent again by itself.", "连接在确认这条消息送达之前就已断开。它可能已送达，也可能没有；不会自动重发。";
        delivery_dropped: "Given up: this message was never sent.", "已放弃：这条消息从未发送。";
        close_explained: "{0}, {1}: {2}", "{0}，{1}：{2}";
        selected: "Selected entry", "选中的条目";
        close_detail: "Close details", "关闭详情";
        copy: "Copy", "复制";
        copied: "Copied", "已复制";
        copy_refused: "The browser did not allow copying", "浏览器不允许复制";
        no_selection: "Select a line of the log to see it in full.", "选中日志中的一行即可查看全部内容。";
    }
}
