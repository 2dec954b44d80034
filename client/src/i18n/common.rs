//! The frame of the page and the connection.

use super::table;

table! {
    /// Words of the tabs, the connection bar, the status, the notices and what the log says about connections.
    Common {
        close: "Close", "关闭";
        dismiss: "Dismiss", "知道了";

        // Tabs and panels.
        connections: "Connections", "连接列表";
        tab_add: "New connection", "新建连接";
        tab_close: "Close connection {0}", "关闭连接 {0}";
        tab_rename: "Double-click to rename", "双击可重命名";
        tab_name: "Name of the connection", "连接名称";
        tab_unnamed: "New connection", "新连接";
        tab_unseen: "{0} new", "{0} 条新消息";
        panel: "Side panel", "侧边面板";
        panel_detail: "Detail", "详情";
        panel_health: "Health", "健康";
        panel_plot: "Plot", "图表";
        panel_hide: "Hide the side panel", "隐藏侧边面板";
        panel_show: "Show the side panel", "显示侧边面板";
        view_log: "Log", "日志";

        // What an earlier visit left.
        restore: "Logs of an earlier visit", "上次访问的日志";
        restore_text: "The log of your visit on {0} was kept.", "{0} 那次访问的日志已保留。";
        restore_open: "Open it", "打开";
        restore_discard: "Discard", "丢弃";
        keep_failed: "The log is no longer kept for the next visit", "日志不再为下次访问保留";
        keep_quota: "The browser's storage for this page is full ({0} of log). The log itself goes on; export it if you need it later.", "浏览器分配给本页面的存储空间已满（已存日志 {0}）。日志仍会继续记录；如需保留请导出。";
        keep_other: "The browser does not store it: {0} The log itself goes on; export it if you need it later.", "浏览器无法存储：{0} 日志仍会继续记录；如需保留请导出。";

        // Connection bar.
        address: "WebSocket address", "WebSocket 地址";
        connect: "Connect", "连接";
        disconnect: "Disconnect", "断开";
        options: "Options", "选项";
        subprotocols: "Subprotocols", "子协议";
        subprotocols_hint: "none; several with commas", "无；多个用逗号分隔";
        reconnect: "Reconnect by itself", "自动重连";
        heartbeat: "Heartbeat", "心跳";
        heartbeat_after: "Heartbeat after {0} of silence", "静默 {0} 后发送心跳";
        heartbeat_hint: "A message that the server is expected to echo", "期望服务器原样返回的一条消息";
        theme: "Theme: {0}", "外观：{0}";
        theme_system: "system", "跟随系统";
        theme_light: "light", "浅色";
        theme_dark: "dark", "深色";

        // Status.
        state: "Connection state", "连接状态";
        retry_now: "Retry now", "立即重试";
        rtt: "RTT", "往返";
        rtt_hint: "Round trip of the latest heartbeat", "最近一次心跳的往返时间";
        heartbeat_state_hint: "Whether the server answers heartbeats", "服务器是否回应心跳";
        queue: "Queue", "队列";
        queue_hint: "Messages that wait for a connection", "等待连接的消息";
        unsent: "Unsent", "未发出";
        unsent_hint: "Bytes that have not left the browser yet", "尚未离开浏览器的字节";
        protocol: "Protocol", "子协议";
        protocol_hint: "The subprotocol the server chose", "服务器选定的子协议";
        pulse_off: "off", "关";
        pulse_waiting: "waiting", "等待";
        pulse_alive: "alive", "正常";
        pulse_late: "late", "迟到";
        pulse_missed: "missed", "丢失";

        // Phases.
        idle: "Not connected", "未连接";
        connecting: "Connecting", "正在连接";
        connecting_attempt: "Connecting, attempt {0}", "正在连接，第 {0} 次尝试";
        connected: "Connected", "已连接";
        closing: "Closing", "正在关闭";
        waiting: "Waiting {0} for attempt {1}", "等待 {0} 后进行第 {1} 次尝试";
        waiting_attempt: "Waiting for attempt {0}", "等待第 {0} 次尝试";
        offline: "Offline, attempt {1} in {0}", "网络已断开，{0} 后进行第 {1} 次尝试";
        offline_short: "Offline, waiting for the network", "网络已断开，等待恢复";
        suspended: "Suspended with the page", "随页面一起挂起";
        refused: "Refused by the browser", "被浏览器拒绝";
        gave_up: "Gave up, {0}", "已放弃，{0}";
        closed: "Closed", "已关闭";
        closed_code: "Closed {0}", "已关闭 {0}";
        disconnected_code: "Disconnected, code {0}.", "连接断开，代码 {0}。";

        // What the log says about connections.
        log_connected: "{0} in {1} ms", "{0}，用时 {1} 毫秒";
        log_connected_attempt: "{0} in {1} ms, attempt {2}", "{0}，用时 {1} 毫秒，第 {2} 次尝试";
        log_closed: "{0} · {1} · {2}, open for {3}", "{0} · {1} · {2}，持续 {3}";
        log_unknown: "One message was sent, but nothing shows whether the server got it|{0} messages were sent, but nothing shows whether the server got them", "已发出 {0} 条消息，但无法确认服务器是否收到";
        log_overflow: "The queue was full: its oldest message was dropped", "队列已满：最早的一条消息已被丢弃";
        log_failed: "{0} to {1}", "{0}：{1}";
        log_heartbeat_missed: "The heartbeat went unanswered for {0}", "心跳在 {0} 内没有得到回应";
        how_heartbeat: "the heartbeat went unanswered", "心跳没有回应";
        how_by_user: "closed from here", "由本端关闭";
        how_close_timeout: "closed from here, the server never confirmed", "由本端关闭，服务器一直没有确认";
        how_page_hidden: "the page was left", "页面被离开";
        how_replaced: "replaced by a new connection", "被新的连接取代";
        how_transport: "the connection failed", "连接发生故障";
        how_lost: "the connection was lost", "连接丢失";
        how_by_server: "closed by the server", "由服务器关闭";

        // Notices.
        not_connectable: "This address cannot be connected to", "无法连接到这个地址";
        use_suggestion: "Use {0}", "改用 {0}";
        not_connected: "Not connected", "尚未连接";
        not_connected_why: "Connect first. The message is still in the composer.", "请先连接。消息仍保留在编辑框中。";
        queue_full: "The queue is full", "队列已满";
        queue_full_why: "{0} messages ({1}) wait for a connection already. The message is still in the composer.", "已有 {0} 条消息（{1}）在等待连接。消息仍保留在编辑框中。";
        too_large: "The message is too large", "消息过大";
        too_large_why: "It has {0}, and at most {1} are sent.", "大小为 {0}，最多只能发送 {1}。";
        could_not_connect: "Could not connect", "无法连接";
        no_answer: "The server did not answer in time", "服务器没有及时应答";
        no_answer_why: "Nothing came back, neither an answer nor a refusal. Likely a wrong host or a firewall that drops packets in silence.", "没有收到任何应答，也没有被拒绝。可能是主机填写有误，或防火墙悄悄丢弃了数据包。";
        browser_refused: "The browser refused to connect", "浏览器拒绝连接";
        browser_says: "It says: {0}.", "浏览器的说明：{0}。";
        browser_silent: "It gave no reason. Check the address.", "没有给出原因。请检查地址。";
        stop_code: "The server closed the connection with {0}", "服务器以代码 {0} 关闭了连接";
        stop_code_why: "{0} Heartwire does not reconnect by itself after this code.", "{0} 收到此代码后 Heartwire 不会自动重连。";
        exhausted: "Gave up reconnecting", "已放弃重连";
        exhausted_why: "As many attempts as allowed came to nothing.", "允许的尝试次数已全部用完。";

        // Why a connection failed.
        causes: "The browser does not say why. Likely causes: {0}, or {1}.", "浏览器没有说明原因。可能的原因：{0}，或{1}。";
        causes_comma: ", ", "，";
        cause_offline: "the browser says there is no network", "浏览器报告没有网络";
        cause_local_port: "nothing listens on port {0} of this machine", "本机端口 {0} 上没有服务在监听";
        cause_remote_port: "{0} is down, or its port {1} is closed", "{0} 已停机，或其端口 {1} 未开放";
        cause_not_websocket: "what answers there is not a WebSocket server, or not on this path", "应答的不是 WebSocket 服务器，或该路径上没有 WebSocket";
        cause_certificate: "its certificate is not trusted", "证书不受信任";
        cause_origin: "it refuses pages from this origin", "服务器拒绝来自本页面来源的连接";

        // What is wrong with an address.
        address_empty: "Enter the address of a WebSocket server.", "请输入 WebSocket 服务器的地址。";
        address_space: "The address contains a space or a line break. Write a space in a path as %20.", "地址中含有空格或换行。路径中的空格请写作 %20。";
        address_scheme: "A WebSocket address begins with ws:// or wss://.", "WebSocket 地址以 ws:// 或 wss:// 开头。";
        address_other_scheme: "{0}:// is not a WebSocket address; those begin with ws:// or wss://.", "{0}:// 不是 WebSocket 地址；WebSocket 地址以 ws:// 或 wss:// 开头。";
        address_fragment: "A WebSocket address has no fragment: the # and what follows never reach the server.", "WebSocket 地址不能带片段：# 及其后的内容不会到达服务器。";
        address_no_host: "The address names no server after {0}://.", "地址在 {0}:// 之后没有写明服务器。";
        address_mixed: "This page was loaded over https, and browsers block unencrypted ws:// connections from such a page (mixed content). Use wss://, or open this page over http.", "本页面通过 https 加载，浏览器会阻止此类页面建立未加密的 ws:// 连接（混合内容）。请使用 wss://，或通过 http 打开本页面。";
        port_zero: "Port 0 cannot be connected to. Ports run from 1 to 65535.", "无法连接端口 0。端口范围为 1 到 65535。";
        port_blocked: "Browsers never connect to port {0}, which belongs to another protocol. The server has to listen on another port.", "端口 {0} 属于其他协议，浏览器不会连接它。服务器需要改用别的端口。";
        port_invalid: "“{0}” is not a port. Ports are numbers from 1 to 65535.", "“{0}”不是端口。端口是 1 到 65535 之间的数字。";
        protocol_invalid: "The subprotocol “{0}” contains {1}. A subprotocol's name is letters, digits and marks such as - . _ + without spaces; several are separated by commas.", "子协议“{0}”含有 {1}。子协议名称只能由字母、数字和 - . _ + 等符号组成，不含空格；多个子协议用逗号分隔。";
        protocol_twice: "The subprotocol “{0}” is named twice.", "子协议“{0}”重复出现。";
    }
}
