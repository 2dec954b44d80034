//! Health and plot, in Simplified Chinese.

use crate::texts::health::Health;

impl Health {
    /// Simplified Chinese.
    pub const ZH: Health = Health {
        title: "健康",

        // Durations and times.
        seconds: "{0} 秒",
        minutes: "{0} 分钟",
        millis: "{0} 毫秒",
        minutes_seconds: "{0} 分 {1} 秒",
        hours_minutes: "{0} 小时 {1} 分",
        now: "现在",
        ago: "{0}前",
        per_second: "{0}/秒",

        // Stages.
        state: "状态",
        state_label: "状态图。连接当前处于“{0}”状态。",
        state_for: "已持续 {0}",
        stage_idle: "空闲",
        stage_connecting: "连接中",
        stage_open: "已连接",
        stage_closing: "关闭中",
        stage_closed: "已关闭",
        stage_waiting: "等待重试",
        stage_offline: "离线",
        stage_suspended: "已挂起",
        timeline: "最近 {0}",
        timeline_label: "最近 {0}的时间线：{1}",
        timeline_part: "{0} {1}",
        timeline_earlier: "以及更早的 {0} 次变化",

        // Last close.
        last_close: "最近一次关闭",
        close_clean: "关闭握手已完成。",
        close_unclean: "没有完成关闭握手。",
        close_none: "还没有关闭过连接。",

        // Round trips.
        rtt: "往返时间",
        rtt_label: "最近 {0}的往返时间：最新 {1}，中位数 {2}，第 99 百分位 {3}，共 {4} 个样本",
        rtt_latest: "最新",
        rtt_p50: "中位数 (p50)",
        rtt_p99: "p99",
        rtt_range: "最小 – 最大",
        rtt_missed: "丢失的心跳",
        rtt_missed_of: "{1} 次中 {0} 次",
        rtt_off: "心跳已关闭，因此没有可测量的数据。如果服务器会回应心跳，请在地址旁的选项中打开。",
        rtt_none: "这段时间内没有心跳得到回应。静默 {0} 后才会发送心跳：只要消息不断到来，无需心跳也能确认连接正常。",

        // Traffic.
        traffic: "流量",
        messages_in: "收到的消息",
        messages_out: "发出的消息",
        bytes_in: "收到的字节",
        bytes_out: "发出的字节",
        rate_figures: "峰值 {0} · 总计 {1}",
        traffic_hint: "最近 {0}，包含心跳",

        // Connection.
        connection: "连接",
        uptime: "已连接时长",
        availability: "这段时间的连接率",
        connections: "成功连接次数",
        reconnects: "重连次数",
        attempts: "尝试次数",
        silence: "未收到数据已有",
        queue: "等待发送",
        queue_value: "{0} 条，{1}",
        buffered: "浏览器缓冲",
        unconfirmed: "已发送未确认",
        unknown: "去向不明",
        dropped: "从队列丢弃",
        protocol: "子协议",
        extensions: "扩展",
        none: "无",

        // Plot.
        plot_title: "图表",
        plot_field: "数字所在的 JSON 路径",
        plot_placeholder: "$.price 或 data[0].value",
        plot_add: "绘制",
        plot_suggestions: "最近消息中的数字",
        plot_suggestion: "绘制 {0}，当前值 {1}",
        plot_window: "显示范围",
        plot_minutes: "{0} 分钟",
        plot_values: "最近 {0} 个值",
        plot_pause: "暂停",
        plot_resume: "继续",
        plot_paused: "已暂停",
        plot_lanes: "各自刻度",
        plot_remove: "从图表移除 {0}",
        plot_empty_title: "实时查看数字",
        plot_empty: "从下方的消息中选择一个数字，或输入它的路径：例如 price，嵌套的 data[0].price，或用 data[*].price 表示列表中的每一项。字符串里的数字也可以。一张图表最多显示四个字段。",
        plot_no_numbers: "最近收到的消息中还没有 JSON 数字。",
        plot_waiting: "这个路径上还没有数字：已检查 {0} 条消息",
        plot_reading: "正在读取日志：剩余 {0} 条",
        plot_label: "{0} 的图表。{1}",
        plot_trace: "{0}：最新 {1}，范围 {2} 到 {3}",
        plot_keys: "方向键移动十字线，Esc 键隐藏。",
        plot_at: "{0}前",
        plot_between: "{0} 到 {1}",
        plot_bad_path: "路径有误：{0}，位于第 {1} 个字符",
        plot_expected_name: "此处应为名称",
        plot_bad_index: "此处应为 [0]、[*] 或 [\"名称\"] 这样的索引",
        plot_too_long: "超过 32 级",
        plot_trailing: "路径应在此结束",
        plot_duplicate: "该字段已在图表中。",
        plot_full: "图表最多四个字段，请先移除一个。",
    };
}
