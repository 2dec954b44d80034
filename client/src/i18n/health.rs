//! Health and plot.

use super::table;

table! {
    /// Words of the health panel and the plot.
    Health {
        title: "Health", "健康";

        // Durations and times.
        seconds: "{0} s", "{0} 秒";
        minutes: "{0} min", "{0} 分钟";
        millis: "{0} ms", "{0} 毫秒";
        minutes_seconds: "{0} min {1} s", "{0} 分 {1} 秒";
        hours_minutes: "{0} h {1} min", "{0} 小时 {1} 分";
        now: "now", "现在";
        ago: "{0} ago", "{0}前";
        per_second: "{0}/s", "{0}/秒";

        // Stages.
        state: "State", "状态";
        state_label: "State diagram. The connection is in the state {0}.", "状态图。连接当前处于“{0}”状态。";
        state_for: "for {0}", "已持续 {0}";
        stage_idle: "Idle", "空闲";
        stage_connecting: "Connecting", "连接中";
        stage_open: "Open", "已连接";
        stage_closing: "Closing", "关闭中";
        stage_closed: "Closed", "已关闭";
        stage_waiting: "Waiting", "等待重试";
        stage_offline: "Offline", "离线";
        stage_suspended: "Suspended", "已挂起";
        timeline: "Last {0}", "最近 {0}";
        timeline_label: "Timeline of the last {0}: {1}", "最近 {0}的时间线：{1}";
        timeline_part: "{0} {1}", "{0} {1}";
        timeline_earlier: "and one change before|and {0} changes before", "以及更早的 {0} 次变化";

        // Last close.
        last_close: "Last close", "最近一次关闭";
        close_clean: "The closing handshake completed.", "关闭握手已完成。";
        close_unclean: "There was no closing handshake.", "没有完成关闭握手。";
        close_none: "Nothing has been closed yet.", "还没有关闭过连接。";

        // Round trips.
        rtt: "Round trip", "往返时间";
        rtt_label: "Round trips of the last {0}: latest {1}, median {2}, 99th percentile {3}, {4} samples", "最近 {0}的往返时间：最新 {1}，中位数 {2}，第 99 百分位 {3}，共 {4} 个样本";
        rtt_latest: "Latest", "最新";
        rtt_p50: "Median (p50)", "中位数 (p50)";
        rtt_p99: "p99", "p99";
        rtt_range: "Least – greatest", "最小 – 最大";
        rtt_missed: "Missed beats", "丢失的心跳";
        rtt_missed_of: "{0} of {1}", "{1} 次中 {0} 次";
        rtt_off: "The heartbeat is off, so there is nothing to measure. Switch it on in the options beside the address if the server answers it.", "心跳已关闭，因此没有可测量的数据。如果服务器会回应心跳，请在地址旁的选项中打开。";
        rtt_none: "No heartbeat was answered in these minutes. One is sent after {0} of silence: while messages keep coming in, the connection is known to be alive without it.", "这段时间内没有心跳得到回应。静默 {0} 后才会发送心跳：只要消息不断到来，无需心跳也能确认连接正常。";

        // Traffic.
        traffic: "Traffic", "流量";
        messages_in: "Messages received", "收到的消息";
        messages_out: "Messages sent", "发出的消息";
        bytes_in: "Bytes received", "收到的字节";
        bytes_out: "Bytes sent", "发出的字节";
        rate_figures: "peak {0} · total {1}", "峰值 {0} · 总计 {1}";
        traffic_hint: "Last {0}, heartbeats included", "最近 {0}，包含心跳";

        // Connection.
        connection: "Connection", "连接";
        uptime: "Connected for", "已连接时长";
        availability: "Share of this time connected", "这段时间的连接率";
        connections: "Connections opened", "成功连接次数";
        reconnects: "Reconnects", "重连次数";
        attempts: "Attempts", "尝试次数";
        silence: "Nothing received for", "未收到数据已有";
        queue: "Waiting to be sent", "等待发送";
        queue_value: "{0}, {1}", "{0} 条，{1}";
        buffered: "Buffered by the browser", "浏览器缓冲";
        unconfirmed: "Sent, not confirmed", "已发送未确认";
        unknown: "Fate unknown", "去向不明";
        dropped: "Dropped from the queue", "从队列丢弃";
        protocol: "Subprotocol", "子协议";
        extensions: "Extensions", "扩展";
        none: "none", "无";

        // Plot.
        plot_title: "Plot", "图表";
        plot_field: "JSON path of a number", "数字所在的 JSON 路径";
        plot_placeholder: "$.price or data[0].value", "$.price 或 data[0].value";
        plot_add: "Plot", "绘制";
        plot_suggestions: "Numbers in the latest messages", "最近消息中的数字";
        plot_suggestion: "Plot {0}, now {1}", "绘制 {0}，当前值 {1}";
        plot_window: "Time shown", "显示范围";
        plot_minutes: "1 minute|{0} minutes", "{0} 分钟";
        plot_values: "Last {0} values", "最近 {0} 个值";
        plot_pause: "Pause", "暂停";
        plot_resume: "Resume", "继续";
        plot_paused: "Paused", "已暂停";
        plot_lanes: "Own scale for each", "各自刻度";
        plot_remove: "Take {0} off the chart", "从图表移除 {0}";
        plot_empty_title: "Watch numbers as they arrive", "实时查看数字";
        plot_empty: "Choose a number from the messages below, or type its path: a name like price, a nested one like data[0].price, every item of a list as data[*].price. Numbers inside strings count too. Up to four fields share the chart.", "从下方的消息中选择一个数字，或输入它的路径：例如 price，嵌套的 data[0].price，或用 data[*].price 表示列表中的每一项。字符串里的数字也可以。一张图表最多显示四个字段。";
        plot_no_numbers: "The latest messages received hold no numbers in JSON yet.", "最近收到的消息中还没有 JSON 数字。";
        plot_waiting: "No number at this path yet: {0} messages looked at|No number at this path yet: {0} messages looked at", "这个路径上还没有数字：已检查 {0} 条消息";
        plot_reading: "Reading the log: one entry left|Reading the log: {0} entries left", "正在读取日志：剩余 {0} 条";
        plot_label: "Chart of {0}. {1}", "{0} 的图表。{1}";
        plot_trace: "{0}: latest {1}, from {2} to {3}", "{0}：最新 {1}，范围 {2} 到 {3}";
        plot_keys: "Arrow keys move the crosshair, Escape hides it.", "方向键移动十字线，Esc 键隐藏。";
        plot_at: "{0} ago", "{0}前";
        plot_between: "{0} to {1}", "{0} 到 {1}";
        plot_bad_path: "This is not a path: {0}, at character {1}", "路径有误：{0}，位于第 {1} 个字符";
        plot_expected_name: "a name is expected", "此处应为名称";
        plot_bad_index: "an index like [0], [*] or [\"name\"] is expected", "此处应为 [0]、[*] 或 [\"名称\"] 这样的索引";
        plot_too_long: "it has more than 32 steps", "超过 32 级";
        plot_trailing: "the path should end here", "路径应在此结束";
        plot_duplicate: "This field is on the chart already.", "该字段已在图表中。";
        plot_full: "The chart holds four fields. Take one away first.", "图表最多四个字段，请先移除一个。";
    }
}
