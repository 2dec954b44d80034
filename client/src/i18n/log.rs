//! The log and the detail pane.

use super::table;

table! {
    /// Words of the log and the detail pane.
    Log {
        // Filter bar.
        filter: "Filter", "筛选";
        filter_placeholder: "Filter: text, /pattern/, dir:in, size>1kb, $.price > 100", "筛选：文本、/正则/、dir:in、size>1kb、$.price > 100";
        filter_clear: "Clear the filter", "清除筛选";
        filter_help: "How to write a filter", "筛选语法";
        case_sensitive: "Match case", "区分大小写";
        show_received: "Received messages", "收到的消息";
        show_sent: "Sent messages", "发送的消息";
        show_events: "Connection events", "连接事件";
        show_heartbeats: "Heartbeats", "心跳";
        filtering: "Filtering", "正在筛选";
        help_text: "contains the text; quotes for spaces", "包含文本；含空格时加引号";
        help_pattern: "matches a regular expression", "匹配正则表达式";
        help_direction: "by direction: in, out, local", "按方向：in、out、local";
        help_kind: "by kind: text, binary, error, note …", "按类型：text、binary、error、note …";
        help_size: "by size in bytes", "按字节大小";
        help_rtt: "answers by round trip", "按往返时间筛选应答";
        help_time: "by time of day", "按时刻";
        help_code: "by close code", "按关闭代码";
        help_json: "by a value inside JSON", "按 JSON 中的值";
        help_state: "by state: paired, queued, unknown …", "按状态：paired、queued、unknown …";
        help_logic: "negate, alternatives, groups", "取反、或、分组";
        error_quote: "the quote is not closed", "引号没有闭合";
        error_pattern_open: "the pattern has no closing '/'; put a text that begins with '/' in quotes", "正则表达式缺少结尾的“/”；以“/”开头的文本请加引号";
        error_pattern: "not a valid pattern: {0}", "正则表达式无效：{0}";
        error_open: "the parenthesis is not closed", "括号没有闭合";
        error_unopened: "there is no parenthesis to close; put a text with ')' in quotes", "没有可闭合的括号；含“)”的文本请加引号";
        error_term: "a condition is expected", "此处应有一个条件";
        error_value: "a value is expected", "此处应有一个值";
        error_word: "expected one of: {0}", "应为以下之一：{0}";
        error_operator: "this field takes ':' only", "此字段只能用“:”";
        error_number: "a number is expected, if need be with one of the units {0}", "此处应为数字，可带单位 {0}";
        error_time: "a time is expected, like 12:30, 12:30:05.250 or 2024-05-01T12:00:00Z", "此处应为时间，例如 12:30、12:30:05.250 或 2024-05-01T12:00:00Z";
        error_path: "not a valid path: {0}", "路径无效：{0}";
        error_deep: "nested too deeply", "嵌套过深";

        // Tools.
        find: "Find in the log", "在日志中查找";
        find_placeholder: "Find text or /pattern/", "查找文本或 /正则/";
        find_next: "Next hit", "下一个";
        find_previous: "Previous hit", "上一个";
        find_close: "Close the search", "关闭查找";
        find_count: "{0} of {1}", "{0} / {1}";
        find_hits: "{0} hit|{0} hits", "{0} 个结果";
        find_none: "No hits", "没有结果";
        find_searching: "{0} so far …", "已找到 {0} 个 …";
        times: "Times", "时间显示";
        time_clock: "Clock", "时刻";
        time_relative: "Since start", "距开始";
        time_delta: "Since previous", "距上一行";
        time_selected: "Since selected", "距所选行";
        pause: "Pause", "暂停";
        resume: "Resume", "继续";
        held_back: "{0} held back", "暂缓显示 {0} 条";
        export: "Export", "导出";
        export_all: "All lines", "全部";
        export_shown: "Only what is shown", "仅显示的行";
        import: "Import a file", "导入文件";
        files: "Export and import", "导出与导入";
        export_missed: "{0} line was dropped before it could be written|{0} lines were dropped before they could be written", "有 {0} 行在写入前已被丢弃";
        unreadable: "The file cannot be read", "无法读取文件";
        unreadable_why: "The browser did not hand it over. It may have been moved or changed.", "浏览器未能提供文件内容。文件可能已被移动或修改。";
        import_skipped: "{0} line of the file was skipped|{0} lines of the file were skipped", "文件中有 {0} 行被跳过";
        import_first: "The first problem: {0}.", "第一个问题：{0}。";
        more: "More", "更多";
        of_all: "{0} of {1} lines", "{0} / {1} 行";
        no_match_title: "Nothing matches", "没有匹配的内容";
        no_match: "{0} line is hidden by the filter.|{0} lines are hidden by the filter.", "筛选隐藏了 {0} 行。";
        show_all: "Show all", "显示全部";

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
        resend: "Send again", "重新发送";
        edit_resend: "Edit and send", "编辑后发送";
        pin: "Always show the latest", "始终显示最新一条";
        view_tree: "Tree", "树";
        view_text: "Text", "文本";
        view_hex: "Hex", "十六进制";
        view_raw: "Raw", "原文";
        view_as: "Show as", "显示方式";
        fold_all: "Fold all", "全部折叠";
        unfold_all: "Unfold all", "全部展开";
        fold: "Fold", "折叠";
        unfold: "Unfold", "展开";
        items: "{0} item|{0} items", "{0} 项";
        members: "{0} key|{0} keys", "{0} 个键";
        copy_value: "Copy the value", "复制值";
        filter_value: "Filter by this value", "按此值筛选";
        answer_took: "answered after {0}", "{0} 后得到应答";
        answers_after: "answers the message {0} before", "应答 {0} 之前的消息";
        show_pair: "Show it", "查看";
        heartbeat_mark: "heartbeat", "心跳";
        text_cut: "Only the first {0} of {1} are shown. Copying takes it all.", "仅显示前 {0}，共 {1}。复制时包含全部内容。";
        no_selection: "Select a line of the log to see it in full.", "选中日志中的一行即可查看全部内容。";
    }
}
